-- The codes of the areas of a name, case and accents forgiven: sdg.areas_named('benito juarez').
-- A name that a state or the nation shares with municipalities is theirs.
CREATE MACRO areas_named(area) AS (
    SELECT coalesce(list(n.ref_area ORDER BY n.ref_area), [])
    FROM area AS n
    WHERE plain_name(n.name) = plain_name(area)
        AND (
            n.level IN ('national', 'state')
            OR NOT EXISTS (
                SELECT 1
                FROM area AS h
                WHERE h.level IN ('national', 'state') AND plain_name(h.name) = plain_name(area)
            )
        )
);
