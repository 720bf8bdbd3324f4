-- The municipalities of an indicator in their newest year, ranked in the country and in their state:
-- FROM sdg.by_municipality('dwellings_with_piped_water') WHERE state_name = 'Oaxaca'. See sdg.by_state for year and rank.
CREATE MACRO by_municipality(id) AS TABLE
SELECT
    n.rank,
    CASE
        WHEN n.obs_value IS NULL THEN NULL
        ELSE rank() OVER (PARTITION BY n.state ORDER BY n.rank NULLS LAST)
    END AS rank_in_state,
    n.ref_area,
    n.area_name,
    n.state,
    n.state_name,
    n.time_period,
    n.year,
    n.obs_value,
    n.unit_en,
    n.numerator,
    n.denominator,
    n.ci_lower,
    n.ci_upper,
    n.precision,
    n.obs_status,
    n.obs_reason,
    n.coverage
FROM newest AS n
WHERE n.indicator = known_indicator(id) AND n.geo_level = 'municipality'
ORDER BY n.rank NULLS LAST, n.ref_area;
