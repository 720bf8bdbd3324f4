"""Every example of the documents runs as it stands: on the starter data, or on what it says that it needs.

An example is a block of code in ``README.md``, ``CONTRIBUTING.md`` and ``docs``. Those that need national data say so in
the line before (``NATIONAL``). What another test runs is listed with the name of that test (``ELSEWHERE``).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from end_to_end.product import Product, Run, copy_home

from sdg_pipeline.settings import PROJECT

PAGES = (PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").glob("*.md")))
GENERATED = {"spec_examples.md", "specs.md", "commands.md", "dictionary.md", "sources.md"}
"""Pages that follow from code and tests, which hold what they show."""
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```\n(?:\s*```text\n(.*?)^ *```\n)?", re.MULTILINE | re.DOTALL)
NATIONAL = "national run"
RELEASES = "several releases"
KINDS = ("sql", "python", "sh", "console", "r")
ELSEWHERE = {
    "make run": "tests/end_to_end/test_starter.py",
    "sdg sql indigenous_language_speakers": "tests/unit/test_docs.py",
    "SDG_MIRROR=mirror.yaml sdg new table inegi_envipe 2021": "tests/unit/test_new_table.py",
    "SDG_REVIEW=required SDG_ACTOR=robot sdg run --release 2026-12": "tests/end_to_end/test_releases.py",
    "python -m tools.reference docs": "tests/unit/test_docs.py",
    "sdg release verify NAME --key institution.pub": "tests/unit/test_signature.py",
    "sdg sources probe": "tests/institutions/test_probe.py",
    "sdg sources verify data/probe/addresses.json": "tests/institutions/test_probe.py",
}
"""First words of transcripts, and of commands that change the checkout, with the test that does the same."""


@dataclass(frozen=True)
class Example:
    """A block of code with the words before it and the output below it."""

    page: str
    line: int
    kind: str
    code: str
    output: str
    before: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def _examples() -> list[Example]:
    examples = []
    for page in PAGES:
        if page.name in GENERATED:
            continue
        text = page.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            _, kind, code, output = match.groups()
            before = text[: match.start()].rstrip().rsplit("\n\n", 1)[-1].rsplit("```", 1)[-1]
            line = text.count("\n", 0, match.start()) + 1
            if kind in KINDS:
                examples.append(Example(page.name, line, kind, code, output or "", before))
    return examples


EXAMPLES = _examples()


def of_kind(*kinds: str) -> list[Example]:
    return [example for example in EXAMPLES if example.kind in kinds]


def needs(example: Example) -> str:
    """What an example says that it needs beyond the starter data."""
    return next((word for word in (NATIONAL, RELEASES) if word in example.before), "")


@pytest.mark.parametrize("example", [e for e in of_kind("sql") if not needs(e)], ids=str)
def test_a_query_gives_on_the_starter_data_what_the_page_shows(starter: Run, example: Example) -> None:
    assert_shown(starter.product, example)


@pytest.mark.parametrize("example", [e for e in of_kind("sql") if needs(e) == NATIONAL], ids=str)
def test_a_query_gives_on_national_data_what_the_page_shows(
    national: Run, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_shown(national.product, example)
    for written in tmp_path.glob("*.geojson"):
        features = json.loads(written.read_text(encoding="utf-8"))["features"]
        assert len(features) == 2469 and features[0]["geometry"]["coordinates"]


def assert_shown(product: Product, example: Example) -> None:
    """A query as it stands gives the output below it; without one, it gives rows."""
    warehouse = str(product.layout.warehouse)
    code = example.code.replace("'sdg.duckdb'", f"'{warehouse}'")
    with duckdb.connect() if "ATTACH" in code else duckdb.connect(warehouse, read_only=True) as con:
        *first, last = con.extract_statements(code)
        for statement in first:
            con.execute(statement)
        if example.output:
            assert str(con.sql(last.query)).rstrip() == example.output.rstrip()
        else:
            assert con.execute(last).fetchall()


@pytest.mark.parametrize("example", [e for e in of_kind("python") if needs(e) != NATIONAL], ids=str)
def test_python_runs_on_the_starter_data(starter: Run, example: Example, tmp_path: Path) -> None:
    assert_prints(starter.product, example, tmp_path)


@pytest.mark.parametrize("example", [e for e in of_kind("python") if needs(e) == NATIONAL], ids=str)
def test_python_runs_on_national_data(national: Run, example: Example, tmp_path: Path) -> None:
    assert_prints(national.product, example, tmp_path)


def assert_prints(product: Product, example: Example, folder: Path) -> None:
    """A program in a folder of the home prints the output below it."""
    copied = folder / "home"
    copied.mkdir()
    source = product.layout.latest if "warehouse/" not in example.code else product.home
    for path in source.resolve().iterdir():
        (copied / path.name).symlink_to(path)
    said = subprocess.run([sys.executable, "-c", example.code], cwd=copied, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    if example.output:
        assert said.stdout.rstrip() == example.output.rstrip()


@pytest.mark.parametrize("example", of_kind("r"), ids=str)
def test_r_runs_on_the_starter_data(starter: Run, example: Example) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed: r-base-core")
    said = subprocess.run(
        ["Rscript", "-e", example.code], cwd=starter.product.layout.latest, capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.rstrip() == example.output.rstrip()


@dataclass(frozen=True)
class Command:
    """A command of a page, with the variables before it."""

    page: str
    words: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return " ".join([*(f"{name}={value}" for name, value in self.variables), *self.words])


def _commands() -> list[Command]:
    commands = []
    for example in of_kind("sh", "console"):
        for line in example.code.splitlines():
            typed = line.strip().removeprefix("$ ")
            if example.kind == "console" and not line.strip().startswith("$ "):
                continue
            words = shlex.split(typed, comments=True)
            split = next(n for n, word in enumerate(words) if not re.fullmatch(r"[A-Z_]+=.*", word))
            variables = [tuple(word.split("=", 1)) for word in words[:split]]
            command = Command(example.page, tuple(words[split:]), tuple((n, v) for n, v in variables))
            commands.append(command)
            if str(command) in ELSEWHERE and example.kind == "console":
                break  # what follows in the transcript is done by that test as well
    return commands


COMMANDS = _commands()


def test_what_another_test_runs_is_on_a_page_and_there_is_such_a_test() -> None:
    shown = {str(command) for command in COMMANDS}
    assert [command for command in ELSEWHERE if command not in shown] == []
    assert [path for path in ELSEWHERE.values() if not (PROJECT / path).is_file()] == []


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.words[0] == "make"], ids=str)
def test_make_knows_a_target(command: Command) -> None:
    said = subprocess.run(["make", "-n", *command.words[1:]], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.words[0] != "make" and str(c) not in ELSEWHERE], ids=str)
def test_a_command_works_on_the_starter_data(starter: Run, command: Command, tmp_path: Path) -> None:
    program = command.words[0]
    if program == "duckdb":
        pytest.skip("DuckDB's own shell is another program; its queries are those of the page")
    product = copy_home(starter.product, tmp_path / "home").with_(**dict(command.variables))
    if program == "sdg":
        if command.words[1] == "schema":
            shutil.copytree(PROJECT / "indicator_specs", tmp_path / "specs")
            product = product.with_(SDG_SPECS=tmp_path / "specs")
        said = product.call(*command.words[1:])
        assert said.code == 0, said
        return
    done = subprocess.run(command.words, cwd=product.layout.latest, env=os.environ, capture_output=True, check=False)
    assert done.returncode == 0, done
