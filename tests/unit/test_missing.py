"""Reasons of missing values: each has a code of the global list, and every query names no other reason."""

from __future__ import annotations

import re

import duckdb
import pytest

from sdg_pipeline.estimate import missing
from sdg_pipeline.estimate.compile import compiled
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog

MARKS = {
    "projection",
    "carried_forward",
    "methodology_changed",
    "few_sites",
    "late_registration",
    "unknown_age_allocated",
    "borders_changed",
    "low_precision",
    "model_based",
    "model_without_sample",
}
"""Reasons of values that are there; ``incomplete_enumeration`` and ``low_precision`` are of both."""
REASON = re.compile(r"THEN '([a-z]+(?:_[a-z]+)+)'")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalogs.load(PROJECT / "indicator_specs").sound()


def test_codes_are_those_of_missing_values_in_the_code_list(catalog: Catalog) -> None:
    codes = catalog.codelists["obs_status"].codes
    assert {code: codes[code].en for code in missing.CODES} == {
        "L": "Missing value; data exist but were not collected",
        "M": "Missing value; data cannot exist",
        "O": "Missing value",
        "Q": "Missing value; suppressed",
    }


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("missing_component", "O"), ("zero_denominator", "M"), ("incomplete_enumeration", "L"), ("few_events", "Q"),
        ("few_readings", "Q"), ("small_sample", "Q"), ("unknown_group", "M"), ("not_published", "O"),
    ],
)  # fmt: skip
def test_a_reason_has_the_code_of_what_it_means(reason: str, code: str) -> None:
    assert missing.STATUS[reason] == code


def test_a_status_follows_from_the_sql_of_its_reason() -> None:
    reason = "CASE WHEN n = 0 THEN 'zero_denominator' WHEN n < 5 THEN 'few_events' END"
    rows = duckdb.sql(f"SELECT {missing.status(reason)} FROM (VALUES (0), (3), (9)) AS t(n) ORDER BY n").fetchall()
    assert rows == [("M",), ("Q",), (None,)]
    assert missing.status("c.absent", "no_sample") == "'O'"


def test_every_query_names_reasons_that_have_a_code(catalog: Catalog) -> None:
    """A new reason without a code would be a row without a value that says A."""
    named = {
        reason
        for indicator in catalog.indicators.values()
        for reason in REASON.findall(compiled(make_plan(indicator, catalog)))
    } - {"full_count", "model_based"}  # precisions
    assert named - MARKS <= set(missing.STATUS)
    assert {"few_events", "zero_denominator", "incomplete_enumeration", "few_readings", "no_sample"} <= named
