WITH cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    time_period,
    SUM(programmes_12_4) AS numerator,
    SUM(CASE WHEN (
      programmes_12_4
    ) IS NULL THEN 1 ELSE 0 END) AS n_missing,
    MAX(edition) AS edition
  FROM staged.budget_links
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
)
SELECT
  'budget_programmes_target_12_4' AS indicator,
  '_L_MX_BUDGET_PROGRAMMES_TARGET_12_4' AS series,
  '12.4' AS sdg_indicator,
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
  CASE WHEN c.n_missing <> 0 THEN 'O' ELSE 'A' END AS obs_status,
  CASE WHEN c.n_missing <> 0 THEN 'missing_component' END AS obs_reason,
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
