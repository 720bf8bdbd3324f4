-- The commitments with their status on a day, which is the dashboard: FROM sdg.commitments(current_date). The verdict of a
-- reviewer stands beside it. fetched_on is the day on which this warehouse's files were fetched; NULL where we have no such edition.
CREATE MACRO commitments(today) AS TABLE
SELECT
    c.register,
    c.commitment,
    c.title_en,
    c.title_es,
    c.institution,
    c.society,
    c.goal,
    c.geo_level,
    commitment_status(c.promised_on, c.published_on, h.fetched_on, c.seen_on, today) AS status,
    c.verdict,
    c.promised_on,
    c.published_on,
    h.fetched_on,
    c.seen_on,
    c.evidence,
    c.evidence_kind,
    c.assessor,
    c.impact,
    c.source,
    c.edition,
    c.cite,
    c.link
FROM commitment AS c
LEFT JOIN (
    SELECT
        s.id,
        s.edition,
        min(s.retrieved_at)[:10] AS fetched_on
    FROM source AS s
    GROUP BY ALL
) AS h ON h.id = c.source AND h.edition = c.edition AND c.assessor IS NULL
ORDER BY c.register, c.commitment;
