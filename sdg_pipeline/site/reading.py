"""Reads what the pages show from the warehouse, with few wide queries.

What belongs here: SQL and the way from rows to the model. What does not: choosing what a page shows (pages).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from sys import intern
from typing import TYPE_CHECKING, Any

from sdg_pipeline.site import disclosure, policy
from sdg_pipeline.site.disclosure import dicts, streamed
from sdg_pipeline.site.model import (
    NATION,
    Aim,
    Check,
    Contents,
    Group,
    Indicator,
    Place,
    Release,
    Revised,
    Row,
    Source,
    Text,
    Used,
    Value,
)
from sdg_pipeline.site.toward import Toward, toward
from sdg_pipeline.specs.fields import DIMENSIONS

if TYPE_CHECKING:
    import duckdb

CODES = ", ".join(f"o.{name}" for name in DIMENSIONS)
MOST_GROUPS = 3
"""An indicator without a total and with more groups than these is not on pages of places: its own page has it."""
LEVELS = "['national', 'state', 'harmonised', 'municipality']"
NEWEST = f"""
WITH of_total AS (
    SELECT o.indicator, o.ref_area, o.geo_level, o.time_period, o.obs_value, o.ci_lower, o.ci_upper, o.obs_status,
        o.obs_reason, o.precision, o.nature, o.numerator, o.denominator, n.time_period AS newest
    FROM observation AS o
    JOIN newest_period AS n USING (indicator, geo_level, {", ".join(DIMENSIONS)})
    WHERE o.obs_status <> 'F'
),
first AS (
    SELECT indicator, ref_area, min(time_period) AS first_period, arg_min(obs_value, time_period) AS first_value
    FROM of_total WHERE obs_value IS NOT NULL GROUP BY ALL
),
shown AS (
    SELECT t.*, i.direction, i.decimals,
        CASE WHEN t.geo_level = 'municipality' THEN t.ref_area[3:4] ELSE '' END AS state
    FROM of_total AS t JOIN indicator AS i ON i.id = t.indicator WHERE t.time_period = t.newest
)
SELECT s.indicator, s.ref_area, s.time_period, s.obs_value, s.ci_lower, s.ci_upper, s.obs_status, s.obs_reason,
    s.precision, s.nature, s.numerator, s.denominator,
    CASE WHEN s.obs_value IS NOT NULL THEN rank() OVER ranked END,
    count(s.obs_value) OVER (PARTITION BY s.indicator, s.geo_level, s.state),
    f.first_period, f.first_value
FROM shown AS s
LEFT JOIN first AS f USING (indicator, ref_area)
WINDOW ranked AS (
    PARTITION BY s.indicator, s.geo_level, s.state
    ORDER BY shown_order(s.obs_value, s.direction, s.decimals) NULLS LAST
)
ORDER BY s.ref_area, s.indicator
"""

GROUPED = f"""
WITH of_groups AS (
    SELECT *, count(DISTINCT ({", ".join(DIMENSIONS)})) OVER (PARTITION BY indicator, ref_area, time_period) AS groups
    FROM observation
    WHERE obs_status <> 'F' AND geo_level IN ('national', 'state', 'municipality')
        AND indicator NOT IN (SELECT indicator FROM newest_period)
),
newest AS (
    SELECT indicator, geo_level, max(time_period) AS time_period FROM of_groups WHERE obs_value IS NOT NULL GROUP BY ALL
)
SELECT o.indicator, o.ref_area, {CODES}, o.time_period, o.obs_value, o.ci_lower, o.ci_upper, o.obs_status, o.obs_reason,
    o.precision, o.nature
