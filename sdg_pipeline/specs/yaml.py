"""Strict YAML: every scalar is text, every value knows its line, duplicate keys are mistakes.

Plain YAML readers turn ``01`` into 1, ``NO`` into False and ``1.10`` into 1.1; the models convert instead.
What belongs here: text to plain data with places. What does not: what the data mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sdg_pipeline.errors import Problem

Place = tuple[str | int, ...]
DECIDE = "!decide"
"""Tag before a proposal that waits for a person: ``single_psu: !decide adjust``."""
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
    document = Document(file=name or str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        document.problems.append(Problem(document.file, 0, "", f"cannot be read as UTF-8 text: {error}"))
        return document
    try:
        node = yaml.compose(text, Loader=_Loader)
        document.data = None if node is None else _plain(node, (), document, set())
    except RecursionError:
        document.problems.append(Problem(document.file, 1, "", "is nested too deeply"))
        return document
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).splitlines()[0]
        line = mark.line + 1 if mark else 1
        document.problems.append(Problem(document.file, line, "", f"is not YAML: {what}"))
        return document
    if node is None:
        document.problems.append(Problem(document.file, 1, "", "is empty"))
    return document


def _plain(node: yaml.Node, place: Place, document: Document, seen: set[int]) -> Any:
    if id(node) in seen:  # an alias leads to the node of its anchor, and a few lines of them to billions of nodes
        message = f"an alias repeats what stands on line {node.start_mark.line + 1}; specs have no templating"
        document.problems.append(document.problem(place, message, remedy="write it out"))
        return None
    seen.add(id(node))
    document.lines.setdefault(place, node.start_mark.line + 1)
    if node.tag == DECIDE:
        remedy = f"replace the text after {DECIDE}, or leave it, and take the mark out"
        proposal = node.value if isinstance(node, yaml.ScalarNode) else None
        document.problems.append(document.problem(place, "waits for a decision", value=proposal, remedy=remedy))
    if isinstance(node, yaml.ScalarNode):
        return None if node.style in (None, "") and node.value in ("", "~", "null") else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*place, i), document, seen) for i, child in enumerate(node.value)]
    result: dict[str, Any] = {}
    for key_node, child in node.value:
        key = str(key_node.value)
        inside = (*place, key)
        if key in result:
            first = document.lines[inside]
            document.problems.append(
                Problem(
                    document.file,
                    key_node.start_mark.line + 1,
                    dotted(inside),
                    f"duplicate key, first used on line {first}",
                    value=key,
                    remedy="keep one of the two",
                )
            )
            continue
        document.lines[inside] = key_node.start_mark.line + 1
        result[key] = _plain(child, inside, document, seen)
    return result
