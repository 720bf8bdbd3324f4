"""Generalised variance functions: sampling variances of proportions that a few PSUs cannot give.

What belongs here: the smooth variance that a small-area model takes as known. What does not: direct variances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sdg_pipeline.errors import ModelError
from sdg_pipeline.estimate.small_area.areas import refuse, refuse_unequal
from sdg_pipeline.estimate.small_area.in_order import dot, product

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sdg_pipeline.estimate.small_area.areas import Floats

MODEL = "generalised variance function"
TOLERANCE = 1e-7
"""The last step of the logarithm of any variance; Newton's method leaves an error of about its square."""
MAX_ITERATIONS = 50


@dataclass(frozen=True, eq=False)
class VarianceFunction:
    """Smoothed variances (D, in the unit of the direct ones) and the function that gave them.

    ``coefficients`` (3) are those of 1, log n and log p(1 - p). The last two are about -1 and 1 if the design effect is
    the same everywhere. ``dispersion`` is the variance of the relative residuals over that of chi-square variances.
    Near 1 the function misses nothing that the data can show; far above 1 the true variances vary around it. ``areas``
    counts the direct variances that it rests on.
    """

    variance: Floats
    coefficients: Floats
    dispersion: float
    areas: int


def smooth(variance: ArrayLike, degrees: ArrayLike, size: ArrayLike, proportion: ArrayLike) -> VarianceFunction:
    """Fit log E(psi_d) = a + b log n_d + c log p_d(1 - p_d) to direct variances of proportions, and predict all areas.

    All arrays are (D), of the areas with a sample. ``variance`` holds direct variances. ``degrees`` has their degrees
    of freedom f_d (PSUs less strata), 0 where there is no variance (NaN) or it is useless. ``size`` is the number of
    persons or households n_d, ``proportion`` p_d in (0, 1). Take p_d from a prediction or from the state. The area's
    own is 0 or 1 in many small samples, and its error goes with the error of the variance.

    The mean is fitted, not the mean of logarithms. The latter f_d = 1 would draw down by 1.27, and a variance of 0
    could not enter it. f_d (psi_d / mu_d - 1) sums to 0 over every column: the quasi-likelihood of a variable with
    variance 2 mu_d² / f_d. This is a gamma with logarithmic link. Sources: McCullagh and Nelder (1989). Generalized
    Linear Models, 2nd ed., Chapman and Hall, chapter 8. Wolter (2007). Introduction to Variance Estimation, 2nd ed.,
    Springer, chapter 7.

    Raises ModelError for unusable numbers, fewer than four direct variances, and n_d and p_d that cannot be told apart.
    """
    import numpy

    psi, freedom, n, p = (numpy.asarray(values, dtype=float) for values in (variance, degrees, size, proportion))
    direct = freedom > 0
    refuse_unequal(MODEL, psi.shape, freedom.shape, n.shape, p.shape)
    refuse(MODEL, "degrees", ~(freedom >= 0), "not 0 or more", "pass PSUs less strata")
    refuse(
        MODEL,
        "variance",
        direct & ~((psi >= 0) & (psi < math.inf)),
        "missing or negative",
        "pass 0 degrees of freedom where there is no variance",
    )
    refuse(MODEL, "size", ~((n > 0) & (n < math.inf)), "not positive", "pass only areas with a sample")
    refuse(MODEL, "proportion", ~((p > 0) & (p < 1)), "not inside (0, 1)", "pass predicted proportions")
    x = numpy.column_stack([numpy.ones(len(n)), numpy.log(n), numpy.log(p * (1 - p))])
    coefficients = _fitted(psi[direct], freedom[direct], x[direct])
    fitted = numpy.exp(product(x, coefficients))
    relative = psi[direct] / fitted[direct] - 1
    return VarianceFunction(
        variance=fitted,
        coefficients=coefficients,
        dispersion=dot(freedom[direct], relative**2) / (2 * (len(relative) - 3)),
        areas=len(relative),
    )


def _fitted(psi: Floats, freedom: Floats, x: Floats) -> Floats:
    """The coefficients: Newton's method on the deviance, which is convex, with steps halved until it falls."""
    import numpy

    if len(psi) < 4 or numpy.linalg.matrix_rank(x[psi > 0]) < 3:
        raise ModelError(
            MODEL,
            "three coefficients need four or more direct variances, of areas that differ in n and p",
            value=f"{len(psi)} direct variances, {int((psi > 0).sum())} of them above 0",
            remedy="take the design effect of a larger domain instead",
        )
    weight = freedom / freedom.sum()

    def deviance(a: Floats) -> float:
        return dot(weight, psi * numpy.exp(-product(x, a)) + product(x, a))

    a: Floats = numpy.array([numpy.log(dot(weight, psi) / dot(weight, numpy.exp(x[:, 2] - x[:, 1]))), -1.0, 1.0])
    for _ in range(MAX_ITERATIONS):
        ratio = psi * numpy.exp(-product(x, a))
        curvature = product(x.T, (weight * ratio)[:, None] * x)
        step = numpy.linalg.solve(curvature, product(weight * (ratio - 1), x)).astype(float)
        if abs(product(x, step)).max() < TOLERANCE:
            converged: Floats = a + step
            return converged
        while deviance(a + step) > deviance(a):
            step = step / 2
        a = a + step
    raise ModelError(
        MODEL,
        f"did not converge in {MAX_ITERATIONS} iterations",
        value=f"coefficients {a.round(3).tolist()}",
        remedy="look for direct variances far from all others, and for variances of 0 among the largest samples",
    )
