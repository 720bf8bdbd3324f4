"""The register of areas: keys by vintage, parents, names, and the refusal of what it does not know."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sdg_pipeline.errors import GeographyError, UsageError
from sdg_pipeline.ingest.geography import Area, Register, register
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.area_names import area_codes
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.catalog import Catalog


@pytest.fixture(scope="module")
def mexico() -> Register:
    return register(PROJECT / "indicator_specs")


@pytest.mark.parametrize(("vintage", "municipalities"), [(2010, 2456), (2015, 2457), (2020, 2469), (2025, 2478)])
def test_areas_of_a_vintage(mexico: Register, vintage: int, municipalities: int) -> None:
    assert len(mexico.existing(vintage, Level.NATIONAL)) == 1
    assert len(mexico.existing(vintage, Level.STATE)) == 32
    assert len(mexico.existing(vintage, Level.MUNICIPALITY)) == municipalities


def test_areas_within_states(mexico: Register) -> None:
    assert len(mexico.existing(2020, Level.MUNICIPALITY, ["01"])) == 11
    assert len(mexico.existing(2020, Level.MUNICIPALITY, ["20"])) == 570
    assert [a.code for a in mexico.existing(2020, states=["01"])][:3] == ["MX", "MX01", "MX01001"]


def test_keys_have_their_form_and_their_state(mexico: Register) -> None:
    states = {a.key for a in mexico.existing(2025, Level.STATE)}
    assert states == {f"{n:02d}" for n in range(1, 33)}
    for area in mexico.existing(2025, Level.MUNICIPALITY):
        assert len(area.key) == 5 and area.key.isdigit() and area.state in states
        assert area.key[2:] not in ("000", "998", "999")
        assert area.name == area.name.strip() != ""


def test_parents_existed_before_their_children(mexico: Register) -> None:
    children = [a for a in mexico.areas.values() if a.parents]
    assert children
    for child in children:
        for parent in child.parents:
            state = mexico.areas[f"MX{parent}"]
            assert state.state == child.state and state.exists_in(child.first_vintage), (child.key, parent)
            assert state.key != child.key


def test_the_catalogue_of_checks_knows_the_same_codes(mexico: Register, catalog: Catalog) -> None:
    official = {code for code, area in mexico.areas.items() if area.level != Level.HARMONISED}
    assert area_codes(catalog.root, catalog.files) == official


def test_changes_since_2020(mexico: Register) -> None:
    new = {a.key for a in mexico.existing(2025)} - {a.key for a in mexico.existing(2020)}
    assert new == {"02007", "04013", "12082", "12083", "12084", "12085", "24059", "25019", "25020"}


def test_the_facts_of_the_catalogue_of_changes(mexico: Register, shared_data: Path) -> None:
    """Every municipality that the shared catalogue says was created is in the register, with its parents."""
    path = shared_data.parent / "catalogue" / "municipality_changes.csv"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    with path.open(encoding="utf-8-sig", newline="") as file:
        facts = [row for row in csv.DictReader(file) if row["cvegeo"].isdigit()]
    assert len(facts) == 23
    for fact in facts:
        area = mexico.areas["MX" + fact["cvegeo"]]
        assert (area.name, set(area.parents)) == (fact["name"], set(fact["parents_cvegeo"].split("|"))), area.key
        assert area.exists_in(2025)
        assert area.exists_in(2020) == ("NOT in CPV 2020" not in fact["in_force_or_first_use"]), area.key


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("MX", "MX"), ("00", "MX"), ("mx", "MX"), ("20", "MX20"), ("MX20", "MX20"), ("20067", "MX20067"),
        ("mx20067", "MX20067"), (" 20067 ", "MX20067"), ("Oaxaca", "MX20"), ("oaxaca de juárez", "MX20067"),
        ("Querétaro", "MX22"), ("queretaro", "MX22"), ("OAXACA DE JUAREZ", "MX20067"), ("Peñamiller", "MX22013"),
        ("penamiller", "MX22013"), ("oaxaca  de juárez", "MX20067"),
    ],
)  # fmt: skip
def test_find(mexico: Register, text: str, code: str) -> None:
    assert mexico.find(text).code == code


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Oxaca de Juárez", "no area 'Oxaca de Juárez' in the register; did you mean 'Oaxaca de Juárez'?"),
        ("99999", "no area '99999' in the register"),
        ("1", "no area '1' in the register"),
    ],
)
def test_what_is_not_there_is_answered_with_the_nearest(mexico: Register, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        mexico.find(text)
    assert str(caught.value).startswith(f"{message}; remedy: write an INEGI key (20, 20067)")


def test_a_name_of_several_areas_asks_for_the_key(mexico: Register) -> None:
    with pytest.raises(UsageError) as caught:
        mexico.find("Benito Juárez")
    message = str(caught.value)
    assert message.startswith("several areas are called 'Benito Juárez': MX") and message.endswith(
        "remedy: use the key"
    )
    assert "MX09014 (Ciudad de México)" in message and "MX23005 (Quintana Roo)" in message


@pytest.mark.parametrize("text", ["México", "mexico"])
def test_the_nation_and_the_state_of_its_name_are_two(mexico: Register, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        mexico.find(text)
    assert str(caught.value) == (f"several areas are called {text!r}: MX (national), MX15 (state); remedy: use the key")


def test_require_tells_all_unknown_keys_at_once() -> None:
    register = Register(
        {a.code: a for a in (Area("01", "A", Level.STATE), Area("01001", "B", Level.MUNICIPALITY, 2025))}
    )
    register.require(["01"], 2020, "x.csv")
    register.require(["01", "01001"], 2025, "x.csv")
    with pytest.raises(GeographyError) as caught:
        register.require(["01", "09", "01001", ""], 2020, "x.csv")
    assert str(caught.value) == (
        "x.csv: area keys that the register of 2020 does not know (3 in all); found ', 01001, 09'; "
        "remedy: mend the keys, or add the area to indicator_specs/geography with its vintage"
    )
    with pytest.raises(GeographyError, match=r"\(12 in all\); found '10, 11, 12, 13, 14, 15, 16, 17, 18, 19'; remedy"):
        register.require([str(n) for n in range(10, 22)], 2020, "x.csv")
