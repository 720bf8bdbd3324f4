"""How municipalities add up to their state, and what does not agree there: tables in, rows out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from release_fixture import REGISTER, catalog, observation, source, write_observations
from support import ascii

from sdg_pipeline.open_government.levels import ALL_THERE, ALLOCATED, LEVELS, WITHIN
from sdg_pipeline.open_government.subject import Material
from sdg_pipeline.open_government.sum_tables import STATE_FINDING, STATE_SUM
from sdg_pipeline.open_government.table import Table
from sdg_pipeline.open_government.tables import CONTRIBUTION
from sdg_pipeline.quality import deviations
from sdg_pipeline.quality.deviations import Findings
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.coherence import Coherence
from sdg_pipeline.specs.indicator import Indicator

FIGURES = """
indicator | ref_area | time_period | numerator | obs_status
deaths    | MX01     | 2020        | 10        | A
deaths    | MX01001  | 2020        | 10        | A
deaths    | MX20     | 2020        | 50        | A
deaths    | MX20067  | 2020        | 48        | A
deaths    | MX20     | 2021        | 60        | A
deaths    | MX20     | 2030        | 70        | F
deaths    | MX20067  | 2030        | 70        | F
water     | MX20     | 2020        | 80        | A
water     | MX20067  | 2020        | 80        | A
shares    | MX20     | 2020        | 2         | A
shares    | MX20067  | 2020        | 1         | A
"""
"""Counts, a ratio (water) and a published share, which does not add up."""
DEVIATIONS = """
rule     | indicator | ref_area | geo_level    | time_period | sex | observed | expected | status    | explanation
same     | deaths    | MX20     | state        | 2020        | _T  | 50       | 47       | open      | -
same     | deaths    | MX       | national     | 2020        | _T  | 60       | 57       | open      | -
sane     | water     | MX20067  | municipality | 2020        | F   | 80       | 70       | explained | A flood.
"""


def indicator(plain: dict[str, Any], name: str, method: dict[str, Any], **other: Any) -> Indicator:
    return Indicator.model_validate({**plain, "id": name, "former": [], "method": method, **other})


def specs(folder: Path) -> Catalog:
    """Deaths are of another source than water; an official figure of Oaxaca is named."""
    country = catalog(folder)
    plain = country.indicators["water"].model_dump(mode="json")
    official = {"area": "MX20", "period": "2020", "value": 50.4, "tolerance": 0.5, "cite": "A yearbook, page 3"}
    wrong = {"area": "MX20067", "period": "2020", "value": 40, "tolerance": 0.5, "cite": "A poster"}
    elsewhere = {**official, "area": "MX", "value": 60}
    deaths = indicator(
        plain,
        "deaths",
        {"kind": "count", "table": "registry", "value": "piped"},
        checks={"range": [0, 100], "agrees_with": [official, wrong, elsewhere]},
    )
    shares = indicator(plain, "shares", {"kind": "published", "table": "dwellings", "value": "piped"})
    [part] = country.tables["dwellings"].parts
    registry = country.tables["dwellings"].model_copy(
        update={"id": "registry", "parts": (part.model_copy(update={"source": "registry"}),)}
    )
    rules = [
        {"id": name, "kind": "equal", "left": "deaths", "right": right, "why": "So it is."}
        for name, right in (("same", "water"), ("alone", "deaths"))
    ]
    rules.append({"id": "sane", "kind": "change", "spreads": 3, "factor": 2, "why": "So it is."})
    return replace(
        country,
        sources={**country.sources, "registry": source().model_copy(update={"id": "registry"})},
        tables={**country.tables, "registry": registry},
        indicators={**country.indicators, "deaths": deaths, "shares": shares},
        coherence={"all": Coherence.model_validate({"id": "all", "title": {"en": "x", "es": "x"}, "owner": "team:x", "rules": rules})},
    )  # fmt: skip


def judged(
    folder: Path, figures: str = FIGURES, contributed: tuple[dict[str, Any], ...] = ()
) -> dict[str, CheckResult]:
    """The verdicts on a country in two tables, whose rows the subject wrote below ``folder``."""
    country = specs(folder)
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in ascii.rows(figures):
        figure = float(row["numerator"])
        value = observation(
            row["indicator"], row["ref_area"], figure,
            numerator=figure, time_period=row["time_period"], obs_status=row["obs_status"],
        )  # fmt: skip
        rows.setdefault(row["indicator"], []).append(value)
    files = {name: write_observations(folder / f"{name}.parquet", values) for name, values in rows.items()}
    deviating_rows = tuple(
        {
            **dict.fromkeys(f.name for f in fields.DEVIATION),
            **dict.fromkeys(fields.DIMENSIONS, "_T"),
            **{"quantity": "value", "severity": "warning"},
            **{name: None if cell == "-" else cell for name, cell in row.items()},
            **{name: float(row[name]) for name in ("observed", "expected")},
            "difference": float(row["observed"]) - float(row["expected"]),
        }
        for row in ascii.rows(DEVIATIONS)
    )
    with duckdb.connect() as con:
        deviating = folder / "deviations.parquet"
        deviations.write(con, Findings((), deviating_rows), deviating)
        files_of_steps = (deviating, folder / CONTRIBUTION.file)
        material = Material(con, country, REGISTER, files, {}, lambda table: folder / table.file, files_of_steps)
        material.write(CONTRIBUTION, contributed)
        return {check.check: check for check in LEVELS.judge(material)}


def read(folder: Path, table: Table, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    return duckdb.sql(f"SELECT {columns} FROM '{folder / table.file}' WHERE {where} ORDER BY ALL").fetchall()


def test_states_are_compared_in_the_newest_year_that_their_municipalities_have(tmp_path: Path) -> None:
    """Neither a year of the state alone nor a forecast; what was counted adds up, a published share does not."""
    checks = judged(tmp_path)
    columns = "ref_area, indicator, time_period, quantity, state_value, municipal_sum, difference, uneven"
    assert read(tmp_path, STATE_SUM, columns) == [
        ("MX01", "deaths", "2020", "value", 10.0, 10.0, 0.0, "no"),
        ("MX20", "deaths", "2020", "value", 50.0, 48.0, 2.0, "yes"),
        ("MX20", "water", "2020", "numerator", 80.0, 80.0, 0.0, "no"),
    ]
    shares = read(tmp_path, STATE_SUM, "ref_area, unallocated_share, with_value, without_value", "indicator = 'deaths'")
    assert shares == [("MX01", 0.0, 1, 0), ("MX20", 0.04, 1, 0)], "Nueva is younger than the register of the table"
    assert checks[WITHIN].passed and checks[WITHIN].observed == "3 sums of states, 1 with a part in no municipality"
    assert checks[ALLOCATED].passed and checks[ALLOCATED].observed == "at most 4.0% of a state is in no municipality"


@pytest.mark.parametrize(
    ("municipality", "failing"),
    [(48, ()), (51, (WITHIN,)), (47.5, ()), (47.4, (ALLOCATED,)), (50 + 1e-12, ())],
)
def test_a_sum_above_its_state_or_far_below_it_is_named(
    municipality: float, failing: tuple[str, ...], tmp_path: Path
) -> None:
    figures = FIGURES.replace("| 48        |", f"| {municipality!r} |")
    checks = judged(tmp_path, figures)
    assert tuple(name for name, check in checks.items() if not check.passed) == failing
    for name in failing:
        assert [(row["ref_area"], row["indicator"]) for row in checks[name].failing_rows] == [("MX20", "deaths")]


def test_findings_below_the_nation_have_their_state_and_kind(tmp_path: Path) -> None:
    """A rule that compares two sources is another kind than one that judges a series; the nation is in no state."""
    figure = {
        "contribution": "abc", "indicator": "deaths", "ref_area": "MX20067", "time_period": "2020", "value": 45.0,
        "official_value": 48.0, "difference": -3.0, "contributor": "Oaxaca", "origin": "Its registry",
    }  # fmt: skip
    checks = judged(tmp_path, contributed=(figure, {**figure, "time_period": "2019", "official_value": None}))
    columns = "kind, rule, indicator, ref_area, group_codes, value, other_value, difference, status, why"
    rows = read(tmp_path, STATE_FINDING, columns, "state = 'MX20'")
    assert rows == [
        ("contributed", "abc", "deaths", "MX20067", "_T", 48.0, 45.0, 3.0, "open", "Oaxaca"),
        ("official", "A poster", "deaths", "MX20067", "_T", 48.0, 40.0, 8.0, "open", None),
        ("official", "A yearbook, page 3", "deaths", "MX20", "_T", 50.0, 50.4, pytest.approx(-0.4), "agrees", None),
        ("rule", "sane", "water", "MX20067", "sex=F", 80.0, 70.0, 10.0, "explained", "A flood."),
        ("sources", "same", "deaths", "MX20", "_T", 50.0, 47.0, 3.0, "open", None),
    ]
    assert read(tmp_path, STATE_FINDING, "count(*)") == [(5,)]
    assert checks[ALL_THERE].passed


def test_a_finding_of_an_area_without_a_state_stops_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("test_levels.DEVIATIONS", DEVIATIONS.replace("MX20067", "MX99001"))
    check = judged(tmp_path)[ALL_THERE]
    assert (check.passed, check.severity) == (False, "blocking")
    assert [row["ref_area"] for row in check.failing_rows] == ["MX99001"]
