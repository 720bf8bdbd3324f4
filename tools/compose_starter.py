"""Compose the starter data: real census figures that come with the package, so that a run needs no network.

    python tools/compose_starter.py sdg_pipeline/starter FOLDER_WITH_THE_CENSUS_TABLES

What belongs here: which rows and columns of the official tables are selected, and the manifest that says so.
What does not: any figure or any change of one. Columns are those that ``tables/census.yaml`` reads and those
that its row rules name; the same input gives the same bytes.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.errors import UsageError
from sdg_pipeline.files import sha256_of, write_text, written_aside
from sdg_pipeline.specs import catalog, expressions
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.table import Part, Table

SPECS = Path(__file__).resolve().parents[1] / "indicator_specs"
TABLE = "census"
STATES = ("01", "03", "06", "22", "29")
"""Aguascalientes, Baja California Sur, Colima, Querétaro and Tlaxcala: few municipalities, small package."""


@dataclass(frozen=True)
class Piece:
    """A part of the table that comes with the package: from which file, to which, for which states."""

    level: Level
    read_from: str
    written_to: str
    states: tuple[str, ...] = ()


PIECES = (
    Piece(Level.STATE, "iter_entidades_2020.csv", "census_2020_states.csv"),
    Piece(Level.MUNICIPALITY, "iter_municipios_2020.csv", "census_2020_municipalities.csv", STATES),
)
ABSENT_REASON = "localities are too many for a package; fetch the edition, or name a mirror that has it"
OTHERS_REASON = "the package holds the census alone; fetch the others, or name a mirror that has them"


def columns_of(table: Table) -> list[str]:
    """The columns that the table reads or its row rules name, in the order of the spec."""
    rules = [rule.keep for part in table.parts for rule in part.rows]
    named = [column for rule in rules for column in expressions.columns(expressions.read(rule))]
    return list(dict.fromkeys([*table.used_columns, *named]))


def select(piece: Piece, part: Part, table: Table, source: Path) -> list[tuple[str, ...]]:
    """The rows of a piece, as text, ordered by area."""
    if not source.is_file():
        raise UsageError(f"no census table at {source}; remedy: name the folder that holds {piece.read_from}")
    rules = [f"({expressions.sql(expressions.read(rule.keep))})" for rule in part.rows]
    state, municipality = table.geography.state, table.geography.municipality
    if state is None or municipality is None:
        raise UsageError(f"table {table.id} names no columns of areas; remedy: compose from one that does")
    if piece.states:
        rules.append(f"{quoted(state)} IN ({', '.join(map(literal, piece.states))})")
    columns = ", ".join(map(quoted, columns_of(table)))
    keys = f"{quoted(state)}, {quoted(municipality)}"
    query = (
        f"SELECT {columns} FROM read_csv({literal(source)}, all_varchar=true, header=true, nullstr='') "
        f"WHERE {' AND '.join(rules)} ORDER BY {keys}"
    )
    with duckdb.connect() as con:
        return con.execute(query).fetchall()


def write_csv(target: Path, header: list[str], rows: list[tuple[str, ...]]) -> None:
    with written_aside(target) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def entry(piece: Piece, part: Part, out: Path) -> str:
    """The lines of one piece in the manifest."""
    lines = [
        f"  - source: {part.source}",
        f'    edition: "{part.edition}"',
        f"    path: {piece.written_to}",
        f'    sha256: "{sha256_of(out / piece.written_to)}"',
        "    container: plain",
        "    columns: used",
    ]
    if piece.states:
        lines.append("    states: [" + ", ".join(f'"{state}"' for state in piece.states) + "]")
    return "\n".join(lines)


def manifest(table: Table, entries: list[str], levels: set[Level]) -> str:
    """The whole manifest: the entries, and every part of the table that does not come with the package."""
    absent = [
        f'  - source: {part.source}\n    edition: "{part.edition}"\n    reason: {ABSENT_REASON}'
        for part in table.parts
        if part.level not in levels
    ]
    head = ["# Written by tools/compose_starter.py, see README.md", "name: starter", 'root: "."']
    return "\n".join([*head, "entries:", *entries, "absent:", *absent, f"others: {OTHERS_REASON}"]) + "\n"


def compose(out: Path, folder: Path) -> None:
    """Write the tables and the manifest into ``out``."""
    table = catalog.load(SPECS).sound().tables[TABLE]
    parts = {part.level: part for part in table.parts}
    entries = []
    for piece in PIECES:
        part = parts[piece.level]
        rows = select(piece, part, table, folder / piece.read_from)
        write_csv(out / piece.written_to, columns_of(table), rows)
        entries.append(entry(piece, part, out))
        print(f"{piece.written_to}: {len(rows)} rows, {len(columns_of(table))} columns")
    write_text(out / "mirror.yaml", manifest(table, entries, {piece.level for piece in PIECES}))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: python tools/compose_starter.py OUT FOLDER_WITH_THE_CENSUS_TABLES")
    try:
        compose(Path(sys.argv[1]), Path(sys.argv[2]))
    except UsageError as error:
        raise SystemExit(str(error)) from error
