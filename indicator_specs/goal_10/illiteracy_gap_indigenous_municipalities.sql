-- Illiteracy in municipalities where at least 40 % of the population aged 3 and over speaks an indigenous language,
-- less illiteracy in all other municipalities, by state and for the nation. A state without one of the two kinds of
-- municipality has no gap. Municipalities where fewer than 90 % of the ages are known are left out, as in known_share.
WITH municipality AS (
  SELECT
    state,
    time_period,
    illiterate_15_plus AS illiterate,
    population_15_plus AS population,
    indigenous_speakers_3_plus >= 0.4 * population_3_plus AS indigenous
  FROM staged.census
  WHERE geo_level = 'municipality' AND sex = '_T'
    AND population_0_14 + population_15_64 + population_65_plus >= 0.9 * population
), rate AS (
  SELECT
    CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END AS geo_level,
    COALESCE(state, '_T') AS state,
    time_period,
    100.0 * SUM(CASE WHEN indigenous THEN illiterate END) / SUM(CASE WHEN indigenous THEN population END) AS inside,
    100.0 * SUM(CASE WHEN NOT indigenous THEN illiterate END) / SUM(CASE WHEN NOT indigenous THEN population END) AS outside
  FROM municipality
  GROUP BY GROUPING SETS ((time_period), (time_period, state))
)
SELECT
  geo_level,
  state,
  '_T' AS municipality,
  time_period,
  CAST(NULL AS DOUBLE) AS numerator,
  CAST(NULL AS DOUBLE) AS denominator,
  inside - outside AS obs_value
FROM rate
