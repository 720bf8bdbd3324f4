"""Standard output and standard error as they are when a command begins: their width, and whether a person reads."""

from __future__ import annotations

from rich.console import Console


def output() -> Console:
    """Standard output. Nothing is read of it when a module is imported: a width of then would stay for ever."""
    return Console(highlight=False)


def line(text: str) -> None:
    """Print a line to standard output; nothing in it is markup."""
    output().print(text, soft_wrap=True, markup=False, highlight=False)


def refuse(error: Exception) -> None:
    """Print the one line of an error to standard error; nothing in it is markup."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(str(error), style="red", markup=False)
