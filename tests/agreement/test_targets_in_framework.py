"""Numeric targets that cite the United Nations say what the text of the target says: its number and its year."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog
from sdg_pipeline.specs.indicator import Indicator

CITED = re.compile(r"A/RES/71/313, target (\S+) \(")
FOR_EVERYBODY = re.compile(r"\b(for all|by all people|all girls and boys|all men and women|universal|everywhere)\b")
ENDS = re.compile(r"\b(eradicate|end hunger|eliminate)\b", re.IGNORECASE)
EQUAL = re.compile(r"\b(gender disparities|equal opportunities)\b")


@pytest.fixture(scope="module")
def official(shared_data: Path) -> Mapping[str, str]:
    """The text of each target in the global indicator framework of 2025."""
    targets = json.loads((shared_data / "un_sdg" / "targets.json").read_text(encoding="utf-8"))
    return {target["id"]: target["title"] for target in targets}


def cited(indicator: Indicator) -> str | None:
    match = CITED.match(indicator.target.cite) if indicator.target else None
    return match[1] if match else None


AIMED = [i for i in catalog.load(PROJECT / "indicator_specs").indicators.values() if cited(i)]


@pytest.mark.parametrize("indicator", AIMED, ids=lambda indicator: indicator.id)
def test_number_and_year_are_those_of_the_text(official: Mapping[str, str], indicator: Indicator) -> None:
    target, text = indicator.target, official[cited(indicator) or ""]
    assert target is not None
    year = re.search(r"\b[Bb]y (20\d\d)\b", text)
    if year:
        assert target.year == year[1]
    else:
        assert target.year == "2030" and target.note is not None, (
            "a year that the text lacks is said to be the Agenda's"
        )
    number = re.search(r"at least (\d+) per cent", text)
    if number:
        assert target.value == float(number[1])
    elif "by half" in text:
        assert target.change == -50
    elif EQUAL.search(text):
        assert (target.value, indicator.unit) in {(1.0, "RO"), (50.0, "PT"), (0.0, "PP")}
    else:
        assert FOR_EVERYBODY.search(text) or ENDS.search(text), text
        assert target.value == {"up": 100.0, "down": 0.0}[indicator.direction]


def test_there_are_many(official: Mapping[str, str]) -> None:
    assert len(AIMED) >= 40
    assert {cited(indicator) for indicator in AIMED} <= set(official)
