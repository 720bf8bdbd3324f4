"""What a report is written from: the release around one area, and the rows of the warehouse that are about it.

What belongs here: which area is meant, and these queries. What does not: what the sections say (sections, document).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sdg_pipeline.errors import UsageError, nearest
from sdg_pipeline.site import disclosure, reading
from sdg_pipeline.site.disclosure import dicts
from sdg_pipeline.site.model import NATION, Contents, Place
from sdg_pipeline.site.toward import Toward, toward
from sdg_pipeline.specs.fields import DIMENSIONS, FORECAST

if TYPE_CHECKING:
    import duckdb

NATIONAL = ("national", "nacional", "nation", "mx")
LEVELS = ("national", "state", "municipality")
CODES = ", ".join(DIMENSIONS)
TESTED = ("sex", "urbanisation", "indigenous", "disability")
"""Dimensions whose tested gaps a report names."""
OWN_TOTAL = f"SEMI JOIN total_key USING (indicator, {CODES})"
PERIODS = f"""
SELECT DISTINCT o.indicator, o.time_period, o.source || '/' || o.source_edition AS edition
FROM observation AS o LEFT JOIN total_key AS t USING (indicator, {CODES})
WHERE o.ref_area = ? AND o.obs_status <> '{FORECAST}'
    AND (t.indicator IS NOT NULL OR o.indicator NOT IN (SELECT indicator FROM newest_period))
ORDER BY ALL
"""
SERIES = f"""
SELECT indicator, time_period, obs_value FROM observation {OWN_TOTAL}
WHERE ref_area = ? AND obs_value IS NOT NULL AND obs_status <> '{FORECAST}' ORDER BY ALL
"""
GROUPS = f"""
SELECT d.indicator, d.dimension, d.time_period, d.{", d.".join(DIMENSIONS)}, d.reference, d.obs_value,
    d.reference_value, d.difference, d.ci_lower, d.ci_upper
FROM difference AS d
WHERE d.ref_area = ? AND d.comparison = 'gap' AND d.p_value < 0.05 AND d.dimension IN ({", ".join(map(repr, TESTED))})
    AND {" AND ".join(f"(d.dimension = '{name}' OR d.{name} = '_T')" for name in TESTED)}
    AND d.income_quantile = '_T' AND d.education = '_T'
QUALIFY d.time_period = max(d.time_period) OVER (PARTITION BY d.indicator, d.dimension)
ORDER BY abs(d.difference / nullif(d.std_error, 0)) DESC NULLS LAST, d.indicator, d.{", d.".join(DIMENSIONS)}
"""
BELOW = """
SELECT indicator, geo_level, class, '' AS reason, cells, people, closes_with_es, closes_with_en FROM gap_grid
WHERE geo_level <> 'national' AND dimension = '_T' AND class NOT IN ('value', 'no_level', 'empty')
UNION ALL
SELECT indicator, geo_level, 'empty', reason, count(*), sum(people), any_value(closes_with_es),
    any_value(closes_with_en)
FROM gap WHERE geo_level <> 'national' GROUP BY ALL
ORDER BY people DESC NULLS LAST, indicator, geo_level, class, reason
"""
BELOW_STATE = """
SELECT g.indicator, g.geo_level, 'empty' AS class, g.reason, count(*) AS cells, sum(g.people) AS people,
    any_value(g.closes_with_es) AS closes_with_es, any_value(g.closes_with_en) AS closes_with_en
