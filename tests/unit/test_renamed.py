"""Keys with a new name are read under the old one, with a warning that says the new one."""

from __future__ import annotations

import pytest
from support.country import Country

from sdg_pipeline.specs import catalog as catalogs

RATIO = "method: {kind: ratio, table: people, numerator: literate, denominator: population}\nbreakdowns: [[state, sex]]"
PARITY = "method:\n  kind: parity\n  %s: lit\n  dimension: sex\n  compare: F\n  reference: M\nbreakdowns: [[state]]"
CONTRACT = """\
id: people
owner: team:tests
exceptions:
  - {rule: filled, %s: [literate], reason: r}
rules:
  literates: {%s: literate, at_least: 0, reason: r}
"""


def test_an_old_key_warns_and_means_the_same(country: Country) -> None:
    country.indicator("lit", RATIO)
    hashes = []
    for exempt, measure, indicator in (("exempt", "measure", "indicator"), ("of", "of", "of")):
        country.indicator("par", PARITY % indicator, unit="RO")
        country.write("contracts/people.yaml", CONTRACT % (exempt, measure))
        catalog = catalogs.load(country.specs).sound()
        hashes.append((catalog.indicators["par"].spec_hash, catalog.contracts["people"].spec_hash))
        warnings = sorted(w for w in catalog.warnings if "is now called" in w.message)
        assert len(warnings) == (3 if indicator == "of" else 0)
    assert hashes[0] == hashes[1]
    assert [str(w).partition("; the next")[0] for w in warnings] == [
        "contracts/people.yaml:4: exceptions[0].of: is now called exempt",
        "contracts/people.yaml:6: rules.literates.of: is now called measure",
        "goal_01/par.yaml:12: method.of: is now called indicator",
    ]
    assert str(warnings[-1]).endswith("remedy: rename it to indicator")


def test_a_mistake_under_an_old_key_has_its_line(country: Country) -> None:
    country.indicator("par", PARITY % "of", unit="RO")
    assert country.problems() == ["goal_01/par.yaml:12: method.indicator: names an unknown indicator; found 'lit'"]


@pytest.mark.parametrize("both", ["of: lit\n  indicator: lit", "indicator: lit\n  of: lit"])
def test_the_old_and_the_new_key_together_are_a_mistake(country: Country, both: str) -> None:
    country.indicator("lit", RATIO)
    country.indicator("par", PARITY.replace("%s: lit", both), unit="RO")
    [problem] = country.problems()
    assert "method.of: is not a key of this kind of spec" in problem
