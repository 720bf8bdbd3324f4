"""Dirt in the real files of sites is found by a rule where the specs do not declare it, and the evidence stands there.

What belongs here: each kind of dirt with the rule that finds it. What does not: faults that tests make (tests/faults).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from end_to_end.product import copy_specs
from support.place_names import states_of

from sdg_pipeline.errors import GeographyError
from sdg_pipeline.quality import results
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.run.runner import Runner

pytestmark = pytest.mark.national

Stage = Callable[..., Runner]
Faults = dict[str, dict[str, CheckResult]]


@pytest.fixture(scope="module")
def undeclared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The specs without what they declare of dirt: no row of releases and waste services is left out, no exception."""
    specs = copy_specs(tmp_path_factory.mktemp("undeclared") / "indicator_specs")
    for table in ("pollutant_releases", "waste_services"):
        path = specs / "tables" / f"{table}.yaml"
        path.write_text(re.sub(r"    rows:\n(      .*\n)+", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    for table in ("pollutant_releases", "hazardous_waste_hydrocarbons", "waste_services"):
        path = specs / "contracts" / f"{table}.yaml"
        path.write_text(re.sub(r"exceptions:\n(  .*\n)+", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    return specs


def failed(runner: Runner, table: str) -> dict[str, CheckResult]:
    checks = results.read(runner.run.layout.contract(table))
    return {check.check: check for check in checks if not check.passed}


@pytest.fixture(scope="module")
def faults(part_of_run: Stage, undeclared: Path) -> Faults:
    """By table, the rules that fail where nothing is declared."""
    tables = ("pollutant_releases", "hazardous_waste_hydrocarbons")
    runner = part_of_run(*(("staged", table) for table in tables), specs=undeclared)
    return {table: failed(runner, table) for table in tables}


def row_of(verdict: CheckResult) -> dict[str, object]:
    [row] = verdict.failing_rows
    return dict(row)


@pytest.fixture(scope="module")
def releases(shared_data: Path) -> pd.DataFrame:
    files = [
        pd.read_csv(shared_data / f"semarnat_retc/em_{year}.csv", sep="\t", dtype=str, keep_default_na=False).assign(
            year=year
        )
        for year in range(2018, 2023)
    ]
    return pd.concat(files, ignore_index=True)


def test_single_reports_that_dominate_a_year_are_found(faults: Faults) -> None:
    """The largest releases, transfers and carbon dioxide of 2022 are above what any establishment repeats."""
    failing = faults["pollutant_releases"]
    assert {"largest_release", "largest_transfer", "largest_carbon_dioxide"} <= set(failing)
    values = {rule: row_of(failing[rule]) for rule in ("largest_release", "largest_transfer", "largest_carbon_dioxide")}
    assert {row["time_period"] for row in values.values()} == {"2022"}
    assert values["largest_release"]["value"] == pytest.approx(56_646.17, abs=0.01)
    assert values["largest_transfer"]["value"] == pytest.approx(26_801.74, abs=0.01)
    assert values["largest_carbon_dioxide"]["value"] == pytest.approx(10_962_407.2, abs=0.1)


def test_what_is_left_out_is_out_by_a_factor_beside_other_years(releases: pd.DataFrame, part_of_run: Stage) -> None:
    """The evidence that the table gives, read in the files."""

    def by_year(establishment: str, substance: str, column: str) -> dict[int, float]:
        rows = releases[(releases["NRA"] == establishment) & releases["SUSTANCIA"].str.startswith(substance)]
        return dict(zip(rows["year"], rows[column].astype(float), strict=True))

    solvent = by_year("MRV5Q1510411", "Tricloroetileno", "AIRE")
    assert solvent[2022] > 1000 * max(solvent[year] for year in (2019, 2020, 2021))
    gas = by_year("FPL1001200040", "Bióxido de carbono", "AIRE")
    assert gas[2022] > 200 * gas[2019] and gas[2022] > 1000 * gas[2021]
    lead, disposed = (
        by_year("CPILJ1901811", "Plomo (polvos", column) for column in ("TRATAMIENTO", "DISPOSICIÓN\nFINAL")
    )
    assert lead[2022] == disposed[2022] > 50_000 * lead[2021]
    benzene, carbon = (by_year("PEP102700525", substance, "AIRE") for substance in ("Benceno", "Bióxido de carbono"))
    assert set(benzene) == {2022} and benzene[2022] > 20 * carbon[2022]
    of_all = releases[releases["SUSTANCIA"] == "Benceno"].assign(kg=lambda r: r["AIRE"].astype(float))
    before = of_all[of_all["year"] < 2022].groupby("year")["kg"].sum().max()
    assert benzene[2022] > 50 * before
    assert of_all[of_all["year"] == 2022]["kg"].sum() - benzene[2022] > 6 * before  # other oil facilities, which stay
    assert failed(part_of_run(("staged", "pollutant_releases")), "pollutant_releases") == {}


def test_a_year_that_repeats_the_one_before_is_found(faults: Faults, shared_data: Path) -> None:
    """All 32 states differ by less than 0.2 tonnes between 2020 and 2021."""
    same = faults["hazardous_waste_hydrocarbons"]["same_totals"]
    assert {row["fault"] for row in same.failing_rows} == {"the years 2020, 2021"}
    rows = pd.read_csv(shared_data / "asea_residuos/residuos_peligrosos_2017_2023.csv", dtype=str)
    sums = (
        rows.assign(t=rows["generacion_estimada"].astype(float)).groupby(["anio", "entidad_federativa_etq"])["t"].sum()
    )
    difference = (sums["2021"] - sums["2020"]).abs()
    assert len(difference) == 32 and difference.max() < 0.2


def test_doubled_rows_are_found_and_weigh_little(faults: Faults, shared_data: Path) -> None:
    """They stay: the totals that the catalogue was checked with have them, and two places can have the same row."""
    assert (
        row_of(faults["hazardous_waste_hydrocarbons"]["repeated_records"])["fault"]
        == "66 of 6375 records repeat another in every column"
    )
    rows = pd.read_csv(shared_data / "asea_residuos/residuos_peligrosos_2017_2023.csv", dtype=str)
    tonnes = rows["generacion_estimada"].astype(float)
    assert tonnes[rows.duplicated()].sum() < 0.005 * tonnes.sum()


def test_a_row_of_the_entity_99_is_refused(part_of_run: Stage, undeclared: Path) -> None:
    with pytest.raises(GeographyError, match="00031, 99'"):
        part_of_run(("staged", "waste_services"), specs=undeclared)


def test_waste_is_in_two_columns_of_two_units_and_separated_waste_exceeds_it(shared_data: Path) -> None:
    """Why no indicator adds kilograms of this sheet: tonnes and kilograms side by side, the same waste in both."""
    rows = pd.read_excel(shared_data / "inegi_cngmd2015/SEPARACION-RSU.xlsx", dtype=str, engine="calamine")
    tonnes, kilograms, separated = (pd.to_numeric(rows[c]).fillna(0) for c in ("P2_1", "P2_2", "P7_3_3_2"))
    assert round(tonnes.sum() + kilograms.sum() / 1000, 1) == 103_106.7
    both = (tonnes > 0) & (kilograms > 0)
    assert (both.sum(), (both & ((tonnes * 1000 - kilograms).abs() < 2)).sum()) == (6, 3)
    collected = tonnes * 1000 + kilograms
    assert ((separated > 1.001 * collected) & (separated > 0)).sum() == 19


def test_states_are_spelt_otherwise_in_another_year_and_mean_the_same(releases: pd.DataFrame) -> None:
    """``DISTRITO FEDERAL`` and ``Ciudad de México``, ``COAHUILA`` and ``Coahuila de Zaragoza``."""
    by_year = {year: set(rows["ESTADO"]) for year, rows in releases.groupby("year")}
    assert by_year[2018].isdisjoint(by_year[2022])
    for names in by_year.values():
        assert sorted(states_of(pd.Series(sorted(names)))) == [f"{n:02}" for n in range(1, 33)]
