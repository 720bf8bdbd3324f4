"""Catalogues of a small release: the DCAT-AP shapes hold, both forms are one graph, and files are where they are said to be."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas
import pyshacl
import pytest
import rdflib
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS
from unit.release_fixture import contents, settings

from sdg_pipeline.layout import Layout
from sdg_pipeline.packages.catalogue import linked
from sdg_pipeline.publish import checksums
from sdg_pipeline.release.build import build

ADDRESS = "https://partner.example/latest/"
NOTE = 'a "quoted" \\ <note>\n\x07 — 𝄞'
SHAPES = (
    "dcat-ap_3.0.0_shacl_shapes.ttl",
    "dcat-ap_3.0.0_shacl_range.ttl",
    "ckanext_dcat-ap_3_shacl_shapes.ttl",
)
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    layout = Layout(tmp_path_factory.mktemp("home"))
    return build(contents(layout, coverage_notes=(NOTE,)), layout, settings(layout))


@pytest.fixture(scope="module")
def graph(release: Path) -> rdflib.Graph:
    return rdflib.Graph().parse(release / "catalog.ttl", publicID=f"{ADDRESS}catalog.ttl")


@pytest.mark.parametrize("name", SHAPES)
def test_it_passes_the_shapes(name: str, graph: rdflib.Graph, shared_data: Path) -> None:
    shapes = str(shared_data / "open_government" / name)
    conforms, _, report = pyshacl.validate(graph, shacl_graph=shapes, inference="rdfs")
    assert conforms, report


def test_the_shapes_are_no_formality(graph: rdflib.Graph, shared_data: Path) -> None:
    without = rdflib.Graph() + graph
    without.remove((None, DCTERMS.title, None))
    shapes = str(shared_data / "open_government" / SHAPES[0])
    assert not pyshacl.validate(without, shacl_graph=shapes, inference="rdfs")[0]


def test_turtle_and_json_ld_are_one_graph(release: Path, graph: rdflib.Graph) -> None:
    other = rdflib.Graph().parse(release / "catalog.jsonld", format="json-ld", publicID=f"{ADDRESS}catalog.ttl")
    assert isomorphic(graph, other)


def described(graph: rdflib.Graph) -> Iterator[tuple[str, str]]:
    """Path and sha256 of the distributions."""
    for distribution, address in graph.subject_objects(DCAT.accessURL):
        checksum = graph.value(distribution, SPDX.checksum)
        yield str(address).removeprefix(ADDRESS), str(graph.value(checksum, SPDX.checksumValue)).lower()


def test_each_file_is_there_with_its_hash(release: Path, graph: rdflib.Graph) -> None:
    files = dict(described(graph))
    seal = checksums.read(release)
    assert {"observations.parquet", "indicators/water.csv", "wide/water.csv"} <= set(files)
    assert files == {name: seal[name] for name in files}


def test_hostile_texts_are_texts(graph: rdflib.Graph) -> None:
    whole = rdflib.URIRef(f"{ADDRESS}catalog.ttl#all")
    texts = {text.language: str(text) for text in graph.objects(whole, DCTERMS.description)}
    assert NOTE in texts["en"] and NOTE in texts["es"]
    assert rdflib.Literal("=Gap", lang="en") in set(graph.objects(None, DCTERMS.title))


def test_an_address_is_a_valid_iri() -> None:
    assert linked.iri("https://a.mx/Inclusión/<x> y") == "https://a.mx/Inclusi%C3%B3n/%3Cx%3E%20y"


def test_csvw_describes_the_csv(release: Path) -> None:
    described = json.loads((release / "indicators/csv-metadata.json").read_text(encoding="utf-8"))
    kinds = {"string": "str", "double": "float64", "integer": "Int64"}
    types = {c["name"]: kinds[c["datatype"]] for c in described["tableSchema"]["columns"]}
    for table in described["tables"]:
        read = pandas.read_csv(release / "indicators" / table["url"], dtype=types, encoding="utf-8-sig")
        assert list(read.columns) == list(types)
        empty = {name for name in read.columns if read[name].isna().any()}
        assert not empty & {c["name"] for c in described["tableSchema"]["columns"] if c["required"]}
    assert sorted(t["url"] for t in described["tables"]) == ["water.csv", "water_gap.csv", "without.csv"]


CROISSANT = """
import json, sys
import mlcroissant
dataset = mlcroissant.Dataset(sys.argv[1])
rows = [(r["observation/ref_area"].decode(), r["observation/obs_value"]) for r in dataset.records("observation")]
print(json.dumps([list(dataset.metadata.issues.errors), rows]))
"""
"""In a process of its own: the logging of absl, which mlcroissant imports, closes the streams that pytest captures."""


def test_croissant_reads_the_values(release: Path) -> None:
    command = [sys.executable, "-c", CROISSANT, str(release / "croissant.json")]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    errors, read = json.loads(said.stdout)
    assert errors == []
    stored = duckdb.sql(f"SELECT ref_area, obs_value FROM '{release / 'observations.parquet'}'").fetchall()
    assert [(a, None if pandas.isna(v) else v) for a, v in read] == stored
