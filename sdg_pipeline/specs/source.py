"""Source specs: where an official file is, under which licence, in which editions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from sdg_pipeline.specs.base import Bilingual, Model, Period, Spec, StateKey, Text, Url

MEGABYTE = 1_000_000


class Licence(Model):
    """``id`` is an SPDX identifier, or the institution's own name for its terms."""

    id: Text
    url: Url


class Edition(Model):
    """One edition of a source: one file at one URL.

    ``states`` lists the states that the file covers, where it is not the whole nation. ``member`` is the name
    (shell pattern) of the data file inside a ZIP.
    """

    url: Url
    period: Period
    url_status: Literal["verified", "from_memory"]
    container: Literal["plain", "zip"] = "plain"
    member: Text | None = None
    states: tuple[StateKey, ...] = ()
    max_megabytes: int = Field(default=500, ge=1)
    max_unpacked_megabytes: int = Field(default=4000, ge=1)

    @model_validator(mode="after")
    def _member_of_zip(self) -> Edition:
        if (self.container == "zip") != (self.member is not None):
            raise ValueError("a zip container names its member, and a plain file has none")
        return self


class Source(Spec):
    """An official dataset and its editions."""

    publisher: Text
    licence: Licence
    landing_page: Url
    dictionary: Url | None = None
    contact: Text
    periodicity: Literal["decennial", "quinquennial", "biennial", "annual", "quarterly", "monthly", "once"]
    columns_status: Literal["verified", "partly_verified", "memory"]
    citation: Bilingual
    notes: Text | None = None
    editions: dict[str, Edition] = Field(min_length=1)
