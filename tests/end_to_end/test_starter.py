"""The starter data from start to end, as a new user meets it: the run, its outputs, every command, an own indicator.

No process of these tests can reach another machine.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from functools import cache
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from end_to_end.product import Product, Run, copy_chosen, copy_home, copy_specs, edit
from frictionless import validate
from support.chosen_specs import FEW_INDICATORS

from sdg_pipeline import __version__
from sdg_pipeline.files import sha256_of
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import PROJECT, Settings
from sdg_pipeline.specs import fields

STATES = ("01", "03", "06", "22", "29")
N_MUNICIPALITIES = 104
COMMANDS = (
    (),
    ("run",),
    ("check",),
    ("schema",),
    ("fetch",),
    ("sql",),
    ("explain",),
    ("diff",),
    ("site",),
    ("serve",),
    ("doctor",),
    ("backup",),
    ("restore",),
    ("prune",),
    ("release",),
    ("release", "list"),
    ("release", "verify"),
    ("release", "sign"),
    ("new",),
    ("new", "indicator"),
    ("new", "source"),
    ("export",),
    ("export", "geography"),
    ("export", "open-sdg"),
    ("commitments",),
    ("gaps",),
    ("coherence",),
    ("budget",),
    ("peers",),
    ("openness",),
    ("charter",),
    ("contribute",),
    ("contribute", "template"),
    ("contribute", "check"),
    ("contribute", "submit"),
    ("contribute", "review"),
    ("report",),
    ("request",),
    ("request", "new"),
    ("request", "list"),
    ("portal",),
    ("portal", "list"),
    ("portal", "search"),
    ("portal", "read"),
    ("portal", "push"),
    ("portal", "data-json"),
    ("sources",),
    ("sources", "probe"),
    ("sources", "verify"),
)


@cache
def indicators() -> dict[str, int]:
    """Goal by id of the indicators that the starter data can give."""
    starter = Runner.load(Settings.from_environment({"SDG_MIRROR": "starter"}))
    return {i.id: i.goal for i in starter.run.indicators}


@pytest.fixture
def product(starter: Run) -> Product:
    """The published starter home: for looking only."""
    assert starter.said.code == 0, starter.said
    return starter.product


@pytest.fixture
def latest(product: Product) -> Path:
    return product.layout.latest


def query(product: Product, sql: str) -> list[tuple[object, ...]]:
    """As an analyst asks: a plain connection to the file."""
    with duckdb.connect(str(product.layout.warehouse), read_only=True) as con:
        return con.execute(sql).fetchall()


class TestTheRun:
    def test_ends_by_saying_what_was_computed_and_where_to_look(self, starter: Run) -> None:
        assert starter.said.code == 0, starter.said
        assert starter.said.err == ""
        closing = starter.said.out.splitlines()[-12:]
        goals = ", ".join(map(str, sorted(set(indicators().values()))))
        text = "\n".join(closing)
        assert f"{len(indicators())} indicators of goals {goals}: " in text
        assert f"({len(indicators())} indicators computed now, 0 unchanged, " in text
        assert re.search(r"\d+ checks passed, 0 failed", text)
        layout = starter.product.layout
        assert f"{layout.latest}  (release {layout.latest.resolve().name})" in text
        assert str(layout.warehouse) in text
        assert str(layout.site / "index.html") in text

    def test_asked_no_other_machine(self, starter: Run) -> None:
        assert not starter.product.network_log.exists(), starter.product.network_log.read_text(encoding="utf-8")

    def test_a_second_run_computes_nothing(self, product: Product) -> None:
        before = product.published()
        states = sorted(product.layout.state(("x",)).parent.rglob("*.json"))
        times = [path.stat().st_mtime_ns for path in states]
        said = product.call("run")
        assert said.code == 0
        assert f"(0 indicators computed now, {len(indicators())} unchanged, " in said.out
        assert product.published() == before
        assert [path.stat().st_mtime_ns for path in states] == times

    def test_writes_only_below_its_home(self, product: Product) -> None:
        assert {path.name for path in product.home.iterdir()} == {"data", "warehouse"}

    def test_a_home_that_was_moved_is_as_good_as_before(self, product: Product, tmp_path: Path) -> None:
        moved = copy_home(product, tmp_path / "elsewhere")
        said = moved.call("run")
        assert said.code == 0, said.err
        assert "(0 indicators computed now, " in said.out
        assert str(moved.home / "data" / "raw") in moved.with_(COLUMNS=400).sdg(*EXPLAIN).out


def test_the_guard_refuses_other_machines_and_tells(product: Product, tmp_path: Path) -> None:
    """What the other tests rely on."""
    guarded = Product(tmp_path / "home")
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=2)"
    asked = [sys.executable, "-c", code]
    process = subprocess.run(asked, env=guarded.environment(), capture_output=True, text=True, check=False)
    assert "the tests allow no connection to 192.0.2.1" in process.stderr
    assert guarded.network_log.read_text(encoding="utf-8") == "192.0.2.1\n"


PARTIAL = "5 of 32 states only: 01, 03, 06, 22, 29"


class TestPartialIsSaid:
    def test_in_the_terminal(self, starter: Run) -> None:
        assert [line for line in starter.said.out.splitlines() if line.startswith("Partial: ") and PARTIAL in line]

    def test_in_the_readme(self, latest: Path) -> None:
        text = (latest / "README.md").read_text(encoding="utf-8")
        assert "partial" in text.splitlines()[2]
        assert PARTIAL in text

    def test_in_datapackage_and_manifest(self, latest: Path) -> None:
        package = json.loads((latest / "datapackage.json").read_text(encoding="utf-8"))
        manifest = json.loads((latest / "release.json").read_text(encoding="utf-8"))
        assert "PARTIAL" in package["description"]
        assert manifest["partial"] is True
        assert any(PARTIAL in note for note in manifest["coverage_notes"])

    def test_beside_every_value(self, latest: Path) -> None:
        values = pd.read_parquet(latest / "observations.parquet")
        assert set(values.loc[values.geo_level == "municipality", "coverage"]) == {"partial"}
        states = values[(values.indicator == "illiteracy_15_plus") & (values.geo_level == "state")]
        assert set(states.coverage) == {"full"}

    def test_in_the_warehouse(self, product: Product) -> None:
        assert query(product, "SELECT DISTINCT coverage FROM sdg.latest WHERE geo_level = 'municipality'") == [
            ("partial",)
        ]
        assert PARTIAL in str(query(product, "SELECT * FROM sdg.release"))

    def test_in_an_explanation(self, product: Product) -> None:
        assert PARTIAL in product.sdg(*EXPLAIN).out


class TestTheRelease:
    def test_has_all_files(self, latest: Path) -> None:
        names = {str(path.relative_to(latest)) for path in latest.rglob("*") if path.is_file()}
        ids = indicators()
        tables = {f"indicators/{i}.{form}" for i in ids for form in ("csv", "parquet")}
        others = {"observations.parquet", "dictionary.csv", "dictionary.md", "datapackage.json", "SHA256SUMS"}
        assert names >= tables | others | {"README.md", "release.json", "checks.json"}

    def test_sums_are_those_of_sha256sum(self, latest: Path) -> None:
        asked = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
        process = subprocess.run(asked, cwd=latest, capture_output=True, text=True, check=False)
        assert (process.returncode, process.stdout) == (0, ""), process.stdout

    def test_has_all_areas(self, latest: Path) -> None:
        values = pd.read_parquet(latest / "indicators" / "illiteracy_15_plus.parquet")
        totals = values[(values.sex == "_T") & (values.urbanisation == "_T")]
        assert totals.geo_level.value_counts().to_dict() == {
            "municipality": N_MUNICIPALITIES,
            "state": 32,
            "national": 1,
        }
        assert {area[2:4] for area in totals.ref_area if len(area) == 7} == set(STATES)

    def test_one_parquet_of_all_equals_those_of_each(self, latest: Path) -> None:
        each = f"read_parquet('{latest}/indicators/*.parquet')"
        every = f"read_parquet('{latest}/observations.parquet')"
        columns = ", ".join(fields.names())
        for one, other in ((each, every), (every, each)):
            difference = f"SELECT {columns} FROM {one} EXCEPT ALL SELECT {columns} FROM {other}"
            assert duckdb.sql(f"SELECT count(*) FROM ({difference})").fetchall() == [(0,)]

    def test_csv_opens_with_pandas_with_keys_as_text(self, latest: Path) -> None:
        path = latest / "indicators" / "illiteracy_15_plus.csv"
        assert path.read_bytes().startswith(b"\xef\xbb\xbf"), "Excel needs the BOM to read accents"
        values = pd.read_csv(path)
        assert tuple(values.columns) == fields.names()
        assert "MX01001" in set(values.ref_area)
        aguascalientes = values[(values.ref_area == "MX01001") & (values.sex == "F")].iloc[0]
        assert aguascalientes.obs_value == pytest.approx(100 * 6599 / 368028, abs=1e-9)
        assert (aguascalientes.numerator, aguascalientes.denominator) == (6599, 368028)

    def test_csv_holds_what_parquet_holds(self, latest: Path) -> None:
        for indicator in ("literacy_parity", "years_of_schooling", "dwellings_with_piped_water"):
            parquet = pd.read_parquet(latest / "indicators" / f"{indicator}.parquet")
            with (latest / "indicators" / f"{indicator}.csv").open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
            assert [row["ref_area"] for row in rows] == list(parquet.ref_area)
            values = [float(row["obs_value"] or "nan") for row in rows]
            assert values == pytest.approx(list(parquet.obs_value), nan_ok=True)

    def test_readme_tells_commands_that_work(self, latest: Path) -> None:
        text = (latest / "README.md").read_text(encoding="utf-8")
        call = re.search(r"^pandas\.(read_csv\(.*\))$", text, re.MULTILINE)
        assert call is not None
        values = eval(f"pd.{call[1]}".replace("'indicators/", f"'{latest}/indicators/"))
        assert set(values.time_period) == {"2020"}
        assert values.spec_hash.map(type).eq(str).all()

    def test_frictionless_accepts_it(self, latest: Path) -> None:
        report = validate(str(latest.resolve() / "datapackage.json"))
        assert report.valid, report.flatten(["name", "title", "message"])[:5]
        assert report.stats["tasks"] > len(indicators())


class TestTheWarehouse:
    def test_is_opened_by_a_plain_connection(self, product: Product) -> None:
        [(values,)] = query(product, "SELECT count(*) FROM sdg.latest")
        published = pd.read_parquet(product.layout.latest / "observations.parquet")
        assert values == len(published)

    def test_series(self, product: Product) -> None:
        nation = "ref_area = 'MX' AND sex = '_T'"
        rows = query(product, f"SELECT obs_value FROM sdg.series('illiteracy_15_plus') WHERE {nation}")
        assert rows == [(pytest.approx(4.7417, abs=5e-4),)]

    def test_by_state(self, product: Product) -> None:
        rows = query(product, "SELECT rank, area_name, obs_value FROM sdg.by_state('illiteracy_15_plus')")
        assert len(rows) == 32
        shown = [round(row[2], 1) for row in rows]  # type: ignore[call-overload]
        assert [row[0] for row in rows] == [1 + sum(other < value for other in shown) for value in shown]
        assert rows[0][1] == "Ciudad de México", "less is better for illiteracy, so the lowest is first"
        assert rows[-1][1] == "Chiapas"

    def test_compare(self, product: Product) -> None:
        rows = query(product, "SELECT * FROM sdg.compare('illiteracy_15_plus', '01001', 'MX') WHERE sex = '_T'")
        assert len(rows) == 1
        with pytest.raises(duckdb.Error, match="no area 99999"):
            query(product, "SELECT * FROM sdg.compare('illiteracy_15_plus', '99999', 'MX')")
        with pytest.raises(duckdb.Error, match="no indicator 'iliteracy'"):
            query(product, "SELECT * FROM sdg.series('iliteracy')")

    def test_every_table_and_column_is_commented(self, product: Product) -> None:
        mute = query(
            product,
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND comment IS NULL UNION ALL "
            "SELECT table_name, NULL FROM duckdb_tables() WHERE NOT internal AND comment IS NULL",
        )
        assert mute == []

    def test_indicator_shows_its_entry_of_the_catalogue(self, product: Product) -> None:
        rows = query(product, "SELECT catalogue FROM sdg.indicator WHERE id = 'literacy_parity'")
        assert rows == [("mx_4_5_1_paridad_alfabetismo",)]

    def test_checks_are_in_it(self, product: Product) -> None:
        [(n, failed)] = query(
            product, "SELECT count(*), count(*) FILTER (NOT passed AND severity = 'blocking') FROM sdg.check_result"
        )
        manifest = json.loads((product.layout.latest / "release.json").read_text(encoding="utf-8"))
        assert (n, failed) == (manifest["checks"]["total"], 0)


OWN = "population_share"
EXPLAIN = ("explain", "illiteracy_15_plus", "--area", "01001", "--period", "2020", "--sex", "F")


class TestCommands:
    @pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
    def test_has_help(self, command: tuple[str, ...], product: Product) -> None:
        said = product.call(*command, "--help")
        assert said.code == 0
        assert "Usage: " in said.out

    def test_list_of_commands_is_complete(self, product: Product) -> None:
        said = product.call("--help")
        listed = re.findall(r"^│ (\w+)  +\w", said.out.split("Commands")[1], re.MULTILINE)
        assert {(name,) for name in listed} == {c for c in COMMANDS if len(c) == 1}

    def test_version(self, product: Product) -> None:
        assert product.call("--version").out == f"sdg {__version__}\n"

    def test_check_of_one_file_names_its_mistakes_alone(self, product: Product, tmp_path: Path) -> None:
        specs = copy_specs(tmp_path / "specs")
        own = product.with_(SDG_SPECS=specs)
        file = "goal_07/dwellings_with_electricity.yaml"
        assert own.call("check", file).out == f"{file} is sound\n"
        edit(specs / file, "decimals: 1", "decimals: many")
        said = own.call("check", str(specs / file))
        assert said.code == 2 and said.err.startswith(f"{file}:") and "'many'" in said.err
        other = own.call("check", "goal_04/illiteracy_15_plus.yaml")
        assert (other.code, other.out) == (0, "goal_04/illiteracy_15_plus.yaml is sound; mistakes are in 1 others\n")
        assert "is no spec below" in own.call("check", "goal_04/nothing.yaml").err

    def test_check_says_nothing_of_what_is_fine(self, product: Product) -> None:
        assert "ok " not in product.call("check").out

    def test_check_lists_the_indicators(self, product: Product) -> None:
        said = product.call("check", "--list")
        assert said.code == 0
        ids = [i.id for i in Runner.load(Settings.from_environment({})).run.catalog.in_order()]
        assert f"{len(ids)} indicators" in said.out
        assert all(i in said.out for i in ids)

    def test_sql_is_the_query_of_the_indicator(self, product: Product) -> None:
        said = product.call("sql", "illiteracy_15_plus")
        assert said.code == 0
        assert "SUM(illiterate_15_plus) AS numerator" in said.out
        assert len(duckdb.extract_statements(said.out)) == 1

    def test_release_list_and_verify(self, product: Product, own_home: Product) -> None:
        name = product.layout.latest.resolve().name
        first, drafted, published = product.call("release", "list").out.splitlines()
        assert first == f"{name}  1.0.0  published  (latest)"
        assert (drafted.split()[0], published.split()[0]) == ("drafted", "published")
        assert "(automation)" in published
        seal = sha256_of(product.layout.latest / "SHA256SUMS")
        whole, end = product.call("release", "verify").out.splitlines()
        assert whole == f"{name} is whole; sha256 of SHA256SUMS: {seal}"
        assert re.fullmatch(rf"{name}\.events\.jsonl: [0-9a-f]{{64}} is the hash of its end", end)
        (own_home.layout.latest / "README.md").write_text("changed", encoding="utf-8")
        (own_home.layout.latest / "datapackage.json").unlink()
        said = own_home.call("release", "verify", name)
        assert said.code == 1
        assert said.out.splitlines() == ["README.md: differs", "datapackage.json: missing"]

    def test_diff_of_a_release_with_itself(self, product: Product) -> None:
        name = product.layout.latest.resolve().name
        said = product.call("diff", name)
        assert (said.code, "hold the same values" in said.out) == (0, True)

    def test_fetch_brings_nothing_new(self, product: Product) -> None:
        before = {p: p.stat().st_mtime_ns for p in product.layout.raw_folder("inegi_iter", "2020").iterdir()}
        said = product.call("fetch", "inegi_iter")
        assert said.code == 0, said.err
        assert "sha256" in said.out
        assert {p: p.stat().st_mtime_ns for p in before} == before

    def test_doctor_finds_all_well(self, product: Product) -> None:
        said = product.call("doctor")
        assert said.code == 0, said.out
        assert "BAD" not in said.out
        assert "whole" in said.out

    def test_raw_bytes_that_changed_with_their_time_kept_are_not_published(self, own_few: Product) -> None:
        layout, release = own_few.layout, own_few.layout.latest.resolve().name
        (raw,) = layout.raw_folder("inegi_iter", "2020").glob("*.csv")
        times, content = raw.stat(), raw.read_bytes()
        raw.write_bytes(content[:-3] + b"7" + content[-2:])
        os.utime(raw, ns=(times.st_atime_ns, times.st_mtime_ns))
        layout.staged("census").unlink()
        said = own_few.call("run")
        expected = f"{raw.name}: inegi_iter/2020: does not have the bytes that were fetched: expected sha256 "
        assert (said.code, expected in said.err) == (2, True), said
        assert "remedy: `sdg fetch inegi_iter 2020` brings them again" in said.err
        assert own_few.layout.latest.resolve().name == release
        verified, examined = own_few.call("release", "verify"), own_few.call("doctor")
        assert (verified.code, expected in verified.out) == (1, True), verified
        assert (examined.code, expected in examined.out) == (2, True), examined
        assert own_few.call("fetch", "inegi_iter", "2020").code == 0
        assert (own_few.call("run").code, own_few.call("release", "verify").code) == (0, 0)

    def test_a_rule_of_a_table_that_no_staged_row_shows_makes_its_indicators_stale(
        self, own_home: Product, tmp_path: Path
    ) -> None:
        specs = copy_specs(tmp_path / "specs")
        census = specs / "tables" / "census.yaml"
        old = "measures: [without_health_affiliation]"
        edit(census, old, "measures: [without_health_affiliation, households_headed_by_women]")
        runner = Runner.load(Settings.from_environment(own_home.with_(SDG_SPECS=specs).environment()))
        (staged,) = (step for step in runner.run.steps if step.key == ("staged", "census"))
        before = runner.remembered(staged).content
        assert runner.perform(staged).content == before
        stale = {step.name for step in runner.stale() if step.kind == "indicator"}
        assert {"households_headed_by_women", "population_without_health_affiliation"} <= stale

    def test_doctor_finds_a_changed_release(self, own_few: Product) -> None:
        (own_few.layout.latest / "README.md").write_text("changed", encoding="utf-8")
        own_few.layout.warehouse.write_bytes(b"no database")
        said = own_few.call("doctor")
        assert said.code == 2
        assert [line for line in said.out.splitlines() if line.startswith("BAD") and "README.md: differs" in line]
        assert [line for line in said.out.splitlines() if line.startswith("BAD") and "sdg.duckdb" in line]

    @pytest.mark.parametrize(
        "arguments",
        [
            ("sql", "nothing"),
            ("fetch", "nothing"),
            ("fetch", "inegi_iter", "1800"),
            ("diff", "nothing"),
            ("release", "verify", "nothing"),
            ("run", "--goal", "2"),
            ("run", "--indicator", "nothing"),
            ("new", "indicator", "x_y", "--target", "99.1"),
            ("new", "indicator", "X Y", "--target", "6.1"),
            ("new", "source", "../x"),
            ("explain", "illiteracy_15_plus"),
            ("nothing",),
        ],
        ids=" ".join,
    )
    def test_a_wrong_argument_is_bad_input(self, arguments: tuple[str, ...], own_few: Product) -> None:
        before = sorted(own_few.specs.rglob("*.yaml"))
        said = own_few.call(*arguments)
        assert said.code == 2
        assert said.err
        assert sorted(own_few.specs.rglob("*.yaml")) == before

    def test_serve_gives_the_latest_release(self, product: Product) -> None:
        process = product.start("serve", "--port", "0")
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            address = re.match(r"(http://127\.0\.0\.1:\d+/)", line)
            assert address, line
            with urllib.request.urlopen(f"{address[1]}latest/README.md", timeout=120) as answer:
                assert answer.read() == (product.layout.latest / "README.md").read_bytes()
        finally:
            process.send_signal(signal.SIGINT)
            try:
                out, _ = process.communicate(timeout=120)
            finally:
                process.kill()
        assert process.returncode == 0
        assert "ended" in out

    def test_serve_where_another_program_listens(self, product: Product) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            said = product.call("serve", "--port", str(taken.getsockname()[1]))
        assert said.code == 2
        assert "remedy: another --port" in said.err

    def test_serve_without_a_release(self, tmp_path: Path) -> None:
        said = Product(tmp_path / "home").call("serve")
        assert said.code == 2
        assert "nothing has been published; remedy: `sdg run`" in said.err


@pytest.fixture(scope="module")
def blocked(few: Product, tmp_path_factory: pytest.TempPathFactory) -> Product:
    product = copy_chosen(few, tmp_path_factory.mktemp("blocked"))
    spec = product.specs / "goal_04" / "illiteracy_15_plus.yaml"
    match = re.search(r"area: MX01, period: \"2020\", value: ([0-9.]+)", spec.read_text(encoding="utf-8"))
    assert match
    edit(spec, match[0], match[0].replace(match[1], "50"))
    return product


class TestRepair:
    """What people and disks do to the files of the product, the next run mends; a release is never edited for it."""

    def test_of_a_damaged_warehouse(self, own_few: Product) -> None:
        own_few.layout.warehouse.write_bytes(b"no database")
        assert own_few.call("run").code == 0
        assert query(own_few, "SELECT count(DISTINCT indicator) > 1 FROM sdg.latest") == [(True,)]

    def test_of_what_is_remembered_of_steps(self, own_few: Product) -> None:
        before = own_few.layout.published
        published = own_few.published()
        for key in (("raw", "inegi_iter", "2020"), ("staged", "census"), ("publication", "release")):
            own_few.layout.state(key).write_text('{"fingerprint', encoding="utf-8")
        said = own_few.call("run")
        assert said.code == 0, said.err
        releases = {path: sum_ for path, sum_ in own_few.published().items() if path.startswith(str(before))}
        assert releases == {path: sum_ for path, sum_ in published.items() if path.startswith(str(before))}

    def test_of_a_release_that_was_deleted(self, own_few: Product) -> None:
        sums = (own_few.layout.latest / "SHA256SUMS").read_bytes()
        shutil.rmtree(own_few.layout.latest.resolve())
        said = own_few.call("run")
        assert said.code == 0, said.err
        assert (own_few.layout.latest / "SHA256SUMS").read_bytes() == sums

    def test_is_not_made_of_a_release_that_was_changed(self, own_few: Product) -> None:
        (own_few.layout.latest / "README.md").write_text("changed", encoding="utf-8")
        said = own_few.call("run")
        assert said.code == 2
        assert "was altered after it was sealed (README.md: differs); remedy: " in said.err


class TestBlockedRelease:
    """A spec with a wrong official figure: exit code 1, the rule, the row and the file named, nothing changed."""

    def test_nothing_is_published(self, blocked: Product) -> None:
        before = blocked.published()
        for _ in range(2):  # the second time the values stand already, and block again
            said = blocked.call("run")
            assert said.code == 1
            assert "nothing was published" in said.err
            assert "rule agrees_with: 1 row fails" in said.err
            assert '"ref_area": "MX01"' in said.err
            assert '"official_value": 50.0' in said.err
            assert "indicators/illiteracy_15_plus.parquet" in said.err
            assert "goal_04/illiteracy_15_plus.yaml" in said.err
            assert "Traceback" not in said.err
            assert blocked.published() == before

    def test_one_indicator_alone_fails_as_well(self, blocked: Product) -> None:
        said = blocked.call("run", "--indicator", "illiteracy_15_plus")
        assert said.code == 1
        assert "1 failed" in said.out

    def test_the_right_figure_frees_it(self, blocked: Product, few: Product) -> None:
        before = blocked.published()
        said = blocked.with_(SDG_SPECS=few.specs).call("run")
        assert said.code == 0, said.err
        assert blocked.published() == before, "the same contents are the same release"


@pytest.fixture(scope="module")
def own(few: Product, tmp_path_factory: pytest.TempPathFactory) -> Product:
    product = copy_chosen(few, tmp_path_factory.mktemp("own"))
    said = product.call("new", "indicator", OWN, "--target", "6.1")
    path = product.specs / "goal_06" / f"{OWN}.yaml"
    assert (said.code, said.out) == (0, f"{path}\n")
    assert product.call("check").code == 0, "the skeleton is sound as it is"
    edit(path, "numerator: population ", "numerator: population_15_plus ")
    assert product.call("check").code == 0
    said = product.call("run")
    assert said.code == 0, said.err
    assert f"(1 indicator computed now, {len(FEW_INDICATORS)} unchanged, " in said.out
    return product


class TestOwnIndicator:
    """One YAML file, no Python: it appears in Parquet, CSV, warehouse, explain and Dagster."""

    def test_is_not_written_twice(self, own: Product) -> None:
        said = own.call("new", "indicator", OWN, "--target", "6.1")
        assert said.code == 2
        assert f"goal_06/{OWN}.yaml" in said.err

    def test_is_in_parquet_and_csv(self, own: Product) -> None:
        latest = own.layout.latest
        alone = pd.read_parquet(latest / "indicators" / f"{OWN}.parquet")
        among = pd.read_parquet(latest / "observations.parquet").query(f"indicator == '{OWN}'")
        text = pd.read_csv(latest / "indicators" / f"{OWN}.csv")
        assert len(alone) == len(among) == len(text) == 1 + 32 + N_MUNICIPALITIES

    def test_is_in_the_warehouse(self, own: Product) -> None:
        assert query(own, f"SELECT count(*) FROM sdg.series('{OWN}')") == [(1 + 32 + N_MUNICIPALITIES,)]
        [(title,)] = query(own, f"SELECT title_es FROM sdg.indicator WHERE id = '{OWN}'")
        assert title == "Reemplazar por un título breve"

    def test_is_explained(self, own: Product) -> None:
        said = own.sdg("explain", OWN, "--area", "06", "--period", "2020")
        assert said.code == 0, said.err
        assert "population_15_plus" in said.out
        assert "first published" in said.out or "added since release" in said.out

    def test_is_an_asset_of_dagster(self, own: Product, tmp_path: Path) -> None:
        listing = [str(Path(sys.executable).with_name("dagster")), "asset", "list", "-m", "assets.definitions"]
        environment = own.environment() | {"DAGSTER_HOME": str(tmp_path), "DAGSTER_DISABLE_TELEMETRY": "1"}
        process = subprocess.run(listing, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False)
        assert process.returncode == 0, process.stderr
        assert f"indicators/{OWN}" in process.stdout.split() or f"indicator/{OWN}" in process.stdout.split()

    def test_differs_from_the_release_before(self, own: Product, few: Product) -> None:
        old = few.layout.latest.resolve().name
        said = own.with_(COLUMNS=200).call("diff", old)
        assert said.code == 0
        assert f"{1 + 32 + N_MUNICIPALITIES} values added, 0 removed, 0 revised" in said.out
        assert OWN in said.out

    def test_removed_again_a_person_puts_the_old_release_in_force(self, own: Product, few: Product) -> None:
        """A run goes forward only: it covers less than the release in force and was in force before."""
        without, before = own.with_(SDG_SPECS=few.specs), few.layout.latest.resolve().name
        newer = own.layout.latest.resolve().name
        said = without.call("run")
        assert said.code == 0, said.err
        assert own.layout.latest.resolve().name == newer != before
        said = without.call("release", "publish", before, "--by", "Ana Pérez")
        assert said.code == 0, said.err
        assert own.layout.latest.resolve().name == before
        assert query(without, "SELECT count(*) FROM sdg.indicator") == [(len(FEW_INDICATORS),)]


class TestWritingSpecs:
    def test_new_source_is_sound(self, own_few: Product) -> None:
        product, specs = own_few, own_few.specs
        assert product.call("new", "source", "inegi_new").out == f"{specs / 'sources' / 'inegi_new.yaml'}\n"
        said = product.call("check")
        assert said.code == 0, said.err
        assert "inegi_new" not in product.call("fetch").out, "no table reads it, so it is part of no run"

    def test_schemas_are_those_of_the_project(self, starter: Run, tmp_path: Path) -> None:
        specs = copy_specs(tmp_path / "specs")
        shutil.rmtree(specs / "schema", ignore_errors=True)
        said = starter.product.with_(SDG_SPECS=specs).call("schema")
        assert said.code == 0
        for kind in ("source", "table", "codelist", "indicator"):
            schema = json.loads((specs / "schema" / f"{kind}.schema.json").read_text(encoding="utf-8"))
            assert schema["$schema"].startswith("https://json-schema.org/")
            committed = PROJECT / "indicator_specs" / "schema" / f"{kind}.schema.json"
            assert json.loads(committed.read_text(encoding="utf-8")) == schema, "run `sdg schema` and commit"
