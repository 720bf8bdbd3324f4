"""Runs the compiled query of an indicator on DuckDB and writes its table.

What belongs here: the views that queries read, and the Parquet file that they make. What does not: query text.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, singledispatch
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline.duck import arrow, write_parquet
from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import confined, universe
from sdg_pipeline.estimate.compile import compiled, direct, laid_out
from sdg_pipeline.estimate.intervals import with_interval
from sdg_pipeline.estimate.nodes import Extent, Plan, RatePlan, SmallAreaPlan, SqlPlan, SurveyPlan
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.estimate.small_area import estimates as small_area
from sdg_pipeline.estimate.survey import differences, finish, protection
from sdg_pipeline.estimate.survey.kept import Estimated, Kept
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.ingest.mirror import STATE_KEYS
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.specs import shared_sums
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.fields import KEY
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.table import Table

if TYPE_CHECKING:
    import duckdb
    import pyarrow


@dataclass(frozen=True)
class StagedTable:
    """A staged table on disk: its files by level of their rows, in the order of the spec; the last is the newest."""

    table: Table
    path: Path
    parts: tuple[tuple[Level, RawFile], ...]

    @property
    def at_hand(self) -> Extent:
        """By level of the rows, the states that they cover (empty: the nation, or files of all its states)."""
        covered: dict[Level, set[str] | None] = {}
        for level, raw in self.parts:
            before = covered.get(level, set())
            covered[level] = None if not raw.states or before is None else before | set(raw.states)
        whole = frozenset(STATE_KEYS)
        return {level: tuple(sorted(states)) if states and states < whole else () for level, states in covered.items()}


@dataclass(frozen=True)
class Inputs:
    """What an indicator is computed from: the areas, and its staged tables or its base.

    Of a rate the population is the second table. ``linked`` are other tables of the same records of a survey, whose
    values could give away what its own withhold. ``auxiliary`` are the indicator tables that a model
    reads, by indicator: its auxiliaries and the population. ``sql_seconds`` is how long SQL that a
    person wrote may run.
    """

    register: Register
    tables: tuple[StagedTable, ...] = ()
    linked: tuple[StagedTable, ...] = ()
    base: Path | None = None
    auxiliary: Mapping[str, Path] = field(default_factory=dict)
    sql_seconds: float = confined.SECONDS

    @property
    def at_hand(self) -> Extent | None:
        """What the first table covers; None where the indicator reads none."""
        return self.tables[0].at_hand if self.tables else None


def query(indicator: Indicator, catalog: Catalog, at_hand: Extent | None = None) -> str:
    """The SQL of an indicator for the rows at hand (all by default), laid out for reading."""
    return laid_out(universe.own_codes(compiled(make_plan(indicator, catalog, at_hand)), indicator))


def estimate(
    con: duckdb.DuckDBPyConnection, indicator: Indicator, catalog: Catalog, inputs: Inputs, target: Path
) -> int:
    """Compute the indicator table into ``target`` (Parquet, ordered by key) and return the number of its rows.

    Raises SpecErrors for an indicator that cannot be planned. Raises StagingError for records that a survey's design
    forbids or whose sums overflow, and ModelError for a model that cannot be fitted.
    """
    offer(con, inputs)
    query = _offer_values(make_plan(indicator, catalog, inputs.at_hand), _Work(con, catalog, inputs))
    return write_parquet(con, universe.own_codes(query, indicator), ", ".join(KEY), target)


@dataclass(frozen=True)
class _Work:
    """What a plan is computed with."""

    con: duckdb.DuckDBPyConnection
    catalog: Catalog
    inputs: Inputs

    def text(self, plan: Plan) -> str:
        """The query that is run, once a survey has its scores."""
        return compiled(plan, scored=True).replace("$spec_hash", literal(self.catalog.spec_hash(plan.indicator)))

    def plans(self, indicators: Iterable[Indicator]) -> tuple[SurveyPlan, ...]:
        """The plans of the indicators that are estimates of a survey."""
        plans = (make_plan(indicator, self.catalog, self.inputs.at_hand) for indicator in indicators)
        return tuple(plan for plan in plans if isinstance(plan, SurveyPlan))

    def identity(self, plan: SurveyPlan) -> Hashable:
        """All that decides the estimates of a plan: its query, what is not in it, and the files as they are."""
        stats = [(table.path, table.path.stat()) for table in (*self.inputs.tables, *self.inputs.linked)]
        files = tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in stats)
        parts = tuple(table.parts for table in self.inputs.tables)
        query = compiled(plan).replace("$spec_hash", self.catalog.spec_hash(plan.indicator))
        apart = repr((plan.policy, plan.design, plan.sample.design, plan.multiplier))
        return self.inputs.register, files, parts, query, apart


@singledispatch
def _offer_values(plan: Plan, work: _Work) -> str:
    """Compute what SQL cannot, and return the query of the values; plans that SQL alone computes need no more."""
    return work.text(plan)


@_offer_values.register
def _offer_rate(plan: RatePlan, work: _Work) -> str:
    """With exact limits of counts; a stock has none."""
    if plan.method.quantity == "stock":
        return work.text(plan)
    rates = arrow(work.con, work.text(plan))
    work.con.register("finished", with_interval(rates, plan.multiplier))
    return "SELECT * FROM finished"


_ESTIMATES = Kept()


@_offer_values.register
def _offer_survey(plan: SurveyPlan, work: _Work) -> str:
    """Protected together with the values of the same sums.

    The indicators of a sum ask for each other's values, so these are kept. Their scores are kept until the plan itself
    is computed, whose differences read them.
    """

    def values_of(other: SurveyPlan) -> pyarrow.Table:
        key, own = work.identity(other), other is plan
        kept = _ESTIMATES.get(key)
        if kept is None or (own and kept.scores is None):
            values = finish.estimates(work.con, other, work.text(other))
            scores = None if own else {name: arrow(work.con, f"FROM {name}") for name in differences.READ}
            _ESTIMATES.keep(key, Estimated(values, scores))
            return values
        if own:
            finish.offer_scores(work.con, plan, kept.scores or {})
            _ESTIMATES.keep(key, Estimated(kept.values))
        return kept.values

    others = [staged.table.id for staged in work.inputs.linked]
    sums = shared_sums.linked_tables(plan.indicator, work.catalog, others)
    linked = protection.LinkedPlans(work.plans(sums.numerator), work.plans(sums.denominator))
    work.con.register("finished", protection.protected(plan, linked, values_of))
    return "SELECT * FROM finished"


@_offer_values.register
def _offer_written(plan: SqlPlan, work: _Work) -> str:
    """From a database that reads the staged table alone."""
    reads = tuple(table.path for table in work.inputs.tables)
    written = confined.WrittenQuery(work.text(plan), plan.file, reads, work.inputs.sql_seconds)
    work.con.register("finished", confined.result(written, lambda con: offer(con, work.inputs)))
    return "SELECT * FROM finished"


@_offer_values.register
def _offer_model(plan: SmallAreaPlan, work: _Work) -> str:
    """From the estimates of the model and the figures of its fit."""
    finish.offer_design(work.con, plan.direct)
    auxiliary = {
        name: universe.common_codes(f"SELECT * FROM read_parquet({literal(path)})", work.catalog.indicators[name])
        for name, path in work.inputs.auxiliary.items()
    }
    work.con.register("fit", small_area.model(work.con, plan, direct(plan), auxiliary))
    return work.text(plan)


def offer(con: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    """All that the queries of an indicator read, its values and its checks."""
    offer_areas(con, inputs.register)
    con.execute("CREATE SCHEMA IF NOT EXISTS staged")
    for staged in (*inputs.tables, *inputs.linked):
        view(con, f"staged.{quoted(staged.table.id)}", staged.path)
    if inputs.tables:  # events may be of the table of their population
        _offer_parts(con, "part", inputs.tables[0])
        _offer_parts(con, "population_part", inputs.tables[-1])
    if inputs.base is not None:
        view(con, "base", inputs.base)


def view(con: duckdb.DuckDBPyConnection, name: str, parquet: Path) -> None:
    """A view of a Parquet file."""
    con.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet({literal(parquet)})")


def offer_observations(con: duckdb.DuckDBPyConnection, parquet: Path) -> None:
    """Table ``observation``, the values as they stand on disk: ten small queries would open the file each time."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE observation AS SELECT * FROM read_parquet({literal(parquet)})")


