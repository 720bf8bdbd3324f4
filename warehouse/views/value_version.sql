-- Every version of every value over all releases: those of the latest, and those that only others have.
-- A row stands from first_sequence up to, not including, until_sequence (NULL: still). sdg.as_of joins where it came from.
CREATE VIEW value_version AS
SELECT
    o.* EXCLUDE (
        geo_vintage, denominator_source, coverage, source, source_edition, source_sha256, spec_hash, "release"
    )
FROM observation AS o
UNION ALL BY NAME
SELECT p.*
FROM past AS p;
