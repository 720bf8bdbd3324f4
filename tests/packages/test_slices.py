"""Slices of a small release: areas and archives, read back with pandas, equal to the Parquet files."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import duckdb
import pandas
import pytest
from unit.release_fixture import contents, observation, settings

from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checksums
from sdg_pipeline.release.build import build
from sdg_pipeline.specs import fields

HOSTILE = ("=1+1", 'a "quoted", text', "line\nend", "-x", "plain")
TEXTS = {field.name: str for field in fields.OBSERVATION if field.kind == "text"}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    layout = Layout(tmp_path_factory.mktemp("home"))
    rows = [
        observation("without", "MX20", 1 / (n + 3), time_period=str(2001 + n), obs_reason=t)
        for n, t in enumerate(HOSTILE)
    ]
    rows.append(observation("without", "MX", None, ci_lower=-1.5))
    return build(contents(layout, rows={"without": rows}), layout, settings(layout))


def stored(release: Path, area: str) -> pandas.DataFrame:
    columns = ", ".join(fields.names())
    key = "indicator, time_period, sex, age, urbanisation, disability, indigenous, income_quantile, education"
    file = release / "observations.parquet"
    return duckdb.sql(f"SELECT {columns} FROM '{file}' WHERE ref_area = '{area}' ORDER BY {key}").df()


def plain(text: object) -> object:
    """Without the apostrophe that keeps a spreadsheet from running a text."""
    return text[1:] if isinstance(text, str) and text[:2] in ("'=", "'-", "'+", "'@") else text


def same(read: pandas.DataFrame, release: Path, area: str) -> None:
    wanted = stored(release, area)
    assert list(read.columns) == list(wanted.columns) and len(read) == len(wanted) > 0
    for name in wanted:
        pairs = zip(read[name].map(plain), wanted[name], strict=True)
        assert all((pandas.isna(a) and pandas.isna(b)) or a == b for a, b in pairs), name


@pytest.mark.parametrize("area", ["MX", "MX01", "MX20"])
def test_pandas_reads_an_area(area: str, release: Path) -> None:
    same(pandas.read_csv(release / f"areas/{area}.csv", dtype=TEXTS, encoding="utf-8-sig"), release, area)


def test_no_text_of_a_csv_is_a_formula(release: Path) -> None:
    text = (release / "areas/MX20.csv").read_text(encoding="utf-8-sig")
    assert ",'=1+1," in text and ",'-x," in text and '"a ""quoted"", text"' in text


def test_the_archive_of_a_state_has_its_municipalities_and_a_readme(release: Path) -> None:
    with zipfile.ZipFile(release / "areas/MX20.zip") as archive:
        assert archive.namelist() == ["README.md", "MX20.csv", "MX20_municipalities.csv"]
        read = pandas.read_csv(io.BytesIO(archive.read("MX20_municipalities.csv")), dtype=TEXTS, encoding="utf-8-sig")
        readme = archive.read("README.md").decode()
        assert archive.read("MX20.csv") == (release / "areas/MX20.csv").read_bytes()
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    same(read, release, "MX20067")
    assert readme.startswith("# Oaxaca: all indicators") and "INEGI (2021). Census 2020." in readme
    assert "- `obs_value`: The value, in full precision" in readme


def test_the_archive_of_a_goal_has_the_csv_of_its_indicators(release: Path) -> None:
    assert [path.name for path in sorted((release / "goals").iterdir())] == [
        "goal_01.zip",
        "goal_05.zip",
        "goal_06.zip",
    ]
    with zipfile.ZipFile(release / "goals/goal_06.zip") as archive:
        assert archive.namelist() == ["README.md", "water.csv"]
        assert archive.read("water.csv") == (release / "indicators/water.csv").read_bytes()
        assert "- `water`: Piped water · Agua entubada (6.1.1, proxy)" in archive.read("README.md").decode()


def test_it_is_sealed_and_written_again_alike(tmp_path: Path) -> None:
    seals = []
    for name in "ab":
        layout = Layout(tmp_path / name)
        seals.append(checksums.read(build(contents(layout), layout, settings(layout))))
    assert {n: h for n, h in seals[0].items() if n.startswith(("areas/", "goals/"))} == {
        n: h for n, h in seals[1].items() if n.startswith(("areas/", "goals/"))
    }
    assert {"areas/MX20.csv", "areas/MX20.zip", "goals/goal_06.zip"} <= set(seals[0])
