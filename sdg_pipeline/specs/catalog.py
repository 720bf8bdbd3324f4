"""The catalogue: every spec file read, checked against its model and against the others.

Loading collects all problems of all files; nothing is raised until the caller asks for a sound catalogue.
What belongs here: all specs, by id. What does not: references between files (references), expressions and breakdowns,
which estimate.check checks.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sdg_pipeline.errors import Problem, SpecErrors, UsageError, nearest
from sdg_pipeline.specs import references, renamed, yaml
from sdg_pipeline.specs.base import File
from sdg_pipeline.specs.calendar import Calendar
from sdg_pipeline.specs.codelist import Codelist
from sdg_pipeline.specs.coherence import Coherence
from sdg_pipeline.specs.contract import Contract
from sdg_pipeline.specs.correction import Corrections
from sdg_pipeline.specs.docstrings import describe
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.kept import Kept
from sdg_pipeline.specs.messages import problems_of
from sdg_pipeline.specs.methods import Sql
from sdg_pipeline.specs.policy import Policy
from sdg_pipeline.specs.source import Source
from sdg_pipeline.specs.table import Table

S = TypeVar("S", bound=File)
FOLDERS: dict[str, type[File]] = {
    "sources": Source,
    "tables": Table,
    "codelists": Codelist,
    "policies": Policy,
    "coherence": Coherence,
    "contracts": Contract,
    "corrections": Corrections,
    "calendars": Calendar,
}
NAMED_AFTER: dict[type[File], str] = {Codelist: "codelist ", Contract: "contract ", Corrections: "corrections "}
"""Kinds whose ids are those of others too, with what tells their documents apart."""
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
    coherence: dict[str, Coherence] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)
    corrections: dict[str, Corrections] = field(default_factory=dict)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    indicators: dict[str, Indicator] = field(default_factory=dict)
    documents: dict[str, yaml.Document] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    """What must be mended before the next version, and stops nothing until then."""
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

    def document(self, spec: File) -> yaml.Document:
        return self.documents[NAMED_AFTER.get(type(spec), "") + spec.id]

    def folder(self, spec: File) -> Path:
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


def load(root: Path, kept: Path | None = None) -> Catalog:
    """Read all specs below ``root``. Problems are collected in the result; see ``Catalog.sound``.

    ``kept`` is a file in which what was read is kept for the next time.
    """
    catalog, files = Catalog(root), Kept(kept)
    if not root.is_dir():
        raise UsageError(f"no folder of specs at {root}; remedy: set SDG_SPECS to it or unset it")
    for path in sorted((*root.rglob("*.yaml"), *root.rglob("*.yml"))):
        _read(path, catalog, files)
    files.keep()
    if "units" not in catalog.codelists and "units" not in catalog.broken:
        remedy = "copy it from the project's indicator_specs: every indicator names a unit"
        catalog.problems.append(Problem("codelists/units.yaml", 0, "", "is not there", remedy=remedy))
    for indicator in catalog.indicators.values():
        catalog.problems.extend(references.of_indicator(indicator, catalog))
    for table in catalog.tables.values():
        catalog.problems.extend(references.of_table(table, catalog))
    for contract in catalog.contracts.values():
        catalog.problems.extend(references.of_contract(contract, catalog))
    for register in catalog.corrections.values():
        catalog.problems.extend(references.of_corrections(register, catalog))
    for calendar in catalog.calendars.values():
        catalog.problems.extend(references.of_calendar(calendar, catalog))
    return catalog


def _read(path: Path, catalog: Catalog, files: Kept) -> None:
    relative = path.relative_to(catalog.root)
    folder = relative.parts[0]
    model: type[File] | None = Indicator if folder in GOAL_FOLDERS else FOLDERS.get(folder)
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
    document = files.read(path, str(relative))
    catalog.problems.extend(document.problems)
    if document.data is None:
        catalog.broken.add(path.stem)
        return
    catalog.warnings.extend(renamed.rename(document, model.__name__.lower()))
    try:
        spec = model.model_validate(document.data)
    except ValidationError as error:
        catalog.problems.extend(problems_of(error, document, model))
        catalog.broken.add(path.stem)
        return
    _register(spec, path, document, catalog)


def _register(spec: File, path: Path, document: yaml.Document, catalog: Catalog) -> None:
    if spec.id != path.stem:
        remedy = f"rename the file to {spec.id}.yaml or set id: {path.stem}"
        catalog.problems.append(document.problem(("id",), "differs from the file name", value=spec.id, remedy=remedy))
    key = NAMED_AFTER.get(type(spec), "") + spec.id
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
        Coherence: catalog.coherence,
        Contract: catalog.contracts,
        Corrections: catalog.corrections,
        Calendar: catalog.calendars,
        Indicator: catalog.indicators,
    }
    shelves[type(spec)][spec.id] = spec


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema of each kind of spec, for editors, by file name."""
    describe()
    models: dict[str, type[BaseModel]] = {
        "source": Source,
        "table": Table,
        "codelist": Codelist,
        "policy": Policy,
        "coherence": Coherence,
        "contract": Contract,
        "corrections": Corrections,
        "calendar": Calendar,
        "indicator": Indicator,
    }
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {f"{name}.schema.json": {"$schema": dialect, **m.model_json_schema()} for name, m in models.items()}
