"""The documents say what the code does: generated pages are current, everything is named, links and examples hold."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest
import release_fixture
from pydantic import BaseModel

from sdg_pipeline.estimate import check, missing, written
from sdg_pipeline.estimate.engine import query
from sdg_pipeline.layout import Layout
from sdg_pipeline.quality import coherence, rules
from sdg_pipeline.release.build import build
from sdg_pipeline.release.warehouse import build_warehouse
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs import fields, kinds
from sdg_pipeline.specs.catalog import Catalog
from tools import reference, reference_commands

DOCS = PROJECT / "docs"
SPECS = PROJECT / "indicator_specs"
WRITTEN = [
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    PROJECT / "CHANGELOG.md",
    PROJECT / "warehouse/README.md",
]
PAGES = [*WRITTEN, *sorted(DOCS.glob("*.md"))]
GENERATED = reference.pages(SPECS)
RENEW = "python -m tools.reference docs"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"<!-- worked example: (\S+) -->\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WORKED_SOURCE = re.compile(r"<!-- worked source: (\S+) -->\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def text(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of the headings of a page."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(page)))
    return {heading.replace(" ", "-") for heading in plain}


def blocks(name: str, language: str) -> list[str]:
    return [code for kind, code in FENCE.findall(text(name)) if kind == language]


@pytest.mark.parametrize("page", GENERATED)
def test_a_generated_page_is_what_is_generated_now(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == GENERATED[page], f"run: {RENEW}"


def test_every_command_is_documented() -> None:
    commands = [" ".join(words) for words, _ in reference_commands.command_list()]
    assert "sdg run" in commands
    assert "sdg new indicator" in commands
    assert [c for c in commands if f"## `{c}`\n" not in GENERATED["commands.md"]] == []
    assert [c for c in commands if f"`{c}`" not in text("README.md")] == [], "in the table of the README"


def test_every_target_of_make_is_in_the_readme() -> None:
    targets = re.findall(r"^([a-z]+):.*## ", text("Makefile"), re.MULTILINE)
    assert "run" in targets
    assert [t for t in targets if f"`make {t}`" not in text("README.md")] == []


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for inner, _ in reference.written(field):
            yield from models(inner)


@pytest.mark.parametrize("model", [kind.model for kind in kinds.KINDS], ids=lambda m: m.__name__)
def test_every_key_of_a_spec_has_a_meaning(model: type[BaseModel]) -> None:
    keys = [(m.__name__, name, field.description) for m in models(model) for name, field in m.model_fields.items()]
    assert len(keys) >= 2
    assert [f"{owner}.{key}" for owner, key, meaning in keys if not meaning] == [], "a docstring below the field"
    assert [f"{owner}.{key}" for owner, key, _ in keys if f"| `{key}` |" not in GENERATED["specs.md"]] == []


def test_no_value_is_reported_in_pythons_words() -> None:
    assert re.findall(r"PydanticUndefined|NoneType|<class|Annotated\[|(?<!`)``(?!`)", "".join(GENERATED.values())) == []


def test_every_check_is_explained(catalog: Catalog) -> None:
    names = {name for i in catalog.indicators.values() for name, _, _ in rules.check_names(i)}
    names |= {name for i in catalog.indicators.values() for name, _ in coherence.names(i)}
    assert len(names) >= 10
    assert [name for name in sorted(names) if f"`{name}`" not in text("docs/statistician.md")] == []


def test_every_reason_of_a_missing_value_is_explained() -> None:
    rows = re.findall(r"^\| (`[^|]+) \| (`[^|]+) \|", text("docs/partner.md"), re.MULTILINE)
    codes_by_reason = {reason: codes for reasons, codes in rows for reason in re.findall(r"`(\w+)`", reasons)}
    assert {r: c for r, c in missing.STATUS.items() if f"`{c}`" not in codes_by_reason.get(r, "")} == {}
    marks = {"projection": "F", "late_registration": "P", "borders_changed": "B", "model_based": "E"}
    assert all(f"`{code}`" in codes_by_reason[reason] for reason, code in marks.items())


def test_every_variable_of_the_environment_is_explained() -> None:
    variables = set(re.findall(r'"(SDG_[A-Z_]+)"', text("sdg_pipeline/settings.py")))
    assert len(variables) == 15
    assert [v for v in sorted(variables) if f"| `{v}` |" not in text("docs/contributor.md")] == []


def test_every_file_of_a_release_is_explained(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    folder = build(release_fixture.contents(layout), layout, release_fixture.settings(layout))
    names = {re.sub(r"^(indicators|wide|sdmx)/(?!index|structure|csv-)\w+\.", r"\1/<id>.", p) for p in files_of(folder)}
    names = {re.sub(r"^areas/\w+", "areas/<code>", re.sub(r"goal_\d\d", "goal_<nn>", p)) for p in names}
    assert "indicators/<id>.csv" in names
    assert [n for n in sorted(names) if f"`{n}`" not in text("docs/partner.md")] == []


def files_of(folder: Path) -> list[str]:
    return [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]


def test_the_changelog_names_every_indicator(catalog: Catalog) -> None:
    data = text("CHANGELOG.md")
    assert [i for i in catalog.indicators if f"`{i}`" not in data] == [], "a line under Data"


def test_the_columns_of_written_sql_are_documented() -> None:
    assert ", ".join(f"`{c}`" for c in written.COLUMNS) in " ".join(text("docs/contributor.md").split())


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(PROJECT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(prose(page)):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A copy of the specs with the worked example in it, and its id."""
    [(place, spec)] = EXAMPLE.findall(text("docs/contributor.md"))
    root = tmp_path_factory.mktemp("example") / "specs"
    shutil.copytree(SPECS, root)
    assert not (root / place).exists(), "the example is an indicator by now: choose another"
    (root / place).write_text(spec, encoding="utf-8")
    return root, Path(place).stem


