-- The REF_AREA code of an area that the register knows (see sdg.area_code), an error otherwise.
CREATE MACRO known_area(area) AS
CASE
    WHEN area_code(area) IN (SELECT known.ref_area FROM area AS known) THEN area_code(area)
    ELSE error('no area ' || CAST(area AS VARCHAR) || '; SELECT ref_area, name FROM sdg.area lists them')
END;
