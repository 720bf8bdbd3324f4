-- The order of a value among others as it is shown, rounded to its decimals: the best first where the indicator has a better way
-- (up, down), otherwise the largest. Values that are shown alike share a rank.
CREATE MACRO shown_order(obs_value, direction, decimals) AS
round(CASE WHEN direction = 'down' THEN obs_value ELSE -obs_value END, decimals);
