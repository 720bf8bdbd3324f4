"""The queries of rules that follow from the specs of a table, over its profile.

Each tells in ``fault`` what is wrong with a row of the profile; it is empty where nothing is. What belongs here: these
queries and their limits, the same for all tables. What does not: what they are called and why they are (contracts).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.quality.profile import counts_municipalities, long, measures, published
from sdg_pipeline.specs.contract import Contract
from sdg_pipeline.specs.table import Table

SHARE = 1.5
"""No measure in per cent is below it everywhere, unless it is a share of one."""
STEP, SMALL = 8.0, 1000
"""A total that changes by this factor from a year to the next, and the smaller of the two is not a small number."""
SAME = 5
"""Digits of a total that two years do not share in all measures by chance."""
_DIGITS = f"CASE WHEN total = 0 THEN 0 ELSE round(total, ({SAME - 1} - floor(log10(abs(total))))::INTEGER) END"
REVISION, REVISED = 0.1, 500
"""How much a later cut may revise a total, and from which size on."""
UNPLACED = 0.01
"""Share of the records that name a municipality and that the register may not know."""
REPEATED = 0.001
"""Share of records that may be the same in every column."""
BYTES, ROWS = 2.0, 1.6
"""How much larger or smaller than the edition before a file may be, in bytes and in rows."""
SINGLE, CLUSTER = 0.1, 1.2
"""Share of strata that may have one PSU, and the fewest records that a PSU has on average."""
WEIGHT = 200
"""How many times the mean weight a record may weigh."""

Query = tuple[str, tuple[str, ...]]
"""A query, and the columns of it that tell a person which row failed."""


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, dict.fromkeys(names)))


@dataclass(frozen=True)
class Queries:
    """The query of each derived rule, and the columns that it shows; the methods are named after the rules."""

    table: Table
    contract: Contract | None

    def _but(self, rule: str, column: str) -> str:
        """SQL: whether a row is not excused by name."""
        excused = (self.contract.excused(rule) or ()) if self.contract else ()
        return f"{column} NOT IN ({', '.join(map(literal, excused))})" if excused else "true"

    @property
    def _series(self) -> list[str]:
        """Columns that tell totals apart besides their year."""
        return [*(["edition"] if self.table.vintages else []), "geo_level", *published(self.table)]

    @property
    def _within(self) -> list[str]:
        return list(self.contract.within) if self.contract else []

    def _totals(self, rule: str, by: list[str]) -> str:
        """Totals of additive measures, long: ``measure``, ``total``, ``filled``, ``records`` by the columns."""
        added = [m for m, additive in measures(self.table).items() if additive]
        numbers = {"total": "sum({m})", "filled": "sum({n})", "records": "sum(records)"}
        return f"(FROM {long(by, added, numbers)} WHERE filled > 0 AND {self._but(rule, 'measure')})"

    def own_bytes(self) -> Query:
        query = f"""
        SELECT source, edition, sha256, CASE WHEN twin <> named THEN 'is the file of ' || twin END AS fault
        FROM (SELECT *, lag(named) OVER (PARTITION BY sha256, member, geo_level ORDER BY ordinal) AS twin
              FROM (SELECT DISTINCT ON (source, edition, sha256, member) *, source || '/' || edition AS named
                    FROM parts ORDER BY ordinal))
        WHERE {self._but("own_bytes", "edition")} ORDER BY ordinal"""
        return query, ("source", "edition", "sha256")

    def size(self) -> Query:
        return self._compared("size", "bytes", BYTES, "source, geo_level, container")

    def rows(self) -> Query:
        return self._compared("rows", "rows_read", ROWS, "source, geo_level")

    def _compared(self, rule: str, column: str, factor: float, same: str) -> Query:
        """A fact of a file against that of the edition before."""
        query = f"""
        SELECT source, edition, {column}, before,
               CASE WHEN {column} NOT BETWEEN before / {factor} AND before * {factor}
                    THEN 'has ' || {column} || ' {column.split("_")[0]}, the edition before has ' || before END AS fault
        FROM (SELECT *, lag({column}) OVER (PARTITION BY {same} ORDER BY period, ordinal) AS before FROM parts)
        WHERE before IS NOT NULL AND {self._but(rule, "edition")} ORDER BY ordinal"""
        return query, ("source", "edition", column, "before")

    def repeated_records(self) -> Query:
        query = f"""
        SELECT source, edition, rows_read, repeated,
               CASE WHEN repeated > greatest(1, {REPEATED} * rows_read)
                    THEN repeated || ' of ' || rows_read || ' records repeat another in every column' END AS fault
        FROM parts WHERE {self._but("repeated_records", "edition")} ORDER BY ordinal"""
        return query, ("source", "edition", "rows_read", "repeated")

    def placed(self) -> Query:
        query = f"""
        SELECT source, edition, by_name, coalesce(n, 0) AS unplaced, names,
               CASE WHEN unplaced > {UNPLACED} * by_name
                    THEN unplaced || ' of ' || by_name || ' records name no municipality of their state: ' || names
               END AS fault
        FROM parts LEFT JOIN (SELECT ordinal, sum(records)::BIGINT AS n,
                                     string_agg(state || ' ' || name, ', ' ORDER BY records DESC, name) AS names
                              FROM unplaced GROUP BY ordinal) USING (ordinal)
        WHERE {self._but("placed", "edition")} ORDER BY ordinal"""
        return query, ("source", "edition", "by_name", "unplaced", "names")

    def period(self, only: bool) -> Query:
        query = f"""
        SELECT source, edition, period, oldest, newest,
               CASE WHEN newest IS NULL THEN 'the file does not tell its year'
                    WHEN newest <> period OR ({only} AND oldest <> period)
                    THEN 'the edition is of ' || period || ', the file tells ' || oldest || '-' || newest END AS fault
        FROM parts WHERE {self._but("period", "edition")} ORDER BY ordinal"""
        return query, ("source", "edition", "period", "oldest", "newest")

    def states(self) -> Query:
        query = f"""
        WITH present AS (SELECT edition, geo_level, time_period, state, sum(records) AS records FROM cells GROUP BY ALL)
        SELECT e.edition, e.geo_level, e.time_period, e.state,
               CASE WHEN f.records IS NULL THEN 'no row of this state' END AS fault
        FROM expected AS e LEFT JOIN present AS f USING (edition, geo_level, time_period, state)
        WHERE {self._but("states", "e.state")} ORDER BY ALL"""
        return query, ("edition", "geo_level", "time_period", "state")

    def municipalities(self) -> Query:
        query = f"""
        WITH there AS (
          SELECT edition, time_period, state,
                 count(DISTINCT municipality) FILTER (municipality NOT IN ('_U', '_T')) AS municipalities
          FROM cells WHERE geo_level = 'municipality' GROUP BY ALL)
        SELECT e.edition, e.time_period, e.state, coalesce(t.municipalities, 0) AS counted,
               e.municipalities AS expected,
               CASE WHEN counted <> expected THEN counted || ' municipalities of ' || expected END AS fault
        FROM expected AS e LEFT JOIN there AS t USING (edition, time_period, state)
        WHERE e.geo_level = 'municipality' AND {self._but("municipalities", "e.state")} ORDER BY ALL"""
        return query, ("edition", "time_period", "state", "counted", "expected")

    def codes(self) -> Query:
        code = "dimension || '=' || code"
        query = f"""
        SELECT edition, geo_level, dimension, code, CASE WHEN records = 0 THEN 'no row has this code' END AS fault
        FROM codes WHERE {self._but("codes", code)} ORDER BY ALL"""
        return query, ("edition", "geo_level", "dimension", "code")

    def filled(self) -> Query:
        """Totals that add up must be there in every year; what a sheet publishes of some years only, in one of them."""
        keys = ["edition", "geo_level", "time_period", *published(self.table), *self._within]
        counted = long(keys, list(measures(self.table)), {"records": "sum(records)", "filled": "sum({n})"})
        adds = ", ".join(literal(m) for m, additive in measures(self.table).items() if additive) or "''"
        query = f"""
        SELECT *, CASE WHEN filled > 0 AND 1 - filled / records > {self._share_empty()}
                       THEN (records - filled)::BIGINT || ' of ' || records::BIGINT || ' cells are empty'
                       WHEN max(filled) OVER (PARTITION BY measure, geo_level,
                                              CASE WHEN measure IN ({adds}) THEN time_period END) = 0
                       THEN 'no cell has a figure' END AS fault
        FROM {counted} WHERE {self._but("filled", "measure")} AND {self._is_asked()} ORDER BY ALL"""
        return query, (*self._series, "time_period", *self._within, "measure", "records", "filled")

    def _is_asked(self) -> str:
        """SQL: whether a part of these rows gives the measure."""
        tests = [
            f"NOT (edition = {literal(edition)} AND geo_level = {literal(level)} "
            f"AND measure NOT IN ({', '.join(map(literal, sorted(named)))}))"
            for (level, edition), named in self.table.measures_by_rows(by_any=True).items()
            if named < set(self.table.measures)
        ]
        return " AND ".join(tests) or "true"

    def _share_empty(self) -> str:
        """SQL: the share of cells of a measure that may be empty."""
        if self.table.measures_by_rows() != self.table.measures_by_rows(
            by_any=True
        ):  # values in one sheet, their precision in another
            return "1"
        excused = [e for e in (self.contract.exceptions if self.contract else ()) if e.rule == "filled" and e.at_most]
        named = " ".join(
            f"WHEN measure IN ({', '.join(map(literal, e.exempt))}) THEN {e.at_most}" for e in excused if e.exempt
        )
        withheld = set(self.table.format.missing) - {""}  # N/D: the institution says that it has no figure
        others = next((e.at_most for e in excused if not e.exempt), 1 if withheld else 0)
        return f"CASE {named} ELSE {others} END" if named else str(others)

    def zero_totals(self) -> Query:
        """Where cells are empty, a total of zero says only that nothing was reported yet."""
        keys = list(dict.fromkeys(("edition", *self._series, "time_period", *self._within)))
        query = f"""
        SELECT *, CASE WHEN total = 0 AND filled = records THEN 'the total is zero' END AS fault
        FROM {self._totals("zero_totals", keys)} ORDER BY ALL"""
        return query, (*keys, "measure", "total")

    def same_totals(self) -> Query:
        keys = [*self._series, "time_period"]
        same = f"OVER (PARTITION BY {_list(self._series)}, totals)"
        query = f"""
        SELECT *, CASE WHEN largest >= {SMALL} AND count(*) {same} > 1
                       THEN 'the years ' || string_agg(time_period, ', ' ORDER BY time_period) {same} END AS fault
        FROM (SELECT {_list(keys)}, max(total) AS largest, list({_DIGITS} ORDER BY measure) AS totals
              FROM {self._totals("same_totals", keys)} GROUP BY {_list(keys)})
        ORDER BY {_list(keys)}"""
        return query, (*keys, "largest")

    def steps(self) -> Query:
        area = ["state", *(["municipality"] if counts_municipalities(self.table) else [])]
        keys = [*self._series, *area, "time_period"]
        series = _list([*self._series, *area, "measure"])
        query = f"""
        SELECT *, CASE WHEN least(total, before) >= {SMALL}
                            AND greatest(total, before) / least(total, before) >= {STEP}
                       THEN 'after ' || before || ' in the year before' END AS fault
        FROM (SELECT *, lag(total) OVER (PARTITION BY {series} ORDER BY time_period) AS before
              FROM {self._totals("steps", keys)})
        WHERE before IS NOT NULL ORDER BY ALL"""
        return query, (*keys, "measure", "before", "total")

    def cuts(self) -> Query:
        """Totals of the same year, and month, in two cuts that follow each other; the last year of a cut is open."""
        keys = ["edition", "geo_level", *published(self.table), "time_period", *self._within]
        before = f"OVER (PARTITION BY {_list([*keys[1:], 'measure'])} ORDER BY ordinal)"
        query = f"""
        WITH cut AS (SELECT edition, min(ordinal) AS ordinal, min(period) AS year FROM parts GROUP BY edition),
        pair AS (
          SELECT t.*, year, lag(total) {before} AS before, lag(year) {before} AS year_before,
                 lag(edition) {before} AS cut_before
          FROM {self._totals("cuts", keys)} AS t JOIN cut USING (edition))
        SELECT *, CASE WHEN greatest(total, before) >= {REVISED} AND time_period < year_before
                            AND abs(total - before) > {REVISION} * before
                       THEN 'was ' || before || ' in the cut ' || cut_before
                       WHEN total > 0 AND time_period > year THEN 'is of a year after that of the cut' END AS fault
        FROM pair ORDER BY ALL"""
        return query, (*keys, "measure", "before", "total")

    def weights(self) -> Query:
        query = f"""
        WITH state AS (
          SELECT edition, state, sum(records) AS records, sum(weight__n) AS weighed, sum(weight) AS weight,
                 min(weight__min) AS smallest, max(weight__max) AS largest FROM cells GROUP BY edition, state)
        SELECT *, CASE WHEN weighed < records THEN (records - weighed) || ' records without a weight'
                       WHEN smallest <= 0 THEN 'a weight of ' || smallest
                       WHEN largest > {WEIGHT} * sum(weight) OVER (PARTITION BY edition)
                                      / sum(records) OVER (PARTITION BY edition)
                       THEN 'a weight of ' || largest END AS fault
        FROM state ORDER BY ALL"""
        return query, ("edition", "state", "records", "smallest", "largest")

    def psus(self) -> Query:
        query = f"""
        WITH sample AS (
          SELECT edition, geo_level, count(*) AS strata, count(*) FILTER (psus = 1) AS single, sum(psus) AS psus,
                 sum(records) AS records FROM strata GROUP BY ALL)
        SELECT *, CASE WHEN single > {SINGLE} * strata THEN single || ' of ' || strata || ' strata have one PSU'
                       WHEN records < {CLUSTER} * psus THEN psus || ' PSUs for ' || records || ' records' END AS fault
        FROM sample ORDER BY ALL"""
        return query, ("edition", "geo_level", "strata", "single", "psus", "records")

    def percent(self, rule: str) -> Query:
        named = self.contract.percent if self.contract else ()
        keys = ["edition", "geo_level", "time_period"]
        seen = long(keys, named, {"smallest": "min({low})", "largest": "max({high})"})
        wrong = "smallest < 0 OR largest > 100" if rule == "percent_range" else f"largest < {SHARE}"
        query = f"""
        SELECT *, CASE WHEN {wrong} THEN 'from ' || smallest || ' to ' || largest END AS fault
        FROM {seen} WHERE largest IS NOT NULL ORDER BY ALL"""
        return query, (*keys, "measure", "smallest", "largest")
