-- Two areas side by side, for every year and group that either has: FROM sdg.compare('dwellings_with_piped_water', 20067, 'MX').
-- Areas are given as 20067, '20067' or 'MX20067'; an unknown one is an error. difference and ratio are first against second.
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
    coalesce(one.unit_en, two.unit_en) AS unit_en,
    CASE WHEN 'partial' IN (one.coverage, two.coverage) THEN 'partial' ELSE 'full' END AS coverage
FROM one
FULL JOIN two
    USING (time_period, sex, age, urbanisation, disability, indigenous, income_quantile, education)
ORDER BY time_period, sex, age, urbanisation, disability, indigenous, income_quantile, education;
