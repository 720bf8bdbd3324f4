"""Every release can be asked for, exactly as it was; what did not change is stored once."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from release_fixture import REGISTER, alter, catalog, contents, observation, raw_file, settings

from sdg_pipeline import files
from sdg_pipeline.errors import InputError
from sdg_pipeline.layout import Layout
from sdg_pipeline.release import events, fold, history
from sdg_pipeline.release.build import build
from sdg_pipeline.release.latest import announce
from sdg_pipeline.release.warehouse import build_warehouse
from sdg_pipeline.settings import PROJECT

Rows = list[dict[str, Any]]
SQL = PROJECT / "warehouse"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def publish(layout: Layout, name: str, water: Rows, **other: Any) -> Path:
    return build(contents(layout, name, rows={"water": water}, **other), layout, settings(layout))


def warehouse(layout: Layout) -> Path:
    return build_warehouse(layout, catalog(layout.home / "specs"), REGISTER, SQL, settings(layout))


def ask(database: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as con:
        return con.execute(query).fetchall()


def update(layout: Layout) -> dict[str, tuple[history.Provenance, ...]]:
    with duckdb.connect(config={"threads": 2}) as con:
        return history.update(layout, con)


def versions(layout: Layout, indicator: str = "water") -> list[tuple[Any, ...]]:
    query = "SELECT ref_area, obs_value, first_sequence, until_sequence, provenance FROM read_parquet(?) ORDER BY ALL"
    with duckdb.connect() as con:
        return con.execute(query, [str(layout.history / f"{indicator}.parquet")]).fetchall()


def rows_of(edition: str, **values: float | None) -> Rows:
    sha256 = edition[-2:] * 32
    return [observation("water", a, v, source_edition=edition, source_sha256=sha256) for a, v in values.items()]


# ---- what is stored ------------------------------------------------------------------------------------------------


def test_a_new_edition_costs_only_the_values_that_it_changed(layout: Layout) -> None:
    publish(layout, "r1", rows_of("2020", MX=90.0, MX01=99.0, MX20=80.0))
    publish(layout, "r2", rows_of("2021", MX=90.0, MX01=99.0, MX20=81.0))
    cuts = update(layout)["water"]
    assert versions(layout) == [
        ("MX", 90.0, 1, None, 1),
        ("MX01", 99.0, 1, None, 1),
        ("MX20", 80.0, 1, 2, 1),
        ("MX20", 81.0, 2, None, 1),
    ]
    intervals = [(p.provenance, p.first_sequence, p.until_sequence, p.facts["source_edition"]) for p in cuts]
    assert intervals == [(1, 1, 2, "2020"), (1, 2, None, "2021")]


def test_rows_that_go_another_way_than_their_neighbours_get_a_provenance_of_their_own(layout: Layout) -> None:
    publish(layout, "r1", rows_of("2020", MX=90.0, MX01=99.0, MX20=80.0))
    publish(layout, "r2", rows_of("2021", MX=90.0, MX01=99.0) + rows_of("2020", MX20=80.0))
    cuts = update(layout)["water"]
    assert versions(layout) == [
        ("MX", 90.0, 1, None, 1),
        ("MX01", 99.0, 1, None, 1),
        ("MX20", 80.0, 1, 2, 1),
        ("MX20", 80.0, 2, None, 2),
    ]
    intervals = [(p.provenance, p.first_sequence, p.until_sequence, p.facts["source_edition"]) for p in cuts]
    assert intervals == [(1, 1, 2, "2020"), (1, 2, None, "2021"), (2, 2, None, "2020")]


def test_a_row_that_goes_and_comes_back_has_two_intervals(layout: Layout) -> None:
    both, one = rows_of("2020", MX=90.0, MX01=99.0), rows_of("2020", MX=90.0)
    for name, rows in (("r1", both), ("r2", one), ("r3", both)):
        publish(layout, name, rows)
    update(layout)
    assert versions(layout) == [("MX", 90.0, 1, None, 1), ("MX01", 99.0, 1, 2, 1), ("MX01", 99.0, 3, None, 1)]


def test_an_indicator_that_a_release_lacks_ends_there(layout: Layout) -> None:
    content = contents(layout, "r1")
    build(content, layout, settings(layout))
    fewer = {i: p for i, p in content.indicator_files.items() if i != "water_gap"}
    build(contents(layout, "r2", indicator_files=fewer), layout, settings(layout))
    cuts = update(layout)
    assert {until for _, _, _, until, _ in versions(layout, "water_gap")} == {2}
    assert [p.until_sequence for p in cuts["water_gap"]] == [2]
    database = warehouse(layout)
    assert ask(database, "SELECT count(*) FROM sdg.as_of('r1') WHERE indicator = 'water_gap'") == [(3,)]
    assert ask(database, "SELECT count(*) FROM sdg.as_of('r2') WHERE indicator = 'water_gap'") == [(0,)]


@pytest.mark.parametrize("later", [(), ("MX",), None], ids=["still without rows", "with rows", "dropped"])
def test_an_indicator_without_rows_in_a_release_stops_no_later_one(
    layout: Layout, later: tuple[str, ...] | None
) -> None:
    """Whatever comes next: other bytes without rows, rows, or no such indicator."""
    publish(layout, "r1", [])
    warehouse(layout)
    if later is None:
        content = contents(layout, "r2")
        fewer = {i: p for i, p in content.indicator_files.items() if i != "water"}
        build(contents(layout, "r2", indicator_files=fewer), layout, settings(layout))
    else:
        # Another coverage is in the metadata of the file: other bytes, also where there are no rows.
        publish(layout, "r2", rows_of("2021", **dict.fromkeys(later, 1.0)), coverage_notes=("one state",))
    database = warehouse(layout)
    counts = [ask(database, f"SELECT count(*) FROM sdg.as_of('{r}') WHERE indicator = 'water'") for r in ("r1", "r2")]
    assert counts == [[(0,)], [(len(later or ()),)]]
    publish(layout, "r3", [])
    assert ask(warehouse(layout), "SELECT count(*) FROM sdg.latest WHERE indicator = 'water'") == [(0,)]


# ---- any release is exactly what was published ---------------------------------------------------------------------


def shaken(rows: Rows, chance: random.Random) -> Rows:
    """Another release: some values, statuses and origins are others, some rows are gone and some new."""
    edition = str(chance.randint(2020, 2023))
    for row in rows:
        if chance.random() < 0.5:
            row["source_edition"] = edition
        if chance.random() < 0.2:
            row["obs_value"] = chance.choice([None, float("nan"), 0.0, -0.5, chance.random()])
        if chance.random() < 0.1:
            row |= {"obs_reason": chance.choice([None, "few_events"]), "n_obs": chance.choice([None, 7])}
        if chance.random() < 0.1:
            row["spec_hash"] = chance.choice(["0" * 12, "f" * 12])
    kept = [row for row in rows if chance.random() < 0.9]
    keys = {(row["ref_area"], row["time_period"], row["sex"]) for row in kept}
    for area in REGISTER.areas:
        key = (area, chance.choice(["2019", "2020"]), chance.choice(["_T", "F"]))
        if key not in keys and chance.random() < 0.3:
            other = {"time_period": key[1], "sex": key[2], "source_edition": edition}
            kept.append(observation("water", area, chance.random(), **other))
    return kept


@pytest.mark.parametrize("seed", range(3))
def test_any_release_is_given_back_row_by_row(layout: Layout, seed: int) -> None:
    chance = random.Random(seed)
    rows = [observation("water", area, 1.0) for area in REGISTER.areas]
    names = [f"r{n}" for n in range(1, 7)]
    for name in names:
        publish(layout, name, rows)
        update(layout)  # a release at a time, as runs do
        rows = [dict(row) for row in rows]
        rows = rows if chance.random() < 0.2 else shaken(rows, chance)
    grown = {p.name: p.read_bytes() for p in layout.history.iterdir()}
    database = warehouse(layout)
    with duckdb.connect(str(database), read_only=True) as con:
        for name in names:
            sealed = f"(SELECT *, '{name}' AS release FROM '{layout.release(name)}/observations.parquet')"
            as_of = f"(SELECT * EXCLUDE (year) FROM sdg.as_of('{name}'))"
            for one, other in ((sealed, as_of), (as_of, sealed)):
                assert con.execute(f"FROM {one} EXCEPT ALL FROM {other}").fetchall() == []
    shutil.rmtree(layout.history)
    update(layout)
    assert {p.name: p.read_bytes() for p in layout.history.iterdir()} == grown, "made at once or one by one"


def test_an_older_release_made_latest_again_is_the_one_inside(layout: Layout) -> None:
    old = rows_of("2020", MX=90.0)
    publish(layout, "r1", old)
    publish(layout, "r2", rows_of("2021", MX=91.0))
    announce(layout, "r1", "Ana", automation=False)
    database = warehouse(layout)
    assert ask(database, "SELECT obs_value, until_sequence FROM sdg.latest WHERE indicator = 'water'") == [(90.0, 2)]
    assert ask(database, "SELECT obs_value FROM sdg.as_of('r2') WHERE indicator = 'water'") == [(91.0,)]


# ---- keeping the files ---------------------------------------------------------------------------------------------


def test_only_what_changed_is_read_and_written(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(layout, "r1", rows_of("2020", MX=90.0))
    update(layout)
    before = {p.name: p.stat().st_mtime_ns for p in layout.history.iterdir()}
    publish(layout, "r2", rows_of("2021", MX=91.0))
    publish(layout, "r3", rows_of("2021", MX=91.0))
    read: list[tuple[str, int]] = []
    step = fold.step

    def counted(con: duckdb.DuckDBPyConnection, sequence: int, rows: Path | None) -> None:
        read.append((rows.stem if rows else "", sequence))
        step(con, sequence, rows)

    monkeypatch.setattr(fold, "step", counted)
    update(layout)
    assert read == [("water", 2)]
    after = {p.name: p.stat().st_mtime_ns for p in layout.history.iterdir()}
    assert [name for name in after if after[name] != before[name]] == ["water.parquet"]
    update(layout)
    assert read == [("water", 2)]


@pytest.mark.parametrize("damage", [b"", b"PAR1 no more"])
def test_a_damaged_file_is_made_again(layout: Layout, damage: bytes) -> None:
    publish(layout, "r1", rows_of("2020", MX=90.0))
    update(layout)
    file = layout.history / "water.parquet"
    whole = file.read_bytes()
    file.write_bytes(damage)
    (layout.history / ".water.parquet.4711.aside").write_bytes(b"left by a killed run")
    (layout.history / "gone.parquet").write_bytes(b"of an indicator that no release has")
    update(layout)
    assert file.read_bytes() == whole
    assert sorted(p.name for p in layout.history.iterdir()) == ["water.parquet", "water_gap.parquet", "without.parquet"]


def test_a_release_that_is_gone_is_gone_from_the_history(layout: Layout) -> None:
    for n, value in enumerate((90.0, 91.0, 92.0), start=1):
        publish(layout, f"r{n}", rows_of("2020", MX=value))
    update(layout)
    shutil.rmtree(layout.release("r2"))
    update(layout)
    assert versions(layout) == [("MX", 90.0, 1, 3, 1), ("MX", 92.0, 3, None, 1)]


def test_columns_that_an_older_release_lacks_are_empty(layout: Layout) -> None:
    folder = publish(layout, "r1", rows_of("2020", MX=90.0))
    path = folder / "indicators" / "water.parquet"
    old = layout.home / "old.parquet"
    duckdb.sql(f"SELECT * EXCLUDE (n_psu, geo_vintage) FROM '{path}'").write_parquet(str(old))
    alter(path, old.read_bytes())
    sums = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sealed = [f"{files.sha256_of(path)}  {line[66:]}" if line.endswith("/water.parquet") else line for line in sums]
    record, seal = layout.events("r1"), events.seal_of(folder)
    alter(folder / "SHA256SUMS", ("\n".join(sealed) + "\n").encode())
    record.write_text(record.read_text(encoding="utf-8").replace(seal, events.seal_of(folder)), encoding="utf-8")
    publish(layout, "r2", rows_of("2020", MX=90.0))
    assert update(layout)["water"][0].facts["geo_vintage"] is None
    assert versions(layout) == [("MX", 90.0, 1, None, 1)]


def test_an_altered_release_is_not_taken_in(layout: Layout) -> None:
    folder = publish(layout, "r1", rows_of("2020", MX=90.0))
    path = folder / "indicators" / "water.parquet"
    alter(path, path.read_bytes() + b"x")
    with pytest.raises(InputError, match=r"r1/indicators/water\.parquet: is not as it was sealed"):
        update(layout)


def test_a_history_that_does_not_give_the_release_is_refused(layout: Layout) -> None:
    publish(layout, "r1", rows_of("2020", MX=90.0))
    database = warehouse(layout)
    before = database.read_bytes()
    path = layout.history / "water.parquet"
    with duckdb.connect() as con:
        state = con.execute(f"SELECT decode(value) FROM parquet_kv_metadata('{path}')").fetchall()[0][0]
        other = layout.home / "other.parquet"
        rows = f"SELECT * REPLACE (obs_value + 1 AS obs_value) FROM '{path}'"
        con.execute(f"COPY ({rows}) TO '{other}' (FORMAT parquet, KV_METADATA {{history: '{state}'}})")
    other.replace(path)
    with pytest.raises(InputError, match="does not give the values of r1"):
        warehouse(layout)
    assert database.read_bytes() == before


def test_a_full_disk_leaves_the_last_history(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(layout, "r1", rows_of("2020", MX=90.0))
    update(layout)
    before = {p.name: p.read_bytes() for p in layout.history.iterdir()}
    publish(layout, "r2", rows_of("2021", MX=91.0))

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(fold, "write", full)
        with pytest.raises(OSError, match="No space left"):
            update(layout)
    assert {p.name: p.read_bytes() for p in layout.history.iterdir()} == before
    update(layout)
    assert [v[2] for v in versions(layout)] == [1, 2]


# ---- asking for it -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three releases with a date, one of which has it from its record, and one without."""
    layout = Layout(tmp_path_factory.mktemp("dated"))
    first = rows_of("2020", MX=90.0, MX01=99.0, MX20=80.0)
    for row in first:
        row["std_error"] = 0.5
    publish(layout, "2026-09-30.aaaa", first)
    without_record(layout, "2026-09-30.aaaa")
    second = rows_of("2021", MX=91.0, MX01=99.0, MX20=80.0, MX20067=5.0)
    for row in second:
        row["std_error"] = 0.5
    second[1]["obs_status"] = "P"
    second[2]["numerator"] = 4.0
    publish(layout, "2026-10-02.bbbb", second)
    without_record(layout, "2026-10-02.bbbb")
    third = [dict(row, spec_hash="f" * 12, geo_vintage="2025") for row in second[:3]]
    third[0] |= {"obs_value": 92.0}
    publish(layout, "third", third)
    events = (("reviewed", "2026-10-19T12:00:00.000Z"), ("published", "2026-10-20T12:00:00.000Z"))
    lines = [json.dumps({"event": kind, "who": "Ana", "when": when, "accepted": []}) for kind, when in events]
    cut_short = '{"event": "publ'
    (layout.published / "third.events.jsonl").write_text("\n".join([*lines, cut_short]), encoding="utf-8")
    publish(layout, "undated", third)
    without_record(layout, "undated")
    return warehouse(layout)


