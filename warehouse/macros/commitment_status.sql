-- What is known of a commitment on a day: met, met_late, overdue, not_yet_due or unknown. The days are dates or NULL: promised,
-- published by evidence, fetched (when we had it), seen (when somebody last looked). What came late to us alone is unknown.
CREATE MACRO commitment_status(promised, published, fetched, seen, today) AS
CASE
    WHEN CAST(published AS DATE) <= CAST(today AS DATE)
        THEN if(CAST(published AS DATE) <= CAST(promised AS DATE), 'met', 'met_late')
    WHEN CAST(fetched AS DATE) <= least(CAST(promised AS DATE), CAST(today AS DATE)) THEN 'met'
    WHEN CAST(today AS DATE) <= CAST(promised AS DATE) THEN 'not_yet_due'
    WHEN
        published IS NOT NULL
        OR seen IS NULL
        OR CAST(seen AS DATE) <= CAST(promised AS DATE)
        OR CAST(seen AS DATE) > CAST(today AS DATE)
        THEN 'unknown'
    WHEN CAST(fetched AS DATE) <= CAST(today AS DATE) THEN 'met_late'
    ELSE 'overdue'
END;
