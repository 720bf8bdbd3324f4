WITH cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    time_period,
    SUM(good_sites) AS numerator,
    SUM(sites) AS denominator,
    COUNT(CASE WHEN (
      sites
    ) <> 0 THEN 1 END) AS n_sites,
    SUM(CASE WHEN (
      good_sites
    ) IS NULL OR (
      sites
    ) IS NULL THEN 1 ELSE 0 END) AS n_missing,
    MAX(edition) AS edition
  FROM staged.coastal_water_quality
  GROUP BY
    geo_level,
    state,
    municipality,
    time_period
), cube AS (
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
    SUM(numerator) AS numerator,
    SUM(denominator) AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition,
    SUM(n_sites) AS n_sites
  FROM cell
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
)
SELECT
  'coastal_sites_of_good_quality' AS indicator,
  '_L_MX_COASTAL_SITES_OF_GOOD_QUALITY' AS series,
  '14.1' AS sdg_indicator,
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
  CAST(CASE
    WHEN c.n_missing <> 0
    THEN NULL
    WHEN c.denominator = 0
    THEN NULL
    ELSE 100.0 * c.numerator / c.denominator
  END AS DOUBLE) AS obs_value,
  'PT' AS unit_measure,
  CAST(CASE WHEN c.n_missing = 0 THEN c.numerator END AS DOUBLE) AS numerator,
  CAST(CASE WHEN c.n_missing = 0 THEN c.denominator END AS DOUBLE) AS denominator,
  CONCAT(p.source, '/', p.edition) AS denominator_source,
  CAST(c.n_sites AS BIGINT) AS n_obs,
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
    WHEN c.denominator = 0
    THEN 'M'
    ELSE CASE WHEN c.n_sites < 5 THEN 'U' ELSE 'A' END
  END AS obs_status,
  COALESCE(
    CASE
      WHEN c.n_missing <> 0
      THEN 'missing_component'
      WHEN c.denominator = 0
      THEN 'zero_denominator'
    END,
    CASE WHEN c.n_sites < 5 THEN 'few_sites' END
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
