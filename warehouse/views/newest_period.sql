-- The newest period of each indicator and level that has a value of the indicator's own total and is no forecast.
-- The codes are those of the own total: `_T` in every dimension or, where the indicator has no such row, the one group with the
-- fewest other codes. An indicator that has several such groups (women and men, and no total) has no own total and no row here.
CREATE VIEW newest_period AS
WITH grouped AS (
    SELECT
        o.indicator,
        o.geo_level,
        max(CASE WHEN o.obs_value IS NOT NULL AND o.obs_status <> 'F' THEN o.time_period END) AS time_period,
        o.sex,
        o.age,
        o.urbanisation,
        o.disability,
        o.indigenous,
        o.income_quantile,
        o.education,
        (o.sex <> '_T')::INTEGER + (o.age <> '_T')::INTEGER + (o.urbanisation <> '_T')::INTEGER
        + (o.disability <> '_T')::INTEGER + (o.indigenous <> '_T')::INTEGER + (o.income_quantile <> '_T')::INTEGER
        + (o.education <> '_T')::INTEGER AS codes
    FROM observation AS o
    GROUP BY ALL
),
widest AS (
    SELECT
        g.*,
        dense_rank() OVER (PARTITION BY g.indicator ORDER BY g.codes) AS place,
        concat_ws(
            '|', g.sex, g.age, g.urbanisation, g.disability, g.indigenous, g.income_quantile, g.education
        ) AS total
    FROM grouped AS g
)
SELECT w.* EXCLUDE (codes, place, total)
FROM widest AS w
WHERE w.place = 1
QUALIFY min(w.total) OVER (PARTITION BY w.indicator) = max(w.total) OVER (PARTITION BY w.indicator)
    AND w.time_period IS NOT NULL;
