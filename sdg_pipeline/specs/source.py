"""Source specs: where an official file is, under which licence, in which editions."""

from __future__ import annotations

import json
import ssl
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from sdg_pipeline.specs.base import (
    Bilingual,
    EditionName,
    Identifier,
    Model,
    Period,
    Spec,
    StateKey,
    Text,
    Url,
    is_absent,
)
from sdg_pipeline.specs.by_id import by_id
from sdg_pipeline.specs.on_portal import OnPortal

MEGABYTE = 1_000_000
Periodicity = Literal["decennial", "quinquennial", "biennial", "annual", "quarterly", "monthly", "once"]
Month = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
Container = Literal["plain", "zip", "bz2", "workbook"]
MEMBER_SEPARATOR = ">"
"""Between a ZIP and a member of it, where ZIPs lie in a ZIP."""


def _is_certificate(text: str) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        raise ValueError("is no certificate in PEM: -----BEGIN CERTIFICATE----- and its lines") from error
    return text


Certificate = Annotated[str, AfterValidator(_is_certificate)]


class Address(Model):
    """An address of the institution, and how it is known."""

    url: Url | None = None
    """Official address, where it is known. A mirror is named by `SDG_MIRROR`, never here."""
    url_status: Literal["verified", "documented", "from_memory", "unknown"]
    """`verified` once it was fetched; `documented` if it was only read, in the place that `url_cite` names; else
    `from_memory`; `unknown` where there is none."""
    url_cite: Text | None = None
    """Where a documented address was read: a page, a file in a public repository, or the data file itself."""
    url_seen: Day | None = Field(default=None, exclude_if=is_absent)
    """Day on which a verified address answered as the specs say; `sdg sources verify` writes it."""

    @model_validator(mode="after")
    def _known_as_it_says(self) -> Self:
        if (self.url is None) != (self.url_status == "unknown"):
            raise ValueError("url_status is unknown where there is no url, and only there")
        if (self.url_cite is None) != (self.url_status != "documented"):
            raise ValueError("url_cite says where a documented url was read, and goes with no other url_status")
        if self.url_seen is not None and self.url_status != "verified":
            raise ValueError("url_seen is the day on which a verified url answered, and goes with no other url_status")
        return self


class Page(Address):
    """A page of the institution, which every source has."""

    url: Url
    """Address of the page."""
    url_status: Literal["verified", "documented", "from_memory"]
    """How the address is known, as that of an edition is."""


class Licence(Page):
    """The terms of the institution; the page is where they stand."""

    id: Text
    """SPDX identifier, or the institution's own name for its terms."""


class Dictionary(Address):
    """The official description of the columns."""

    note: Text | None = None
    """What describes the columns instead, and what was looked for. Needed where no address is known."""

    @model_validator(mode="after")
    def _absent_with_a_reason(self) -> Self:
        if self.url is None and self.note is None:
            raise ValueError("a dictionary without url has a note that says why")
        return self


class Alternative(Page):
    """Another official address of the same file."""

    url: Url
    """Address that is asked where those before it do not give the file."""


