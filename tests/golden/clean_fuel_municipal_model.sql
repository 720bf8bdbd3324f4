WITH cube AS (
  SELECT
    'state' AS rows_of,
    m.*,
    'municipality' AS geo_level,
    s.time_period,
    s.edition,
    COALESCE(d.n, 0) AS n,
    COALESCE(d.n_psu, 0) AS n_psu
  FROM (
    SELECT
      ref_area,
      eblup,
      mse,
      lower,
      upper,
      NULL AS absent
    FROM modelled
    UNION ALL
    SELECT
      ref_area,
      NULL,
      NULL,
      NULL,
      NULL,
      absent
    FROM unmodelled
  ) AS m
  LEFT JOIN direct AS d
    USING (ref_area)
  JOIN direct AS s
    ON s.ref_area = SUBSTRING(m.ref_area, 1, 4)
)
SELECT
  'clean_fuel_municipal_model' AS indicator,
  '_L_MX_CLEAN_FUEL_MUNICIPAL_MODEL' AS series,
  '7.1.2' AS sdg_indicator,
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
  CAST(100.0 * c.eblup AS DOUBLE) AS obs_value,
  'PT' AS unit_measure,
  CAST(NULL AS DOUBLE) AS numerator,
  CAST(NULL AS DOUBLE) AS denominator,
  CAST(NULL AS TEXT) AS denominator_source,
  CAST(c.n AS BIGINT) AS n_obs,
  CAST(NULL AS BIGINT) AS n_missing,
  CAST(c.n_psu AS BIGINT) AS n_psu,
  CAST(100.0 * SQRT(c.mse) AS DOUBLE) AS std_error,
  CAST(100 * SQRT(c.mse) / c.eblup AS DOUBLE) AS cv,
  CAST(100.0 * c.lower AS DOUBLE) AS ci_lower,
  CAST(100.0 * c.upper AS DOUBLE) AS ci_upper,
  CAST(NULL AS DOUBLE) AS deff,
  CAST(NULL AS DOUBLE) AS df,
  'model_based' AS precision,
  CASE
    WHEN NOT c.absent IS NULL
    THEN CASE c.absent
      WHEN 'missing_component'
      THEN 'O'
      WHEN 'not_published'
      THEN 'O'
      WHEN 'not_computable'
      THEN 'O'
      WHEN 'no_sample'
      THEN 'O'
      WHEN 'zero_denominator'
      THEN 'M'
      WHEN 'unknown_group'
      THEN 'M'
      WHEN 'negative_values'
      THEN 'M'
      WHEN 'incomplete_enumeration'
      THEN 'L'
      WHEN 'few_readings'
      THEN 'Q'
      WHEN 'few_events'
      THEN 'Q'
      WHEN 'unknown_age'
      THEN 'Q'
      WHEN 'small_population'
      THEN 'Q'
      WHEN 'small_sample'
      THEN 'Q'
      WHEN 'few_psus'
      THEN 'Q'
      WHEN 'few_df'
      THEN 'Q'
      WHEN 'low_precision'
      THEN 'Q'
      WHEN 'complementary'
      THEN 'Q'
    END
    WHEN 100 * SQRT(c.mse) / c.eblup >= 30.0
    THEN 'U'
    ELSE 'E'
  END AS obs_status,
  COALESCE(c.absent, CASE WHEN c.n > 0 THEN 'model_based' ELSE 'model_without_sample' END) AS obs_reason,
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
