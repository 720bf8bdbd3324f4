-- Protected land by the year of the first decree, added up, in per cent of 1959248 square kilometres.
WITH decreed AS (
  SELECT SUBSTRING(decree, 1, 4) AS year, SUM(land) AS surface
  FROM staged.protected_areas
  GROUP BY SUBSTRING(decree, 1, 4)
), added AS (
  SELECT year, SUM(surface) OVER (ORDER BY year) AS surface FROM decreed
)
SELECT
  'national' AS geo_level,
  '_T' AS state,
  '_T' AS municipality,
  year AS time_period,
  surface AS numerator,
  CAST(1959248 AS DOUBLE) AS denominator,
  100.0 * surface / 1959248 AS obs_value
FROM added
WHERE year >= '1990'
