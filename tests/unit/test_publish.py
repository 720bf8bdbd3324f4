"""A release as its readers meet it: whole, sealed, safe to open, and the same bytes from the same contents."""

from __future__ import annotations

import csv
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from frictionless import Package, validate
from release_fixture import (
    REGISTER,
    SHA256,
    alter,
    check,
    contents,
    observation,
    raw_file,
    settings,
    write_observations,
)

from sdg_pipeline.errors import BlockedRelease, InputError, UsageError
from sdg_pipeline.files import sha256_of
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government.tables import BY_FILE
from sdg_pipeline.publish import checksums, datapackage, describe, dictionary, parquet, readme
from sdg_pipeline.release import build as build_module
from sdg_pipeline.release.build import build
from sdg_pipeline.release.contents import Contents
from sdg_pipeline.release.manifest import previous, releases, verify
from sdg_pipeline.specs import fields


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path)


def publish(content: Contents, layout: Layout) -> Path:
    return build(content, layout, settings(layout))


def everything_below(folder: Path) -> dict[str, bytes | str]:
    """Every file and link, to see that nothing changed."""
    return {
        str(p.relative_to(folder)): str(p.readlink()) if p.is_symlink() else p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_symlink() or p.is_file()
    }


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# ---- what is in a release ------------------------------------------------------------------------------------------


def test_a_release_holds_every_file_and_latest_points_at_it(layout: Layout) -> None:
    folder = publish(contents(layout), layout)
    assert folder == layout.release("r1")
    assert layout.latest.readlink() == Path("r1")
    assert {*checksums.files_below(folder)} == {
        "CITATION.cff",
        "README.md",
        "changes.csv",
        "changes.md",
        "checks.html",
        "checks.json",
        "corrections.csv",
        "datapackage.json",
        "dictionary.csv",
        "dictionary.md",
        "observations.parquet",
        "prov.json",
        "release.json",
        "sources.lock.json",
        "schema.json",
        *(f"indicators/{i}.{end}" for i in ("water", "water_gap", "without") for end in ("csv", "parquet")),
        *(f"wide/{name}.csv" for name in ("water", "water_gap", "without", "index")),
        *(f"sdmx/{i}.{end}" for i in ("water", "water_gap", "without") for end in ("csv.gz", "xml.gz")),
        *(f"sdmx/structure-{version}.xml" for version in ("2.1", "3.0")),
        *("catalog.ttl", "catalog.jsonld", "croissant.json", "indicators/csv-metadata.json"),
        *(f"indicators/{i}.xlsx" for i in ("water", "water_gap", "without")),
        *(f"areas/{area}.{end}" for area in ("MX", "MX01", "MX20") for end in ("csv", "xlsx")),
        *(f"areas/{state}.zip" for state in ("MX01", "MX20")),
        *(f"goals/goal_{goal}.zip" for goal in ("01", "05", "06")),
    }
    assert verify(folder) == []
    done = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_observations_are_ordered_by_key_and_say_their_coverage(layout: Layout) -> None:
    folder = publish(contents(layout, coverage_notes=("Only two states.",)), layout)
    path = folder / "observations.parquet"
    keys = duckdb.sql(f"SELECT {', '.join(fields.KEY)} FROM '{path}'").fetchall()
    assert len(keys) == 12
    assert keys == sorted(keys)
    types = duckdb.sql(f"DESCRIBE FROM '{path}'").fetchall()
    assert [(t[0], t[1]) for t in types] == [(f.name, f.sql_type) for f in fields.OBSERVATION]
    metadata = duckdb.sql(f"SELECT key, value FROM parquet_kv_metadata('{path}')").fetchall()
    assert dict(metadata) == {b"coverage": b"partial: see coverage_notes in release.json"}


def test_frictionless_finds_the_package_valid(layout: Layout) -> None:
    folder = publish(contents(layout), layout)
    report = validate(str(folder / "datapackage.json"))
    assert report.flatten(["rowNumber", "fieldName", "type", "note"]) == []
    package = Package(str(folder / "datapackage.json"))
    assert sorted(package.resource_names) == [
        "corrections",
        "dictionary",
        "index-of-wide-tables",
        "water",
        "water_gap",
        "without",
    ]
    row = package.get_resource("water").read_rows()[0]
    assert (row["ref_area"], row["spec_hash"], row["n_obs"]) == ("MX", "0123456789ab", None)


def test_frictionless_sees_a_cell_that_was_edited(layout: Layout) -> None:
    folder = publish(contents(layout), layout)
    path = folder / "indicators" / "water.csv"
    alter(path, path.read_bytes().replace(b"90.125", b"90.126"))
    assert [e[0] for e in validate(str(folder / "datapackage.json")).flatten(["type"])] == ["hash-count"]


