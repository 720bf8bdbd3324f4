"""Adding one edition recomputes what depends on it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from end_to_end.product import copy_specs

from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings

pytestmark = pytest.mark.national

MIRROR = Path(__file__).resolve().parents[1] / "shared_mirror.yaml"
NEWEST = "  - {source: sesnsp_crimes, edition: dec2024, level: state}\n"
CRIME, OTHER = ("indicator", "intentional_homicide_files"), ("indicator", "population")


def computed(home: Path, specs: Path) -> set[str]:
    """Names of the steps that a run of two indicators computes."""
    names = {"SDG_HOME": str(home), "SDG_SPECS": str(specs), "SDG_MIRROR": str(MIRROR)}
    runner = Runner.load(Settings.from_environment(names))
    return {o.step.name for o in runner.walk(runner.run.upstream([CRIME, OTHER])) if o.computed}


def test_an_added_edition_touches_only_its_own(tmp_path: Path, shared_data: Path) -> None:
    specs = copy_specs(tmp_path / "specs")
    crimes = specs / "tables" / "crimes.yaml"
    whole = crimes.read_text(encoding="utf-8")
    assert NEWEST in whole
    crimes.write_text(whole.replace(NEWEST, ""), encoding="utf-8")
    home = tmp_path / "home"
    first = computed(home, specs)
    assert {"population_municipal", "population", "crimes", "intentional_homicide_files"} <= first
    crimes.write_text(whole, encoding="utf-8")
    assert computed(home, specs) == {"sesnsp_crimes/dec2024", "crimes", "intentional_homicide_files"}
    assert computed(home, specs) == set()
