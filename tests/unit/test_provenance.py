"""The rows of a staged table behind one value, for every kind of plan of the project's own specs."""

from __future__ import annotations

from typing import Any

import pytest

from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.estimate.provenance import RowsOfValue, rows_of_value
from sdg_pipeline.ingest.geography import register
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.catalog import Catalog


def rows_behind(catalog: Catalog, indicator: str, area: str, level: str, **codes: str) -> RowsOfValue | None:
    value: dict[str, Any] = dict.fromkeys(fields.DIMENSIONS, "_T") | codes
    value |= {"ref_area": area, "geo_level": level, "time_period": "2020", "source_edition": "2020"}
    plan = make_plan(catalog.indicators[indicator], catalog)
    return rows_of_value(plan, value, register(PROJECT / "indicator_specs"))


@pytest.mark.parametrize(
    ("area", "level", "place"),
    [
        ("MX", "national", ""),
        ("MX02", "state", " AND state = '02'"),
        ("MX02001", "municipality", " AND municipality IN ('02001')"),
        ("MX02001H", "harmonised", " AND municipality IN ('02001', '02002', '02006', '02007')"),
    ],
)
def test_an_area_has_its_own_rows_and_a_harmonised_unit_those_of_its_municipalities(
    catalog: Catalog, area: str, level: str, place: str
) -> None:
    rows = rows_behind(catalog, "population", area, level)
    assert rows is not None
    assert rows.table == "population_municipal"
    _, _, rest = rows.where.partition("time_period = '2020'")
    assert rest == f" AND sex = '_T'{place}"


def test_a_group_is_named_and_the_age_groups_of_a_standardised_rate_are_added_up(catalog: Catalog) -> None:
    rows = rows_behind(catalog, "intentional_homicide_rate_standardised", "MX01", "state", sex="F")
    assert rows is not None
    assert "sex = 'F'" in rows.where
    assert "age =" not in rows.where
    assert rows.where.endswith(" <> 0"), "of a rate, the rows with events"


def test_the_total_of_some_people_is_made_of_the_rows_of_the_total(catalog: Catalog) -> None:
    """The code says whom the indicator is of; staged rows of its table have another one, or none."""
    users = rows_behind(catalog, "internet_users", "MX01", "state", age="Y_GE6")
    women = rows_behind(catalog, "women_labour_participation_12_plus", "MX01", "state", sex="F", age="Y_GE12")
    assert users is not None and women is not None
    assert "age =" not in users.where
    assert "sex = '_T'" in women.where


def test_of_a_survey_the_design_is_shown(catalog: Catalog) -> None:
    rows = rows_behind(catalog, "gini_household_income", "MX", "national")
    assert rows is not None
    assert {"weight", "stratum", "psu"} <= set(rows.columns)


@pytest.mark.parametrize(
    ("indicator", "area", "level"),
    [
        ("literacy_parity", "MX01", "state"),
        ("food_deprivation_municipal_model", "MX01001", "municipality"),
        ("gdp_per_head_growth", "MX", "national"),
        ("gini_household_income", "MX01001", "municipality"),
    ],
)
def test_there_are_none_where_none_are_added_up(catalog: Catalog, indicator: str, area: str, level: str) -> None:
    assert rows_behind(catalog, indicator, area, level) is None
