"""From the records of a survey and auxiliary figures of all municipalities to model-based values.

What belongs here: which numbers go into the model, and rows of the indicator table from what comes out. What does not:
the model itself (fay_herriot), direct estimates (estimate.survey).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline.duck import text as literal
from sdg_pipeline.duck import write_parquet
from sdg_pipeline.errors import ModelError
from sdg_pipeline.estimate.nodes import SmallAreaPlan
from sdg_pipeline.estimate.small_area import benchmarking, fay_herriot, model_checks, proportions, variance_function
from sdg_pipeline.estimate.small_area.model_checks import rank_correlation
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.fields import DIMENSIONS, MODEL, MODEL_KEY
from sdg_pipeline.specs.methods import Auxiliary

if TYPE_CHECKING:
    import duckdb
    import pyarrow

    from sdg_pipeline.estimate.small_area.areas import Floats

OF_AREAS = ("gamma", "residual", "leverage", "influence", "benchmark_factor")
"""What the model says of each municipality besides its value, columns of the table ``modelled``.

They are the weight of its direct estimate, its standardised residual, and how it pulls at the fit, on the arcsine
scale. The last one says what of the value is the model's own, since states add up.
"""
NORMAL = 1.959963984540054
"""Quantile of the normal distribution for an interval of 95 per cent."""


def model(
    con: duckdb.DuckDBPyConnection, plan: SmallAreaPlan, direct: str, auxiliary: Mapping[str, str]
) -> pyarrow.Table:
    """Fit the model: table ``modelled`` has a row per municipality; returned is a row per figure of the fit.

    ``direct`` is the query of the direct estimates by municipality and state, ``auxiliary`` the queries of the
    values of auxiliaries and population. Sampling variances are smoothed (variance_function) with the state's share:
    one or two PSUs give none. The model is fitted on the arcsine scale (proportions). Every municipality with all
    auxiliary figures has a value; without a sample it is synthetic. Table ``unmodelled`` has the others of these
    states, each with the reason why an auxiliary figure is missing.
    """
    import numpy
    import pyarrow

    con.execute(f"CREATE OR REPLACE TEMP TABLE direct AS {direct}")
    areas = con.sql(_areas(plan, auxiliary)).to_arrow_table()
    column = {name: areas[name].to_numpy(zero_copy_only=False) for name in areas.column_names}
    if not len(areas):
        raise ModelError(plan.indicator.id, "has no municipality with all auxiliary figures", remedy="run all of them")
    share, error, size, df, of_state = (
        column[name].astype(float) for name in ("estimate", "error", "n", "df", "state_estimate")
    )
    sampled = ~numpy.isnan(share) & (size > 0)
    variance = numpy.full(len(share), numpy.nan)
    smoothed = variance_function.smooth(
        numpy.where(df > 0, error, numpy.nan)[sampled] ** 2,
        numpy.where(numpy.isnan(error) | (df < 1), 0, df)[sampled],
        size[sampled],
        of_state[sampled],
    )
    variance[sampled] = proportions.sampling_variance(smoothed.variance, of_state[sampled])
    covariates = _covariates(plan, column)
    direct_share = proportions.transformed(numpy.where(sampled, share, numpy.nan))
    fitted = fay_herriot.fit(direct_share, variance, covariates)
    checks = model_checks.check(fitted)
    predicted, predicted_mse = proportions.taken_back(fitted.eblup, fitted.mse)
    benchmarked = _benchmarked(predicted, predicted_mse, column)
    moved = proportions.transformed(benchmarked.estimate) - proportions.transformed(predicted)
    lower, upper = proportions.limits(benchmarked.estimate, fitted.mse + moved**2, NORMAL)
    figures = {
        "ref_area": column["ref_area"],
        "eblup": benchmarked.estimate,
        "mse": benchmarked.mse,
        "lower": lower,
        "upper": upper,
        "gamma": fitted.gamma,
        "residual": checks.residual,
        "leverage": checks.leverage,
        "influence": checks.influence,
        "benchmark_factor": benchmarked.estimate / predicted,
    }
    con.register("modelled", pyarrow.table({name: _nulled(values) for name, values in figures.items()}))
    con.execute(f"CREATE OR REPLACE TEMP TABLE unmodelled AS {without_value(plan, auxiliary)}")
    return pyarrow.concat_tables([_terms(plan, fitted, checks, smoothed), _compared(con, plan, auxiliary)])


def _compared(con: duckdb.DuckDBPyConnection, plan: SmallAreaPlan, auxiliary: Mapping[str, str]) -> pyarrow.Table:
    """How the values agree with published ones of the same areas, in the unit of the values: the rows of ``_terms``.

    The rank correlation is Spearman's; the bias is the mean of model less published, and each area counts alike.
    """
    terms: dict[str, float] = {}
    for other in plan.method.compared_with:
        both = con.sql(
            f"SELECT {plan.multiplier} * m.eblup AS model, p.obs_value AS published, p.time_period FROM modelled AS m "
            f"JOIN ({_totals(auxiliary[other])}) AS p USING (ref_area) ORDER BY ref_area"
        ).to_arrow_table()
        ours, theirs = (both[name].to_numpy(zero_copy_only=False) for name in ("model", "published"))
        named = f"{other} of {' and '.join(sorted(set(both['time_period'].to_pylist())))}"
        terms[f"areas compared with {named}"] = len(both)
        if len(both) > 1:
            terms[f"rank correlation with {named}"] = rank_correlation(ours, theirs)
            terms[f"bias against {named}"] = float((ours - theirs).mean())
            terms[f"mean absolute difference from {named}"] = float(abs(ours - theirs).mean())
    return _of_fit(plan, [(term, value, math.nan) for term, value in terms.items()])


def write_model(con: duckdb.DuckDBPyConnection, plan: SmallAreaPlan, target: Path) -> None:
    """Write the description of the model that ``model`` offered: figures of the fit (area MX) and of its areas.

    No direct estimate of a municipality is among them: the survey was not designed to give any.
    """
    terms = ", ".join(OF_AREAS)
    of_areas = (
        f"SELECT {literal(plan.indicator.id)} AS indicator, ref_area, term, value, CAST(NULL AS DOUBLE) AS std_error "
        f"FROM (SELECT ref_area, {terms} FROM modelled) UNPIVOT (value FOR term IN ({terms}))"
    )
    of_fit = "SELECT indicator, 'MX' AS ref_area, term, value, std_error FROM fit"
    columns = ", ".join(field.name for field in MODEL)
    write_parquet(con, f"SELECT {columns} FROM ({of_fit} UNION ALL {of_areas})", ", ".join(MODEL_KEY), target)


def _nulled(values: Floats) -> pyarrow.Array:
    import pyarrow

    return pyarrow.array(values, from_pandas=True)


def _areas(plan: SmallAreaPlan, auxiliary: Mapping[str, str]) -> str:
    """A row for each municipality with all auxiliary figures: these, its direct estimate if any, and its state's."""
    joins = "".join(
        f" JOIN ({_totals(auxiliary[a.indicator])}) AS x{i} USING (ref_area)"
        for i, a in enumerate(plan.method.auxiliaries)
    )
    figures = "".join(f", x{i}.obs_value AS x{i}" for i in range(len(plan.method.auxiliaries)))
    return (
        f"SELECT ref_area, p.obs_value AS population, SUBSTRING(ref_area, 1, 4) AS state, d.estimate, d.error, "
        "COALESCE(d.n, 0) AS n, COALESCE(d.df, 0) AS df, s.estimate AS state_estimate, "
        f"s.error AS state_error{figures} FROM ({_totals(auxiliary[plan.method.population])}) AS p{joins} "
        "JOIN (SELECT * FROM direct WHERE geo_level = 'state') AS s ON s.ref_area = SUBSTRING(p.ref_area, 1, 4) "
        "LEFT JOIN (SELECT ref_area, estimate, error, n, df FROM direct WHERE geo_level = 'municipality') AS d "
        "USING (ref_area) ORDER BY ref_area"
    )


