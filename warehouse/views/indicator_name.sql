-- Every id by which an indicator of the latest release is found: its own, and those that it had before.
CREATE VIEW indicator_name AS
SELECT
    i.id AS name,
    i.id AS indicator
FROM indicator AS i
UNION ALL
SELECT
    unnest(i.former) AS name,
    i.id AS indicator
FROM indicator AS i;

COMMENT ON COLUMN indicator_name.name IS 'Id of today or of before';
COMMENT ON COLUMN indicator_name.indicator IS 'Id of today';
