SELECT
  *
  REPLACE (CASE age WHEN '_T' THEN 'Y_GE15' ELSE age END AS age)
FROM (
  WITH written AS (
    WITH municipality AS (
      SELECT
        state,
        time_period,
        illiterate_15_plus AS illiterate,
        population_15_plus AS population,
        indigenous_speakers_3_plus >= 0.4 * population_3_plus AS indigenous
      FROM staged.census
      WHERE
        geo_level = 'municipality' AND sex = '_T'
    ), rate AS (
      SELECT
        CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END AS geo_level,
        COALESCE(state, '_T') AS state,
        time_period,
        100.0 * SUM(CASE WHEN indigenous THEN illiterate END) / SUM(CASE WHEN indigenous THEN population END) AS inside,
        100.0 * SUM(CASE WHEN NOT indigenous THEN illiterate END) / SUM(CASE WHEN NOT indigenous THEN population END) AS outside
      FROM municipality
      GROUP BY
        GROUPING SETS (
          (
            time_period
          ),
          (time_period, state)
        )
    )
    SELECT
      geo_level,
      state,
      '_T' AS municipality,
      time_period,
      CAST(NULL AS DOUBLE) AS numerator,
      CAST(NULL AS DOUBLE) AS denominator,
      inside - outside AS obs_value
    FROM rate
  ), cube AS (
    SELECT
      c.*,
      'municipality' AS rows_of,
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
          rows_of = 'municipality'
      ) AS edition
    FROM written AS c
    WHERE
      c.geo_level IN ('national', 'state')
  )
  SELECT
    'illiteracy_gap_indigenous_municipalities' AS indicator,
    '_L_MX_ILLITERACY_GAP_INDIGENOUS_MUNICIPALITIES' AS series,
    '10.2' AS sdg_indicator,
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
    'PP' AS unit_measure,
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
)
