"""Standard output and standard error as they are when a command begins: their width, and whether a person reads.

With ``SDG_LOG=json`` every line is JSON, of both.
"""

from __future__ import annotations

import os
import sys
from typing import IO, TextIO, cast

from rich.console import Console
from rich.text import Text

from sdg_pipeline.run import journal
from sdg_pipeline.settings import json_log_asked

WIDEST = 10_000
"""Columns of a line of JSON, so that no text is broken over two of them."""


def output() -> Console:
    """Standard output. Nothing is read of it when a module is imported: a width of then would stay for ever.

    No text is markup: specs, manifests, records and paths may hold brackets. What is coloured is ``styled``.
    """
    return _console(sys.stdout, "text")


def styled(label: str, style: str, text: str = "") -> Text:
    """A label in a style, and what follows it."""
    return Text.assemble((label, style), text)


def line(text: str | Text) -> None:
    """Print a line to standard output."""
    output().print(text, soft_wrap=True)


def refuse(error: Exception) -> None:
    """Print the one line of an error to standard error."""
    _console(sys.stderr, "refused", soft_wrap=True).print(str(error), style="red")


def _console(stream: TextIO, event: str, soft_wrap: bool = False) -> Console:
    if not json_log_asked(os.environ):
        return Console(stderr=stream is sys.stderr, highlight=False, markup=False, emoji=False, soft_wrap=soft_wrap)
    lines = cast("IO[str]", journal.Lines(stream, event))
    return Console(file=lines, highlight=False, markup=False, emoji=False, soft_wrap=soft_wrap, width=WIDEST)
