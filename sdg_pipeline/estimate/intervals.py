"""Confidence intervals that SQL cannot compute.

What belongs here: quantiles on the small table of results. What does not: sums over records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow

CONFIDENCE = 0.95


def garwood(events: Any, confidence: float = CONFIDENCE) -> tuple[Any, Any]:
    """Exact limits of the mean of a Poisson variable seen once, for an array of counts (whole, from 0).

    They are half the chi-square quantiles with 2d and 2d + 2 degrees of freedom. The lower limit of 0 is 0. Source:
    Garwood (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437-442.
    """
    import numpy
    from scipy.stats import chi2

    tail = (1 - confidence) / 2
    counts = numpy.asarray(events, dtype=float)
    lower = numpy.where(counts > 0, chi2.ppf(tail, 2 * counts) / 2, 0.0)
    return lower, chi2.ppf(1 - tail, 2 * counts + 2) / 2


def with_interval(rates: pyarrow.Table, multiplier: float) -> pyarrow.Table:
    """The table of rates with ci_lower and ci_upper (unit of the rate) where it has a value.

    The exact limits of the count are moved to the scale of the rate by the ratio of their standard errors. Of a crude
    rate these are the exact limits themselves; a rate of no event has those of the crude rate. Source: Dobson et al.
    (1991). Confidence intervals for weighted sums of Poisson parameters. Statistics in Medicine 10, 457-462.
    """
    import numpy
    import pyarrow

    value = rates["obs_value"].to_numpy(zero_copy_only=False).astype(float)
    has_value = ~numpy.isnan(value)
    events = numpy.where(has_value, rates["numerator"].to_numpy(zero_copy_only=False), 0.0)
    people = numpy.where(has_value, rates["denominator"].to_numpy(zero_copy_only=False), 1.0)
    error = rates["std_error"].to_numpy(zero_copy_only=False).astype(float)
    none = events == 0
    per_event = numpy.where(none, multiplier / people, error / numpy.sqrt(numpy.where(none, 1.0, events)))
    for column, limit in zip(("ci_lower", "ci_upper"), garwood(events), strict=True):
        scaled = pyarrow.array(value + per_event * (limit - events), pyarrow.float64(), mask=~has_value)
        rates = rates.set_column(rates.schema.get_field_index(column), column, scaled)
    return rates


def student(max_df: int, confidence: float) -> Any:
    """Quantiles of Student's t for two-sided intervals with 1 to ``max_df`` degrees of freedom, shape (max_df,)."""
    import numpy
    from scipy.stats import t

    return t.ppf((1 + confidence) / 2, numpy.arange(1, max_df + 1))


def korn_graubard(share: Any, error: Any, records: Any, df: Any, confidence: float) -> tuple[Any, Any]:
    """Limits of shares (0 to 1) from a survey, arrays of shape (n,), that hold for rare ones too.

    These are the exact binomial limits of Clopper and Pearson for the effective number of records. That number is share
    (1 - share) / error², scaled by the squared ratio of two quantiles of Student's t. The first has records - 1 degrees
    of freedom, the second those of the design. R's svyciprop (method beta) does the same. A share of 0 or 1 has no
    error, and its effective number is that of the records. Source: Korn and Graubard (1998). Confidence intervals for
    proportions with small expected number of positive counts estimated from survey data. Survey Methodology 24,
    193-201.
    """
    import numpy
    from scipy.stats import beta, t

    tail = (1 - confidence) / 2
    variance = share * (1 - share)
    certain = error <= 0
    effective = numpy.where(certain, records, variance / numpy.where(certain, 1.0, error * error))
    effective = effective * (t.ppf(tail, records - 1) / t.ppf(tail, df)) ** 2
    positive = effective * share
    with numpy.errstate(invalid="ignore"):
        lower = numpy.where(positive > 0, beta.ppf(tail, positive, effective - positive + 1), 0.0)
        upper = numpy.where(share < 1, beta.ppf(1 - tail, positive + 1, effective - positive), 1.0)
    return lower, upper
