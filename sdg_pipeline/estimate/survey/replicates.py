"""Variances from replicates: the second route, for statistics that have no scores or whose scores are in doubt.

What belongs here: which estimates of a domain are computed from which replicates, and their spread. What does not: how
the sample is replicated (resampling), point estimates and columns (linear, curve, values), the formula for scores
(variance).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import singledispatch
from itertools import pairwise
from typing import TYPE_CHECKING

from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.survey import domains, resampling
from sdg_pipeline.specs.methods import Gini, Quantile, Share

if TYPE_CHECKING:
    import duckdb
    import numpy
    from numpy.typing import NDArray

    Floats = NDArray[numpy.float64]
    Places = NDArray[numpy.int64]
    Statistic = Callable[[Floats], Floats]


def offer(con: duckdb.DuckDBPyConnection, plan: SurveyPlan) -> None:
    """Table ``replicate_variance``: the variance of each domain's estimate (before the multiplier), by ``domain_no``.

    The mean square distance of the estimates of replicates from that of the whole sample; empty where there is none.
    Needs the tables of ``finish.make_scores``.
    """
    import numpy
    import pyarrow

    replication = plan.design.replication
    assert replication is not None, "called for designs with replication"
    sample = f"SELECT DISTINCT time_period, stratum, psu FROM {domains.sample(plan)}"
    units = con.sql(
        f"SELECT d.time_period, d.stratum, r.psu, d.n_psu, d.unsampled, DENSE_RANK() OVER (ORDER BY d.time_period, "
        f"d.stratum) AS h FROM design AS d JOIN ({sample}) AS r USING (time_period, stratum) "
        "ORDER BY d.time_period, d.stratum, r.psu"
    ).to_arrow_table()
    con.register("unit_number", units.append_column("unit_place", pyarrow.array(numpy.arange(len(units)))))
    replicates = resampling.replicates(units, plan.design.single_psu, replication)
    variance: dict[int, float] = {}
    with numpy.errstate(divide="ignore", invalid="ignore"):
        for domain, unit, first, second in _domains(con, plan):
            variance[domain] = _variance(_statistic(plan, first, second), replicates, unit)
    numbers = pyarrow.array(variance, pyarrow.int32())
    variances = pyarrow.array(variance.values(), pyarrow.float64(), from_pandas=True)
    con.register("replicate_variance", pyarrow.table({"domain_no": numbers, "variance": variances}))


def _domains(con: duckdb.DuckDBPyConnection, plan: SurveyPlan) -> Iterator[tuple[int, Places, Floats, Floats]]:
    """By domain its number, and by record or PSU of it the place of the PSU and two columns.

    Of sums these are numerator and denominator of a PSU, of a distribution values in ascending order and weights.
    """
    import numpy

    first, second, relation = ("y", "x", "score") if plan.is_linear else ("v", "w", "valued")
    table = con.sql(
        f"SELECT u.domain_no, n.unit_place, u.{first} AS one, CAST(u.{second} AS DOUBLE) AS two FROM {relation} AS u "
        "JOIN unit_number AS n USING (time_period, stratum, psu) ORDER BY u.domain_no, one, n.unit_place"
    ).to_arrow_table()
    domain, unit, one, two = (table[name].to_numpy() for name in table.column_names)
    edges = numpy.flatnonzero(numpy.diff(domain, prepend=-1, append=-1))
    for start, end in pairwise(edges):
        yield int(domain[start]), unit[start:end], one[start:end], two[start:end]


def _variance(statistic: Statistic, replicates: resampling.Replicates, unit: Places) -> float:
    """Variance of a statistic of factors by record; not a number where replicates cannot tell it.

    A replicate may have no value, as when no PSU of the domain was drawn. Those of the bootstrap are left out, as long
    as more than half are left; the jackknife needs every one of its terms.
    """
    import numpy

    whole = statistic(numpy.ones((1, len(unit))))[0]
    total, n_valid, n_all = 0.0, 0, 0
    for scale, factors in replicates.factors(unit):
        apart = statistic(factors) - whole
        valid = numpy.isfinite(apart)
        total += float((scale[valid] * apart[valid] ** 2).sum())
        n_valid, n_all = n_valid + int(valid.sum()), n_all + len(apart)
    if n_valid < n_all:
        if not replicates.random or 2 * n_valid <= n_all:
            return numpy.nan
        total *= (n_all - 1) / (n_valid - 1)
    return total * replicates.for_single(unit)


def _statistic(plan: SurveyPlan, first: Floats, second: Floats) -> Statistic:
    """The estimate of a domain as a function of factors, shape (replicates, records) to (replicates)."""
    import numpy

    if plan.is_linear:
        return (lambda f: _dot(f, first)) if plan.is_total else (lambda f: _dot(f, first) / _dot(f, second))
    starts = numpy.flatnonzero(numpy.r_[True, first[1:] != first[:-1]])
    value = first[starts]

    def weights(factors: Floats) -> Floats:
        """By distinct value, in ascending order."""
        weighted = factors * second
        return weighted if len(starts) == len(first) else numpy.add.reduceat(weighted, starts, axis=1)

    return lambda f: _of_distribution(plan.method, value, weights(f))


@singledispatch
def _of_distribution(method: object, value: Floats, weight: Floats) -> Floats:
    """The statistic of ascending values (values) and the weights of replicates (replicates, values), by replicate."""
    raise NotImplementedError(f"estimate.survey.replicates has no statistic {type(method).__name__}")


@_of_distribution.register(Quantile)
def _quantile_of(method: Quantile, value: Floats, weight: Floats) -> Floats:
    return _quantile(value, weight, method.p)


@_of_distribution.register(Share)
def _share(method: Share, value: Floats, weight: Floats) -> Floats:
    return _part(value, weight, *method.part) / _part(value, weight, *method.over)


def _dot(matrix: Floats, vector: Floats) -> Floats:
    """Product by row. Unlike that of BLAS, the same to the last digit for any number of rows and threads."""
    product: Floats = (matrix * vector).sum(axis=1)
    return product


def _quantile(value: Floats, weight: Floats, p: float) -> Floats:
    """The lowest value with at least p of the weight at or below it; there is none of no weight."""
    import numpy

    up_to = weight.cumsum(axis=1)
    lowest = value[(up_to >= p * up_to[:, -1:]).argmax(axis=1)]
    return numpy.where(up_to[:, -1] > 0, lowest, numpy.nan)


@_of_distribution.register(Gini)
def _gini(method: Gini, value: Floats, weight: Floats) -> Floats:
    """Sum of v w (2 c - w - N) over N Y, where c is the weight up to and with a value."""
    centred = weight.cumsum(axis=1)
    population = centred[:, -1].copy()
    centred *= 2
    centred -= weight
    centred -= population[:, None]
    centred *= weight
    return _dot(centred, value) / (population * _dot(weight, value))


def _part(value: Floats, weight: Floats, low: float, high: float) -> Floats:
    """What the population from one share to another has, see curve."""
    return _poorest(value, weight, high) - _poorest(value, weight, low)


def _poorest(value: Floats, weight: Floats, p: float) -> Floats:
    import numpy

    if p in (0.0, 1.0):
        return p * _dot(weight, value)
    q = _quantile(value, weight, p)
    short = numpy.maximum(q[:, None] - value, 0.0)
    short *= weight
    poorest: Floats = p * weight.sum(axis=1) * q - short.sum(axis=1)
    return poorest
