-- The states of an indicator in its newest year, ranked, the national value of that year beside:
-- FROM sdg.by_state('dwellings_with_piped_water'). The year is that of newest_period: of the indicator's own total, with values,
-- no forecast. Rank 1 is the best where the indicator has a better way (up, down); otherwise the largest. Areas without a value
-- have no rank, and the reason why.
CREATE MACRO by_state(id) AS TABLE
WITH nation AS (
    SELECT
        l.obs_value,
        l.coverage
    FROM latest AS l
    JOIN newest_period AS p
        ON p.geo_level = 'state' AND p.indicator = l.indicator AND p.time_period = l.time_period
        AND p.sex = l.sex AND p.age = l.age AND p.urbanisation = l.urbanisation AND p.disability = l.disability
        AND p.indigenous = l.indigenous AND p.income_quantile = l.income_quantile AND p.education = l.education
    WHERE l.indicator = known_indicator(id) AND l.geo_level = 'national'
)
SELECT
    s.rank,
    s.ref_area,
    s.area_name,
    s.time_period,
    s.year,
    s.obs_value,
    n.obs_value AS national_value,
    s.obs_value - n.obs_value AS difference,
    s.unit_en,
    s.numerator,
    s.denominator,
    s.ci_lower,
    s.ci_upper,
    s.precision,
    s.obs_status,
    s.obs_reason,
    s.coverage,
    n.coverage AS national_coverage
FROM newest AS s
LEFT JOIN nation AS n ON true
WHERE s.indicator = known_indicator(id) AND s.geo_level = 'state'
ORDER BY s.rank NULLS LAST, s.ref_area;