def test_the_package_names_sources_licences_coverage_and_version(layout: Layout) -> None:
    folder = publish(contents(layout, coverage_notes=("Only two states.",)), layout)
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert package["$schema"] == datapackage.PROFILE
    assert (package["version"], package["release"]) == ("1.0.0", "r1")
    assert package["coverage"] == {"partial": True, "notes": ["Only two states."]}
    assert package["description"].startswith("PARTIAL RUN: Only two states.")
    assert package["sources"] == [
        {"title": "Census, 2020. INEGI", "path": raw_file().url, "email": "atencion@inegi.org.mx"}
    ]
    terms = {"path": "https://www.inegi.org.mx/terminos.html", "title": "INEGI, Términos de libre uso"}
    assert package["licenses"] == [terms]  # a name would have to be an Open Definition identifier
    water = next(r for r in package["resources"] if r["name"] == "water")
    assert water["schema"] == "schema.json"
    schema = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
    assert schema["primaryKey"] == list(fields.KEY)
    assert water["parquet"]["path"] == "indicators/water.parquet"


def test_release_json_gives_sources_definitions_and_versions_but_no_time(layout: Layout) -> None:
    content = contents(layout)
    facts = json.loads((publish(content, layout) / "release.json").read_text(encoding="utf-8"))
    assert facts["sequence"] == 1
    assert facts["sources"][0]["sha256"] == SHA256
    assert facts["sources"][0]["licence"]["id"] == "INEGI, Términos de libre uso"
    assert facts["indicators"]["water"] == content.catalog.spec_hash(content.catalog.indicators["water"])
    assert facts["checks"] == {"total": 2, "passed": 1, "warnings": 1, "blocking": 0}
    assert facts["packages"]["duckdb"] == duckdb.__version__
    assert "2026-11-23" not in json.dumps(facts)


# ---- CSV -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_would_run_as_a_formula_is_neutralised(layout: Layout, text: str) -> None:
    rows = {"water": [observation("water", "MX", 1.0, obs_reason=text)]}
    folder = publish(contents(layout, rows=rows), layout)
    assert rows_of(folder / "indicators" / "water.csv")[0]["obs_reason"] == "'" + text
    assert describe.safe_cell(text) == "'" + text


def test_negative_numbers_stay_numbers_and_missing_values_stay_empty(layout: Layout) -> None:
    folder = publish(contents(layout), layout)
    values = {r["ref_area"]: r["obs_value"] for r in rows_of(folder / "indicators" / "water_gap.csv")}
    assert values == {"MX": "-0.25", "MX01": "", "MX20": "1.5"}


def test_quotes_commas_and_line_ends_inside_a_cell_survive(layout: Layout) -> None:
    reason = 'said "no", twice\r\nand left; año'
    rows = {"water": [observation("water", "MX", 1.0, obs_reason=reason)]}
    folder = publish(contents(layout, rows=rows), layout)
    assert rows_of(folder / "indicators" / "water.csv")[0]["obs_reason"] == reason


def test_values_keep_full_precision_and_keys_their_zeros(layout: Layout) -> None:
    value = 100 / 3
    rows = {"water": [observation("water", "MX01001", value, age="05", numerator=1e-7, denominator=126014024.0)]}
    row = rows_of(publish(contents(layout, rows=rows), layout) / "indicators" / "water.csv")[0]
    assert float(row["obs_value"]) == value
    assert float(row["numerator"]) == 1e-7
    assert (row["ref_area"], row["age"], row["spec_hash"]) == ("MX01001", "05", "0123456789ab")


@pytest.mark.parametrize("bom", [True, False])
def test_the_byte_order_mark_is_there_when_asked_for(layout: Layout, bom: bool) -> None:
    folder = publish(contents(layout, csv_bom=bom), layout)
    for path in ("indicators/water.csv", "dictionary.csv"):
        assert (folder / path).read_bytes().startswith(b"\xef\xbb\xbf") is bom
    assert validate(str(folder / "datapackage.json")).valid
    assert rows_of(folder / "indicators" / "water.csv")[0]["indicator"] == "water"


# ---- dictionary and README -----------------------------------------------------------------------------------------


