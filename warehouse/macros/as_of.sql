-- The observations as a release had them: FROM sdg.as_of('2026-10'), by release name, year, month or day (sdg.known_release).
-- The columns are those of observation, and year; each row comes with the edition, bytes and definition that this release used.
CREATE MACRO as_of(moment) AS TABLE
WITH asked AS MATERIALIZED (
    SELECT
        r.id,
        r.sequence
    FROM release AS r
    WHERE r.id = known_release(moment)
)
-- No row of observation: it only gives the columns their order.
SELECT o.* EXCLUDE (first_sequence, until_sequence, provenance), CAST(o.time_period AS INTEGER) AS year
FROM observation AS o
WHERE false
UNION ALL BY NAME
SELECT
    v.* EXCLUDE (first_sequence, until_sequence, provenance),
    p.* EXCLUDE (indicator, first_sequence, until_sequence, provenance),
    asked.id AS "release",
    CAST(v.time_period AS INTEGER) AS year
FROM value_version AS v
CROSS JOIN asked
JOIN provenance AS p
    ON p.indicator = v.indicator
    AND p.provenance = v.provenance
    AND p.first_sequence <= asked.sequence
    AND (p.until_sequence IS NULL OR p.until_sequence > asked.sequence)
WHERE v.first_sequence <= asked.sequence
    AND (v.until_sequence IS NULL OR v.until_sequence > asked.sequence);
