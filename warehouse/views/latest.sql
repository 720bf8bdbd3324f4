-- Observations of the latest release, with the indicator's titles and unit and the state's name beside each value.
-- year is time_period as a number. NATURAL JOIN total_key leaves the totals: _T, or the code of whom an indicator is of (sex F,
-- age Y15T19). coverage says partial where the run did not see the whole country.
CREATE VIEW latest AS
SELECT
    o.*,
    CAST(o.time_period AS INTEGER) AS year,
    i.goal,
    i.title_en,
    i.title_es,
    i.unit_en,
    i.unit_es,
    i.decimals,
    i.direction,
    a.state,
    a.state_name
FROM observation AS o
JOIN indicator AS i ON i.id = o.indicator
LEFT JOIN area AS a ON a.ref_area = o.ref_area;

COMMENT ON COLUMN latest.year IS 'Year that the value refers to, as a number';
