-- The municipalities that are most like one, nearest first: FROM sdg.peers('MX20067'). stability is the share of runs without one
-- variable that keep the peer; contributions say what part of the distance each variable has, in per cent. inherited is true where
-- the municipality has no figures of its own and takes those of the places that it was split from.
CREATE MACRO peers(area) AS TABLE
SELECT
    p.rank,
    p.peer AS ref_area,
    a.name AS area_name,
    a.state_name,
    p.distance,
    p.stability,
    c.contributions,
    c.inherited
FROM peer AS p
JOIN area AS a ON a.ref_area = p.peer
JOIN (
    SELECT
        o.ref_area,
        t.ref_area AS peer,
        map_from_entries(
            list(
                (o.variable, round(100 * abs(o.position - t.position) / nullif(d.distance * d.variables, 0), 1))
                ORDER BY abs(o.position - t.position) DESC, o.variable
            )
        ) AS contributions,
        any_value(o.inherited_from) IS NOT NULL AS inherited
    FROM peer_place AS o
    JOIN peer_place AS t ON t.variable = o.variable
    JOIN (
        SELECT
            w.*,
            (SELECT count(DISTINCT v.variable) FROM peer_place AS v) AS variables
        FROM peer AS w
    ) AS d ON d.ref_area = o.ref_area AND d.peer = t.ref_area
    WHERE o.ref_area = known_area(area)
    GROUP BY o.ref_area, t.ref_area
) AS c ON c.ref_area = p.ref_area AND c.peer = p.peer
WHERE p.ref_area = known_area(area)
ORDER BY p.rank;
