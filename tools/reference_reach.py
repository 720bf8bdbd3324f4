"""Writes the page that counts what each kind of run reaches, by institution, and what nobody has fetched yet.

What belongs here: counts of specs. What does not: what the institutions' servers answer (`sdg sources probe`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sdg_pipeline.ingest.mirror import Mirror, load_mirror
from sdg_pipeline.publish.dictionary import table_row
from sdg_pipeline.run.graph import Reach
from sdg_pipeline.settings import STARTER_MIRROR
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.source import Source

INTRODUCTION = """\
# What a run reaches

This page counts what a run can read, by institution. A run is one of three:
- *starter*: the data embedded in the package (`SDG_MIRROR=starter`);
- *official*: the institutions' own addresses (`SDG_MIRROR=`);
- *all files*: a mirror that has the files of all editions.

An edition *can be fetched* where an official address is known and a table describes the layout of the file there.
*By hand* is a copy in another layout, or an edition without an address. *Declared* are editions of which nobody had a
file. No run reads them until a probe has verified their addresses.

An indicator counts for each institution whose files it reads, so that the column is no sum.
"""
TRIED = """\
## What is tried, and what is not

The double of the institutions (`tests/institutions`) serves the files of the column *official* under their official
paths. These are official files where they are at hand, and otherwise copies that a tool writes back into the official
layout. A test computes every indicator of the column over it, and compares it with the copies.

So these are untried:
- whether an address still answers, and to whom;
- whether the file there has the layout that was read of it;
- what figures a file has that the institution replaced since.

`sdg sources probe` asks all addresses in a few minutes, and `sdg sources verify` takes its answer into the specs.
"""
HEADER = ("institution", "can be fetched", "by hand", "declared", "all files", "official", "starter")
STATUSES = {
    "verified": "answered a probe or a fetch",
    "documented": "were read in a place that the spec cites",
    "from_memory": "are from memory, or that of another year with the year changed",
}


def _institutions(reach: Reach) -> dict[str, set[str]]:
    """The institutions whose files each indicator of a run reads."""
    catalog, result = reach.catalog, {}
    for indicator in reach.indicators():
        tables = [catalog.tables[name] for name in catalog.tables_of(catalog.root_of(indicator))]
        files = [file for table in tables for file in reach.files(table)]
        result[indicator.id] = {catalog.sources[source].publisher for source, _ in files}
    return result


def page(catalog: Catalog) -> str:
    """The page as Markdown."""
    return "\n".join([INTRODUCTION, *_table(catalog), "", TRIED, *_addresses(catalog), ""])


def _table(catalog: Catalog) -> Iterator[str]:
    reaches = (
        Reach(catalog, Mirror("all", "all", "/")),
        Reach(catalog, None),
        Reach(catalog, load_mirror(str(STARTER_MIRROR))),
    )
    runs = [_institutions(reach) for reach in reaches]
    yield table_row(*HEADER)
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for name in sorted({source.publisher for source in catalog.sources.values()}):
        editions = _editions([s for s in catalog.sources.values() if s.publisher == name])
        yield table_row(name, *map(str, (*editions, *(sum(name in names for names in run.values()) for run in runs))))
    editions = _editions(list(catalog.sources.values()))
    yield table_row("**all**", *map(str, (*editions, *(len(run) for run in runs))))


def _editions(sources: list[Source]) -> tuple[int, int, int]:
    """Editions that can be fetched, those that come by hand, and those that are declared alone."""
    probed = [edition for source in sources for edition in source.probed.values()]
    fetchable = sum(edition.fetchable for edition in probed)
    return fetchable, len(probed) - fetchable, sum(len(s.editions) - len(s.probed) for s in sources)


def _addresses(catalog: Catalog) -> Iterator[str]:
    editions = [edition for source in catalog.sources.values() for edition in source.editions.values()]
    addresses = {one.url: one.url_status for e in editions for one in (e, *e.alternatives) if one.url is not None}
    counts = Counter[str](addresses.values())
    yield "## What nobody has fetched yet"
    yield ""
    answered, number = counts["verified"], len(addresses)
    if answered:
        yield f"{answered} of {number} official addresses answered. Nobody has yet fetched a file from the others."
    else:
        yield f"**Nobody has yet fetched a file from any of the {number} official addresses with this pipeline.**"
    yield "Of these addresses,"
    ways = [f"- {counts[status]} {meaning}" for status, meaning in STATUSES.items() if counts[status]]
    yield ";\n".join(ways) + "."
    yield ""
    yield f"{sum(e.url is None for e in editions)} of {len(editions)} editions have no known address."
