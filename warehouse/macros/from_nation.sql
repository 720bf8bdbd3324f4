-- States of a survey against the nation, with the test of no difference: FROM sdg.from_nation('internet_users').
-- The nation holds the state: the variance of the difference counts that. Totals only; see the table difference for groups.
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
    d.p_value < 0.05 AS significant
FROM difference AS d
SEMI JOIN total_key USING (indicator, sex, age, urbanisation, disability, indigenous, income_quantile, education)
JOIN area AS a ON a.ref_area = d.ref_area
WHERE d.indicator = known_indicator(id) AND d.comparison = 'nation'
ORDER BY d.time_period, d.ref_area;
