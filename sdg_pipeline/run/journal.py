"""Says what happens in a run as lines of JSON, where ``SDG_LOG=json`` asks for them.

A line has the time, the event and, of a step, its name and counts. What belongs here: the lines. What does not: what
happens (runner), words for people (cli), figures over time (figures).
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from sdg_pipeline import clock
from sdg_pipeline.errors import SdgError
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.state import Outcome, Report

EVENTS = logging.getLogger("sdg.run")
EVENTS.addHandler(logging.NullHandler())


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return line(record.getMessage(), **getattr(record, "facts", {}))


class Lines(io.TextIOBase):
    """A stream of text for people, each line of which becomes a line of JSON."""

    def __init__(self, stream: TextIO, event: str) -> None:
        self._stream, self._event, self._begun = stream, event, ""

    def write(self, text: str) -> int:
        *whole, self._begun = (self._begun + text).split("\n")
        for words in filter(None, map(str.strip, whole)):
            self._stream.write(line(self._event, text=words) + "\n")
        return len(text)

    def flush(self) -> None:
        self._stream.flush()


def line(event: str, **facts: object) -> str:
    """One line of JSON, without its end."""
    time = clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"time": time, "event": event, **facts}, ensure_ascii=False, default=str)


def write_to(stream: TextIO) -> None:
    """Write the events of this process to a stream, and to no other from now on."""
    for handler in EVENTS.handlers[:]:
        EVENTS.removeHandler(handler)
    own = logging.StreamHandler(stream)
    own.setFormatter(_Line())
    EVENTS.addHandler(own)
    EVENTS.setLevel(logging.INFO)
    EVENTS.propagate = False


def tell(event: str, **facts: object) -> None:
    """Say that something happened; nobody hears it unless ``write_to`` was called."""
    EVENTS.info(event, extra={"facts": facts})


def ended(outcome: Outcome) -> None:
    """Say that a step had its turn."""
    facts = {"computed": outcome.computed, "seconds": round(outcome.seconds, 3), "counts": counts(outcome.report)}
    tell("step_ended", step="/".join(outcome.step.key), **facts)


def counts(report: Report) -> dict[str, int]:
    """The whole numbers of a report, and how many names its lists have."""
    whole = {name: len(value) if isinstance(value, tuple) else value for name, value in report}
    return {name: value for name, value in whole.items() if isinstance(value, int) and not isinstance(value, bool)}


@contextmanager
def failing(step: Step) -> Iterator[None]:
    """Say why a step failed; of an error that is not for people only its name, since its text may show a secret."""
    try:
        yield
    except Exception as error:
        why = str(error) if isinstance(error, SdgError) else type(error).__name__
        tell("step_failed", step="/".join(step.key), why=why)
        raise
