"""What a table of open government is, and its kinds of columns.

What belongs here: the form. What does not: the tables themselves (``tables``).
"""

from __future__ import annotations

from dataclasses import dataclass

from sdg_pipeline.specs.fields import Field


@dataclass(frozen=True)
class Table:
    """A table of the release and of the warehouse: ``name`` there, ``file`` in the release."""

    name: str
    file: str
    columns: tuple[Field, ...]
    key: tuple[str, ...]
    en: str
    es: str


def text(name: str, en: str, es: str, required: bool = True) -> Field:
    """A column of text, with what it means in both languages."""
    return Field(name, "text", required, en, es)


def number(name: str, en: str, es: str) -> Field:
    """A column of numbers, which may be empty."""
    return Field(name, "number", False, en, es)


def whole(name: str, en: str, es: str, required: bool = True) -> Field:
    """A column of whole numbers."""
    return Field(name, "integer", required, en, es)
