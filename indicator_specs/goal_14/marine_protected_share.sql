-- Protected sea in per cent of 3149920 square kilometres, the surface that the spec cites.
SELECT
  'national' AS geo_level,
  '_T' AS state,
  '_T' AS municipality,
  time_period,
  SUM(sea) AS numerator,
  CAST(3149920 AS DOUBLE) AS denominator,
  100.0 * SUM(sea) / 3149920 AS obs_value
FROM staged.protected_areas
GROUP BY time_period
