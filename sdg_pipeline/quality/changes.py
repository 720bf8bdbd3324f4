"""Implausible changes over time and municipalities far beyond their neighbours, as SQL over ``figure``.

Both are judged on the scale of logarithms where all values of an indicator are above 0. There an error is a factor (a
lost digit, thousands for units). Both take the sampling or Poisson error of the values off. The tables ``change`` and
``beyond`` are made once and rules choose from them by their thresholds; each rule's query returns the columns that
``relations`` describes. What belongs here: what is surprising. What does not: whether it is explained (deviations).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdg_pipeline.quality.figures import KEYS, UNITS_OF_AMOUNTS, among, codes
from sdg_pipeline.specs.base import UNKNOWN, Level
from sdg_pipeline.specs.coherence import Change, Neighbours
from sdg_pipeline.specs.fields import DIMENSIONS

if TYPE_CHECKING:
    import duckdb

FEWEST_NEIGHBOURS = 8
"""Areas of a state (or states) that tell what is usual among them."""
FEWEST_CHANGES = 3
"""Earlier changes of an area that tell what is usual for it, where it has no neighbours."""
LEAST_SPREAD = 0.02
"""On the scale of logarithms: values that hardly differ do not make 2 per cent surprising."""
MAD = 1.4826
"""What makes a median deviation a standard deviation, under the normal distribution."""
_KEYS = ", ".join(KEYS)
_NO_UNKNOWN = " AND ".join(f"{name} <> '{UNKNOWN}'" for name in DIMENSIONS)


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Make ``scaled``, ``change`` and ``beyond`` of ``figure``."""
    con.execute(_SCALED)
    con.execute(_CHANGE)
    con.execute(_BEYOND)


_SCALED = f"""
CREATE OR REPLACE TEMP TABLE scaled AS
WITH scale AS (
  SELECT indicator,
         any_value(unit_measure) LIKE 'PER_%' AND bool_or(std_error IS NOT NULL)
           OR any_value(unit_measure) = 'NUMBER' AND bool_and(denominator IS NULL) AND bool_or(numerator IS NOT NULL)
           AS of_events,
         min(value) < 0 OR (min(value) = 0 AND count(numerator) = 0) AS linear,
         min(time_period) < max(time_period) AS over_time,
         any_value(unit_measure) NOT IN ({codes(UNITS_OF_AMOUNTS)}) AS comparable
  FROM figure WHERE value IS NOT NULL GROUP BY indicator
)
SELECT f.rowid AS id, series, hash(ref_area) AS area, hash(parent) AS parent, time_period::INT AS year, value, broken,
       geo_level = '{Level.MUNICIPALITY}' AS municipal, over_time, comparable, linear,
       CASE WHEN linear THEN value
            WHEN of_events AND numerator IS NOT NULL THEN ln((numerator + 0.5) / coalesce(nullif(denominator, 0), 1))
            WHEN value > 0 THEN ln(value) END AS y,
       CASE WHEN linear THEN coalesce(std_error, 0) ^ 2
            WHEN of_events AND numerator IS NOT NULL THEN 1 / (numerator + 0.5)
            WHEN std_error IS NOT NULL AND value > 0 THEN (std_error / value) ^ 2 ELSE 0 END AS variance
FROM figure AS f JOIN scale USING (indicator)
WHERE value IS NOT NULL AND geo_level <> '{Level.HARMONISED}' AND {_NO_UNKNOWN}
"""
"""Counts of events and rates of them have the Poisson variance, 1 / events on the scale of logarithms.

Keys are numbers, and ``id`` finds the row of ``figure`` again: windows over texts take several times as long.
"""

_CHANGE = f"""
CREATE OR REPLACE TEMP TABLE change AS
WITH step AS (
  SELECT *, CASE WHEN NOT broken THEN y - lag(y) OVER earlier END AS d, variance + lag(variance) OVER earlier AS noise
  FROM scaled WHERE over_time AND y IS NOT NULL
  WINDOW earlier AS (PARTITION BY series, area ORDER BY year)
),
compared AS (FROM step WHERE d IS NOT NULL),
usual AS (
  SELECT series, parent, year, median(d) AS middle, mad(d) AS spread FROM compared WHERE parent IS NOT NULL
  GROUP BY ALL HAVING count(*) >= {FEWEST_NEIGHBOURS}
),
own AS (
  SELECT *, count(*) OVER past AS n_past, median(abs(d)) OVER past AS past_spread FROM compared
  WINDOW past AS (PARTITION BY series, area ORDER BY year ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT id, value, y, d, linear, coalesce(middle, 0) AS middle, abs(d - coalesce(middle, 0)) AS distance,
       distance / sqrt(noise + ({MAD} * greatest(coalesce(spread, 0), coalesce(past_spread, 0), {LEAST_SPREAD})) ^ 2)
         AS spreads
FROM own LEFT JOIN usual USING (series, parent, year)
WHERE spread IS NOT NULL OR n_past >= {FEWEST_CHANGES}
"""

_BEYOND = f"""
CREATE OR REPLACE TEMP TABLE beyond AS
WITH here AS (
  FROM scaled WHERE municipal AND comparable AND NOT linear AND y IS NOT NULL
),
state AS (
  SELECT series, parent, year, max(y, 2) AS top, min(y, 2) AS bottom, median(y) AS middle, mad(y) AS spread
  FROM here GROUP BY ALL HAVING count(*) >= {FEWEST_NEIGHBOURS}
)
SELECT id, value, middle,
       CASE WHEN y = top[1] THEN y - top[2] WHEN y = bottom[1] THEN bottom[2] - y ELSE 0 END AS gap,
       abs(y - middle) / sqrt(variance + ({MAD} * greatest(spread, {LEAST_SPREAD})) ^ 2) AS spreads
FROM here JOIN state USING (series, parent, year) ANTI JOIN change USING (id)
"""


def change(rule: Change) -> str:
    """Every change; ``expected`` is the value after the neighbours' median change."""
    below = f" AND (linear OR distance < ln({rule.below!r}))" if rule.below else ""
    return f"""
    SELECT indicator, {_KEYS}, 'change' AS quantity, change.value AS observed,
           CASE WHEN linear THEN y - d + middle ELSE change.value * exp(middle - d) END AS expected,
           spreads > {rule.spreads!r} AND (linear OR distance > ln({rule.factor!r})){below} AS deviates
    FROM change JOIN figure ON figure.rowid = change.id WHERE {_chosen(rule)}
    """


def neighbours(rule: Neighbours) -> str:
    """Every municipality with its neighbours; ``expected`` is the median of its state.

    A value whose change was judged is left out: one that is as far from its neighbours as before is as it is.
    """
    return f"""
    SELECT indicator, {_KEYS}, 'neighbours' AS quantity, beyond.value AS observed, exp(middle) AS expected,
           spreads > {rule.spreads!r} AND gap > ln({rule.factor!r}) AS deviates
    FROM beyond JOIN figure ON figure.rowid = beyond.id WHERE {_chosen(rule)}
    """


def _chosen(rule: Change | Neighbours) -> str:
    levels = among("geo_level", tuple(level.value for level in rule.levels))
    only = rule.indicators if isinstance(rule, Change) else ()
    return f"{levels} AND {among('indicator', only, rule.leave_out)}"
