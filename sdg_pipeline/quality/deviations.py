"""The rules of coherence run over all indicators: what deviates, what of it is explained, and the verdicts.

What belongs here: running the queries of rules, applying the reviewed explanations, the table of deviations. What does
not: the queries (relations, changes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    """What a run over the rules found."""

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
        found = sorted((_row(rule, row) for row in rows or ()), key=_key)
        stale = list(_stale(con, rule, found, sql))
        checks.append(_verdict(spec, rule, compared, found, stale))
        deviations += found
    return Findings(tuple(checks), tuple(sorted(deviations, key=_key)))


def query(rule: AnyRule, tables: Mapping[str, Path], specs: Sequence[Indicator]) -> str:
    """The SQL of a rule over ``figure``; ``specs`` are the indicators in it."""
    if isinstance(rule, Relation):
        return relations.relation(rule)
    if isinstance(rule, Groups):
        return relations.groups(rule, tuple(i.id for i in specs if _is_mean(i)))
    if isinstance(rule, Denominators):
        return relations.denominators(rule, tuple(i.id for i in specs if isinstance(i.method, Rate)))
    if isinstance(rule, Reference):
        return relations.reference(rule, tables[rule.table])
    return changes.change(rule) if isinstance(rule, Change) else changes.neighbours(rule)


def _is_mean(indicator: Indicator) -> bool:
    kinds = isinstance(indicator.method, Ratio | Rate | Mean | Fgt | Published)
    standard = isinstance(indicator.method, Rate) and indicator.method.standard is not None
    return kinds and not standard and indicator.unit not in figures.UNITS_OF_AMOUNTS


def describe(rule: AnyRule) -> str:
    """What must hold, in one sentence."""
    if isinstance(rule, Relation):
        return (
            f"{rule.left} {'equals' if rule.kind == 'equal' else 'is at most'} {rule.right}, by area, year and group."
        )
    if isinstance(rule, Groups):
        holds = "add up to the total" if rule.kind == "add_up" else "lie on both sides of the total"
        return f"The groups of {rule.dimension} {holds}, in every indicator that has both."
    if isinstance(rule, Denominators):
        same = "cite one edition of each source" if rule.kind == "one_edition" else "are the same for the same people"
        return f"The populations that rates are divided by {same}."
    if isinstance(rule, Reference):
        series = ", ".join(rule.series.values())
        return f"The national values of {rule.indicator} are those of {series} in {rule.table}."
    if isinstance(rule, Change):
        return f"No value changes by a factor of {rule.factor:g} where neither its neighbours nor it itself ever did."
    return f"No municipality is by a factor of {rule.factor:g} beyond every other of its state."


def _key(row: Row) -> list[str]:
    return [str(row[name]) for name in fields.DEVIATION_KEY]


def _row(rule: AnyRule, found: Row) -> Row:
    difference = found["observed"] - found["expected"]
    entry = next((e for e in rule.explained if _covers(e, found, difference)), None)
    return {
        "rule": rule.id,
        **{name: found[name] for name in ("indicator", *KEYS, "quantity", "observed", "expected")},
        "difference": difference,
        "severity": rule.severity,
        "status": EXPLAINED if entry else OPEN,
        "explanation": entry.why if entry else None,
        "cite": entry.cite if entry else None,
    }


def _covers(entry: Explained, found: Row, difference: float) -> bool:
    return (
        (not entry.indicators or found["indicator"] in entry.indicators)
        and (not entry.areas or found["ref_area"] in entry.areas)
        and (not entry.periods or found["time_period"] in entry.periods)
        and abs(difference) <= entry.largest
    )


def _verdict(spec: Coherence, rule: AnyRule, compared: int, found: list[Row], stale: list[Row]) -> CheckResult:
    unexplained = [row for row in found if row["status"] == OPEN]
    shown = [{name: row[name] for name in row if name not in ("rule", "severity", "status")} for row in unexplained]
    told = f"{compared:,} compared, {len(found):,} deviate" if compared else "nothing at hand to compare"
    told += f", {len(found) - len(unexplained):,} of them explained" if found else ""
    told += f"; {len(stale)} explanations are out of date" if stale else ""
    return CheckResult(
        border="release",
        subject=spec.id,
        check=rule.id,
        severity=rule.severity,
        passed=not unexplained and not stale,
        description=describe(rule),
        owner=spec.owner,
        reason=rule.why,
        observed=told,
        n_failing=len(unexplained) + len(stale),
        failing_rows=tuple([_plain(row) for row in (*shown, *stale)][:MAX_FAILING_ROWS_KEPT]),
    )


def _plain(row: Row) -> Row:
    """Without what says nothing: totals of dimensions, and columns without a text."""
    return {k: v for k, v in row.items() if v is not None and not (k in fields.DIMENSIONS and v == TOTAL)}


def _stale(con: duckdb.DuckDBPyConnection, rule: AnyRule, found: list[Row], sql: str) -> Iterator[Row]:
    """Explanations whose values are all there and agree: the source was mended, or the rule was changed."""
    for number, entry in enumerate(rule.explained, start=1):
        if any(_covers(entry, row, row["difference"]) for row in found):
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
    con.register("found_deviation", pyarrow.Table.from_pylist(list(findings.deviations), schema))
    duck.write_parquet(con, "FROM found_deviation", ", ".join(fields.DEVIATION_KEY), target)
    con.unregister("found_deviation")
