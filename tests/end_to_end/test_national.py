"""The whole national table from start to end: all checks pass, memory stays small, a second run has nothing to do."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from end_to_end.product import Run
from support import attack

from sdg_pipeline.estimate import universe
from sdg_pipeline.publish import locks
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs import shared_sums
from sdg_pipeline.specs.fields import DIMENSIONS

pytestmark = pytest.mark.national

MAX_PEAK_RSS_BYTES = 3_000_000_000
N_MUNICIPALITIES = 2469
NOT_ENUMERATED = ["MX07096", "MX20407", "MX20427", "MX29048"]
"""Municipalities of which the census of 2020 knows less than 90 per cent of the dwellings."""


def n_indicators() -> int:
    return len(catalogs.load(PROJECT / "indicator_specs").sound().indicators)


def test_ends_well(national: Run) -> None:
    assert national.said.code == 0, national.said
    assert national.said.err == ""
    assert "Partial" not in national.said.out
    [computed] = [line for line in national.said.out.splitlines() if " computed now, " in line]
    print(computed)  # the seconds are for people: nothing here depends on the speed of the machine
    assert f"({n_indicators()} indicators computed now, 0 unchanged, " in computed


def test_all_checks_pass(national: Run) -> None:
    """All but the warnings of coherence that nobody has explained yet, which test_coherence names."""
    match = re.search(r"^([\d,]+) checks passed, 0 failed$", national.said.out, re.MULTILINE)
    assert match, national.said.out
    passed = int(match[1].replace(",", ""))
    manifest = json.loads((national.product.layout.latest / "release.json").read_text(encoding="utf-8"))
    assert passed == manifest["checks"]["passed"] == manifest["checks"]["total"] - manifest["checks"]["warnings"]
    assert passed > 4 * n_indicators(), "every indicator has the four checks of values, and others"
    assert manifest["partial"] is False


def test_the_release_locks_every_file_that_the_run_read(national: Run) -> None:
    """Also those that values are only held against: without them a rebuild judges less. Outlines are the site's alone."""
    layout = national.product.layout
    drawn = {
        source.id for source in catalogs.load(PROJECT / "indicator_specs").sound().sources.values() if source.shapes
    }
    read = {
        current.parent.relative_to(layout.data / "raw").parts for current in layout.data.glob("raw/*/*/current.json")
    }
    assert {(lock.source, lock.edition) for lock in locks.read(layout.latest)} == {r for r in read if r[0] not in drawn}


def test_memory_stays_small(national: Run) -> None:
    print(f"peak RSS {national.peak_rss_bytes / 1e6:,.0f} MB")
    assert 50_000_000 < national.peak_rss_bytes < MAX_PEAK_RSS_BYTES


def test_all_areas_have_values(national: Run) -> None:
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        levels = con.execute(
            "SELECT geo_level, count(*) FROM sdg.series('illiteracy_15_plus') "
            "WHERE sex = '_T' AND urbanisation = '_T' GROUP BY ALL"
        ).fetchall()
    assert dict(levels) == {"national": 1, "state": 32, "municipality": N_MUNICIPALITIES}


def test_second_run_computes_nothing(national: Run) -> None:
    before = national.product.published()
    said = national.product.call("run")
    assert said.code == 0, said.err
    assert f"(0 indicators computed now, {n_indicators()} unchanged, " in said.out
    assert national.product.published() == before


def test_explains_urban_and_rural(national: Run) -> None:
    """Rural values come from the locality file, which is at hand here and not in the starter data."""
    said = national.product.with_(COLUMNS=200).call(
        "explain", "illiteracy_15_plus", "--area", "01001", "--period", "2020", "--urbanisation", "R"
    )
    assert said.code == 0, said.err
    assert "urbanisation R" in said.out
    assert re.search(r"Rows of the staged table: 20 of \d+", said.out)


def test_asked_no_other_machine(national: Run) -> None:
    log: Path = national.product.network_log
    assert not log.exists(), log.read_text(encoding="utf-8")


