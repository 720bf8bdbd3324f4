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
