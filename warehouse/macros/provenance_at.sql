-- Where the values of a release came from: FROM sdg.provenance_at('2026-10'). Rows refer to it by indicator and provenance.
-- facts has it as a list, so that the differences between two releases can be named: edition, bytes, denominator, geography,
-- definition, coverage.
CREATE MACRO provenance_at(moment) AS TABLE
SELECT
    p.* EXCLUDE (first_sequence, until_sequence),
    [
        'edition ' || p.source || '/' || p.source_edition,
        'bytes ' || p.source_sha256,
        'denominator ' || coalesce(p.denominator_source, ''),
        'geography ' || p.geo_vintage,
        'definition ' || p.spec_hash,
        'coverage ' || p.coverage
    ] AS facts
FROM provenance AS p
JOIN release AS r ON r.id = known_release(moment)
WHERE p.first_sequence <= r.sequence AND (p.until_sequence IS NULL OR p.until_sequence > r.sequence)
ORDER BY p.indicator, p.provenance;
