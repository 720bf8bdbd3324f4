"""Openness: element rules on records written by hand, points of frameworks, and what a release says of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import duckdb
import pytest
from release_fixture import REGISTER, catalog, observation, write_observations
from typer.testing import CliRunner

from sdg_pipeline.cli.commands import app
from sdg_pipeline.errors import InputError
from sdg_pipeline.open_government import odin
from sdg_pipeline.open_government.catalogues import read_metadata
from sdg_pipeline.open_government.facts import Dataset, Fact, of_dataset, of_release, stars
from sdg_pipeline.open_government.odin import Record
from sdg_pipeline.open_government.openness import NO_LESS_OPEN, OPENNESS, OWN, judged, less_open
from sdg_pipeline.open_government.subject import Material
from sdg_pipeline.run.steps.open_government import release_files
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.catalog import Catalog, load
from sdg_pipeline.specs.frameworks import FactName

RELEASE = release_files()


@pytest.fixture(scope="module")
def specs() -> Catalog:
    return load(PROJECT / "indicator_specs")


def years(*listed: int) -> frozenset[int]:
    return frozenset(listed)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (Record(years()), (0, 0, 0, 0, 0)),
        (Record(years(2024), True, True, True), (1, 0.5, 0, 1, 1)),
        (Record(years(2022, 2023, 2024), True, False, True), (1, 1, 0.5, 1, 0)),
        (Record(years(*range(2019, 2025)), False, False, True), (1, 1, 1, 0, 0)),
        (Record(years(2015, 2016, 2017), groups=True), (1, 0, 0.5, 0, 0)),
        (Record(years(2014, 2015), groups=True), (1, 0, 0, 0, 0)),
        (Record(years(*range(2015, 2025)), True, True, False), (0.5, 0.5, 0.5, 0.5, 0.5)),
    ],
)
def test_coverage_of_a_record(record: Record, expected: tuple[float, ...]) -> None:
    """The newest year is 2024: five years reach back to 2020, ten to 2015; nothing exceeds C1."""
    assert tuple(odin.coverage(record, 2024).values()) == expected


def test_records_fold_into_indicators_by_the_best_and_into_categories_by_the_mean() -> None:
    old = odin.coverage(Record(years(2010), True, False, True), 2024)
    new = odin.coverage(Record(years(2024)), 2024)
    indicator = odin.best([old, new])
    assert indicator == {"c1": 1.0, "c2": 0.5, "c3": 0.0, "c4": 1.0, "c5": 0.0}
    nothing = odin.coverage(Record(years()), 2024)
    assert odin.category([indicator, indicator, nothing]) == {"c1": 0.5, "c2": 0.5, "c3": 0.0, "c4": 0.5, "c5": 0.0}
    assert odin.category([indicator])["c1"] == 1.0


@pytest.mark.parametrize(
    ("ways", "score"),
    [
        ((), 0), (("bulk",), 0.5), (("api",), 0.5), (("selected",), 0.5), (("bulk", "api"), 0.5),
        (("bulk", "selected"), 1), (("api", "selected"), 1), (("bulk", "api", "selected"), 1),
    ],
)  # fmt: skip
def test_downloads(ways: tuple[str, ...], score: float) -> None:
    assert odin.downloads(ways) == score


def test_metadata_and_terms() -> None:
    assert [odin.metadata(kinds) for kinds in (0, 1, 2, 3)] == [0, 0.5, 0.5, 1]
    assert odin.TERMS == {"open": 1, "semi": 0.5, "none": 0}


def test_frameworks_have_their_published_points(specs: Catalog) -> None:
    assert {name: spec.total for name, spec in specs.frameworks.items()} == {
        "odin": 10, "mqa": 405, "godi": 100, "five_stars": 5,
    }  # fmt: skip
    headings = {"availability", "accessibility", "reuse"}
    assert all({item.heading for item in f.items.values()} == headings for f in specs.frameworks.values())
    answered = ("access_answers", "download_url", "download_answers")
    assert sum(i.points for i in specs.frameworks["mqa"].items.values() if i.fact in answered) == 100
    asked = {item.fact for framework in specs.frameworks.values() for item in framework.items.values()}
    assert asked == set(get_args(FactName)), "each fact is asked for, and by no other name"


def test_a_framework_whose_points_do_not_add_up_is_refused(tmp_path: Path) -> None:
    text = (PROJECT / "indicator_specs/frameworks/godi.yaml").read_text(encoding="utf-8")
    path = tmp_path / "frameworks" / "godi.yaml"
    path.parent.mkdir()
    path.write_text(text.replace("total: 100", "total: 99").replace("fact: digital", "fact: digitl"), encoding="utf-8")
    problems = "\n".join(str(problem) for problem in load(tmp_path).problems)
    assert "digitl" in problems
    path.write_text(text.replace("total: 100", "total: 99"), encoding="utf-8")
    assert "items have 100 points together, and total is 99" in "\n".join(map(str, load(tmp_path).problems))


def test_an_address_that_nobody_fetched_is_unknown_and_no_fault(specs: Catalog) -> None:
    vocabulary = specs.vocabularies["vocabulary"]
    source = specs.sources["inegi_iter"]
    facts = of_dataset(Dataset(source, "2020"), vocabulary)
    assert {n: facts[n].verdict for n in ("public", "online", "download_answers", "access_answers")} == dict.fromkeys(
        ("public", "online", "download_answers", "access_answers"), "unknown"
    )
    assert (facts["format"].evidence, facts["format"].kind) == (
        "CSV; file in the ZIP: *conjunto_de_datos_iter_00CSV20.csv",
        "spec",
    )
    assert facts["exists"].verdict == "unknown", "without bytes"
    fetched = source.editions["2020"].model_copy(update={"url_status": "verified"})
    answered = of_dataset(Dataset(source.model_copy(update={"editions": {"2020": fetched}}), "2020"), vocabulary)
    assert answered["online"].verdict == answered["download_answers"].verdict == "yes"


def test_a_copy_says_nothing_of_the_file_of_the_institution(specs: Catalog) -> None:
    """The copy of the UN series is a CSV; what the UN offers is not known from it."""
    facts = of_dataset(Dataset(specs.sources["un_sdg_mexico"], "2019Q1"), specs.vocabularies["vocabulary"])
    assert facts["format"].verdict == "unknown"
    assert {"machine_readable", "star_3", "terms"}.isdisjoint(facts)


def test_unknown_items_have_no_points(specs: Catalog) -> None:
    rows = list(judged({"odin": specs.frameworks["odin"]}, ("a", "b"), {"terms": Fact(0.5, "semi-open", "spec")}))
    assert [(r["item"], r["verdict"], r["points"], r["of"]) for r in rows if r["verdict"] != "unknown"] == [
        ("o5", "partly", 0.5, 1.0)
    ]
    assert len(rows) == 10
    assert all(r["points"] is None for r in rows if r["item"] != "o5")


def test_a_newest_edition_that_is_less_open_is_a_warning(specs: Catalog) -> None:
    source = specs.sources["conapo_marginalisation"]
    editions = {
        "2015": source.editions["2015"].model_copy(update={"period": "2015", "url": "https://a.mx/a.csv"}),
        "2020": source.editions["2020"].model_copy(update={"period": "2020", "url": "https://a.mx/a.xlsx"}),
    }
    changed = source.model_copy(update={"editions": editions})
    rows = [
        row
        for name in editions
        for row in judged(
            specs.frameworks, (source.id, name), of_dataset(Dataset(changed, name), specs.vocabularies["vocabulary"])
        )
    ]
    worse = {(r["framework"], r["item"], r["before"]) for r in less_open(rows, {source.id: changed})}
    assert worse == {("odin", "o2", "2015"), ("mqa", "non_proprietary", "2015"), ("five_stars", "star_3", "2015")}
    back = {"2015": editions["2015"].model_copy(update={"period": "2021"}), "2020": editions["2020"]}
    assert list(less_open(rows, {source.id: source.model_copy(update={"editions": back})})) == []
    assert OPENNESS.described[NO_LESS_OPEN][0] == "warning"


def test_stars_take_the_best_format(specs: Catalog) -> None:
    """An XLS beside a CSV takes nothing away, as it did in the federal tool."""
    vocabulary = specs.vocabularies["vocabulary"]
    assert [stars([name], vocabulary) for name in ("PDF", "XLS", "CSV", "RDF", "")] == [1, 2, 3, 4, 0]
    assert stars(["XLS", "CSV"], vocabulary) == 3


def test_the_own_release_has_the_poorest_terms_of_its_sources(specs: Catalog) -> None:
    vocabulary = specs.vocabularies["vocabulary"]
    free, closed, unread = (specs.sources[s] for s in ("inegi_iter", "ogp_commitments", "un_sdg_mexico"))
    assert of_release(RELEASE, [free], vocabulary)["terms"].share == 1.0
    assert of_release(RELEASE, [free, unread], vocabulary)["terms"].verdict == "unknown"
    facts = of_release(RELEASE, [free, unread, closed], vocabulary)
    assert (facts["terms"].share, facts["star_3"].share, facts["star_4"].share) == (0.0, 1.0, 0.0)
    assert facts["downloads"].share == 0.5


def test_the_table_has_each_item_of_each_edition(tmp_path: Path, specs: Catalog) -> None:
    plain = catalog(tmp_path)
    whole = replace(plain, frameworks=specs.frameworks, vocabularies=specs.vocabularies)
    files = {"water": write_observations(tmp_path / "water.parquet", [observation("water", "MX20", 3.0)])}
    with duckdb.connect() as con:
        material = Material(con, whole, REGISTER, files, {}, lambda t: tmp_path / t.file, release=RELEASE)
        (check,) = OPENNESS.judge(material)
        items = sum(len(framework.items) for framework in specs.frameworks.values())
        editions = sum(len(source.editions) for source in plain.sources.values())
        table = f"'{tmp_path / 'openness.parquet'}'"
        counted = f"SELECT count(*), count(*) FILTER ((points IS NULL) <> (verdict = 'unknown')) FROM {table}"
        assert con.sql(counted).fetchall() == [(items * (editions + 1), 0)]
        own = f"SELECT points, as_of FROM {table} WHERE source = '{OWN}' AND framework = 'odin' AND item = 'c4'"
        assert con.sql(own).fetchall() == [(0.5, "2020")], "states, in totals alone"
    assert check.passed


@pytest.mark.parametrize("text", ["[1]", "{", '{"title": "x"}'])
def test_metadata_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "data.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"data\.json.*package_show"):
        read_metadata(path)


def test_the_command_judges_a_file_of_metadata(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text('{"keyword": ["a"], "distribution": [{"downloadURL": "https://a.mx/a.csv"}]}', encoding="utf-8")
    shown = CliRunner().invoke(app, ["openness", "--metadata", str(path)])
    assert shown.exit_code == 0, shown.output
    assert "availability, keyword: yes, 30 of 30 (keyword of the dataset)" in shown.output
    assert "50 of 295 known points, of 405" in shown.output
    refused = CliRunner().invoke(app, ["openness", "--metadata", str(path), "--framework", "stars"])
    assert refused.exit_code != 0
