"""Writes the page of sources as Markdown, from the specs: a table of all, then terms, addresses and editions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sdg_pipeline.publish.dictionary import table_row
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.source import Address, Edition, Source

INTRODUCTION = """\
# Sources

This page lists every source: its publisher, its terms, its addresses, and how the project knows them.

- An address is *documented* where somebody read it in the cited place. Nobody has fetched it.
- It is *verified* where somebody fetched the file from it, and *from memory* where nobody looked it up.
- A *copy* is an edition of which the project read a cut, relabelled or re-packed file. The file at the official
  address has another layout.
- A run over official addresses leaves out copies, and editions without an address.
- *Columns read in a real file*: `partly` means that the file was a copy. The notes of the source say what was changed.
- An edition *in no run until it is probed* is declared, and nobody had a file of it. `sdg sources probe` asks its
  address, and `sdg sources verify` takes the answer over.
- *Indicators* counts those that read the source, as numerator or as population.
- *Terms* `INEGI` are its Términos de libre uso de la información.
- "Public code, place not identified" is a result of a code search that did not name the repository.

[contributor.md](contributor.md#add-a-source-and-a-table) explains how to add a source.
"""
COLUMNS = {"verified": "yes", "partly_verified": "partly", "memory": "no"}
HEADER = ("source", "what", "publisher", "terms", "indicators", "columns read in a real file", "official address")


def page(catalog: Catalog) -> str:
    """A table of all sources, then each with its terms, contact, addresses and editions."""
    lines = [INTRODUCTION, "## All sources", "", summary(catalog)]
    for source in _sources(catalog):
        lines += [f"## `{source.id}`", "", f"{source.title.en}. {source.publisher}.", ""]
        lines += [table_row("", ""), "|---|---|"]
        lines += [table_row(name, shown) for name, shown in _facts(source)]
        lines += ["", table_row("edition", "address", "layout"), "|---|---|---|"]
        lines += [*_editions(source), ""]
    return "\n".join(lines)


def summary(catalog: Catalog) -> str:
    """A table with a row per source."""
    read = [_read_by(indicator, catalog) for indicator in catalog.indicators.values()]
    lines = [table_row(*HEADER), "|---|---|---|---|---:|---|---|"]
    for source in _sources(catalog):
        used = sum(source.id in ids for ids in read)
        terms, columns = source.licence.id.split(",")[0], COLUMNS[source.columns_status]
        cells = (
            f"[{source.id}](#{source.id})",
            source.title.en,
            _short(source.publisher),
            terms,
            str(used),
            columns,
            _statuses(source),
        )
        lines.append(table_row(*cells))
    return "\n".join(lines) + "\n"


def _sources(catalog: Catalog) -> list[Source]:
    return [source for _, source in sorted(catalog.sources.items())]


def _read_by(indicator: Indicator, catalog: Catalog) -> set[str]:
    """Sources that an indicator reads, as numerator or as population; a comparison reads those of its base."""
    tables = catalog.indicators[indicator.base].tables if indicator.base else indicator.tables
    return {part.source for table in tables for part in catalog.tables[table].parts}


def _short(publisher: str) -> str:
    """What stands in the brackets behind the name of an institution, or its name."""
    name = publisher.split(",")[0]
    return name[name.index("(") + 1 : name.index(")")] if "(" in name else name


def _statuses(source: Source) -> str:
    """How the addresses of the editions are known, in a few words."""
    words = sorted({edition.url_status for edition in source.editions.values()})
    shown = " or ".join(word.replace("_", " ") for word in words)
    copies = sum(edition.layout == "copy" for edition in source.editions.values())
    return shown + ("" if not copies else "; copy" if copies == len(source.editions) else "; some are copies")


def _facts(source: Source) -> Iterator[tuple[str, str]]:
    yield "terms", f"{source.licence.id}: {_address(source.licence)}"
    yield "landing page", _address(source.landing_page)
    yield "dictionary", " ".join(filter(None, (_address(source.dictionary), source.dictionary.note)))
    yield "periodicity", source.periodicity
    yield "contact", source.contact
    yield "columns read in a real file", COLUMNS[source.columns_status]
    if source.notes:
        yield "notes", source.notes


def _address(address: Address) -> str:
    """An address and how it is known."""
    if address.url is None:
        return "Not known."
    status = f"documented in {address.url_cite}" if address.url_cite else address.url_status.replace("_", " ")
    return f"<{address.url}> ({status})."


def _places(edition: Edition) -> str:
    """The addresses of an edition in their order, and how they are asked."""
    if edition.instructions is not None:
        return f"A person gives it. {edition.instructions.en}"
    posted = " Asked with a post." if edition.method else ""
    unseen = "" if edition.probed else f" In no run until it is probed: columns {_columns(edition)}."
    return " Else ".join(_address(one) for one in (edition, *edition.alternatives)) + posted + unseen


def _columns(edition: Edition) -> str:
    """How the columns of an edition are known of which nobody had a file."""
    return f"documented in {edition.columns_cite}" if edition.columns_cite else "from memory"


def _editions(source: Source) -> Iterator[str]:
    """Editions of which the same is known share a row."""

    def status(item: tuple[str, Edition]) -> tuple[str, str]:
        return _places(item[1]), item[1].layout

    for (shown, layout), items in groupby(source.editions.items(), key=status):
        names = [name for name, _ in items]
        yield table_row(names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}", shown, layout)
