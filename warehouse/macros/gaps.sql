-- What an area lacks: each indicator without a value of its own in the newest period, with the class, the reason where the cell is
-- empty, and what would close it: FROM sdg.gaps('MX20067'). See gap_grid for the counts of a level, and gap for all empty cells.
CREATE MACRO gaps(area) AS TABLE
SELECT
    i.id AS indicator,
    i.goal,
    i.title_en,
    i.title_es,
    coalesce(g.class, l.class) AS class,
    g.reason,
    coalesce(g.institution, l.institution) AS institution,
    coalesce(g.closes_with_en, l.closes_with_en) AS closes_with_en,
    coalesce(g.closes_with_es, l.closes_with_es) AS closes_with_es
FROM indicator AS i
CROSS JOIN (SELECT a.* FROM area AS a WHERE a.ref_area = known_area(area)) AS a
LEFT JOIN newest AS n ON n.indicator = i.id AND n.ref_area = a.ref_area AND n.obs_value IS NOT NULL
LEFT JOIN (
    SELECT
        e.*,
        'empty' AS class,
        t.institution
    FROM gap AS e
    JOIN gap_grid AS t
        ON t.indicator = e.indicator AND t.geo_level = e.geo_level AND t.dimension = '_T' AND t.class = 'empty'
) AS g ON g.indicator = i.id AND g.ref_area = a.ref_area
LEFT JOIN (
    SELECT
        s.*,
        row_number() OVER (
            PARTITION BY s.indicator, s.geo_level, b.ref_area
            ORDER BY
                CASE s.class
                    WHEN 'no_level' THEN 1
                    WHEN 'not_in_register' THEN 2
                    WHEN 'by_group_only' THEN 3
                    ELSE 4
                END
        ) AS first,
        b.ref_area
    FROM gap_grid AS s
    JOIN area AS b ON b.level = s.geo_level
    WHERE
        s.dimension = '_T'
        AND s.class NOT IN ('value', 'empty')
        AND (s.class <> 'not_in_register' OR b.first_vintage > s.vintage)
) AS l ON l.indicator = i.id AND l.ref_area = a.ref_area AND l.first = 1
WHERE n.indicator IS NULL AND coalesce(g.class, l.class) IS NOT NULL
ORDER BY i.goal, i.id;