def test_no_withheld_estimate_can_be_derived_from_the_release(national: Run) -> None:
    """Linear equations over everything published of an indicator: totals over groups and areas, and differences."""
    folder = national.product.layout.latest
    with duckdb.connect() as con:
        specs = catalogs.load(PROJECT / "indicator_specs").sound().indicators.values()
        for name, file in (("o", "observations"), ("d", "differences")):
            source = f"read_parquet('{folder}/{file}.parquet')"
            con.execute(f"CREATE VIEW {name} AS {universe.common_codes_of_all(source, specs)}")
        keys = ", ".join(("ref_area", "time_period", *DIMENSIONS))
        con.execute(
            "CREATE VIEW hidden AS FROM o WHERE obs_status = 'Q' AND n_obs IS NOT NULL"
        )  # rates keep their counts
        counts = con.execute("SELECT indicator, count(*) FROM hidden GROUP BY ALL").fetchall()
        figures = con.execute(
            "SELECT count(*) FROM hidden WHERE coalesce(obs_value, numerator, denominator, std_error, "
            "cv, ci_lower, ci_upper, deff, df) IS NOT NULL"
        ).fetchall()
        published = con.execute(f"SELECT count(*) FROM d JOIN hidden AS q USING (indicator, {keys})").fetchall()
        rows = con.execute(
            f"SELECT indicator, obs_status, obs_reason, numerator, {keys} FROM o "
            "WHERE indicator IN (SELECT indicator FROM hidden)"
        ).fetchall()
    assert counts, "some estimates of the surveys are withheld: otherwise this test proves nothing"
    assert figures == published == [(0,)]
    derived = []
    for indicator, _ in counts:
        own = [row for row in rows if row[0] == indicator]
        values = {row[4:]: Fraction(row[3]) for row in own if row[3] is not None}
        cells = [row[4:] for row in own] if values else []
        primary = {row[4:] for row in own if row[1] == "Q" and row[2] != "complementary"}
        derived += [(indicator, cell) for cell in attack.derived(cells, values) if cell in primary]
    assert derived == []


def test_no_withheld_estimate_can_be_derived_from_other_indicators(national: Run) -> None:
    """The number of users beside their share, users as the denominator of what they do, households beside rates."""
    catalog = catalogs.load(PROJECT / "indicator_specs").sound()
    keys = ", ".join(("ref_area", "time_period", *DIMENSIONS))
    by_table = defaultdict(list)
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        for indicator in (i for i in catalog.indicators.values() if catalog.surveyed(i)):
            named = shared_sums.sums(indicator, catalog.tables[indicator.table or ""])
            cursor = con.execute(
                f"SELECT obs_status, obs_reason, obs_value / ?, numerator, denominator, {keys} FROM "
                f"({universe.common_codes('SELECT * FROM sdg.observation', indicator)}) WHERE indicator = ?",
                [catalog.multiplier(indicator), indicator.id],
            )
            for status, reason, value, above, below, *cell in cursor.fetchall():
                row = attack.Row(*named, tuple(cell), value, (above, below))
                by_table[indicator.table].append((row, status == "Q" and reason != "complementary"))
    opened = []
    for rows in by_table.values():
        first = {id(row) for row, by_sample in rows if by_sample}
        opened += [row for row in attack.opened([row for row, _ in rows]) if id(row) in first]
    assert sum(by_sample for rows in by_table.values() for _, by_sample in rows) > 100, "else this proves nothing"
    assert opened == []


