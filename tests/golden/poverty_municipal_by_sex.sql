WITH cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    sex,
    time_period,
    SUM(poverty) AS numerator,
    CASE WHEN COUNT(poverty) = 1 THEN 0 ELSE 1 END AS n_missing,
    COALESCE(MAX(CASE WHEN NOT (
      poverty
    ) IS NULL THEN edition END), MAX(edition)) AS edition
  FROM staged.poverty_municipal_sex
  GROUP BY
    geo_level,
    state,
    municipality,
    sex,
    time_period
), cube AS (
  SELECT
    'municipality' AS rows_of,
    'municipality' AS geo_level,
    CONCAT('MX', CASE WHEN municipality = '_U' THEN CONCAT(state, '_U') ELSE municipality END) AS ref_area,
    time_period,
    sex AS sex,
    SUM(numerator) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM cell
  WHERE
    geo_level = 'municipality'
  GROUP BY
    GROUPING SETS (
      (time_period, state, municipality, sex)
    )
)
SELECT
  'poverty_municipal_by_sex' AS indicator,
  'SI_POV_NMPI' AS series,
  '1.2.2' AS sdg_indicator,
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
  'PT' AS unit_measure,
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
  CASE WHEN c.n_missing <> 0 THEN 'O' ELSE 'A' END AS obs_status,
  CASE WHEN c.n_missing <> 0 THEN 'not_published' END AS obs_reason,
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
