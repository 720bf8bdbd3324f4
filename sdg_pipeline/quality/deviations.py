"""The rules of coherence run over all indicators: what deviates, what of it is explained, and the verdicts.

What belongs here: running the queries of rules, applying the reviewed explanations, the table of deviations. What does
not: the queries (relations, changes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline import duck
from sdg_pipeline.quality import changes, figures, relations
from sdg_pipeline.quality.figures import KEYS, among
from sdg_pipeline.quality.results import MAX_FAILING_ROWS_KEPT, CheckResult
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.coherence import (
    AnyRule,
    Change,
    Coherence,
    Denominators,
    Explained,
    Groups,
    Neighbours,
    Reference,
    Relation,
)
from sdg_pipeline.specs.coherence_names import indicators
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import Fgt, Mean, Published, Rate, Ratio

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]
OPEN, EXPLAINED = "open", "explained"
STALE = "explanation {number} explains nothing any more: its values agree; take it out of the rule"


@dataclass(frozen=True)
class Findings:
    """The verdicts of a run over the rules, and what deviates."""

    checks: tuple[CheckResult, ...]
    deviations: tuple[Row, ...]
    """Rows with the columns of ``fields.DEVIATION``."""


def rules_of(catalog: Catalog, at_hand: Mapping[str, Path], tables: Mapping[str, Path]) -> Iterator[tuple[Any, Any]]:
    """The rules that can be judged with the indicators and staged tables at hand, each with its spec."""
    for _, spec in sorted(catalog.coherence.items()):
        for rule in spec.rules:
            table = rule.table in tables if isinstance(rule, Reference) else True
            if table and set(indicators(rule)) <= set(at_hand):
                yield spec, rule


def judge(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, files: Mapping[str, Path], tables: Mapping[str, Path]
) -> Findings:
    """Judge all rules on the indicator ``files``; ``tables`` are the staged tables of foreign series."""
    figures.load(con, files, catalog.indicators)
    judged = list(rules_of(catalog, files, tables))
    if any(isinstance(rule, Change | Neighbours) for _, rule in judged):
        changes.prepare(con)
    specs = [catalog.indicators[i] for i in sorted(files)]
    checks, deviations = [], []
    for spec, rule in judged:
        sql = query(rule, tables, specs)
        compared, rows = con.execute(f"SELECT count(*), list(c) FILTER (deviates) FROM ({sql}) AS c").fetchall()[0]
        own = [_own(row, catalog) for row in rows or ()]
        entries = _entries(rule, own)
        deviating = sorted((_row(rule, row, entries) for row in own), key=_key)
        stale = list(_stale(con, rule, deviating, sql))
        checks.append(_verdict(spec, rule, compared, deviating, stale))
        deviations += deviating
    return Findings(tuple(checks), tuple(sorted(deviations, key=_key)))


@dataclass(frozen=True)
class _Compared:
    """What rules are judged on: the staged tables of foreign series, and the indicators in ``figure``."""

    tables: Mapping[str, Path]
    specs: Sequence[Indicator]


def query(rule: AnyRule, tables: Mapping[str, Path], specs: Sequence[Indicator]) -> str:
    """The SQL of a rule over ``figure``; ``specs`` are the indicators in it, ``tables`` the staged tables by id.

    It returns a row per comparison, with the columns that ``relations`` describes.
    """
    return _query(rule, _Compared(tables, specs))


@singledispatch
def _query(rule: object, compared: _Compared) -> str:
    """The SQL of a kind of rule; every kind of ``specs.coherence`` registers here and in ``describe``."""
    raise NotImplementedError(f"quality.deviations has no query of {type(rule).__name__}")


@_query.register
def _relation_query(rule: Relation, compared: _Compared) -> str:
    return relations.relation(rule)


@_query.register
def _groups_query(rule: Groups, compared: _Compared) -> str:
    return relations.groups(rule, tuple(i.id for i in compared.specs if _is_mean(i)))


@_query.register
def _denominators_query(rule: Denominators, compared: _Compared) -> str:
    return relations.denominators(rule, tuple(i.id for i in compared.specs if isinstance(i.method, Rate)))


@_query.register
def _reference_query(rule: Reference, compared: _Compared) -> str:
    return relations.reference(rule, compared.tables[rule.table])


@_query.register
def _change_query(rule: Change, compared: _Compared) -> str:
    return changes.change(rule)


@_query.register
def _neighbours_query(rule: Neighbours, compared: _Compared) -> str:
    return changes.neighbours(rule)


def _is_mean(indicator: Indicator) -> bool:
    kinds = isinstance(indicator.method, Ratio | Rate | Mean | Fgt | Published)
    standard = isinstance(indicator.method, Rate) and indicator.method.standard is not None
    return kinds and not standard and indicator.unit not in figures.UNITS_OF_AMOUNTS


@singledispatch
def describe(rule: AnyRule) -> str:
    """What must hold, in one sentence."""
    raise NotImplementedError(f"quality.deviations has no words for {type(rule).__name__}")


@describe.register
def _describe_relation(rule: Relation) -> str:
    return f"{rule.left} {'equals' if rule.kind == 'equal' else 'is at most'} {rule.right}, by area, year and group."


@describe.register
def _describe_groups(rule: Groups) -> str:
    holds = "add up to the total" if rule.kind == "add_up" else "lie on both sides of the total"
    return f"The groups of {rule.dimension} {holds}, in every indicator that has both."


@describe.register
def _describe_denominators(rule: Denominators) -> str:
    same = "cite one edition of each source" if rule.kind == "one_edition" else "are the same for the same people"
    return f"The populations that rates are divided by {same}."


@describe.register
def _describe_reference(rule: Reference) -> str:
    return f"The national values of {rule.indicator} are those of {', '.join(rule.series.values())} in {rule.table}."


@describe.register
def _describe_change(rule: Change) -> str:
    return f"No value changes by a factor of {rule.factor:g} where neither its neighbours nor it itself ever did."


@describe.register
def _describe_neighbours(rule: Neighbours) -> str:
    return f"No municipality is by a factor of {rule.factor:g} beyond every other of its state."


def _key(row: Row) -> list[str]:
    return [str(row[name]) for name in fields.DEVIATION_KEY]


def _entries(rule: AnyRule, rows: Sequence[Row]) -> tuple[Explained, ...]:
    """The explanations of a rule without those of which more rows deviate than somebody has looked into."""

    def covered(entry: Explained) -> int:
        return sum(_covers(entry, row, row["observed"] - row["expected"]) for row in rows)

    return tuple(entry for entry in rule.explained if entry.count is None or covered(entry) <= entry.count)


def _own(comparison: Row, catalog: Catalog) -> Row:
    """A comparison with the codes that the values of its indicator carry."""
    totals = catalog.indicators[comparison["indicator"]].totals
    return {**comparison, **{d: totals[d] for d in fields.DIMENSIONS if comparison[d] == TOTAL}}


def _row(rule: AnyRule, comparison: Row, entries: Sequence[Explained]) -> Row:
    difference = comparison["observed"] - comparison["expected"]
    entry = next((e for e in entries if _covers(e, comparison, difference)), None)
    return {
        "rule": rule.id,
        **{name: comparison[name] for name in ("indicator", *KEYS, "quantity", "observed", "expected")},
        "difference": difference,
        "severity": rule.severity,
        "status": EXPLAINED if entry else OPEN,
        "explanation": entry.why if entry else None,
        "cite": entry.cite if entry else None,
    }


def _covers(entry: Explained, comparison: Row, difference: float) -> bool:
    return (
        (not entry.indicators or comparison["indicator"] in entry.indicators)
        and (not entry.areas or comparison["ref_area"] in entry.areas)
        and (not entry.periods or comparison["time_period"] in entry.periods)
        and abs(difference) <= entry.largest
    )


def _verdict(spec: Coherence, rule: AnyRule, compared: int, deviating: list[Row], stale: list[Row]) -> CheckResult:
    unexplained = [row for row in deviating if row["status"] == OPEN]
    shown = [{name: row[name] for name in row if name not in ("rule", "severity", "status")} for row in unexplained]
    seen = f"{compared:,} compared, {len(deviating):,} deviate" if compared else "nothing at hand to compare"
    seen += f", {len(deviating) - len(unexplained):,} of them explained" if deviating else ""
    seen += f"; {len(stale)} explanations are out of date" if stale else ""
    return CheckResult(
        border="release",
        subject=spec.id,
        check=rule.id,
        severity=rule.severity,
        passed=not unexplained and not stale,
        description=describe(rule),
        owner=spec.owner,
        reason=rule.why,
        observed=seen,
        n_failing=len(unexplained) + len(stale),
        failing_rows=tuple([_plain(row) for row in (*shown, *stale)][:MAX_FAILING_ROWS_KEPT]),
    )


def _plain(row: Row) -> Row:
    """Without what says nothing: totals of dimensions, and columns without a text."""
    return {k: v for k, v in row.items() if v is not None and not (k in fields.DIMENSIONS and v == TOTAL)}


def _stale(con: duckdb.DuckDBPyConnection, rule: AnyRule, deviating: list[Row], sql: str) -> Iterator[Row]:
    """Explanations whose values are all there and agree: the source was mended, or the rule was changed."""
    for number, entry in enumerate(rule.explained, start=1):
        if any(_covers(entry, row, row["difference"]) for row in deviating):
            continue
        scope = " AND ".join(
            among(column, only)
            for column, only in (
                ("indicator", entry.indicators),
                ("ref_area", entry.areas),
                ("time_period", entry.periods),
            )
        )
        asked = f"SELECT count(*), count(*) FILTER (deviates) FROM ({sql}) WHERE {scope}"
        there, bad = con.execute(asked).fetchall()[0]
        if there and not bad:
            yield {"explanation": entry.why, "problem": STALE.format(number=number)}


def write(con: duckdb.DuckDBPyConnection, findings: Findings, target: Path) -> None:
    """Write the table of deviations whole; it is there, and empty, where nothing deviates."""
    import pyarrow

    kinds = {"VARCHAR": pyarrow.string(), "DOUBLE": pyarrow.float64()}
    schema = pyarrow.schema([(f.name, kinds[f.sql_type]) for f in fields.DEVIATION])
    con.register("new_deviation", pyarrow.Table.from_pylist(list(findings.deviations), schema))
    duck.write_parquet(con, "FROM new_deviation", ", ".join(fields.DEVIATION_KEY), target)
    con.unregister("new_deviation")