def test_the_warehouse_tells_gaps_and_models(national: Run) -> None:
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        gaps = con.execute(
            "SELECT count(*), count(DISTINCT ref_area) FROM sdg.gap('internet_users', 'sex') WHERE age = 'Y_GE6'"
        ).fetchall()
        models = con.execute(
            "SELECT DISTINCT indicator, precision, nature FROM sdg.observation WHERE precision = 'model_based'"
        ).fetchall()
        shrunk = {
            model: con.execute(
                "SELECT count(*), min(shrinkage), max(shrinkage) FROM sdg.shrinkage(?)", [model]
            ).fetchall()
            for model, _, _ in models
        }
        without = con.execute(
            "SELECT indicator, list(ref_area ORDER BY ref_area) FROM sdg.observation WHERE geo_level = 'municipality' "
            "AND obs_status = 'L' AND indicator IN (SELECT indicator FROM sdg.model) GROUP BY ALL"
        ).fetchall()
    assert gaps == [(33, 33)]
    assert without == [(model, NOT_ENUMERATED) for model, _ in without] and len(without) == len(models)
    assert models and {nature for _, _, nature in models} == {"M"}
    for _, ((n, least, most),) in shrunk.items():
        assert n == N_MUNICIPALITIES - len(NOT_ENUMERATED)
        assert 0 <= least < most == 1, "municipalities without a sample have the model's value alone"


def test_no_value_of_a_model_is_certain_and_published_figures_are_compared(national: Run) -> None:
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        wrong = con.execute(
            "SELECT indicator, ref_area, obs_value, ci_lower, ci_upper, cv FROM sdg.observation "
            "WHERE precision = 'model_based' AND obs_status <> 'L' AND NOT coalesce(0 < obs_value AND obs_value < 100 AND cv > 0 "
            "AND 0 <= ci_lower AND ci_lower < obs_value AND obs_value < ci_upper AND ci_upper <= 100, false)"
        ).fetchall()
        compared = con.execute(
            "SELECT indicator, split_part(term, ' food_', 1), value FROM sdg.model "
            "WHERE indicator = 'food_deprivation_municipal_model' AND term LIKE '%food_deprivation_municipal of 2015 and 2020'"
        ).fetchall()
    assert wrong == []
    figures = {term: value for _, term, value in compared}
    assert figures["areas compared with"] == 2463
    assert figures["rank correlation with"] == pytest.approx(0.46, abs=0.01)
    assert figures["bias against"] == pytest.approx(-0.4, abs=0.1)
    assert figures["mean absolute difference from"] == pytest.approx(8.0, abs=0.1)


def test_no_event_is_a_rate_of_zero_wherever_people_are_enough(national: Run) -> None:
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        rows = con.execute(
            "SELECT obs_value, obs_reason, ci_upper > 0, count(*) FROM sdg.observation "
            "WHERE numerator = 0 AND unit_measure LIKE 'PER_%_POP' AND obs_reason IS DISTINCT FROM 'unknown_group' "
            "GROUP BY ALL"
        ).fetchall()
        colima = con.execute(
            "SELECT obs_value, obs_status, obs_reason, n_missing, numerator FROM sdg.observation WHERE sex = '_T' "
            "AND indicator = 'intentional_homicide_rate_standardised' AND ref_area = 'MX06' AND time_period = '2024'"
        ).fetchall()
    assert {reason for _, reason, _, _ in rows} <= {None, "small_population", "late_registration", "borders_changed"}
    assert sum(n for value, _, limited, n in rows if value == 0 and limited) > 5000
    assert colima == [(pytest.approx(105.61, abs=0.01), "E", "unknown_age_allocated", 370, 838)]


def test_no_forecast_is_the_newest_of_a_rank_or_headline(national: Run) -> None:
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        forecasts = con.execute(
            "SELECT count(DISTINCT indicator), min(time_period) FROM sdg.observation WHERE obs_status = 'F'"
        ).fetchall()
        shown = con.execute("SELECT DISTINCT obs_status FROM sdg.newest ORDER BY 1").fetchall()
        newest = con.execute("SELECT time_period FROM sdg.by_state('infant_mortality') LIMIT 1").fetchall()
    assert forecasts == [(5, "2020")]
    assert ("F",) not in shown and ("A",) in shown
    assert newest == [("2019",)]
