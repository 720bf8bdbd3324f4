"""``sdg commitments``: what the warehouse of the release in force knows of open government.

What belongs here: arguments and what is printed. What does not: rules and figures (``open_government``, warehouse).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from sdg_pipeline import clock
from sdg_pipeline.cli.console import output
from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import Settings

if TYPE_CHECKING:
    import duckdb

app = typer.Typer()


@app.command()
def commitments(
    goal: Annotated[int | None, typer.Option(help="Only those that serve this goal.")] = None,
    institution: Annotated[str | None, typer.Option(help="Only those of institutions with this in their name.")] = None,
    on: Annotated[str | None, typer.Option(help="Day on which they are judged; today if none.")] = None,
) -> None:
    """Say what institutions promised by when, and whether it is met, late, overdue, not yet due or unknown."""
    day = _day(on) if on else clock.now().date()
    where = "($1 IS NULL OR goal = $1) AND ($2 IS NULL OR institution ILIKE '%' || $2 || '%')"
    query = f"FROM commitments(DATE '{day}') WHERE {where} ORDER BY promised_on DESC, register, commitment"
    with warehouse() as con:
        rows = _rows(con, query, [goal, institution])
    if not rows:
        raise UsageError("no commitment fits; remedy: leave out --goal and --institution")
    for row in rows:
        verdict = f", {row['verdict']} by its reviewer" if row["verdict"] else ""
        _line(f"[bold]{row['status'].replace('_', ' ')}[/]{verdict}: {escape(row['title_en'] or row['title_es'])}")
        _line(f"    {row['register']} {row['commitment']}, {escape(row['institution'])}, by {row['promised_on']}")
    counts = Counter((row["verdict"] or row["status"]).replace("_", " ") for row in rows)
    _line(f"{len(rows)} commitments on {day}: {', '.join(f'{n} {word}' for word, n in counts.items())}")


@contextmanager
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of the release in force, to be read; UsageError where there is none."""
    import duckdb

    path = Layout(Settings.from_environment().home).warehouse
    if not path.is_file():
        raise UsageError(f"no warehouse at {path}; remedy: `sdg run`")
    with duckdb.connect(str(path), read_only=True) as con:
        yield con


def _rows(con: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    """The rows of a query by column; what its macros refuse is a UsageError."""
    import duckdb

    try:
        cursor = con.execute(query, values)
    except duckdb.InvalidInputException as error:
        raise UsageError(str(error).removeprefix("Invalid Input Error: ")) from error
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--on {text!r} is no day; remedy: write 2026-09-30") from None


def _line(text: str) -> None:
    output().print(text, soft_wrap=True)
