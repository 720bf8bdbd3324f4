"""`sdg explain` as its users call it: the value in force, from what its release remembers, whatever the home lost."""

from __future__ import annotations

import hashlib
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from end_to_end.product import STARTER, Product, Run, copy_specs, edit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdg_pipeline.duck import text as literal
from sdg_pipeline.explain import published
from sdg_pipeline.explain.at_hand import Home
from sdg_pipeline.explain.explanation import Request
from sdg_pipeline.explain.value import Gathering
from sdg_pipeline.files import sha256_of
from sdg_pipeline.settings import PROJECT, Settings
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.base import TOTAL

EXPLAIN = ("explain", "illiteracy_15_plus", "--area", "01001", "--period", "2020", "--sex", "F")
SPEC = "goal_04/illiteracy_15_plus.yaml"
CENSUS = sha256_of(STARTER / "census_2020_municipalities.csv")
VALUE = "1.8 PT (Percent); in full 1.7930700924929626"


@pytest.fixture(scope="module")
def product(starter: Run) -> Product:
    """The published starter home, for looking only, over no mirror: a reader names none."""
    assert starter.said.code == 0, starter.said
    return starter.product.with_(SDG_MIRROR="")


@pytest.fixture
def lost(own_home: Product) -> Product:
    """A copy of it that loses something."""
    return own_home.with_(SDG_MIRROR="")


@pytest.fixture(scope="module")
def output(product: Product) -> str:
    said = product.sdg(*EXPLAIN)
    assert said.code == 0, said.err
    return said.out


@pytest.mark.parametrize(
    "text",
    [
        "Aguascalientes (MX01001, municipality), 2020",
        VALUE,
        "sex F",
        "6,599",
        "368,028",
        "Population and Housing Census 2020",
        "https://www.inegi.org.mx/contenidos/programas/ccpv/2020/datosabiertos/iter/iter_00_cpv2020_csv.zip",
        "https://www.inegi.org.mx/inegi/terminos.html",
        "mirror starter",
        "mx_4_6_1_analfabetismo",
        "INEGI (2021). Population and Housing Census 2020.",
        "agrees_with: 7 of 7 official figures agree",
        "first published in release",
        "which is in force",
        "illiterate_15_plus",
        "SUM(illiterate_15_plus)",
        "GROUPING SETS",
    ],
)
def test_says(output: str, text: str) -> None:
    assert text in output


def test_names_the_bytes(output: str, product: Product) -> None:
    [raw] = product.layout.raw_folder("inegi_iter", "2020").glob("*.csv")
    assert str(raw) in output
    assert sha256_of(raw) in output
    assert "Not at hand" not in output
    assert "FAILED" not in output


def test_the_example_of_the_docs_is_what_the_command_prints(product: Product) -> None:
    page = (PROJECT / "docs" / "statistician.md").read_text(encoding="utf-8")
    [(command, shown)] = re.findall(r"^\$ sdg (explain illiteracy_15_plus .*)\n((?:.*\n)*?)…$", page, re.MULTILINE)
    said = product.with_(COLUMNS=80).call(*command.split())
    lines = [re.sub(r" r1(\.[0-9a-f]{8})?\b", " r1", line.rstrip()) for line in said.out.splitlines()]
    assert [re.sub(r" r1(\.[0-9a-f]{8})?\b", " r1", line) for line in shown.splitlines()] == lines[: shown.count("\n")]


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("indicator", ["illiteracy_15_plus", "literacy_parity"])
def test_is_no_wider_than_the_terminal(product: Product, indicator: str, width: int) -> None:
    said = product.with_(COLUMNS=width).call("explain", indicator, "--area", "01001")
    assert max(map(len, said.out.splitlines())) <= width
    assert said.out.splitlines()[1].startswith("Value ")


@pytest.mark.parametrize("area", ["MX01001", "01", "00", "MX", "Querétaro", "queretaro", "ASIENTOS"])
def test_takes_keys_and_names_and_needs_no_period(area: str, product: Product) -> None:
    said = product.call("explain", "illiteracy_15_plus", "--area", area)
    assert said.code == 0, said.err
    assert ", 2020\n" in said.out


