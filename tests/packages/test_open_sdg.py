"""The repository of Open SDG: values of the release, metadata and translations that fit, and what its builder says."""

from __future__ import annotations

import csv
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from unit.release_fixture import catalog, contents, indicators, observation, settings, values_of_all

from sdg_pipeline import duck
from sdg_pipeline.errors import UsageError
from sdg_pipeline.estimate import missing
from sdg_pipeline.layout import Layout
from sdg_pipeline.packages.open_sdg import metadata, numbering, texts, writer
from sdg_pipeline.release.build import build
from sdg_pipeline.site import words
from sdg_pipeline.specs.base import Bilingual
from sdg_pipeline.specs.indicator import Indicator

HOSTILE = '=1+1; "quoted"\nline'
"""Reason of every row of ``water_gap`` in the fixture."""
REASONS = {"few_events": Bilingual(en="too few: <script>", es="muy pocos casos")}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    layout = Layout(tmp_path_factory.mktemp("home"))
    girls = observation("water", "MX20", None, sex="F", obs_status="Q", obs_reason="few_events")
    rows = {"water": [*values_of_all()["water"], girls]}
    return build(contents(layout, rows=rows), layout, settings(layout))


def export(release: Path, folder: Path) -> int:
    layout = Layout(release.parents[2])
    con = duck.connect(settings(layout), layout.home)
    return writer.write(con, release, catalog(layout.home / "specs"), REASONS, folder)