def offer_areas(con: duckdb.DuckDBPyConnection, register: Register) -> None:
    """Tables ``area`` (names by REF_AREA), ``unit_of`` (harmonised units) and ``broken`` (where borders changed)."""
    for name, table in _tables_of(register).items():
        con.register(name, table)


@lru_cache(maxsize=4)
def _tables_of(register: Register) -> dict[str, pyarrow.Table]:
    areas = ((a.code, a.name, a.key, a.level.value) for a in register.areas.values())
    units = ((key, unit.key) for key, unit in register.units().items())
    broken = ((a.code, str(vintage)) for a, vintage in register.breaks())
    return {
        "area": _texts(("ref_area", "area_name", "key", "level"), areas),
        "unit_of": _texts(("municipality", "unit"), units),
        "broken": _texts(("ref_area", "vintage"), broken),
    }


def offer_expected_areas(
    con: duckdb.DuckDBPyConnection, register: Register, vintage: int, covered: Mapping[Level, tuple[str, ...]]
) -> None:
    """Table ``expected_area``: the areas of each level that a run with this coverage must give."""
    rows = (
        (area.code, level.value)
        for level, states in covered.items()
        for area in register.existing(vintage, level, states)
    )
    con.register("expected_area", _texts(("ref_area", "geo_level"), rows))


def _offer_parts(con: duckdb.DuckDBPyConnection, name: str, staged: StagedTable) -> None:
    """The files behind a table; where parts are vintages, the last of each level at hand is the one in use."""
    newest = dict(staged.parts)
    rows = (
        (
            level.value,
            raw.source,
            raw.edition,
            raw.sha256,
            "partial" if raw.partial else "full",
            ",".join(raw.states),
            "yes" if not staged.table.vintages or raw == newest[level] else "",
        )
        for level, raw in staged.parts
    )
    columns = ("rows_of", "source", "edition", "sha256", "coverage", "states", "in_use")
    con.register(name, _texts(columns, dict.fromkeys(rows)))  # several sheets of one file are one source


def _texts(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> pyarrow.Table:
    """A small table of texts; Arrow is 50 times faster here than a VALUES list, which DuckDB has to parse."""
    import pyarrow

    by_column = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = [pyarrow.array(values, pyarrow.string()) for values in by_column]
    return pyarrow.table(arrays, names=list(columns))
