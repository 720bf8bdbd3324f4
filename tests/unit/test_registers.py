"""Texts by id, defaults, and what is derived: what a spec leaves out or names, the catalogue holds resolved."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from support.country import Country

from sdg_pipeline.publish import definitions
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.kinds import KINDS

RATIO = "method: {kind: ratio, table: people, numerator: literate, denominator: population}\nbreakdowns: [[state]]"
LIT = "goal_01/lit.yaml"
CHECKS = "checks: {range: [-1000000, 1000000]}"
FIGURE = "{area: MX, %s, tolerance: 0.5, cite: %s}"
ASSUMPTIONS = """\
id: assumptions
entries:
  dwellings: {impact: low, text: {en: Dwellings., es: Viviendas.}}
  unverified: {impact: medium, says_unverified: true, text: {en: Not verified., es: Sin verificar.}}
  silent: {impact: low, says_unverified: true, text: {en: None known., es: No hay.}}
"""
CITES = "id: cites\nentries: {census_2020: 'INEGI, Censo 2020'}\n"
DEFAULTS = "id: defaults\nindicator: {owner: team:defaults}\nunverified: unverified\n"


@pytest.fixture
def registers(country: Country) -> Country:
    """The small country with two registers, defaults and one indicator without a word on assumptions."""
    country.write("codelists/assumptions.yaml", ASSUMPTIONS)
    country.write("codelists/cites.yaml", CITES)
    country.write("defaults.yaml", DEFAULTS)
    country.indicator("lit", RATIO)
    return country


def texts(country: Country) -> list[str]:
    """The assumptions of the indicator, in English."""
    return [a.text.en for a in country.catalog().indicators["lit"].assumptions]


def test_ids_stand_for_texts_and_do_not_change_the_definition(registers: Country) -> None:
    registers.edit(LIT, CHECKS, CHECKS + "\nassumptions: [dwellings]")
    named = registers.catalog().indicators["lit"]
    assert texts(registers) == ["Dwellings.", "Not verified."]
    written = "\n  - {impact: low, text: {en: Dwellings., es: Viviendas.}}\n"
    written += "  - {impact: medium, text: {en: Not verified., es: Sin verificar.}}"
    registers.edit(LIT, " [dwellings]", written)
    registers.edit("defaults.yaml", "unverified: unverified\n", "")
    assert registers.catalog().indicators["lit"].spec_hash == named.spec_hash


def test_a_mistaken_id_has_its_line_and_the_nearest(registers: Country) -> None:
    figure = FIGURE % ('period: "2020", value: 1', "census_2021")
    registers.edit(LIT, CHECKS, CHECKS[:-1] + f", agrees_with: [{figure}]}}\nassumptions: [dwelings]")
    assert registers.problems() == [
        "goal_01/lit.yaml:9: checks.agrees_with[0].cite: names an unknown cite; found 'census_2021'; "
        "valid: census_2020; did you mean 'census_2020'?",
        "goal_01/lit.yaml:10: assumptions[0]: names an unknown assumption; found 'dwelings'; "
        "valid: dwellings, silent, unverified; did you mean 'dwellings'?",
    ]


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("publisher: inegui", "names an unknown publisher; found 'inegui'; valid: asea, "),
        ("licence: libre_uso", "names an unknown licence; found 'libre_uso'; valid: cc_by_4_0_incidencia_delictiva, "),
    ],
)
def test_publishers_and_licences_by_id(registers: Country, key: str, problem: str) -> None:
    path, name = "sources/people_states.yaml", key.split(":")[0]
    [line] = [x for x in (registers.specs / path).read_text(encoding="utf-8").splitlines() if x.startswith(name)]
    registers.edit(path, line, key)
    [refusal] = registers.problems()
    assert problem in refusal and "did you mean" in refusal


def test_a_register_with_a_mistake_is_the_only_problem(registers: Country) -> None:
    registers.edit(LIT, CHECKS, CHECKS + "\nassumptions: [dwellings]")
    registers.edit("codelists/assumptions.yaml", "impact: medium", "impact: middling")
    [problem] = registers.problems()
    assert problem.startswith("codelists/assumptions.yaml:4: entries.unverified.impact: is not one of the valid values")


def test_an_entry_that_nobody_names_is_a_warning(registers: Country) -> None:
    warnings = {str(w) for w in catalogs.load(registers.specs).warnings}
    assert "codelists/cites.yaml:2: entries.census_2020: is named by no spec; remedy: remove it" in warnings
    assert "codelists/assumptions.yaml:3: entries.dwellings: is named by no spec; remedy: remove it" in warnings
    assert not any("entries.unverified" in w for w in warnings), "defaults.yaml names it"


def test_what_is_left_out_is_that_of_the_defaults(registers: Country) -> None:
    assert registers.catalog().indicators["lit"].owner == "team:tests"
    registers.edit(LIT, "owner: team:tests\n", "")
    assert registers.catalog().indicators["lit"].owner == "team:defaults"
    registers.edit("defaults.yaml", "indicator: {owner: team:defaults}\n", "")
    [problem] = registers.problems()
    assert "owner: is missing" in problem


def test_not_verified_is_said_where_nothing_is_compared_and_nothing_says_so(registers: Country) -> None:
    assert texts(registers) == ["Not verified."]
    registers.edit(LIT, CHECKS, CHECKS + "\nassumptions: [silent]")
    assert texts(registers) == ["None known."]
    registers.edit(LIT, "[silent]", "[dwellings]")
    figure = FIGURE % ('period: "2020", value: 1', "census_2020")
    registers.edit(LIT, CHECKS, CHECKS[:-1] + f", agrees_with: [{figure}]}}")
    assert texts(registers) == ["Dwellings."]


def test_figures_by_year_are_those_written_one_by_one(registers: Country) -> None:
    single = [FIGURE % (f'period: "{y}", value: {v}', "census_2020") for y, v in ((2015, 1), (2020, 2))]
    registers.edit(LIT, CHECKS, CHECKS[:-1] + f", agrees_with: [{', '.join(single)}]}}")
    one_by_one = registers.catalog().indicators["lit"]
    together = FIGURE % ('values: {"2015": 1, "2020": 2}', "census_2020")
    registers.edit(LIT, ", ".join(single), together)
    grouped = registers.catalog().indicators["lit"]
    assert [(f.period, f.value, f.cite) for f in grouped.checks.figures] == [
        ("2015", 1, "INEGI, Censo 2020"),
        ("2020", 2, "INEGI, Censo 2020"),
    ]
    assert grouped.spec_hash == one_by_one.spec_hash


@pytest.mark.parametrize("both", ['period: "2020"', 'period: "2020", value: 1, values: {"2020": 1}', "sex: F"])
def test_a_figure_is_written_in_one_way(registers: Country, both: str) -> None:
    registers.edit(LIT, CHECKS, CHECKS[:-1] + f", agrees_with: [{FIGURE % (both, 'census_2020')}]}}")
    assert registers.problems() == [
        "goal_01/lit.yaml:9: checks.agrees_with[0]: an official figure has period and value, or values by year"
    ]


def test_the_specs_of_a_release_mean_what_they_meant(registers: Country, tmp_path: Path) -> None:
    """A rebuild reads them, also after the registers of the project have changed."""
    registers.edit(LIT, CHECKS, CHECKS + "\nassumptions: [dwellings]")
    registers.edit(LIT, "owner: team:tests\n", "")
    sealed = registers.catalog().indicators["lit"]
    definitions.write(cast(Any, SimpleNamespace(catalog=registers.catalog())), tmp_path / "release")
    registers.edit("codelists/assumptions.yaml", "Dwellings.", "Houses.")
    rebuilt = catalogs.load(tmp_path / "release" / definitions.FOLDER).sound().indicators["lit"]
    assert (rebuilt.spec_hash, rebuilt.owner) == (sealed.spec_hash, "team:defaults")
    assert registers.catalog().indicators["lit"].spec_hash != sealed.spec_hash


def test_each_kind_has_a_shelf_and_no_shelf_is_without_a_kind() -> None:
    others = {"root", "documents", "problems", "warnings", "broken", "files"}
    assert {kind.shelf for kind in KINDS} == {f.name for f in fields(Catalog)} - others


def test_the_project_names_every_entry_of_its_registers(catalog: Catalog) -> None:
    assert [str(w) for w in catalog.warnings] == []
