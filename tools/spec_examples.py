"""The page ``docs/spec_examples.md``: the spec tests as documentation, a chapter for each file of ``tests/spec``.

A test is called with a recorder in place of the small country. What it declares, the tables that it reads and the rows
that it expects are written down in their order. Nothing is computed. A test that expects no table has no example.
"""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from sdg_pipeline.settings import PROJECT

TESTS = PROJECT / "tests"
CHAPTERS = ("methods", "rows", "rates", "shapes", "series", "surveys", "survey_rows")
"""Files of ``tests/spec`` in the order of the page."""
INTRODUCTION = """\
# Specs by example

Each example is a test: a spec, small tables in, the expected rows out. The tests run through the real staging, plan,
SQL and engine; where plain Python computes the kind too, they run on that as well. Only the columns that an example
names are compared. The grammar stands in [specs.md](specs.md).

Where an example names no table, it is this one of the small country (`tests/support/country`):

```yaml
{people}
```
"""
EXPECTED = "Expected rows:"


@dataclass
class Recorder:
    """Stands for the small country: notes what a test declares, and has no values."""

    notes: list[tuple[str, str, str]] = field(default_factory=list)
    """Sentence, language of the block, and its text."""

    def note(self, sentence: str, language: str, text: str) -> None:
        self.notes.append((sentence, language, textwrap.dedent(text.replace("\t", "    ")).strip("\n")))

    def indicator(self, name: str, body: str, unit: str = "PT") -> None:
        self.note(f"Indicator `{name}`, unit `{unit}`:", "yaml", body)

    def table(self, name: str, body: str, record: str = "aggregate", form: str = "{}") -> None:
        self.note(f"Table `{name}`, a record of which is {RECORDS[record]}:", "yaml", body)

    def give(self, level: str, table: str, **facts: Any) -> None:
        states = f", of the states {', '.join(facts['states'])} alone" if facts.get("states") else ""
        self.note(f"Rows of level {level}{states}:", "text", _table(table))

    def file(self, source: str, edition: str, table: str, states: tuple[str, ...] = ()) -> None:
        only = f", of the states {', '.join(states)} alone" if states else ""
        self.note(f"File of `{source}`, edition `{edition}`{only}:", "text", _table(table))

    def write(self, path: str, text: str) -> None:
        language = {"yaml": "yaml", "sql": "sql"}.get(path.rpartition(".")[2], "text")
        self.note(f"File `{path}` of the specs:", language, text)

    def edit(self, path: str, old: str, new: str) -> None:
        self.note(f"In `{path}`, this in place of `{old.strip()}`:", "yaml", new)

    def __getattr__(self, name: str) -> Callable[..., list[Any]]:
        """Everything else: staging, values, verdicts, none of which is there."""
        return lambda *_, **__: []


RECORDS = {"aggregate": "the figures of an area", "unit": "a person or event"}


def contents() -> str:
    """The chapters of the page as a Markdown list of links, each with the subjects that its first line lists."""
    return "\n".join(
        f"- [{_sentence(name)}](spec_examples.md#{name.replace('_', '-')}): {_lead(_module(name)).partition(': ')[2]}"
        for name in CHAPTERS
    )


def page() -> str:
    """The page as Markdown."""
    people = (TESTS / "support/country/tables/people.yaml").read_text(encoding="utf-8").strip()
    return "\n".join([INTRODUCTION.replace("{people}", people), *(_chapter(name) for name in CHAPTERS)])


def _module(name: str) -> ModuleType:
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    return importlib.import_module(f"spec.test_{name}")


def _lead(module: ModuleType) -> str:
    return _prose(module.__doc__ or "").partition("\n")[0]


def _chapter(name: str) -> str:
    module = _module(name)
    lead = _prose(module.__doc__ or "")
    parts = [f"## {_sentence(name)}\n", f"{lead}\n", f"Tests: `tests/spec/test_{name}.py`.\n"]
    before = _shared(module)
    if before:
        parts += ["All examples of this chapter share:\n", *before]
    for key, function in vars(module).items():
        if key.startswith("test_") and inspect.isfunction(function) and function.__module__ == module.__name__:
            parts += _example(module, key, function)
    return "\n".join(parts)


def _shared(module: ModuleType) -> list[str]:
    """What the fixtures of a chapter declare."""
    recorder = Recorder()
    for fixture in _fixtures(module).values():
        if _needs(fixture) <= {"country", "records"}:
            _called(fixture, dict.fromkeys(_needs(fixture), recorder))
    return _blocks(recorder)


def _fixtures(module: ModuleType) -> dict[str, Callable[..., Any]]:
    own = {name: getattr(value, "__wrapped__", None) for name, value in vars(module).items()}
    return {n: f for n, f in own.items() if inspect.isfunction(f) and f.__module__ == module.__name__}


def _needs(function: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(function).parameters)


def _example(module: ModuleType, name: str, function: Callable[..., Any]) -> list[str]:
    """Heading, docstring and blocks of a test; nothing where it expects no table."""
    recorder, makes = Recorder(), {"country", "records", *_fixtures(module)}
    if not _needs(function) <= makes:
        return []
    before = getattr(module, "assert_rows", None)
    vars(module)["assert_rows"] = lambda _, expected: recorder.note(EXPECTED, "text", _table(expected))
    try:
        arguments = {n: (lambda *_, **__: recorder) if n == "sample" else recorder for n in _needs(function)}
        _called(function, arguments)
    finally:
        vars(module)["assert_rows"] = before
    while recorder.notes and recorder.notes[-1][0] != EXPECTED:
        recorder.notes.pop()
    if not recorder.notes:
        return []
    doc = [f"{_prose(function.__doc__)}\n"] if function.__doc__ else []
    return [f"### {_sentence(name.removeprefix('test_'))}\n", *doc, *_blocks(recorder)]


def _called(function: Callable[..., Any], arguments: dict[str, Any]) -> None:
    """Call a test on the recorder; it ends where it wants a value, which a recorder has not."""
    with suppress(Exception, pytest.fail.Exception):
        function(**arguments)


def _blocks(recorder: Recorder) -> list[str]:
    return [f"{sentence}\n\n```{language}\n{text}\n```\n" for sentence, language, text in recorder.notes]


def _table(text: str) -> str:
    """An ASCII table, its columns aligned."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines if not set(line) <= set("-+|")]
    widths = [max(len(row[i]) for row in cells if i < len(row)) for i in range(len(cells[0]))]
    head, *body = [" | ".join(c.ljust(w) for c, w in zip(row, widths, strict=False)).rstrip() for row in cells]
    return "\n".join([head, "-+-".join("-" * w for w in widths), *body])


def _prose(docstring: str) -> str:
    return re.sub(r"``([^`]+)``", r"`\1`", inspect.cleandoc(docstring))


def _sentence(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]
