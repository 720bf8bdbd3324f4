"""Lists of ignored columns compared with the official files, and written anew.

What belongs here: the columns of a file that a table spec does not name. What does not: the lists themselves
(specs.ignored), and refusing a file whose columns came or went (staging, joins).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from sdg_pipeline.errors import ONE_OF_THEM, InputError, SpecErrors, UsageError
from sdg_pipeline.ingest import readers
from sdg_pipeline.ingest.parts import called, changes, columns_read
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.ingest.unpack import unpacked
from sdg_pipeline.specs import ignored, yaml
from sdg_pipeline.specs.design import Join
from sdg_pipeline.specs.formats import Format
from sdg_pipeline.specs.ignored import IgnoredList
from sdg_pipeline.specs.messages import problems_of
from sdg_pipeline.specs.source import Source
from sdg_pipeline.specs.table import Part, Table

if TYPE_CHECKING:
    import duckdb

VIEW = "header_only"


@dataclass(frozen=True)
class Shelf:
    """Where raw files come from: the sources, and ``fetch``, which brings an edition of one, verified."""

    con: duckdb.DuckDBPyConnection
    sources: dict[str, Source]
    fetch: Callable[[Source, str], RawFile]
    scratch: Path

    def header(self, source: str, edition: str, form: Format) -> tuple[RawFile, list[str]]:
        """The raw file of an edition and the names of its columns."""
        if source not in self.sources:
            raise UsageError(f"no source {source!r}; valid: {', '.join(self.sources)}", remedy=ONE_OF_THEM)
        raw = self.fetch(self.sources[source], edition)
        declared = self.sources[source].editions[edition]
        with unpacked(raw, declared, self.scratch) as paths:
            reading = readers.Reading(self.con, paths, called(raw), self.scratch, declared.max_bytes)
            columns = readers.read(reading, form, VIEW)
        self.con.execute(f"DROP TABLE {VIEW}")
        return raw, columns


@dataclass(frozen=True)
class Reviewable:
    """One list as it is now: where the spec names it, its hash there, and what changed since (empty if nothing)."""

    place: str
    line: int
    named: str
    now: IgnoredList
    changes: str


@dataclass(frozen=True)
class _Place:
    """A place of the spec that names a list: the files that it is for, and the columns that are named one by one."""

    place: yaml.Place
    hash: str
    parts: tuple[Part, ...]
    join: Join | None
    named: tuple[str, ...]

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Source and edition of each file, once."""
        if self.join is not None:
            return ((self.join.source, self.join.edition),)
        return tuple(dict.fromkeys((part.source, part.edition) for part in self.parts))


def renew(table: Path, shelf: Shelf, edition: str | None = None) -> list[Reviewable]:
    """Compare the lists of a table with its files, write them, and say what changed.

    With ``edition`` only lists of that edition are compared. A copy that has the used columns only says nothing of the
    others: its list stays. UsageError where the table names no list.
    """
    document, spec = _spec(table)
    old = {one.hash: one for one in _old(table)}
    result, lists = [], []
    for place in _places(document, spec):
        if edition is not None and edition not in {which for _, which in place.files}:
            lists += [old[place.hash]] if place.hash in old else []
            continue
        before = old[place.hash].columns if place.hash in old else ()
        columns = _rest(place, spec, shelf, before)
        files = tuple(f"{source}/{which}" for source, which in place.files)
        now = IgnoredList(files=files, hash=ignored.hash_of(columns), columns=columns)
        lists.append(now)
        dotted, line = yaml.dotted(place.place), document.line(place.place)
        what = changes(set(columns), set(before), set(before))
        result.append(Reviewable(dotted, line, place.hash, now, what))
    if not result:
        of_edition = f" of edition {edition}" if edition else ""
        remedy = f"remedy: write columns: {{rest: new}} under ignore in tables/{table.name}"
        raise UsageError(f"table {table.stem} names no list of ignored columns{of_edition}; {remedy}")
    ignored.write(table, _merged(lists))
    return result


def _spec(table: Path) -> tuple[yaml.Document, Table]:
    """The spec without the lists that it names, since those may be gone or have changed."""
    if not table.is_file():
        valid = ", ".join(sorted(path.stem for path in table.parent.glob("*.yaml")))
        raise UsageError(f"no table {table.stem!r}; valid: {valid}", remedy=ONE_OF_THEM)
    document = yaml.read(table, f"{table.parent.name}/{table.name}")
    if document.problems:
        raise SpecErrors(document.problems)
    try:
        return document, Table.model_validate(_without_lists(document.data))
    except ValidationError as error:
        raise SpecErrors(list(problems_of(error, document, Table))) from None


