-- Values that differ between two releases, with the cause: FROM sdg.release_changes('2026-09', '2026-10'), by name or date.
-- kind: added, removed, revised (another value), reclassified (the same with another status, reason, precision, nature, unit or
-- series), detail (only numerator, denominator, sample, error, interval or area name differ). errors is the difference in
-- standard errors of the older value, where it has one. cause: which of edition, bytes, denominator, geography, definition and
-- coverage are not those of the other release; indicator where that has none of it; inputs where only source files that the
-- row does not name changed (table release_input); code where nothing but the software did.
CREATE MACRO release_changes(older, newer) AS TABLE
WITH bound AS MATERIALIZED (
    SELECT
        low.sequence AS low,
        high.sequence AS high,
        EXISTS (
            SELECT 1
            FROM release_input AS i
            WHERE i.kind = 'source' AND (i.first_sequence <= low.sequence AND coalesce(i.until_sequence > low.sequence, true))
                <> (i.first_sequence <= high.sequence AND coalesce(i.until_sequence > high.sequence, true))
        ) AS inputs_differ
    FROM release AS low
    CROSS JOIN release AS high
    WHERE low.id = known_release(older) AND high.id = known_release(newer)
),
-- A version that stands in both is the same row in both: these stand in one of them.
moved AS (
    SELECT
        v.*,
        v.first_sequence <= b.low AND coalesce(v.until_sequence > b.low, true) AS is_old,
        v.first_sequence <= b.high AND coalesce(v.until_sequence > b.high, true) AS is_new
    FROM value_version AS v
    CROSS JOIN bound AS b
    WHERE (v.first_sequence <= b.low AND coalesce(v.until_sequence > b.low, true))
        <> (v.first_sequence <= b.high AND coalesce(v.until_sequence > b.high, true))
),
old AS (
    SELECT
        m.*,
        p.source || '/' || p.source_edition AS edition,
        p.facts
    FROM moved AS m
    JOIN provenance_at(older) AS p ON p.indicator = m.indicator AND p.provenance = m.provenance
    WHERE m.is_old
),
new AS (
    SELECT
        m.*,
        p.source || '/' || p.source_edition AS edition,
        p.facts
    FROM moved AS m
    JOIN provenance_at(newer) AS p ON p.indicator = m.indicator AND p.provenance = m.provenance
    WHERE m.is_new
),
-- Of the whole indicator, for rows that the other release has not.
old_facts AS (SELECT p.indicator, flatten(list(p.facts)) AS facts FROM provenance_at(older) AS p GROUP BY p.indicator),
new_facts AS (SELECT p.indicator, flatten(list(p.facts)) AS facts FROM provenance_at(newer) AS p GROUP BY p.indicator),
compared AS (
    SELECT
        indicator,
        ref_area,
        coalesce(n.area_name, o.area_name) AS area_name,
        coalesce(n.geo_level, o.geo_level) AS geo_level,
        time_period,
        CAST(time_period AS INTEGER) AS year,
        sex,
        age,
        urbanisation,
        disability,
        indigenous,
        income_quantile,
        education,
        CASE
            WHEN o.is_old IS NULL THEN 'added'
            WHEN n.is_new IS NULL THEN 'removed'
            WHEN (o.obs_value IS NULL) <> (n.obs_value IS NULL)
                -- Half a unit in the twelfth significant digit: sums of floats differ in the last digits.
                OR abs(n.obs_value - o.obs_value) > 5e-13 * greatest(abs(o.obs_value), abs(n.obs_value))
                THEN 'revised'
            WHEN (o.obs_status, o.obs_reason, o.precision, o.nature, o.unit_measure, o.series)
                IS DISTINCT FROM (n.obs_status, n.obs_reason, n.precision, n.nature, n.unit_measure, n.series)
                THEN 'reclassified'
            WHEN (
                o.numerator, o.denominator, o.n_obs, o.n_missing, o.n_psu, o.std_error, o.cv, o.ci_lower, o.ci_upper, o.deff,
                o.df, o.area_name
            ) IS DISTINCT FROM (
                n.numerator, n.denominator, n.n_obs, n.n_missing, n.n_psu, n.std_error, n.cv, n.ci_lower, n.ci_upper, n.deff,
                n.df, n.area_name
            ) THEN 'detail'
        END AS kind,
        o.obs_value AS old_value,
        n.obs_value AS new_value,
        n.obs_value - o.obs_value AS difference,
        abs(n.obs_value - o.obs_value) / nullif(coalesce(o.std_error, n.std_error), 0) AS errors,
        o.obs_status AS old_status,
        n.obs_status AS new_status,
        o.obs_reason AS old_reason,
        n.obs_reason AS new_reason,
        n.ci_lower,
        n.ci_upper,
        n.precision,
        o.edition AS old_edition,
        n.edition AS new_edition,
        coalesce(n.facts, o.facts) AS mine,
        CASE
            WHEN o.is_old IS NULL THEN old_facts.facts
            WHEN n.is_new IS NULL THEN new_facts.facts
            ELSE o.facts
        END AS theirs
    FROM old AS o
    FULL JOIN new AS n
        USING (
            indicator, ref_area, time_period, sex, age, urbanisation, disability, indigenous, income_quantile, education
        )
    LEFT JOIN old_facts USING (indicator)
    LEFT JOIN new_facts USING (indicator)
)
SELECT
    c.* EXCLUDE (mine, theirs),
    CASE
        WHEN c.theirs IS NULL THEN 'indicator'
        ELSE coalesce(
            nullif(
                concat_ws(
                    ', ',
                    CASE
                        WHEN NOT list_contains(c.theirs, c.mine[1]) THEN 'edition'
                        WHEN NOT list_contains(c.theirs, c.mine[2]) THEN 'bytes'
                    END,
                    CASE WHEN NOT list_contains(c.theirs, c.mine[3]) THEN 'denominator' END,
                    CASE WHEN NOT list_contains(c.theirs, c.mine[4]) THEN 'geography' END,
                    CASE WHEN NOT list_contains(c.theirs, c.mine[5]) THEN 'definition' END,
                    CASE WHEN NOT list_contains(c.theirs, c.mine[6]) THEN 'coverage' END
                ),
                ''
            ),
            CASE WHEN b.inputs_differ THEN 'inputs' ELSE 'code' END
        )
    END AS cause
FROM compared AS c
CROSS JOIN bound AS b
WHERE c.kind IS NOT NULL
ORDER BY
    c.errors DESC NULLS LAST, c.indicator, c.ref_area, c.time_period, c.sex, c.age, c.urbanisation, c.disability,
    c.indigenous, c.income_quantile, c.education;
