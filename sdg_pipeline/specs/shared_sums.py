"""Which estimates of a survey are of the same sums, so that what one withholds another could give away.

What belongs here: sums by the words of the specs. What does not: which values are withheld (protection). Two texts that
mean the same in other words are not seen to be the same. The attack on the national release is there to find them.
"""

from __future__ import annotations

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


def linked_tables(indicator: Indicator, catalog: Catalog) -> LinkedTables:
    """The tables that an indicator is linked with by shared sums; none where it is no estimate from records."""
    if not catalog.surveyed(indicator):
        return LinkedTables()
    table = catalog.tables[indicator.table or ""]
    above, below = sums(indicator, table)
    of_table = [i for i in catalog.in_order() if i.table == table.id and i.id != indicator.id]
    by_numerator = [(other, sums(other, table)[0]) for other in of_table]
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
