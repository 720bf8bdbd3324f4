"""The lock of a data folder: steps of one process share it, another process waits and says so, a kill frees it."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.run.lock import LOG, turn
from sdg_pipeline.settings import PROJECT

HOLD = """
import sys
from pathlib import Path
from sdg_pipeline.layout import Layout
from sdg_pipeline.run.lock import turn
with turn(Layout(Path(sys.argv[1]))):
    print("has it", flush=True)
    sys.stdin.read()
"""
LIMIT_SECONDS = 60


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "home")


@pytest.fixture
def other(layout: Layout) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock until its input ends."""
    command = [sys.executable, "-c", HOLD, str(layout.home)]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "has it\n"
        yield process
        process.kill()


class Waiter(threading.Thread):
    """A step that wants its turn; ``said`` is set by the message of waiting, ``entered`` inside the turn."""

    def __init__(self, layout: Layout) -> None:
        super().__init__(daemon=True)
        self.layout = layout
        self.messages: list[str] = []
        self.said, self.entered = threading.Event(), threading.Event()

    def run(self) -> None:
        with turn(self.layout, self.say):
            self.entered.set()

    def say(self, message: str) -> None:
        self.messages.append(message)
        self.said.set()


def test_steps_of_one_process_share_it(layout: Layout) -> None:
    with turn(layout):
        step = Waiter(layout)
        step.start()
        assert step.entered.wait(LIMIT_SECONDS)
        step.join()
        with turn(layout):
            assert layout.run_lock.exists()
    assert step.messages == []


@pytest.mark.parametrize("killed", [False, True])
def test_another_process_waits_and_says_so_once(layout: Layout, other: subprocess.Popen[str], killed: bool) -> None:
    waiter = Waiter(layout)
    waiter.start()
    assert waiter.said.wait(LIMIT_SECONDS)
    assert not waiter.entered.is_set()
    if killed:
        other.kill()
    else:
        assert other.stdin is not None
        other.stdin.close()
    assert waiter.entered.wait(LIMIT_SECONDS)
    waiter.join()
    assert waiter.messages == [f"another run holds {layout.home}; waiting"]


def test_the_message_goes_to_the_log_where_nobody_listens(layout: Layout, other: subprocess.Popen[str]) -> None:
    records: list[logging.LogRecord] = []

    class FreesTheLock(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)
            other.kill()

    handler = FreesTheLock()
    LOG.addHandler(handler)
    try:
        with turn(layout):
            pass
    finally:
        LOG.removeHandler(handler)
    assert [(r.levelname, r.getMessage()) for r in records] == [
        ("WARNING", f"another run holds {layout.home}; waiting")
    ]


def test_what_a_killed_run_left_is_swept(layout: Layout) -> None:
    scratch = layout.scratch
    (scratch / "half").mkdir(parents=True)
    (scratch / "a.part").write_bytes(b"1")
    (scratch / "b.tmp").write_bytes(b"1")
    aside = layout.data / "indicators" / ".x.parquet.1.aside"
    aside.parent.mkdir(parents=True)
    aside.write_bytes(b"1")
    with turn(layout):
        assert sorted(path.name for path in scratch.iterdir()) == ["a.part"]
        assert not aside.exists()


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(UsageError, match=r"SDG_HOME=.*file cannot be used: .*remedy: name a folder"),
        turn(Layout(tmp_path / "file")),
    ):
        pass
