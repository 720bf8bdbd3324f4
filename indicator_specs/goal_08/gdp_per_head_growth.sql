-- Growth of real GDP per inhabitant on the year before, per cent. The two figures come from two parts of the table, so
-- that each area and year has one row of either. The population is in the quotient but not in the columns of the result,
-- which could cite one source only.
WITH both_figures AS (
  SELECT
    geo_level,
    state,
    time_period,
    SUM(gdp_constant) / SUM(population) AS per_head
  FROM staged.gdp_and_population_state
  GROUP BY geo_level, state, time_period
), pair AS (
  SELECT
    geo_level,
    state,
    time_period,
    per_head,
    LAG(per_head) OVER (PARTITION BY geo_level, state ORDER BY time_period) AS before
  FROM both_figures
)
SELECT
  geo_level,
  state,
  '_T' AS municipality,
  time_period,
  CAST(NULL AS DOUBLE) AS numerator,
  CAST(NULL AS DOUBLE) AS denominator,
  100.0 * (per_head / before - 1) AS obs_value
FROM pair
WHERE NOT before IS NULL
