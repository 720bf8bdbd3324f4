"""Gives Dagster the metadata of column lineage, derived from the specs.

What belongs here: reading it off the specs. What does not: the specs' own grammar. Called when a step has run, since
conditions of measures are parsed for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from dagster import TableColumn, TableColumnDep, TableColumnLineage, TableSchema

from assets.keys import asset_key
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.table import Part, Table

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
AREA = ("state", "municipality")
Deps = dict[str, list[TableColumnDep]]


def of_indicator(run: Run, step: Step, indicator: Indicator) -> TableColumnLineage:
    """Values from measures, areas and groups from keys and dimensions; of a comparison, from what it compares."""
    deps: Deps = {}
    for key in step.inputs:
        if key[0] == "indicator":
            for column in ("ref_area", "time_period", *DIMENSIONS, "obs_value"):
                _add(deps, column, key, [column])
            continue
        table = run.catalog.tables[key[1]]
        for column in ("ref_area", "geo_level"):
            _add(deps, column, key, AREA)
        for column in ("time_period", *(d for d in DIMENSIONS if d in table.dimensions)):
            _add(deps, column, key, [column])
        for column, texts in _expressions(indicator, table.id).items():
            named = [name for text in texts for name in WORD.findall(text) if name in table.measures]
            _add(deps, column, key, named)
            _add(deps, "obs_value", key, named)
    return _lineage(deps)


def _expressions(indicator: Indicator, table: str) -> dict[str, list[str]]:
    """What the method says of a table, by the column of the result that it makes."""
    method = indicator.method.model_dump(mode="json")
    population = method.get("population")
    if isinstance(population, dict) and population.get("table") == table:
        return {"denominator": [str(population["measure"])]}
    texts: dict[str, list[str]] = {"numerator": [], "denominator": []}
    for name, value in method.items():
        if isinstance(value, str) and name not in ("kind", "table", "file"):
            texts["denominator" if name == "denominator" else "numerator"].append(value)
    return texts


def of_table(run: Run, table: Table) -> TableColumnLineage:
    """Keys, codes and measures of a staged table from the columns of its files."""
    deps: Deps = {}
    for part in run.reach.parts(table):
        seen = table.seen_by(part)
        for file in table.files_of(part):
            for column, sources in _columns(seen):
                _add(deps, column, ("raw", *file), _as_in_file(sources, part))
    return _lineage(deps)


def _columns(table: Table) -> Iterator[tuple[str, Iterable[str]]]:
    for key in AREA:
        yield key, table.geography.columns
    if table.period:
        yield "time_period", [table.period.column]
    for name, dimension in table.dimensions.items():
        yield name, [dimension.column] if dimension.column else table.quantile_columns(dimension)
    for name, measure in table.measures.items():
        yield name, [*measure.by_code.values(), *table.condition_columns(measure)]


def of_file(run: Run, source: str, edition: str) -> TableSchema:
    """The columns of a file that tables read, by the names that the file uses."""
    named: dict[str, list[str]] = {}
    for table in run.catalog.tables.values():
        for part in table.parts:
            if (source, edition) in table.files_of(part):
                for column in _as_in_file(table.seen_by(part).used_columns, part):
                    named.setdefault(column, []).append(table.id)
    return TableSchema([TableColumn(c, "text", description=f"read by {', '.join(t)}") for c, t in named.items()])


def _as_in_file(columns: Iterable[str], part: Part) -> list[str]:
    """The columns before they were renamed."""
    before: dict[str, Any] = {new: old for old, new in part.rename.items()}
    return [before.get(column, column) for column in columns]


def _add(deps: Deps, column: str, key: tuple[str, ...], names: Iterable[str]) -> None:
    sources = deps.setdefault(column, [])
    new = (TableColumnDep(asset_key(key), name) for name in dict.fromkeys(names))
    sources += [dep for dep in new if dep not in sources]


def _lineage(deps: Deps) -> TableColumnLineage:
    return TableColumnLineage({column: sources for column, sources in deps.items() if sources})
