SELECT
  *
  REPLACE (CASE age WHEN '_T' THEN 'Y_GE15' ELSE age END AS age)
FROM (
  SELECT
    'illiteracy_gap_rural_urban' AS indicator,
    '_L_MX_ILLITERACY_GAP_RURAL_URBAN' AS series,
    '10.2' AS sdg_indicator,
    c.ref_area AS ref_area,
    c.area_name AS area_name,
    c.geo_level AS geo_level,
    c.geo_vintage AS geo_vintage,
    c.time_period AS time_period,
    c.sex AS sex,
    c.age AS age,
    '_T' AS urbanisation,
    c.disability AS disability,
    c.indigenous AS indigenous,
    c.income_quantile AS income_quantile,
    c.education AS education,
    CAST(c.obs_value - r.obs_value AS DOUBLE) AS obs_value,
    'PP' AS unit_measure,
    CAST(NULL AS DOUBLE) AS numerator,
    CAST(NULL AS DOUBLE) AS denominator,
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
    c.precision AS precision,
    CASE
      WHEN c.obs_value IS NULL
      THEN c.obs_status
      WHEN r.obs_value IS NULL
      THEN r.obs_status
      WHEN (
        c.obs_value - r.obs_value
      ) IS NULL
      THEN 'M'
      ELSE COALESCE(NULLIF(c.obs_status, 'A'), r.obs_status)
    END AS obs_status,
    CASE
      WHEN c.obs_value IS NULL
      THEN c.obs_reason
      WHEN r.obs_value IS NULL
      THEN r.obs_reason
      WHEN (
        c.obs_value - r.obs_value
      ) IS NULL
      THEN 'zero_denominator'
      ELSE COALESCE(c.obs_reason, r.obs_reason)
    END AS obs_reason,
    'C' AS nature,
    c.coverage AS coverage,
    c.source AS source,
    c.source_edition AS source_edition,
    c.source_sha256 AS source_sha256,
    $spec_hash AS spec_hash
  FROM base AS c
  JOIN base AS r
    ON r.ref_area = c.ref_area
    AND r.time_period = c.time_period
    AND r.sex = c.sex
    AND r.age = c.age
    AND r.disability = c.disability
    AND r.indigenous = c.indigenous
    AND r.income_quantile = c.income_quantile
    AND r.education = c.education
  WHERE
    c.urbanisation = 'R'
    AND r.urbanisation = 'U'
    AND (
      (
        c.geo_level = 'state'
        AND c.sex = '_T'
        AND c.age = 'Y_GE15'
        AND c.disability = '_T'
        AND c.indigenous = '_T'
        AND c.income_quantile = '_T'
        AND c.education = '_T'
      )
      OR (
        c.geo_level = 'municipality'
        AND c.sex = '_T'
        AND c.age = 'Y_GE15'
        AND c.disability = '_T'
        AND c.indigenous = '_T'
        AND c.income_quantile = '_T'
        AND c.education = '_T'
      )
    )
)
