WITH event_cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    sex,
    age,
    time_period,
    SUM(intentional_homicide_victims) AS numerator,
    SUM(CASE WHEN (
      intentional_homicide_victims
    ) IS NULL THEN 1 ELSE 0 END) AS n_missing,
    MAX(edition) AS edition
  FROM staged.crime_victims
  GROUP BY
    geo_level,
    state,
    municipality,
    sex,
    age,
    time_period
), event AS (
  SELECT
    'state' AS rows_of,
    CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END AS geo_level,
    CASE WHEN GROUPING(state) = 0 THEN CONCAT('MX', state) ELSE 'MX' END AS ref_area,
    time_period,
    CASE WHEN GROUPING(sex) = 0 THEN sex ELSE '_T' END AS sex,
    age AS age,
    SUM(numerator) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM event_cell
  WHERE
    geo_level = 'state'
  GROUP BY
    GROUPING SETS (
      (time_period, age),
      (time_period, state, age),
      (time_period, sex, age),
      (time_period, state, sex, age)
    )
), population_cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    sex,
    age,
    time_period,
    SUM(population) AS numerator,
    SUM(CASE WHEN (
      population
    ) IS NULL THEN 1 ELSE 0 END) AS n_missing,
    MAX(edition) AS edition
  FROM staged.population_state_age
  GROUP BY
    geo_level,
    state,
    municipality,
    sex,
    age,
    time_period
), population AS (
  SELECT
    'state' AS rows_of,
    CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END AS geo_level,
    CASE WHEN GROUPING(state) = 0 THEN CONCAT('MX', state) ELSE 'MX' END AS ref_area,
    time_period,
    CASE WHEN GROUPING(sex) = 0 THEN sex ELSE '_T' END AS sex,
    age AS age,
    SUM(numerator) AS numerator,
    NULL AS denominator,
    SUM(n_missing) AS n_missing,
    MAX(edition) AS edition
  FROM population_cell
  WHERE
    geo_level = 'state'
  GROUP BY
    GROUPING SETS (
      (time_period, age),
      (time_period, state, age),
      (time_period, sex, age),
      (time_period, state, sex, age)
    )
), covered AS (
  SELECT
    e.geo_level,
    e.rows_of,
    e.time_period,
    MAX(e.edition) AS edition,
    MIN(q.states) AS states
  FROM event AS e
  JOIN part AS q
    ON q.rows_of = e.rows_of AND q.edition = e.edition
  GROUP BY
    e.geo_level,
    e.rows_of,
    e.time_period
), met AS (
  SELECT
    v.rows_of,
    v.edition,
    p.geo_level,
    p.ref_area,
    p.time_period,
    p.sex,
    p.age,
    COALESCE(e.numerator, 0) AS numerator,
    CASE WHEN p.n_missing = 0 THEN p.numerator END AS denominator,
    COALESCE(e.n_missing, 0) + p.n_missing AS n_missing,
    CONCAT(q.source, '/', q.edition) AS denominator_source
  FROM population AS p
  JOIN covered AS v
    ON v.geo_level = p.geo_level
    AND v.time_period = p.time_period
    AND (
      v.states = '' OR CONTAINS(v.states, SUBSTRING(p.ref_area, 3, 2))
    )
  JOIN population_part AS q
    ON q.rows_of = p.rows_of AND q.edition = p.edition
  LEFT JOIN event AS e
    ON e.geo_level = p.geo_level
    AND e.ref_area = p.ref_area
    AND e.time_period = p.time_period
    AND e.sex = p.sex
    AND e.age = p.age
  UNION ALL
  SELECT
    v.rows_of,
    v.edition,
    p.geo_level,
    p.ref_area,
    p.time_period,
    p.sex,
    '_U',
    COALESCE(e.numerator, 0),
    NULL,
    COALESCE(e.n_missing, 0),
    NULL
  FROM (
    SELECT DISTINCT
      geo_level,
      ref_area,
      time_period,
      sex
    FROM population
  ) AS p
  JOIN covered AS v
    ON v.geo_level = p.geo_level
    AND v.time_period = p.time_period
    AND (
      v.states = '' OR CONTAINS(v.states, SUBSTRING(p.ref_area, 3, 2))
    )
  LEFT JOIN event AS e
    ON e.geo_level = p.geo_level
    AND e.ref_area = p.ref_area
    AND e.time_period = p.time_period
    AND e.sex = p.sex
    AND e.age = '_U'
  UNION ALL
  SELECT
    e.rows_of,
    e.edition,
    e.geo_level,
    e.ref_area,
    e.time_period,
    e.sex,
    e.age,
    e.numerator,
    NULL,
    e.n_missing,
    NULL
  FROM event AS e
  WHERE
    e.sex = '_U'
), cube AS (
  SELECT
    *
    EXCLUDE (f, known, per_person, variance),
    f * per_person AS per_person,
    CASE
      WHEN unknown = 0
      THEN variance
      ELSE f * (
        f * (
          variance - per_person * per_person / NULLIF(known, 0)
        ) + per_person * per_person / NULLIF(known, 0)
      )
    END AS variance
  FROM (
    SELECT
      *,
      CASE WHEN unknown = 0 THEN 1.0 ELSE 1.0 * numerator / NULLIF(known, 0) END AS f
    FROM (
      SELECT
        *,
        numerator - unknown AS known
      FROM (
        SELECT
          a.rows_of,
          a.edition,
          a.geo_level,
          a.ref_area,
          a.time_period,
          a.sex,
          MIN(a.denominator_source) AS denominator_source,
          SUM(a.numerator) AS numerator,
          SUM(CASE WHEN a.age = '_U' THEN a.numerator ELSE 0 END) AS unknown,
          CASE WHEN COUNT(a.denominator) = COUNT(s.code) THEN SUM(a.denominator) END AS denominator,
          SUM(a.n_missing + CASE WHEN a.denominator = 0 AND a.numerator > 0 THEN 1 ELSE 0 END) AS n_missing,
          LIST_SUM(LIST_SORT(ARRAY_AGG(s.weight * a.numerator / NULLIF(a.denominator, 0)))) AS per_person,
          LIST_SUM(
            LIST_SORT(
              ARRAY_AGG(
                s.weight * s.weight * a.numerator / (
                  NULLIF(a.denominator, 0) * NULLIF(a.denominator, 0)
                )
              )
            )
          ) AS variance
        FROM met AS a
        LEFT JOIN (VALUES
          ('Y0T17', CAST(0.30418135782005495 AS DOUBLE)),
          ('Y_GE18', CAST(0.695818642179945 AS DOUBLE))) AS s(code, weight)
          ON s.code = a.age
        WHERE
          NOT s.code IS NULL OR a.age = '_U'
        GROUP BY
          a.rows_of,
          a.edition,
          a.geo_level,
          a.ref_area,
          a.time_period,
          a.sex
        HAVING
          COUNT(s.code) = 2 OR a.sex = '_U'
      ) AS of_ages
    ) AS counted
  ) AS factor
)
SELECT
  'intentional_homicide_rate_standardised' AS indicator,
  '_L_MX_INTENTIONAL_HOMICIDE_RATE_STANDARDISED' AS series,
  '16.1' AS sdg_indicator,
  c.ref_area AS ref_area,
  a.area_name AS area_name,
  c.geo_level AS geo_level,
  '2025' AS geo_vintage,
  c.time_period AS time_period,
  c.sex AS sex,
  '_T' AS age,
  '_T' AS urbanisation,
  '_T' AS disability,
  '_T' AS indigenous,
  '_T' AS income_quantile,
  '_T' AS education,
  CAST(CASE
    WHEN (
      CASE
        WHEN c.n_missing > 0
        THEN 'missing_component'
        WHEN c.denominator IS NULL
        THEN 'unknown_group'
        WHEN c.denominator = 0
        THEN 'zero_denominator'
        WHEN c.unknown > 0.5 * c.numerator
        THEN 'unknown_age'
        WHEN c.denominator < 1000
        THEN 'small_population'
        WHEN c.numerator > 0 AND c.numerator < 10
        THEN 'few_events'
      END
    ) IS NULL
    THEN 100000.0 * c.per_person
  END AS DOUBLE) AS obs_value,
  'PER_100000_POP' AS unit_measure,
  CAST(CASE WHEN c.n_missing = 0 THEN c.numerator END AS DOUBLE) AS numerator,
  CAST(c.denominator AS DOUBLE) AS denominator,
  c.denominator_source AS denominator_source,
  CAST(NULL AS BIGINT) AS n_obs,
  CAST(c.unknown AS BIGINT) AS n_missing,
  CAST(NULL AS BIGINT) AS n_psu,
  CAST(CASE
    WHEN (
      CASE
        WHEN c.n_missing > 0
        THEN 'missing_component'
        WHEN c.denominator IS NULL
        THEN 'unknown_group'
        WHEN c.denominator = 0
        THEN 'zero_denominator'
        WHEN c.unknown > 0.5 * c.numerator
        THEN 'unknown_age'
        WHEN c.denominator < 1000
        THEN 'small_population'
        WHEN c.numerator > 0 AND c.numerator < 10
        THEN 'few_events'
      END
    ) IS NULL
    THEN 100000.0 * SQRT(c.variance)
  END AS DOUBLE) AS std_error,
  CAST(NULL AS DOUBLE) AS cv,
  CAST(NULL AS DOUBLE) AS ci_lower,
  CAST(NULL AS DOUBLE) AS ci_upper,
  CAST(NULL AS DOUBLE) AS deff,
  CAST(NULL AS DOUBLE) AS df,
  CASE WHEN c.numerator < 20 THEN 'unstable' ELSE 'full_count' END AS precision,
  CASE
    WHEN (
      CASE
        WHEN c.n_missing > 0
        THEN 'missing_component'
        WHEN c.denominator IS NULL
        THEN 'unknown_group'
        WHEN c.denominator = 0
        THEN 'zero_denominator'
        WHEN c.unknown > 0.5 * c.numerator
        THEN 'unknown_age'
        WHEN c.denominator < 1000
        THEN 'small_population'
        WHEN c.numerator > 0 AND c.numerator < 10
        THEN 'few_events'
      END
    ) IS NULL
    THEN CASE WHEN c.unknown > 0 THEN 'E' ELSE 'A' END
    ELSE CASE CASE
        WHEN c.n_missing > 0
        THEN 'missing_component'
        WHEN c.denominator IS NULL
        THEN 'unknown_group'
        WHEN c.denominator = 0
        THEN 'zero_denominator'
        WHEN c.unknown > 0.5 * c.numerator
        THEN 'unknown_age'
        WHEN c.denominator < 1000
        THEN 'small_population'
        WHEN c.numerator > 0 AND c.numerator < 10
        THEN 'few_events'
      END
      WHEN 'missing_component'
      THEN 'O'
      WHEN 'zero_denominator'
      THEN 'M'
      WHEN 'unknown_group'
      THEN 'M'
      WHEN 'few_events'
      THEN 'Q'
      WHEN 'unknown_age'
      THEN 'Q'
      WHEN 'small_population'
      THEN 'Q'
    END
  END AS obs_status,
  COALESCE(
    CASE
      WHEN c.n_missing > 0
      THEN 'missing_component'
      WHEN c.denominator IS NULL
      THEN 'unknown_group'
      WHEN c.denominator = 0
      THEN 'zero_denominator'
      WHEN c.unknown > 0.5 * c.numerator
      THEN 'unknown_age'
      WHEN c.denominator < 1000
      THEN 'small_population'
      WHEN c.numerator > 0 AND c.numerator < 10
      THEN 'few_events'
    END,
    CASE WHEN c.unknown > 0 THEN 'unknown_age_allocated' ELSE NULL END
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
