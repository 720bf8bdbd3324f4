-- One row for each indicator and area: its own total in the newest period of its level (newest_period), with the reason where
-- it has no value. previous is the value of the period before that has one, change the difference to it, unless the survey
-- changed in between (break_period). Rank 1 is the best area of the level where the indicator has a better way (up, down);
-- otherwise the largest. Values that are shown alike share a rank (shown_order).
CREATE VIEW newest AS
WITH total AS (
    SELECT
        l.*,
        p.time_period AS newest
    FROM latest AS l
    JOIN newest_period AS p
        ON p.indicator = l.indicator AND p.geo_level = l.geo_level AND l.time_period <= p.time_period
        AND p.sex = l.sex AND p.age = l.age AND p.urbanisation = l.urbanisation AND p.disability = l.disability
        AND p.indigenous = l.indigenous AND p.income_quantile = l.income_quantile AND p.education = l.education
),
before AS (
    SELECT
        t.indicator,
        t.ref_area,
        max(t.time_period) AS previous_time_period,
        max_by(t.obs_value, t.time_period) AS previous_value
    FROM total AS t
    WHERE t.time_period < t.newest AND t.obs_value IS NOT NULL
    GROUP BY ALL
)
SELECT
    t.indicator,
    t.goal,
    t.title_en,
    t.title_es,
    t.geo_level,
    t.ref_area,
    t.area_name,
    t.state,
    t.state_name,
    t.time_period,
    t.year,
    t.obs_value,
    t.unit_en,
    t.unit_es,
    t.decimals,
    b.previous_time_period,
    b.previous_value,
    CASE
        WHEN NOT EXISTS (
            SELECT 1
            FROM break_period AS p
            WHERE p.indicator = t.indicator AND p.time_period > b.previous_time_period AND p.time_period <= t.time_period
        ) THEN t.obs_value - b.previous_value
    END AS change,
    CASE
        WHEN t.obs_value IS NULL THEN NULL
        ELSE rank() OVER (
            PARTITION BY t.indicator, t.geo_level
            ORDER BY shown_order(t.obs_value, t.direction, t.decimals) NULLS LAST
        )
    END AS rank,
    t.numerator,
    t.denominator,
    t.ci_lower,
    t.ci_upper,
    t.precision,
    t.obs_status,
    t.obs_reason,
    t.coverage
FROM total AS t
LEFT JOIN before AS b ON b.indicator = t.indicator AND b.ref_area = t.ref_area
WHERE t.time_period = t.newest;

COMMENT ON COLUMN newest.year IS 'Year that the value refers to, as a number';
COMMENT ON COLUMN newest.previous_time_period IS 'Period before the newest that has a value; NULL where none has';
COMMENT ON COLUMN newest.previous_value IS 'Value of that period';
COMMENT ON COLUMN newest.change IS 'Value less that of the period before; NULL where the two cannot be compared';
COMMENT ON COLUMN newest.rank IS 'Rank among the areas of the level; NULL without a value';
