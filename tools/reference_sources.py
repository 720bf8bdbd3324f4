"""What is known of the openness of each source, as Markdown: a generated page of ``docs`` and the table of the README.

What belongs here: terms, addresses and how they are known, as the specs state them. What does not: the grammar of
specs (reference), and prose about how to add a source (docs).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sdg_pipeline.publish.dictionary import table_row
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.source import Address, Edition, Source

INTRODUCTION = """\
# Sources

Where each source is offered, under which terms, what describes its columns, and how all that is known. *Verified*:
fetched from there. *Documented*: read in the place that is cited, and never fetched. *From memory*: nobody looked. A
*copy* is an edition whose tables describe a cut, relabelled or re-packed copy: the file at the official address has
another layout, and a run over official addresses leaves it out, as it does an edition without an address. How to write
all this in a spec is in [contributor.md](contributor.md#add-a-source-and-a-table). "Public GitHub file *n* of the
stored index" is a file that a code search gave without the name of its repository.
"""
COLUMNS = {"verified": "yes", "partly_verified": "partly", "memory": "no"}
HEADER = ("source", "what", "publisher", "terms", "indicators", "columns read in a real file", "official address")


def page(catalog: Catalog) -> str:
    """Every source with its terms, contact, addresses and editions."""
    lines = [INTRODUCTION]
    for source in _sources(catalog):
        lines += [f"## `{source.id}`", "", f"{source.title.en}. {source.publisher}.", ""]
        lines += [table_row("", ""), "|---|---|"]
        lines += [table_row(name, told) for name, told in _facts(source)]
        lines += ["", table_row("edition", "address", "layout"), "|---|---|---|"]
        lines += [*_editions(source), ""]
    return "\n".join(lines)


def readme_table(catalog: Catalog) -> str:
    """The table of sources in the README."""
    read = [_read_by(indicator, catalog) for indicator in catalog.indicators.values()]
    lines = [table_row(*HEADER), "|---|---|---|---|---:|---|---|"]
    for source in _sources(catalog):
        used = sum(source.id in ids for ids in read)
        terms, columns = source.licence.id.split(",")[0], COLUMNS[source.columns_status]
        cells = (f"`{source.id}`", source.title.en, _short(source.publisher), terms, str(used), columns, _known(source))
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


def _known(source: Source) -> str:
    """How the addresses of the editions are known, in a few words."""
    words = sorted({edition.url_status for edition in source.editions.values()})
    told = " or ".join(word.replace("_", " ") for word in words)
    copies = sum(edition.layout == "copy" for edition in source.editions.values())
    return told + ("" if not copies else "; copy" if copies == len(source.editions) else "; some are copies")


def _facts(source: Source) -> Iterator[tuple[str, str]]:
    yield "terms", f"{source.licence.id}: {_told(source.licence)}"
    yield "landing page", _told(source.landing_page)
    yield "dictionary", " ".join(filter(None, (_told(source.dictionary), source.dictionary.note)))
    yield "periodicity", source.periodicity
    yield "contact", source.contact
    yield "columns read in a real file", COLUMNS[source.columns_status]
    if source.notes:
        yield "notes", source.notes


def _told(address: Address) -> str:
    """An address and how it is known."""
    if address.url is None:
        return "Not known."
    known = f"documented in {address.url_cite}" if address.url_cite else address.url_status.replace("_", " ")
    return f"<{address.url}> ({known})."


def _editions(source: Source) -> Iterator[str]:
    """Editions of which the same is known share a row."""

    def known(item: tuple[str, Edition]) -> tuple[str, str]:
        return _told(item[1]), item[1].layout

    for (told, layout), items in groupby(source.editions.items(), key=known):
        names = [name for name, _ in items]
        yield table_row(names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}", told, layout)
