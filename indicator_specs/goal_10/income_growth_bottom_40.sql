-- Annual growth of real income per head over four years, per cent: the fourth root of the quotient of the two means.
WITH yearly AS (
  SELECT
    geo_level,
    state,
    CAST(time_period AS INTEGER) AS year,
    AVG(income_per_head) AS income
  FROM staged.income_deciles
  WHERE income_quantile IN ('D1', 'D2', 'D3', 'D4') AND urbanisation = '_T'
  GROUP BY geo_level, state, time_period
)
SELECT
  later.geo_level AS geo_level,
  later.state AS state,
  '_T' AS municipality,
  CAST(later.year AS VARCHAR) AS time_period,
  CAST(NULL AS DOUBLE) AS numerator,
  CAST(NULL AS DOUBLE) AS denominator,
  100.0 * (EXP(LN(later.income / earlier.income) / 4) - 1) AS obs_value
FROM yearly AS later
JOIN yearly AS earlier
  ON earlier.geo_level = later.geo_level AND earlier.state = later.state AND earlier.year = later.year - 4
