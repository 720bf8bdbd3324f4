-- The id itself where the release has such an indicator, the id of today for one that it had before, an error otherwise: a
-- misspelt id is not an empty result.
CREATE MACRO known_indicator(id) AS
CASE
    WHEN id IN (SELECT known.name FROM indicator_name AS known)
        THEN (SELECT known.indicator FROM indicator_name AS known WHERE known.name = id)
    ELSE error('no indicator ''' || id || ''' in this release; SELECT id, title_en FROM sdg.indicator lists them')
END;