def without_record(layout: Layout, release: str) -> None:
    """As a release that was made before records were kept, which had no version either."""
    layout.events(release).unlink()
    manifest = layout.release(release) / "release.json"
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    del facts["version"]
    alter(manifest, json.dumps(facts).encode())


@pytest.mark.parametrize(
    ("moment", "release"),
    [
        ("2026-09-30.aaaa", "2026-09-30.aaaa"),
        ("undated", "undated"),
        ("2026-09", "2026-09-30.aaaa"),
        ("2026-10-01", "2026-09-30.aaaa"),
        ("2026-10-02", "2026-10-02.bbbb"),
        ("2026-10-19", "2026-10-02.bbbb"),
        ("2026-10", "third"),
        ("2026", "third"),
        ("2031", "third"),
    ],
)
def test_a_release_is_meant_by_its_name_or_by_a_date(dated: Path, moment: str, release: str) -> None:
    assert ask(dated, f"SELECT DISTINCT release FROM sdg.as_of('{moment}')") == [(release,)]


def test_a_year_may_be_a_number(dated: Path) -> None:
    assert ask(dated, "SELECT DISTINCT release FROM sdg.as_of(2026)") == [("third",)]


@pytest.mark.parametrize("moment", ["2026-08", "2026-10-2", "thrid", ""])
def test_an_unknown_release_is_an_error_that_names_those_there_are(dated: Path, moment: str) -> None:
    with pytest.raises(duckdb.Error, match=r"there are: 2026-09-30\.aaaa, 2026-10-02\.bbbb, third, undated"):
        ask(dated, f"FROM sdg.as_of('{moment}')")


