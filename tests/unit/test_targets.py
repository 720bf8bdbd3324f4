"""Numeric targets in specs: one number, a base before the year, and what an indicator must be to have one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError
from release_fixture import indicators
from support import ascii

from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.target import Target

FAULTS = """
direction | levels         | target                                                   | says
up        | national       | {"value": 100}                                           |
down      | national       | {"change": -50}                                          |
up        | national       | {"change": 50, "base": "2016"}                           |
parity    | state          | {"value": 1}                                             |
up        | national state | {"value": 90, "levels": ["state"]}                       |
up        | national       | {}                                                       | a value, or a change
up        | national       | {"value": 100, "change": 50}                             | a value, or a change
up        | national       | {"change": 0}                                            | no target
up        | national       | {"value": 100, "base": "2030"}                           | not before the year
down      | national       | {"change": -120}                                         | greater than or equal to -100
context   | national       | {"value": 100}                                           | without a better direction
up        | national       | {"value": 101}                                           | not within the range
up        | national       | {"change": -50}                                          | not in the direction up
parity    | national       | {"change": -50}                                          | not in the direction parity
up        | municipality   | {"value": 90, "levels": ["national", "state"]}           | no breakdown is of a level
up        | national       | {"value": 90, "measure": "like"}                         | 'same' or 'proxy'
"""
"""Targets by 2030 of a share in per cent, and what is said of those that cannot be."""
BASES = """
change | value | base value | target
-50    |       | 43.2       | 21.6
-100   |       | 43.2       | 0
25     |       | 8          | 10
-50    |       |            |
       | 100   |            | 100
       | 100   | 43.2       | 100
"""


def with_target(direction: str, levels: str, target: dict[str, Any]) -> Indicator:
    plain = next(i for i in indicators() if i.id == "water").model_dump(mode="json")
    spec = {"year": "2030", "cite": "A law, article 3", **target}
    changed = {"direction": direction, "breakdowns": [[level] for level in levels.split()], "target": spec}
    return Indicator.model_validate({**plain, **changed, "former": [], "checks": {"range": [0, 100]}})


@pytest.mark.parametrize("row", ascii.rows(FAULTS), ids=lambda row: f"{row['direction']} {row['target']}")
def test_a_target_fits_its_indicator_or_says_why_not(row: dict[str, str]) -> None:
    target = json.loads(row["target"])
    if not row["says"]:
        target_of_spec = with_target(row["direction"], row["levels"], target).target
        assert target_of_spec is not None
        assert (target_of_spec.value, target_of_spec.change) == (target.get("value"), target.get("change"))
        return
    with pytest.raises(ValidationError, match=row["says"]):
        with_target(row["direction"], row["levels"], target)


@pytest.mark.parametrize("row", ascii.rows(BASES))
def test_a_change_is_counted_from_the_value_of_the_base_year(row: dict[str, str]) -> None:
    number = {name: float(cell) if cell else None for name, cell in row.items()}
    target = Target.model_validate({"year": "2030", "cite": "x", "change": number["change"], "value": number["value"]})
    assert target.at(number["base value"]) == pytest.approx(number["target"])


def test_what_a_target_leaves_out_stays_out_of_its_definition() -> None:
    """Keys that came later do not change the hash of specs without them."""
    plain = {"year": "2030", "value": 100.0, "cite": "x"}
    assert Target.model_validate(plain).model_dump(mode="json") == plain


def test_the_catalogue_has_at_least_40_targets_and_says_how_each_is_known() -> None:
    """A citation of the United Nations is of the indicator's own target; any other says that it was read elsewhere."""
    aimed = [i for i in catalog.load(PROJECT / "indicator_specs").indicators.values() if i.target]
    assert len(aimed) >= 40
    for indicator in aimed:
        target = indicator.target
        assert target is not None
        united_nations = target.cite.startswith("A/RES/71/313, target ")
        assert united_nations == (target.cite_status == "verified"), indicator.id
        if united_nations:
            number = target.cite.removeprefix("A/RES/71/313, target ").partition(" ")[0]
            assert number == indicator.sdg.target, indicator.id
