"""The project's specs of some indicators alone: with the tables and sources that these read, and nothing besides.

A run of few indicators does a fifth of the work of one over the whole starter data; most tests need no more.
"""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import yaml

from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog

SPECS = PROJECT / "indicator_specs"
FEW_INDICATORS = ("illiteracy_15_plus", "literacy_15_plus", "literacy_parity")
"""Of one table, and one of them out of another."""
DESK_INDICATORS = ("dwellings_with_electricity", "illiteracy_15_plus", "labour_participation_12_plus",
                   "labour_participation_parity", "persons_in_poverty", "vehicle_theft_files_rate")  # fmt: skip
"""Of several goals, institutions and editions, as a desk shows them."""
CALENDAR = "calendars/expected.yaml"
ALWAYS = ("defaults.yaml", "codelists", "geography", "goals", "policies", "schema")


def chosen_specs(target: Path, indicators: tuple[str, ...] = FEW_INDICATORS) -> Path:
    """Specs in a folder that a test may change."""
    for part in _parts(indicators):
        source = SPECS / part
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target / part) if source.is_dir() else shutil.copy(source, target / part)
    return target


def with_patience(specs: Path) -> Path:
    """The same specs with the project's rule for how long a source may be awaited."""
    rule = yaml.safe_load((SPECS / CALENDAR).read_text(encoding="utf-8")) | {"published": []}
    (specs / CALENDAR).parent.mkdir()
    (specs / CALENDAR).write_text(yaml.safe_dump(rule), encoding="utf-8")
    return specs


@cache
def _catalog() -> Catalog:
    return catalogs.load(SPECS).sound()


@cache
def _parts(indicators: tuple[str, ...]) -> tuple[str, ...]:
    """What these specs consist of: folders and files below those of the project."""
    catalog = _catalog()
    tables = {name for i in indicators for name in catalog.tables_of(catalog.indicators[i])}
    sources = {source for name in tables for part in catalog.tables[name].parts
               for source, _ in catalog.tables[name].files_of(part)}  # fmt: skip
    files = [
        *(f"goal_{catalog.indicators[i].goal:02}/{i}.yaml" for i in indicators),
        *(f"{folder}/{name}.yaml" for name in tables for folder in ("tables", "tables/ignored", "contracts")),
        *(f"sources/{source}.yaml" for source in sources),
    ]
    return (*ALWAYS, *sorted(file for file in files if (SPECS / file).exists()))
