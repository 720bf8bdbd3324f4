"""The variance of an estimate: that of a total of scores in a stratified sample of PSUs.

What belongs here: the one formula for all statistics, and its cases of strata with one PSU. What does not: scores.
"""

from __future__ import annotations

from sdg_pipeline.estimate.survey.sums import ordered
from sdg_pipeline.specs.design import Design


def variance(design: Design, score: str = "score") -> str:
    """SELECT of ``domain_no`` and ``variance`` from scores of PSUs (domain_no, time_period, stratum, z) and the design.

    Sum over strata of f n / (n - 1) times the squared deviations of the PSU totals of scores from their mean. Here n
    counts all PSUs of the stratum; those without a record of the domain have a score of 0. f is the share of PSUs not
    in the sample. PSUs are ultimate clusters (Särndal, Swensson and Wretman 1992, 5.5; Cochran 1977, Sampling
    Techniques, 11.18). A stratum with one PSU adds f z² about zero (``adjust``), the mean of what the domain's other
    strata add (``average``), or nothing. These are the rules of R's survey 4.1.
    """
    return (
        f"SELECT domain_no, {summed(design)} AS variance FROM ({by_stratum(design, score)}) AS part GROUP BY domain_no"
    )


def summed(design: Design) -> str:
    """SQL of the sum of what strata ``added``, empty where a stratum has one PSU and takes the average."""
    averaged = " * COUNT(*) / NULLIF(COUNT(added), 0)" if design.single_psu == "average" else ""
    return ordered("added") + averaged


def by_stratum(design: Design, score: str = "score") -> str:
    """SELECT of ``domain_no``, ``time_period``, ``stratum`` and what the stratum ``added`` to the variance.

    Deviations are squared after their mean is taken off: the difference of large sums would lose digits. Let m scores
    have the mean c, and the other n - m PSUs be at 0. Squared deviations from c m / n are then m var + (1 - m / n) m
    c².
    """
    squares = "s.m * (s.spread + (1.0 - s.m / h.n_psu) * s.mean * s.mean)"
    added = _of_stratum(design, squares, "s.mean * s.mean")
    listed = f"SELECT domain_no, time_period, stratum, LIST_SORT(LIST(z)) AS zs FROM {score} GROUP BY ALL"
    return (
        f"SELECT domain_no, time_period, stratum, {added} AS added FROM (SELECT domain_no, time_period, stratum, "
        f"LEN(zs) AS m, LIST_AVG(zs) AS mean, LIST_VAR_POP(zs) AS spread FROM ({listed}) AS listed) AS s "
        f"JOIN design AS h USING (time_period, stratum)"
    )


def covariance(design: Design, products: str, sums: str) -> str:
    """SQL of what a stratum ``h`` adds to a covariance, from ``products`` of scores of PSUs and of their ``sums``."""
    deviations = f"({products} - {sums} / h.n_psu)"
    return _of_stratum(design, deviations, products)


def _of_stratum(design: Design, deviations: str, alone: str) -> str:
    """``deviations`` of the PSUs of a stratum ``h``, scaled; of one with one PSU what the design says of ``alone``."""
    single = {"adjust": f"h.unsampled * {alone}", "average": "NULL"}.get(design.single_psu, "0.0")
    return (
        f"CASE WHEN h.unsampled < {NOTHING} THEN 0.0 WHEN h.n_psu = 1 THEN {single} "
        f"ELSE h.unsampled * h.n_psu / (h.n_psu - 1.0) * {deviations} END"
    )


NOTHING = 1e-7
"""A share of PSUs out of the sample below this is none: the stratum was taken whole."""