def without_value(plan: SmallAreaPlan, auxiliary: Mapping[str, str]) -> str:
    """Municipalities of the states of the survey that an auxiliary has a row of, and no figure, with its reason."""
    reasons = " UNION ALL ".join(
        f"SELECT ref_area, obs_reason FROM ({auxiliary[a.indicator]}) WHERE obs_value IS NULL"
        for a in plan.method.auxiliaries
    )
    return (
        f"SELECT p.ref_area, MIN(a.obs_reason) AS absent FROM ({_totals(auxiliary[plan.method.population])}) AS p "
        "JOIN (SELECT * FROM direct WHERE geo_level = 'state') AS s ON s.ref_area = SUBSTRING(p.ref_area, 1, 4) "
        f"JOIN ({reasons}) AS a ON a.ref_area = p.ref_area "
        "WHERE p.ref_area NOT IN (SELECT ref_area FROM modelled) GROUP BY p.ref_area"
    )


def _totals(values: str) -> str:
    """The totals of municipalities in the year nearest to the survey's; of two as near, the earlier."""
    of_all = " AND ".join(f"{name} = '{TOTAL}'" for name in DIMENSIONS)
    year = "(SELECT MAX(CAST(time_period AS INT)) FROM direct)"
    return (
        f"SELECT ref_area, obs_value, time_period FROM ({values}) "
        f"WHERE geo_level = 'municipality' AND {of_all} AND NOT obs_value IS NULL "
        "QUALIFY ROW_NUMBER() OVER (PARTITION BY ref_area "
        f"ORDER BY ABS(CAST(time_period AS INT) - {year}), time_period) = 1"
    )


