"""How far a place has come to its targets, as the table ``progress`` has it.

What belongs here: these figures, and reading them. What does not: words about them (words), and other figures (model).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sdg_pipeline import duck

if TYPE_CHECKING:
    import duckdb


class Toward(NamedTuple):
    """How far a place has come to one target; growth and ratio in per cent."""

    target_value: float | None
    target_year: str
    base_period: str | None
    base_value: float | None
    time_period: str
    obs_value: float | None
    actual_growth: float | None
    required_growth: float | None
    ratio: float | None
    kind: str | None
    """Class of Eurostat, or ``reached`` or ``missed``."""
    reason: str | None
    """Why there is no ratio."""


def toward(con: duckdb.DuckDBPyConnection, place: str) -> dict[str, Toward]:
    """By indicator, how far a place has come to each target that is for its level."""
    columns = ", ".join(duck.name("class" if name == "kind" else name) for name in Toward._fields)
    rows = con.execute(f"SELECT indicator, {columns} FROM progress WHERE ref_area = ?", [place]).fetchall()
    return {name: Toward(*fields) for name, *fields in rows}
