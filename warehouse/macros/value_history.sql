-- What the releases said of an area, version by version: FROM sdg.value_history('intentional_homicide_files', 'MX').
-- Releases that had the indicator under a former id count as well. A version stands from first_release to last_release (NULL: it stands); edition and definition are those that it came with.
CREATE MACRO value_history(id, area) AS TABLE
SELECT
    v.ref_area,
    v.area_name,
    v.time_period,
    CAST(v.time_period AS INTEGER) AS year,
    v.sex,
    v.age,
    v.urbanisation,
    v.disability,
    v.indigenous,
    v.income_quantile,
    v.education,
    since.id AS first_release,
    CASE
        WHEN v.until_sequence IS NOT NULL
            THEN (SELECT max_by(r.id, r.sequence) FROM release AS r WHERE r.sequence < v.until_sequence)
    END AS last_release,
    v.obs_value,
    v.numerator,
    v.denominator,
    v.std_error,
    v.ci_lower,
    v.ci_upper,
    v.precision,
    v.obs_status,
    v.obs_reason,
    p.source,
    p.source_edition,
    p.spec_hash
FROM value_version AS v
JOIN release AS since ON since.sequence = v.first_sequence
JOIN provenance AS p
    ON p.indicator = v.indicator
    AND p.provenance = v.provenance
    AND p.first_sequence <= v.first_sequence
    AND (p.until_sequence IS NULL OR p.until_sequence > v.first_sequence)
WHERE (
    v.indicator = known_in_releases(id)
    OR v.indicator IN (
        SELECT other.name
        FROM indicator_name AS asked
        JOIN indicator_name AS other ON other.indicator = asked.indicator
        WHERE asked.name = known_in_releases(id)
    )
)
AND v.ref_area = known_area(area)
ORDER BY
    v.time_period, v.sex, v.age, v.urbanisation, v.disability, v.indigenous, v.income_quantile, v.education,
    v.first_sequence;
