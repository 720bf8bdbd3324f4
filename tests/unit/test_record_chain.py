"""The record of a release is a chain: who alters, inserts or removes a line is noticed, and old records stay readable."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from release_fixture import contents
from release_fixture import settings as of_home

from sdg_pipeline.cli.release import release_verify
from sdg_pipeline.errors import BlockedRelease, InputError, UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.release import chain, events, policy, review
from sdg_pipeline.release.build import build
from sdg_pipeline.release.events import Account
from sdg_pipeline.release.manifest import proof

OLD = '{"event": "drafted", "who": "robot", "when": "2025-01-01T00:00:00.000Z", "accepted": []}\n'


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "r1.events.jsonl"
    for who in ("Ana", "Luis", "Eva", "Zoé"):
        events.append(path, events.home_event("required", who))
    return path


def test_each_line_has_the_hash_of_the_line_before(record: Path) -> None:
    first, *others = events.read_record(record)
    lines = record.read_bytes().splitlines(keepends=True)
    assert first.previous == chain.head(b"")
    assert [event.previous for event in others] == [chain.head(line) for line in lines[:-1]]
    assert {event.format for event in (first, *others)} == {events.FORMAT}
    assert chain.fault(record) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip), min_size=2, max_size=6), st.data())
def test_what_was_altered_inserted_or_removed_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("record") / "r1.events.jsonl"
    kept = []
    for number, name in enumerate(names):
        try:
            kept.append(events.append(path, events.home_event("required", f"{number}{name}")))
        except UsageError:
            assert not name.strip()
    assert chain.fault(path) is None
    lines = path.read_bytes().splitlines(keepends=True)
    n = data.draw(st.integers(0, len(lines) - 2))
    altered = [*lines[:n], lines[n].replace(b"required", b"accounts"), *lines[n + 1 :]]
    removed = [*lines[:n], *lines[n + 1 :]]
    doubled = [*lines[: n + 1], *lines[n:]]
    for wrong, line in ((altered, n + 2), (removed, n + 1), (doubled, n + 2)):
        path.write_bytes(b"".join(wrong))
        assert f"line {line} does not follow" in str(chain.fault(path))


def test_lines_from_before_there_were_chains_are_read_and_then_protected(tmp_path: Path) -> None:
    path = tmp_path / "r1.events.jsonl"
    path.write_text(OLD * 3, encoding="utf-8")
    assert chain.fault(path) is None
    assert [event.format for event in events.read_record(path)] == [1, 1, 1]
    events.append(path, events.home_event("required", "Ana"))
    events.append(path, events.home_event("required", "Luis"))
    assert chain.fault(path) is None
    assert [event.format for event in events.read_record(path)] == [1, 1, 1, 2, 2]
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("robot", "human", 1), encoding="utf-8")
    assert "line 4 does not follow" in str(chain.fault(path))
    path.write_text(whole + OLD, encoding="utf-8")
    assert "line 6 does not follow" in str(chain.fault(path)), "a line without hash after the chain began"


def test_a_line_that_was_cut_short_is_no_line(record: Path) -> None:
    with record.open("ab") as file:
        file.write(b'{"event": "wai')
    assert chain.fault(record) is None
    events.append(record, events.home_event("waived", "Ana"))
    assert (chain.fault(record), len(events.read_record(record))) == (None, 5)


def test_a_record_of_a_newer_program_is_refused_in_one_message(record: Path) -> None:
    event = {**asdict(events.home_event("required", "Ana")), "format": 3, "shelf": "unheard of"}
    record.write_text(json.dumps(event) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"format: was written by a newer sdg-pipeline.*up to 2; found '3'; remedy"):
        events.read_record(record)


def test_verify_names_the_first_broken_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = Layout(tmp_path)
    build(contents(layout), layout, of_home(layout))
    monkeypatch.setenv("SDG_HOME", str(tmp_path))
    release_verify("r1")
    path = layout.events("r1")
    assert f"r1.events.jsonl: {chain.head(path.read_bytes())} is the hash" in capsys.readouterr().out
    path.write_text(path.read_text(encoding="utf-8").replace("unknown", "nobody", 1), encoding="utf-8")
    (fault,) = proof(layout, layout.release("r1"))
    assert fault.startswith("r1.events.jsonl: line 2 does not follow")


def test_four_eyes_are_two_accounts_where_there_is_a_log_in(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    office = replace(of_home(layout), review_required=True, logins=True, actor="robot")
    build(contents(layout), layout, office)
    policy.remember(layout, office)
    review.review(layout, "r1", "Luis", "free text, in a shell of before")
    with pytest.raises(UsageError, match="'Ana' is free text, and names here come from the log-in; remedy: log in"):
        review.publish(layout, "r1", "Ana", of_home(layout))
    with pytest.raises(BlockedRelease, match="another person than ana has to review it, nobody did"):
        review.publish(layout, "r1", Account("ana"), office)
    review.review(layout, "r1", Account("ana"), "")
    with pytest.raises(BlockedRelease, match="only ana did"):
        review.publish(layout, "r1", Account("ana"), office)
    review.review(layout, "r1", Account("luis"), "")
    review.publish(layout, "r1", Account("ana"), office)
    assert [(e.who, e.login) for e in events.read(layout, "r1")][1:] == [
        ("Luis", False), ("ana", True), ("luis", True), ("ana", True)]  # fmt: skip
    policy.waive(layout, "Eva", "the office has closed")
    assert not policy.needs_login(layout, of_home(layout))
