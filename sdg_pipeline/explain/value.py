"""From a published value back to its source bytes.

What belongs here: gathering what made one value, as plain data, and telling it as text. What does not: recomputing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdg_pipeline.duck import text as literal
from sdg_pipeline.errors import UsageError
from sdg_pipeline.ingest.geography import Area
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.publish import corrections
from sdg_pipeline.quality import results
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.run import inputs
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import Comparison
from sdg_pipeline.specs.source import Source

if TYPE_CHECKING:
    import duckdb

MAX_ROWS_SHOWN = 20


@dataclass(frozen=True)
class Explanation:
    """Everything that stands behind one value.

    ``values`` is its row of the indicator table; ``rows`` the rows of the staged table that made it (the first
    twenty of ``n_rows``), with the measures that the method uses; ``sides`` explains the two sides of a comparison.
    ``files`` are all files behind it, those joined to the records of a survey too, and ``differences`` what a survey
    says of the value against other groups, the nation and other years. ``corrections`` are known errors of the files.
    """

    indicator: Indicator
    area: Area
    value: dict[str, Any]
    sql: str
    rows: tuple[dict[str, Any], ...]
    n_rows: int
    staged: Path | None
    raw: RawFile
    source: Source
    checks: tuple[CheckResult, ...]
    change: str
    coverage_notes: tuple[str, ...]
    files: tuple[RawFile, ...] = ()
    differences: tuple[dict[str, Any], ...] = ()
    corrections: tuple[dict[str, str], ...] = ()
    sides: tuple[Explanation, ...] = ()


def explain(
    runner: Runner, indicator_id: str, area: str, period: str, codes: Mapping[str, str] | None = None
) -> Explanation:
    """Explain the value of an indicator for an area (key, REF_AREA or name), a period and codes of dimensions.

    UsageError where there is no such value, naming those that there are.
    """
    indicator = runner.run.catalog.indicator(indicator_id)
    place = inputs.areas(runner.run).find(area)
    wanted = dict.fromkeys(DIMENSIONS, TOTAL) | dict(codes or {})
    path = runner.run.layout.indicator(indicator.id)
    if not path.exists():
        raise UsageError(f"{indicator.id} has not been computed; remedy: `sdg run` (or --indicator {indicator.id})")
    with inputs.connection(runner.run) as con:
        con.execute(f"CREATE VIEW observation AS SELECT * FROM read_parquet({literal(path)})")
        value = _value(con, indicator, place, period, wanted)
        staged, rows, n_rows = _staged_rows(con, runner, indicator, value)
        raw = _raw_of(runner, value)
        differences = _differences(con, runner, value)
    files = tuple(inputs.raw_files(runner.run, indicator))
    return Explanation(
        indicator=indicator,
        area=place,
        value=value,
        sql=_sql(runner, indicator),
        rows=rows,
        n_rows=n_rows,
        staged=staged,
        raw=raw,
        source=runner.run.catalog.sources[raw.source],
        checks=tuple(_checks(runner, indicator)),
        change=_change(runner, value),
        coverage_notes=runner.coverage_notes(),
        files=files,
        differences=differences,
        corrections=tuple(corrections.rows(runner.run.catalog, [(f.source, f.edition) for f in files])),
        sides=_sides(runner, indicator, place, period, wanted),
    )


def _checks(runner: Runner, indicator: Indicator) -> Iterator[CheckResult]:
    """Verdicts on the tables that the values come from, and on the values."""
    for table in inputs.root(runner.run.catalog, indicator).tables:
        yield from results.read(runner.run.layout.contract(table))
    yield from results.read(runner.run.layout.checks(indicator.id))


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = con.execute(query)
    columns = [column[0] for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _value(
    con: duckdb.DuckDBPyConnection, indicator: Indicator, area: Area, period: str, codes: Mapping[str, str]
) -> dict[str, Any]:
    unknown = [d for d in codes if d not in DIMENSIONS]
    if unknown:
        raise UsageError(f"no dimension {unknown[0]!r}; valid: {', '.join(DIMENSIONS)}")
    same = f"ref_area = {literal(area.code)}"
    same_codes = " AND ".join(f"{d} = {literal(c)}" for d, c in codes.items())
    rows = _rows(con, f"SELECT * FROM observation WHERE {same} AND time_period = {literal(period)} AND {same_codes}")
    if rows:
        return rows[0]
    there = _rows(con, f"SELECT DISTINCT time_period, {', '.join(DIMENSIONS)} FROM observation WHERE {same}")
    if not there:
        levels = ", ".join(r["geo_level"] for r in _rows(con, "SELECT DISTINCT geo_level FROM observation ORDER BY 1"))
        raise UsageError(f"{indicator.id} has no value for {area.code} ({area.name}); it has values by {levels}")
    periods = sorted({row["time_period"] for row in there})
    groups = sorted({", ".join(f"{d} {r[d]}" for d in DIMENSIONS if r[d] != TOTAL) or "the total" for r in there})
    raise UsageError(
        f"{indicator.id} has no such value for {area.code}; periods: {', '.join(periods)}; groups: {'; '.join(groups)}"
    )


def _staged_rows(
    con: duckdb.DuckDBPyConnection, runner: Runner, indicator: Indicator, value: Mapping[str, Any]
) -> tuple[Path | None, tuple[dict[str, Any], ...], int]:
    """File, first rows and number of rows of the staged table that were added up; none for comparisons and SQL."""
    from sdg_pipeline.estimate.plan import make_plan
    from sdg_pipeline.estimate.provenance import rows_of_value

    plan = make_plan(indicator, runner.run.catalog, inputs.indicator_inputs(runner.run, indicator).at_hand)
    rows = rows_of_value(plan, value)
    if rows is None:
        return None, (), 0
    staged = runner.run.layout.staged(rows.table)
    chosen = f"FROM read_parquet({literal(staged)}) WHERE {rows.where}"
    n_rows = int(con.execute(f"SELECT count(*) {chosen}").fetchall()[0][0])
    shown = f"SELECT {', '.join(rows.columns)} {chosen} ORDER BY ALL LIMIT {MAX_ROWS_SHOWN}"
    return staged, tuple(_rows(con, shown)), n_rows


def _differences(
    con: duckdb.DuckDBPyConnection, runner: Runner, value: Mapping[str, Any]
) -> tuple[dict[str, Any], ...]:
    """The differences in which the value is the one compared."""
    path = runner.run.layout.differences(value["indicator"])
    if not path.exists():
        return ()
    same = " AND ".join(f"{name} = {literal(value[name])}" for name in ("ref_area", "time_period", *DIMENSIONS))
    shown = "comparison, dimension, reference, reference_value, difference, std_error, p_value"
    return tuple(_rows(con, f"SELECT {shown} FROM read_parquet({literal(path)}) WHERE {same} ORDER BY ALL"))


def _raw_of(runner: Runner, value: Mapping[str, Any]) -> RawFile:
    return inputs.raw_file(runner.run, value["source"], value["source_edition"])


def _sql(runner: Runner, indicator: Indicator) -> str:
    from sdg_pipeline.estimate.engine import query

    return query(indicator, runner.run.catalog, inputs.indicator_inputs(runner.run, indicator).at_hand)


def _sides(
    runner: Runner, indicator: Indicator, area: Area, period: str, codes: Mapping[str, str]
) -> tuple[Explanation, ...]:
    if not isinstance(indicator.method, Comparison):
        return ()
    method = indicator.method
    return tuple(
        explain(runner, method.indicator, area.code, period, {**codes, method.dimension: code})
        for code in (method.compare, method.reference)
    )


def _change(runner: Runner, value: Mapping[str, Any]) -> str:
    """What became of the value between the last two releases, in one line."""
    from sdg_pipeline.release.manifest import previous
    from sdg_pipeline.release.value_change import ValueKey, value_change

    layout = runner.run.layout
    if not layout.latest.exists():
        return "not published yet"
    latest = layout.latest.resolve().name
    before = previous(layout, latest)
    if before is None:
        return f"first published in release {latest}"
    codes = {d: value[d] for d in DIMENSIONS}
    old, new = layout.release(before), layout.release(latest)
    key = ValueKey(value["indicator"], value["ref_area"], value["time_period"], codes)
    change = value_change(old, new, key)
    if change is None:
        return f"in neither release {before} nor {latest}"
    also = "".join(f"; {column} from {was} to {now}" for column, was, now in change.columns)
    figures = f" from {change.old} to {change.new}" if change.kind == "revised" else ""
    return f"{change.kind}{figures} since release {before}{also}"
