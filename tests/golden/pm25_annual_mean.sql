WITH cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    time_period,
    SUM(
      CAST(CASE WHEN pm25_sum >= 4.0 AND n_readings >= 9 THEN pm25_sum ELSE 0 END AS DECIMAL(38, 12))
    ) AS numerator,
    SUM(
      CASE WHEN pm25_sum >= 4.0 AND n_readings >= 9 THEN pm25_station_months ELSE 0 END
    ) AS denominator,
    COUNT(DISTINCT CASE WHEN n_figures > 0 THEN station END) AS n_instruments,
    COUNT(DISTINCT CASE WHEN n_readings >= 9 THEN station END) AS n_sound,
    SUM(
      CASE
        WHEN (
          pm25_sum >= 4.0 AND n_readings >= 9
        )
        AND (
          (
            pm25_sum
          ) IS NULL OR (
            pm25_station_months
          ) IS NULL
        )
        THEN 1
        ELSE 0
      END
    ) AS n_missing,
    MAX(edition) AS edition
  FROM (
    SELECT
      *,
      COUNT(pm25_sum) OVER (PARTITION BY geo_level, state, municipality, station, time_period) AS n_figures,
      COUNT(CASE WHEN pm25_sum >= 4.0 THEN 1 END) OVER (PARTITION BY geo_level, state, municipality, station, time_period) AS n_readings
    FROM staged.air_quality
  )
  GROUP BY
    geo_level,
    state,
    municipality,
    time_period
), cube AS (
  SELECT
    'state' AS rows_of,
    'state' AS geo_level,
    CONCAT('MX', state) AS ref_area,
    time_period,
    CAST(SUM(numerator) AS DOUBLE) AS numerator,
    SUM(denominator) AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition,
    SUM(n_instruments) AS n_instruments,
    SUM(n_sound) AS n_sound
  FROM cell
  WHERE
    geo_level = 'state'
  GROUP BY
    GROUPING SETS (
      (time_period, state)
    )
)
SELECT
  'pm25_annual_mean' AS indicator,
  '_L_MX_PM25_ANNUAL_MEAN' AS series,
  '11.6.2' AS sdg_indicator,
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
    WHEN c.n_instruments = 0
    THEN NULL
    WHEN c.n_sound < 0.75 * c.n_instruments
    THEN NULL
    WHEN c.denominator = 0
    THEN NULL
    ELSE 1.0 * c.numerator / c.denominator
  END AS DOUBLE) AS obs_value,
  'GPERM3' AS unit_measure,
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
    WHEN c.n_instruments = 0
    THEN 'O'
    WHEN c.n_sound < 0.75 * c.n_instruments
    THEN 'Q'
    WHEN c.denominator = 0
    THEN 'M'
    ELSE 'A'
  END AS obs_status,
  CASE
    WHEN c.n_missing <> 0
    THEN 'missing_component'
    WHEN c.n_instruments = 0
    THEN 'missing_component'
    WHEN c.n_sound < 0.75 * c.n_instruments
    THEN 'few_readings'
    WHEN c.denominator = 0
    THEN 'zero_denominator'
  END AS obs_reason,
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
