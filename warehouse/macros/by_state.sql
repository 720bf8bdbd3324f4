-- The states of an indicator in its newest year, ranked, the national value beside: FROM sdg.by_state('dwellings_with_piped_water').
-- Rank 1 is the best where the indicator has a better way (up, down); otherwise the largest. Areas without a value have no rank.
CREATE MACRO by_state(id) AS TABLE
WITH total AS (
    SELECT l.*
    FROM latest AS l
    SEMI JOIN total_key USING (indicator, sex, age, urbanisation, disability, indigenous, income_quantile, education)
    WHERE l.indicator = known_indicator(id)
),
state_total AS (
    SELECT t.*
    FROM total AS t
    WHERE t.geo_level = 'state'
        AND t.time_period = (SELECT max(s.time_period) FROM total AS s WHERE s.geo_level = 'state')
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
FROM state_total AS s
LEFT JOIN total AS n ON n.geo_level = 'national' AND n.time_period = s.time_period
ORDER BY rank NULLS LAST, s.ref_area;
