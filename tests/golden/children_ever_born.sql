SELECT
  *
  REPLACE (CASE sex WHEN '_T' THEN 'F' ELSE sex END AS sex, CASE age WHEN '_T' THEN 'Y_GE12' ELSE age END AS age)
FROM (
  WITH cell AS (
    SELECT
      geo_level,
      state,
      municipality,
      sex,
      urbanisation,
      time_period,
      SUM(children_ever_born) AS numerator,
      CASE WHEN COUNT(children_ever_born) = 1 THEN 0 ELSE 1 END AS n_missing,
      COALESCE(MAX(CASE WHEN NOT (
        children_ever_born
      ) IS NULL THEN edition END), MAX(edition)) AS edition
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
      'state' AS geo_level,
      CONCAT('MX', state) AS ref_area,
      time_period,
      '_T' AS sex,
      '_T' AS urbanisation,
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
      'municipality' AS rows_of,
      'municipality' AS geo_level,
      CONCAT('MX', CASE WHEN municipality = '_U' THEN CONCAT(state, '_U') ELSE municipality END) AS ref_area,
      time_period,
      '_T' AS sex,
      '_T' AS urbanisation,
      SUM(numerator) AS numerator,
      NULL AS denominator,
      SUM(n_missing) AS n_missing,
      MAX(edition) AS edition
    FROM cell
    WHERE
      geo_level = 'municipality' AND sex = '_T'
    GROUP BY
      GROUPING SETS (
        (time_period, state, municipality)
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
    'children_ever_born' AS indicator,
    '_L_MX_CHILDREN_EVER_BORN' AS series,
    '3.7' AS sdg_indicator,
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
      ELSE c.numerator
    END AS DOUBLE) AS obs_value,
    'NUMBER' AS unit_measure,
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
      WHEN c.enumeration = 'withheld'
      THEN 'L'
      ELSE CASE WHEN c.enumeration = 'marked' THEN 'U' ELSE 'A' END
    END AS obs_status,
    COALESCE(
      CASE
        WHEN c.n_missing <> 0
        THEN 'not_published'
        WHEN c.enumeration = 'withheld'
        THEN 'incomplete_enumeration'
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
