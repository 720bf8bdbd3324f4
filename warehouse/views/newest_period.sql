-- The newest period of each indicator and level with a value of the indicator's own total (total_key) that is no forecast.
-- An indicator whose values are all of groups (women and men, and no total) has no row here.
CREATE VIEW newest_period AS
SELECT
    o.indicator,
    o.geo_level,
    max(o.time_period) AS time_period,
    o.sex,
    o.age,
    o.urbanisation,
    o.disability,
    o.indigenous,
    o.income_quantile,
    o.education
FROM observation AS o
SEMI JOIN total_key USING (indicator, sex, age, urbanisation, disability, indigenous, income_quantile, education)
WHERE o.obs_value IS NOT NULL AND o.obs_status <> 'F'
GROUP BY ALL;
