"""The two engines of the spec tests: each kind of method is computed by both, or listed with the reason."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from support import memory
from support.country import Country

from sdg_pipeline.specs import methods

HERE = Path(__file__).parent


def kinds() -> set[str]:
    """All kinds of method of the grammar."""
    models = (m for _, m in inspect.getmembers(methods, inspect.isclass) if issubclass(m, BaseModel))
    return {kind for m in models if "kind" in m.model_fields for kind in get_args(m.model_fields["kind"].annotation)}


def test_every_kind_is_computed_by_the_oracle_or_listed_with_the_reason() -> None:
    assert not set(memory.KINDS) & set(memory.NOT_HERE)
    assert kinds() == {*memory.KINDS, *memory.NOT_HERE} - {"survey", "harmonised"}
    assert all(len(reason.split()) > 3 for reason in memory.NOT_HERE.values())


def test_the_reasons_name_tests_that_there_are() -> None:
    files = [path for reason in memory.NOT_HERE.values() for path in re.findall(r"tests/[\w/]+\.py", reason)]
    assert files and [path for path in files if not (HERE.parents[1] / path).is_file()] == []


@pytest.mark.parametrize("kind", memory.KINDS)
def test_every_kind_of_the_oracle_has_spec_tests(kind: str) -> None:
    assert any(f"kind: {kind}" in path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))


def test_the_oracle_refuses_what_it_does_not_compute(country: Country) -> None:
    country.indicator(
        "crowding", "method: {kind: sql, table: people, rows_of: state, file: x.sql}\nbreakdowns: [[state]]"
    )
    columns = "geo_level, state, municipality, time_period, population AS numerator, dwellings AS denominator"
    country.write("goal_01/x.sql", f"SELECT {columns}, population AS obs_value FROM staged.people")
    with pytest.raises(memory.NotHere, match="sql"):
        memory.values(country.catalog().indicators["crowding"], country.catalog(), [], {})