class Edition(Address):
    """One edition of a source: one file, at one address or at several."""

    period: Period
    """Year that the figures refer to; it becomes `time_period`."""
    until: Month | None = None
    """Last month that the figures reach, where it is not the last of the period."""
    forecast_from: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")] | None = None
    """First year whose figures are forecasts (status F): the year after the last observed one, of a projection."""
    layout: Literal["official", "copy"] = "official"
    """`copy` if the table specs describe a cut, relabelled or re-packed copy. The file at the official address has
    another layout, and no run fetches it."""
    container: Container = "plain"
    """How the file is packed: `workbook` is an XLS, XLSX or ODS as it is, `bz2` one packed file."""
    member: Text | None = None
    """Data file inside the ZIP, as a shell pattern; `inner.zip > *.csv` in a ZIP within it. A plain file has none."""
    several: bool = False
    """Whether all members that match are read as one table; otherwise one must match."""
    states: tuple[StateKey, ...] = ()
    """Keys of the states that the file covers; empty: the whole nation."""
    max_megabytes: int = Field(default=500, ge=1)
    """A larger file is refused."""
    max_unpacked_megabytes: int = Field(default=4000, ge=1)
    """A file that unpacks to more is refused."""
    title: Bilingual | None = Field(default=None, exclude_if=is_absent)
    """Title of this edition, where it is not that of the source."""
    landing_page: Page | None = Field(default=None, exclude_if=is_absent)
    """Page of this edition, where it has one of its own."""
    dictionary: Dictionary | None = Field(default=None, exclude_if=is_absent)
    """Description of its columns, where it is not that of the source."""
    citation: Bilingual | None = Field(default=None, exclude_if=is_absent)
    """How this edition is to be cited, where the citation of the source does not say it."""
    instead_of: EditionName | None = Field(default=None, exclude_if=is_absent)
    """Edition of this source in whose place it is read, where a run cannot have that one. It has the same figures in
    the official layout, or is a later cut. A mirror need not name it.
    """
    not_comparable: Text | None = Field(default=None, exclude_if=is_absent)
    """Why its values cannot be compared with those of the edition before: a new questionnaire, a new method. They are
    marked (status `B`, reason `methodology_changed`), and their change from the year before is not tested.
    """
    alternatives: tuple[Alternative, ...] = Field(default=(), exclude_if=is_absent)
    """Other official addresses of the same file, in the order in which they are asked. The first that gives the file
    wins, and the provenance says which it was."""
    method: Literal["post"] | None = Field(default=None, exclude_if=is_absent)
    """`post` where the server gives the file to a request with a body."""
    body: dict[str, str] | Text | None = Field(default=None, exclude_if=is_absent)
    """What is posted: fields of a form by name, or a text in JSON."""
    address: Literal["given"] | None = Field(default=None, exclude_if=is_absent)
    """`given` where a person supplies the address (`SDG_ADDRESSES`), since it has a token or a cut; or the file itself,
    through a mirror."""
    instructions: Bilingual | None = Field(default=None, exclude_if=is_absent)
    """How a person gets a given address."""
    columns_status: Literal["documented", "memory"] | None = Field(default=None, exclude_if=is_absent)
    """How its columns are known, where no file of this edition was at hand: from what `columns_cite` names, or from
    memory. No run reads such an edition until a probe has verified its address, unless a mirror names it."""
    columns_cite: Text | None = Field(default=None, exclude_if=is_absent)
    """Where documented columns were read."""

    @property
    def max_bytes(self) -> int:
        """What a file of the edition may take unpacked."""
        return self.max_unpacked_megabytes * MEGABYTE

    @model_validator(mode="after")
    def _asked_as_it_says(self) -> Edition:
        if (self.method is None) != (self.body is None):
            raise ValueError("method: post and body go together")
        if isinstance(self.body, str):
            try:
                json.loads(self.body)
            except ValueError as error:
                raise ValueError(
                    f"body is a form (name: text) or a text in JSON, and this is neither: {error}"
                ) from None
        if (self.address is None) != (self.instructions is None):
            raise ValueError("address: given and instructions go together")
        if (self.columns_status == "documented") != (self.columns_cite is not None):
            raise ValueError("columns_cite says where documented columns were read, and goes with these alone")
        if self.url is None and self.alternatives:
            raise ValueError("alternatives go with a url, which is asked first")
        if self.url is not None and self.address is not None:
            raise ValueError("an address that a person gives has no url in the spec; say in instructions what is known")
        return self

    @model_validator(mode="after")
    def _member_of_zip(self) -> Edition:
        if (self.container == "zip") != (self.member is not None):
            raise ValueError("a zip container names its member, and a plain file has none")
        if not all(pattern.strip() for pattern in self.patterns):
            raise ValueError("member has a ZIP and a data file on the two sides of each >")
        if self.several and self.member is None:
            raise ValueError("several goes with the member of a zip container")
        return self

    @property
    def probed(self) -> bool:
        """Whether a run may read it: somebody had a file of it, or a probe saw that its address answers."""
        return self.columns_status is None or self.url_status == "verified"

    @property
    def urls(self) -> tuple[str, ...]:
        """The official addresses of the file, in the order in which they are asked."""
        return tuple(one.url for one in (self, *self.alternatives) if one.url is not None)

    @property
    def last_month(self) -> str:
        """Last month that the figures reach: ``until``, or December of the period."""
        return self.until or f"{self.period}-12"

    @property
    def fetchable(self) -> bool:
        """Whether a file that the table specs describe can be fetched from the official address."""
        return self.url is not None and self.layout == "official"

    @property
    def patterns(self) -> tuple[str, ...]:
        """Patterns of the member from the outer ZIP to the data file; ``*`` where the spec names none."""
        return tuple(part.strip() for part in (self.member or "*").split(MEMBER_SEPARATOR))


