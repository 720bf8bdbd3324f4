-- Each year of an indicator with standard errors against the year before it: FROM sdg.test_change('poverty', 'MX').
-- The samples of two years are taken to be independent. z is the difference over its standard error; beyond 1.96 it is significant
-- at 95 per cent. Years without a published standard error have no test, and their z is NULL. Where the survey changed between
-- the two years (break_period), comparable is false, and there is neither a difference nor a test.
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
),
compared AS (
    SELECT
        d.* EXCLUDE (std_error),
        b.time_period IS NULL AS comparable,
        CASE WHEN b.time_period IS NULL THEN d.obs_value - d.reference_value END AS difference,
        CASE
            WHEN b.time_period IS NULL THEN sqrt(d.std_error * d.std_error + d.reference_error * d.reference_error)
        END AS std_error
    FROM dated AS d
    LEFT JOIN (
        SELECT
            y.reference,
            y.time_period AS current_period,
            min(p.time_period) AS time_period
        FROM (SELECT DISTINCT e.indicator, e.reference, e.time_period FROM dated AS e) AS y
        JOIN break_period AS p
            ON p.indicator = y.indicator AND p.time_period > y.reference AND p.time_period <= y.time_period
        GROUP BY y.reference, y.time_period
    ) AS b ON b.reference = d.reference AND b.current_period = d.time_period
    WHERE d.reference IS NOT NULL
)
SELECT
    time_period,
    CAST(time_period AS INTEGER) AS year,
    reference,
    comparable,
    sex,
    age,
    urbanisation,
    disability,
    indigenous,
    income_quantile,
    education,
    obs_value,
    reference_value,
    difference,
    std_error,
    difference / nullif(std_error, 0) AS z,
    abs(difference) > 1.96 * std_error AS significant,
    ci_lower,
    ci_upper,
    precision,
    obs_reason
FROM compared
ORDER BY time_period, sex, age, urbanisation, disability, indigenous, income_quantile, education;
