WITH event_cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    time_period,
    SUM(CAST(released * 1000 AS DECIMAL(38, 12))) AS numerator,
    COUNT(DISTINCT CASE WHEN TRUE THEN establishment END) AS n_sites,
    SUM(CASE WHEN (
      released * 1000
    ) IS NULL THEN 1 ELSE 0 END) AS n_missing,
    MAX(edition) AS edition
  FROM staged.pollutant_releases
  GROUP BY
    geo_level,
    state,
    municipality,
    time_period
), event AS (
  SELECT
    'municipality' AS rows_of,
    CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END AS geo_level,
    CASE WHEN GROUPING(state) = 0 THEN CONCAT('MX', state) ELSE 'MX' END AS ref_area,
    time_period,
    CAST(SUM(numerator) AS DOUBLE) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition,
    SUM(n_sites) AS n_sites
  FROM event_cell
  WHERE
    geo_level = 'municipality'
  GROUP BY
    GROUPING SETS (
      (
        time_period
      ),
      (time_period, state)
    )
), population_cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    time_period,
    SUM(population) AS numerator,
    SUM(CASE WHEN (
      population
    ) IS NULL THEN 1 ELSE 0 END) AS n_missing,
    MAX(edition) AS edition
  FROM staged.population_state_since_2001
  GROUP BY
    geo_level,
    state,
    municipality,
    time_period
), population AS (
  SELECT
    'national' AS rows_of,
    'national' AS geo_level,
    'MX' AS ref_area,
    time_period,
    SUM(numerator) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM population_cell
  WHERE
    geo_level = 'national'
  GROUP BY
    GROUPING SETS (
      (
        time_period
      )
    )
  UNION ALL
  SELECT
    'state' AS rows_of,
    'state' AS geo_level,
    CONCAT('MX', state) AS ref_area,
    time_period,
    SUM(numerator) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM population_cell
  WHERE
    geo_level = 'state'
  GROUP BY
    GROUPING SETS (
      (time_period, state)
    )
), covered AS (
  SELECT
    e.geo_level,
    e.rows_of,
    e.time_period,
    MAX(e.edition) AS edition,
    MIN(q.states) AS states
  FROM event AS e
  JOIN part AS q
    ON q.rows_of = e.rows_of AND q.edition = e.edition
  GROUP BY
    e.geo_level,
    e.rows_of,
    e.time_period
), met AS (
  SELECT
    v.rows_of,
    v.edition,
    p.geo_level,
    p.ref_area,
    p.time_period,
    COALESCE(e.numerator, 0) AS numerator,
    CASE WHEN p.n_missing = 0 THEN p.numerator END AS denominator,
    COALESCE(e.n_missing, 1) + p.n_missing AS n_missing,
    CONCAT(q.source, '/', q.edition) AS denominator_source,
    e.n_sites AS n_sites
  FROM population AS p
  JOIN covered AS v
    ON v.geo_level = p.geo_level
    AND v.time_period = p.time_period
    AND (
      v.states = '' OR CONTAINS(v.states, SUBSTRING(p.ref_area, 3, 2))
    )
  JOIN population_part AS q
    ON q.rows_of = p.rows_of AND q.edition = p.edition
  LEFT JOIN event AS e
    ON e.geo_level = p.geo_level
    AND e.ref_area = p.ref_area
    AND e.time_period = p.time_period
), cube AS (
  SELECT
    *,
    1.0 * numerator / NULLIF(denominator, 0) AS per_person,
    1.0 * numerator / (
      NULLIF(denominator, 0) * NULLIF(denominator, 0)
    ) AS variance
  FROM met
)
SELECT
  'toxic_releases_per_head' AS indicator,
  '_L_MX_TOXIC_RELEASES_PER_HEAD' AS series,
  '12.4.2' AS sdg_indicator,
  c.ref_area AS ref_area,
  a.area_name AS area_name,
  c.geo_level AS geo_level,
  '2025' AS geo_vintage,
  c.time_period AS time_period,
  '_T' AS sex,
  '_T' AS age,
  '_T' AS urbanisation,
  '_T' AS disability,
  '_T' AS indigenous,
  '_T' AS income_quantile,
  '_T' AS education,
  CAST(CASE
    WHEN (
      CASE
        WHEN c.n_missing > 0
        THEN 'missing_component'
        WHEN c.denominator IS NULL
        THEN 'unknown_group'
        WHEN c.denominator = 0
        THEN 'zero_denominator'
      END
    ) IS NULL
    THEN 1.0 * c.per_person
  END AS DOUBLE) AS obs_value,
  'KG_PER_POP' AS unit_measure,
  CAST(CASE WHEN c.n_missing = 0 THEN c.numerator END AS DOUBLE) AS numerator,
  CAST(c.denominator AS DOUBLE) AS denominator,
  c.denominator_source AS denominator_source,
  CAST(c.n_sites AS BIGINT) AS n_obs,
  CAST(NULL AS BIGINT) AS n_missing,
  CAST(NULL AS BIGINT) AS n_psu,
  CAST(NULL AS DOUBLE) AS std_error,
  CAST(NULL AS DOUBLE) AS cv,
  CAST(NULL AS DOUBLE) AS ci_lower,
  CAST(NULL AS DOUBLE) AS ci_upper,
  CAST(NULL AS DOUBLE) AS deff,
  CAST(NULL AS DOUBLE) AS df,
  CASE WHEN 1 = 0 THEN 'unstable' ELSE 'full_count' END AS precision,
  CASE
    WHEN (
      CASE
        WHEN c.n_missing > 0
        THEN 'missing_component'
        WHEN c.denominator IS NULL
        THEN 'unknown_group'
        WHEN c.denominator = 0
        THEN 'zero_denominator'
      END
    ) IS NULL
    THEN CASE WHEN c.n_sites < 3 THEN 'U' ELSE 'A' END
    ELSE CASE CASE
        WHEN c.n_missing > 0
        THEN 'missing_component'
        WHEN c.denominator IS NULL
        THEN 'unknown_group'
        WHEN c.denominator = 0
        THEN 'zero_denominator'
      END
      WHEN 'missing_component'
      THEN 'O'
      WHEN 'zero_denominator'
      THEN 'M'
      WHEN 'unknown_group'
      THEN 'M'
    END
  END AS obs_status,
  COALESCE(
    CASE
      WHEN c.n_missing > 0
      THEN 'missing_component'
      WHEN c.denominator IS NULL
      THEN 'unknown_group'
      WHEN c.denominator = 0
      THEN 'zero_denominator'
    END,
    CASE WHEN c.n_sites < 3 THEN 'few_sites' END
  ) AS obs_reason,
  'C' AS nature,
  p.coverage AS coverage,
  p.source AS source,
  p.edition AS source_edition,
  p.sha256 AS source_sha256,
  $spec_hash AS spec_hash
FROM cube AS c
JOIN area AS a
  ON a.ref_area = c.ref_area
JOIN part AS p
  ON p.rows_of = c.rows_of AND p.edition = c.edition
WHERE
  NOT ENDS_WITH(c.ref_area, '_U')
