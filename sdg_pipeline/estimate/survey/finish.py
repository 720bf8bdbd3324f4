"""The last steps of survey estimates: the tables that queries read, and the limits of rare shares, which SQL cannot
compute.

What does not belong here: which values the sample allows (values), and withholding (protection).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sdg_pipeline.duck import arrow
from sdg_pipeline.errors import StagingError
from sdg_pipeline.estimate.intervals import korn_graubard, student
from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.survey import domains, replicates
from sdg_pipeline.estimate.survey.values import scores

if TYPE_CHECKING:
    import duckdb
    import pyarrow


def estimates(con: duckdb.DuckDBPyConnection, plan: SurveyPlan, query: str) -> pyarrow.Table:
    """The indicator table of a survey: ``query`` run over the staged records and finished.

    Rows that the policy withholds are marked and still have their figures (see protection).
    """
    offer_design(con, plan)
    _refuse_single_psus(con, plan)
    make_scores(con, plan)
    if plan.design.replication is not None:
        replicates.offer(con, plan)
    values = arrow(con, query)
    if not plan.is_total and plan.is_linear:
        values = _with_rare_limits(values, plan)
    return values


def make_scores(con: duckdb.DuckDBPyConnection, plan: SurveyPlan) -> None:
    """Make the other tables that values, differences and replicates are computed from, once for all of them."""
    from duckdb import ConversionException, OutOfRangeException

    try:
        for name, query in scores(plan).items():
            if name != "design":
                con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
    except (ConversionException, OutOfRangeException) as error:  # see sums
        raise StagingError(
            f"tables/{plan.rows.table.id}.yaml",
            "a measure of a record is too large to be added up exactly, or infinite",
            place=f"indicator {plan.indicator.id}",
            value=str(error).splitlines()[0],
            remedy="scale the measure to larger units, and divide by nothing that can be 0",
        ) from error


def offer_scores(con: duckdb.DuckDBPyConnection, plan: SurveyPlan, tables: Mapping[str, pyarrow.Table]) -> None:
    """Make tables of ``make_scores`` again from what was kept of them, with the design."""
    offer_design(con, plan)
    for name, table in tables.items():
        con.register("kept", table)
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM kept")
        con.unregister("kept")


def offer_design(con: duckdb.DuckDBPyConnection, plan: SurveyPlan) -> None:
    """Tables ``design`` (strata of the full sample) and ``student`` (quantiles of Student's t). The latter has all
    degrees of freedom that a domain of the sample can have.
    """
    import pyarrow

    con.execute(f"CREATE OR REPLACE TEMP TABLE design AS {domains.design(plan)}")
    if plan.is_part:
        _refuse_strangers(con, plan)
    most = max(1, int(con.execute("SELECT COALESCE(SUM(n_psu), 0) FROM design").fetchall()[0][0]))
    quantiles = student(most, plan.policy.confidence)
    con.register("student", pyarrow.table({"df": range(1, most + 1), "t": quantiles}))


def _refuse_strangers(con: duckdb.DuckDBPyConnection, plan: SurveyPlan) -> None:
    """StagingError where a record is of a PSU that the whole sample does not have."""
    strangers = con.execute(
        f"SELECT time_period, stratum, psu FROM {domains.rows(plan)} ANTI JOIN {domains.sample(plan)} "
        "USING (time_period, stratum, psu) ORDER BY ALL LIMIT 1"
    ).fetchall()
    if strangers:
        year, stratum, psu = strangers[0]
        raise StagingError(
            f"tables/{plan.rows.table.id}.yaml",
            f"has a primary sampling unit that the whole sample, table {plan.sample.id}, has not",
            place="design.sample",
            value=f"{year}, stratum {stratum}, PSU {psu}",
            remedy="name the table of the same survey, with the same codes of strata and units",
        )


def _refuse_single_psus(con: duckdb.DuckDBPyConnection, plan: SurveyPlan) -> None:
    """StagingError where a stratum has one PSU and the design says that this must not be."""
    if plan.design.single_psu != "fail":
        return
    lonely = con.execute(
        f"SELECT stratum, psu FROM design JOIN {domains.sample(plan)} USING (time_period, stratum) "
        "WHERE n_psu = 1 AND unsampled > 0 ORDER BY ALL LIMIT 1"
    ).fetchall()
    of_sample = "" if plan.is_part else "name the table of the whole sample in design.sample, or "
    if lonely:
        raise StagingError(
            f"tables/{plan.rows.table.id}.yaml",
            "has a stratum with one primary sampling unit",
            place="design.single_psu: fail",
            value=f"stratum {lonely[0][0]}, PSU {lonely[0][1]}",
            remedy=f"{of_sample}choose adjust, average or certainty",
        )


def _with_rare_limits(values: pyarrow.Table, plan: SurveyPlan) -> pyarrow.Table:
    """The values with the limits that SQL left empty: those of rare shares, in the unit of the value."""
    import numpy
    import pyarrow

    columns = {name: values[name].to_numpy(zero_copy_only=False).astype(float) for name in _OF_A_SHARE}
    wanted = ~numpy.isnan(columns["obs_value"]) & ~numpy.isnan(columns["std_error"]) & numpy.isnan(columns["ci_lower"])
    wanted &= (columns["df"] >= 1) & (columns["n_obs"] >= 2)
    share, error, records, df = (
        columns[name][wanted] / (plan.multiplier if name in _OF_A_SHARE[:2] else 1) for name in _OF_A_SHARE[:4]
    )
    limits = korn_graubard(share, error, records, df, plan.policy.confidence)
    for name, limit in zip(("ci_lower", "ci_upper"), limits, strict=True):
        filled = values[name].to_numpy(zero_copy_only=False).astype(float)
        filled[wanted] = plan.multiplier * limit
        array = pyarrow.array(filled, pyarrow.float64(), mask=numpy.isnan(filled))
        values = values.set_column(values.schema.get_field_index(name), name, array)
    return values


_OF_A_SHARE = ("obs_value", "std_error", "n_obs", "df", "ci_lower")