def test_as_of_has_the_columns_of_observation(dated: Path) -> None:
    columns = "SELECT column_name, column_type FROM (DESCRIBE {})"
    own = "SELECT * EXCLUDE (first_sequence, until_sequence, provenance) FROM sdg.observation"
    as_of = "SELECT * EXCLUDE (year) FROM sdg.as_of('third')"
    assert ask(dated, columns.format(as_of)) == ask(dated, columns.format(own))


def test_a_value_is_followed_over_the_releases(dated: Path) -> None:
    columns = "first_release, last_release, obs_value, source_edition"
    assert ask(dated, f"SELECT {columns} FROM sdg.value_history('water', 'MX')") == [
        ("2026-09-30.aaaa", "2026-09-30.aaaa", 90.0, "2020"),
        ("2026-10-02.bbbb", "2026-10-02.bbbb", 91.0, "2021"),
        ("third", None, 92.0, "2021"),
    ]
    assert ask(dated, f"SELECT {columns} FROM sdg.value_history('water', 20067)") == [
        ("2026-10-02.bbbb", "2026-10-02.bbbb", 5.0, "2021")
    ]
    with pytest.raises(duckdb.Error, match="no indicator 'wter' in any release"):
        ask(dated, "FROM sdg.value_history('wter', 'MX')")


