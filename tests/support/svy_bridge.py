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
    known = np.isfinite(fpc).any()
    asked = [ask.of, *([ask.over] if ask.over else [])]
    frame = survey.records[list(dict.fromkeys([*asked, *ask.by, "weight", "stratum", "psu"]))]
    # no infinity among the sizes of populations: so many PSUs that the correction is 1 to the last bit
    records = pl.DataFrame({n: frame[n].to_numpy() for n in frame} | {"fpc": fpc.replace(math.inf, 1e18).to_numpy()})
    records = records.with_columns(pl.col(n).fill_nan(None) for n in asked)
    design = svy.Design(
        stratum="stratum", psu="psu", wgt="weight", pop_size="fpc" if known else None, singleton=RULES[ask.lonely]
    )
    estimation = svy.Sample(records, design).estimation
    shared: dict[str, Any] = {"by": list(ask.by) or None, "drop_nulls": True}
    if ask.statistic != "quantile":
        shared["deff"] = "wr" if ask.deff else None
    if ask.statistic == "ratio":
        found = [estimation.ratio(ask.of, ask.over, **shared)]
    elif ask.statistic == "quantile":
        found = [estimation.quantile(ask.of, p=ask.p, **shared)]
    elif ask.statistic == "prop":
        found = [estimation.prop(ask.of, ci_method=method, **shared) for method in ("logit", "beta")]
    else:
        found = [getattr(estimation, ask.statistic)(ask.of, **shared)]
    return _estimates(found, ask)


def _estimates(found: Sequence[Any], ask: Ask) -> dict[Key, Estimate]:
    rows: dict[Key, list[Any]] = {}
    for result in found:
        for row in result.estimates:
            if ask.statistic != "prop" or row.y_level in (1, 1.0, "1", "1.0", True):
                rows.setdefault(tuple(map(str, row.by_level or ())), []).append(row)
    none = (math.nan, math.nan)
    return {
        key: Estimate(
            row.est, row.se, row.df, math.nan if row.deff is None else row.deff,
            none if ask.statistic == "prop" else (row.lci, row.uci),
            *([(row.lci, row.uci), none, (others[0].lci, others[0].uci)] if others else [none, none, none]), weighted=row.n or 0,
        )
        for key, (row, *others) in rows.items()
    }  # fmt: skip
