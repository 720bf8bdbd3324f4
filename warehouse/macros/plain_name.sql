-- A name without case and accents, by which people look for it: sdg.plain_name('Nuevo León') is 'nuevo leon'.
CREATE MACRO plain_name(words) AS lower(strip_accents(trim(CAST(words AS VARCHAR))));
