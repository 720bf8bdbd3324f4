WITH design AS (
  SELECT
    time_period,
    stratum,
    COUNT(DISTINCT psu) AS n_psu,
    1.0 AS unsampled
  FROM staged.enigh_incomes
  GROUP BY
    time_period,
    stratum
), cell AS (
  SELECT
    geo_level,
    state,
    municipality,
    urbanisation,
    income_quantile,
    time_period,
    edition,
    stratum,
    psu,
    v,
    SUM(CAST(weight AS DECIMAL(38, 12))) AS w,
    COUNT(CASE WHEN weight > 0 THEN 1 END) AS n,
    COUNT(*) AS n_rows
  FROM (
    SELECT
      geo_level,
      state,
      municipality,
      urbanisation,
      income_quantile,
      time_period,
      edition,
      stratum,
      psu,
      weight,
      CAST(COALESCE(monetary_income, 0) AS DOUBLE) AS v
    FROM staged.enigh_incomes
  ) AS record
  GROUP BY
    geo_level,
    state,
    municipality,
    urbanisation,
    income_quantile,
    time_period,
    edition,
    stratum,
    psu,
    v
), domain AS (
  SELECT
    CAST(ROW_NUMBER() OVER (ORDER BY geo_level, ref_area, time_period, urbanisation, income_quantile) AS INT) AS domain_no,
    geo_level,
    ref_area,
    time_period,
    urbanisation,
    income_quantile,
    edition,
    CAST(x AS DOUBLE) AS x,
    CAST(y AS DOUBLE) AS y,
    lowest,
    n,
    n_missing
  FROM (
    SELECT
      CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END AS geo_level,
      CASE WHEN GROUPING(state) = 0 THEN CONCAT('MX', state) ELSE 'MX' END AS ref_area,
      time_period,
      CASE WHEN GROUPING(urbanisation) = 0 THEN urbanisation ELSE '_T' END AS urbanisation,
      '_T' AS income_quantile,
      MAX(edition) AS edition,
      SUM(CASE WHEN NOT v IS NULL THEN w ELSE 0 END) AS x,
      SUM(CAST(CAST(w AS DOUBLE) * v AS DECIMAL(38, 12))) AS y,
      MIN(v) AS lowest,
      SUM(CASE WHEN NOT v IS NULL THEN n ELSE 0 END) AS n,
      SUM(CASE WHEN v IS NULL THEN n_rows ELSE 0 END) AS n_missing
    FROM cell
    WHERE
      geo_level = 'state'
    GROUP BY
      GROUPING SETS (
        (
          time_period
        ),
        (time_period, state),
        (time_period, urbanisation),
        (time_period, state, urbanisation)
      )
  ) AS domain_sum
), valued AS (
  SELECT
    domain_no,
    time_period,
    stratum,
    psu,
    v,
    w,
    p.n
  FROM (
    SELECT
      CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END AS geo_level,
      CASE WHEN GROUPING(state) = 0 THEN CONCAT('MX', state) ELSE 'MX' END AS ref_area,
      time_period,
      CASE WHEN GROUPING(urbanisation) = 0 THEN urbanisation ELSE '_T' END AS urbanisation,
      '_T' AS income_quantile,
      stratum,
      psu,
      v,
      SUM(w) AS w,
      SUM(n) AS n
    FROM cell
    WHERE
      geo_level = 'state' AND NOT v IS NULL
    GROUP BY
      GROUPING SETS (
        (time_period, stratum, psu, v),
        (time_period, state, stratum, psu, v),
        (time_period, urbanisation, stratum, psu, v),
        (time_period, state, urbanisation, stratum, psu, v)
      )
  ) AS p
  JOIN domain AS d
    USING (geo_level, ref_area, time_period, urbanisation, income_quantile)
), sampled AS (
  SELECT
    domain_no,
    SUM(s.n_psu) AS n_psu,
    SUM(s.n_psu) - COUNT(*) AS df
  FROM (
    SELECT
      domain_no,
      time_period,
      stratum,
      COUNT(*) AS n_psu
    FROM (
      SELECT
        domain_no,
        time_period,
        stratum,
        SUM(n) AS n
      FROM valued
      GROUP BY
        domain_no,
        time_period,
        stratum,
        psu
    ) AS unit
    WHERE
      n > 0
    GROUP BY
      domain_no,
      time_period,
      stratum
  ) AS s
  GROUP BY
    domain_no
), curve AS (
  SELECT
    domain_no,
    v,
    CAST(w AS DOUBLE) AS w,
    CAST(SUM(w) OVER (PARTITION BY domain_no ORDER BY v ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS DOUBLE) AS c,
    CAST(SUM(CAST(CAST(w AS DOUBLE) * v AS DECIMAL(38, 12))) OVER (PARTITION BY domain_no ORDER BY v ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS DOUBLE) AS s
  FROM (
    SELECT
      domain_no,
      v,
      SUM(w) AS w
    FROM valued
    WHERE
      w > 0
    GROUP BY
      domain_no,
      v
  ) AS value_weight
), statistic AS (
  SELECT
    domain_no,
    LIST_SUM(
      LIST_SORT(
        ARRAY_AGG(c.w * (
          c.v * (
            2 * c.c - c.w - d.x
          ) + d.y - 2 * c.s + c.w * c.v
        ))
      )
    ) / (
      2 * MAX(d.x) * NULLIF(MAX(d.y), 0)
    ) AS g
  FROM curve AS c
  JOIN domain AS d
    USING (domain_no)
  GROUP BY
    domain_no
), score AS (
  SELECT
    r.domain_no,
    r.time_period,
    r.stratum,
    r.psu,
    LIST_SUM(
      LIST_SORT(
        ARRAY_AGG(
          CAST(r.w AS DOUBLE) * (
            (
              c.v * (
                2 * c.c - c.w - d.x
              ) + d.y - 2 * c.s + c.w * c.v
            ) / (
              d.x * NULLIF(d.y, 0)
            ) - t.g / d.x - t.g * r.v / NULLIF(d.y, 0)
          )
        )
      )
    ) AS z,
    LIST_SUM(
      LIST_SORT(
        ARRAY_AGG(
          CAST(r.w AS DOUBLE) * (
            (
              c.v * (
                2 * c.c - c.w - d.x
              ) + d.y - 2 * c.s + c.w * c.v
            ) / (
              d.x * NULLIF(d.y, 0)
            ) - t.g / d.x - t.g * r.v / NULLIF(d.y, 0)
          ) * (
            (
              c.v * (
                2 * c.c - c.w - d.x
              ) + d.y - 2 * c.s + c.w * c.v
            ) / (
              d.x * NULLIF(d.y, 0)
            ) - t.g / d.x - t.g * r.v / NULLIF(d.y, 0)
          )
        )
      )
    ) AS zz,
    SUM(r.n) AS n
  FROM valued AS r
  JOIN domain AS d
    USING (domain_no)
  JOIN curve AS c
    USING (domain_no, v)
  JOIN statistic AS t
    USING (domain_no)
  GROUP BY
    r.domain_no,
    r.time_period,
    r.stratum,
    r.psu
), estimate AS (
  SELECT
    domain_no,
    d.geo_level,
    d.ref_area,
    d.time_period,
    d.urbanisation,
    d.income_quantile,
    d.edition,
    t.g AS estimate,
    CAST(NULL AS DOUBLE) AS numerator,
    d.x AS denominator,
    0 AS is_share,
    d.x * q.zz / NULLIF(d.n - 1, 0) AS spread,
    d.n,
    d.n_missing,
    COALESCE(s.n_psu, 0) AS n_psu,
    COALESCE(s.df, 0) AS df,
    CASE
      WHEN d.n = 0
      THEN 'no_sample'
      WHEN d.lowest < 0
      THEN 'negative_values'
      WHEN d.y = 0
      THEN 'zero_denominator'
    END AS absent
  FROM domain AS d
  LEFT JOIN sampled AS s
    USING (domain_no)
  LEFT JOIN statistic AS t
    USING (domain_no)
  LEFT JOIN (
    SELECT
      domain_no,
      LIST_SUM(LIST_SORT(ARRAY_AGG(zz))) AS zz
    FROM score
    GROUP BY
      domain_no
  ) AS q
    USING (domain_no)
), variance AS (
  SELECT
    domain_no,
    LIST_SUM(LIST_SORT(ARRAY_AGG(added))) AS variance
  FROM (
    SELECT
      domain_no,
      time_period,
      stratum,
      CASE
        WHEN h.unsampled < 1e-07
        THEN 0.0
        WHEN h.n_psu = 1
        THEN h.unsampled * s.mean * s.mean
        ELSE h.unsampled * h.n_psu / (
          h.n_psu - 1.0
        ) * s.m * (
          s.spread + (
            1.0 - s.m / h.n_psu
          ) * s.mean * s.mean
        )
      END AS added
    FROM (
      SELECT
        domain_no,
        time_period,
        stratum,
        LENGTH(zs) AS m,
        LIST_AVG(zs) AS mean,
        LIST_VAR_POP(zs) AS spread
      FROM (
        SELECT
          domain_no,
          time_period,
          stratum,
          LIST_SORT(ARRAY_AGG(z)) AS zs
        FROM score
        GROUP BY ALL
      ) AS listed
    ) AS s
    JOIN design AS h
      USING (time_period, stratum)
  ) AS part
  GROUP BY
    domain_no
), cube AS (
  SELECT
    'state' AS rows_of,
    geo_level,
    ref_area,
    time_period,
    urbanisation,
    income_quantile,
    e.edition,
    CASE WHEN e.absent IS NULL THEN e.estimate END AS estimate,
    e.numerator,
    e.denominator,
    e.is_share,
    CASE WHEN e.absent IS NULL THEN SQRT(v.variance) END AS error,
    v.variance / NULLIF(e.spread, 0) AS deff,
    e.n,
    e.n_missing,
    e.n_psu,
    e.df,
    s.t,
    e.absent,
    CAST(NULL AS DOUBLE) AS lower,
    CAST(NULL AS DOUBLE) AS upper
  FROM estimate AS e
  LEFT JOIN variance AS v
    USING (domain_no)
  LEFT JOIN student AS s
    ON s.df = e.df
)
SELECT
  'gini_household_income' AS indicator,
  '_L_MX_GINI_HOUSEHOLD_INCOME' AS series,
  '10.4.2' AS sdg_indicator,
  c.ref_area AS ref_area,
  a.area_name AS area_name,
  c.geo_level AS geo_level,
  '2020' AS geo_vintage,
  c.time_period AS time_period,
  '_T' AS sex,
  '_T' AS age,
  c.urbanisation AS urbanisation,
  '_T' AS disability,
  '_T' AS indigenous,
  c.income_quantile AS income_quantile,
  '_T' AS education,
  CAST(1.0 * c.estimate AS DOUBLE) AS obs_value,
  'IX' AS unit_measure,
  CAST(c.numerator AS DOUBLE) AS numerator,
  CAST(c.denominator AS DOUBLE) AS denominator,
  CASE WHEN NOT c.denominator IS NULL THEN CONCAT(p.source, '/', p.edition) END AS denominator_source,
  CAST(c.n AS BIGINT) AS n_obs,
  CAST(c.n_missing AS BIGINT) AS n_missing,
  CAST(c.n_psu AS BIGINT) AS n_psu,
  CAST(1.0 * c.error AS DOUBLE) AS std_error,
  CAST(100 * c.error / NULLIF(ABS(c.estimate), 0) AS DOUBLE) AS cv,
  CAST(1.0 * (
    c.estimate - c.t * c.error
  ) AS DOUBLE) AS ci_lower,
  CAST(1.0 * (
    c.estimate + c.t * c.error
  ) AS DOUBLE) AS ci_upper,
  CAST(c.deff AS DOUBLE) AS deff,
  CAST(c.df AS DOUBLE) AS df,
  CASE
    WHEN c.estimate = 0 OR c.error IS NULL
    THEN 'undetermined'
    WHEN 100 * c.error / NULLIF(ABS(c.estimate), 0) < 15.0
    THEN 'high'
    WHEN 100 * c.error / NULLIF(ABS(c.estimate), 0) >= 30.0
    THEN 'low'
    ELSE 'moderate'
  END AS precision,
  CASE
    WHEN NOT c.absent IS NULL
    THEN CASE c.absent
      WHEN 'no_sample'
      THEN 'O'
      WHEN 'zero_denominator'
      THEN 'M'
      WHEN 'negative_values'
      THEN 'M'
    END
    WHEN NOT COALESCE(
      c.absent,
      CASE
        WHEN c.n < 30
        THEN 'small_sample'
        WHEN c.n_psu < 2
        THEN 'few_psus'
        WHEN c.df < 10
        THEN 'few_df'
      END
    ) IS NULL
    THEN 'Q'
    WHEN 100 * c.error / NULLIF(ABS(c.estimate), 0) >= 30.0
    THEN 'U'
    ELSE 'A'
  END AS obs_status,
  COALESCE(
    COALESCE(
      c.absent,
      CASE
        WHEN c.n < 30
        THEN 'small_sample'
        WHEN c.n_psu < 2
        THEN 'few_psus'
        WHEN c.df < 10
        THEN 'few_df'
      END
    ),
    CASE
      WHEN 100 * c.error / NULLIF(ABS(c.estimate), 0) >= 30.0
      THEN 'low_precision'
    END
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