def test_changes_have_their_kind_size_and_cause(dated: Path) -> None:
    columns = "ref_area, kind, old_value, new_value, difference, errors, cause, old_edition, new_edition"
    first, second = "2026-09-30.aaaa", "2026-10-02.bbbb"
    assert ask(dated, f"SELECT {columns} FROM sdg.release_changes('{first}', '{second}')") == [
        ("MX", "revised", 90.0, 91.0, 1.0, 2.0, "edition", "census/2020", "census/2021"),
        ("MX01", "reclassified", 99.0, 99.0, 0.0, 0.0, "edition", "census/2020", "census/2021"),
        ("MX20", "detail", 80.0, 80.0, 0.0, 0.0, "edition", "census/2020", "census/2021"),
        ("MX20067", "added", None, 5.0, None, None, "edition", None, "census/2021"),
    ]
    assert ask(dated, f"SELECT {columns} FROM sdg.release_changes('{second}', 'third')") == [
        ("MX", "revised", 91.0, 92.0, 1.0, 2.0, "geography, definition", "census/2021", "census/2021"),
        ("MX20067", "removed", 5.0, None, None, None, "geography, definition", "census/2021", None),
    ]
    assert ask(dated, "FROM sdg.release_changes('third', 'undated')") == []


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"source_sha256": "cd" * 32}, "bytes"),
        ({"denominator_source": "conapo/2023"}, "denominator"),
        ({"coverage": "partial"}, "coverage"),
        ({}, "code"),
    ],
)
def test_causes_are_distinguished(layout: Layout, change: dict[str, str], cause: str) -> None:
    publish(layout, "r1", [observation("water", "MX", 1.0), observation("water", "MX01", 2.0)])
    publish(layout, "r2", [observation("water", "MX", 1.5, **change), observation("water", "MX01", 2.0, **change)])
    rows = ask(warehouse(layout), "SELECT ref_area, kind, cause FROM sdg.release_changes('r1', 'r2')")
    assert rows == [("MX", "revised", cause)]


