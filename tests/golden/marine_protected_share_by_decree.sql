WITH written AS (
  WITH decreed AS (
    SELECT
      SUBSTRING(decree, 1, 4) AS year,
      SUM(sea) AS surface
    FROM staged.protected_areas
    GROUP BY
      SUBSTRING(decree, 1, 4)
  ), added AS (
    SELECT
      year,
      SUM(surface) OVER (ORDER BY year) AS surface
    FROM decreed
  )
  SELECT
    'national' AS geo_level,
    '_T' AS state,
    '_T' AS municipality,
    year AS time_period,
    surface AS numerator,
    CAST(3149920 AS DOUBLE) AS denominator,
    100.0 * surface / 3149920 AS obs_value
  FROM added
  WHERE
    year >= '1990'
), cube AS (
  SELECT
    c.*,
    'national' AS rows_of,
    CONCAT(
      'MX',
      CASE c.geo_level
        WHEN 'national'
        THEN ''
        WHEN 'state'
        THEN c.state
        ELSE c.municipality
      END
    ) AS ref_area,
    (
      SELECT
        MAX(edition)
      FROM part
      WHERE
        rows_of = 'national'
    ) AS edition
  FROM written AS c
  WHERE
    c.geo_level IN ('national')
)
SELECT
  'marine_protected_share_by_decree' AS indicator,
  '_L_MX_MARINE_PROTECTED_SHARE_BY_DECREE' AS series,
  '14.5.1' AS sdg_indicator,
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
  CAST(c.obs_value AS DOUBLE) AS obs_value,
  'PT' AS unit_measure,
  CAST(c.numerator AS DOUBLE) AS numerator,
  CAST(c.denominator AS DOUBLE) AS denominator,
  CASE WHEN NOT c.denominator IS NULL THEN CONCAT(p.source, '/', p.edition) END AS denominator_source,
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
  CASE WHEN c.obs_value IS NULL THEN 'O' ELSE 'A' END AS obs_status,
  CASE WHEN c.obs_value IS NULL THEN 'not_computable' END AS obs_reason,
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
