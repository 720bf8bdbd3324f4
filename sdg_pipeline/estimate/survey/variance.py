"""The variance of an estimate: that of a total of scores in a stratified sample of PSUs.

What belongs here: the one formula for all statistics, and its cases of strata with one PSU. What does not: scores.
"""

from __future__ import annotations

from sdg_pipeline.specs.design import Design


def variance(design: Design, keys: str, score: str = "score", strata: str = "design") -> str:
    """SELECT of ``keys`` and ``variance`` from the scores of PSUs (keys, stratum, z) and the strata of the sample.

    Sum over strata of f n / (n - 1) times the squared deviations of the PSU totals of scores from their mean, where n
    counts all PSUs of the stratum, those without a record of the domain with a score of 0, and f is the share of PSUs
    not in the sample: Cochran (1977), Sampling Techniques, 11.18, with PSUs as ultimate clusters (Särndal, Swensson
    and Wretman 1992, 5.5). A stratum with one PSU adds f z² about zero (``adjust``), the mean of what the domain's
    other strata add (``average``), or nothing; these are the rules of R's survey 4.1. The deviations are squared
    after their mean is taken off: the difference of large sums would lose digits.
    """
    alone = {"adjust": "MAX(s.unsampled) * SUM(s.z * s.z)", "average": "NULL"}.get(design.single_psu, "0.0")
    scale = "SUM(added) * COUNT(*) / NULLIF(COUNT(added), 0)" if design.single_psu == "average" else "SUM(added)"
    return (
        f"SELECT {keys}, {scale} AS variance FROM (SELECT {keys}, s.stratum, CASE "
        f"WHEN MAX(s.unsampled) < {NOTHING} THEN 0.0 WHEN MAX(s.n_psu) = 1 THEN {alone} "
        "ELSE MAX(s.unsampled) * MAX(s.n_psu) / (MAX(s.n_psu) - 1.0) "
        "* (SUM((s.z - s.centre) * (s.z - s.centre)) + (MAX(s.n_psu) - COUNT(*)) * MAX(s.centre * s.centre)) "
        f"END AS added FROM (SELECT {keys}, z.stratum, z.z, h.n_psu, h.unsampled, "
        f"SUM(z.z) OVER (PARTITION BY {keys}, z.stratum) / h.n_psu AS centre "
        f"FROM {score} AS z JOIN {strata} AS h USING (time_period, stratum)) AS s "
        f"GROUP BY {keys}, s.stratum) AS part GROUP BY {keys}"
    )


NOTHING = 1e-7
"""A share of PSUs out of the sample below this is none: the stratum was taken whole."""
