-- Each year of an indicator with standard errors against the year before it: FROM sdg.test_change('poverty', 'MX').
-- The samples of two years are taken to be independent. z is the difference over its standard error; beyond 1.96 it is significant
-- at 95 per cent. Years without a published standard error have no test, and their z is NULL.
CREATE MACRO test_change(id, area) AS TABLE
WITH dated AS (
    SELECT
        l.*,
        lag(l.time_period) OVER earlier AS reference,
        lag(l.obs_value) OVER earlier AS reference_value,
        lag(l.std_error) OVER earlier AS reference_error
    FROM latest AS l
    WHERE l.indicator = known_indicator(id) AND l.ref_area = known_area(area) AND l.obs_value IS NOT NULL
    WINDOW earlier AS (
        PARTITION BY l.sex, l.age, l.urbanisation, l.disability, l.indigenous, l.income_quantile, l.education
        ORDER BY l.time_period
    )
)
SELECT
    time_period,
    CAST(time_period AS INTEGER) AS year,
    reference,
    sex,
    age,
    urbanisation,
    disability,
    indigenous,
    income_quantile,
    education,
    obs_value,
    reference_value,
    obs_value - reference_value AS difference,
    sqrt(std_error * std_error + reference_error * reference_error) AS std_error,
    (obs_value - reference_value) / nullif(sqrt(std_error * std_error + reference_error * reference_error), 0) AS z,
    abs(obs_value - reference_value) > 1.96 * sqrt(std_error * std_error + reference_error * reference_error) AS significant,
    ci_lower,
    ci_upper,
    precision,
    obs_reason
FROM dated
WHERE reference IS NOT NULL
ORDER BY time_period, sex, age, urbanisation, disability, indigenous, income_quantile, education;
