-- All values of an indicator, over areas, years and groups: FROM sdg.series('dwellings_with_piped_water').
CREATE MACRO series(id) AS TABLE
SELECT
    l.indicator,
    l.ref_area,
    l.area_name,
    l.geo_level,
    l.time_period,
    l.year,
    l.sex,
    l.age,
    l.urbanisation,
    l.disability,
    l.indigenous,
    l.income_quantile,
    l.education,
    l.obs_value,
    l.unit_en,
    l.numerator,
    l.denominator,
    l.n_obs,
    l.std_error,
    l.ci_lower,
    l.ci_upper,
    l.precision,
    l.obs_status,
    l.obs_reason,
    l.coverage
FROM latest AS l
WHERE l.indicator = known_indicator(id)
ORDER BY
    l.ref_area, l.time_period, l.sex, l.age, l.urbanisation, l.disability, l.indigenous, l.income_quantile, l.education;
