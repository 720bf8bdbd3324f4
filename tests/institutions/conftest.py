"""The double, and a person whose specs lead to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.records import Records

from institutions import double
from institutions.double import Institutions, served
from institutions.person import Person
from sdg_pipeline.ingest import patience
from sdg_pipeline.ingest.patience import Patience
from sdg_pipeline.layout import Layout

TABLE = """\
geography: {{vintage: 2020, state: ENT}}
parts: [{{source: {source}, edition: "2020", level: state}}]
measures: {{number: {{label: {{en: Number, es: Número}}, column: N}}}}
"""
ROWS = b"ENT,N\n01,5\n02,7\n"


@pytest.fixture
def institutions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Institutions]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served(Institutions()) as institutions:
        yield institutions


@pytest.fixture
def person(institutions: Institutions, records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Person:
    records.source("libraries", {"2020": "2020"})
    specs = double.relocated(records.specs, tmp_path / "relocated", institutions.address)
    for name, value in {"SDG_SPECS": specs, "SDG_HOME": tmp_path / "home", "SDG_MIRROR": "", "COLUMNS": 500}.items():
        monkeypatch.setenv(name, str(value))
    someone = Person(f"{institutions.address}/example.org/libraries_2020.csv", Layout(tmp_path / "home"))
    quick = Patience(attempts=3, sleep=someone.waits.append)
    monkeypatch.setattr(patience, "PATIENCE", quick)
    return someone


@pytest.fixture
def paths(records: Records, person: Person, institutions: Institutions) -> dict[str, str]:
    """Paths of two sources, each with a table and an indicator."""
    result = {}
    for name in ("schools", "parks"):
        records.source(name, {"2020": "2020"})
        records.table(f"{name}_by_state", TABLE.format(source=name))
        method = f"{{kind: count, table: {name}_by_state, value: number}}"
        records.indicator(f"{name}_number", f"method: {method}\nbreakdowns: [[national], [state]]", unit="NUMBER")
        result[name] = institutions.put(f"https://example.org/{name}_2020.csv", ROWS)
    double.relocated(records.specs, person.layout.home.parent / "relocated", institutions.address)
    return result
