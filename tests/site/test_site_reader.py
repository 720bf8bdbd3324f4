"""What a screen reader is given: the accessibility tree of Chromium on a page of each kind, in both languages.

It is no test with a screen reader, nor with a person: it is what such a program would read out, by role and name.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, expect

pytestmark = pytest.mark.browser
PAGES = (
    "index.html", "objetivo/4.html", "meta/5.a.html", "indicadores.html", "compara.html#i=literacy_15_plus&a=MX01,MX06",
    "consulta.html", "datos.html", "accesibilidad.html", "estado/MX01.html", "municipio/MX01001.html",
    "indicador/literacy_15_plus.html", "explica/literacy_15_plus.html#a=MX01001", "unidad/MX02001H.html",
    "en/index.html", "en/goal/4.html", "en/state/MX01.html", "en/municipality/MX01001.html",
    "en/indicator/literacy_15_plus.html", "en/explain/literacy_15_plus.html#a=MX06",
)  # fmt: skip
NAMED = {"link", "button", "combobox", "searchbox", "textbox", "image", "region", "navigation", "heading"}
"""Roles that say nothing without a name."""
Node = tuple[str, str, dict[str, Any]]


def tree(session: CDPSession) -> list[Node]:
    """Role, name and properties of all nodes that are read out, in order of reading."""
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    return [
        (
            node.get("role", {}).get("value", ""),
            node.get("name", {}).get("value", "").strip(),
            {p["name"]: p["value"].get("value") for p in node.get("properties", ())},
        )
        for node in nodes
        if not node.get("ignored")
    ]


@pytest.mark.parametrize("address", PAGES)
def test_all_that_is_read_out_has_a_name(site: Path, browser: Browser, address: str) -> None:
    """Landmarks once, headings from one on, every link, field, picture and region with its words, tables with headers."""
    page = browser.new_page()
    name, _, chosen = address.partition("#")
    page.goto(f"{(site / name).as_uri()}#{chosen}")
    page.wait_for_load_state("networkidle")
    nodes = tree(page.context.new_cdp_session(page))
    assert [node[:2] for node in nodes if node[0] in NAMED and not node[1]] == []
    roles = [role for role, _, _ in nodes]
    assert [roles.count(role) for role in ("main", "banner", "contentinfo")] == [1, 1, 1]
    assert roles.index("banner") < roles.index("main") < roles.index("contentinfo")
    levels = [properties["level"] for role, _, properties in nodes if role == "heading"]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert roles.count("columnheader") + roles.count("rowheader") >= 2 * roles.count("table")
    assert next(words for role, words, _ in nodes if role == "RootWebArea") != ""
    page.close()


def test_a_row_is_read_with_its_header_and_a_figure_as_text(site: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto((site / "municipio/MX01001.html").as_uri())
    nodes = tree(page.context.new_cdp_session(page))
    at = next(n for n, node in enumerate(nodes) if node[0] == "rowheader" and "alfabet" in node[1].lower())
    cells = [node for node in nodes[at:] if node[0] in ("gridcell", "cell")][:3]
    assert all(any(letter.isdigit() for letter in words) for _, words, _ in cells), cells
    page.close()


GLUED = re.compile(r"\d(?:</b>|</a>)*<(?:i|u|small)\b[^>]*>[^/<]|<span></span>")
"""A digit and, without a space, what is said of the figure; the rank ``4/569`` is read well, and begins with a stroke."""


def test_no_figure_is_glued_to_its_interval_its_year_or_its_mark(site: Path) -> None:
    """Orca read ``38,489,97137,462,132``: a figure without a unit, and its interval."""
    glued = {
        path.relative_to(site).as_posix(): hits[0]
        for folder in ("municipio", "estado", "objetivo", "indicador", "en/municipality", "en/goal")
        for path in (site / folder).iterdir()
        if (hits := GLUED.findall(path.read_text(encoding="utf-8")))
    }
    assert glued == {}


def test_the_address_has_no_fragment_before_a_choice_and_a_copied_one_has_all_of_it(
    site: Path, browser: Browser
) -> None:
    """Orca does not begin to read a page whose address has a fragment."""
    page = browser.new_page()
    page.goto((site / "indicador/literacy_15_plus.html").as_uri())
    page.wait_for_selector("#map[data-drawn]")
    assert "#" not in page.url
    page.locator("#map .link").click()
    assert "#l=" in page.url
    page.close()


def test_results_and_choices_are_announced(site: Path, browser: Browser) -> None:
    """The count of results and what a choice changes are in live regions."""
    page = browser.new_page()
    page.goto((site / "en/index.html").as_uri())
    page.locator("form.big input").fill("Colima")
    status = page.locator("form.big [aria-live]")
    expect(status).to_contain_text("results")
    page.goto((site / "en/compare.html").as_uri())
    assert page.locator(".result").get_attribute("aria-live") == "polite"
    page.goto((site / "en/indicator/literacy_15_plus.html").as_uri())
    assert page.locator("#map .tip").get_attribute("aria-live") == "polite"
    page.close()


def test_no_style_writes_before_a_value(site: Path, browser: Browser) -> None:
    """A class of the pages of open data once put a question mark before each value of a table, which was read out."""
    page = browser.new_page()
    page.goto((site / "indicador/literacy_15_plus.html").as_uri())
    written = page.locator("td.v").evaluate_all("cells => cells.map(c => getComputedStyle(c, '::before').content)")
    assert len(written) > 10 and set(written) == {"none"}
    page.close()