def test_the_dictionary_has_every_column_code_and_indicator(layout: Layout) -> None:
    folder = publish(contents(layout), layout)
    rows = rows_of(folder / "dictionary.csv")
    assert [r["id"] for r in rows if r["kind"] == "column"] == list(fields.names())
    assert {r["id"] for r in rows if r["part_of"] == "sex"} == {"_T", "F", "M"}
    water = next(r for r in rows if r["kind"] == "indicator" and r["id"] == "water")
    assert water["formula"] == "100 × (piped) / (all_dwellings)"
    assert (water["target"], water["target_cite"]) == ("100 by 2030", "A/RES/71/313")
    assert water["assumptions_es"] == "Viviendas, no personas (impacto: bajo)"
    gap = next(r for r in rows if r["id"] == "water_gap")
    assert gap["title_en"] == "'=Gap"
    assert gap["source"] == "census"
    assert list(rows[0]) == list(dictionary.COLUMNS)
    markdown = (folder / "dictionary.md").read_text(encoding="utf-8")
    for word in (*fields.names(), "Dwellings with | water", "A/RES/71/313", "Viviendas, no personas"):
        assert word in markdown


def test_a_person_reads_areas_by_years_in_a_spreadsheet(layout: Layout) -> None:
    """Totals alone, rounded, with names for codes; a year without any value has no column, an indicator without no file."""
    rows = [
        observation("water", "MX", 90.125),
        observation("water", "MX", 1.0, sex="F"),
        observation("water", "MX20067", 85.26, time_period="2010"),
        observation("water", "MX20", None, time_period="2015"),
        observation("water", "MX20", 80.5),
    ]
    folder = publish(contents(layout, rows={"water": rows, "without": []}), layout)
    table = rows_of(folder / "wide" / "water.csv")
    assert list(table[0]) == ["clave", "area", "nivel", "2010", "2020"]
    assert [tuple(row.values()) for row in table] == [
        ("00", "México", "país", "", "90.1"),
        ("20", "Oaxaca", "estado", "", "80.5"),
        ("20067", "Oaxaca de Juárez", "municipio", "85.3", ""),
    ]
    index = {row["id"]: row for row in rows_of(folder / "wide" / "index.csv")}
    assert index.keys() == {"water", "water_gap"}
    assert not (folder / "wide" / "without.csv").exists()
    assert index["water"]["title_es"] == "Agua entubada"
    assert (index["water"]["unit_es"], index["water"]["source_en"]) == ("Porcentaje", "INEGI (2021). Census 2020.")
    assert index["water_gap"]["title_en"] == "'=Gap"
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    hung = {r["name"]: r["wide"]["path"] for r in package["resources"] if "wide" in r}
    assert hung == {"water": "wide/water.csv", "water_gap": "wide/water_gap.csv"}


def test_every_table_of_a_release_is_in_its_lists(layout: Layout) -> None:
    """README, dictionary and data package name the tables besides the values, with columns, bytes and hash."""
    content, files = contents(layout), {}
    for companion in parquet.COMPANIONS:
        path = layout.scratch / "content" / companion.file
        path.parent.mkdir(parents=True, exist_ok=True)
        columns = ", ".join(f"NULL::{f.sql_type} AS {f.name}" for f in companion.columns)
        duckdb.sql(f"COPY (SELECT {columns}) TO '{path}' (FORMAT parquet)")
        files[companion.file] = path
    several = ("vintage", "revision", "difference", "model", "profile")
    named = {f"{each}_files": (files[f"{each}s.parquet"],) for each in several}
    named["open_government_files"] = tuple(files[file] for file in BY_FILE)
    folder = publish(replace(content, deviation_file=files["deviations.parquet"], **named), layout)
    readme_, markdown = ((folder / name).read_text(encoding="utf-8") for name in ("README.md", "dictionary.md"))
    rows = rows_of(folder / "dictionary.csv")
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    listed = {table["path"]: table for table in package["tables"]}
    assert listed.keys() == files.keys() == {p.name for p in folder.glob("*.parquet")} - {"observations.parquet"}
    for companion in parquet.COMPANIONS:
        assert readme_.count(f"- `{companion.file}`: ") == 2, "in both languages"
        assert f"### `{companion.file}`" in markdown
        names = [f.name for f in companion.columns]
        assert [r["id"] for r in rows if r["part_of"] == companion.file] == names
        schema = listed[companion.file]["schema"]
        assert schema == "schema.json" or [f["name"] for f in schema["fields"]] == names
        assert listed[companion.file]["hash"] == f"sha256:{sha256_of(folder / companion.file)}"
    assert validate(str(folder / "datapackage.json")).valid


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ({"kind": "count", "table": "dwellings", "value": "piped"}, "sum of piped"),
        ({"kind": "published", "table": "dwellings", "value": "piped"}, "piped, as published"),
        (
            {"kind": "parity", "indicator": "water", "dimension": "sex", "compare": "F", "reference": "M"},
            "water[sex=F] / water[sex=M]",
        ),
        ({"kind": "sql", "table": "dwellings", "rows_of": "state", "file": "own.sql"}, "SQL in own.sql"),
    ],
)
def test_every_method_has_a_formula(layout: Layout, method: dict[str, str], expected: str) -> None:
    catalog = contents(layout).catalog
    plain = catalog.indicators["water"].model_dump(mode="json") | {"method": method}
    assert describe.formula(type(catalog.indicators["water"]).model_validate(plain), catalog) == expected


