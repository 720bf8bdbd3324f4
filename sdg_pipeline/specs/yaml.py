"""Strict YAML: every scalar is text, every value knows its line, duplicate keys are mistakes.

Plain YAML readers turn ``01`` into 1, ``NO`` into False and ``1.10`` into 1.1; the models convert instead.
What belongs here: text to plain data with places. What does not: what the data mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sdg_pipeline import files
from sdg_pipeline.errors import Problem, controls

Place = tuple[str | int, ...]
DECIDE = "!decide"
"""Tag before a proposal that waits for a person: ``single_psu: !decide adjust``."""
MOST_BYTES = 1_000_000
MOST_ENTRIES = 20_000
"""Bounds of one file: the largest spec of the project has 36 KB and 1,300 entries."""
MOST_LEVELS = 40
"""Brackets within brackets, of which the parser of YAML keeps each on its own stack."""
_Base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Reads nodes without a look at what a plain ``1`` or ``no`` could mean: every scalar is text to us."""

    def resolve(self, *_: Any) -> str:
        return ""

    def descend_resolver(self, *_: Any) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


@dataclass
class Document:
    """One YAML file as text scalars, dicts and lists; ``lines`` gives the line (from 1) of every place."""

    file: str
    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    source: Path | None = None
    """Where to look for the lines, of a document that was kept without them."""

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest place around it."""
        if self.source is not None and not self.lines:
            self.lines = read(self.source, self.file).lines
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def problem(self, place: Place, message: str, **details: Any) -> Problem:
        """A Problem at a place of this file."""
        return Problem(self.file, self.line(place), dotted(place), message, **details)


def dotted(place: Place) -> str:
    """``('checks', 'agrees_with', 0, 'value')`` as ``checks.agrees_with[0].value``."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def read(path: Path, name: str | None = None) -> Document:
    """Read one file. Mistakes of the YAML itself come back in ``problems``, never as exceptions."""
    try:
        return parsed(files.read_bounded(path, MOST_BYTES), name or str(path))
    except OSError as error:
        document = Document(file=name or str(path))
        document.problems.append(_unreadable(document.file, error))
        return document


def _unreadable(file: str, error: Exception) -> Problem:
    return Problem(file, 0, "", f"cannot be read as UTF-8 text: {error}", remedy="save it as a file of UTF-8 text")


def parsed(content: bytes, name: str) -> Document:
    """The document of a file's bytes, as ``read`` gives it."""
    document = Document(file=name)
    if len(content) > MOST_BYTES:
        remedy = "split it, or take out what is no spec"
        document.problems.append(Problem(name, 0, "", f"has more than {MOST_BYTES:,} bytes", remedy=remedy))
        return document
    try:
        builder = _Builder(document)
        for event in yaml.parse(content.decode("utf-8"), Loader=_Loader):
            builder.take(event)
        document.data = builder.data
    except UnicodeDecodeError as error:
        document.problems.append(_unreadable(name, error))
    except _Refused as error:
        document.problems.append(Problem(name, error.line, "", error.message, remedy=error.remedy))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        remedy = "mend the line, or one before it: quotes, brackets and indents"
        line = mark.line + 1 if mark else 1
        document.problems.append(Problem(name, line, "", f"is not YAML: {what}", remedy=remedy))
    return document


class _Refused(Exception):
    """What is sound YAML and still no spec."""

    def __init__(self, event: yaml.Event, message: str, remedy: str) -> None:
        self.line, self.message, self.remedy = _line(event), message, remedy


@dataclass
class _Open:
    """A list or mapping that is being read; ``key`` waits for its value, and a value that is ``lost`` goes nowhere."""

    place: Place
    into: list[Any] | dict[str, Any]
    key: str | None = None
    lost: bool = False

    @property
    def next_place(self) -> Place:
        return (*self.place, len(self.into) if isinstance(self.into, list) else self.key or "")


class _Builder:
    """Puts a document together event by event: no depth of brackets can exhaust a stack."""

    def __init__(self, document: Document) -> None:
        self.document, self.data = document, None
        self._open: list[_Open] = []
        self._documents = self._entries = 0
        self._anchors: dict[str, int] = {}

    def take(self, event: yaml.Event) -> None:
        """The next event of the parser."""
        if isinstance(event, yaml.NodeEvent):
            self._entries += 1
            if self._entries > MOST_ENTRIES:
                raise _Refused(event, f"has more than {MOST_ENTRIES:,} entries", "split it")
            self._node(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _Refused(event, "is not YAML: another document follows the first", "keep one of them")
        elif isinstance(event, yaml.StreamEndEvent) and self._documents == 0:
            raise _Refused(event, "is empty", "write the spec, or remove the file")

    def _node(self, event: yaml.NodeEvent) -> None:
        parent = self._open[-1] if self._open else None
        if parent is not None and isinstance(parent.into, dict) and parent.key is None:
            self._key(event, parent)
            return
        place = parent.next_place if parent else ()
        self._put(parent, self._value(event, place))

    def _value(self, event: yaml.NodeEvent, place: Place) -> Any:
        """The value of an event; what is opened is the parent of what follows."""
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            first = self._anchors.get(event.anchor or "")
            message = f"an alias repeats what stands on line {first}; specs have no templating"
            if first is None:
                message = "an alias of an anchor that is not there"
            self._problem(event, place, message, "write it out")
            return None
        if event.anchor is not None:
            self._anchors[event.anchor] = line
        self.document.lines.setdefault(place, line)
        if getattr(event, "tag", None) == DECIDE:
            remedy = f"replace the text after {DECIDE}, or leave it, and take the mark out"
            proposal = event.value if isinstance(event, yaml.ScalarEvent) else None
            self._problem(event, place, "waits for a decision", remedy, proposal)
        if isinstance(event, yaml.ScalarEvent):
            self._require_text(event, place)
            return None if event.style in (None, "") and event.value in ("", "~", "null") else event.value
        if len(self._open) >= MOST_LEVELS:
            raise _Refused(event, "is nested too deeply", f"write at most {MOST_LEVELS} levels")
        into: list[Any] | dict[str, Any] = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        self._open.append(_Open(place, into))
        return into

    def _key(self, event: yaml.NodeEvent, parent: _Open) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            raise _Refused(event, "a key is no text", "write key: value")
        inside = (*parent.place, event.value)
        self._require_text(event, inside)
        parent.key, parent.lost = event.value, event.value in parent.into
        if parent.lost:
            first = self.document.lines[inside]
            self._problem(
                event, inside, f"duplicate key, first used on line {first}", "keep one of the two", event.value
            )
        else:
            self.document.lines[inside] = _line(event)

    def _put(self, parent: _Open | None, value: Any) -> None:
        if parent is None:
            self.data = value
        elif isinstance(parent.into, list):
            parent.into.append(value)
        else:
            if not parent.lost:
                parent.into[parent.key or ""] = value
            parent.key = None

    def _require_text(self, event: yaml.ScalarEvent, place: Place) -> None:
        """No text of a spec moves the cursor of a terminal, or turns the direction of a page."""
        value: str = event.value
        if not value.isprintable():
            odd = next((c for c in value if controls(c) and c not in "\n\t"), None)
            if odd is not None:
                self._problem(event, place, f"has the control character U+{ord(odd):04X}", "take it out", value)

    def _problem(self, event: yaml.Event, place: Place, message: str, remedy: str, value: str | None = None) -> None:
        problem = Problem(self.document.file, _line(event), dotted(place), message, value, remedy=remedy)
        self.document.problems.append(problem)


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 1
