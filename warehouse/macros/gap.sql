-- Groups of a survey against a reference group, with the test of no difference: FROM sdg.gap('internet_users', 'sex').
-- One row for each area, year and group; significant where the p-value is below 0.05. An estimate that is withheld has no row,
-- and a dimension by which the indicator has no gaps is an error. ci_lower and ci_upper
-- are those of the difference, value_ci_lower and value_ci_upper those of obs_value.
CREATE MACRO gap(id, split_by) AS TABLE
SELECT
    d.ref_area,
    a.name AS area_name,
    d.time_period,
    CAST(d.time_period AS INTEGER) AS year,
    d.sex,
    d.age,
    d.urbanisation,
    d.disability,
    d.indigenous,
    d.income_quantile,
    d.education,
    d.reference,
    d.obs_value,
    d.reference_value,
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
JOIN area AS a ON a.ref_area = d.ref_area
LEFT JOIN observation AS o
    ON o.indicator = d.indicator AND o.ref_area = d.ref_area AND o.time_period = d.time_period
    AND o.sex = d.sex AND o.age = d.age AND o.urbanisation = d.urbanisation AND o.disability = d.disability
    AND o.indigenous = d.indigenous AND o.income_quantile = d.income_quantile AND o.education = d.education
WHERE d.indicator = known_indicator(id) AND d.comparison = 'gap' AND d.dimension = known_split(known_indicator(id), split_by)
ORDER BY
    d.ref_area, d.time_period, d.sex, d.age, d.urbanisation, d.disability, d.indigenous, d.income_quantile, d.education;
