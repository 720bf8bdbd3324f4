-- What the best peers of a municipality have otherwise: the indicators with a better way in which the best quarter of its peers is
-- furthest ahead, in spreads (distance between the quartiles of all municipalities): FROM sdg.peer_lessons('MX20067') LIMIT 10.
-- Only indicators that peers predict better than the state are compared.
CREATE MACRO peer_lessons(area) AS TABLE
WITH other AS (
    SELECT
        n.indicator,
        n.area_name,
        n.obs_value,
        i.direction,
        row_number() OVER (
            PARTITION BY n.indicator
            ORDER BY if(i.direction = 'down', n.obs_value, -n.obs_value), n.ref_area
        ) AS place,
        count(*) OVER (PARTITION BY n.indicator) AS peers
    FROM peer AS p
    JOIN newest AS n ON n.ref_area = p.peer AND n.obs_value IS NOT NULL
    JOIN indicator AS i ON i.id = n.indicator AND i.direction IN ('up', 'down')
    JOIN peer_quality AS q ON q.indicator = n.indicator AND q.shown = 'peers' AND q.role <> 'circular'
    WHERE p.ref_area = known_area(area)
),
best AS (
    SELECT
        o.indicator,
        avg(o.obs_value) AS best_value,
        list(o.area_name ORDER BY o.place) AS best_peers
    FROM other AS o
    WHERE o.place <= greatest(1, round(o.peers / 4))
    GROUP BY o.indicator
),
spread AS (
    SELECT
        n.indicator,
        quantile_cont(n.obs_value, 0.75) - quantile_cont(n.obs_value, 0.25) AS width
    FROM newest AS n
    WHERE n.geo_level = 'municipality'
    GROUP BY n.indicator
)
SELECT
    i.id AS indicator,
    i.goal,
    i.title_en,
    i.title_es,
    o.time_period,
    o.obs_value,
    b.best_value,
    i.unit_en,
    if(i.direction = 'down', o.obs_value - b.best_value, b.best_value - o.obs_value) / s.width AS spreads_ahead,
    b.best_peers
FROM newest AS o
JOIN indicator AS i ON i.id = o.indicator
JOIN best AS b ON b.indicator = o.indicator
JOIN spread AS s ON s.indicator = o.indicator AND s.width > 0
WHERE
    o.ref_area = known_area(area)
    AND if(i.direction = 'down', o.obs_value > b.best_value, o.obs_value < b.best_value)
ORDER BY spreads_ahead DESC, i.id;
