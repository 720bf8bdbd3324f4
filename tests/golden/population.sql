WITH cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    unit,
    sex,
    time_period,
    SUM(population) AS numerator,
    SUM(CASE WHEN (
      population
    ) IS NULL THEN 1 ELSE 0 END) AS n_missing,
    MAX(edition) AS edition
  FROM staged.population_municipal
  LEFT JOIN unit_of
    USING (municipality)
  GROUP BY
    geo_level,
    state,
    municipality,
    unit,
    sex,
    time_period
), cube AS (
  SELECT
    'municipality' AS rows_of,
    CASE
      WHEN GROUPING(municipality) = 0
      THEN 'municipality'
      ELSE CASE
        WHEN GROUPING(unit) = 0
        THEN 'harmonised'
        ELSE CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END
      END
    END AS geo_level,
    CASE
      WHEN GROUPING(municipality) = 0
      THEN CONCAT('MX', CASE WHEN municipality = '_U' THEN CONCAT(state, '_U') ELSE municipality END)
      ELSE CASE
        WHEN GROUPING(unit) = 0
        THEN CONCAT('MX', COALESCE(unit, '_U'))
        ELSE CASE WHEN GROUPING(state) = 0 THEN CONCAT('MX', state) ELSE 'MX' END
      END
    END AS ref_area,
    time_period,
    '_T' AS sex,
    SUM(numerator) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM cell
  WHERE
    geo_level = 'municipality' AND sex = '_T'
  GROUP BY
    GROUPING SETS (
      (
        time_period
      ),
      (time_period, state),
      (time_period, state, municipality),
      (time_period, state, unit)
    )
  UNION ALL
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
    sex AS sex,
    SUM(numerator) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM cell
  WHERE
    geo_level = 'municipality' AND sex <> '_T'
  GROUP BY
    GROUPING SETS (
      (time_period, sex),
      (time_period, state, sex),
      (time_period, state, municipality, sex)
    )
)
SELECT
  'population' AS indicator,
  '_L_MX_POPULATION' AS series,
  '11.3' AS sdg_indicator,
  c.ref_area AS ref_area,
  a.area_name AS area_name,
  c.geo_level AS geo_level,
  '2025' AS geo_vintage,
  c.time_period AS time_period,
  c.sex AS sex,
  '_T' AS age,
  '_T' AS urbanisation,
  '_T' AS disability,
  '_T' AS indigenous,
  '_T' AS income_quantile,
  '_T' AS education,
  CAST(CASE WHEN c.n_missing <> 0 THEN NULL ELSE c.numerator END AS DOUBLE) AS obs_value,
  'NUMBER' AS unit_measure,
  CAST(CASE WHEN c.n_missing = 0 THEN c.numerator END AS DOUBLE) AS numerator,
  CAST(CASE WHEN c.n_missing = 0 THEN c.denominator END AS DOUBLE) AS denominator,
  CAST(NULL AS TEXT) AS denominator_source,
  CAST(NULL AS BIGINT) AS n_obs,
  CAST(NULL AS BIGINT) AS n_missing,
  CAST(NULL AS BIGINT) AS n_psu,
  CAST(NULL AS DOUBLE) AS std_error,
  CAST(NULL AS DOUBLE) AS cv,
  CAST(NULL AS DOUBLE) AS ci_lower,
  CAST(NULL AS DOUBLE) AS ci_upper,
  CAST(NULL AS DOUBLE) AS deff,
  CAST(NULL AS DOUBLE) AS df,
  'full_count' AS precision,
  CASE
    WHEN c.n_missing <> 0
    THEN 'O'
    ELSE CASE
      WHEN c.edition = '2023-total' AND c.time_period >= '2020'
      THEN 'F'
      WHEN c.edition = '2023-men' AND c.time_period >= '2020'
      THEN 'F'
      WHEN c.edition = '2023-women' AND c.time_period >= '2020'
      THEN 'F'
      WHEN c.edition = '2023-long' AND c.time_period >= '2020'
      THEN 'F'
      ELSE 'A'
    END
  END AS obs_status,
  COALESCE(
    CASE WHEN c.n_missing <> 0 THEN 'missing_component' END,
    CASE
      WHEN c.edition = '2023-total' AND c.time_period >= '2020'
      THEN 'projection'
      WHEN c.edition = '2023-men' AND c.time_period >= '2020'
      THEN 'projection'
      WHEN c.edition = '2023-women' AND c.time_period >= '2020'
      THEN 'projection'
      WHEN c.edition = '2023-long' AND c.time_period >= '2020'
      THEN 'projection'
    END
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
