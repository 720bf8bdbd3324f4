-- The states of an indicator in its newest year, ranked, the national value beside: FROM sdg.by_state('dwellings_with_piped_water').
-- The year is that of newest_period: of the indicator's own total, with values, no forecast. Rank 1 is the best where the
-- indicator has a better way (up, down); otherwise the largest. Areas without a value have no rank.
CREATE MACRO by_state(id) AS TABLE
WITH total AS (
    SELECT l.*
    FROM latest AS l
    JOIN newest_period AS p
        ON p.geo_level = 'state' AND p.indicator = l.indicator AND p.time_period = l.time_period
        AND p.sex = l.sex AND p.age = l.age AND p.urbanisation = l.urbanisation AND p.disability = l.disability
        AND p.indigenous = l.indigenous AND p.income_quantile = l.income_quantile AND p.education = l.education
    WHERE l.indicator = known_indicator(id)
)
SELECT
    CASE
        WHEN s.obs_value IS NULL THEN NULL
        ELSE rank() OVER (ORDER BY CASE WHEN s.direction = 'down' THEN s.obs_value ELSE -s.obs_value END NULLS LAST)
    END AS rank,
    s.ref_area,
    s.area_name,
    s.time_period,
    s.obs_value,
    n.obs_value AS national_value,
    s.obs_value - n.obs_value AS difference,
    s.unit_en,
    s.numerator,
    s.denominator,
    s.obs_status,
    s.coverage,
    n.coverage AS national_coverage
FROM total AS s
LEFT JOIN total AS n ON n.geo_level = 'national'
WHERE s.geo_level = 'state'
ORDER BY rank NULLS LAST, s.ref_area;