def _without_lists(data: Any) -> Any:
    if isinstance(data, list):
        return [_without_lists(item) for item in data if not _is_group_of_list(item)]
    if isinstance(data, dict):
        return {key: () if _is_list(item) else _without_lists(item) for key, item in data.items()}
    return data


def _is_list(data: Any) -> bool:
    return isinstance(data, dict) and set(data) == {ignored.REST}


def _is_group_of_list(data: Any) -> bool:
    return isinstance(data, dict) and set(data) == {"reason", "columns"} and _is_list(data["columns"])


def _old(table: Path) -> tuple[IgnoredList, ...]:
    try:
        return ignored.read(table)
    except ValueError:
        return ()  # it is damaged or was edited, which is why it is written again


def _places(document: yaml.Document, spec: Table) -> Iterator[_Place]:
    data: dict[str, Any] = document.data
    seen: set[yaml.Place] = set()
    for place, wanted in ignored.places(data):
        if place[-1] == "columns":
            owner = place[:-2]
            if owner in seen:
                message = "names a second list: which one new columns belong to is not known"
                raise SpecErrors([document.problem(place, message, remedy="name the columns of one of them")])
            seen.add(owner)
            groups = _at(data, owner)
            named = tuple(c for group in groups if not _is_group_of_list(group) for c in group["columns"])
            pairs = zip(spec.parts, data["parts"], strict=True)
            plain = (
                part for part, raw in pairs if not (raw.get("ignore") or (part.format or spec.format).others_left_out)
            )
            parts = (spec.parts[int(owner[1])],) if owner[0] == "parts" else tuple(plain)
            yield _Place(place, wanted, parts, None, named)
            continue
        joins = spec.joins if place[0] == "joins" else spec.parts[int(place[1])].joins
        join = joins[int(place[-2])]
        yield _Place(place, wanted, (), join, (*join.by, *join.read))


def _at(data: Any, place: yaml.Place) -> Any:
    for key in place:
        data = data[key]
    return data


def _rest(place: _Place, spec: Table, shelf: Shelf, before: tuple[str, ...]) -> tuple[str, ...]:
    """Columns of the files that nobody names: those of the old list in its order, then the new ones."""
    rests: dict[str, list[str]] = {}
    if place.join is not None:
        form = place.join.format or spec.format
        raw, header = shelf.header(place.join.source, place.join.edition, form)
        if raw.columns == "all":
            rests[called(raw)] = [c for c in header if c not in place.named]
    for part in place.parts:
        raw, header = shelf.header(part.source, part.edition, part.format or spec.format)
        used = {*place.named, *columns_read(spec.seen_by(part), part)}
        renamed = [part.rename.get(column, column) for column in header]
        if raw.columns == "all":
            rests[f"{called(raw)}, {part.level.value}"] = [c for c in renamed if c not in used]
    dotted = yaml.dotted(place.place)
    if not rests and not before:
        remedy = "serve a copy with all columns (SDG_MIRROR), or fetch the official file"
        message = "is to list the columns of copies that have the used columns only"
        raise InputError(f"tables/{spec.id}.yaml", message, place=dotted, remedy=remedy)
    names = list(rests)
    for name in names[1:]:
        other = changes(set(rests[name]), set(rests[names[0]]), set(rests[names[0]]))
        if other:
            message = f"is one list, but {name} has other columns than {names[0]}; {other}"
            raise InputError(f"tables/{spec.id}.yaml", message, place=dotted, remedy="write ignore in each part")
    rest = rests[names[0]] if rests else list(before)
    if not rest:
        remedy = "take the list out of the spec"
        raise InputError(f"tables/{spec.id}.yaml", "has no column left to list", place=dotted, remedy=remedy)
    return (*(c for c in before if c in rest), *(c for c in rest if c not in before))


def _merged(lists: list[IgnoredList]) -> list[IgnoredList]:
    """Lists with the same columns as one, with the files of all."""
    merged: dict[str, IgnoredList] = {}
    for one in lists:
        files = (*merged[one.hash].files, *one.files) if one.hash in merged else one.files
        merged[one.hash] = one.model_copy(update={"files": tuple(dict.fromkeys(files))})
    return list(merged.values())
