"""Every line for a client in docs/partner.md works at the address of the server."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import duckdb
import pandas
import pytest
import requests
import sdmx

from sdg_pipeline.settings import PROJECT

GUIDE = (
    (PROJECT / "docs" / "partner.md").read_text(encoding="utf-8").partition("## Over HTTP\n")[2].partition("\n## ")[0]
)
LINES = dict(re.findall(r"^\| ([^|]+) \| `(.+)` \|$", GUIDE, re.MULTILINE))
STARTED = "http://127.0.0.1:8000"
OURS = {"dwellings_with_piped_water": "water", "DF_SDG_MX_06": "DF_SDG_MX"}
"""What the lines name that the small country has under another name."""


def line(client: str, address: str) -> str:
    text = LINES[client].replace(STARTED, address)
    for named, ours in OURS.items():
        text = text.replace(named, ours)
    return text


def result(client: str, address: str) -> Any:
    return eval(line(client, address), {"pandas": pandas, "requests": requests, "sdmx": sdmx})


def test_the_guide_has_a_line_for_each_client() -> None:
    assert {name.split()[0].strip(",") for name in LINES} == {"curl", "pandas", "requests", "DuckDB", "sdmx1"}


@pytest.mark.parametrize("client", ["pandas", "pandas, SDMX", "requests"])
def test_a_line_of_python_gives_rows(client: str, address: str) -> None:
    assert len(result(client, address)) > 1


def test_the_lines_of_sdmx1_give_values(address: str) -> None:
    result("sdmx1, once", address)
    values = result("sdmx1, then", address)
    assert set(values.index.get_level_values("REF_AREA")) == {"MX", "MX20"}


def test_the_line_of_curl_gives_rows(address: str) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    text = subprocess.run(line("curl", address).split(), capture_output=True, text=True, check=True).stdout
    assert "MX20067" in text


def test_the_line_of_duckdb_gives_rows(address: str) -> None:
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as con:
        try:
            con.execute("LOAD httpfs")
        except duckdb.IOException:
            pytest.skip("DuckDB's extension httpfs is not installed here, and is not fetched in a test")
        assert con.execute(line("DuckDB with `httpfs`", address)).fetchall()[0][0] > 0
