-- Groups of a survey against a reference group, with the test of no difference: FROM sdg.gap('internet_users', 'sex').
-- One row for each area, year and group; significant where the p-value is below 0.05. An estimate that is withheld has no row,
-- and a dimension by which the indicator has no gaps is an error.
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
    d.p_value < 0.05 AS significant
FROM difference AS d
JOIN area AS a ON a.ref_area = d.ref_area
WHERE d.indicator = known_indicator(id) AND d.comparison = 'gap' AND d.dimension = known_split(known_indicator(id), split_by)
ORDER BY
    d.ref_area, d.time_period, d.sex, d.age, d.urbanisation, d.disability, d.indigenous, d.income_quantile, d.education;
