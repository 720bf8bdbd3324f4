-- The codes of the areas of a name, case and accents forgiven: sdg.areas_named('benito juarez').
-- A name that a state or the nation shares with municipalities is theirs. A former or other name is taken where no area
-- has it now: sdg.areas_named('Distrito Federal').
CREATE MACRO areas_named(area) AS (
    SELECT coalesce(list(r.ref_area ORDER BY r.ref_area), [])
    FROM (
        SELECT
            n.ref_area,
            rank() OVER (
                ORDER BY plain_name(n.name) <> plain_name(area), n.level NOT IN ('national', 'state')
            ) AS place
        FROM area AS n
        WHERE plain_name(n.name) = plain_name(area)
            OR EXISTS (
                SELECT 1
                FROM (SELECT unnest(n.former_names || n.other_names) AS name) AS o
                WHERE plain_name(o.name) = plain_name(area)
            )
    ) AS r
    WHERE r.place = 1
);
