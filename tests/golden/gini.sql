WITH cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    time_period,
    SUM(gini) AS numerator,
    SUM(gini_cv) AS cv,
    SUM(gini_se) AS std_error,
    SUM(gini_lower) AS ci_lower,
    SUM(gini_upper) AS ci_upper,
    CASE WHEN COUNT(gini) = 1 THEN 0 ELSE 1 END AS n_missing,
    COALESCE(MAX(CASE WHEN NOT (
      gini
    ) IS NULL THEN edition END), MAX(edition)) AS edition
  FROM staged.gini_state
  GROUP BY
    geo_level,
    state,
    municipality,
    time_period
), cube AS (
  SELECT
    'national' AS rows_of,
    'national' AS geo_level,
    'MX' AS ref_area,
    time_period,
    SUM(numerator) AS numerator,
    NULL AS denominator,
    SUM(cv) AS cv,
    SUM(std_error) AS std_error,
    SUM(ci_lower) AS ci_lower,
    SUM(ci_upper) AS ci_upper,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM cell
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
    SUM(cv) AS cv,
    SUM(std_error) AS std_error,
    SUM(ci_lower) AS ci_lower,
    SUM(ci_upper) AS ci_upper,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM cell
  WHERE
    geo_level = 'state'
  GROUP BY
    GROUPING SETS (
      (time_period, state)
    )
)
SELECT
  'gini' AS indicator,
  '_L_MX_GINI' AS series,
  '10.4.2' AS sdg_indicator,
  c.ref_area AS ref_area,
  a.area_name AS area_name,
  c.geo_level AS geo_level,
  '2020' AS geo_vintage,
  c.time_period AS time_period,
  '_T' AS sex,
  '_T' AS age,
  '_T' AS urbanisation,
  '_T' AS disability,
  '_T' AS indigenous,
  '_T' AS income_quantile,
  '_T' AS education,
  CAST(CASE WHEN c.n_missing <> 0 THEN NULL ELSE c.numerator END AS DOUBLE) AS obs_value,
  'IX' AS unit_measure,
  CAST(NULL AS DOUBLE) AS numerator,
  CAST(CASE WHEN c.n_missing = 0 THEN c.denominator END AS DOUBLE) AS denominator,
  CAST(NULL AS TEXT) AS denominator_source,
  CAST(NULL AS BIGINT) AS n_obs,
  CAST(NULL AS BIGINT) AS n_missing,
  CAST(NULL AS BIGINT) AS n_psu,
  CAST(c.std_error AS DOUBLE) AS std_error,
  CAST(c.cv AS DOUBLE) AS cv,
  CAST(c.ci_lower AS DOUBLE) AS ci_lower,
  CAST(c.ci_upper AS DOUBLE) AS ci_upper,
  CAST(NULL AS DOUBLE) AS deff,
  CAST(NULL AS DOUBLE) AS df,
  CASE
    WHEN c.cv IS NULL
    THEN 'published'
    WHEN c.cv < 15.0
    THEN 'high'
    WHEN c.cv < 30.0
    THEN 'moderate'
    ELSE 'low'
  END AS precision,
  CASE WHEN c.n_missing <> 0 THEN 'O' ELSE 'A' END AS obs_status,
  CASE WHEN c.n_missing <> 0 THEN 'not_published' END AS obs_reason,
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
