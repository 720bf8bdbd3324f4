"""Checks of a fitted Fay-Herriot model: does it describe the direct estimates, and which areas decide it.

What belongs here: statistics of one fit. What does not: what is published when a check fails.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sdg_pipeline.estimate.intervals import CONFIDENCE
from sdg_pipeline.estimate.small_area.in_order import decomposed, dot, product

if TYPE_CHECKING:
    from sdg_pipeline.estimate.small_area.areas import Floats
    from sdg_pipeline.estimate.small_area.fay_herriot import FayHerriot


@dataclass(frozen=True, eq=False)
class ModelChecks:
    """Checks of a fit to m areas with a direct estimate. Arrays are (D), NaN in the other areas.

    ``residual`` has mean 0 and variance 1 under the model; ``leverage`` sums to p; ``influence`` is Cook's distance,
    how far beta moves without the area. ``normality`` is the W of Shapiro and Wilk of the residuals.

    ``adjusted_r2`` is the share of the variance between the true values of areas that the covariates explain.

    ``wald`` sums (direct - EBLUP)² / (psi_d + mse_d), compared with chi-square of m degrees of freedom. ``overlap`` is
    the share of areas where that term is below the square of the normal quantile; compare it with ``CONFIDENCE``. Both
    take direct and EBLUP for independent. The EBLUP contains the direct estimate, so a model that holds gives a small
    ``wald`` and an ``overlap`` near 1. The two find bad models and cannot prove good ones.

    ``shrinkage`` is the mean of 1 - gamma_d: the weight of the model in the average area.
    """

    residual: Floats
    leverage: Floats
    influence: Floats
    normality: float
    normality_p: float
    adjusted_r2: float
    wald: float
    wald_p: float
    overlap: float
    shrinkage: float


def check(model: FayHerriot) -> ModelChecks:
    """The checks of a fitted model with three or more direct estimates.

    Residuals are y_d - x_d' beta over their standard error sqrt(sigma2_v + psi_d - x_d' cov(beta) x_d). Cook, R. D.
    (1977), Detection of influential observation in linear regression, Technometrics 19, 15-18, in the weighted
    regression at the estimated sigma2_v. ``wald`` and ``overlap``: Brown, G., Chambers, R., Heady, P. and Heasman, D.
    (2001), Evaluation of small area estimation methods: an application to unemployment estimates from the UK LFS,
    Proceedings of Statistics Canada Symposium 2001.
    """
    import numpy
    from scipy.stats import chi2, norm, shapiro

    y, psi, x = (values[model.sampled] for values in (model.direct, model.variance, model.covariates))
    of_beta = (product(x, model.beta_covariance) * x).sum(axis=1)
    total = model.sigma2_v + psi
    leverage = of_beta / total
    residual = (y - model.synthetic[model.sampled]) / numpy.sqrt(total - of_beta)
    influence = residual**2 * leverage / ((1 - leverage) * len(model.beta))
    terms = (y - model.eblup[model.sampled]) ** 2 / (psi + model.mse[model.sampled])
    normality = shapiro(residual)

    def of_all(values: Floats) -> Floats:
        everywhere = numpy.full(len(model.direct), math.nan)
        everywhere[model.sampled] = values
        return everywhere

    return ModelChecks(
        residual=of_all(residual),
        leverage=of_all(leverage),
        influence=of_all(influence),
        normality=float(normality.statistic),
        normality_p=float(normality.pvalue),
        adjusted_r2=_adjusted_r2(y, psi, x),
        wald=float(terms.sum()),
        wald_p=float(chi2.sf(terms.sum(), len(terms))),
        overlap=float((terms <= norm.ppf((1 + CONFIDENCE) / 2) ** 2).mean()),
        shrinkage=float(1 - model.gamma[model.sampled].mean()),
    )


def _adjusted_r2(y: Floats, psi: Floats, x: Floats) -> float:
    """1 - MSE / MST of least squares, each less what sampling errors add to it; x holds an intercept.

    Lahiri, P. and Suntornchost, J. (2015), Variable selection for linear mixed models with applications in small area
    estimation, Sankhya B 77, 312-320. A negative MSE counts as 0. NaN where the direct estimates vary no more than
    their sampling errors: nothing is left to be explained.
    """

    basis, _ = decomposed(x)
    residual = y - product(basis, product(y, basis))
    free = 1 - (basis**2).sum(axis=1)
    unexplained = (dot(residual, residual) - dot(free, psi)) / (len(y) - x.shape[1])
    between = float(y.var(ddof=1) - psi.mean())
    return 1 - max(float(unexplained), 0.0) / between if between > 0 else math.nan


def rank_correlation(one: Floats, other: Floats) -> float:
    """Spearman's correlation of two arrays (D): that of ranks, of ties their mean. NaN where one is constant."""
    from scipy.stats import rankdata

    a, b = (rankdata(values) - (len(values) + 1) / 2 for values in (one, other))
    spread = math.sqrt(dot(a, a) * dot(b, b))
    return dot(a, b) / spread if spread > 0 else math.nan
