-- The id itself where the release has such an indicator, an error otherwise: a misspelt id is not an empty result.
CREATE MACRO known_indicator(id) AS
CASE
    WHEN id IN (SELECT known.id FROM indicator AS known) THEN id
    ELSE error('no indicator ''' || id || ''' in this release; SELECT id, title_en FROM sdg.indicator lists them')
END;
