"""The catalogue: every spec file read, checked against its model and against the others.

Loading collects all problems of all files; nothing is raised until the caller asks for a sound catalogue.
What belongs here: references between files. What does not: expressions and breakdowns, which estimate.check checks.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sdg_pipeline.errors import Problem, SpecErrors, UsageError, nearest
from sdg_pipeline.specs import yaml
from sdg_pipeline.specs.base import Spec
from sdg_pipeline.specs.codelist import Codelist
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.messages import problems_of
from sdg_pipeline.specs.methods import Comparison, Sql
from sdg_pipeline.specs.policy import Policy
from sdg_pipeline.specs.source import Source
from sdg_pipeline.specs.table import Table

S = TypeVar("S", bound=Spec)
FOLDERS: dict[str, type[Spec]] = {"sources": Source, "tables": Table, "codelists": Codelist, "policies": Policy}
SURVEYS = "surveys"
"""Id of the policy of survey estimates."""
GOAL_FOLDERS = tuple(f"goal_{n:02d}" for n in range(1, 18))


@dataclass
class Catalog:
    """All specs by id, and the documents they were read from (for the line of a problem)."""

    root: Path
    sources: dict[str, Source] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    codelists: dict[str, Codelist] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    indicators: dict[str, Indicator] = field(default_factory=dict)
    documents: dict[str, yaml.Document] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Ids of files with mistakes of their own: a reference to one of them is no further mistake."""

    def sound(self) -> Catalog:
        """This catalogue, or SpecErrors with every problem found."""
        if self.problems:
            raise SpecErrors(self.problems)
        return self

    def indicator(self, indicator: str) -> Indicator:
        """The indicator of this id; UsageError names the nearest where there is none."""
        found = self.indicators.get(indicator)
        if found is None:
            close = nearest(indicator, self.indicators)
            hint = f"; did you mean {close!r}?" if close else "; `sdg check` lists the indicators"
            raise UsageError(f"no indicator {indicator!r}{hint}")
        return found

    def document(self, spec: Spec) -> yaml.Document:
        return self.documents[spec.id if not isinstance(spec, Codelist) else f"codelist {spec.id}"]

    def folder(self, spec: Spec) -> Path:
        """The folder of a spec's file."""
        return (self.root / self.document(spec).file).parent

    def multiplier(self, indicator: Indicator) -> float:
        """What turns a ratio into the indicator's unit."""
        return self.codelists["units"].codes[indicator.unit].multiplier or 1.0

    @property
    def policy(self) -> Policy:
        """The precision policy of survey estimates."""
        if SURVEYS not in self.policies:
            remedy = "copy it from the project's indicator_specs"
            raise UsageError(f"no policy of survey estimates at {self.root}/policies/{SURVEYS}.yaml; remedy: {remedy}")
        return self.policies[SURVEYS]

    def surveyed(self, indicator: Indicator) -> bool:
        """Whether the values are estimates from the records of a survey."""
        table = self.tables.get(indicator.table or "")
        return table is not None and table.design is not None

    def spec_hash(self, indicator: Indicator) -> str:
        """Hash of the indicator as resolved: its own spec, its unit, and its SQL file or precision policy if any."""
        text = f"{indicator.spec_hash} {self.multiplier(indicator)}"
        if self.surveyed(indicator):
            text += self.policy.spec_hash
        if isinstance(indicator.method, Sql):
            text += (self.folder(indicator) / indicator.method.file).read_text(encoding="utf-8")
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def in_order(self) -> list[Indicator]:
        """Indicators by goal and id, each after the one that it compares."""
        ordered = sorted(self.indicators.values(), key=lambda i: (i.goal, i.id))
        return [i for i in ordered if i.base is None] + [i for i in ordered if i.base is not None]


