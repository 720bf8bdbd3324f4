"""Strict YAML: scalars stay text, places know their lines, mistakes come back as problems."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sdg_pipeline.errors import controls
from sdg_pipeline.specs import yaml


def read(tmp_path: Path, text: str | bytes) -> yaml.Document:
    path = tmp_path / "spec.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return yaml.read(path, "goal_01/spec.yaml")


@pytest.mark.parametrize(
    "scalar",
    ["01", "NO", "no", "on", "Y", "1.10", "1e3", "0x1F", "1_000", "12:30:00", "2020-01-01", ".5", "null_value", "007"],
)
def test_scalars_stay_text(tmp_path: Path, scalar: str) -> None:
    document = read(tmp_path, f"a: {scalar}\nb: [{scalar}]\n{scalar}: key\n")
    assert document.data == {"a": scalar, "b": [scalar], scalar: "key"}
    assert document.problems == []


@pytest.mark.parametrize(("written", "value"), [("", None), ("~", None), ("null", None), ("'null'", "null"),
                                                ('""', ""), ("'~'", "~")])  # fmt: skip
def test_nothing_is_none_and_quoted_nothing_is_text(tmp_path: Path, written: str, value: Any) -> None:
    assert read(tmp_path, f"a: {written}\n").data == {"a": value}


def test_text_keeps_its_letters(tmp_path: Path) -> None:
    assert read(tmp_path, "es: Querétaro\nen: >-\n  two\n  lines\n").data == {"es": "Querétaro", "en": "two lines"}


def test_every_place_knows_its_line(tmp_path: Path) -> None:
    document = read(tmp_path, "id: x\nchecks:\n  range: [0, 1]\n  agrees_with:\n    - area: MX\n    - area: MX01\n")
    assert document.line(("id",)) == 1
    assert document.line(("checks", "range")) == 3
    assert document.line(("checks", "range", 1)) == 3
    assert document.line(("checks", "agrees_with", 1, "area")) == 6
    assert document.line(("checks", "agrees_with", 1, "no_such_key")) == 6
    assert document.line(("nowhere",)) == 1


@pytest.mark.parametrize(
    ("place", "text"),
    [((), ""), (("a",), "a"), (("a", 0, "b"), "a[0].b"), (("editions", "2020", "url"), "editions.2020.url")],
)
def test_places_are_written_with_dots(place: yaml.Place, text: str) -> None:
    assert yaml.dotted(place) == text


def test_every_duplicate_key_is_reported_and_the_first_is_kept(tmp_path: Path) -> None:
    document = read(tmp_path, "id: x\nmethod:\n  kind: ratio\n  kind: count\nid: y\n")
    assert document.data == {"id": "x", "method": {"kind": "ratio"}}
    assert [str(p) for p in document.problems] == [
        "goal_01/spec.yaml:4: method.kind: duplicate key, first used on line 3; found 'kind'; "
        "remedy: keep one of the two",
        "goal_01/spec.yaml:5: id: duplicate key, first used on line 1; found 'id'; remedy: keep one of the two",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "goal_01/spec.yaml:1: is empty"),
        ("# only a comment\n", "goal_01/spec.yaml:2: is empty"),
        ("a:\n\t- b\n", "goal_01/spec.yaml:2: is not YAML: found character that cannot start any token"),
        ("a: [1, 2\nb: 3\n", "goal_01/spec.yaml:2: is not YAML: did not find expected ',' or ']'"),
        ("a: 'x\n", "goal_01/spec.yaml:2: is not YAML: found unexpected end of stream"),
        ("a: 1\n---\nb: 2\n", "goal_01/spec.yaml:2: is not YAML: another document follows the first"),
        (
            "a: {b: 1}\nc: *nowhere\n",
            "goal_01/spec.yaml:2: c: an alias of an anchor that is not there",
        ),
    ],
)
def test_what_is_no_yaml_is_one_problem_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    document = read(tmp_path, text)
    [said] = [str(p) for p in document.problems]
    assert said.partition("; remedy: ")[0] == problem and "; remedy: " in said
    assert document.data is None or "alias" in problem


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: " + "[" * 50_000, "nested too deeply"),
        ("{a: " * 20_000, "nested too deeply"),
        ("- " * 20_000, "nested too deeply"),
        ("".join(f"k{n}: x\n" for n in range(20_000)), "more than 20,000 entries"),
        ("a: " + "x" * 1_000_001, "more than 1,000,000 bytes"),
        ("? [a]\n: b\n", "a key is no text"),
    ],
    ids=["brackets", "braces", "dashes", "keys", "bytes", "key"],
)
def test_a_file_is_bounded_in_depth_entries_and_bytes(tmp_path: Path, text: str, says: str) -> None:
    [problem] = read(tmp_path, text).problems
    assert says in str(problem) and problem.remedy


@pytest.mark.parametrize(
    ("text", "code"), [("\\e[31m", "001B"), ("\\0", "0000"), ("\\u202Ea", "202E"), ("\\x9b", "009B")]
)
def test_control_characters_are_refused_and_never_shown(tmp_path: Path, text: str, code: str) -> None:
    for written in (f'a: "{text}"\n', f'"{text}": a\n'):
        [problem] = read(tmp_path, written).problems
        assert f"has the control character U+{code}" in str(problem)
        assert not any(controls(c) for c in str(problem))


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_ordinary_file_is_not_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.yaml"
    {"pipe": lambda: os.mkfifo(path), "folder": path.mkdir, "device": lambda: path.symlink_to("/dev/zero")}[kind]()
    [problem] = yaml.read(path).problems
    assert "no ordinary file" in str(problem)


@pytest.mark.parametrize("bad", ["a: \x00\n", "a: " + "[" * 5000 + "]" * 5000])
def test_hostile_text_is_one_problem(tmp_path: Path, bad: str) -> None:
    [problem] = read(tmp_path, bad).problems
    assert problem.line == 1 and problem.message


def test_bytes_that_are_no_utf8_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    [problem] = read(tmp_path, "título: ñ".encode("latin-1")).problems
    assert str(problem).startswith("goal_01/spec.yaml: cannot be read as UTF-8 text: ")
    [problem] = yaml.read(tmp_path / "nowhere.yaml").problems
    assert "nowhere.yaml" in str(problem) and "No such file" in str(problem)


def test_aliases_are_refused(tmp_path: Path) -> None:
    document = read(tmp_path, "a: &words {en: x}\nb:\n  c: *words\n")
    assert document.data == {"a": {"en": "x"}, "b": {"c": None}}
    assert [str(p) for p in document.problems] == [
        "goal_01/spec.yaml:3: b.c: an alias repeats what stands on line 1; specs have no templating; "
        "remedy: write it out"
    ]


def test_an_alias_of_itself_and_a_bomb_of_aliases_end_at_once(tmp_path: Path) -> None:
    assert len(read(tmp_path, "a: &x [*x]\n").problems) == 1
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    assert len(read(tmp_path, "\n".join(lines)).problems) == 39 * 9
