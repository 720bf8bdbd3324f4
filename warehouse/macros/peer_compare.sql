-- An indicator of a municipality beside its peers, its state and the nation, in the newest year: FROM sdg.peer_compare('illiteracy_15_plus',
-- 'MX20067'). shown says whether the median of peers or of the state predicts the indicator better (peer_quality), and shown_value is
-- that median. best are the three peers with the best values, where the indicator has a better way.
CREATE MACRO peer_compare(id, area) AS TABLE
WITH own AS (
    SELECT n.*
    FROM newest AS n
    WHERE n.indicator = known_indicator(id) AND n.ref_area = known_area(area)
),
other AS (
    SELECT
        n.ref_area,
        n.area_name,
        n.obs_value,
        CASE i.direction WHEN 'down' THEN n.obs_value WHEN 'up' THEN -n.obs_value END AS badness
    FROM peer AS p
    JOIN newest AS n ON n.ref_area = p.peer AND n.indicator = known_indicator(id) AND n.obs_value IS NOT NULL
    JOIN indicator AS i ON i.id = n.indicator
    WHERE p.ref_area = known_area(area)
),
medians AS (
    SELECT
        (SELECT median(o.obs_value) FROM other AS o) AS peers,
        (SELECT count(*) FROM other AS o) AS peers_with_value,
        median(n.obs_value) FILTER (a.state = n.state) AS state,
        median(n.obs_value) AS nation
    FROM newest AS n
    CROSS JOIN (SELECT w.state FROM area AS w WHERE w.ref_area = known_area(area)) AS a
    WHERE n.indicator = known_indicator(id) AND n.geo_level = 'municipality' AND n.obs_value IS NOT NULL
)
SELECT
    i.id AS indicator,
    known_area(area) AS ref_area,
    o.area_name,
    o.time_period,
    o.obs_value,
    i.unit_en,
    m.peers AS peers_median,
    m.peers_with_value,
    m.state AS state_median,
    m.nation AS nation_median,
    coalesce(q.shown, 'state') AS shown,
    if(q.shown = 'peers', m.peers, m.state) AS shown_value,
    (SELECT list((b.area_name, b.obs_value) ORDER BY b.badness, b.ref_area) FROM other AS b WHERE b.badness IS NOT NULL)[:3] AS best,
    q.role
FROM indicator AS i
CROSS JOIN medians AS m
LEFT JOIN own AS o ON true
LEFT JOIN peer_quality AS q ON q.indicator = i.id
WHERE i.id = known_indicator(id);