def test_the_readme_speaks_both_languages_and_gives_national_values(layout: Layout) -> None:
    text = (publish(contents(layout), layout) / "README.md").read_text(encoding="utf-8")
    english, spanish = text.split("\n---\n")
    assert "| 6.1.1 | Piped water | `water` | 2020 | 90.1 | Percent |" in english
    assert "| 6.1.1 | Agua entubada | `water` | 2020 | 90.1 | Porcentaje |" in spanish
    assert "1 of 2 checks passed" in english
    assert "INEGI (2021). Censo 2020" in spanish
    assert SHA256 in english
    assert "partial" not in english
    assert "parcial" not in spanish


def test_the_readme_says_which_levels_alone_have_values_and_why(layout: Layout) -> None:
    rows = {
        "water": [observation("water", "MX20", 80.5), observation("water", "MX20067", 85.25)],
        "without": [
            observation("without", "MX", None, obs_reason="missing_component"),
            observation("without", "MX20", 20.0),
        ],
    }
    english, spanish = (publish(contents(layout, rows=rows), layout) / "README.md").read_text("utf-8").split("\n---\n")
    assert f"| `water` | {readme.NO_VALUE} | states and municipalities only | Percent |" in english
    assert f"| `without` | {readme.NO_VALUE} | sólo estados (`missing_component`) | Porcentaje |" in spanish


def test_the_readme_of_a_partial_run_says_so_first_and_marks_the_values(layout: Layout) -> None:
    rows = {"water": [observation("water", "MX", 90.0, coverage="partial")], "without": []}
    content = contents(layout, rows=rows, coverage_notes=("Only five states.",))
    text = (publish(content, layout) / "README.md").read_text(encoding="utf-8")
    english, spanish = text.split("\n---\n")
    assert english.index("This release is partial") < english.index("Files")
    assert english.index("Only five states.") < english.index("UN Sustainable")
    assert spanish.index("Esta entrega es parcial") < spanish.index("Archivos")
    assert "| 90.0\\* |" in english
    assert f"| `without` | {readme.NO_VALUE} | {readme.NO_VALUE} |" in english


# ---- sealing -------------------------------------------------------------------------------------------------------


def test_the_same_contents_give_the_same_bytes(tmp_path: Path) -> None:
    sums = []
    for name in ("one", "two"):
        layout = Layout(tmp_path / name)
        content = replace(contents(layout), raw_files=(replace(raw_file(), retrieved_at=name, path=name),))
        sums.append((publish(content, layout) / "SHA256SUMS").read_text(encoding="utf-8"))
    assert sums[0] == sums[1]
    assert len(sums[0].splitlines()) == 51


def test_an_older_release_made_again_is_left_alone_and_comes_into_force_by_people_only(layout: Layout) -> None:
    folder = publish(contents(layout, "r1"), layout)
    inode = folder.stat().st_ino
    publish(contents(layout, "r2"), layout)
    assert layout.latest.readlink() == Path("r2")
    assert publish(contents(layout, "r1"), layout).stat().st_ino == inode
    assert layout.latest.readlink() == Path("r2")
    assert releases(layout) == ["r1", "r2"]


def test_a_release_is_never_edited(layout: Layout) -> None:
    folder = publish(contents(layout), layout)
    before = everything_below(layout.published)
    rows = {"water": [observation("water", "MX", 1.0)]}
    with pytest.raises(UsageError, match=r"r1 exists with other contents.*areas/MX\.csv"):
        publish(contents(layout, rows=rows), layout)
    assert everything_below(layout.published) == before
    alter(folder / "README.md", b"edited")
    with pytest.raises(UsageError, match=r"altered after it was sealed \(README\.md: differs\)"):
        publish(contents(layout), layout)


def test_a_blocking_check_stops_the_release_and_names_rule_rows_file_and_first_row(layout: Layout) -> None:
    publish(contents(layout, "r1"), layout)
    before = everything_below(layout.published)
    bad = check(passed=False, n_failing=7, observed="max 104", failing_rows=({"ref_area": "MX01", "obs_value": 104},))
    with pytest.raises(BlockedRelease) as raised:
        publish(contents(layout, "r2", checks=(check(), bad)), layout)
    message = str(raised.value)
    for part in ("r2", "rule range", "7 rows", str(layout.indicator("water")), '"obs_value": 104', "max 104"):
        assert part in message
    assert everything_below(layout.published) == before
    assert list(layout.scratch.glob("*")) == []


