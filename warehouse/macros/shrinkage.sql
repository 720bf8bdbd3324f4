-- How much of each municipality's model-based value comes from the model: FROM sdg.shrinkage('poverty_model').
-- shrinkage is 1 less the weight of the direct estimate: 1 where the survey has no sample there. A map of it shows where the
-- survey speaks and where the model does. residual is standardised; benchmark_factor makes the municipalities of a state add up.
CREATE MACRO shrinkage(id) AS TABLE
SELECT
    m.ref_area,
    a.name AS area_name,
    a.state_name,
    1 - max(CASE WHEN m.term = 'gamma' THEN m.value END) AS shrinkage,
    max(CASE WHEN m.term = 'residual' THEN m.value END) AS residual,
    max(CASE WHEN m.term = 'leverage' THEN m.value END) AS leverage,
    max(CASE WHEN m.term = 'influence' THEN m.value END) AS influence,
    max(CASE WHEN m.term = 'benchmark_factor' THEN m.value END) AS benchmark_factor,
    n.year,
    n.obs_value,
    n.ci_lower,
    n.ci_upper,
    n.precision,
    n.obs_reason
FROM model AS m
JOIN area AS a ON a.ref_area = m.ref_area
LEFT JOIN newest AS n ON n.indicator = m.indicator AND n.ref_area = m.ref_area
WHERE m.indicator = known_indicator(id) AND a.level = 'municipality'
GROUP BY
    m.ref_area, a.name, a.state_name, n.year, n.obs_value, n.ci_lower, n.ci_upper, n.precision, n.obs_reason
ORDER BY m.ref_area;
