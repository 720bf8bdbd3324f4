"""An indicator without a value of the nation, or without a total, says why, and users read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.country import Country

from sdg_pipeline.cli.selection import mistakes_in
from sdg_pipeline.errors import SpecErrors
from sdg_pipeline.estimate import check, unexplained
from sdg_pipeline.publish import lacking
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog

RATIO = "method: {kind: ratio, table: people, numerator: literate, denominator: population}\nbreakdowns: %s"
WHY = "\nassumptions: [{impact: low, says_why_no: [%s], text: {en: Only states., es: Sólo estados.}}]"


@pytest.mark.parametrize(
    ("breakdowns", "lacks"),
    [
        ("[[national], [state]]", ()),
        ("[[national], [national, sex]]", ()),
        ("[[state]]", ("nation",)),
        ("[[national, sex]]", ("total",)),
        ("[[national], [state, sex]]", ("total",)),
        ("[[state, sex]]", ("nation", "total")),
    ],
)
def test_what_is_lacking_is_explained_or_a_mistake(country: Country, breakdowns: str, lacks: tuple[str, ...]) -> None:
    country.indicator("lit", RATIO % breakdowns)
    silent = list(unexplained.problems(country.catalog()))
    assert [problem.path for problem in silent] == ["breakdowns"] * len(lacks)
    assert all(f"says_why_no: [{what}]" in str(problem) for what, problem in zip(lacks, silent, strict=True))
    country.indicator("lit", RATIO % breakdowns + WHY % "nation, total")
    assert list(unexplained.problems(country.catalog())) == []
    lit = country.catalog().indicators["lit"]
    assert {what for what in lacking.TITLES if lacking.why_no(lit, what, "en")} == set(lacks)


def test_sdg_check_demands_it_of_all_specs_and_of_one_file(country: Country) -> None:
    country.indicator("lit", RATIO % "[[state]]")
    with pytest.raises(SpecErrors, match="give no value of the nation, and nothing says why; remedy: say why in an"):
        check.sound(catalogs.load(country.specs))
    with pytest.raises(SpecErrors, match="nothing says why"):
        mistakes_in(country.specs, Path("goal_01/lit.yaml"))


def test_a_reason_is_no_part_of_the_definition(country: Country) -> None:
    country.indicator("lit", RATIO % "[[state]]" + WHY % "nation")
    marked = country.catalog().indicators["lit"].spec_hash
    country.edit("goal_01/lit.yaml", "says_why_no: [nation], ", "")
    assert country.catalog().indicators["lit"].spec_hash == marked


def test_each_reason_stands_once_with_its_indicators(catalog: Catalog) -> None:
    chosen = [catalog.indicators[i] for i in ("years_of_schooling", "occupants_per_room", "poverty_municipal_by_sex")]
    nation, reasons, total, of_groups = lacking.reasons(chosen, "en")
    assert nation.endswith("Without a value of the nation") and total.endswith("Values of groups, without a total")
    assert [line.count("`") // 2 for line in reasons.splitlines()] == [2, 1]
    assert "`poverty_municipal_by_sex`" in of_groups