def test_a_file_of_other_columns_is_refused_and_nothing_changes(layout: Layout) -> None:
    content = contents(layout)
    duckdb.sql("SELECT 1 AS indicator").write_parquet(str(layout.indicator("water")))
    with pytest.raises(InputError, match=r"water\.parquet: does not have the columns"):
        publish(content, layout)
    assert not layout.published.exists()
    assert list(layout.scratch.glob("*")) == []


@pytest.mark.parametrize("name", ["../r1", "latest", ".hidden", "a/b"])
def test_a_name_that_is_no_folder_name_is_refused(layout: Layout, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a release"):
        publish(contents(layout, name), layout)


def test_nothing_to_publish_is_said(layout: Layout) -> None:
    with pytest.raises(UsageError, match="no indicator to publish"):
        publish(replace(contents(layout), indicator_files={}), layout)


def test_a_folder_in_the_place_of_latest_is_refused(layout: Layout) -> None:
    layout.latest.mkdir(parents=True)
    with pytest.raises(UsageError, match="is not a link"):
        publish(contents(layout), layout)
    assert releases(layout) == []


@pytest.mark.parametrize(
    "step",
    ["writing.dictionary.write", "writing.checksums.write", "build._move_into_place", "build.announce", "build.fsync"],
)
def test_a_run_that_dies_anywhere_leaves_the_last_release_and_the_next_one_completes(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    publish(contents(layout, "r1"), layout)
    before = everything_below(layout.release("r1"))
    rows = {"water": [observation("water", "MX", 91.5)]}

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"sdg_pipeline.release.{step}", die)
        patch.setattr(build_module.shutil, "rmtree", lambda *_, **__: None)  # a kill cleans up nothing
        with pytest.raises(KeyboardInterrupt):
            publish(contents(layout, "r2", rows=rows), layout)
    assert layout.latest.resolve() == layout.release("r1")
    assert everything_below(layout.release("r1")) == before
    assert [verify(layout.release(r)) for r in releases(layout)] == [[]] * len(releases(layout))
    (layout.scratch / "release-4711").mkdir(exist_ok=True)
    (layout.scratch / "release-4711" / "half.csv").write_text("indic", encoding="utf-8")
    (layout.scratch / "release-4711-latest").symlink_to("r0")

    folder = publish(contents(layout, "r2", rows=rows), layout)
    assert layout.latest.resolve() == folder
    assert verify(folder) == []
    assert releases(layout) == ["r1", "r2"]
    assert list(layout.scratch.glob("*")) == []


def test_releases_come_in_the_order_of_creation(layout: Layout) -> None:
    assert releases(layout) == []
    for name in ("b", "a", "c"):
        publish(contents(layout, name), layout)
    assert releases(layout) == ["b", "a", "c"]
    assert [previous(layout, name) for name in ("b", "a", "c")] == [None, "b", "a"]
    with pytest.raises(UsageError, match=r"no release 'd'.*b, a, c"):
        previous(layout, "d")


def test_a_damaged_manifest_is_named(layout: Layout) -> None:
    folder = publish(contents(layout), layout)
    alter(folder / "release.json", b"{")
    with pytest.raises(InputError, match=r"release\.json: is not the manifest of a release"):
        releases(layout)


def test_verify_names_what_is_not_as_sealed(layout: Layout) -> None:
    folder = publish(contents(layout), layout)
    alter(folder / "README.md", b"edited")
    (folder / "dictionary.md").unlink()
    (folder / "indicators" / "extra.csv").write_text("x", encoding="utf-8")
    assert verify(folder) == ["README.md: differs", "dictionary.md: missing", "indicators/extra.csv: not listed"]
    alter(folder / "SHA256SUMS", b"abc README.md\n")
    with pytest.raises(InputError, match=r"SHA256SUMS: line 1"):
        verify(folder)
    (folder / "SHA256SUMS").unlink()
    with pytest.raises(InputError, match="is missing"):
        verify(folder)


def test_the_fixture_writes_the_real_columns(tmp_path: Path) -> None:
    path = write_observations(tmp_path / "x.parquet", [observation("water", area, 1.0) for area in REGISTER.areas])
    columns = duckdb.sql(f"DESCRIBE FROM '{path}'").fetchall()
    assert [(r[0], r[1]) for r in columns] == [(f.name, f.sql_type) for f in fields.OBSERVATION]
