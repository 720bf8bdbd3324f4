-- Mean number of the six social deprivations among the poor, as a share of six, per cent.
SELECT
  geo_level,
  state,
  '_T' AS municipality,
  time_period,
  CAST(NULL AS DOUBLE) AS numerator,
  CAST(NULL AS DOUBLE) AS denominator,
  100.0 * MAX(poverty_deprivations) / 6 AS obs_value
FROM staged.poverty_state
GROUP BY geo_level, state, time_period