def _covariates(plan: SmallAreaPlan, column: Mapping[str, Floats]) -> Floats:
    """Shape (D, p): a column of ones, and the auxiliaries."""
    import numpy

    columns = [numpy.ones(len(column["ref_area"]))]
    columns += [_transformed(a, column[f"x{i}"].astype(float)) for i, a in enumerate(plan.method.auxiliaries)]
    return numpy.column_stack(columns)


def _transformed(auxiliary: Auxiliary, values: Floats) -> Floats:
    import numpy

    if auxiliary.transform == "log":
        return numpy.asarray(numpy.log(values))
    if auxiliary.transform == "logit":  # half a per mille from 0 and 100: a share of 0 has no logit
        share = numpy.clip(values / 100, 0.0005, 0.9995)
        return numpy.asarray(numpy.log(share / (1 - share)))
    return values


def _benchmarked(predicted: Floats, predicted_mse: Floats, column: Mapping[str, Floats]) -> benchmarking.Benchmarked:
    """The model's shares, made to add up to the direct share of each state over its municipalities' population."""
    import numpy

    people, state = column["population"].astype(float), column["state"]
    totals, variances = {}, {}
    for name in numpy.unique(state):
        of_state = state == name
        whole = people[of_state].sum()
        totals[str(name)] = float(whole * column["state_estimate"][of_state][0])
        variances[str(name)] = float((whole * column["state_error"][of_state][0]) ** 2)
    groups = [str(name) for name in state]
    return benchmarking.benchmark(benchmarking.Areas(predicted, predicted_mse, people, groups), totals, variances)


def _terms(
    plan: SmallAreaPlan,
    fitted: fay_herriot.FayHerriot,
    checks: model_checks.ModelChecks,
    smoothed: variance_function.VarianceFunction,
) -> pyarrow.Table:
    """A row a figure of the fit: indicator, term, value, std_error."""
    import numpy

    names = ["intercept", *(a.indicator for a in plan.method.auxiliaries)]
    errors = numpy.sqrt(numpy.diag(fitted.beta_covariance))
    rows = [(f"beta {name}", float(b), float(e)) for name, b, e in zip(names, fitted.beta, errors, strict=True)]
    rows.append(("sigma2_v", fitted.sigma2_v, fitted.sigma2_v_error))
    of_variances = ("intercept", "log n", "log p (1 - p)")
    rows += [
        (f"variance function {name}", float(c), numpy.nan)
        for name, c in zip(of_variances, smoothed.coefficients, strict=True)
    ]
    alone = {
        "variance function dispersion": smoothed.dispersion,
        "areas": len(fitted.gamma),
        "areas with a sample": int(fitted.sampled.sum()),
        "log-likelihood": fitted.log_likelihood,
        "aic": fitted.aic,
        "adjusted R2": checks.adjusted_r2,
        "normality W": checks.normality,
        "normality p": checks.normality_p,
        "Wald": checks.wald,
        "Wald p": checks.wald_p,
        "overlap": checks.overlap,
        "mean shrinkage": checks.shrinkage,
    }
    rows += [(name, float(value), numpy.nan) for name, value in alone.items()]
    return _of_fit(plan, rows)


def _of_fit(plan: SmallAreaPlan, rows: Sequence[tuple[str, float, float]]) -> pyarrow.Table:
    """Terms, values and standard errors as a table."""
    import numpy
    import pyarrow

    terms, values, of_values = zip(*rows, strict=True) if rows else ((), (), ())
    indicator = [plan.indicator.id] * len(rows)
    columns = {"indicator": pyarrow.array(indicator, pyarrow.string()), "term": pyarrow.array(terms, pyarrow.string())}
    columns |= {"value": _nulled(numpy.array(values, dtype=float))}
    return pyarrow.table(columns | {"std_error": _nulled(numpy.array(of_values, dtype=float))})
