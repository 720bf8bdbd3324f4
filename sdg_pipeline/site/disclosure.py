"""Reads from the warehouse what was promised, what is missing, who is like whom, and how states add up.

What belongs here: these queries, and how rows of a query are taken. What does not: values and their words (reading).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sdg_pipeline import duck
from sdg_pipeline.site.model import Disclosure, Gap, Release, Text
from sdg_pipeline.specs.fields import DIMENSIONS

if TYPE_CHECKING:
    import duckdb

AT_ONCE = 5_000
"""Rows that are taken from a query at a time."""
COMPARED = f"""
WITH shown AS (
    SELECT o.indicator, o.ref_area, o.obs_value, shown_order(o.obs_value, i.direction, i.decimals) AS place
    FROM observation AS o
    JOIN newest_period AS n USING (indicator, geo_level, time_period, {", ".join(DIMENSIONS)})
    JOIN indicator AS i ON i.id = o.indicator
    JOIN peer_quality AS q ON q.indicator = o.indicator AND q.shown = 'peers' AND q.role <> 'circular'
    WHERE o.geo_level = 'municipality' AND o.obs_status <> 'F' AND o.obs_value IS NOT NULL
)
SELECT p.ref_area, s.indicator, median(s.obs_value),
    if(count(own.place) = 0, NULL, 1 + count(*) FILTER (s.place < own.place)),
    count(*) + if(count(own.place) = 0, 0, 1)
FROM peer AS p
JOIN shown AS s ON s.ref_area = p.peer
LEFT JOIN shown AS own ON own.ref_area = p.ref_area AND own.indicator = s.indicator
GROUP BY p.ref_area, s.indicator
ORDER BY p.ref_area, s.indicator
"""
"""Median of the peers, and the rank of a municipality among them, where they predict better than the state."""


def streamed(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    return duck.streamed(result, AT_ONCE)


def dicts(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, Any]]:
    result = con.execute(query)
    names = [column[0] for column in result.description or ()]
    for record in result.fetchall():
        yield dict(zip(names, record, strict=True))


def compared(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, list[tuple[str, float, int | None, int]]]]:
    """By municipality: indicator, median of its peers, its rank among them, and how many have a value."""
    for place, records in groupby(streamed(con.execute(COMPARED)), key=lambda record: record[0]):
        yield str(place), [tuple(record[1:]) for record in records]


def read(con: duckdb.DuckDBPyConnection, release: Release) -> Disclosure:
    """Commitments as of the day of the release, so that a site is the same on any day."""
    latest = next(r for r in release.before if r["id"] == release.name)
    day = str(latest["published_on"] or "")[:10]
    gaps = con.execute(
        "SELECT closes_with_es, closes_with_en, indicator, goal, geo_level, dimension, class, cells, people, vintage, "
        "institution FROM gap_grid WHERE class <> 'value' ORDER BY goal, indicator, geo_level, dimension, class"
    ).fetchall()
    closing: dict[str, dict[str, Text]] = {}
    for place, indicator, es, en in con.execute(
        "SELECT ref_area, indicator, closes_with_es, closes_with_en FROM gap ORDER BY ALL"
    ).fetchall():
        closing.setdefault(place, {})[indicator] = Text(es, en)
    peers = con.execute(
        "SELECT ref_area, list(peer ORDER BY rank) FROM peer GROUP BY ref_area ORDER BY ref_area"
    ).fetchall()
    status = f"SELECT * FROM commitments(try_cast('{day}' AS DATE))"
    return Disclosure(
        day,
        tuple(dicts(con, status)),
        tuple(Gap(Text(es or "", en or ""), *counted) for es, en, *counted in gaps),
        closing,
        {place: tuple(like) for place, like in peers},
        _by_state(con, "SELECT ref_area AS state, * FROM state_sum ORDER BY ref_area, goal, indicator"),
        _by_state(
            con,
            "SELECT * FROM state_finding ORDER BY state, status = 'agrees', rule, indicator, ref_area, time_period, "
            "group_codes, quantity",
        ),
        tuple(
            dicts(con, "SELECT * FROM budget ORDER BY account_year, budget, goal NULLS FIRST, target NULLS FIRST, link")
        ),
        portal=tuple(dicts(con, "FROM portal ORDER BY about, dataset")),
    )


def _by_state(con: duckdb.DuckDBPyConnection, query: str) -> dict[str, tuple[dict[str, Any], ...]]:
    """The rows of a query that is in the order of states, by state."""
    return {str(state): tuple(rows) for state, rows in groupby(dicts(con, query), key=lambda row: row["state"])}
