WITH cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    sex,
    time_period,
    SUM(life_expectancy) AS numerator,
    CASE WHEN COUNT(life_expectancy) = 1 THEN 0 ELSE 1 END AS n_missing,
    COALESCE(MAX(CASE WHEN NOT (
      life_expectancy
    ) IS NULL THEN edition END), MAX(edition)) AS edition
  FROM staged.demographic_state
  GROUP BY
    geo_level,
    state,
    municipality,
    sex,
    time_period
), cube AS (
  SELECT
    'national' AS rows_of,
    'national' AS geo_level,
    'MX' AS ref_area,
    time_period,
    '_T' AS sex,
    SUM(numerator) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM cell
  WHERE
    geo_level = 'national' AND sex = '_T'
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
    '_T' AS sex,
    SUM(numerator) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM cell
  WHERE
    geo_level = 'state' AND sex = '_T'
  GROUP BY
    GROUPING SETS (
      (time_period, state)
    )
  UNION ALL
  SELECT
    'national' AS rows_of,
    'national' AS geo_level,
    'MX' AS ref_area,
    time_period,
    sex AS sex,
    SUM(numerator) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM cell
  WHERE
    geo_level = 'national' AND sex <> '_T'
  GROUP BY
    GROUPING SETS (
      (time_period, sex)
    )
  UNION ALL
  SELECT
    'state' AS rows_of,
    'state' AS geo_level,
    CONCAT('MX', state) AS ref_area,
    time_period,
    sex AS sex,
    SUM(numerator) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM cell
  WHERE
    geo_level = 'state' AND sex <> '_T'
  GROUP BY
    GROUPING SETS (
      (time_period, state, sex)
    )
)
SELECT
  'life_expectancy' AS indicator,
  '_L_MX_LIFE_EXPECTANCY' AS series,
  '3.4' AS sdg_indicator,
  c.ref_area AS ref_area,
  a.area_name AS area_name,
  c.geo_level AS geo_level,
  '2020' AS geo_vintage,
  c.time_period AS time_period,
  c.sex AS sex,
  '_T' AS age,
  '_T' AS urbanisation,
  '_T' AS disability,
  '_T' AS indigenous,
  '_T' AS income_quantile,
  '_T' AS education,
  CAST(CASE WHEN c.n_missing <> 0 THEN NULL ELSE c.numerator END AS DOUBLE) AS obs_value,
  'YR' AS unit_measure,
  CAST(NULL AS DOUBLE) AS numerator,
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
  'published' AS precision,
  CASE
    WHEN c.n_missing <> 0
    THEN 'O'
    ELSE CASE WHEN c.edition = '2023' AND c.time_period >= '2020' THEN 'F' ELSE 'A' END
  END AS obs_status,
  COALESCE(
    CASE WHEN c.n_missing <> 0 THEN 'not_published' END,
    CASE WHEN c.edition = '2023' AND c.time_period >= '2020' THEN 'projection' END
  ) AS obs_reason,
  'M' AS nature,
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
