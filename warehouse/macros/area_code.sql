-- REF_AREA code of an area given as 20067, '20067', 'MX20067', 20, '01', 'MX' or '00' (the nation).
-- A key given as a number has lost its zeros: up to two digits it is a state, up to five a municipality.
CREATE MACRO area_code(area) AS
CASE
    WHEN regexp_replace(upper(trim(CAST(area AS VARCHAR))), '^MX', '') IN ('', '0', '00') THEN 'MX'
    WHEN length(regexp_replace(upper(trim(CAST(area AS VARCHAR))), '^MX', '')) <= 2
        THEN 'MX' || lpad(regexp_replace(upper(trim(CAST(area AS VARCHAR))), '^MX', ''), 2, '0')
    WHEN length(regexp_replace(upper(trim(CAST(area AS VARCHAR))), '^MX', '')) <= 5
        THEN 'MX' || lpad(regexp_replace(upper(trim(CAST(area AS VARCHAR))), '^MX', ''), 5, '0')
    ELSE CAST(area AS VARCHAR)
END;