def load(root: Path) -> Catalog:
    """Read all specs below ``root``. Problems are collected in the result; see ``Catalog.sound``."""
    catalog = Catalog(root)
    if not root.is_dir():
        raise UsageError(f"no folder of specs at {root}; remedy: set SDG_SPECS to it or unset it")
    for path in sorted((*root.rglob("*.yaml"), *root.rglob("*.yml"))):
        _read(path, catalog)
    if "units" not in catalog.codelists and "units" not in catalog.broken:
        remedy = "copy it from the project's indicator_specs: every indicator names a unit"
        catalog.problems.append(Problem("codelists/units.yaml", 0, "", "is not there", remedy=remedy))
    for indicator in catalog.indicators.values():
        catalog.problems.extend(_indicator_references(indicator, catalog))
    for table in catalog.tables.values():
        catalog.problems.extend(_table_references(table, catalog))
    return catalog


def _read(path: Path, catalog: Catalog) -> None:
    relative = path.relative_to(catalog.root)
    folder = relative.parts[0]
    model: type[Spec] | None = Indicator if folder in GOAL_FOLDERS else FOLDERS.get(folder)
    if model is None or len(relative.parts) != 2:
        valid = (*FOLDERS, *GOAL_FOLDERS)
        catalog.problems.append(
            Problem(str(relative), 0, "", "lies in a folder that holds no specs", value=folder, valid=valid)
        )
        return
    if path.suffix != ".yaml":
        remedy = f"rename the file to {path.stem}.yaml"
        catalog.problems.append(Problem(str(relative), 0, "", "would not be read", value=path.suffix, remedy=remedy))
        return
    document = yaml.read(path, str(relative))
    catalog.problems.extend(document.problems)
    if document.data is None:
        catalog.broken.add(path.stem)
        return
    try:
        spec = model.model_validate(document.data)
    except ValidationError as error:
        catalog.problems.extend(problems_of(error, document, model))
        catalog.broken.add(path.stem)
        return
    _register(spec, path, document, catalog)


def _register(spec: Spec, path: Path, document: yaml.Document, catalog: Catalog) -> None:
    if spec.id != path.stem:
        remedy = f"rename the file to {spec.id}.yaml or set id: {path.stem}"
        catalog.problems.append(document.problem(("id",), "differs from the file name", value=spec.id, remedy=remedy))
    key = f"codelist {spec.id}" if isinstance(spec, Codelist) else spec.id
    if key in catalog.documents:
        first = catalog.documents[key].file
        catalog.problems.append(document.problem(("id",), f"is also the id of {first}", value=spec.id))
        catalog.broken.add(spec.id)
        return
    catalog.documents[key] = document
    shelves: dict[type[Any], dict[str, Any]] = {
        Source: catalog.sources,
        Table: catalog.tables,
        Codelist: catalog.codelists,
        Policy: catalog.policies,
        Indicator: catalog.indicators,
    }
    shelves[type(spec)][spec.id] = spec


def _unknown(
    document: yaml.Document,
    place: yaml.Place,
    what: str,
    value: str,
    known: Mapping[str, Any],
    broken: Collection[str] = (),
) -> Iterator[Problem]:
    if value not in broken:
        yield document.problem(place, f"names an unknown {what}", value=value, valid=tuple(sorted(known)))


