"""Open government on the whole national table: the reviewed plan, the grid of gaps and its cells, and the peers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from end_to_end.product import Run

from sdg_pipeline.ingest.geography import register
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.fields import DIMENSIONS

pytestmark = pytest.mark.national

SAMPLED_OF_EACH_CLASS = 5


@pytest.fixture(scope="module")
def con(national: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        yield con


def test_the_verdicts_are_those_of_the_independent_review(con: duckdb.DuckDBPyConnection) -> None:
    verdicts = con.execute(
        "SELECT verdict, count(*) FROM commitment WHERE register = 'ogp_plan_2' GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert verdicts == [("complete", 5), ("limited", 8), ("substantial", 13)]
    assert con.execute(
        "SELECT count(*) FILTER (impact = 'minor'), count(*) FILTER (impact = 'moderate'), min(begins_on), "
        "max(promised_on) FROM commitment WHERE register = 'ogp_plan_2'"
    ).fetchone() == (20, 6, "2013-10-01", "2015-07-01")
    assert con.execute(
        "SELECT numerator, denominator FROM newest WHERE indicator = 'open_government_commitments_completed'"
    ).fetchall() == [(5.0, 26.0)]


def test_the_classes_of_the_grid_add_up_to_indicators_times_areas(con: duckdb.DuckDBPyConnection) -> None:
    indicators = con.execute("SELECT count(*) FROM indicator").fetchall()[0][0]
    cells = dict(
        con.execute("SELECT geo_level, sum(cells) FROM gap_grid WHERE dimension = '_T' GROUP BY ALL").fetchall()
    )
    assert cells == {"national": indicators, "state": 32 * indicators, "municipality": 2478 * indicators}
    empty = "SELECT sum(cells) FROM gap_grid WHERE class = 'empty' AND geo_level = 'municipality'"
    assert (
        con.execute(empty).fetchall()
        == con.execute("SELECT count(*) FROM gap WHERE geo_level = 'municipality'").fetchall()
    )
    people = "SELECT max(people) FROM gap_grid WHERE geo_level = 'municipality' AND class = 'no_level'"
    assert con.execute(people).fetchall()[0][0] == pytest.approx(126_014_024, rel=0.002)


def looked_up(folder: Path, indicator: str, area: str) -> tuple[str, str | None]:
    """The class and reason of a cell, from the file of the indicator and the specs, with nothing of the register."""
    catalog = catalogs.load(PROJECT / "indicator_specs").sound()
    spec = catalog.indicators[indicator]
    root = catalog.indicators[spec.base] if spec.base else spec
    vintage = catalog.tables[root.table or ""].geography.vintage
    query = "SELECT * FROM read_parquet($1) WHERE geo_level = 'municipality'"
    cursor = duckdb.execute(query, [str(folder / f"{indicator}.parquet")])
    names = [column[0] for column in cursor.description or ()]
    rows: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    totals = [row for row in rows if all(row[d] == spec.totals[d] for d in DIMENSIONS)]
    usable = [row for row in totals if row["obs_status"] != "F"]
    filled = [row for row in usable if row["obs_value"] is not None]
    newest = max((row["time_period"] for row in filled or usable), default=None)
    own = [row for row in totals if row["ref_area"] == area and row["time_period"] == newest]
    if own:
        empty = own[0]["obs_value"] is None
        return ("empty", own[0]["obs_reason"]) if empty else ("value", None)
    if not rows:
        return "no_level", None
    if register(PROJECT / "indicator_specs").areas[area].first_vintage > vintage:
        return "not_in_register", None
    return ("by_group_only" if newest is None else "partial_coverage"), None


def test_sampled_cells_have_the_right_reason(national: Run, con: duckdb.DuckDBPyConnection) -> None:
    """Five cells of each of the six classes, drawn by a fixed seed."""
    drawn = random.Random(17)
    folder = national.product.layout.latest / "indicators"
    areas = sorted(code for (code,) in con.execute("SELECT ref_area FROM area WHERE level = 'municipality'").fetchall())
    existing = [a.code for a in register(PROJECT / "indicator_specs").existing(2025) if a.code in set(areas)]
    kinds = ("value", "empty", "no_level", "not_in_register", "by_group_only", "partial_coverage")
    seen: dict[str, list[tuple[str, str]]] = {kind: [] for kind in kinds}
    for area in [*drawn.sample(existing, 12), "MX07092", "MX02007", "MX04013", "MX12082", "MX25019"]:
        lacking = {
            i: (c, r) for i, c, r in con.execute("SELECT indicator, class, reason FROM gaps($1)", [area]).fetchall()
        }
        ids = [i for (i,) in con.execute("SELECT id FROM indicator ORDER BY id").fetchall()]
        for indicator in drawn.sample(ids, len(ids)):
            kind, reason = lacking.get(indicator, ("value", None))
            if len(seen[kind]) < SAMPLED_OF_EACH_CLASS and sum(a == area for _, a in seen[kind]) < 2:
                seen[kind].append((indicator, area))
                assert looked_up(folder, indicator, area) == (kind, reason), (indicator, area)
    assert {kind: len(cells) for kind, cells in seen.items()} == dict.fromkeys(kinds, SAMPLED_OF_EACH_CLASS)


def test_peers_are_nearer_to_the_outcomes_than_the_nation(con: duckdb.DuckDBPyConnection) -> None:
    spec = catalogs.load(PROJECT / "indicator_specs").sound().peers["municipalities"]
    rows = con.execute(
        "SELECT indicator, gap_peers / gap_nation, gap_state / gap_nation, shown FROM peer_quality WHERE role = 'outcome'"
    ).fetchall()
    assert {row[0] for row in rows} == set(spec.outcomes)
    assert sum(row[1] for row in rows) / len(rows) <= spec.bound
    assert sum(row[2] for row in rows) / len(rows) > sum(row[1] for row in rows) / len(rows)
    by_state = {row[0] for row in rows if row[3] == "state"}
    assert "population_without_health_affiliation" in by_state, "where the state predicts better, it is shown"


def test_every_municipality_of_today_has_peers(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("SELECT count(DISTINCT ref_area), count(*), max(rank) FROM peer").fetchone() == (
        2478, 2478 * 15, 15,
    )  # fmt: skip
    heirs = con.execute("SELECT DISTINCT ref_area FROM peer_place WHERE inherited_from IS NOT NULL").fetchall()
    assert len(heirs) == 9
    own = con.execute("SELECT * FROM peers('MX20067')").fetchall()
    assert [row[0] for row in own] == list(range(1, 16))
    lessons = con.execute("SELECT indicator, spreads_ahead FROM peer_lessons('MX20067')").fetchall()
    assert lessons
    assert all(ahead > 0 for _, ahead in lessons)
    [compared] = con.execute(
        "SELECT obs_value, peers_median, peers_with_value, shown FROM peer_compare('illiteracy_15_plus', 'MX20067')"
    ).fetchall()
    assert compared[2:] == (15, "peers")
    assert compared[0] is not None
