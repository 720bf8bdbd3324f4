-- The openness of each edition by the rules of each framework, under the headings of the OECD: points of all that is known, and
-- how much of the points is known. Read both: score is points over known_of, and share_known is known_of over of.
CREATE VIEW openness_score AS
SELECT
    source,
    edition,
    framework,
    heading,
    coalesce(sum(points), 0) AS points,
    coalesce(sum("of") FILTER (WHERE points IS NOT NULL), 0) AS known_of,
    sum("of") AS "of",
    sum(points) / nullif(sum("of") FILTER (WHERE points IS NOT NULL), 0) AS score,
    coalesce(sum("of") FILTER (WHERE points IS NOT NULL), 0) / sum("of") AS share_known
FROM openness
GROUP BY ALL;
COMMENT ON COLUMN openness_score.edition IS 'Edition of the source; current of the own release';
COMMENT ON COLUMN openness_score.framework IS 'Framework by whose rules it is judged here';
COMMENT ON COLUMN openness_score.heading IS 'availability, accessibility or reuse';
COMMENT ON COLUMN openness_score.points IS 'Points of the items that are known';
COMMENT ON COLUMN openness_score.known_of IS 'Points that these items could have';
COMMENT ON COLUMN openness_score."of" IS 'Points that all items could have';
COMMENT ON COLUMN openness_score.score IS 'points over known_of; empty where nothing is known';
COMMENT ON COLUMN openness_score.share_known IS 'known_of over of';
