-- States of a survey against the nation, with the test of no difference: FROM sdg.from_nation('internet_users').
-- The nation holds the state: the variance of the difference counts that. Totals only; see the table difference for groups.
-- ci_lower and ci_upper are those of the difference, value_ci_lower and value_ci_upper those of obs_value.
CREATE MACRO from_nation(id) AS TABLE
SELECT
    d.ref_area,
    a.name AS area_name,
    d.time_period,
    CAST(d.time_period AS INTEGER) AS year,
    d.obs_value,
    d.reference_value AS national_value,
    d.difference,
    d.std_error,
    d.ci_lower,
    d.ci_upper,
    d.p_value,
    d.p_value < 0.05 AS significant,
    o.ci_lower AS value_ci_lower,
    o.ci_upper AS value_ci_upper,
    o.precision,
    o.obs_reason
FROM difference AS d
SEMI JOIN total_key USING (indicator, sex, age, urbanisation, disability, indigenous, income_quantile, education)
JOIN area AS a ON a.ref_area = d.ref_area
LEFT JOIN observation AS o
    ON o.indicator = d.indicator AND o.ref_area = d.ref_area AND o.time_period = d.time_period
    AND o.sex = d.sex AND o.age = d.age AND o.urbanisation = d.urbanisation AND o.disability = d.disability
    AND o.indigenous = d.indigenous AND o.income_quantile = d.income_quantile AND o.education = d.education
WHERE d.indicator = known_indicator(id) AND d.comparison = 'nation'
ORDER BY d.time_period, d.ref_area;