def test_other_inputs_are_a_cause_where_the_rows_tell_none(layout: Layout) -> None:
    publish(layout, "r1", [observation("water", "MX", 1.0)])
    other = (replace(raw_file(), sha256="cd" * 32),)
    publish(layout, "r2", [observation("water", "MX", 1.5)], raw_files=other)
    database = warehouse(layout)
    assert ask(database, "SELECT cause FROM sdg.release_changes('r1', 'r2')") == [("inputs",)]
    query = "SELECT id, version, left(sha256, 2), first_sequence, until_sequence FROM sdg.release_input"
    assert ask(database, f"{query} WHERE kind = 'source' ORDER BY first_sequence") == [
        ("census", "2020", "ab", 1, 2),
        ("census", "2020", "cd", 2, None),
    ]


def test_a_new_indicator_is_its_own_cause(layout: Layout) -> None:
    content = contents(layout, "r1")
    fewer = {i: p for i, p in content.indicator_files.items() if i != "water_gap"}
    build(contents(layout, "r1", indicator_files=fewer), layout, settings(layout))
    build(contents(layout, "r2"), layout, settings(layout))
    rows = ask(warehouse(layout), "SELECT DISTINCT indicator, kind, cause FROM sdg.release_changes('r1', 'r2')")
    assert rows == [("water_gap", "added", "indicator")]


def test_a_damaged_record_is_named(layout: Layout) -> None:
    publish(layout, "r1", rows_of("2020", MX=90.0))
    (layout.published / "r1.events.jsonl").write_text('{"event": \n', encoding="utf-8")
    with pytest.raises(InputError, match=r"r1\.events\.jsonl: line 1: is not the record of a release"):
        warehouse(layout)
