"""Global indicators hold against the UN's own structure: content constraints by series, and code lists.

``SDG_content_constraints.csv`` says for each series which codes of each dimension its rows may have; ``ALL`` is every code
of the list, those of the national extension included. The files are those of the SDG data structure 1.5.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
from end_to_end.product import Run

from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import OTHER_CONCEPTS, Indicator

Constraint = Mapping[str, str]

DIMENSION = {
    "UNIT_MEASURE": "unit_measure", "SEX": "sex", "AGE": "age", "URBANISATION": "urbanisation",
    "EDUCATION_LEV": "education", "DISABILITY_STATUS": "disability", "INCOME_WEALTH_QUANTILE": "income_quantile",
    **{name.upper(): name for name in OTHER_CONCEPTS},
}  # fmt: skip
"""Columns of ours by those of the constraints; UNIT_MULT apart, which is 0 in all rows of ours."""
LISTS = {
    "age": "CL_AGE", "sex": "CL_SEX", "urbanisation": "CL_URBANISATION", "disability": "CL_DISABILITY",
    "income_quantile": "CL_QUANTILE", "units": "CL_UNIT_MEASURE", "obs_status": "CL_OBS_STATUS", "nature": "CL_NATURE",
    "series": "CL_SERIES", "activity": "CL_ACTIVITY",
}  # fmt: skip
TRAPS = {
    "adolescent fertility of everybody": ("SP_DYN_ADKL", "PER_1000_POP", {"age": "Y15T19"}, {"sex": "_T"}),
    "adolescent fertility of all ages": ("SP_DYN_ADKL", "PER_1000_POP", {"sex": "F"}, {"age": "_T"}),
    "users of the internet in per cent": ("IT_USE_II99", "PT", {"age": "Y_GE6"}, {"unit_measure": "PT"}),
    "electricity by language": ("EG_ACS_ELEC", "PT", {"indigenous": "Y"}, {"indigenous": "Y"}),
    "branches of banks for all ages": ("FB_CBK_BRCH", "PER_100000_POP", {}, {"age": "_T"}),
    "manufacturing without its activity": ("NV_IND_MANF", "PT", {}, {"activity": "_T"}),
    "poverty by quintile": ("SI_POV_NMPI", "PT", {"income_quantile": "Q1"}, {"income_quantile": "Q1"}),
}
"""By name: series, unit and codes of a row, and what is not admitted of it."""


@pytest.fixture(scope="module")
def specs() -> Catalog:
    return catalogs.load(PROJECT / "indicator_specs").sound()


@pytest.fixture(scope="module")
def constraints(shared_data: Path) -> dict[str, Constraint]:
    with (shared_data / "un_sdg" / "SDG_content_constraints.csv").open(encoding="cp1252", newline="") as file:
        return {row["SERIES"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def global_lists(shared_data: Path) -> dict[str, set[str]]:
    """The codes of each list of the global structure."""
    root = ElementTree.parse(shared_data / "un_sdg" / "SDG_global_dsd.xml").getroot()
    return {
        str(item.get("id")): {str(code.get("id")) for code in item if code.tag.endswith("}Code")}
        for item in root.iter()
        if item.tag.endswith("}Codelist")
    }


def not_admitted(row: Mapping[str, str], constraint: Constraint) -> dict[str, str]:
    """What a constraint does not admit of a row: by dimension its code."""
    refused = {}
    for column, name in DIMENSION.items():
        admitted, code = constraint[column], row.get(name, "_T")
        if admitted != "ALL" and code not in admitted.split(";"):
            refused[name] = code
    if row.get("indigenous", "_T") != "_T":
        refused["indigenous"] = row["indigenous"]  # no dimension of the global structure
    if constraint["UNIT_MULT"] not in ("0", "ALL"):
        refused["unit_mult"] = "0"
    return refused


@pytest.mark.parametrize("name", TRAPS)
def test_rows_that_are_not_the_series_are_not_admitted(name: str, constraints: dict[str, Constraint]) -> None:
    series, unit, codes, refused = TRAPS[name]
    assert not_admitted({"unit_measure": unit, **codes}, constraints[series]) == refused


@pytest.mark.national
def test_every_row_of_a_global_indicator_is_admitted(
    national: Run, specs: Catalog, constraints: dict[str, Constraint]
) -> None:
    columns = ", ".join(dict.fromkeys((*DIMENSION.values(), "indigenous")).keys() - set(OTHER_CONCEPTS))
    indicators_by_id = {i.id: i for i in specs.indicators.values() if i.sdg.relation == "global"}
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        rows = con.sql(
            f"SELECT DISTINCT o.indicator, o.series, {columns} FROM sdg.observation AS o "
            "JOIN sdg.indicator AS i ON i.id = o.indicator WHERE i.relation = 'global'"
        ).to_arrow_table()
    refused = [
        (row["indicator"], missing)
        for row in rows.to_pylist()
        if (
            missing := not_admitted(
                {**row, **other_concepts(indicators_by_id[row["indicator"]])}, constraints[row["series"]]
            )
        )
    ]
    assert refused == []
    assert len(indicators_by_id) >= 12 and set(rows["indicator"].to_pylist()) == set(indicators_by_id)


def other_concepts(indicator: Indicator) -> dict[str, str]:
    return {name: code for name, code in indicator.universe.items() if name in OTHER_CONCEPTS}


def test_a_series_is_one_of_its_indicator(specs: Catalog, constraints: dict[str, Constraint]) -> None:
    """The names of series end in the codes of their indicators, ``[1.5.1, 11.5.1]``."""
    for indicator in specs.indicators.values():
        if indicator.sdg.series is not None:
            codes = set(re.findall(r"[0-9]+\.[0-9a-d]+\.[0-9]+", constraints[indicator.sdg.series]["Name"]))
            assert indicator.sdg.code in codes, indicator.id


@pytest.mark.parametrize("name", LISTS)
def test_codes_are_of_the_global_list_or_an_extension(
    name: str, specs: Catalog, global_lists: dict[str, set[str]]
) -> None:
    codes, standard = specs.codelists[name].codes, global_lists[LISTS[name]]
    assert {code for code, spec in codes.items() if spec.extension} == set(codes) - standard


def test_codes_of_the_project_are_none_of_the_global_list(specs: Catalog, global_lists: dict[str, set[str]]) -> None:
    own: Iterable[str] = {i.series for i in specs.indicators.values() if i.sdg.relation != "global"}
    assert all(re.fullmatch(r"_L_MX_[A-Z0-9_]+", series) for series in own)
    assert not set(own) & global_lists["CL_SERIES"]
