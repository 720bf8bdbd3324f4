-- The id itself where any release has such an indicator, or where one of the latest had it before; an error otherwise (see
-- sdg.known_indicator for the latest).
CREATE MACRO known_in_releases(id) AS
CASE
    WHEN id IN (SELECT known.indicator FROM provenance AS known) THEN id
    WHEN id IN (SELECT known.name FROM indicator_name AS known) THEN id
    ELSE error('no indicator ''' || id || ''' in any release; SELECT DISTINCT indicator FROM sdg.provenance lists them')
END;
