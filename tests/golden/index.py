"""The index of the compiled queries: one line per indicator, with the hash of its SQL and the shape of its plan.

Two queries have the same shape where plan, method, steps (common table expressions) and nodes (words of SQL) are the
same. Names of tables and columns, literals, breakdowns, operators and the words of conditions do not count.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path

from sdg_pipeline.estimate.compile import compiled, laid_out
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.estimate.universe import own_codes
from sdg_pipeline.specs.catalog import Catalog

HERE = Path(__file__).parent
INDEX = HERE / "index.csv"
RENEW = "make golden"

_TEXT = re.compile(r"'(?:[^']|'')*'")
_STEP = re.compile(r"(\w+) AS (?:MATERIALIZED )?\((?=SELECT|WITH|FROM)")
_WORD = re.compile(r"\b[A-Z][A-Z_]+\b")
_OF_CONDITIONS = {"ABS", "BETWEEN", "COALESCE", "GREATEST", "IN", "IS", "LEAST", "NOT", "NULL", "NULLIF", "ROUND"}


@dataclass(frozen=True, order=True)
class Shape:
    """What the queries of one shape have in common."""

    plan: str
    method: str
    steps: str
    nodes: str

    @property
    def parts(self) -> set[str]:
        return {self.plan, self.method, *self.steps.split(), *self.nodes.split()}


@dataclass(frozen=True)
class Entry:
    """A line of the index."""

    id: str
    shape: Shape
    sha256: str


Queries = dict[str, tuple[Entry, str]]
"""By indicator its line of the index and its compiled SQL."""


def queries(catalog: Catalog) -> Queries:
    """By indicator its line of the index and its compiled SQL."""
    result = {}
    for name, indicator in sorted(catalog.indicators.items()):
        plan = make_plan(indicator, catalog)
        rows = compiled(plan)
        query = own_codes(rows, indicator)
        shape = shape_of(rows, type(plan).__name__, indicator.method.kind)
        result[name] = Entry(name, shape, hashlib.sha256(query.encode()).hexdigest()), query
    return result


def shape_of(query: str, plan: str, method: str) -> Shape:
    """The shape of a compiled query."""
    bare = _TEXT.sub("''", query)
    nodes = " ".join(sorted(set(_WORD.findall(bare)) - _OF_CONDITIONS))
    return Shape(plan, method, " ".join(_STEP.findall(bare)), nodes)


def read(path: Path = INDEX) -> dict[str, Entry]:
    """The index as reviewed."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["id"]: Entry(row["id"], Shape(**{f.name: row[f.name] for f in fields(Shape)}), row["sha256"])
        for row in rows
    }


def write(entries: Iterable[Entry], path: Path = INDEX) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", *(f.name for f in fields(Shape)), "sha256"])
        writer.writerows([e.id, *astuple(e.shape), e.sha256] for e in entries)


def whole(folder: Path = HERE) -> list[str]:
    """Indicators whose SQL is a whole file."""
    return sorted(path.stem for path in folder.glob("*.sql"))


def renew(now: Queries, folder: Path = HERE) -> list[str]:
    """Write the index and the whole files anew; a shape keeps its file, and a new one takes its shortest query."""
    shown: dict[Shape, str] = {}
    for name in whole(folder):
        if name in now:
            shown.setdefault(now[name][0].shape, name)
    for name in sorted(now, key=lambda n: (len(now[n][1]), n)):
        shown.setdefault(now[name][0].shape, name)
    for name in set(whole(folder)) - set(shown.values()):
        (folder / f"{name}.sql").unlink()
    for name in shown.values():
        (folder / f"{name}.sql").write_text(laid_out(now[name][1]), encoding="utf-8")
    write((entry for entry, _ in now.values()), folder / INDEX.name)
    return sorted(shown.values())


def nearest(shape: Shape, reviewed: Collection[Entry]) -> Entry:
    """Of the reviewed entries, the one whose shape shares the most parts; of the same shape where there is one."""

    def likeness(entry: Entry) -> float:
        return len(shape.parts & entry.shape.parts) / len(shape.parts | entry.shape.parts)

    return max(sorted(reviewed, key=lambda e: e.id), key=likeness)


def difference(name: str, entry: Entry, query: str, reviewed: dict[str, Entry]) -> str:
    """What a reader needs of a changed line: the parts of its shape, and its SQL against the nearest whole file."""
    like = nearest(entry.shape, [reviewed[n] for n in whole() if n in reviewed])
    lines = difflib.unified_diff(
        (HERE / f"{like.id}.sql").read_text(encoding="utf-8").splitlines(),
        laid_out(query).splitlines(),
        f"tests/golden/{like.id}.sql",
        f"sdg sql {name}",
        lineterm="",
        n=1,
    )
    before = asdict(reviewed[name].shape) if name in reviewed else {}
    moved = [f"  {key}: {before.get(key, 'not there')} -> {now}" for key, now in asdict(entry.shape).items()
             if before.get(key) != now]  # fmt: skip
    return "\n".join([f"{name}:", *moved, *lines])
