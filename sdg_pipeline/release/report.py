"""Reports revisions in words, as Markdown, for releases and for the review of drafts in Dagster.

What belongs here: the text. What does not: the comparison (``release.diff``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sdg_pipeline.release.diff import Difference, Revision
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.catalog import Catalog

CAUSES = {
    "edition": "another edition of the source",
    "bytes": "the same edition with other bytes: the institution replaced the file",
    "denominator": "another population or denominator",
    "geography": "another register of areas",
    "definition": "another spec: of the indicator, its table or its sources",
    "coverage": "the run saw more or less of the country",
    "indicator": "one of the two releases does not have the indicator",
    "inputs": "a source file that the row does not name, one that is joined to its own",
    "code": "nothing but the software",
}
"""What each cause means; several may come together."""
REVISIONS = "indicator | area | year | group | old | new | standard errors | cause"
REVISIONS = "indicator | area | year | group | old | new | standard errors | cause"


def markdown(difference: Difference | None, catalog: Catalog) -> str:
    """The report, the same text for the same releases."""
    if difference is None:
        return "# Changes\n\nThis is the first release: there is none to compare it with.\n"
    return "\n".join(_lines(difference, catalog)) + "\n"


def _lines(difference: Difference, catalog: Catalog) -> Iterator[str]:
    yield f"# Changes from release {difference.old} to {difference.new}"
    yield ""
    if difference.none:
        yield f"Both {difference.in_words}."
        return
    yield (
        f"{difference.added:,} values added, {difference.removed:,} removed, {difference.revised:,} revised "
        f"({difference.beyond_error:,} of them by more than one standard error), "
        f"{difference.reclassified:,} reclassified."
    )
    yield from ("", "## Revisions, those beyond their sampling error first", "")
    yield from _table(REVISIONS, map(_revision, difference.largest))
    if difference.revised > len(difference.largest):
        yield from ("", f"{difference.revised - len(difference.largest):,} more are in `changes.csv`.")
    yield from ("", "## By cause", "")
    causes = ((c.cause, _meaning(c.cause), c.added, c.removed, c.revised, c.reclassified) for c in difference.causes)
    yield from _table("cause | meaning | added | removed | revised | reclassified", causes)
    yield from ("", "## By indicator", "")
    indicators = (
        (_named(i.indicator, catalog), i.added, i.removed, i.revised, i.beyond_error, i.reclassified)
        for i in difference.indicators
    )
    yield from _table("indicator | added | removed | revised | beyond error | reclassified", indicators)


def _meaning(cause: str) -> str:
    return "; ".join(CAUSES[one] for one in cause.split(", "))


def _named(indicator: str, catalog: Catalog) -> str:
    spec = catalog.indicators.get(indicator)
    return f"`{indicator}`: {spec.title.en}" if spec else f"`{indicator}`"


def _revision(revision: Revision) -> tuple[object, ...]:
    key = revision.key
    groups = ", ".join(f"{d} {key[d]}" for d in fields.DIMENSIONS if key[d] != TOTAL)
    return (
        f"`{key['indicator']}`",
        key["ref_area"],
        key["time_period"],
        groups or "total",
        revision.old,
        revision.new,
        "" if revision.errors is None else f"{revision.errors:.2f}",
        revision.cause,
    )


def _table(head: str, rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    listed = list(rows)
    if not listed:
        yield "None."
        return
    yield f"| {head} |"
    yield f"|{'---|' * (head.count('|') + 1)}"
    for row in listed:
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"


def _cell(value: object) -> str:
    """A number as people read it; a bar would end the cell."""
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:,.6g}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")
