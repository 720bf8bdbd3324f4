"""The addresses at which an edition is asked for, in their order, and what is recorded of each.

An address that a person gives may hold a token. Nothing but host and path is recorded or said. What belongs here: this
order, and what to do where there is no address. What does not: asking (download), and what is accepted (fetch).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from sdg_pipeline.errors import FetchError, UsageError, nearest
from sdg_pipeline.ingest.masking import mask, recorded_address, rewritten
from sdg_pipeline.ingest.web import Question
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.source import Edition, Source

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
VARIABLE = "SDG_ADDRESSES"
MIRROR = "name it in a mirror manifest (SDG_MIRROR)"


@dataclass(frozen=True)
class Place:
    """Where an edition is asked for, and the address that its provenance has."""

    question: Question
    recorded: str

    def masked(self, error: FetchError) -> FetchError:
        """The error without what is not recorded of the address."""
        url = self.question.url
        if self.recorded == url:
            return error
        return rewritten(error, partial(mask, address=url, shown=recorded_address))


def places(source: Source, edition: str, supplied: Mapping[str, str]) -> tuple[Place, ...]:
    """The addresses of an edition in the order in which they are asked; FetchError where there is none."""
    spec, name = source.editions[edition], f"{source.id}/{edition}"
    if spec.address == "given" and name in supplied:
        url = supplied[name]
        return (Place(question(spec, url), recorded_address(url)),)
    if spec.instructions is not None:
        remedy = f"{spec.instructions.en.rstrip('.')}; then set {VARIABLE}='{name}=https://…', or {MIRROR}"
        raise FetchError(name, "has an address that a person gives", remedy=remedy)
    if spec.url is None:
        remedy = f"take the file from {source.address(edition)} by hand, and {MIRROR}"
        raise FetchError(name, "has no known address", remedy=remedy)
    if not spec.fetchable:
        message = "is described from a copy: the file at its official address has another layout"
        raise FetchError(name, message, value=spec.url, remedy=f"take the copy, and {MIRROR}")
    return tuple(Place(question(spec, url), url) for url in spec.urls)


def question(spec: Edition, url: str) -> Question:
    """What the server at an address of an edition is asked."""
    if isinstance(spec.body, str):
        return Question(url, spec.body, JSON)
    return Question(url) if spec.body is None else Question(url, urlencode(spec.body), FORM)


def require_takers(catalog: Catalog, supplied: Mapping[str, str]) -> None:
    """UsageError where an address is given for what takes none."""
    sources = catalog.sources.values()
    takers = [f"{source.id}/{name}" for source in sources for name, e in source.editions.items() if e.address]
    for name in supplied:
        if name not in takers:
            close = nearest(name, takers)
            hint = f"did you mean {close!r}?" if close else f"editions that take one: {', '.join(takers) or 'none'}"
            raise UsageError(f"{VARIABLE}: {name!r} takes no address from a person; {hint}; remedy: leave it out")


def all_of(errors: list[FetchError]) -> FetchError:
    """The error of the address that is asked first, with what the others answered."""
    for error in errors[1:]:
        errors[0].add(f"{error.problem.file}: {error.problem.message}")
    return errors[0]
