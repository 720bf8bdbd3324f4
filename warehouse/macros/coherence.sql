-- What does not agree in a state, in a municipality, or anywhere below the nation: FROM sdg.coherence('MX20'). A row is a sum of a
-- state of which a part is in no municipality (kind sum), or a finding (see state_finding). Sums that add up are in state_sum alone.
CREATE MACRO coherence(area) AS TABLE
SELECT
    f.kind,
    f.rule,
    f.indicator,
    i.title_en,
    i.title_es,
    f.ref_area,
    a.name AS area_name,
    f.time_period,
    f.group_codes,
    f.quantity,
    f.value,
    f.other_value,
    f.difference,
    f.status,
    f.why,
    f.cite
FROM (
    SELECT * EXCLUDE (geo_level) FROM state_finding
    UNION ALL BY NAME
    SELECT
        s.ref_area AS state,
        'sum' AS kind,
        'sum of municipalities' AS rule,
        s.indicator,
        s.ref_area,
        s.time_period,
        '_T' AS group_codes,
        s.quantity,
        s.state_value AS value,
        s.municipal_sum AS other_value,
        s.difference,
        'unallocated' AS status
    FROM state_sum AS s
    WHERE s.uneven = 'yes'
) AS f
JOIN indicator AS i ON i.id = f.indicator
JOIN area AS a ON a.ref_area = f.ref_area
JOIN (SELECT c.ref_area FROM area AS c WHERE c.ref_area = known_area(area)) AS k
    ON k.ref_area IN ('MX', f.state, f.ref_area)
ORDER BY
    f.status = 'agrees',
    list_position(['sum', 'sources', 'rule', 'contributed', 'official'], f.kind),
    f.ref_area,
    f.rule,
    f.indicator,
    f.time_period,
    f.group_codes;
