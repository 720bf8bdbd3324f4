"""Requests for data: what `sdg check` refuses, and the rows that the release has of them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import release_fixture

from sdg_pipeline.errors import UsageError
from sdg_pipeline.open_government.requests import REQUESTS
from sdg_pipeline.open_government.subject import Material
from sdg_pipeline.open_government.tables import REQUEST
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs import open_government, skeleton
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.requests import Request

SPEC = """\
id: wanted
title: {{en: Wanted, es: Se pide}}
owner: team:data
asks: statisticians
since: "2026-11-30"
supporters: 3
why: {{en: Why, es: Por qué}}
level: municipality
{rest}
"""


def problems(folder: Path, catalog: Catalog, rest: str) -> list[str]:
    """What is wrong with a request, beside the specs of the project."""
    (folder / "requests").mkdir()
    (folder / "requests" / "wanted.yaml").write_text(SPEC.format(rest=rest), encoding="utf-8")
    alone = catalogs.load(folder)
    own = [str(p) for p in alone.problems if p.file == "requests/wanted.yaml" and "unknown" not in p.message]
    together = replace(catalog, requests=alone.requests, documents={**catalog.documents, **alone.documents})
    return own + [str(p) for p in open_government.problems(together) if p.file == "requests/wanted.yaml"]


ABOUT = "indicators: [illiteracy_15_plus]"


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (ABOUT, None),
        (f'{ABOUT}\nanswer: {{source: inegi_iter, edition: "2020", on: "2026-12-01"}}', None),
        ("indicators: [illiteracy_15_pluss]", "did you mean illiteracy_15_plus?"),
        ('un_indicators: ["6.1.9"]', "names an unknown code of the UN; found '6.1.9'"),
        (
            f'{ABOUT}\nanswer: {{source: inegi_itr, edition: "2020", on: "2026-12-01"}}',
            "is closed by an unknown source",
        ),
        (f'{ABOUT}\nanswer: {{source: inegi_iter, edition: "2025", on: "2026-12-01"}}', "closed by an unknown edition"),
        (f'{ABOUT}\nanswer: {{source: inegi_iter, edition: "2020", on: "2026-11-01"}}', "answer.on is before since"),
        ("un_indicators: []", "a request names indicators or un_indicators"),
    ],
)
def test_a_request_closes_only_with_what_exists(
    rest: str, message: str | None, tmp_path: Path, catalog: Catalog
) -> None:
    said = problems(tmp_path, catalog, rest)
    assert len(said) == (message is not None), said
    assert message is None or message in said[0]


def wanted(name: str, **keys: Any) -> Request:
    base = {"id": name, "title": {"en": name, "es": name}, "owner": "team:data", "asks": "many", "since": "2026-01-01"}
    return Request.model_validate({**base, "supporters": 2, "why": base["title"], "level": "municipality", **keys})


def test_a_row_for_each_indicator_and_a_warning_for_an_answer_that_nothing_reads(tmp_path: Path) -> None:
    closed = {"source": "nothing", "edition": "2020", "on": "2026-02-01"}
    requests = {
        "first": wanted("first", indicators=["water", "without"], un_indicators=["6.1.1"]),
        "second": wanted("second", indicators=["water"], answer=closed),
    }
    specs = replace(release_fixture.catalog(tmp_path), requests=requests)
    with duckdb.connect() as con:
        [check] = REQUESTS.judge(
            Material(con, specs, release_fixture.REGISTER, {}, {}, lambda table: tmp_path / table.file)
        )
        query = f"SELECT request, about, indicator, status, answered_by FROM '{tmp_path / REQUEST.file}' ORDER BY ALL"
        rows = con.execute(query).fetchall()
    assert rows == [
        ("first", "6.1.1", None, "open", None),
        ("first", "water", "water", "open", None),
        ("first", "without", "without", "open", None),
        ("second", "water", "water", "closed", "nothing/2020"),
    ]
    assert (check.passed, check.observed) == (False, "2 requests, 1 open")
    assert [row["request"] for row in check.failing_rows] == ["second"]


def test_the_skeleton_passes(tmp_path: Path) -> None:
    root = tmp_path / "specs"
    shutil.copytree(PROJECT / "indicator_specs", root)
    specs = catalogs.load(root)
    skeleton.new_request(specs, "more_water", "dwellings_with_piped_water", "2026-11-30")
    assert catalogs.load(root).sound().requests["more_water"].since == "2026-11-30"
    with pytest.raises(UsageError, match="exists already"):
        skeleton.new_request(specs, "more_water", "dwellings_with_piped_water", "2026-11-30")