@pytest.fixture(scope="module")
def exported(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("open_sdg")
    assert export(release, folder) == 3
    return folder


def rows_of(exported: Path, number: str) -> list[dict[str, str]]:
    with (exported / "data" / f"indicator_{number}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_its_files(exported: Path) -> None:
    assert {p.relative_to(exported).as_posix() for p in exported.rglob("*.csv")} == {
        "data/indicator_6-1-1.csv", "data/indicator_5-1-a.csv", "data/indicator_1-4-1.csv"
    }  # fmt: skip
    assert {p.stem for p in (exported / "meta").iterdir()} == {"6-1-1", "5-1-a", "1-4-1"}
    groups = {"state", "sex", "Units", "COMMENT_OBS", texts.INDICATORS, texts.SOURCES, texts.WORDS}
    for language in ("en", "es"):
        assert {p.stem for p in (exported / "translations" / language).iterdir()} == groups


def test_columns_and_statuses(exported: Path) -> None:
    rows = rows_of(exported, "6-1-1")
    assert list(rows[0]) == ["Year", "state", "sex", "Units", "OBS_STATUS", "COMMENT_OBS", "GeoCode", "Value"]
    [girls] = [row for row in rows if row["sex"] == "F" and row["state"] == "MX20"]
    assert (girls["OBS_STATUS"], girls["COMMENT_OBS"], girls["GeoCode"], girls["Value"]) == (
        "Q", "few_events", "MX20", ""
    )  # fmt: skip


def test_values_are_those_of_nation_and_states(exported: Path, release: Path) -> None:
    for indicator, number in (("water", "6-1-1"), ("water_gap", "5-1-a"), ("without", "1-4-1")):
        written = {
            (row["Year"], row["GeoCode"] or "MX", row.get("sex") or "_T"): float(row["Value"]) if row["Value"] else None
            for row in rows_of(exported, number)
        }
        published = duckdb.sql(
            f"SELECT time_period, ref_area, sex, obs_value FROM '{release / 'observations.parquet'}' "
            f"WHERE indicator = '{indicator}' AND geo_level IN ('national', 'state')"
        ).fetchall()
        assert written == {row[:3]: row[3] for row in published} and len(published) >= 3


def test_no_cell_is_a_formula(exported: Path) -> None:
    rows = [row for path in (exported / "data").iterdir() for row in rows_of(exported, path.stem.split("_")[1])]
    texts_of = [cell for row in rows for name, cell in row.items() if name not in ("Year", "Value")]
    assert f"'{HOSTILE}" in texts_of
    assert not [cell for cell in texts_of if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n")]


def test_metadata_name_texts_of_both_languages(exported: Path) -> None:
    for language in ("en", "es"):
        groups = {p.stem: read(p) for p in (exported / "translations" / language).iterdir()}
        for path in (exported / "meta").iterdir():
            named = re.findall(r"\b(national_\w+)\.([\w-]+)", path.read_text(encoding="utf-8"))
            assert len(named) > 8 and all(groups[group][key] for group, key in named)
    fields = read(exported / "meta" / "6-1-1.yml")
    assert fields["proxy"] == "proxy" and fields["reporting_status"] == "complete"
    assert (fields["indicator_number"], fields["goal_number"], fields["target_number"]) == ("6.1.1", "6", "6.1")
    assert fields["progress_calculation_options"] == [{"direction": "positive", "target": 100.0, "target_year": 2030}]
    assert fields["project_id"] == "water" and fields["sources"][0]["organisation"] == "INEGI"
    other = read(exported / "meta" / "5-1-a.yml")
    assert "proxy" not in other and "progress_calculation_options" not in other


def test_a_target_that_is_a_change_is_told_and_not_drawn(tmp_path: Path) -> None:
    """The platform draws and measures targets by their value alone."""
    country = catalog(tmp_path)
    water = country.indicators["water"].model_dump(mode="json")
    halved = {"direction": "down", "target": {"year": "2030", "change": -50, "cite": "A law"}, "former": []}
    fields = metadata.of_indicator(Indicator.model_validate({**water, **halved}), "6-1-1", country, "r1")
    assert fields["national_target"] == "-50 % from 2015 by 2030 (A law)"
    assert "graph_target_lines" not in fields and "progress_calculation_options" not in fields


def test_texts_are_no_tags(exported: Path) -> None:
    english = exported / "translations" / "en"
    assert read(english / "COMMENT_OBS.yml")["few_events"] == "too few: &lt;script>"
    assert read(english / "sex.yml") == {"sex": "Sex", "F": "Women"}
    assert read(english / f"{texts.INDICATORS}.yml")["5-1-a-title"] == "=Gap"
    assert texts.plain("age < 5, a<b") == "age < 5, a&lt;b"


def test_every_reason_has_words() -> None:
    assert all(reason in texts.REASONS or words.has_word(f"reason_{reason}") for reason in missing.STATUS)


def test_numbers() -> None:
    water, gap, without = indicators()

    def copy(name: str, relation: str, original: Indicator = water) -> Indicator:
        return original.model_copy(
            update={"id": name, "sdg": original.sdg.model_copy(update={"relation": relation})}
        )  # fmt: skip

    assert numbering.numbers([copy("a", "proxy"), copy("b", "global"), without, gap]) == {
        "a": "6-1-1-b", "b": "6-1-1-a", "without": "1-4-1", "water_gap": "5-1-a"
    }  # fmt: skip
    many = numbering.numbers(copy(f"i{n:02}", "national", gap) for n in range(27))
    assert (many["i00"], many["i26"], len(set(many.values()))) == ("5-1-aa", "5-1-ba", 27)


def test_the_folder_is_new_or_empty(exported: Path, release: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is there and not an empty folder; remedy: name a new one, or empty it"):
        export(release, exported)
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(UsageError, match="not an empty folder"):
        export(release, file)
    with pytest.raises(UsageError, match="inside the sealed release"):
        export(release, release / "open_sdg")
    assert not (release / "open_sdg").exists()


BUILDER = os.environ.get("SDG_BUILD_PYTHON") or (sys.executable if importlib.util.find_spec("sdg") else None)
"""Python with sdg-build, which is in no registry and wants older pandas and pydantic than ours."""
BUILD = """
import sys
from sdg.open_sdg import open_sdg_build, open_sdg_check
assert open_sdg_check(config=sys.argv[1]), "check"
assert open_sdg_build(config=sys.argv[1]), "build"
"""


@pytest.mark.skipif(BUILDER is None, reason="SDG_BUILD_PYTHON names no Python with sdg-build")
def test_its_builder_accepts_it(exported: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(exported, tmp_path / "copy")
    configuration = read(folder / "config_data.yml")
    offline = configuration | {"translations": configuration["translations"][1:]}
    (folder / "offline.yml").write_text(yaml.safe_dump(offline), encoding="utf-8")
    command = [str(BUILDER), "-c", BUILD, "offline.yml"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    built = (folder / "_site" / "es" / "data" / "6-1-1.csv").read_text(encoding="utf-8").splitlines()
    assert built[0].startswith("Year,Entidad federativa,Sexo,Units,")
    assert len(built) == 1 + len(rows_of(exported, "6-1-1"))
