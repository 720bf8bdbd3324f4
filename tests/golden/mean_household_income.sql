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
    SUM(
      CAST(CASE
        WHEN NOT y IS NULL AND NOT x IS NULL AND (
          x <> 0 OR y <> 0
        )
        THEN weight
        ELSE 0
      END AS DECIMAL(38, 12))
    ) AS w,
    SUM(
      CAST(CASE WHEN NOT y IS NULL AND NOT x IS NULL THEN weight * y ELSE 0 END AS DECIMAL(38, 12))
    ) AS y,
    SUM(
      CAST(CASE WHEN NOT y IS NULL AND NOT x IS NULL THEN weight * x ELSE 0 END AS DECIMAL(38, 12))
    ) AS x,
    SUM(
      CAST(CASE WHEN NOT y IS NULL AND NOT x IS NULL THEN weight * y * y ELSE 0 END AS DECIMAL(38, 9))
    ) AS yy,
    SUM(
      CAST(CASE WHEN NOT y IS NULL AND NOT x IS NULL THEN weight * y * x ELSE 0 END AS DECIMAL(38, 9))
    ) AS yx,
    SUM(
      CAST(CASE WHEN NOT y IS NULL AND NOT x IS NULL THEN weight * x * x ELSE 0 END AS DECIMAL(38, 9))
    ) AS xx,
    COUNT(
      CASE
        WHEN NOT y IS NULL AND NOT x IS NULL AND (
          x <> 0 OR y <> 0
        ) AND weight > 0
        THEN 1
      END
    ) AS n,
    COUNT(CASE WHEN NOT y IS NULL AND NOT x IS NULL AND (
      x <> 0 OR y <> 0
    ) THEN 1 END) AS n_rows,
    COUNT(CASE WHEN y IS NULL OR x IS NULL THEN 1 END) AS n_missing,
    COUNT(CASE WHEN y < 0 OR y > x THEN 1 END) AS outside
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
      CAST(COALESCE(monetary_income, 0) AS DOUBLE) AS y,
      CAST(1 AS DOUBLE) AS x
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
    psu
), domain AS (
  SELECT
    CAST(ROW_NUMBER() OVER (ORDER BY geo_level, ref_area, time_period, urbanisation, income_quantile) AS INT) AS domain_no,
    geo_level,
    ref_area,
    time_period,
    urbanisation,
    income_quantile,
    edition,
    CAST(w AS DOUBLE) AS w,
    CAST(y AS DOUBLE) AS y,
    CAST(x AS DOUBLE) AS x,
    CAST(yy AS DOUBLE) AS yy,
    CAST(yx AS DOUBLE) AS yx,
    CAST(xx AS DOUBLE) AS xx,
    n,
    n_rows,
    n_missing,
    outside
  FROM (
    SELECT
      CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END AS geo_level,
      CASE WHEN GROUPING(state) = 0 THEN CONCAT('MX', state) ELSE 'MX' END AS ref_area,
      time_period,
      CASE WHEN GROUPING(urbanisation) = 0 THEN urbanisation ELSE '_T' END AS urbanisation,
      CASE WHEN GROUPING(income_quantile) = 0 THEN income_quantile ELSE '_T' END AS income_quantile,
      MAX(edition) AS edition,
      SUM(w) AS w,
      SUM(y) AS y,
      SUM(x) AS x,
      SUM(yy) AS yy,
      SUM(yx) AS yx,
      SUM(xx) AS xx,
      SUM(n) AS n,
      SUM(n_rows) AS n_rows,
      SUM(n_missing) AS n_missing,
      SUM(outside) AS outside
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
        (time_period, income_quantile),
        (time_period, state, income_quantile),
        (time_period, state, urbanisation)
      )
  ) AS domain_sum
), score AS (
  SELECT
    domain_no,
    time_period,
    stratum,
    psu,
    u.y,
    u.x,
    (
      u.y - d.y / NULLIF(d.x, 0) * u.x
    ) / NULLIF(d.x, 0) AS z,
    u.n
  FROM (
    SELECT
      geo_level,
      ref_area,
      time_period,
      urbanisation,
      income_quantile,
      stratum,
      psu,
      CAST(y AS DOUBLE) AS y,
      CAST(x AS DOUBLE) AS x,
      n
    FROM (
      SELECT
        CASE WHEN GROUPING(state) = 0 THEN 'state' ELSE 'national' END AS geo_level,
        CASE WHEN GROUPING(state) = 0 THEN CONCAT('MX', state) ELSE 'MX' END AS ref_area,
        time_period,
        CASE WHEN GROUPING(urbanisation) = 0 THEN urbanisation ELSE '_T' END AS urbanisation,
        CASE WHEN GROUPING(income_quantile) = 0 THEN income_quantile ELSE '_T' END AS income_quantile,
        stratum,
        psu,
        SUM(y) AS y,
        SUM(x) AS x,
        MAX(n) AS n
      FROM cell
      WHERE
        geo_level = 'state' AND n_rows > 0
      GROUP BY
        GROUPING SETS (
          (time_period, stratum, psu),
          (time_period, state, stratum, psu),
          (time_period, urbanisation, stratum, psu),
          (time_period, income_quantile, stratum, psu),
          (time_period, state, income_quantile, stratum, psu),
          (time_period, state, urbanisation, stratum, psu)
        )
    ) AS unit_sum
  ) AS u
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
    FROM score
    WHERE
      n > 0
    GROUP BY
      domain_no,
      time_period,
      stratum
  ) AS s
  GROUP BY
    domain_no
), estimate AS (
  SELECT
    domain_no,
    geo_level,
    ref_area,
    time_period,
    urbanisation,
    income_quantile,
    edition,
    y / NULLIF(x, 0) AS estimate,
    y AS numerator,
    x AS denominator,
    CASE WHEN outside = 0 THEN 1 ELSE 0 END AS is_share,
    w * (
      yy - 2 * y / NULLIF(x, 0) * yx + (
        y / NULLIF(x, 0)
      ) * (
        y / NULLIF(x, 0)
      ) * xx
    ) / (
      x * x
    ) / NULLIF(n - 1, 0) AS spread,
    n,
    n_missing,
    COALESCE(s.n_psu, 0) AS n_psu,
    COALESCE(s.df, 0) AS df,
    CASE WHEN n = 0 THEN 'no_sample' WHEN x = 0 THEN 'zero_denominator' END AS absent
  FROM domain
  LEFT JOIN sampled AS s
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
  'mean_household_income' AS indicator,
  '_L_MX_MEAN_HOUSEHOLD_INCOME' AS series,
  '10.1' AS sdg_indicator,
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
  'MXN' AS unit_measure,
  CAST(c.numerator AS DOUBLE) AS numerator,
  CAST(c.denominator AS DOUBLE) AS denominator,
  CASE WHEN NOT c.denominator IS NULL THEN CONCAT(p.source, '/', p.edition) END AS denominator_source,
  CAST(c.n AS BIGINT) AS n_obs,
  CAST(c.n_missing AS BIGINT) AS n_missing,
  CAST(c.n_psu AS BIGINT) AS n_psu,
  CAST(1.0 * c.error AS DOUBLE) AS std_error,
  CAST(100 * c.error / NULLIF(ABS(c.estimate), 0) AS DOUBLE) AS cv,
  CAST(1.0 * (
    CASE
      WHEN c.is_share = 0
      THEN c.estimate - c.t * c.error
      WHEN c.estimate > 0.05 AND c.estimate < 0.95
      THEN 1 / (
        1 + EXP(
          -(
            LN(c.estimate / (
              1 - c.estimate
            )) - c.t * c.error / (
              c.estimate * (
                1 - c.estimate
              )
            )
          )
        )
      )
    END
  ) AS DOUBLE) AS ci_lower,
  CAST(1.0 * (
    CASE
      WHEN c.is_share = 0
      THEN c.estimate + c.t * c.error
      WHEN c.estimate > 0.05 AND c.estimate < 0.95
      THEN 1 / (
        1 + EXP(
          -(
            LN(c.estimate / (
              1 - c.estimate
            )) + c.t * c.error / (
              c.estimate * (
                1 - c.estimate
              )
            )
          )
        )
      )
    END
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
