"""Variances from replicates: the second route, for statistics that have no scores or whose scores are in doubt.

What belongs here: replicate weights of PSUs, and every statistic of the engine over many weights at once. What does
not: point estimates and columns (linear, curve, values), the formula for scores (variance).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.survey import domains
from sdg_pipeline.specs.design import Replication
from sdg_pipeline.specs.methods import Gini, Quantile, Share

if TYPE_CHECKING:
    import duckdb
    import numpy
    import pyarrow
    from numpy.typing import NDArray

    Floats = NDArray[numpy.float64]

CELLS = 4_000_000
"""Weights held at once: records of a domain times replicates of a chunk, 32 MB."""


def offer(con: duckdb.DuckDBPyConnection, plan: SurveyPlan) -> None:
    """Table ``replicate_variance``: the variance of each domain's estimate (before the multiplier), by its keys.

    The mean square distance of the estimates of replicates from that of the whole sample. ``jackknife`` leaves out one
    PSU at a time and gives its weight to the others of its stratum (JKn: Rust and Rao 1996, Variance estimation for
    complex surveys using replication techniques, Statistical Methods in Medical Research 5, 283-310); ``bootstrap``
    draws n - 1 of the n PSUs of each stratum with replacement (Rao and Wu 1988, Resampling inference with complex
    survey data, JASA 83, 231-241). PSUs of certainty strata and single ones stay as they are.
    """
    import numpy
    import pyarrow

    assert plan.design.replication is not None, "called for designs with replication"
    strata = con.sql(
        f"SELECT d.time_period, d.stratum, r.psu, d.n_psu, d.unsampled FROM ({domains.design(plan)}) AS d "
        f"JOIN (SELECT DISTINCT time_period, stratum, psu FROM {domains.rows(plan)}) AS r USING (time_period, stratum) "
        "ORDER BY ALL"
    ).to_arrow_table()
    con.register("unit_number", strata.append_column("unit_place", pyarrow.array(numpy.arange(len(strata)))))
    replicates = _Replicates(strata, plan.design.replication)
    keys, found = domains.keys(plan), []
    for key, place, first, second in _domains(con, plan):
        found.append((*key, replicates.variance(_statistic(plan, first, second), place, len(first))))
    columns = list(zip(*found, strict=True)) or [()] * (len(keys) + 1)
    arrays = [pyarrow.array(column, pyarrow.string()) for column in columns[:-1]]
    variances = pyarrow.array(columns[-1], pyarrow.float64(), from_pandas=True)
    con.register("replicate_variance", pyarrow.table([*arrays, variances], names=[*keys, "variance"]))


def _domains(
    con: duckdb.DuckDBPyConnection, plan: SurveyPlan
) -> Iterator[tuple[tuple[str, ...], NDArray[numpy.int64], Floats, Floats]]:
    """By domain its keys, and by record or PSU of it the place of the PSU and two columns.

    Of sums these are numerator and denominator of a PSU, of a distribution values in ascending order and weights.
    """
    import numpy

    keys = domains.keys(plan)
    k = domains.listed(keys, "d")
    first, second, relation = ("y", "x", "score") if plan.of_sums else ("v", "w", "valued")
    where = "" if plan.of_sums else "WHERE u.w > 0 "
    query = (
        f"SELECT {k}, n.unit_place, u.{first}, CAST(u.{second} AS DOUBLE) AS {second} "
        f"FROM {relation} AS u JOIN domain AS d USING (domain_no) JOIN unit_number AS n "
        f"ON n.time_period = u.time_period AND n.stratum = u.stratum AND n.psu = u.psu {where}"
        f"ORDER BY {k}, u.{first}, n.unit_place"
    )
    table = con.sql(query).to_arrow_table()
    if not len(table):
        return
    labels = list(zip(*(table[name].to_pylist() for name in keys), strict=True))
    edges = [0, *(i for i in range(1, len(labels)) if labels[i] != labels[i - 1]), len(labels)]
    place = table["unit_place"].to_numpy()
    one, two = (table[name].to_numpy(zero_copy_only=False).astype(float) for name in (first, second))
    for start, end in pairwise(edges):
        yield labels[start], place[start:end].astype(numpy.int64), one[start:end], two[start:end]


class _Replicates:
    """Factors of the weights of PSUs (U), replicate by replicate."""

    def __init__(self, strata: pyarrow.Table, spec: Replication) -> None:
        import numpy

        self.spec = spec
        self.size = strata["n_psu"].to_numpy().astype(float)
        self.unsampled = strata["unsampled"].to_numpy(zero_copy_only=False).astype(float)
        labels = list(zip(strata["time_period"].to_pylist(), strata["stratum"].to_pylist(), strict=True))
        _, stratum = numpy.unique([f"{year} {code}" for year, code in labels], return_inverse=True)
        self.stratum = stratum
        self.resampled = (self.size > 1) & (self.unsampled > 0)
        if spec.kind == "bootstrap":
            self.factors = self._drawn()

    def _drawn(self) -> Floats:
        """Shape (U, R): how often a PSU was drawn, times n / (n - 1)."""
        import numpy

        generator = numpy.random.default_rng(self.spec.seed)
        factors = numpy.ones((len(self.size), self.spec.replicates))
        for stratum in numpy.unique(self.stratum[self.resampled]):
            places = numpy.flatnonzero(self.stratum == stratum)
            n = len(places)
            drawn = generator.multinomial(n - 1, numpy.full(n, 1 / n), size=self.spec.replicates)
            factors[places] = drawn.T * (n / (n - 1))
        return factors

    def variance(self, statistic: Callable[[Floats], Floats], place: NDArray[numpy.int64], records: int) -> float:
        """Variance of a statistic of weights' factors by record, shape (records, replicates of a chunk)."""
        import numpy

        whole = statistic(numpy.ones((records, 1)))[0]
        chunk = max(1, CELLS // max(records, 1))
        if self.spec.kind == "bootstrap":
            parts = [self.factors[place, i : i + chunk] for i in range(0, self.spec.replicates, chunk)]
            squares = sum(float(((statistic(part) - whole) ** 2).sum()) for part in parts)
            return squares / (self.spec.replicates - 1)
        strata = numpy.unique(self.stratum[place])
        units = numpy.flatnonzero(numpy.isin(self.stratum, strata) & self.resampled)
        total = 0.0
        for i in range(0, len(units), chunk):
            left_out = units[i : i + chunk]
            same = self.stratum[place][:, None] == self.stratum[left_out][None, :]
            factors = numpy.where(same, (self.size / (self.size - 1 + (self.size == 1)))[left_out][None, :], 1.0)
            factors[place[:, None] == left_out[None, :]] = 0.0
            scale = self.unsampled[left_out] * (self.size[left_out] - 1) / self.size[left_out]
            total += float((scale * (statistic(factors) - whole) ** 2).sum())
        return total


def _statistic(plan: SurveyPlan, first: Floats, second: Floats) -> Callable[[Floats], Floats]:
    """The estimate of a domain as a function of factors, shape (records, replicates) to (replicates)."""
    import numpy

    method = plan.method
    if plan.of_sums:
        return (lambda f: first @ f) if plan.is_total else (lambda f: (first @ f) / (second @ f))
    starts = numpy.flatnonzero(numpy.r_[True, first[1:] != first[:-1]])
    value = first[starts]

    def weights(factors: Floats) -> Floats:
        """By distinct value, in ascending order."""
        return numpy.add.reduceat(second[:, None] * factors, starts, axis=0)

    if isinstance(method, Quantile):
        return lambda f: _quantile(value, weights(f), method.p)
    if isinstance(method, Gini):
        return lambda f: _gini(value, weights(f))
    assert isinstance(method, Share), "estimate.plan: the other statistics of a distribution"
    return lambda f: _part(value, weights(f), *method.of) / _part(value, weights(f), *method.over)


def _quantile(value: Floats, weight: Floats, p: float) -> Floats:
    """The lowest value with at least p of the weight at or below it."""
    up_to = weight.cumsum(axis=0)
    found: Floats = value[(up_to >= p * up_to[-1]).argmax(axis=0)]
    return found


def _gini(value: Floats, weight: Floats) -> Floats:
    up_to = weight.cumsum(axis=0)
    middle = up_to - weight / 2
    total = value @ weight
    found: Floats = (value[:, None] * weight * (2 * middle - up_to[-1])).sum(axis=0) / (up_to[-1] * total)
    return found


def _part(value: Floats, weight: Floats, low: float, high: float) -> Floats:
    """What the population from one share to another has, see curve."""
    return _poorest(value, weight, high) - _poorest(value, weight, low)


def _poorest(value: Floats, weight: Floats, p: float) -> Floats:
    import numpy

    if p in (0.0, 1.0):
        return p * (value @ weight)
    q = _quantile(value, weight, p)
    short = numpy.maximum(q[None, :] - value[:, None], 0.0)
    found: Floats = p * weight.sum(axis=0) * q - (weight * short).sum(axis=0)
    return found
