-- What is asked for, most wanted first: open requests by supporters, then by the people who live where the value is missing:
-- FROM sdg.demand(). Cells and people are those of the newest period at the level that is asked for.
CREATE MACRO demand() AS TABLE
SELECT
    r.*,
    g.cells,
    g.people,
    g.time_period
FROM request AS r
LEFT JOIN (
    SELECT
        indicator,
        geo_level,
        sum(cells) FILTER (class <> 'value') AS cells,
        sum(people) FILTER (class <> 'value') AS people,
        max(time_period) AS time_period
    FROM gap_grid
    WHERE dimension = '_T'
    GROUP BY indicator, geo_level
) AS g ON g.indicator = r.indicator AND g.geo_level = r.geo_level
ORDER BY r.status DESC, r.supporters DESC, g.people DESC NULLS LAST, r.request, r.about;
