"""Homes of other versions of the program: older ones are read, too new ones are refused in one message."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest
from release_fixture import REGISTER, alter, contents, settings

from sdg_pipeline import duck
from sdg_pipeline.cli import doctor
from sdg_pipeline.errors import InputError
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.build import build
from sdg_pipeline.release.manifest import read_manifest, sealed
from sdg_pipeline.release.warehouse import build_warehouse
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.state import FORMAT, Report, Result, StateStore
from sdg_pipeline.serve.warehouse import NoWarehouse, Warehouse
from sdg_pipeline.settings import PROJECT

TOO_NEW = r"format: was written by a newer sdg-pipeline: this one reads formats up to 1; found '2'; remedy: use the rel"
STEP = Step(("staged", "water"), ())


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    content = contents(layout)
    build(content, layout, settings(layout))
    build_warehouse(layout, content.catalog, REGISTER, PROJECT / "warehouse", settings(layout))
    return layout


def test_a_memory_of_a_step_names_its_format(tmp_path: Path) -> None:
    store, path = StateStore(Layout(tmp_path)), Layout(tmp_path).state(STEP.key)
    state = store.save(STEP, "f", Result((), Report()), 1.0)
    assert json.loads(path.read_text(encoding="utf-8"))["format"] == FORMAT
    facts = json.loads(path.read_text(encoding="utf-8"))
    del facts["format"]
    path.write_text(json.dumps(facts), encoding="utf-8")
    assert store.load(STEP.key) == state, "a home from before formats were named"
    for newer in ({**facts, "format": 2}, {"format": 2, "unheard": "of"}):
        path.write_text(json.dumps(newer), encoding="utf-8")
        with pytest.raises(InputError, match=TOO_NEW):
            store.load(STEP.key)
    path.write_text("{", encoding="utf-8")
    assert store.load(STEP.key) is None, "damaged: the step is done again"


def test_a_release_of_a_newer_program_is_refused(layout: Layout) -> None:
    path = layout.release("r1") / "release.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    assert "format" not in facts, "the first format keeps the bytes of the releases from before"
    alter(path, json.dumps({**facts, "format": 2}).encode())
    for asked in (lambda: read_manifest(path.parent), lambda: sealed(layout)):
        with pytest.raises(InputError, match=TOO_NEW):
            asked()
    alter(path, b"[1]")
    with pytest.raises(InputError, match="is not the manifest of a release"):
        read_manifest(path.parent)


def test_a_warehouse_of_a_newer_program_is_refused(layout: Layout) -> None:
    with duckdb.connect(str(layout.warehouse)) as con:
        (comment,) = con.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'release'").fetchall()[0]
        assert comment.endswith("; warehouse format 1")
        duck.require_format(con, layout.warehouse)
        con.execute("COMMENT ON TABLE release IS 'releases, from before formats were named'")
        duck.require_format(con, layout.warehouse)
        con.execute("COMMENT ON TABLE release IS 'releases; warehouse format 2'")
        with pytest.raises(InputError, match=TOO_NEW):
            duck.require_format(con, layout.warehouse)
    with pytest.raises(NoWarehouse, match=TOO_NEW), Warehouse(layout).cursor():
        pytest.fail("it was opened")
    finding = doctor.examine(replace(settings(layout), specs=PROJECT / "indicator_specs"), date(2026, 1, 1))[-1]
    assert (finding.what, finding.well) == ("warehouse", False) and "newer sdg-pipeline" in finding.answer
