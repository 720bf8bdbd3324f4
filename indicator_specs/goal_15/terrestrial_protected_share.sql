-- Protected land in per cent of 1959248 square kilometres, the surface that the spec cites.
SELECT
  'national' AS geo_level,
  '_T' AS state,
  '_T' AS municipality,
  time_period,
  SUM(land) AS numerator,
  CAST(1959248 AS DOUBLE) AS denominator,
  100.0 * SUM(land) / 1959248 AS obs_value
FROM staged.protected_areas
GROUP BY time_period
