"""The variance of an estimate: that of a total of scores in a stratified sample of PSUs.

What belongs here: the one formula for all statistics, and its cases of strata with one PSU. What does not: scores.
"""

from __future__ import annotations

from sdg_pipeline.specs.design import Design


def variance(design: Design, keys: str, score: str = "score") -> str:
    """SELECT of ``keys`` and ``variance`` from the scores of PSUs (keys, stratum, z) and the strata of the sample.

    Sum over strata of f n / (n - 1) times the squared deviations of the PSU totals of scores from their mean, where n
    counts all PSUs of the stratum, those without a record of the domain with a score of 0, and f is the share of PSUs
    not in the sample: Cochran (1977), Sampling Techniques, 11.18, with PSUs as ultimate clusters (Särndal, Swensson
    and Wretman 1992, 5.5). A stratum with one PSU adds f z² about zero (``adjust``), the mean of what the domain's
    other strata add (``average``), or nothing; these are the rules of R's survey 4.1.
    """
    return (
        f"SELECT {keys}, {summed(design)} AS variance FROM ({by_stratum(design, keys, score)}) AS part GROUP BY {keys}"
    )


def summed(design: Design) -> str:
    """SQL of the sum of what strata ``added``, empty where a stratum has one PSU and takes the average."""
    return "SUM(added) * COUNT(*) / NULLIF(COUNT(added), 0)" if design.single_psu == "average" else "SUM(added)"


def by_stratum(design: Design, keys: str, score: str = "score") -> str:
    """SELECT of ``keys``, ``stratum`` and what the stratum ``added`` to the variance.

    Deviations are squared after their mean is taken off: the difference of large sums would lose digits.
    """
    squares = "(SUM((s.z - s.centre) * (s.z - s.centre)) + (MAX(s.n_psu) - COUNT(*)) * MAX(s.centre * s.centre))"
    added = _of_stratum(design, "MAX(s.unsampled)", "MAX(s.n_psu)", squares, "SUM(s.z * s.z)")
    return (
        f"SELECT {keys}, s.stratum, {added} AS added FROM (SELECT {keys}, z.stratum, z.z, h.n_psu, h.unsampled, "
        f"SUM(z.z) OVER (PARTITION BY {keys}, z.stratum) / h.n_psu AS centre "
        f"FROM {score} AS z JOIN design AS h USING (time_period, stratum)) AS s GROUP BY {keys}, s.stratum"
    )


def covariance(design: Design, products: str, sums: str) -> str:
    """SQL of what a stratum ``h`` adds to a covariance, from ``products`` of scores of PSUs and of their ``sums``."""
    deviations = f"({products} - {sums} / h.n_psu)"
    return _of_stratum(design, "h.unsampled", "h.n_psu", deviations, products)


def _of_stratum(design: Design, unsampled: str, n_psu: str, deviations: str, alone: str) -> str:
    """``deviations`` of the PSUs of a stratum, scaled; for a stratum with one PSU what the design says of ``alone``."""
    single = {"adjust": f"{unsampled} * {alone}", "average": "NULL"}.get(design.single_psu, "0.0")
    return (
        f"CASE WHEN {unsampled} < {NOTHING} THEN 0.0 WHEN {n_psu} = 1 THEN {single} "
        f"ELSE {unsampled} * {n_psu} / ({n_psu} - 1.0) * {deviations} END"
    )


NOTHING = 1e-7
"""A share of PSUs out of the sample below this is none: the stratum was taken whole."""
