-- The dimension itself where the release has gaps of the indicator by it, an error otherwise that names those it has.
CREATE MACRO known_split(id, split_by) AS
CASE
    WHEN split_by IN (SELECT d.dimension FROM difference AS d WHERE d.indicator = id AND d.comparison = 'gap') THEN split_by
    ELSE error(
        'no gap of ' || id || ' by ''' || split_by || '''; it has gaps by: ' || coalesce(
            (
                SELECT string_agg(DISTINCT d.dimension, ', ' ORDER BY d.dimension)
                FROM difference AS d
                WHERE d.indicator = id AND d.comparison = 'gap'
            ),
            'nothing'
        )
    )
END;