def test_the_worked_example_passes_sdg_check(example: tuple[Path, str]) -> None:
    root, indicator = example
    environment = {"SDG_SPECS": str(root), "SDG_HOME": str(root.parent), "PYTHONPATH": str(PROJECT), "COLUMNS": "200"}
    said = subprocess.run(
        [sys.executable, "-m", "sdg_pipeline", "check", "--list"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert indicator in said.stdout


def test_the_worked_example_compiles(example: tuple[Path, str]) -> None:
    root, indicator = example
    specs = catalogs.load(root).sound()
    assert check.check(specs) == []
    sql = query(specs.indicators[indicator], specs)
    with duckdb.connect() as con:
        [statement] = con.extract_statements(sql)
    assert statement.type == duckdb.StatementType.SELECT
    assert f"'{indicator}' AS indicator" in sql
    assert all(f" AS {name}" in sql for name in fields.names())


LIBRARIES = 1000
"""Libraries of state n in the composed file are so many and n; with internet, half of them, rounded down."""


@pytest.fixture(scope="module")
def worked_source(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a home with the worked source, its table and its indicator in a copy of the specs, and the
    file that they describe in a mirror.
    """
    home = tmp_path_factory.mktemp("worked_source")
    shutil.copytree(SPECS, home / "specs")
    specs = WORKED_SOURCE.findall(text("docs/contributor.md"))
    assert [Path(place).parent.name for place, _ in specs] == ["sources", "tables", "goal_09"]
    for place, spec in specs:
        assert not (home / "specs" / place).exists(), "the example is in the specs by now: choose another"
        (home / "specs" / place).write_text(spec, encoding="utf-8")
    lines = ["Bibliotecas públicas por entidad", "Cve_Ent;Entidad;Concepto;2022;2023"]
    lines.append("00;Total nacional;Bibliotecas;33,024;33,528")
    for n in range(1, 33):
        all_of_them, with_internet = LIBRARIES + n, (LIBRARIES + n) // 2
        lines.append(f"{n:02d};Entidad {n};Bibliotecas;{all_of_them:,};{all_of_them:,}")
        lines.append(f"{n:02d};Entidad {n};Con internet;{'N/D' if n == 1 else with_internet};{with_internet}")
    content = "\n".join([*lines, "Fuente: ejemplo", ""]).encode("latin-1")
    (home / "libraries.csv").write_bytes(content)
    entry = (
        f"{{source: example_libraries, edition: '2023', path: libraries.csv, sha256: {sha256(content).hexdigest()}}}"
    )
    manifest = f"name: example\nroot: .\nothers: only the example is asked for\nentries:\n  - {entry}\n"
    (home / "mirror.yaml").write_text(manifest, encoding="utf-8")
    variables = {"SDG_SPECS": "specs", "SDG_MIRROR": "mirror.yaml", "SDG_HOME": "."}
    return {name: str(home / path) for name, path in variables.items()} | {"PYTHONPATH": str(PROJECT), "COLUMNS": "200"}


@pytest.mark.parametrize("words", [["check"], ["run", "--indicator", "example_libraries_with_internet"]], ids=" ".join)
def test_the_worked_source_passes_check_and_runs(worked_source: dict[str, str], words: list[str]) -> None:
    command = [sys.executable, "-m", "sdg_pipeline", *words]
    said = subprocess.run(command, env=worked_source, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_the_worked_source_gives_the_values_that_its_file_says(worked_source: dict[str, str]) -> None:
    indicator = Path(worked_source["SDG_HOME"]) / "data/indicators/example_libraries_with_internet.parquet"
    rows = duckdb.read_parquet(str(indicator)).project("ref_area, time_period, obs_value, obs_reason").fetchall()
    values = {(area, year): (value, reason) for area, year, value, reason in rows}
    assert len(rows) == len(values) == 66
    halves = sum((LIBRARIES + n) // 2 for n in range(1, 33))
    whole = sum(LIBRARIES + n for n in range(1, 33))
    assert values["MX", "2023"] == (pytest.approx(100 * halves / whole), None)
    assert values["MX01", "2023"] == (pytest.approx(100 * 500 / 1001), None)
    assert values["MX32", "2022"] == (pytest.approx(100 * 516 / 1032), None)
    assert values["MX01", "2022"] == values["MX", "2022"] == (None, "missing_component")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of the small country: the project's own tables, views and macros."""
    layout = Layout(tmp_path_factory.mktemp("warehouse"))
    settings = release_fixture.settings(layout)
    build(release_fixture.contents(layout), layout, settings)
    specs = release_fixture.catalog(layout.home / "specs")
    return build_warehouse(layout, specs, release_fixture.REGISTER, PROJECT / "warehouse", settings)


QUERIES = [(name, sql) for name in ("README.md", "docs/analyst.md") for sql in blocks(name, "sql")]


@pytest.mark.parametrize(("name", "sql"), QUERIES, ids=lambda value: " ".join(value.split())[:60])
def test_queries_fit_the_warehouse(warehouse: Path, name: str, sql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables, columns and macros exist; whether there are rows is not asked, and other indicators are."""
    monkeypatch.chdir(warehouse.parent)
    asked = re.sub(r"\b(by_state|series|compare|value_history|peer_compare)\('\w+'", r"\1('water'", sql)
    asked = re.sub(r"'2026-\d\d'", "'r1'", asked)
    with duckdb.connect() if "ATTACH" in sql else duckdb.connect(str(warehouse), read_only=True) as con:
        for statement in con.extract_statements(asked):
            con.execute(statement)
        assert con.description


def test_the_warehouse_has_what_the_page_for_analysts_lists(warehouse: Path) -> None:
    page = text("docs/analyst.md")
    with duckdb.connect(str(warehouse), read_only=True) as con:
        tables = con.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        views = con.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        macros = con.execute(
            "SELECT function_name, parameters FROM duckdb_functions() WHERE database_name = 'sdg'"
        ).fetchall()
    assert len(tables) == 39
    assert [n for (n,) in (*tables, *views) if f"| `{n}` |" not in page] == []
    assert [n for n, parameters in macros if f"`{n}({', '.join(parameters)})`" not in page] == []
