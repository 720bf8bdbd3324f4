-- Two areas side by side, for every year and group that either has: FROM sdg.compare('dwellings_with_piped_water', 20067, 'MX').
-- Areas are given as 20067, 'MX20067' or 'Oaxaca de Juárez'; one that is unknown or ambiguous is an error. difference and ratio are first against second.
CREATE MACRO compare(id, area1, area2) AS TABLE
WITH one AS (
    SELECT l.*
    FROM latest AS l
    WHERE l.indicator = known_indicator(id) AND l.ref_area = known_area(area1)
),
two AS (
    SELECT l.*
    FROM latest AS l
    WHERE l.indicator = known_indicator(id) AND l.ref_area = known_area(area2)
)
SELECT
    time_period,
    CAST(time_period AS INTEGER) AS year,
    sex,
    age,
    urbanisation,
    disability,
    indigenous,
    income_quantile,
    education,
    one.area_name AS area_1,
    one.obs_value AS value_1,
    two.area_name AS area_2,
    two.obs_value AS value_2,
    one.obs_value - two.obs_value AS difference,
    one.obs_value / nullif(two.obs_value, 0) AS ratio,
    one.ci_lower AS ci_lower_1,
    one.ci_upper AS ci_upper_1,
    two.ci_lower AS ci_lower_2,
    two.ci_upper AS ci_upper_2,
    one.precision AS precision_1,
    two.precision AS precision_2,
    one.obs_reason AS obs_reason_1,
    two.obs_reason AS obs_reason_2,
    coalesce(one.unit_en, two.unit_en) AS unit_en,
    CASE WHEN 'partial' IN (one.coverage, two.coverage) THEN 'partial' ELSE 'full' END AS coverage
FROM one
FULL JOIN two
    USING (time_period, sex, age, urbanisation, disability, indigenous, income_quantile, education)
ORDER BY time_period, sex, age, urbanisation, disability, indigenous, income_quantile, education;
