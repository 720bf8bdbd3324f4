WITH event_cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    time_period,
    SUM(CAST(1000 * nox AS DECIMAL(38, 12))) AS numerator,
    SUM(CASE WHEN (
      1000 * nox
    ) IS NULL THEN 1 ELSE 0 END) AS n_missing,
    MAX(edition) AS edition
  FROM staged.emissions
  GROUP BY
    geo_level,
    state,
    municipality,
    time_period
), event AS (
  SELECT
    'municipality' AS rows_of,
    CASE
      WHEN GROUPING(municipality) = 0
      THEN 'municipality'
      ELSE CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END
    END AS geo_level,
    CASE
      WHEN GROUPING(municipality) = 0
      THEN CONCAT('MX', CASE WHEN municipality = '_U' THEN CONCAT(state, '_U') ELSE municipality END)
      ELSE CASE WHEN GROUPING(state) = 0 THEN CONCAT('MX', state) ELSE 'MX' END
    END AS ref_area,
    time_period,
    CAST(SUM(numerator) AS DOUBLE) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM event_cell
  WHERE
    geo_level = 'municipality'
  GROUP BY
    GROUPING SETS (
      (
        time_period
      ),
      (time_period, state),
      (time_period, state, municipality)
    )
), population_cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    sex,
    time_period,
    SUM(population) AS numerator,
    SUM(CASE WHEN (
      population
    ) IS NULL THEN 1 ELSE 0 END) AS n_missing,
    MAX(edition) AS edition
  FROM staged.population_municipal
  GROUP BY
    geo_level,
    state,
    municipality,
    sex,
    time_period
), population AS (
  SELECT
    'municipality' AS rows_of,
    CASE
      WHEN GROUPING(municipality) = 0
      THEN 'municipality'
      ELSE CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END
    END AS geo_level,
    CASE
      WHEN GROUPING(municipality) = 0
      THEN CONCAT('MX', CASE WHEN municipality = '_U' THEN CONCAT(state, '_U') ELSE municipality END)
      ELSE CASE WHEN GROUPING(state) = 0 THEN CONCAT('MX', state) ELSE 'MX' END
    END AS ref_area,
    time_period,
    '_T' AS sex,
    SUM(numerator) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM population_cell
  WHERE
    geo_level = 'municipality' AND sex = '_T'
  GROUP BY
    GROUPING SETS (
      (
        time_period
      ),
      (time_period, state),
      (time_period, state, municipality)
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
    CONCAT(q.source, '/', q.edition) AS denominator_source
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
  'nox_emissions_per_inhabitant' AS indicator,
  '_L_MX_NOX_EMISSIONS_PER_INHABITANT' AS series,
  '3.9' AS sdg_indicator,
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
  CAST(NULL AS BIGINT) AS n_obs,
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
    THEN CASE WHEN c.edition IN ('2013', '2016') THEN 'B' ELSE 'A' END
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
    CASE WHEN c.edition IN ('2013', '2016') THEN 'methodology_changed' END
  ) AS obs_reason,
  'E' AS nature,
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
