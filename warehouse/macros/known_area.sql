-- The REF_AREA code of an area that the register knows, by code, key (see sdg.area_code) or name (see sdg.areas_named).
-- A name of several areas, and what names none, is an error.
CREATE MACRO known_area(area) AS
CASE
    WHEN area_code(area) IN (SELECT known.ref_area FROM area AS known) THEN area_code(area)
    WHEN len(areas_named(area)) = 1 THEN areas_named(area)[1]
    WHEN len(areas_named(area)) > 1
        THEN error(
            'several areas are called ''' || CAST(area AS VARCHAR) || ''': ' || (
                SELECT
                    string_agg(
                        c.ref_area || ' (' || CASE WHEN c.level IN ('national', 'state') THEN c.level ELSE c.state_name END
                        || ')',
                        ', '
                        ORDER BY c.ref_area
                    )
                FROM area AS c
                WHERE list_contains(areas_named(area), c.ref_area)
            ) || '; use the code'
        )
    ELSE error('no area ' || CAST(area AS VARCHAR) || '; SELECT ref_area, name FROM sdg.area lists them')
END;
