"""Samples and what is asked of them, in the terms that R `survey`, `svy` and the pipeline are all asked in.

What belongs here: the questions and the answers. What does not: who answers (r_survey, svy_bridge) and where samples
come from (designs).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

Lonely = Literal["adjust", "average", "certainty", "fail"]
Statistic = Literal["total", "mean", "prop", "ratio", "quantile", "gini", "share", "fgt"]
Key = tuple[str, ...]
"""Codes of a domain, in the order of `by`; empty for the whole."""


@dataclass(frozen=True)
class Survey:
    """A stratified sample of primary sampling units (PSU).

    ``records`` has ``weight``, ``stratum`` and ``psu`` (text; codes are reused between strata), perhaps
    ``population_psus`` (NaN where it is unknown), dimensions (text) and measures (numbers, NaN where missing).
    """

    records: pd.DataFrame
    certainty_strata: frozenset[str] = frozenset()
    """Strata that add no variance."""

    def fpc(self) -> pd.Series:
        """PSUs of the population by record: those of the sample in strata of certainty, infinite where unknown."""
        population = pd.Series(math.inf, self.records.index)
        if "population_psus" in self.records:
            population = self.records["population_psus"].fillna(math.inf)
        sampled = self.records.groupby("stratum")["psu"].transform("nunique")
        return population.where(~self.records["stratum"].isin(self.certainty_strata), sampled).astype(float)


@dataclass(frozen=True)
class Ask:
    """One statistic, for each domain.

    ``total`` and ``mean`` of a measure; ``prop``: mean of a measure of 0 and 1, with the intervals of proportions;
    ``ratio`` of two measures; ``quantile``: smallest value that at least ``p`` of the weight is at or below. R and svy
    know no other; the pipeline also has ``gini``, ``share`` and ``fgt``, with the rest of their spec in ``keys``.
    """

    name: str
    statistic: Statistic
    variable: str
    over: str = ""
    by: tuple[str, ...] = ()
    lonely: Lonely = "adjust"
    p: float = 0.5
    deff: bool = False
    keys: str = ""
    replicated: bool = False
    """Whether the standard error is that of the jackknife (JKn); asked of R alone."""


@dataclass(frozen=True)
class Estimate:
    """An answer for a domain; what cannot be computed is NaN."""

    value: float
    std_error: float
    df: float
    deff: float = math.nan
    limits: tuple[float, float] = (math.nan, math.nan)
    """Of the t interval, 95 per cent; of a quantile after Woodruff."""
    logit: tuple[float, float] = (math.nan, math.nan)
    """Delta method on the logit; of a quantile the shares of which the limits are the quantiles."""
    logit_fitted: tuple[float, float] = (math.nan, math.nan)
    """The same from a fitted model, to its convergence."""
    korn_graubard: tuple[float, float] = (math.nan, math.nan)
    records: int = 0
    """Records that have what was asked of, with those of weight 0."""
    weighted: int = 0
    """Those with a positive weight."""
    error: str = field(default="", compare=False)
    """Why there is nothing, where the program refused."""


Answers = Mapping[str, Mapping[Key, Estimate]]
"""Estimates by name of the question and domain."""
