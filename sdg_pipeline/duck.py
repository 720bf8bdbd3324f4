"""DuckDB connections and the quoting of names and texts.

What belongs here: how the library opens DuckDB. What does not: any query.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from sdg_pipeline.settings import Settings


def connect(settings: Settings, scratch: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory database bound to the machine's share of ``settings``; it spills into ``scratch``."""
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{settings.memory_limit_gb}GB",
        "temp_directory": str(scratch),
        "autoinstall_known_extensions": False,
    }
    if settings.threads:
        config["threads"] = settings.threads
    con = duckdb.connect(config=config)
    con.execute("SET enable_progress_bar = false")  # runs have bars of their own, and logs none
    return con


def name(identifier: str) -> str:
    """A quoted identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: object) -> str:
    """A quoted text literal."""
    return "'" + str(value).replace("'", "''") + "'"