@pytest.mark.parametrize("indicator", ["literacy_parity", "years_of_schooling", "illiteracy_gap_women_men"])
def test_follows_other_methods(indicator: str, product: Product) -> None:
    said = product.call("explain", indicator, "--area", "01001", "--period", "2020")
    assert said.code == 0, said.err
    assert "SELECT" in said.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("iliteracy_15_plus", "--area", "01001"), "did you mean 'illiteracy_15_plus'?"),
        (("illiteracy_15_plus", "--area", "99999"), "no area '99999'"),
        (("illiteracy_15_plus", "--area", "Querétaroo"), "did you mean 'Querétaro'?"),
        (("illiteracy_15_plus", "--area", "Benito Juárez"), "MX23005 (Quintana Roo)"),
        (("illiteracy_15_plus", "--area", "México"), "MX (national), MX15 (state); remedy: use the key"),
        (("illiteracy_15_plus", "--area", "01001", "--period", "2015"), "periods: 2020"),
        (("illiteracy_15_plus", "--area", "20067"), "no value for MX20067 (Oaxaca de Juárez)"),
        (("illiteracy_15_plus", "--area", ""), "no area ''"),
        (("illiteracy_15_plus", "--area", "01", "--sex", "F", "--group", "age=Y15T24"), "no such group for MX01"),
        (("illiteracy_15_plus", "--area", "01", "--group", "age"), "remedy: write age=Y15T24"),
        (("illiteracy_gap_rural_urban", "--area", "01"), "it has no values at all"),
        (("poverty", "--area", "01"), "indicators are left out: the mirror does not hold"),
        (("illiteracy_15_plus", "--area", "01", "--release", "r99"), "no release 'r99'; valid: "),
        (("illiteracy_15_plus", "--area", "01", "--release", "latest", "--last-run"), "leave one of them out"),
    ],
)
def test_what_is_not_there_is_one_line(arguments: tuple[str, ...], says: str, product: Product) -> None:
    said = product.call("explain", *arguments)
    assert said.code == 2
    assert len(said.problems) == 1
    assert says in said.err


class TestAHomeThatLostSomething:
    """The value, its status, its checks and its provenance are those of the release; what is gone is said."""

    def explained(self, product: Product) -> str:
        said = product.call(*EXPLAIN)
        assert said.code == 0, said.err
        assert VALUE in said.out
        assert CENSUS in said.out
        assert "agrees_with: 7 of 7 official figures agree" in said.out
        assert "INEGI (2021)" in said.out
        return said.out

    def test_specs_that_were_changed(self, product: Product, output: str, tmp_path: Path) -> None:
        specs = copy_specs(tmp_path / "specs")
        edit(specs / SPEC, "numerator: illiterate_15_plus", "numerator: population_15_plus")
        assert self.explained(product.with_(SDG_SPECS=specs)) == output

    def test_specs_that_are_gone(self, product: Product, output: str, tmp_path: Path) -> None:
        assert self.explained(product.with_(SDG_SPECS=tmp_path / "nowhere")) == output

    def test_a_mirror_that_is_gone(self, product: Product, output: str, tmp_path: Path) -> None:
        assert self.explained(product.with_(SDG_MIRROR=tmp_path / "nowhere.yaml")) == output

    def test_no_staged_tables(self, lost: Product) -> None:
        shutil.rmtree(lost.layout.staged("census").parent)
        out = self.explained(lost)
        assert f"the staged table census is not at hand any more ({lost.layout.staged('census')}); remedy: " in out
        assert "Rows of the staged table" not in out

    def test_a_staged_table_that_was_altered(self, lost: Product) -> None:
        lost.layout.staged("census").write_bytes(b"no parquet")
        assert "the staged table census at hand was altered after it was staged" in self.explained(lost)

    def test_a_staged_table_of_other_definitions(self, lost: Product) -> None:
        path = lost.layout.state(("staged", "census"))
        edit(path, '"fingerprint": "', '"fingerprint": "0')
        assert "was computed by other definitions or by other code; remedy: `sdg run` with SDG_SPECS=" in (
            self.explained(lost)
        )

    def test_no_raw_files(self, lost: Product) -> None:
        shutil.rmtree(lost.layout.data / "raw")
        out = self.explained(lost)
        assert f"the raw file of inegi_iter/2020 (sha256 {CENSUS[:12]}" in out
        assert "is not in the raw store any more; remedy: restore " in out
        assert "Rows of the staged table" in out

    def test_no_memory_of_steps(self, lost: Product) -> None:
        for name in ("state", "checks", "contracts", "coherence", "indicators", "locks", "profiles", "history"):
            shutil.rmtree(lost.layout.data / name)
        assert "the staged table census is not at hand any more" in self.explained(lost)

    def test_nothing_but_the_release(self, lost: Product, tmp_path: Path) -> None:
        alone = Product(tmp_path / "alone", lost.variables)
        shutil.copytree(lost.layout.published, alone.layout.published, symlinks=True)
        out = self.explained(alone)
        assert "is not in the raw store any more" in out
        assert not (alone.layout.data / "scratch").exists()

    def test_definitions_that_were_altered(self, lost: Product) -> None:
        path = lost.layout.latest.resolve() / "specs" / SPEC
        path.chmod(0o644)
        path.write_text("id: nonsense", encoding="utf-8")
        said = lost.call(*EXPLAIN)
        assert said.code == 0, said.err
        assert "in full 1.7930700924929626" in said.out
        assert f"specs/{SPEC} is not as it was sealed" in said.out

    def test_a_run_over_other_bytes_since(self, lost: Product, tmp_path: Path) -> None:
        """The value of yesterday is not told with the rows of today."""
        mirror = other_mirror(tmp_path / "mirror")
        said = lost.with_(SDG_MIRROR=mirror / "mirror.yaml").call("run", "--indicator", "illiteracy_15_plus")
        assert said.code == 1, "the municipalities do not add up to their state any more"
        out = self.explained(lost)
        now = sha256_of(mirror / "census_2020_municipalities.csv")
        assert f"computed from other bytes of inegi_iter/2020: sha256 {now}, this value from {CENSUS[:12]}" in out
        assert "Rows of the staged table" not in out
        said = lost.call(*EXPLAIN, "--last-run")
        assert said.code == 0, said.err
        assert now in said.out
        assert said.out.splitlines()[3].startswith("FAILED       coherence_levels (blocking): ")
        assert "no, this is the value of the last run" in said.out
        assert "not published yet" in said.out