FROM gap AS g JOIN area AS a USING (ref_area)
WHERE a.state = ? AND a.level = 'municipality'
GROUP BY ALL ORDER BY people DESC NULLS LAST, g.indicator, g.reason
"""
FORECASTS = f"SELECT count(*) FROM observation WHERE ref_area = ? AND obs_status = '{FORECAST}'"


@dataclass(frozen=True)
class Material:
    """The release around an area, and rows about it; ``contents`` has the values of it and of its surroundings."""

    contents: Contents
    place: Place
    editions: Mapping[tuple[str, str], tuple[str, ...]]
    """By indicator and period the editions that its values come from."""
    series: Mapping[str, Sequence[tuple[float, float]]]
    """By indicator the years of its own total with their values."""
    groups: Sequence[Mapping[str, Any]]
    """Tested gaps between groups, the clearest first."""
    gaps: Sequence[Mapping[str, Any]]
    """What the area lacks."""
    below: Sequence[Mapping[str, Any]]
    """What the areas inside it lack, counted."""
    un_gaps: Sequence[Mapping[str, Any]]
    progress: Mapping[str, Toward]
    """By indicator how far the area has come to the target."""
    forecasts: int
    peers: Sequence[Mapping[str, Any]]
    compared: Mapping[str, tuple[float, int | None, int]]
    """By indicator: median of the peers, rank among them, places with a value."""
    lessons: Sequence[Mapping[str, Any]]

    @property
    def around(self) -> Sequence[Place]:
        """The places that figures stand beside: the state and the nation."""
        codes = {"municipality": (NATION + self.place.state, NATION), "state": (NATION,)}.get(self.place.level, ())
        return [self.contents.places[code] for code in codes]


def area_named(con: duckdb.DuckDBPyConnection, text: str) -> str:
    """The code of the nation, a state or a municipality by code, key or name; UsageError with the nearest name."""
    import duckdb

    if text.strip().lower() in NATIONAL:
        return NATION
    try:
        code, level, name = con.execute(
            "SELECT ref_area, level, name FROM area WHERE ref_area = known_area(?)", [text]
        ).fetchall()[0]
    except duckdb.InvalidInputException as error:
        said = str(error).removeprefix("Invalid Input Error: ").partition(";")
        if "several areas" in said[0]:
            raise UsageError(f"{said[0]}; remedy: write one of these codes") from error
        raise UsageError(f"no area {text!r}{_near(con, text)}; remedy: {WRITE}") from error
    if level not in LEVELS:
        raise UsageError(f"{code} ({name}) is a unit of constant borders; remedy: name one of its municipalities")
    return str(code)


MOST_MEANT = 3
WRITE = "write national, a code such as MX20 or MX20067, or a name"


def _near(con: duckdb.DuckDBPyConnection, text: str) -> str:
    """The area that looks most like a text by name, by the last word of its name or by code, as a question."""
    rows = con.execute(
        "SELECT plain_name(name), name, ref_area FROM area WHERE level IN (SELECT unnest(?)) ORDER BY ref_area",
        [list(LEVELS)],
    ).fetchall()
    areas: dict[str, list[tuple[str, str]]] = {}
    for plain, name, code in rows:
        for word in dict.fromkeys((plain, plain.split()[-1], code.lower())):
            areas.setdefault(word, []).append((name, code))
    close = nearest(con.execute("SELECT plain_name(?)", [text]).fetchall()[0][0], areas)
    if close is None:
        return ""
    several = [f"{name} ({code})" for name, code in areas[close]]
    return f"; did you mean {', '.join(several[:MOST_MEANT])}{' …' if len(several) > MOST_MEANT else ''}?"


def read(con: duckdb.DuckDBPyConnection, code: str) -> Material:
    """All of it; UsageError where the release has no figure of the area."""
    peers = list(dicts(con, "FROM peers(?)", [code])) if len(code) == len("MX00000") else []
    contents = reading.contents(con, [code, *{NATION, code[:4]} - {code}, *(row["ref_area"] for row in peers)])
    place = contents.places[code]
    if code not in contents.values and code not in contents.grouped:
        raise UsageError(f"the release has no figure of {place.name} ({code}); remedy: name an area of a national run")
    below = {"national": (BELOW, []), "state": (BELOW_STATE, [place.state])}.get(place.level)
    return Material(
        contents,
        place,
        _editions(con, code),
        _series(con, code),
        groups=list(dicts(con, GROUPS, [code])),
        gaps=list(dicts(con, "FROM gaps(?)", [code])),
        below=list(dicts(con, *below)) if below else [],
        un_gaps=list(dicts(con, "FROM un_gap ORDER BY goal, sdg_indicator")),
        progress=toward(con, code),
        forecasts=con.execute(FORECASTS, [code]).fetchall()[0][0],
        peers=peers,
        compared=_compared(con, code) if peers else {},
        lessons=list(dicts(con, "FROM peer_lessons(?) LIMIT 8", [code])) if peers else [],
    )


def _editions(con: duckdb.DuckDBPyConnection, code: str) -> dict[tuple[str, str], tuple[str, ...]]:
    editions: dict[tuple[str, str], tuple[str, ...]] = {}
    for indicator, period, edition in con.execute(PERIODS, [code]).fetchall():
        editions[indicator, period] = (*editions.get((indicator, period), ()), edition)
    return editions


def _series(con: duckdb.DuckDBPyConnection, code: str) -> dict[str, list[tuple[float, float]]]:
    series: dict[str, list[tuple[float, float]]] = {}
    for indicator, period, value in con.execute(SERIES, [code]).fetchall():
        series.setdefault(indicator, []).append((float(period[:4]), value))
    return series


def _compared(con: duckdb.DuckDBPyConnection, code: str) -> dict[str, tuple[float, int | None, int]]:
    query = f"SELECT * EXCLUDE (ref_area) FROM ({disclosure.COMPARED}) WHERE ref_area = ?"
    return {name: (median, rank, count) for name, median, rank, count in con.execute(query, [code]).fetchall()}
