"""Reading all specs: every file checked against its model and against the others.

Loading collects all problems of all files; nothing is raised until the caller asks for a sound catalogue.
What belongs here: from files to a catalogue. What does not: references between files (references), expressions and
breakdowns, which estimate.check checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sdg_pipeline.errors import ANOTHER_ID, Problem, UsageError
from sdg_pipeline.files import read_bounded
from sdg_pipeline.specs import by_id, ignored, open_government, references, renamed, yaml
from sdg_pipeline.specs.base import File
from sdg_pipeline.specs.docstrings import describe
from sdg_pipeline.specs.kinds import FOLDERS, KINDS, Kind, kind_at
from sdg_pipeline.specs.messages import problems_of
from sdg_pipeline.specs.registers import Defaults
from sdg_pipeline.specs.shelves import Catalog

__all__ = ["Catalog", "load", "read_files", "schemas"]

SUFFIXES = (".yaml", ".sql", ".csv")
MOST_BYTES = 5_000_000
"""Of one file, such as a register of areas; a spec has a bound of its own (``specs.yaml``)."""
GENERATED = "schema"
"""Folder of the schemas, which follow from the code."""


@dataclass
class _Reading:
    """A catalogue while its files are read, and the texts that they name by id."""

    catalog: Catalog
    lookup: by_id.Lookup = field(default_factory=by_id.Lookup)


def load(root: Path) -> Catalog:
    """Read all specs below ``root``. Problems are collected in the result; see ``Catalog.sound``."""
    reading = _Reading(Catalog(root))
    catalog = reading.catalog
    if not root.is_dir():
        raise UsageError(f"no folder of specs at {root}; remedy: set SDG_SPECS to it or unset it")
    catalog.files.update(read_files(root))
    files: list[tuple[int, Path, Kind]] = []
    for path in sorted((*root.rglob("*.yaml"), *root.rglob("*.yml"))):
        kind = _kind(path, catalog) if path.parent != root / "tables" / ignored.FOLDER else None
        files += [(kind.order, path, kind)] if kind else []
    for _, path, kind in sorted(files, key=lambda file: file[:2]):
        _read(path, kind, reading)
    if "units" not in catalog.codelists and "units" not in catalog.broken:
        remedy = "copy it from the project's indicator_specs: every indicator names a unit"
        catalog.problems.append(Problem("codelists/units.yaml", 0, "", "is not there", remedy=remedy))
    catalog.problems.extend(ignored.problems(root / "tables", catalog.documents))
    catalog.problems.extend(references.problems(catalog))
    catalog.problems.extend(open_government.problems(catalog))
    if not catalog.broken:
        catalog.warnings.extend(_unused(reading))
    return catalog


def read_files(root: Path) -> dict[str, bytes]:
    """The bytes of all files below a folder of specs that decide something, by relative path, sorted.

    It leaves out a file that cannot be read; where that is a spec, ``load`` reports it.
    """
    files: dict[str, bytes] = {}
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if path.suffix in SUFFIXES and relative.parts[0] != GENERATED and path.is_file():
            with suppress(OSError):
                files[relative.as_posix()] = read_bounded(path, MOST_BYTES)
    return files


def _kind(path: Path, catalog: Catalog) -> Kind | None:
    """The kind of spec in a file; None, and a problem, where none can be."""
    relative = path.relative_to(catalog.root)
    kind = kind_at(relative.with_suffix(".yaml"))
    if kind is None:
        message, folder = "lies in a folder that holds no specs", relative.parts[0]
        catalog.problems.append(Problem(str(relative), 0, "", message, value=folder, valid=FOLDERS))
    elif path.suffix != ".yaml":
        remedy = f"rename the file to {path.stem}.yaml"
        catalog.problems.append(Problem(str(relative), 0, "", "would not be read", value=path.suffix, remedy=remedy))
        return None
    return kind


def _read(path: Path, kind: Kind, reading: _Reading) -> None:
    catalog = reading.catalog
    name = str(path.relative_to(catalog.root))
    content = catalog.files.get(path.relative_to(catalog.root).as_posix())
    document = yaml.read(path, name) if content is None else yaml.parsed(content, name)
    catalog.problems.extend(document.problems)
    spec = None if document.data is None else _validated(document, kind, reading)
    if spec is None:
        catalog.broken.add(path.stem)
        reading.lookup.broken.add(path.stem)
        return
    _shelve(spec, path, document, catalog)
    if kind.shelf == "registers":
        reading.lookup.entries[spec.id] = catalog.registers[spec.id].entries
    if isinstance(spec, Defaults):
        reading.lookup.unverified = spec.unverified


def _validated(document: yaml.Document, kind: Kind, reading: _Reading) -> File | None:
    """The spec of a document; None, and problems, where it does not fit its model."""
    catalog = reading.catalog
    catalog.warnings.extend(renamed.rename(document, kind.name))
    data = document.data
    for defaults in catalog.defaults.values():
        data = defaults.fill(kind.name, data)
    try:
        context = {**ignored.context(catalog.root / document.file), **by_id.context(reading.lookup)}
        return kind.model.model_validate(data, context=context)
    except ValidationError as error:
        undecided = {problem.path for problem in document.problems}
        problems = problems_of(error, document, kind.model)
        catalog.problems.extend(problem for problem in problems if problem.path not in undecided)
        return None


def _shelve(spec: File, path: Path, document: yaml.Document, catalog: Catalog) -> None:
    kind = kind_at(path.relative_to(catalog.root))
    assert kind is not None, path
    if spec.id != path.stem:
        remedy = f"rename the file to {spec.id}.yaml or set id: {path.stem}"
        catalog.problems.append(document.problem(("id",), "differs from the file name", value=spec.id, remedy=remedy))
    key = kind.key(spec.id)
    if key in catalog.documents:
        first = catalog.documents[key].file
        catalog.problems.append(
            document.problem(("id",), f"is also the id of {first}", value=spec.id, remedy=ANOTHER_ID)
        )
        catalog.broken.add(spec.id)
        return
    catalog.documents[key] = document
    catalog.shelf(kind)[spec.id] = spec


def _unused(reading: _Reading) -> Iterator[Problem]:
    """Entries of registers that no spec names."""
    for register in reading.catalog.registers.values():
        document = reading.catalog.document(register)
        for name in register.entries:
            if (register.id, name) not in reading.lookup.named:
                yield document.problem(("entries", name), "is named by no spec", remedy="remove it")


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema of each kind of spec, for editors, by file name; what has a default need not be written."""
    describe()
    dialect = "https://json-schema.org/draft/2020-12/schema"
    described: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        schema = kind.model.model_json_schema()
        optional = Defaults.optional(kind.name)
        schema["required"] = [key for key in schema["required"] if key not in optional]
        described[f"{kind.name}.schema.json"] = {"$schema": dialect, **schema}
    return described