FROM of_groups AS o JOIN newest USING (indicator, geo_level, time_period)
WHERE o.groups <= {MOST_GROUPS}
ORDER BY o.ref_area, o.indicator, {CODES}
"""


def contents(con: duckdb.DuckDBPyConnection, only: Sequence[str] = ()) -> Contents:
    """Everything but the rows of the indicators; the values of all places, or of those that are named."""
    release = _release(con)
    newest = _newest(con)
    disclosed = disclosure.read(con, release)
    return Contents(
        release=release,
        indicators={i.id: i for i in _indicators(con, newest)},
        places=_places(con),
        sources=tuple(_sources(con)),
        checks=tuple(_checks(con)),
        values=_values(con, only),
        grouped=_grouped(con, only),
        codes=_codes(con),
        revised=tuple(_revised(con, release)),
        deviations=tuple(dicts(con, "SELECT * FROM deviation ORDER BY ALL")),
        used=_used(con),
        disclosure=disclosed,
        policy=policy.read(con, disclosed.day),
    )


def rows(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each indicator in the order of the ids; within one by level, period, group and place."""
    result = con.execute(
        f"SELECT o.indicator, o.geo_level, o.ref_area, o.time_period, {CODES}, o.obs_value, o.ci_lower, o.ci_upper, "
        "o.obs_status, o.obs_reason, o.precision FROM observation AS o "
        f"ORDER BY o.indicator, list_position({LEVELS}, o.geo_level), o.time_period, {CODES}, o.ref_area"
    )
    for indicator, records in groupby(streamed(result), key=lambda record: record[0]):
        yield str(indicator), [_row(record) for record in records]


def _row(record: tuple[Any, ...]) -> Row:
    last = 4 + len(DIMENSIONS)
    return Row._make((*record[1:4], record[4:last], *record[last:]))


def _release(con: duckdb.DuckDBPyConnection) -> Release:
    every = tuple(dicts(con, "SELECT * FROM release ORDER BY sequence DESC"))
    latest = next(release for release in every if release["latest"])
    notes = tuple(str(note) for note in latest["coverage_notes"])
    return Release(str(latest["id"]), bool(latest["partial"]), notes, every)


def _newest(con: duckdb.DuckDBPyConnection) -> Mapping[str, dict[str, tuple[str, Group]]]:
    codes = ", ".join(DIMENSIONS)
    newest: dict[str, dict[str, tuple[str, Group]]] = {}
    for indicator, level, period, *group in con.execute(
        f"SELECT indicator, geo_level, time_period, {codes} FROM newest_period ORDER BY ALL"
    ).fetchall():
        newest.setdefault(indicator, {})[level] = (period, tuple(group))
    return newest


def _indicators(
    con: duckdb.DuckDBPyConnection, newest: Mapping[str, dict[str, tuple[str, Group]]]
) -> Iterator[Indicator]:
    nation = toward(con, NATION)
    for record in dicts(con, "SELECT * FROM indicator ORDER BY goal, target_code, id"):
        name, levels = str(record["id"]), newest.get(str(record["id"]), {})
        texts = {
            key: Text(str(record[f"{key}_es"]), str(record[f"{key}_en"])) for key in ("title", "description", "unit")
        }
        yield Indicator(
            id=name,
            goal=int(str(record["goal"])),
            target=str(record["target_code"]),
            code=str(record["sdg_code"]) if record["sdg_code"] else None,
            relation=str(record["relation"]),
            title=texts["title"],
            description=texts["description"],
            unit=str(record["unit"]),
            unit_text=texts["unit"],
            decimals=int(str(record["decimals"])),
            direction=str(record["direction"]),
            formula=str(record["formula"] or ""),
            sources=tuple(record["sources"]),
            assumptions=_assumptions(record),
            aim=_aim(record, nation.get(name)),
            toward=nation.get(name),
            owner=str(record["owner"]),
            no_nation=_text_of(record, "no_nation"),
            no_total=_text_of(record, "no_total"),
            spec_hash=str(record["spec_hash"]),
            former=tuple(record["former"]),
            own=next((group for _, group in levels.values()), None),
            newest={level: period for level, (period, _) in levels.items()},
        )


def _aim(record: Mapping[str, Any], nation: Toward | None) -> Aim | None:
    value = record["target_value"] if record["target_value"] is not None else nation and nation.target_value
    if value is None:
        return None
    year, cite, status, measure = (str(record[f"target_{name}"]) for name in ("year", "cite", "cite_status", "measure"))
    return Aim(float(value), year, cite, status, measure, _text_of(record, "target_note"))


def _text_of(record: Mapping[str, Any], key: str) -> Text | None:
    return Text(str(record[f"{key}_es"]), str(record[f"{key}_en"])) if record[f"{key}_en"] else None


def _assumptions(record: Mapping[str, Any]) -> tuple[Text, ...]:
    """The warehouse keeps them as one text a language, with ``|`` between them."""
    both = (str(record["assumptions_es"] or "").split(" | "), str(record["assumptions_en"] or "").split(" | "))
    return tuple(Text(es, en) for es, en in zip(*both, strict=True) if es or en)


