-- The populations that rates of an area and year are divided by, side by side: FROM sdg.denominators(31, 2023).
-- One row for each source and group, with how many rates use it; sources that differ for the same group are to be explained.
-- A rate of crimes against women is over women: its sex is F.
CREATE MACRO denominators(area, period) AS TABLE
SELECT
    o.denominator_source,
    o.sex,
    o.age,
    o.denominator,
    count(DISTINCT o.indicator) AS n_indicators,
    min(o.indicator) AS example
FROM observation AS o
JOIN indicator AS i ON i.id = o.indicator
WHERE o.ref_area = known_area(area)
    AND o.time_period = CAST(period AS VARCHAR)
    AND i.formula LIKE '% of population_%'
    AND o.denominator IS NOT NULL
GROUP BY o.denominator_source, o.sex, o.age, o.denominator
ORDER BY o.sex, o.age, o.denominator_source;
