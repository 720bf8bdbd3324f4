SELECT
  *
  REPLACE (CASE age WHEN '_T' THEN 'Y3T5' ELSE age END AS age)
FROM (
  WITH cell AS (
    SELECT
      geo_level,
      state,
      municipality,
      sex,
      urbanisation,
      time_period,
      SUM(population_3_5 - not_attending_3_5) AS numerator,
      SUM(population_3_5) AS denominator,
      SUM(
        CASE
          WHEN (
            population_3_5 - not_attending_3_5
          ) IS NULL OR (
            population_3_5
          ) IS NULL
          THEN 1
          ELSE 0
        END
      ) AS n_missing,
      MAX(edition) AS edition
    FROM staged.census
    GROUP BY
      geo_level,
      state,
      municipality,
      sex,
      urbanisation,
      time_period
  ), sums AS (
    SELECT
      'state' AS rows_of,
      CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END AS geo_level,
      CASE WHEN GROUPING(state) = 0 THEN CONCAT('MX', state) ELSE 'MX' END AS ref_area,
      time_period,
      '_T' AS sex,
      '_T' AS urbanisation,
      SUM(numerator) AS numerator,
      SUM(denominator) AS denominator,
      SUM(n_missing) AS n_missing,
      MAX(edition) AS edition
    FROM cell
    WHERE
      geo_level = 'state' AND sex = '_T'
    GROUP BY
      GROUPING SETS (
        (
          time_period
        ),
        (time_period, state)
      )
    UNION ALL
    SELECT
      'municipality' AS rows_of,
      'municipality' AS geo_level,
      CONCAT('MX', CASE WHEN municipality = '_U' THEN CONCAT(state, '_U') ELSE municipality END) AS ref_area,
      time_period,
      '_T' AS sex,
      '_T' AS urbanisation,
      SUM(numerator) AS numerator,
      SUM(denominator) AS denominator,
      SUM(n_missing) AS n_missing,
      MAX(edition) AS edition
    FROM cell
    WHERE
      geo_level = 'municipality' AND sex = '_T'
    GROUP BY
      GROUPING SETS (
        (time_period, state, municipality)
      )
    UNION ALL
    SELECT
      'state' AS rows_of,
      CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END AS geo_level,
      CASE WHEN GROUPING(state) = 0 THEN CONCAT('MX', state) ELSE 'MX' END AS ref_area,
      time_period,
      sex AS sex,
      '_T' AS urbanisation,
      SUM(numerator) AS numerator,
      SUM(denominator) AS denominator,
      SUM(n_missing) AS n_missing,
      MAX(edition) AS edition
    FROM cell
    WHERE
      geo_level = 'state' AND sex <> '_T'
    GROUP BY
      GROUPING SETS (
        (time_period, sex),
        (time_period, state, sex)
      )
    UNION ALL
    SELECT
      'municipality' AS rows_of,
      'municipality' AS geo_level,
      CONCAT('MX', CASE WHEN municipality = '_U' THEN CONCAT(state, '_U') ELSE municipality END) AS ref_area,
      time_period,
      sex AS sex,
      '_T' AS urbanisation,
      SUM(numerator) AS numerator,
      SUM(denominator) AS denominator,
      SUM(n_missing) AS n_missing,
      MAX(edition) AS edition
    FROM cell
    WHERE
      geo_level = 'municipality' AND sex <> '_T'
    GROUP BY
      GROUPING SETS (
        (time_period, state, municipality, sex)
      )
    UNION ALL
    SELECT
      'locality' AS rows_of,
      CASE WHEN GROUPING(municipality) = 0 THEN 'municipality' ELSE 'state' END AS geo_level,
      CASE
        WHEN GROUPING(municipality) = 0
        THEN CONCAT('MX', CASE WHEN municipality = '_U' THEN CONCAT(state, '_U') ELSE municipality END)
        ELSE CONCAT('MX', state)
      END AS ref_area,
      time_period,
      '_T' AS sex,
      urbanisation AS urbanisation,
      SUM(numerator) AS numerator,
      SUM(denominator) AS denominator,
      SUM(n_missing) AS n_missing,
      MAX(edition) AS edition
    FROM cell
    WHERE
      geo_level = 'locality' AND sex = '_T'
    GROUP BY
      GROUPING SETS (
        (time_period, state, urbanisation),
        (time_period, state, municipality, urbanisation)
      )
  ), area_share AS (
    SELECT
      geo_level,
      CONCAT(
        'MX',
        CASE geo_level WHEN 'national' THEN '' WHEN 'state' THEN state ELSE municipality END
      ) AS ref_area,
      time_period,
      SUM(1.0 * (
        population_0_14 + population_15_64 + population_65_plus
      )) / NULLIF(SUM(population), 0) AS share_0
    FROM staged.census
    WHERE
      geo_level IN ('municipality') AND sex = '_T'
    GROUP BY
      geo_level,
      CONCAT(
        'MX',
        CASE geo_level WHEN 'national' THEN '' WHEN 'state' THEN state ELSE municipality END
      ),
      time_period
  ), cube AS (
    SELECT
      s.*,
      CASE
        WHEN (
          k.geo_level IN ('municipality') AND k.share_0 < 0.9
        )
        THEN 'withheld'
        WHEN (
          k.geo_level IN ('municipality') AND k.share_0 < 0.98
        )
        THEN 'marked'
      END AS enumeration
    FROM sums AS s
    LEFT JOIN area_share AS k
      ON k.geo_level = s.geo_level
      AND k.ref_area = s.ref_area
      AND k.time_period = s.time_period
  )
  SELECT
    'attendance_3_5' AS indicator,
    '_L_MX_ATTENDANCE_3_5' AS series,
    '4.2.2' AS sdg_indicator,
    c.ref_area AS ref_area,
    a.area_name AS area_name,
    c.geo_level AS geo_level,
    '2020' AS geo_vintage,
    c.time_period AS time_period,
    c.sex AS sex,
    '_T' AS age,
    c.urbanisation AS urbanisation,
    '_T' AS disability,
    '_T' AS indigenous,
    '_T' AS income_quantile,
    '_T' AS education,
    CAST(CASE
      WHEN c.n_missing <> 0
      THEN NULL
      WHEN c.enumeration = 'withheld'
      THEN NULL
      WHEN c.denominator = 0
      THEN NULL
      ELSE 100.0 * c.numerator / c.denominator
    END AS DOUBLE) AS obs_value,
    'PT' AS unit_measure,
    CAST(CASE WHEN c.n_missing = 0 THEN c.numerator END AS DOUBLE) AS numerator,
    CAST(CASE WHEN c.n_missing = 0 THEN c.denominator END AS DOUBLE) AS denominator,
    CONCAT(p.source, '/', p.edition) AS denominator_source,
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
      WHEN c.enumeration = 'withheld'
      THEN 'L'
      WHEN c.denominator = 0
      THEN 'M'
      ELSE CASE WHEN c.enumeration = 'marked' THEN 'U' ELSE 'A' END
    END AS obs_status,
    COALESCE(
      CASE
        WHEN c.n_missing <> 0
        THEN 'missing_component'
        WHEN c.enumeration = 'withheld'
        THEN 'incomplete_enumeration'
        WHEN c.denominator = 0
        THEN 'zero_denominator'
      END,
      CASE WHEN c.enumeration = 'marked' THEN 'incomplete_enumeration' END
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
)