def _places(con: duckdb.DuckDBPyConnection) -> dict[str, Place]:
    columns = "ref_area, name, level, state, state_name, first_vintage, parents, former_names, other_names"
    return {
        code: Place(code, name, level, state, state_name, first, tuple(parents), None, tuple(former), tuple(other))
        for code, name, level, state, state_name, first, parents, former, other in con.execute(
            f"SELECT {columns} FROM area ORDER BY ref_area"
        ).fetchall()
    }


def _sources(con: duckdb.DuckDBPyConnection) -> Iterator[Source]:
    for record in dicts(con, "SELECT * FROM source ORDER BY id, edition"):
        words = {name: str(record[name] or "") for name in record}
        yield Source(
            id=words["id"],
            edition=words["edition"],
            publisher=words["publisher"],
            title=Text(words["title_es"], words["title_en"]),
            citation=Text(words["citation_es"], words["citation_en"]),
            url=words["url"],
            url_status=words["url_status"],
            landing_page=words["landing_page"],
            licence=words["licence"],
            licence_url=words["licence_url"],
            sha256=words["sha256"],
            bytes=int(words["bytes"]),
            partial=bool(record["partial"]),
        )


def _checks(con: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    query = "SELECT subject, rule, severity, passed, description, observed FROM check_result ORDER BY ALL"
    yield from (Check(*record) for record in con.execute(query).fetchall())


def _values(con: duckdb.DuckDBPyConnection, only: Sequence[str]) -> dict[str, dict[str, Value]]:
    values: dict[str, dict[str, Value]] = {}
    for record in _of_places(con, NEWEST, only):
        fields: list[Any] = [intern(field) if isinstance(field, str) else field for field in record]
        values.setdefault(fields[1], {})[fields[0]] = Value(*fields[1:])
    return values


def _of_places(con: duckdb.DuckDBPyConnection, query: str, only: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    if not only:
        return streamed(con.execute(query))
    return streamed(con.execute(f"FROM ({query}) WHERE ref_area IN (SELECT unnest(?)) ORDER BY ALL", [list(only)]))


def _grouped(
    con: duckdb.DuckDBPyConnection, only: Sequence[str]
) -> dict[str, dict[str, tuple[tuple[Group, Value], ...]]]:
    grouped: dict[str, dict[str, tuple[tuple[Group, Value], ...]]] = {}
    last = 2 + len(DIMENSIONS)
    for record in _of_places(con, GROUPED, only):
        fields: list[Any] = [intern(field) if isinstance(field, str) else field for field in record]
        of_place = grouped.setdefault(fields[1], {})
        value = Value(fields[1], *fields[last:])
        of_place[fields[0]] = (*of_place.get(fields[0], ()), (tuple(fields[2:last]), value))
    return grouped


def _codes(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Text]]:
    codes: dict[str, dict[str, Text]] = {}
    for codelist, code, es, en in con.execute("SELECT codelist, code, es, en FROM code ORDER BY ALL").fetchall():
        codes.setdefault(codelist, {})[code] = Text(es, en)
    return codes


def _revised(con: duckdb.DuckDBPyConnection, release: Release) -> Iterator[Revised]:
    """Values of the own totals that the release before had otherwise; none where there is no release before."""
    names = [str(other["id"]) for other in release.before]
    older = names[names.index(release.name) + 1 :]
    if not older:
        return
    total = ", ".join(DIMENSIONS)
    query = (
        "SELECT c.indicator, c.ref_area, c.time_period, c.old_value, c.new_value, c.cause "
        "FROM release_changes(?, ?) AS c "
        f"JOIN (SELECT DISTINCT indicator, {total} FROM newest_period) AS n USING (indicator, {total}) "
        "WHERE c.kind IN ('revised', 'removed') ORDER BY ALL"
    )
    yield from (Revised(*record) for record in con.execute(query, [older[0], release.name]).fetchall())


def _used(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[Used, ...]]:
    used: dict[str, tuple[Used, ...]] = {}
    for indicator, *fields in con.execute(
        "SELECT indicator, source || '/' || source_edition AS edition, geo_level, min(time_period), max(time_period) "
        f"FROM observation GROUP BY ALL ORDER BY indicator, edition, list_position({LEVELS}, any_value(geo_level))"
    ).fetchall():
        used[indicator] = (*used.get(indicator, ()), Used(*fields))
    return used
