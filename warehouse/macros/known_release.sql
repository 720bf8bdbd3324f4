-- The name of the release that a name, a year, a month or a day means: sdg.known_release('2026-10').
-- A date means the newest release that was published until its end. What means none is an error that names those there are.
CREATE MACRO known_release(moment) AS
CASE
    WHEN CAST(moment AS VARCHAR) IN (SELECT named.id FROM release AS named) THEN CAST(moment AS VARCHAR)
    WHEN
        regexp_full_match(CAST(moment AS VARCHAR), '\d{4}(-\d{2}(-\d{2})?)?')
        AND EXISTS (
            SELECT 1
            FROM release AS dated
            WHERE left(dated.published_on, length(CAST(moment AS VARCHAR))) <= CAST(moment AS VARCHAR)
        )
        THEN (
            SELECT until.id
            FROM release AS until
            WHERE left(until.published_on, length(CAST(moment AS VARCHAR))) <= CAST(moment AS VARCHAR)
            ORDER BY until.published_on DESC, until.sequence DESC
            LIMIT 1
        )
    ELSE error(
        'no release ''' || CAST(moment AS VARCHAR) || ''', and none of which it is known that it was published until then; '
        || 'there are: ' || (SELECT string_agg(there.id, ', ' ORDER BY there.sequence) FROM release AS there)
    )
END;
