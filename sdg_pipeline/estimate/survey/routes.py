"""Both routes to the standard errors of a survey side by side, as a check of either.

What belongs here: the comparison. What does not: the routes (values and variance, replicates).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.survey import domains, finish, replicates, values
from sdg_pipeline.specs.design import Replication

if TYPE_CHECKING:
    import duckdb
    import pyarrow


def side_by_side(con: duckdb.DuckDBPyConnection, plan: SurveyPlan, replication: Replication) -> pyarrow.Table:
    """By domain with an estimate its keys, n_psu, df and both standard errors, in the unit of the indicator. The last
    column is the ratio of that of replicates to that of linearisation, empty where the latter is 0.

    Whatever the design says of its replication. Needs the staged table as ``engine.estimate`` leaves it.
    """
    linear, replicated = _replicated(plan, None), _replicated(plan, replication)
    finish.offer_design(con, linear)
    finish.make_scores(con, linear)
    replicates.offer(con, replicated)
    keys = domains.listed(domains.keys(plan))
    return con.sql(
        f"WITH {domains.chained(values.cube(linear))}, replicate AS (SELECT {domains.listed(domains.keys(plan), 'd')}, "
        f"r.variance FROM domain AS d JOIN replicate_variance AS r USING (domain_no)) SELECT {keys}, c.n_psu, c.df, "
        f"{plan.multiplier} * c.error AS linearised, {plan.multiplier} * SQRT(r.variance) AS replicated, "
        f"SQRT(r.variance) / NULLIF(c.error, 0) AS ratio FROM cube AS c LEFT JOIN replicate AS r "
        f"USING ({keys}) WHERE NOT c.estimate IS NULL ORDER BY {keys}"
    ).to_arrow_table()


def _replicated(plan: SurveyPlan, replication: Replication | None) -> SurveyPlan:
    """The plan as if its design were replicated so."""
    design = plan.design.model_copy(update={"replication": replication})
    return replace(plan, rows=replace(plan.rows, table=plan.rows.table.model_copy(update={"design": design})))
