"""Which estimates of a survey are of the same sums, so that what one withholds another could give away.

What belongs here: sums by the words of the specs. What does not: which values are withheld (protection). Two texts that
mean the same in other words are not seen to be the same. The attack on the national release is there to find them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import Count, Gini, Quantile, Ratio, Share, Surveyed, statistic_texts
from sdg_pipeline.specs.shelves import Catalog
from sdg_pipeline.specs.table import Table

EACH_RECORD = "1"
"""The text of what every record has one of."""


@dataclass(frozen=True)
class LinkedTables:
    """Other indicators of the same survey whose numerator is this one's ``numerator``, or its ``denominator``."""

    numerator: tuple[Indicator, ...] = ()
    denominator: tuple[Indicator, ...] = ()


def of_same_records(table: Table, catalog: Catalog) -> tuple[str, ...]:
    """Ids of the other tables that take the same records of a survey with the same weights."""
    others = (other for other in catalog.tables.values() if other.id != table.id)
    return tuple(other.id for other in others if _records(other) == _records(table) is not None)


def _records(table: Table) -> tuple[object, ...] | None:
    first, design = table.parts[0], table.design
    return (first.source, first.edition, first.rows, design.weight) if design else None


def linked_tables(indicator: Indicator, catalog: Catalog, others: Collection[str] = ()) -> LinkedTables:
    """The tables that an indicator is linked with by shared sums; none where it is no estimate from records.

    ``others`` are the ids of the tables at hand that take the same records.
    """
    if not catalog.surveyed(indicator):
        return LinkedTables()
    above, below = sums(indicator, catalog.tables[indicator.table or ""])
    of_records = [i for i in catalog.in_order() if i.table in (indicator.table, *others) and i.id != indicator.id]
    by_numerator = [(other, sums(other, catalog.tables[other.table or ""])[0]) for other in of_records]
    return LinkedTables(
        tuple(other for other, numerator in by_numerator if above is not None and numerator == above),
        tuple(other for other, numerator in by_numerator if below is not None and numerator == below),
    )


def sums(indicator: Indicator, table: Table) -> tuple[str | None, str | None]:
    """What the numerator and the denominator of an estimate add up, each None where the estimate has none."""
    method = indicator.method
    if not isinstance(method, Ratio | Count | Surveyed):
        return None, None
    of_part = f" WHERE {' '.join(method.where.split())}" if method.where else ""
    first, *others = (_plain(text, table) + of_part for text in statistic_texts(method).values())
    if isinstance(method, Quantile | Gini | Share):
        return None, EACH_RECORD + of_part
    return first, others[0] if others else None


def _plain(text: str, table: Table) -> str:
    words = " ".join(text.split())
    measure = table.measures.get(words)
    whole = measure is not None and measure.records == "all" and measure.where is None
    return EACH_RECORD if whole else words
