-- The items of the charters with their verdict on a day: FROM sdg.charter(current_date). What a rule computes is yes, partly, no
-- or unknown; a statement is signed, expired, or unsigned where nobody had signed it by that day.
CREATE MACRO charter(today) AS TABLE
SELECT
    c.* EXCLUDE (verdict),
    CASE
        WHEN c.rule IS NOT NULL THEN c.verdict
        WHEN c.signed_on IS NULL OR CAST(c.signed_on AS DATE) > CAST(today AS DATE) THEN 'unsigned'
        WHEN CAST(c.expires_on AS DATE) >= CAST(today AS DATE) THEN 'signed'
        ELSE 'expired'
    END AS verdict
FROM charter_item AS c
ORDER BY c.charter, c.principle, c.item;