def _table_references(table: Table, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(table)
    for i, part in enumerate(table.parts):
        source = catalog.sources.get(part.source)
        if source is None:
            yield from _unknown(
                document, ("parts", i, "source"), "source", part.source, catalog.sources, catalog.broken
            )
        elif part.edition not in source.editions:
            yield from _unknown(document, ("parts", i, "edition"), "edition", part.edition, source.editions)
        yield from _codes_of_part(i, table, catalog)
        for j, measure_given in enumerate(part.measures):
            if measure_given not in table.measures:
                at = ("parts", i, "measures", j)
                yield from _unknown(document, at, "measure", measure_given, table.measures)
    for name, dimension in table.dimensions.items():
        codelist = catalog.codelists.get(dimension.codelist)
        if codelist is None:
            place = ("dimensions", name, "codelist")
            yield from _unknown(document, place, "code list", dimension.codelist, catalog.codelists, catalog.broken)
            continue
        for raw, code in dimension.recode.items():
            if code not in codelist.codes:
                yield from _unknown(document, ("dimensions", name, "recode", raw), "code", code, codelist.codes)
    for name, measure in table.measures.items():
        if measure.by is None:
            continue
        if measure.by not in table.dimensions:
            yield from _unknown(document, ("measures", name, "by"), "dimension", measure.by, table.dimensions)
            continue
        codelist = catalog.codelists.get(table.dimensions[measure.by].codelist)
        for code in measure.columns:
            if codelist is not None and code not in codelist.codes:
                yield from _unknown(document, ("measures", name, "columns", code), "code", code, codelist.codes)


def _codes_of_part(number: int, table: Table, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(table)
    for name, code in table.parts[number].codes.items():
        place = ("parts", number, "codes", name)
        if name not in table.dimensions:
            yield from _unknown(document, place, "dimension", name, table.dimensions)
            continue
        codelist = catalog.codelists.get(table.dimensions[name].codelist)
        if codelist is not None and code not in codelist.codes:
            yield from _unknown(document, place, "code", code, codelist.codes)


def _indicator_references(indicator: Indicator, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(indicator)
    folder = Path(document.file).parts[0]
    if folder != f"goal_{indicator.goal:02d}":
        yield document.problem(
            ("sdg", "target"),
            f"belongs to goal {indicator.goal}, but the file lies in {folder}",
            value=indicator.sdg.target,
            remedy=f"move the file to goal_{indicator.goal:02d} or mend the target",
        )
    if indicator.sdg.code is not None and not indicator.sdg.code.startswith(indicator.sdg.target + "."):
        yield document.problem(("sdg", "code"), f"is not of target {indicator.sdg.target}", value=indicator.sdg.code)
    if (indicator.sdg.code is None) != (indicator.sdg.relation == "national"):
        remedy = "national indicators have no UN code; global and proxy ones name it"
        yield document.problem(
            ("sdg", "relation"), "does not go with code", value=indicator.sdg.relation, remedy=remedy
        )
    units = catalog.codelists.get("units")
    if units is not None and indicator.unit not in units.codes:
        yield from _unknown(document, ("unit",), "unit", indicator.unit, units.codes)
    if indicator.table is not None and indicator.table not in catalog.tables:
        place: yaml.Place = ("method", "table")
        yield from _unknown(document, place, "table", indicator.table, catalog.tables, catalog.broken)
    if isinstance(indicator.method, Comparison):
        base = catalog.indicators.get(indicator.method.of)
        if base is None or base.base is not None:
            known = {i: 1 for i, spec in catalog.indicators.items() if spec.base is None}
            yield from _unknown(document, ("method", "of"), "indicator", indicator.method.of, known, catalog.broken)
    if isinstance(indicator.method, Sql) and not (catalog.folder(indicator) / indicator.method.file).is_file():
        yield document.problem(
            ("method", "file"), "names a file that is not beside the spec", value=indicator.method.file
        )
    low, high = indicator.checks.range
    if low >= high:
        yield document.problem(("checks", "range"), "is empty", value=f"{low}..{high}", remedy="write [low, high]")
    areas = area_codes(catalog.root)
    for i, official in enumerate(indicator.checks.agrees_with):
        if official.area not in areas:
            place = ("checks", "agrees_with", i, "area")
            yield document.problem(place, "is not an area of the register", value=official.area)


@lru_cache(maxsize=8)
def area_codes(root: Path) -> frozenset[str]:
    """REF_AREA codes of the register: ``MX``, ``MX01``, ``MX01001``."""
    codes = {"MX"}
    for name in ("states.csv", "municipalities.csv"):
        path = root / "geography" / name
        if not path.is_file():
            raise UsageError(f"no register of areas at {path}; remedy: copy indicator_specs/geography there")
        with path.open(encoding="utf-8", newline="") as file:
            codes.update("MX" + row["key"] for row in csv.DictReader(file))
    return frozenset(codes)


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema of each kind of spec, for editors, by file name."""
    models: dict[str, type[BaseModel]] = {
        "source": Source,
        "table": Table,
        "codelist": Codelist,
        "policy": Policy,
        "indicator": Indicator,
    }
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {f"{name}.schema.json": {"$schema": dialect, **m.model_json_schema()} for name, m in models.items()}