class Shapes(Model):
    """The file holds outlines of municipalities and no table: GeoJSON, from which maps are drawn."""

    key: Text
    """Property of a feature that holds the INEGI key of its municipality."""


class Source(Spec):
    """An official dataset and its editions."""

    publisher: Annotated[Text, BeforeValidator(by_id("publishers"), json_schema_input_type=Text)]
    """Institution that publishes the dataset: an id of `codelists/publishers.yaml`, or its name."""
    licence: Annotated[Licence, BeforeValidator(by_id("licences"), json_schema_input_type=Identifier | Licence)]
    """Terms under which it may be used: an id of `codelists/licences.yaml`, or the terms."""
    landing_page: Page
    """Page on which the institution offers it."""
    dictionary: Dictionary
    """Official description of its columns."""
    contact: Text
    """Where the institution answers questions."""
    periodicity: Periodicity
    """How often a new edition comes."""
    columns_status: Literal["verified", "partly_verified", "memory"]
    """`verified` once the columns were read in a real file, else how far they come from memory."""
    citation: Bilingual
    """How the institution wants to be cited; a release repeats it."""
    notes: Text | None = None
    """What one must know of the files."""
    intermediate: Certificate | None = Field(default=None, exclude_if=is_absent)
    """Intermediate certificate (PEM) that the server of the files forgets to send. It completes the chain to a root
    that the machine trusts; nothing is left unverified.
    """
    shapes: Shapes | None = None
    """How outlines are read from the file, where it holds them."""
    on_portal: OnPortal | None = Field(default=None, exclude_if=is_absent)
    """Dataset of an open data portal that it is; `sdg portal read` asks for it."""
    editions: dict[EditionName, Edition] = Field(min_length=1)
    """Editions by name."""

    @model_validator(mode="after")
    def _in_the_place_of_another(self) -> Self:
        for name, edition in self.editions.items():
            other = self.editions.get(edition.instead_of) if edition.instead_of else None
            if edition.instead_of and (other is None or other.instead_of):
                raise ValueError(f"{name}: instead_of names an edition of this source that stands for itself")
        return self

    @property
    def probed(self) -> dict[str, Edition]:
        """The editions that a run may read without a mirror."""
        return {name: edition for name, edition in self.editions.items() if edition.probed}

    def in_edition(self, edition: str) -> Source:
        """The source as an edition has it: with the title, page, dictionary and citation of the edition."""
        own = self.editions[edition]
        named = {key: getattr(own, key) for key in ("title", "landing_page", "dictionary", "citation")}
        return self.model_copy(update={key: value for key, value in named.items() if value is not None})

    def address(self, edition: str) -> str:
        """The official address of an edition, or the page where it is offered."""
        return self.editions[edition].url or self.in_edition(edition).landing_page.url
