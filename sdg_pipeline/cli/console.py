"""Standard output and standard error as they are when a command begins: their width, and whether a person reads."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text


def output() -> Console:
    """Standard output. Nothing is read of it when a module is imported: a width of then would stay for ever.

    No text is markup: specs, manifests, records and paths may hold brackets. What is coloured is ``styled``.
    """
    return Console(highlight=False, markup=False, emoji=False)


def styled(label: str, style: str, text: str = "") -> Text:
    """A label in a style, and what follows it."""
    return Text.assemble((label, style), text)


def line(text: str | Text) -> None:
    """Print a line to standard output."""
    output().print(text, soft_wrap=True)


def refuse(error: Exception) -> None:
    """Print the one line of an error to standard error."""
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
    console.print(str(error), style="red")
