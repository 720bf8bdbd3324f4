"""Packages of the national release, read by other libraries than wrote them: equal to ``observations.parquet``."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import geopandas
import pandas
import pyshacl
import pytest
import python_calamine
import rdflib
from end_to_end.product import Product, national_product
from openpyxl.utils.escape import unescape
from rdflib.namespace import DCAT

from sdg_pipeline.packages.spreadsheet.indicator import NOTES, SAME, VALUES
from sdg_pipeline.publish import checksums
from sdg_pipeline.specs import fields

pytestmark = [pytest.mark.national, pytest.mark.slow]
NUMBERS = frozenset(field.name for field in fields.OBSERVATION if field.kind != "text")
TEXTS = {field.name: str for field in fields.OBSERVATION if field.kind == "text"}
KEY = [name for name in fields.KEY if name != "ref_area"]
SHAPES = ("dcat-ap_3.0.0_shacl_shapes.ttl", "ckanext_dcat-ap_3_shacl_shapes.ttl")
EVERY = 30
"""Every so many datasets of the catalogue are asked for the shapes, which take their time."""
CROISSANT = """
import itertools, json, sys
import mlcroissant
dataset = mlcroissant.Dataset(sys.argv[1])
read = [
    [r["observation/" + name] for name in ("indicator", "ref_area", "time_period", "obs_status", "obs_value", "ci_lower")]
    for r in itertools.islice(dataset.records("observation"), 3000)
]
plain = [[v.decode() if isinstance(v, bytes) else None if v is None or v != v else v for v in row] for row in read]
print(json.dumps([list(dataset.metadata.issues.errors), plain]))
"""


@pytest.fixture(scope="module")
def product(request: pytest.FixtureRequest) -> Product:
    return national_product(request)


@pytest.fixture(scope="module")
def release(product: Product) -> Path:
    return product.layout.latest.resolve()


def stored(release: Path, file: str, where: str = "true", order: str = ", ".join(KEY)) -> pandas.DataFrame:
    columns = ", ".join(fields.names())
    return duckdb.sql(f"SELECT {columns} FROM '{release / file}' WHERE {where} ORDER BY {order}").df()


def assert_same(read: pandas.DataFrame, wanted: pandas.DataFrame, what: object) -> None:
    """Every cell, exactly; an empty text is no text."""
    assert len(read) == len(wanted) > 0, what
    for name in wanted.columns:
        if name in NUMBERS:
            left, right = (pandas.to_numeric(frame[name]).astype(float) for frame in (read, wanted))
            same = (left == right) | (left.isna() & right.isna())
        else:
            left, right = (frame[name].astype(object).where(frame[name].notna(), None) for frame in (read, wanted))
            same = pandas.Series([(a or None) == b for a, b in zip(left, right, strict=True)], dtype=bool)
        assert same.all(), (what, name, left[~same].head(3).tolist(), right[~same].head(3).tolist())


def sheet(path: Path) -> pandas.DataFrame:
    """The values of a workbook, with the columns that its notes say are the same in all rows."""
    book = python_calamine.CalamineWorkbook.from_path(str(path))
    header, *rows = book.get_sheet_by_name(VALUES).to_python()
    read = pandas.DataFrame(
        [[unescape(cell) if isinstance(cell, str) else cell for cell in row] for row in rows], columns=header
    )
    repeated = {
        str(key).removeprefix(SAME): value
        for key, value, *_ in book.get_sheet_by_name(NOTES).to_python()
        if str(key).startswith(SAME)
    }
    for name, value in repeated.items():
        read[name] = value
    return read.where(read != "", None)


def test_calamine_reads_the_workbooks_of_every_fourteenth_indicator_and_a_split_one(release: Path) -> None:
    folder = release / "indicators"
    names = [path.stem for path in sorted(folder.glob("*.parquet"))]
    split = sorted({path.name.split(".")[0] for path in folder.glob("*.MX*.xlsx")})
    assert split, "some indicator is too large for one workbook"
    order = ["ref_area", *KEY]
    for name in sorted({*names[::14], *split[:1]}):
        parts = [folder / f"{name}.xlsx", *sorted(folder.glob(f"{name}.MX*.xlsx"))]
        read = pandas.concat([sheet(part) for part in parts]).sort_values(order, ignore_index=True)
        assert_same(read, stored(release, f"indicators/{name}.parquet").sort_values(order, ignore_index=True), name)


def test_calamine_reads_the_workbook_of_each_third_area(release: Path) -> None:
    for path in sorted((release / "areas").glob("*.xlsx"))[::3]:
        read = sheet(path)
        wanted = stored(release, "observations.parquet", f"ref_area = '{path.stem}'")[list(read.columns)]
        assert_same(read.sort_values(KEY, ignore_index=True), wanted.sort_values(KEY, ignore_index=True), path.name)


def test_pandas_reads_every_area_and_every_municipality_of_four_states(release: Path) -> None:
    for path in sorted((release / "areas").glob("*.csv")):
        read = pandas.read_csv(
            path, dtype=TEXTS, encoding="utf-8-sig", keep_default_na=False, na_values={n: [""] for n in NUMBERS}
        )
        assert_same(read, stored(release, "observations.parquet", f"ref_area = '{path.stem}'"), path.name)
    for state in ("MX01", "MX09", "MX20", "MX29"):
        with zipfile.ZipFile(release / f"areas/{state}.zip") as archive:
            assert archive.read(f"{state}.csv") == (release / f"areas/{state}.csv").read_bytes()
            body = archive.read(f"{state}_municipalities.csv")
        read = pandas.read_csv(
            io.BytesIO(body),
            dtype=TEXTS,
            encoding="utf-8-sig",
            keep_default_na=False,
            na_values={n: [""] for n in NUMBERS},
        )
        where = f"geo_level = 'municipality' AND ref_area LIKE '{state}%'"
        order = ["ref_area", *KEY]
        wanted = stored(release, "observations.parquet", where, ", ".join(order))
        assert_same(read.sort_values(order, ignore_index=True), wanted.sort_values(order, ignore_index=True), state)


def test_csvw_names_every_csv_and_its_types_read_each_sixth(release: Path) -> None:
    described = json.loads((release / "indicators/csv-metadata.json").read_text(encoding="utf-8"))
    kinds = {"string": "str", "double": "float64", "integer": "Int64"}
    types = {c["name"]: kinds[c["datatype"]] for c in described["tableSchema"]["columns"]}
    named = [Path(table["url"]).stem for table in described["tables"]]
    assert sorted(named) == [path.stem for path in sorted((release / "indicators").glob("*.parquet"))]
    for name in sorted(named)[::6]:
        read = pandas.read_csv(
            release / f"indicators/{name}.csv",
            dtype=types,
            encoding="utf-8-sig",
            keep_default_na=False,
            na_values={n: [""] for n in NUMBERS},
        )
        wanted = pandas.read_parquet(release / f"indicators/{name}.parquet")
        assert_same(read, wanted[[c for c in wanted.columns if c in read.columns]], name)


def test_the_archive_of_each_goal_holds_the_files_of_its_indicators(release: Path) -> None:
    names = []
    for path in sorted((release / "goals").glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            members = [n for n in archive.namelist() if n.endswith(".csv")]
            names += members
            for member in members[::5]:
                assert archive.read(member) == (release / "indicators" / member).read_bytes()
    assert sorted(names) == sorted(path.name for path in (release / "indicators").glob("*.csv"))


def test_the_catalogue_names_every_file_with_its_hash_and_passes_the_shapes(release: Path, shared_data: Path) -> None:
    whole = rdflib.Graph().parse(release / "catalog.ttl", publicID="https://partner.example/latest/catalog.ttl")
    checksum = rdflib.URIRef("http://spdx.org/rdf/terms#checksum")
    value = rdflib.URIRef("http://spdx.org/rdf/terms#checksumValue")
    seal = checksums.read(release)
    files = {
        str(address).removeprefix("https://partner.example/latest/"): str(
            whole.value(whole.value(d, checksum), value)
        ).lower()
        for d, address in whole.subject_objects(DCAT.accessURL)
    }
    assert files == {name: seal[name] for name in files}
    assert {
        f"indicators/{p.stem}.{kind}" for p in (release / "indicators").glob("*.parquet") for kind in ("csv", "parquet")
    } <= set(files)
    part = rdflib.Graph()
    for catalogue in whole.subjects(rdflib.RDF.type, DCAT.Catalog):
        part += described(whole, catalogue, {DCAT.dataset})
        for dataset in sorted(whole.objects(catalogue, DCAT.dataset))[::EVERY]:
            part.add((catalogue, DCAT.dataset, dataset))
            part += described(whole, dataset, set())
    assert len(set(part.subjects(rdflib.RDF.type, DCAT.Dataset))) >= 10
    for name in SHAPES:
        shapes = str(shared_data / "open_government" / name)
        conforms, _, report = pyshacl.validate(part, shacl_graph=shapes, inference="rdfs")
        assert conforms, report


def described(graph: rdflib.Graph, subject: Any, without: set[Any]) -> rdflib.Graph:
    """What a graph says of a subject and of the nodes that it leads to, but by some properties."""
    part, waiting = rdflib.Graph(), [subject]
    while waiting:
        node = waiting.pop()
        for predicate, value in graph.predicate_objects(node):
            if node == subject and predicate in without:
                continue
            if (node, predicate, value) not in part:
                part.add((node, predicate, value))
                if not isinstance(value, rdflib.Literal) and predicate != DCAT.dataset:
                    waiting.append(value)
    return part


def test_croissant_reads_the_first_values(release: Path) -> None:
    command = [sys.executable, "-c", CROISSANT, str(release / "croissant.json")]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    errors, read = json.loads(said.stdout)
    assert errors == []
    columns = "indicator, ref_area, time_period, obs_status, obs_value, ci_lower"
    rows = duckdb.sql(f"SELECT {columns} FROM '{release / 'observations.parquet'}' LIMIT {len(read)}").fetchall()
    assert len(read) == 3000 and read == [list(row) for row in rows]


def test_geopandas_reads_the_outlines_with_the_newest_totals(product: Product, release: Path, tmp_path: Path) -> None:
    chosen = ("illiteracy_15_plus", "suicide_rate", "income_below_line_municipal")
    options = [text for name in chosen for text in ("--indicator", name)]
    said = product.call("export", "geography", str(tmp_path / "geo"), *options)
    assert said.code == 0, said
    read = geopandas.read_parquet(tmp_path / "geo" / "areas.parquet").set_index("ref_area")
    assert read.geometry.is_valid.all() and len(read) == 1 + 32 + 2469
    with duckdb.connect(str(product.layout.warehouse), read_only=True) as con:
        for name in chosen:
            rows = con.execute(
                "SELECT ref_area, obs_value, obs_status FROM sdg.newest WHERE indicator = ?", [name]
            ).fetchall()
            newest = {area: (value, status) for area, value, status in rows if area in read.index}
            assert len(newest) > 2000 or name == "suicide_rate"
            shown = {
                area: (None if pandas.isna(value) else value, status)
                for area, value, status in zip(read.index, read[name], read[f"{name}__obs_status"], strict=True)
                if area in newest
            }
            assert shown == newest, name


def test_pandas_reads_nation_and_states_of_open_sdg(product: Product, release: Path, tmp_path: Path) -> None:
    said = product.call("export", "open-sdg", str(tmp_path / "repository"))
    assert said.code == 0, said
    shown = Counter(values_of(tmp_path / "repository"))
    file, where = release / "observations.parquet", "geo_level IN ('national', 'state') AND obs_value IS NOT NULL"
    published = Counter(value for (value,) in duckdb.sql(f"SELECT obs_value FROM '{file}' WHERE {where}").fetchall())
    assert shown.total() > 50_000
    assert not shown - published, "each value is published, and as often"


def values_of(repository: Path) -> Iterator[float]:
    for path in sorted((repository / "data").glob("*.csv")):
        yield from pandas.read_csv(path, dtype={"Year": str})["Value"].dropna().tolist()
