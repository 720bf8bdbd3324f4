-- The name of the release that a name, a year, a month or a day means: sdg.known_release('2026-10').
-- A date means the release that was in force at its end. What means none is an error that names those there are.
CREATE MACRO known_release(moment) AS
CASE
    WHEN CAST(moment AS VARCHAR) IN (SELECT named.id FROM release AS named) THEN CAST(moment AS VARCHAR)
    WHEN
        regexp_full_match(CAST(moment AS VARCHAR), '\d{4}(-\d{2}(-\d{2})?)?')
        AND EXISTS (
            SELECT 1
            FROM publication AS dated
            WHERE left(dated.published_on, length(CAST(moment AS VARCHAR))) <= CAST(moment AS VARCHAR)
        )
        THEN (
            SELECT until.release
            FROM publication AS until
            JOIN release AS made ON made.id = until.release
            WHERE left(until.published_on, length(CAST(moment AS VARCHAR))) <= CAST(moment AS VARCHAR)
            ORDER BY until.number DESC, until.published_on DESC, made.sequence DESC
            LIMIT 1
        )
    ELSE error(
        'no release ''' || CAST(moment AS VARCHAR) || ''', and none of which it is known that it was published until then; '
        || 'there are: ' || (SELECT string_agg(there.id, ', ' ORDER BY there.sequence) FROM release AS there)
    )
END;
