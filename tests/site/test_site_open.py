"""Open data on the site: what is missing, who promised it, how to ask, and the peers of a municipality."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, expect
from site_pages import Page

from sdg_pipeline.layout import Layout

STARTER, WITH_PEERS = "MX01001", "municipio/MX01001.html"


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize(
    ("start", "words"),
    [
        ("municipio/MX01001.html", ("Qué falta", "Quién lo prometió", "Cómo pedir lo que falta")),
        ("en/municipality/MX01001.html", ("What is missing", "Who promised it", "How to ask")),
    ],
)
def test_what_is_missing_who_promised_it_and_how_to_ask_are_three_clicks(
    site: Path, browser: Browser, start: str, words: tuple[str, str, str], scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto((site / start).as_uri())
    lacks, promised, ask = words
    page.locator("#lacks").get_by_role("link", name=lacks).click()
    section = page.locator("section#MX01001")
    expect(section).to_be_in_viewport()
    section.get_by_role("link", name=promised).click()
    expect(page.locator("table.plain tbody tr").first).to_be_visible()
    page.locator("table.plain tbody tr").first.get_by_role("link", name=ask).click()
    expect(page.locator("h1")).to_contain_text(ask)
    assert page.url.endswith(("pide.html", "ask.html"))
    context.close()


def test_a_municipality_counts_what_it_lacks_as_the_warehouse_does(site: Path, layout: Layout) -> None:
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        lacking = con.execute("SELECT indicator, class FROM gaps(?)", [STARTER]).fetchall()
        every = con.execute("SELECT count(*) FROM indicator").fetchall()[0][0]
    line = re.search(r'<p id="lacks">(\d+) de (\d+) ', (site / WITH_PEERS).read_text("utf-8"))
    assert line is not None
    assert (int(line[1]), int(line[2])) == (len(lacking), every)
    assert lacking


def test_every_institution_whose_figures_are_missing_has_its_row(site: Path, layout: Layout) -> None:
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        names = [
            n for (n,) in con.execute("SELECT DISTINCT institution FROM gap_grid WHERE class <> 'value'").fetchall()
        ]
        promised = con.execute("SELECT count(*) FROM commitment").fetchall()[0][0]
        day = con.execute("SELECT published_on[:10] FROM release WHERE latest").fetchall()[0][0]
    page = Page(site / "datos-abiertos.html")
    assert [name for name in names if name.partition(" (")[0] not in page.text] == []
    assert sum(name.startswith("c-") for name in page.ids) == promised
    assert day in page.text, "a status is that of a day"


@pytest.mark.browser
def test_search_finds_how_to_ask(site: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    page.locator("form.big input").fill("pedir")
    page.locator("form.big .hits a").first.click()
    expect(page.locator("h1")).to_have_text("Cómo pedir lo que falta")
    page.close()
