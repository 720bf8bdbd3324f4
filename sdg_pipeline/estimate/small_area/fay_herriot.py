"""The area-level model of Fay and Herriot: small areas borrow strength from covariates known of every area.

What belongs here: the fit of the model and its predictions. What does not: smoothing the sampling variances first
(variance_function), checks of the fit (model_checks), agreement with published totals (benchmarking).

Fay, R. E. and Herriot, R. A. (1979), Estimates of income for small places: an application of James-Stein procedures to
census data, Journal of the American Statistical Association 74, 269-277.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sdg_pipeline.errors import ModelError
from sdg_pipeline.estimate.small_area.areas import refuse, refuse_unequal
from sdg_pipeline.estimate.small_area.in_order import decomposed, dot, product

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from sdg_pipeline.estimate.small_area.areas import Flags, Floats

MODEL = "Fay-Herriot model"
TOLERANCE = 1e-10
"""The last step of sigma2_v, as a share of sigma2_v plus the smallest sampling variance. The relative error of the
largest weight 1 / (sigma2_v + psi_d) is of this size."""
MAX_ITERATIONS = 100
DEPENDENT = 1e-7
"""A column, made 1 long, depends on others if what they leave of it is not longer: the tolerance of R's lm."""


@dataclass(frozen=True, eq=False)
class FayHerriot:
    """A fitted model; D areas, m of them with a direct estimate, p covariates. Arrays keep the order of the areas.

    Estimates are in the unit of the direct estimates (u), variances and ``mse`` in u²; ``beta`` is (p) and its
    covariance (p, p). ``direct`` and ``variance`` are NaN where there is no direct estimate (``sampled`` is false);
    there ``gamma`` is 0 and ``eblup`` is ``synthetic``. ``sigma2_v_error`` is the inverse root of the information.

    With ``sigma2_v`` of 0 every area has its synthetic estimate, and ``mse`` is too small to be trusted: it takes the 0
    for the truth.
    """

    direct: Floats
    variance: Floats
    covariates: Floats
    sampled: Flags
    beta: Floats
    beta_covariance: Floats
    sigma2_v: float
    sigma2_v_error: float
    restricted_log_likelihood: float
    log_likelihood: float
    iterations: int
    synthetic: Floats
    gamma: Floats
    eblup: Floats
    mse: Floats

    @property
    def aic(self) -> float:
        """Akaike's criterion of the p + 1 parameters. It compares models of the same areas, smaller is better."""
        return 2 * (len(self.beta) + 1) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion of the p + 1 parameters and m areas. It compares models of the same areas."""
        return math.log(self.sampled.sum()) * (len(self.beta) + 1) - 2 * self.log_likelihood


class _Fit(NamedTuple):
    """What the restricted likelihood and its maximum need, at one value of sigma2_v."""

    weight: Floats
    triangle: Floats
    projection: Floats
    residual: Floats
    restricted_log_likelihood: float
    score: float
    information: float


def fit(
    direct: ArrayLike, variance: ArrayLike, covariates: ArrayLike, max_iterations: int = MAX_ITERATIONS
) -> FayHerriot:
    """Fit y_d = x_d' beta + v_d + e_d, v_d ~ (0, sigma2_v), e_d ~ (0, psi_d) by REML, and predict every area.

    ``direct`` (D) holds y_d and ``variance`` (D) its known sampling variance psi_d > 0, both NaN in areas without a
    direct estimate. ``covariates`` (D, p) holds x_d of every area, the column of ones of an intercept included.

    sigma2_v is the root of the restricted score nearest to the best of ten values in [0, s² + max psi]. Here s² is the
    mean squared residual of least squares; above, the score is negative. Fisher scoring finds the root. A step that
    leaves the interval of the root, or is more than half the step before, goes to the middle of that interval instead.
    sigma2_v is 0 where the likelihood falls from there on.

    The EBLUP is gamma_d y_d + (1 - gamma_d) x_d' beta, gamma_d = sigma2_v / (sigma2_v + psi_d). Its MSE is estimated by
    g1 + g2 + 2 g3, unbiased to second order under REML (Datta and Lahiri 2000). The terms are those of Prasad and Rao
    (1990). Of an area without direct estimate it is sigma2_v + x_d' cov(beta) x_d. That needs no g3: sigma2_v enters
    linearly and REML hardly biases it (Rao and Molina 2015, chapter 6). Sources: Datta and Lahiri (2000). A unified
    measure of uncertainty of estimated best linear unbiased predictors in small area estimation problems. Statistica
    Sinica 10, 613-627. Prasad and Rao (1990). The estimation of the mean squared error of small-area estimators.
    Journal of the American Statistical Association 85, 163-171. Rao and Molina (2015). Small Area Estimation, 2nd ed.,
    Wiley.

    ``restricted_log_likelihood`` is the maximised one, less the constant log |X'X| / 2; it compares variances under
    the same covariates only. ``log_likelihood`` is the usual one at the REML estimates, which criteria compare.

    Raises ModelError for unusable numbers, dependent covariates, fewer than p + 1 areas, and no convergence.
    """
    import numpy
    from scipy.linalg import solve_triangular

    y, psi, x = (numpy.asarray(values, dtype=float) for values in (direct, variance, covariates))
    sampled = _checked(y, psi, x)
    sigma2_v, iterations = _maximised(y[sampled], psi[sampled], x[sampled], max_iterations)
    at = _at(sigma2_v, y[sampled], psi[sampled], x[sampled])

    inverse = solve_triangular(at.triangle, numpy.eye(x.shape[1]))
    beta = product(inverse, at.projection)
    synthetic = product(x, beta)
    of_beta = (product(x, inverse) ** 2).sum(axis=1)

    gamma = numpy.zeros(len(y))
    gamma[sampled] = sigma2_v * at.weight
    eblup, mse = synthetic.copy(), sigma2_v + of_beta
    eblup[sampled] += gamma[sampled] * (y - synthetic)[sampled]
    g1 = sigma2_v * psi[sampled] * at.weight
    g2 = (1 - gamma[sampled]) ** 2 * of_beta[sampled]
    g3 = (1 - gamma[sampled]) ** 2 * at.weight * 2 / (at.weight**2).sum()
    mse[sampled] = g1 + g2 + 2 * g3

    return FayHerriot(
        direct=y,
        variance=psi,
        covariates=x,
        sampled=sampled,
        beta=beta,
        beta_covariance=product(inverse, inverse.T),
        sigma2_v=sigma2_v,
        sigma2_v_error=at.information**-0.5,
        restricted_log_likelihood=at.restricted_log_likelihood,
        log_likelihood=float(numpy.log(at.weight / (2 * numpy.pi)).sum() - dot(at.residual, at.residual)) / 2,
        iterations=iterations,
        synthetic=synthetic,
        gamma=gamma,
        eblup=eblup,
        mse=mse,
    )


def _at(sigma2_v: float, y: Floats, psi: Floats, x: Floats) -> _Fit:
    """Generalised least squares and the derivatives of the restricted log-likelihood at sigma2_v.

    Let W be diag(weight), QR the decomposition of sqrt(W) X, and e = (I - QQ') sqrt(W) y. The matrix P of REML is then
    sqrt(W) (I - QQ') sqrt(W): no matrix of m by m is formed. Source: Harville (1977). Maximum likelihood approaches to
    variance component estimation and to related problems. Journal of the American Statistical Association 72, 320-338.
    """
    import numpy

    weight = 1 / (sigma2_v + psi)
    root = numpy.sqrt(weight)
    basis, triangle = decomposed(root[:, None] * x)
    projection = product(root * y, basis)
    residual = root * y - product(basis, projection)
    leverage = (basis**2).sum(axis=1)
    determinants = 2 * numpy.log(abs(numpy.diag(triangle))).sum() - numpy.log(weight).sum()
    constant = (len(y) - x.shape[1]) * math.log(2 * math.pi)
    between = product(basis.T, weight[:, None] * basis)
    trace_of_p_squared = dot(weight**2, 1 - 2 * leverage) + (between**2).sum()
    return _Fit(
        weight=weight,
        triangle=triangle,
        projection=projection,
        residual=residual,
        restricted_log_likelihood=float(-(constant + determinants + dot(residual, residual)) / 2),
        score=dot(weight, residual**2 - (1 - leverage)) / 2,
        information=float(trace_of_p_squared / 2),
    )


def _maximised(y: Floats, psi: Floats, x: Floats, max_iterations: int) -> tuple[float, int]:
    """The sigma2_v of greatest restricted likelihood, and the number of iterations."""
    import numpy

    basis, _ = decomposed(x)
    residual = y - product(basis, product(y, basis))
    highest = dot(residual, residual) / (len(y) - x.shape[1]) + psi.max()
    grid = [0.0, *(highest * numpy.geomspace(1e-4, 1, 9)).tolist()]
    best = max(range(len(grid)), key=lambda i: _at(grid[i], y, psi, x).restricted_log_likelihood)
    lower, sigma2_v, upper = grid[max(best - 1, 0)], grid[best], grid[min(best + 1, len(grid) - 1)]
    step = highest
    for iteration in range(1, max_iterations + 1):
        at = _at(sigma2_v, y, psi, x)
        if sigma2_v == 0 and at.score <= 0:
            return 0.0, iteration
        lower, upper = (sigma2_v, upper) if at.score > 0 else (lower, sigma2_v)
        scored = sigma2_v + at.score / at.information
        guarded = lower <= scored <= upper and abs(scored - sigma2_v) <= step / 2
        following = scored if guarded else (lower + upper) / 2
        step, sigma2_v = abs(following - sigma2_v), following
        if step <= TOLERANCE * (sigma2_v + psi.min()):
            return sigma2_v, iteration
    raise ModelError(
        MODEL,
        f"sigma2_v did not converge in {max_iterations} iterations, the last step was {step:.3g}",
        place="sigma2_v",
        value=f"{sigma2_v:.6g}",
        remedy="look for sampling variances and direct estimates far from all others",
    )


def _checked(y: Floats, psi: Floats, x: Floats) -> Flags:
    """Which areas have a direct estimate, once everything has been found usable."""
    import numpy

    if x.ndim != 2:
        raise ModelError(
            MODEL, "a table is needed", place="covariates", value=f"shape {x.shape}", remedy="pass areas by covariates"
        )
    refuse_unequal(MODEL, y.shape, psi.shape, x.shape[:1])
    sampled: Flags = ~numpy.isnan(y)
    areas, columns = int(sampled.sum()), x.shape[1]
    refuse(MODEL, "direct", numpy.isinf(y), "not finite", "pass NaN where there is no direct estimate")
    refuse(
        MODEL,
        "variance",
        sampled & ~((psi > 0) & numpy.isfinite(psi)),
        "not a positive number",
        "smooth the variances, or pass NaN for variance and estimate",
    )
    refuse(MODEL, "variance", ~(sampled | numpy.isnan(psi)), "given without a direct estimate", "pass NaN for both")
    refuse(MODEL, "covariates", numpy.any(~numpy.isfinite(x), axis=1), "not finite", "pass covariates of every area")
    if areas <= columns:
        raise ModelError(
            MODEL,
            f"{columns} covariates need at least {columns + 1} areas with a direct estimate",
            place="covariates",
            value=areas,
            remedy="use fewer covariates",
        )
    dependent = _dependent_columns(x[sampled])
    if dependent:
        raise ModelError(
            MODEL,
            f"of {columns} columns {len(dependent)} depend on the others where there are direct estimates",
            place="covariates",
            value=f"columns {', '.join(map(str, dependent))}",
            remedy="drop them",
        )
    return sampled


def _dependent_columns(x: Floats) -> list[int]:
    """Numbers of the columns, from 0, that are linear combinations of those before them."""
    import numpy

    length = numpy.linalg.norm(x, axis=0)
    unit = x / numpy.where(length > 0, length, 1)
    kept: list[int] = []
    for column in range(x.shape[1]):
        rest = unit[:, column] - unit[:, kept] @ numpy.linalg.lstsq(unit[:, kept], unit[:, column])[0]
        if numpy.linalg.norm(rest) > DEPENDENT:
            kept.append(column)
    return sorted(set(range(x.shape[1])) - set(kept))
