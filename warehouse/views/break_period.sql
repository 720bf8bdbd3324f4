-- Periods from which on the values of an indicator cannot be compared with earlier ones (obs_reason methodology_changed).
CREATE VIEW break_period AS
SELECT DISTINCT
    o.indicator,
    o.time_period
FROM observation AS o
WHERE o.obs_reason = 'methodology_changed';
