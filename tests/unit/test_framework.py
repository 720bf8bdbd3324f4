"""The UN's indicators that the project may lack: the file is sound, whole against the framework, and its mistakes are named."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.framework import FILE, problems, un_indicators

HEAD = "code,why,es,en\n"


def test_a_row_is_an_indicator_of_a_target() -> None:
    [row] = un_indicators({FILE: f"{HEAD}1.a.2,,Gasto,Spending\n".encode()})
    assert (row.target, row.why, row.es, row.en) == ("1.a", "", "Gasto", "Spending")
    assert un_indicators({}) == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("1.a.2,,Gasto\n", f"{FILE}:2: lacks a column"),
        ("18.1.1,,Algo,Something\n", f"{FILE}:2: code: is no code of an indicator, or stands here twice; found '18.1.1'"),
        ("1.1.1,,Algo,Something\n1.1.1,,Algo,Something\n", f"{FILE}:3: code: is no code of an indicator, or stands here twice"),
        ("1.1.1,contries,Algo,Something\n", "why: is no reason that the site has words for; found 'contries'; valid: , countries, donors; did you mean 'countries'?"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(rows: str, message: str) -> None:
    [problem] = problems({FILE: (HEAD + rows).encode()})
    assert message in str(problem)


def test_the_file_of_the_project_is_sound() -> None:
    assert list(problems(catalogs.read_files(PROJECT / "indicator_specs"))) == []


@pytest.mark.national
def test_no_indicator_of_the_content_constraints_is_forgotten(shared_data: Path) -> None:
    """Each code of the UN's constraints is one of ours or stands in the file."""
    text = (shared_data / "un_sdg/SDG_content_constraints.csv").read_text("cp1252")
    named = {row[1] for row in csv.reader(text.splitlines()) if len(row) > 1}
    codes = {code for name in named for code in re.findall(r"\d{1,2}\.[0-9a-d]+\.\d+", name)}
    catalog = catalogs.load(PROJECT / "indicator_specs").sound()
    ours = {indicator.sdg.code for indicator in catalog.indicators.values()}
    listed = {indicator.code for indicator in un_indicators(catalog.files)}
    assert len(codes) > 200
    assert sorted(codes - ours - listed) == []
