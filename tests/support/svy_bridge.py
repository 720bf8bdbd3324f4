"""The Python package svy as a reference for estimates of samples, on the terms of R `survey` that it knows.

What belongs here: asking svy. What does not: what is asked (surveys). Its words for lonely PSUs are others: `center` is
R's adjust, `scale` average, `skip` certainty. Where a stratum is lonely and no rule is given it refuses, as `fail`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import svy

from support.surveys import Answers, Ask, Estimate, Key, Survey

RULES = {"adjust": "center", "average": "scale", "certainty": "skip", "fail": None}


def answers(survey: Survey, asks: Sequence[Ask]) -> Answers:
    """What svy says of one sample."""
    return {ask.name: _answer(survey, ask) for ask in asks}


def _answer(survey: Survey, ask: Ask) -> dict[Key, Estimate]:
    fpc = survey.fpc()
    with_fpc = np.isfinite(fpc).any()
    asked = [ask.variable, *([ask.over] if ask.over else [])]
    frame = survey.records[list(dict.fromkeys([*asked, *ask.by, "weight", "stratum", "psu"]))]
    # no infinity among the sizes of populations: so many PSUs that the correction is 1 to the last bit
    records = pl.DataFrame({n: frame[n].to_numpy() for n in frame} | {"fpc": fpc.replace(math.inf, 1e18).to_numpy()})
    records = records.with_columns(pl.col(n).fill_nan(None) for n in asked)
    if ask.over:  # a record with no part in a ratio is none of its domain, and is left out as one without an answer is
        part = (pl.col(ask.variable) != 0) | (pl.col(ask.over) != 0)
        records = records.with_columns(pl.when(part).then(pl.col(ask.variable)).alias(ask.variable))
    design = svy.Design(
        stratum="stratum", psu="psu", wgt="weight", pop_size="fpc" if with_fpc else None, singleton=RULES[ask.lonely]
    )
    estimation = svy.Sample(records, design).estimation
    shared: dict[str, Any] = {"by": list(ask.by) or None, "drop_nulls": True}
    if ask.statistic != "quantile":
        shared["deff"] = "wr" if ask.deff else None
    if ask.statistic == "ratio":
        estimates = [estimation.ratio(ask.variable, ask.over, **shared)]
    elif ask.statistic == "quantile":
        estimates = [estimation.quantile(ask.variable, p=ask.p, **shared)]
    elif ask.statistic == "prop":
        estimates = [
            estimation.prop(ask.variable, ci_method=method, **shared) for method in ("logit", "beta", "korn-graubard")
        ]
    else:
        estimates = [getattr(estimation, ask.statistic)(ask.variable, **shared)]
    return _estimates(estimates, ask)


def _estimates(estimates: Sequence[Any], ask: Ask) -> dict[Key, Estimate]:
    rows: dict[Key, list[Any]] = {}
    for result in estimates:
        for row in result.estimates:
            if ask.statistic != "prop" or row.y_level in (1, 1.0, "1", "1.0", True):
                rows.setdefault(tuple(map(str, row.by_level or ())), []).append(row)
    return {key: _estimate(ask, *several) for key, several in rows.items()}


def _estimate(ask: Ask, row: Any, beta: Any = None, at_an_end: Any = None) -> Estimate:
    """Of a share of 0 or 1 the limits are of the method that has some: Korn-Graubard's with all records effective."""
    limits, logit, korn_graubard = (row.lci, row.uci), _NONE, _NONE
    if ask.statistic == "prop":
        limits, logit, korn_graubard = _NONE, (row.lci, row.uci), (beta.lci, beta.uci)
        if row.est in (0, 1):
            logit = korn_graubard = (at_an_end.lci, at_an_end.uci)
    deff = math.nan if row.deff is None else row.deff
    return Estimate(row.est, row.se, row.df, deff, limits, logit, _NONE, korn_graubard, weighted=row.n or 0)


_NONE = (math.nan, math.nan)