def other_mirror(folder: Path) -> Path:
    """The starter data with one more illiterate woman in Aguascalientes."""
    shutil.copytree(STARTER, folder)
    file = folder / "census_2020_municipalities.csv"
    before = file.read_bytes()
    header, first, *others = before.splitlines(keepends=True)
    names, cells = header.decode().strip().split(","), first.decode().rstrip("\r\n").split(",")
    for name in ("P15YM_AN", "P15YM_AN_F"):
        cells[names.index(name)] = str(int(cells[names.index(name)]) + 1)
    after = b"".join([header, (",".join(cells) + "\n").encode(), *others])
    file.write_bytes(after)
    edit(folder / "mirror.yaml", hashlib.sha256(before).hexdigest(), hashlib.sha256(after).hexdigest())
    return folder


class TestWithoutARelease:
    def test_the_last_run_is_explained_and_marked(self, tmp_path: Path) -> None:
        fresh = Product(tmp_path / "home")
        said = fresh.call("explain", "literacy_15_plus", "--area", "01")
        assert said.code == 2
        assert said.problems == [
            "literacy_15_plus has not been computed; remedy: `sdg run` (or --indicator literacy_15_plus)"
        ]
        assert fresh.call("run", "--indicator", "literacy_15_plus").code == 0
        said = fresh.with_(SDG_MIRROR="").call("explain", "literacy_15_plus", "--area", "01")
        assert said.code == 0, said.err
        assert "Published    no, this is the value of the last run" in said.out
        assert "Rows of the staged table: 1 of 1" in said.out
        assert "Not at hand" not in said.out
        specs = copy_specs(tmp_path / "specs")
        edit(specs / "goal_04" / "literacy_15_plus.yaml", "decimals: 1", "decimals: 3")
        said = fresh.with_(SDG_MIRROR="", SDG_SPECS=specs).call("explain", "literacy_15_plus", "--area", "01")
        assert said.code == 0, said.err
        assert "the definition was changed after the run" in said.out


@cache
def gathering(home: Path) -> tuple[Gathering, tuple[dict[str, Any], ...]]:
    """What explains values of a home without reading its release anew, and the rows of the release."""
    asked = Settings(home=home, specs=home / "nowhere", warehouse_sql=PROJECT / "warehouse")
    where = Home(asked)
    folder = where.layout.latest.resolve()
    con = duckdb.connect()
    columns = ", ".join((*fields.KEY, "obs_value", "obs_status", "source_sha256", "spec_hash"))
    rows = con.execute(f"SELECT {columns} FROM read_parquet({literal(folder / 'observations.parquet')}) ORDER BY ALL")
    names = [column[0] for column in rows.description or ()]
    return (
        Gathering(con, where, published.remember(folder, where.layout), folder),
        tuple(dict(zip(names, row, strict=True)) for row in rows.fetchall()),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_published_value_is_explained_by_its_own_bytes(product: Product, data: st.DataObject) -> None:
    explainer, rows = gathering(product.home)
    row = data.draw(st.sampled_from(rows))
    codes = {d: row[d] for d in fields.DIMENSIONS if row[d] != TOTAL}
    shown = explainer.explain(Request(row["indicator"], row["ref_area"], row["time_period"], codes))
    assert {name: shown.value[name] for name in row} == row
    assert shown.files[0].sha256 == row["source_sha256"]
    assert shown.files[0].path is not None and sha256_of(shown.files[0].path) == row["source_sha256"]
    assert shown.lacking == ()
    assert shown.change == f"first published in release {product.layout.latest.resolve().name}"
    method = shown.meaning.indicator.method.kind if shown.meaning else ""
    assert len(shown.sides) == (2 if method in ("parity", "gap") else 0)
    assert (shown.staged is None) == (method in ("parity", "gap", "sql"))
    assert shown.staged is None or shown.staged.count >= 1
