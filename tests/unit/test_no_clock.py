"""No test measures time, sleeps to meet, or fails on a busy machine: bounds of time are benchmarks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from sdg_pipeline.settings import PROJECT

CLOCKS = {
    "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time", "process_time_ns", "sleep",
    "wait_for_timeout", "getloadavg",
}  # fmt: skip
ALLOWED = {
    "tests/browser/desk_server.py": "asks a server again until it answers; the bound is a net",
    "tests/end_to_end/test_kill.py": "chooses the moment of a kill; nothing is asserted of it",
    "tests/support/forked.py": "says how much of the processor a run took, of which a kill takes a part",
    "tests/hostile/stage.py": "kills what hangs; `make hostile` alone judges how long a refusal took",
    "tests/support/office.py": "asks an office again until it answers; the bound is a net",
    "tests/faults/__main__.py": "prints how long the faults took, and is no test",
}
NET_SECONDS = 60
"""The least that a test waits for a process or an answer before it fails."""
FILES = sorted(p.relative_to(PROJECT).as_posix() for p in (PROJECT / "tests").rglob("*.py"))


def clocks(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of each call of a clock."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in CLOCKS:
                yield node.lineno, name


def short_nets(source: str) -> Iterator[tuple[int, float]]:
    """Line and seconds of each ``timeout`` of a number below NET_SECONDS."""
    for node in ast.walk(ast.parse(source)):
        for word in node.keywords if isinstance(node, ast.Call) else ():
            if word.arg == "timeout" and isinstance(word.value, ast.Constant) and word.value.value < NET_SECONDS:
                yield node.lineno, word.value.value


def text(path: str) -> str:
    return (PROJECT / path).read_text(encoding="utf-8")


def test_no_test_reads_a_clock() -> None:
    read = {path: list(clocks(text(path))) for path in FILES}
    assert {path: calls for path, calls in read.items() if calls and path not in ALLOWED} == {}
    assert [path for path in ALLOWED if not read.get(path)] == [], "these need not be allowed"


def test_no_test_gives_up_on_a_busy_machine() -> None:
    assert {path: nets for path in FILES if (nets := list(short_nets(text(path))))} == {}


@pytest.mark.parametrize("source", ["time.sleep(1)", "sleep(1)", "page.wait_for_timeout(600)", "os.getloadavg()"])
def test_a_clock_is_seen(source: str) -> None:
    assert list(clocks(source))
    assert not list(short_nets(source)) and list(short_nets("run(timeout=2)"))
