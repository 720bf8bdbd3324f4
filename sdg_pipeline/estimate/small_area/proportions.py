"""Proportions on the arcsine scale, whose values cannot leave (0, 1) when they are taken back.

What belongs here: the transformation of direct proportions, and proportions with errors and limits from estimates on
its scale. What does not: the model (fay_herriot) and the agreement with states (benchmarking).

theta = arcsin sqrt(p) lies in [0, pi / 2], and the sampling variance of its direct estimate does not depend on p. It is
1 / (4 n), n the effective size of the sample. Source: Hadam, Würz and Kreutzmann (2020). Estimating regional
unemployment with mobile network data for Functional Urban Areas in Germany. Freie Universität Berlin.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sdg_pipeline.estimate.small_area.areas import refuse

if TYPE_CHECKING:
    from sdg_pipeline.estimate.small_area.areas import Floats

MODEL = "model of proportions"
HIGHEST = math.pi / 2
"""The value of a proportion of 1."""


def transformed(proportion: Floats) -> Floats:
    """arcsin sqrt(p) of proportions (D), NaN where there is none. Raises ModelError for what is no proportion."""
    import numpy

    outside = (proportion < 0) | (proportion > 1)
    refuse(MODEL, "direct", outside, "not a proportion", "model a share of records, from 0 to 1")
    return numpy.asarray(numpy.arcsin(numpy.sqrt(proportion)))


def sampling_variance(variance: Floats, proportion: Floats) -> Floats:
    """1 / (4 n) from a ``variance`` of p (1 - p) / n at the ``proportion`` p that it was predicted for."""
    return variance / (4 * proportion * (1 - proportion))


def taken_back(theta: Floats, mse: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of sin² of normal variables with means ``theta``, held in [0, pi / 2], and variances ``mse``.

    sin² of the mean alone is biased away from 1/2. It holds that sin² x = (1 - cos 2x) / 2 and E cos 2x = exp(-2 s²)
    cos 2m. So the mean is (1 - exp(-2 s²) cos 2m) / 2, inside (0, 1) for any s² above 0. The variance is (1 - exp(-4
    s²)) (1 - exp(-4 s²) cos 4m) / 8.
    """
    import numpy

    mean = numpy.clip(theta, 0.0, HIGHEST)
    proportion = (1 - numpy.exp(-2 * mse) * numpy.cos(2 * mean)) / 2
    variance = -numpy.expm1(-4 * mse) * (1 - numpy.exp(-4 * mse) * numpy.cos(4 * mean)) / 8
    return proportion, variance


def limits(proportion: Floats, mse: Floats, quantile: float) -> tuple[Floats, Floats]:
    """Limits of proportions from errors on the arcsine scale: they contain the proportion and stay in [0, 1]."""
    import numpy

    theta, margin = transformed(proportion), quantile * numpy.sqrt(mse)
    lower, upper = numpy.clip(theta - margin, 0.0, HIGHEST), numpy.clip(theta + margin, 0.0, HIGHEST)
    return numpy.sin(lower) ** 2, numpy.sin(upper) ** 2
