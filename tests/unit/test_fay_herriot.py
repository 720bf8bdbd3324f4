"""Small-area estimation: the Fay-Herriot model, its checks, smoothed variances and benchmarking, against oracles.

Oracles: samplics 0.6.1 where it is installed, a brute-force maximum of the restricted likelihood with dense matrices,
figures of the R packages sae and metafor, and simulation from known parameters.

samplics agrees in beta, sigma2_v, EBLUP and MSE. What is not compared, and why:
- its log-likelihood has sigma2_v in every cell of the covariance matrix (``Z_b2_Z = ones((m, m))``) and not on the
  diagonal alone; its AIC and BIC inherit that, and count p + 2 parameters;
- its Fisher scoring lets sigma2_v become negative, then may end at 0 or at a positive value that is no maximum; its
  ``convergence`` says so, mostly;
- it predicts no area without direct estimate.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import shapiro, spearmanr

from sdg_pipeline.errors import ModelError
from sdg_pipeline.estimate.small_area import benchmarking, fay_herriot, model_checks, proportions, variance_function
from sdg_pipeline.estimate.small_area.in_order import decomposed

# Fresh milk expenditure of 1989 in 43 areas of the USA: direct estimates and standard errors, and the size of each of
# the four major areas. Arora and Lahiri (1997), Statistica Sinica 7, 1053-1063; You and Chapman (2006), Survey
# Methodology 32, 97-103.
MILK = np.array([
    1.099, 1.075, 1.105, 0.628, 0.753, 0.981, 1.257, 1.095, 1.405, 1.356, 0.615, 1.460, 1.338, 0.854, 1.176, 1.111,
    1.257, 1.430, 1.278, 1.292, 1.002, 1.183, 1.044, 1.267, 1.193, 0.791, 0.795, 0.759, 0.796, 0.565, 0.886, 0.952,
    0.807, 0.582, 0.684, 0.787, 0.440, 0.759, 0.770, 0.800, 0.756, 0.865, 0.640])  # fmt: skip
MILK_ERROR = np.array([
    0.163, 0.080, 0.083, 0.109, 0.119, 0.141, 0.202, 0.127, 0.168, 0.178, 0.100, 0.201, 0.148, 0.143, 0.149, 0.145,
    0.135, 0.172, 0.137, 0.163, 0.125, 0.247, 0.140, 0.171, 0.106, 0.121, 0.121, 0.259, 0.106, 0.089, 0.225, 0.205,
    0.119, 0.067, 0.106, 0.126, 0.092, 0.132, 0.100, 0.113, 0.083, 0.121, 0.129])  # fmt: skip
MILK_MAJOR = np.repeat([0, 1, 2, 3], [7, 7, 11, 18])


def benchmark(estimate: Any, mse: Any, population: Any, group: Any, *rest: Any, **more: Any) -> Any:
    return benchmarking.benchmark(benchmarking.Areas(estimate, mse, population, group), *rest, **more)


def milk() -> fay_herriot.FayHerriot:
    covariates = np.column_stack([np.ones(43), *(k == MILK_MAJOR for k in (1, 2, 3))])
    return fay_herriot.fit(MILK, MILK_ERROR**2, covariates)


def areas(seed: int, m: int, p: int, sigma2_v: float, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Direct estimates, variances and covariates of m areas; ``scale`` is the unit of the variances."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(m), rng.normal(size=(m, p - 1)) * 10.0 ** rng.integers(-2, 3, p - 1)])
    psi = scale * rng.uniform(0.2, 3, m)
    y = x @ rng.normal(size=p) + rng.normal(size=m) * np.sqrt(scale * sigma2_v) + rng.normal(size=m) * np.sqrt(psi)
    return y, psi, x


def restricted(s: float, y: np.ndarray, psi: np.ndarray, x: np.ndarray) -> float:
    """The restricted log-likelihood with dense matrices, as it is written in textbooks."""
    v = np.diag(s + psi)
    inverse = np.linalg.inv(v)
    information = x.T @ inverse @ x
    r = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
    constant = (len(y) - x.shape[1]) * math.log(2 * math.pi)
    determinants = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
    return float(-(constant + determinants + r @ inverse @ r) / 2)


def brute_force(y: np.ndarray, psi: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    """sigma2_v of the greatest restricted likelihood on a fine grid, polished; and that likelihood."""
    grid = np.r_[0, np.geomspace(1e-6, 1, 60) * (4 * y.var() + psi.max())]
    best = int(np.argmax([restricted(s, y, psi, x) for s in grid]))
    bounds = (grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)])
    minimum = minimize_scalar(
        lambda s: -restricted(s, y, psi, x), bounds=bounds, method="bounded", options={"xatol": 1e-14}
    )
    at_zero = restricted(0, y, psi, x)
    return (0.0, at_zero) if best == 0 and at_zero >= -minimum.fun else (float(minimum.x), float(-minimum.fun))


SETS = [
    (1, 20, 1, 1.0, 1.0),
    (2, 43, 2, 0.5, 1e-4),
    (3, 100, 4, 0.3, 1.0),
    (4, 150, 3, 2.0, 0.01),
    (5, 60, 5, 5.0, 1e6),
    (6, 30, 3, 0.8, 100.0),
]


@pytest.mark.filterwarnings("ignore:overflow encountered in det")
@pytest.mark.parametrize("data", SETS)
def test_a_fit_equals_that_of_samplics(data: Any) -> None:
    sae = pytest.importorskip("samplics.sae")
    y, psi, x = areas(*data)
    model = fay_herriot.fit(y, psi, x)
    names = np.arange(len(y))
    theirs = sae.EblupAreaModel()  # REML, with the intercept among the covariates
    theirs.fit(yhat=y, X=x, area=names, error_std=np.sqrt(psi), intercept=False, tol=1e-9, maxiter=500,
               re_std_start=math.sqrt(np.median(psi)))  # fmt: skip
    theirs.predict(X=x, area=names, intercept=False)
    assert theirs.convergence["achieved"]
    assert model.sigma2_v > 0
    for ours, other in [
        (model.sigma2_v, theirs.re_std**2),
        (model.beta, theirs.fixed_effects),
        (np.sqrt(np.diag(model.beta_covariance)), theirs.fe_std),
        (model.sigma2_v_error**2, theirs.re_std_cov),
        (model.eblup, list(theirs.area_est.values())),
        (model.mse, list(theirs.area_mse.values())),
    ]:
        np.testing.assert_allclose(ours, other, rtol=1e-6)


@pytest.mark.parametrize("data", [*SETS, (8, 20, 4, 0.0, 1.0), (12, 43, 4, 0.0, 1.0), (13, 25, 2, 0.05, 1.0)])
def test_the_restricted_likelihood_is_at_its_maximum(data: Any) -> None:
    y, psi, x = areas(*data)
    model = fay_herriot.fit(y, psi, x)
    sigma2_v, greatest = brute_force(y, psi, x)
    assert model.restricted_log_likelihood == pytest.approx(greatest, abs=1e-8)
    assert model.sigma2_v == pytest.approx(sigma2_v, rel=1e-5)


def test_the_guard_holds_on_hostile_data() -> None:
    """Variances that differ by orders of magnitude, heavy tails, few areas: always an end, never below brute force."""
    rng = np.random.default_rng(7)
    for _ in range(60):
        m, p = int(rng.integers(8, 40)), int(rng.integers(1, 5))
        x = np.column_stack([np.ones(m), rng.normal(size=(m, p - 1))])
        psi = np.exp(rng.normal(size=m) * rng.uniform(0, 3))
        spread = math.exp(3 * rng.normal()) * rng.integers(0, 2)
        y = rng.standard_t(2.5, size=m) * math.sqrt(spread) + rng.normal(size=m) * np.sqrt(psi)
        assert fay_herriot.fit(y, psi, x).restricted_log_likelihood >= brute_force(y, psi, x)[1] - 1e-8


def test_milk_equals_the_published_figures() -> None:
    """R package sae 1.3, eblupFH and mseFH (precision 1e-4), as printed by the README of the R package saens on CRAN and
    by the tests of samplics; metafor 3.8-1, rma(method = "REML", threshold = 1e-12), whose likelihood has the constant
    log |X'X| / 2.
    """
    model = milk()
    error = np.sqrt(np.diag(model.beta_covariance))
    np.testing.assert_allclose(model.beta, [0.968189, 0.132780, 0.226946, -0.241301], atol=1e-6)
    np.testing.assert_allclose(error, [0.069362, 0.103001, 0.092330, 0.081617], atol=1e-6)
    assert (model.log_likelihood, model.aic, model.bic) == pytest.approx((12.67748, -15.35496, -6.548956), abs=2e-5)
    np.testing.assert_allclose(model.eblup[:5], [1.0219703, 1.0476018, 1.0679513, 0.7608170, 0.8461574], atol=1e-6)
    np.testing.assert_allclose(model.mse[:4], [0.013460220, 0.005372876, 0.005701990, 0.008541740], atol=1e-7)

    assert model.sigma2_v == pytest.approx(0.01855033476278, rel=1e-9)
    assert model.sigma2_v_error == pytest.approx(0.00794249020024, rel=1e-9)
    constant = np.linalg.slogdet(model.covariates.T @ model.covariates)[1] / 2
    assert model.restricted_log_likelihood + constant == pytest.approx(9.75566237499, rel=1e-9)


def test_an_area_without_direct_estimate_is_synthetic() -> None:
    y, psi, x = areas(3, 40, 3, 1.0)
    missing = np.arange(40) % 4 == 1
    part = fay_herriot.fit(np.where(missing, np.nan, y), np.where(missing, np.nan, psi), x)
    alone = fay_herriot.fit(y[~missing], psi[~missing], x[~missing])
    np.testing.assert_array_equal(part.sampled, ~missing)
    for name in ("eblup", "mse", "gamma", "synthetic"):
        np.testing.assert_allclose(getattr(part, name)[~missing], getattr(alone, name), rtol=1e-12)
    np.testing.assert_allclose(part.eblup[missing], (x @ alone.beta)[missing], rtol=1e-12)
    of_beta = np.einsum("ij,jk,ik->i", x, alone.beta_covariance, x)
    np.testing.assert_allclose(part.mse[missing], (alone.sigma2_v + of_beta)[missing], rtol=1e-12)
    assert (part.gamma[missing] == 0).all()
    assert part.bic == pytest.approx(alone.bic)


def test_areas_that_do_not_differ_get_no_variance() -> None:
    rng = np.random.default_rng(5)
    x = np.column_stack([np.ones(50), rng.normal(size=50)])
    psi = rng.uniform(1, 2, 50)
    model = fay_herriot.fit(x @ [1.0, 2.0] + 0.1 * rng.normal(size=50), psi, x)
    assert model.sigma2_v == 0
    assert (model.gamma == 0).all()
    np.testing.assert_array_equal(model.eblup, model.synthetic)
    np.testing.assert_allclose(model.beta, np.linalg.lstsq(x / np.sqrt(psi)[:, None], model.direct / np.sqrt(psi))[0])


def test_units_do_not_matter() -> None:
    y, psi, x = areas(4, 60, 3, 0.7)
    one, other = fay_herriot.fit(y, psi, x), fay_herriot.fit(1e5 * y, 1e10 * psi, x * [1, 1e6, 1e-6])
    np.testing.assert_allclose(other.eblup, 1e5 * one.eblup, rtol=1e-8)
    np.testing.assert_allclose(other.mse, 1e10 * one.mse, rtol=1e-8)


@cache
def simulation() -> SimpleNamespace:
    """600 draws of 60 areas from known parameters, the last 6 without direct estimate; fitted and benchmarked."""
    rng = np.random.default_rng(11)
    m, out, draws, beta, sigma2_v = 60, 6, 600, np.array([2.0, -1.0]), 1.0
    x = np.column_stack([np.ones(m), rng.normal(size=m)])
    psi = np.r_[np.repeat([0.3, 1.0, 3.0], (m - out) // 3), np.full(out, np.nan)]
    rng.uniform(1, 5, m - out)  # the draws below stay those that the tolerances were set for
    estimates, error, mse = [], [], []
    for _ in range(draws):
        theta = x @ beta + rng.normal(size=m) * math.sqrt(sigma2_v)
        direct = theta + rng.normal(size=m) * np.sqrt(psi)
        model = fay_herriot.fit(direct, psi, x)
        estimates.append([*model.beta, model.sigma2_v, model.sigma2_v_error])
        error.append(model.eblup - theta)
        mse.append(model.mse)
    arrays = map(np.array, (estimates, error, mse))
    return SimpleNamespace(**dict(zip(("estimates", "error", "mse"), arrays, strict=True)))


@cache
def simulated_shares() -> SimpleNamespace:
    """600 draws of shares of 80 areas, near 0 and 1 too, the last 8 without a sample; benchmarked to the true total."""
    rng = np.random.default_rng(12)
    m, out, draws, beta, sigma2_v = 80, 8, 600, np.array([0.9, 0.35]), 0.01
    x = np.column_stack([np.ones(m), rng.normal(size=m)])
    psi = np.r_[np.repeat([0.002, 0.01, 0.04], (m - out) // 3), np.full(out, np.nan)]
    people = rng.uniform(1, 5, m)
    truth, plain, mse, adjusted, adjusted_mse, limits = [], [], [], [], [], []
    for _ in range(draws):
        theta = np.clip(x @ beta + rng.normal(size=m) * math.sqrt(sigma2_v), 0.0, math.pi / 2)
        share = np.sin(theta) ** 2
        model = fay_herriot.fit(theta + rng.normal(size=m) * np.sqrt(psi), psi, x)
        of_model, of_mse = proportions.taken_back(model.eblup, model.mse)
        benchmarked = benchmark(of_model, of_mse, people, ["all"] * m, {"all": float(people @ share)})
        truth.append(share)
        plain.append(of_model)
        mse.append(of_mse)
        adjusted.append(benchmarked.estimate)
        adjusted_mse.append(benchmarked.mse)
        limits.append(proportions.limits(of_model, model.mse, 1.96))
    named = ("truth", "plain", "mse", "adjusted", "adjusted_mse", "limits")
    arrays = map(np.array, (truth, plain, mse, adjusted, adjusted_mse, limits))
    return SimpleNamespace(**dict(zip(named, arrays, strict=True)))


def test_parameters_are_recovered() -> None:
    estimates = simulation().estimates
    noise = estimates.std(axis=0) / math.sqrt(len(estimates))
    assert (abs(estimates.mean(axis=0)[:3] - [2, -1, 1]) < 4 * noise[:3]).all()
    assert estimates[:, 3].mean() == pytest.approx(estimates[:, 2].std(), rel=0.1)


@pytest.mark.parametrize(
    "kind", [slice(0, 18), slice(18, 36), slice(36, 54), slice(54, 60)], ids=["0.3", "1", "3", "none"]
)
def test_mse_tracks_the_true_error_and_intervals_cover(kind: slice) -> None:
    runs = simulation()
    error, mse = runs.error[:, kind], runs.mse[:, kind]
    assert mse.mean() == pytest.approx((error**2).mean(), rel=0.05)
    assert (abs(error) < 1.96 * np.sqrt(mse)).mean() == pytest.approx(0.95, abs=0.015)


def test_shares_that_are_taken_back_have_no_bias_and_their_errors_are_true() -> None:
    runs = simulated_shares()
    noise = (runs.plain - runs.truth).mean(axis=1).std() / math.sqrt(len(runs.plain))
    assert abs((runs.plain - runs.truth).mean()) < 4 * noise
    assert runs.mse.mean() == pytest.approx(((runs.plain - runs.truth) ** 2).mean(), rel=0.1)
    covered = (runs.limits[:, 0] <= runs.truth) & (runs.truth <= runs.limits[:, 1])
    assert covered.mean() == pytest.approx(0.95, abs=0.02)


def test_benchmarked_shares_are_nearer_to_the_truth_where_the_total_is_right() -> None:
    runs = simulated_shares()
    true_error = ((runs.adjusted - runs.truth) ** 2).mean()
    assert true_error <= ((runs.plain - runs.truth) ** 2).mean()
    assert runs.adjusted_mse.mean() == pytest.approx(true_error, rel=0.15)
    assert ((runs.adjusted > 0) & (runs.adjusted < 1)).all()


def raises(place: str, *words: str) -> Any:
    return pytest.raises(ModelError, match=".*".join((place, *words)))


def test_what_cannot_be_fitted_is_refused() -> None:
    y, psi, x = areas(1, 10, 2, 1.0)
    first = np.arange(10) == 0
    with raises("covariates", "1 depend on the others", "columns 2", "drop them"):
        fay_herriot.fit(y, psi, np.column_stack([x, 3 * x[:, 1] - 1]))
    with raises("covariates", "depend", "columns 2"):  # a state of which no municipality is in the sample
        fay_herriot.fit(np.where(first, np.nan, y), np.where(first, np.nan, psi), np.column_stack([x, first]))
    with raises("covariates", "at least 11 areas"):
        fay_herriot.fit(y, psi, np.eye(10))
    with raises("variance", "not a positive number", "areas 0", "smooth"):
        fay_herriot.fit(y, np.where(first, 0, psi), x)
    with raises("variance", "not a positive number"):
        fay_herriot.fit(y, np.where(first, np.nan, psi), x)
    with raises("variance", "without a direct estimate"):
        fay_herriot.fit(np.where(first, np.nan, y), psi, x)
    with raises("direct", "not finite"):
        fay_herriot.fit(np.where(first, np.inf, y), psi, x)
    with raises("covariates", "not finite", "areas 0, 1, 2, 3, 4 and 5 more"):
        fay_herriot.fit(y, psi, x * np.nan)
    with raises("one value in every array", "shapes"):
        fay_herriot.fit(y[1:], psi, x)
    with raises("covariates", "a table"):
        fay_herriot.fit(y, psi, y)
    with raises("sigma2_v", "did not converge in 1 iterations"):
        fay_herriot.fit(y, psi, x, max_iterations=1)


def test_checks_agree_with_their_definitions() -> None:
    model = milk()
    checks = model_checks.check(model)
    assert checks.leverage.sum() == pytest.approx(4)
    assert checks.shrinkage == pytest.approx(1 - model.gamma.mean())
    assert checks.wald == pytest.approx(((MILK - model.eblup) ** 2 / (MILK_ERROR**2 + model.mse)).sum())
    assert 0 < checks.wald < 43 and checks.wald_p > 0.9 and checks.overlap == 1.0
    assert (checks.normality, checks.normality_p) == pytest.approx(tuple(shapiro(checks.residual)))
    for i in (0, 21, 42):  # influence is how far beta moves without the area, in its own covariance
        rest = np.arange(43) != i
        root = 1 / np.sqrt(model.sigma2_v + MILK_ERROR[rest] ** 2)
        without = np.linalg.lstsq(root[:, None] * model.covariates[rest], root * MILK[rest])[0]
        moved = (model.beta - without) @ np.linalg.solve(model.beta_covariance, model.beta - without) / 4
        assert checks.influence[i] == pytest.approx(moved)


def test_residuals_are_standard_and_r2_is_that_of_the_true_values() -> None:
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(2000), rng.normal(size=2000)])
    psi = rng.uniform(0.5, 2, 2000)
    theta = x @ [0.0, 2.0] + rng.normal(size=2000)
    direct = theta + rng.normal(size=2000) * np.sqrt(psi)
    direct[:5] = psi[:5] = np.nan
    checks = model_checks.check(fay_herriot.fit(direct, psi, x))
    assert np.isnan(checks.residual[:5]).all() and np.isnan(checks.leverage[:5]).all()
    assert (np.nanmean(checks.residual), np.nanstd(checks.residual)) == pytest.approx((0, 1), abs=0.03)
    assert checks.adjusted_r2 == pytest.approx(4 / 5, abs=0.03)
    assert checks.normality_p > 0.01


def test_an_outlier_is_seen() -> None:
    y, psi, x = areas(4, 60, 2, 0.5)
    y[17] += 15
    model = fay_herriot.fit(y, psi, x)
    checks = model_checks.check(model)
    assert abs(checks.residual).argmax() == 17 and checks.normality_p < 1e-4 and checks.overlap < 1
    same = model_checks.check(fay_herriot.fit(np.sqrt(psi) * np.sign(x[:, 1]) / 10, psi, x))
    assert math.isnan(same.adjusted_r2), "the direct estimates vary less than their sampling errors"
    shifted = model_checks.check(replace(model, eblup=model.eblup + 5))
    assert shifted.wald_p < 1e-6


def variances(seed: int, d: int) -> tuple[np.ndarray, ...]:
    """Chi-square direct variances with 1 to 3 degrees of freedom around 2 p(1 - p) / n, and these true ones."""
    rng = np.random.default_rng(seed)
    n, p = rng.integers(8, 400, d), rng.uniform(0.05, 0.6, d)
    degrees = rng.integers(1, 4, d)
    true = 2 * p * (1 - p) / n
    return true * rng.chisquare(degrees) / degrees, degrees, n, p, true


def test_a_variance_function_recovers_what_few_psus_hide() -> None:
    psi, degrees, n, p, true = variances(1, 1500)
    smoothed = variance_function.smooth(psi, degrees, n, p)
    np.testing.assert_allclose(smoothed.coefficients, [math.log(2), -1, 1], atol=0.2)
    assert (smoothed.variance / true).mean() == pytest.approx(1, abs=0.05)
    assert smoothed.dispersion == pytest.approx(1, abs=0.15)
    assert abs(np.log(smoothed.variance / true)).max() < 0.2 < np.median(abs(np.log(psi / true)))
    relative = degrees * (psi / smoothed.variance - 1)
    assert abs(relative.sum()) < 1e-6 * degrees.sum() and abs(relative @ np.log(n)) < 1e-6 * degrees.sum()


def test_variances_are_unbiased_over_many_samples() -> None:
    coefficients = [variance_function.smooth(*variances(seed, 150)[:4]).coefficients for seed in range(60)]
    noise = np.std(coefficients, axis=0) / math.sqrt(60)
    assert (abs(np.mean(coefficients, axis=0) - [math.log(2), -1, 1]) < 4 * noise + 0.03).all()


def test_zeros_and_single_psus() -> None:
    psi, degrees, n, p, _ = variances(2, 400)
    psi[:10], psi[10:20], degrees[10:20] = 0, np.nan, 0
    smoothed = variance_function.smooth(psi, degrees, n, p)
    assert smoothed.areas == 390 and (smoothed.variance > 0).all() and np.isfinite(smoothed.variance).all()
    assert smoothed.variance.mean() < variance_function.smooth(psi[20:], degrees[20:], n[20:], p[20:]).variance.mean()


def test_variances_that_cannot_be_smoothed_are_refused() -> None:
    psi, degrees, n, p, _ = variances(3, 10)
    first = np.arange(10) == 0
    with raises("proportion", "not inside", "areas 0"):
        variance_function.smooth(psi, degrees, n, np.where(first, 0, p))
    with raises("variance", "missing or negative", "0 degrees"):
        variance_function.smooth(np.where(first, np.nan, psi), degrees, n, p)
    with raises("size", "not positive"):
        variance_function.smooth(psi, degrees, np.where(first, 0, n), p)
    with raises("degrees", "PSUs less strata"):
        variance_function.smooth(psi, np.where(first, -1, degrees), n, p)
    for unusable in [(psi[:3], degrees[:3], n[:3], p[:3]), (psi, degrees, n, p * 0 + 0.5), (psi * 0, degrees, n, p)]:
        with raises("four or more direct variances"):
            variance_function.smooth(*unusable)


def test_benchmarked_areas_sum_to_the_total_of_their_group() -> None:
    rng = np.random.default_rng(1)
    estimate, people = rng.uniform(0.1, 0.6, 30), rng.uniform(1e3, 1e6, 30)
    group = np.repeat(["01", "02", "32"], 10).tolist()
    share = {"01": 1.0, "02": 1.1, "32": 0.8}
    totals = {g: s * float((people * estimate)[np.array(group) == g].sum()) for g, s in share.items()}
    mse = np.full(30, 0.01)
    adjusted = benchmark(estimate, mse, people, group, totals, {"02": 1e4})
    odds = (adjusted.estimate / (1 - adjusted.estimate)) / (estimate / (1 - estimate))
    for i, g in enumerate(adjusted.groups):
        member = np.array(group) == g
        assert people[member] @ adjusted.estimate[member] == pytest.approx(totals[g], rel=1e-12)
        np.testing.assert_allclose(odds[member], math.exp(adjusted.adjustment[i]), rtol=1e-9)
    np.testing.assert_allclose(adjusted.mse, mse + (adjusted.estimate - estimate) ** 2)
    np.testing.assert_allclose(adjusted.estimate[:10], estimate[:10])
    np.testing.assert_allclose(adjusted.discrepancy, [np.nan, (totals["02"] - adjusted.model_total[1]) / 100, np.nan])


def test_a_share_and_its_complement_are_benchmarked_alike() -> None:
    estimate, people = np.array([0.95, 0.5, 0.2]), np.array([1.0, 2.0, 3.0])
    adjusted = benchmark(estimate, estimate * 0, people, ["g"] * 3, {"g": 5.5})
    other = benchmark(1 - estimate, estimate * 0, people, ["g"] * 3, {"g": 0.5})
    np.testing.assert_allclose(adjusted.estimate, 1 - other.estimate, rtol=1e-9)
    assert (adjusted.estimate < 1).all() and (np.diff(adjusted.estimate) < 0).all(), "the order is kept"


@given(
    st.lists(st.tuples(st.floats(1e-6, 1 - 1e-6), st.floats(1, 1e6)), min_size=1, max_size=8),
    st.floats(0.001, 0.999),
)
def test_any_total_within_reach_is_reached(cells: list[tuple[float, float]], share: float) -> None:
    estimate, people = np.array(cells).T
    total = share * people.sum()
    adjusted = benchmark(estimate, estimate * 0, people, ["g"] * len(cells), {"g": total})
    assert people @ adjusted.estimate == pytest.approx(total, rel=1e-9)
    assert ((adjusted.estimate > 0) & (adjusted.estimate < 1)).all()


def test_totals_that_cannot_be_reached_are_refused() -> None:
    two: Any = ([0.2, 0.4], [0.01, 0.01], [10, 10])
    for total in (21.0, 20.0, 0.0, -1.0):
        with raises("group a", "no proportions inside", str(total)):
            benchmark(*two, ["a", "a"], {"a": total})
    with raises("finite direct total", "b"):
        benchmark(*two, ["a", "b"], {"a": 6.0})
    with raises("finite direct total", "b"):
        benchmark(*two, ["a", "a"], {"a": 6.0, "b": 1.0})
    with raises("finite direct total", "a"):
        benchmark(*two, ["a", "a"], {"a": math.nan})
    for useless in ({"a": 0.0}, {"b": 1.0}):
        with raises("variance", "above 0"):
            benchmark(*two, ["a", "a"], {"a": 6.0}, useless)
    for outside in (math.nan, 0.0, 1.0, -0.2):
        with raises("estimate", "not inside", "areas 1"):
            benchmark([0.2, outside], *two[1:], ["a", "a"], {"a": 6.0})
    with raises("mse", "not 0 or more"):
        benchmark(two[0], [-1, 0], two[2], ["a", "a"], {"a": 6.0})
    with raises("population", "not 0 or more"):
        benchmark(*two[:2], [1, -1], ["a", "a"], {"a": 6.0})


@given(st.floats(-0.5, 2.1), st.floats(1e-6, 0.5))
def test_no_proportion_that_is_taken_back_is_0_or_1(theta: float, mse: float) -> None:
    """Mean and variance are those of sin squared of a normal variable; limits contain the mean."""
    mean, variance = proportions.taken_back(np.array([theta]), np.array([mse]))
    lower, upper = proportions.limits(mean, np.array([mse]), 1.96)
    assert 0 <= lower[0] < mean[0] < upper[0] <= 1 and 0 < mean[0] < 1
    bounded = min(max(theta, 0.0), math.pi / 2)
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    values, weights = np.sin(bounded + math.sqrt(mse) * nodes) ** 2, weights / weights.sum()
    assert mean[0] == pytest.approx(weights @ values, rel=1e-9, abs=1e-12)
    assert variance[0] == pytest.approx(weights @ (values - weights @ values) ** 2, rel=1e-6, abs=1e-12)


def test_the_sampling_variance_on_the_arcsine_scale_is_that_of_an_effective_sample() -> None:
    share, n = np.array([0.1, 0.5]), np.array([40.0, 10.0])
    np.testing.assert_allclose(proportions.sampling_variance(share * (1 - share) / n, share), 1 / (4 * n))
    np.testing.assert_allclose(proportions.transformed(np.array([0, 0.5, 1])), [0, math.pi / 4, math.pi / 2])
    with raises("direct", "not a proportion", "areas 1"):
        proportions.transformed(np.array([0.2, 1.2, np.nan]))


def test_a_rank_correlation_is_that_of_scipy() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.integers(0, 9, 50).astype(float), rng.normal(size=50)
    assert model_checks.rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert math.isnan(model_checks.rank_correlation(one, other * 0))


FITTED = """
import hashlib, sys
import numpy as np
from sdg_pipeline.estimate.small_area import fay_herriot
draw = np.random.default_rng(5)
x = np.column_stack([np.ones(20_000), draw.normal(size=(20_000, 6))])
psi = draw.uniform(0.1, 2, 20_000)
model = fay_herriot.fit((x * np.arange(1, 8)).sum(axis=1) + draw.normal(size=20_000) * np.sqrt(psi + 1), psi, x)
print(hashlib.sha256(model.eblup.tobytes() + model.mse.tobytes() + model.beta.tobytes()).hexdigest())
"""


def test_a_model_is_the_same_to_the_last_bit_with_any_number_of_threads() -> None:
    """So many areas that BLAS would cut the sums by threads."""
    said = [
        subprocess.run(
            [sys.executable, "-c", FITTED],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    ]
    assert said[0] == said[1] != ""


def test_the_decomposition_is_that_of_lapack() -> None:
    x = np.random.default_rng(6).normal(size=(50, 4))
    basis, triangle = decomposed(x)
    np.testing.assert_allclose(basis @ triangle, x, atol=1e-14)
    np.testing.assert_allclose(basis.T @ basis, np.eye(4), atol=1e-15)
    np.testing.assert_allclose(triangle, np.triu(triangle))
    np.testing.assert_allclose(abs(triangle), abs(np.linalg.qr(x)[1]), rtol=1e-12, atol=1e-14)
