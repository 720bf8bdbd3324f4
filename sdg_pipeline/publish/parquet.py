"""Writes Parquet: one file with all observations, and one file per indicator.

What belongs here: columns, order and metadata of the Parquet files. What does not: values. Rows are ordered by the key
before writing, so that the same contents give the same bytes. Nothing in a file names its release. An indicator that
did not change has the same bytes in the next one, and shares their storage.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.errors import InputError
from sdg_pipeline.open_government import tables as open_tables
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.specs import fields

if TYPE_CHECKING:
    import duckdb

OBSERVATIONS = "observations.parquet"
VINTAGES = "vintages.parquet"
REVISIONS = "revisions.parquet"
DIFFERENCES = "differences.parquet"
MODELS = "models.parquet"
DEVIATIONS = "deviations.parquet"
PROFILES = "profiles.parquet"
FOLDER = "indicators"


@dataclass(frozen=True)
class Companion:
    """A table that a release may have besides its values: file, columns, key (where it has one), and what it holds."""

    file: str
    columns: tuple[fields.Field, ...]
    key: tuple[str, ...]
    en: str
    es: str


COMPANIONS = (
    Companion(
        VINTAGES,
        fields.OBSERVATION,
        (*fields.KEY, "source_edition"),
        "values of revised series as of each of their cuts",
        "valores de las series revisadas según cada corte",
    ),
    Companion(
        REVISIONS,
        fields.REVISION,
        (),
        "what each cut of a series changed of the one before",
        "lo que cada corte de una serie cambió del anterior",
    ),
    Companion(
        DIFFERENCES,
        fields.DIFFERENCE,
        fields.DIFFERENCE_KEY,
        "differences between survey estimates, with their tests",
        "diferencias entre estimaciones de encuestas, con sus pruebas",
    ),
    Companion(
        MODELS,
        fields.MODEL,
        fields.MODEL_KEY,
        "models of small areas: coefficients, weights, residuals",
        "modelos de áreas pequeñas: coeficientes, pesos, residuos",
    ),
    Companion(
        DEVIATIONS,
        fields.DEVIATION,
        fields.DEVIATION_KEY,
        "values that deviate from a rule of coherence, explained or open",
        "valores que se desvían de una regla de coherencia, explicados o abiertos",
    ),
    Companion(
        PROFILES,
        fields.PROFILE,
        (),
        "what stands in the columns of the tables behind the values",
        "lo que contienen las columnas de las tablas de origen",
    ),
    *(Companion(t.file, t.columns, t.key, t.en, t.es) for t in open_tables.TABLES),
)


def companions(folder: Path) -> list[Companion]:
    """The tables besides the values that lie in the folder of a release."""
    return [companion for companion in COMPANIONS if (folder / companion.file).exists()]


COLUMNS = ", ".join(duck.name(n) for n in fields.names())
ORDER = ", ".join(duck.name(n) for n in fields.KEY)


def write(contents: Contents, folder: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Write ``observations.parquet``, ``indicators/<id>.parquet``, and what there is besides (see Contents)."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)

    def one(cursor: duckdb.DuckDBPyConnection, item: tuple[str, Path]) -> None:
        indicator, path = item
        require_columns(path, cursor)
        rows = f"FROM read_parquet({duck.text(path)}) ORDER BY {ORDER}"
        _copy(rows, folder / FOLDER / f"{indicator}.parquet", contents, cursor)

    duck.side_by_side(con, sorted(contents.indicator_files.items()), one)
    # Each file is ordered and the indicator is the first column of the key: one after the other, all are ordered.
    ordered = (folder / FOLDER / f"{indicator}.parquet" for indicator in sorted(contents.indicator_files))
    files = ", ".join(duck.text(path) for path in ordered)
    _copy(f"FROM read_parquet([{files}])", folder / OBSERVATIONS, contents, con)
    for paths, name, order, columns in (
        (contents.vintage_files, VINTAGES, f"{ORDER}, source_edition", COLUMNS),
        (contents.revision_files, REVISIONS, "ALL", "*"),
        (contents.difference_files, DIFFERENCES, ", ".join(fields.DIFFERENCE_KEY), "*"),
        (contents.model_files, MODELS, ", ".join(fields.MODEL_KEY), "*"),
        (
            (contents.deviation_file,) if contents.deviation_file else (),
            DEVIATIONS,
            ", ".join(fields.DEVIATION_KEY),
            "*",
        ),
        (contents.profile_files, PROFILES, "ALL", "*"),
        *(
            ((file,), file.name, ", ".join(open_tables.BY_FILE[file.name].key), "*")
            for file in contents.open_government_files
        ),
    ):
        if paths:
            _copy(f"FROM read_parquet([{_listed(paths)}]) ORDER BY {order}", folder / name, contents, con, columns)


def _listed(paths: tuple[Path, ...]) -> str:
    return ", ".join(duck.text(path) for path in sorted(paths))


def require_columns(path: Path, con: duckdb.DuckDBPyConnection) -> None:
    """InputError unless the file has exactly the columns and types of the indicator table, in order."""
    columns = [(str(r[0]), str(r[1])) for r in con.execute(f"DESCRIBE FROM read_parquet({duck.text(path)})").fetchall()]
    wanted = [(f.name, f.sql_type) for f in fields.OBSERVATION]
    if columns != wanted:
        wrong = sorted({name for name, _ in set(columns) ^ set(wanted)}) or ["the order of columns"]
        raise InputError(
            path,
            "does not have the columns of the indicator table",
            value=", ".join(wrong),
            remedy="delete the file and run again; columns and types are in sdg_pipeline/specs/fields.py",
        )


def _copy(rows: str, target: Path, contents: Contents, con: duckdb.DuckDBPyConnection, columns: str = COLUMNS) -> None:
    coverage = "partial: see coverage_notes in release.json" if contents.partial else "full"
    con.execute(
        f"COPY (SELECT {columns} {rows}) TO {duck.text(target)} "
        f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{coverage: {duck.text(coverage)}}})"
    )
