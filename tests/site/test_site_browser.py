"""The site in headless Chromium, from a folder and over the server, with and without JavaScript. Nothing leaves the machine."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from site_fixtures import OUTLINES
from support.served import listening

from sdg_pipeline.layout import Layout

pytestmark = pytest.mark.browser
SAMPLED = 40
"""Pages on which the narrow screen is tried."""


@pytest.fixture(params=["file", "http"])
def base(request: pytest.FixtureRequest, layout: Layout) -> Iterator[str]:
    """The address of the site: that of its folder, and that of the server."""
    if request.param == "file":
        yield f"{layout.site.as_uri()}/"
        return
    with listening(layout) as address:
        yield f"{address}/"


@pytest.fixture
def context(browser: Browser, base: str) -> Iterator[BrowserContext]:
    """A window that fails its test where a page has an error of script or asks another host."""
    context = browser.new_context(accept_downloads=True, viewport={"width": 1280, "height": 900})
    asked, errors = [], []
    context.on("request", lambda request: asked.append(request.url))
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context
    context.close()
    assert [url for url in asked if not url.startswith((base, "data:", "blob:"))] == []
    assert errors == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.mark.parametrize(
    ("home", "text", "hit", "leads"),
    [
        ("index.html", "aguascalientes", "Aguascalientes", "estado/MX01.html"),
        ("index.html", "COMONDU", "Comondú", "municipio/MX03001.html"),
        ("index.html", "comodnú", "Comondú", "municipio/MX03001.html"),
        ("index.html", "03001", "Comondú", "municipio/MX03001.html"),
        ("index.html", "agua entubada", "agua entubada", "indicador/"),
        ("en/index.html", "piped water", "piped water", "en/indicator/"),
        ("en/index.html", "3.1.1 nothing like it", None, ""),
    ],
)
def test_search_leads_to_places_and_indicators(
    page: Page, base: str, home: str, text: str, hit: str | None, leads: str
) -> None:
    page.goto(base + home)
    page.locator("form.big input").fill(text)
    status = page.locator("form.big [aria-live]")
    expect(status).not_to_be_empty()
    if hit is None:
        expect(page.locator("form.big .hits a")).to_have_count(0)
        return
    first = page.locator("form.big .hits a").first
    expect(first).to_contain_text(hit)
    first.click()
    assert leads in page.url
    expect(page.locator("h1")).to_contain_text(re.compile(hit, re.IGNORECASE))


@pytest.mark.parametrize(
    ("home", "text", "hit"),
    [
        ("index.html", "distrito federal", "Ciudad de Méxicoantes Distrito Federal"),
        ("en/index.html", "Distrito Federal", "Ciudad de Méxicoformerly Distrito Federal"),
        ("index.html", "Estado de México", "Méxicotambién Estado de México"),
    ],
)
def test_a_place_is_found_by_another_name_which_the_result_says(
    page: Page, base: str, home: str, text: str, hit: str
) -> None:
    page.goto(base + home)
    page.locator("form.big input").fill(text)
    expect(page.locator("form.big .hits a").first).to_have_text(hit)


def test_a_place_is_compared_by_a_former_name(page: Page, base: str) -> None:
    """What the list of the field offers is the present name, since that is what is looked up when it is chosen."""
    page.goto(base + "compara.html#i=literacy_15_plus&a=MX,MX01")
    page.locator("[name=place]").fill("distrito federal")
    expect(page.locator("#found option").first).to_have_attribute("value", "Ciudad de México")
    expect(page.locator("#found option").first).to_have_attribute("label", "antes Distrito Federal")
    page.locator("[name=place]").press("Enter")
    expect(page.locator(".chosen .chip")).to_have_text(["México×", "Aguascalientes×", "Ciudad de México×"])


def test_search_by_keyboard_alone(page: Page, base: str) -> None:
    page.goto(base + "index.html")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "search":
            break
    page.keyboard.type("Querétaro")
    expect(page.locator(".bar .hits a").first).to_have_text("Querétaro")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".bar .hits a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Querétaro")


def test_a_copied_link_opens_the_same_choice(page: Page, context: BrowserContext, base: str) -> None:
    """What the button copies is pasted with the keyboard, and opened in a new page."""
    page.goto(base + "en/compare.html#i=literacy_15_plus&a=MX01,MX22")
    expect(page.locator(".chip")).to_have_count(2)
    page.locator(".actions .link").click()
    expect(page.locator(".actions .link")).to_have_text("Link copied")
    page.locator("input[name=place]").focus()
    page.keyboard.press("Control+V")
    copied = page.locator("input[name=place]").input_value()
    other = context.new_page()
    other.goto(copied)
    expect(other.locator(".chip")).to_have_text(["Aguascalientes×", "Querétaro×"])


def test_map_and_comparison_by_keyboard_alone(page: Page, context: BrowserContext, base: str) -> None:
    """Level, group and download of a map, and a place more in a comparison, without a mouse."""
    page.goto(base + "indicador/literacy_15_plus.html")
    page.wait_for_selector("#map[data-drawn]")

    def tab_to(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(selector)

    tab_to("#map select[name=l]")
    page.keyboard.press("End")
    expect(page.locator("#map select[name=l]")).to_have_value("s")
    tab_to("#map select[name=g]")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#map select[name=g]")).not_to_have_value("0")
    tab_to("#map .csv")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".csv")
    page.goto(base + "compara.html#i=literacy_15_plus&a=MX01")
    expect(page.locator(".chip")).to_have_count(1)
    tab_to("input[name=place]")
    page.keyboard.type("Querétaro")
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(2)
    tab_to("select[name=j]")
    page.keyboard.press("End")
    expect(page.locator("select[name=j]")).not_to_have_value("")


def test_year_group_and_state_change_what_is_shown_and_the_address_holds_them(
    page: Page, context: BrowserContext, base: str
) -> None:
    """The downloaded CSV has the figures of the table; a permalink opens the same choice elsewhere."""
    page.goto(base + "indicador/literacy_15_plus.html")
    page.wait_for_selector("#map[data-drawn]")
    page.locator("#map select[name=l]").select_option("m")
    page.locator("#map select[name=g]").select_option(index=1)
    page.locator("#map select[name=s]").select_option("1")
    page.locator("#map .shown summary").click()
    rows = page.locator("#map .shown tbody tr")
    expect(rows).to_have_count(11)
    table = {row.locator("th").inner_text(): row.locator("td").first.inner_text() for row in rows.all()}
    with page.expect_download() as download:
        page.locator("#map .csv").click()
    text = Path(str(download.value.path())).read_text(encoding="utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert {line["area_name"]: line["value"] for line in lines} == table
    assert {line["ref_area"][:4] for line in lines} == {"MX01"}
    other = context.new_page()
    other.goto(page.url)
    other.wait_for_selector("#map[data-drawn]")
    expect(other.locator("#map select[name=s]")).to_have_value("1")
    assert other.locator("#map select[name=g]").input_value() == page.locator("#map select[name=g]").input_value()


def test_two_states_are_compared_over_all_years(page: Page, base: str) -> None:
    page.goto(base + "compara.html#i=literacy_15_plus&a=MX01,MX22")
    expect(page.locator(".chip")).to_have_count(2)
    page.locator("input[name=place]").fill("Colima")
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(3)
    expect(page.locator(".result thead th")).to_have_count(4)
    assert "MX06" in page.url
    page.locator(".chip button").first.click()
    expect(page.locator(".chip")).to_have_count(2)


def test_two_indicators_are_compared_over_all_states(page: Page, context: BrowserContext, base: str) -> None:
    """A dot a state; the downloaded figures are those of the table; a permalink opens the same choice elsewhere."""
    page.goto(base + "en/compare.html#i=literacy_15_plus&a=MX01,MX22")
    page.locator("select[name=j]").select_option("dwellings_with_piped_water")
    expect(page.locator(".lines .dot")).to_have_count(32)
    rows = page.locator(".result tbody tr")
    expect(rows).to_have_count(32)
    table = {
        row.locator("th").inner_text(): [cell.inner_text() for cell in row.locator("td").all()] for row in rows.all()
    }
    with page.expect_download() as download:
        page.locator(".actions .csv").click()
    lines = list(csv.reader(io.StringIO(Path(str(download.value.path())).read_text(encoding="utf-8-sig"))))
    assert lines[0][:3] == ["ref_area", "area_name", "literacy_15_plus (2020)"]
    assert {line[1]: line[2:] for line in lines[1:]} == table
    page.locator("select[name=l]").select_option("m")  # one of the 104 municipalities has no figure of dwellings
    expect(page.locator(".lines .dot")).to_have_count(103)
    other = context.new_page()
    other.goto(page.url)
    expect(other.locator(".lines .dot")).to_have_count(103)


def test_a_value_leads_to_how_it_came_about(page: Page, base: str) -> None:
    """From the page of a municipality, by keyboard: its own figure, its sum, and the file that it came from."""
    page.goto(base + "municipio/MX01001.html")
    link = page.locator('.profile tr:has(th a[href$="/literacy_15_plus.html"]) td b a')
    shown = link.inner_text()
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".value .big b")).to_have_text(shown)
    expect(page.locator(".value")).to_contain_text("Aguascalientes, 2020")
    expect(page.locator(".value .sum")).to_contain_text(f"× 100 = {shown}")
    expect(page.locator(".file.this")).to_have_count(1)
    expect(page.locator(".command")).to_have_text("sdg explain literacy_15_plus --area MX01001 --period 2020")
    page.goto(base + "en/explain/literacy_15_plus.html#a=MX06&p=2020&g=1")
    expect(page.locator(".value .big b")).to_have_count(1)
    expect(page.locator(".value")).to_contain_text("Colima, 2020, ")


def test_the_query_page_shows_and_sorts(page: Page, base: str) -> None:
    page.goto(base + "en/query.html#i=literacy_15_plus&l=m&s=6")
    rows = page.locator(".result tbody tr")
    expect(rows).to_have_count(10)
    values = [float(row.locator("td").first.inner_text()) for row in rows.all()]
    assert values == sorted(values, reverse=True)
    page.locator(".result thead button").nth(1).click()
    expect(page.locator(".result thead th").nth(1)).to_have_attribute("aria-sort", "ascending")


def test_without_javascript_every_figure_is_text(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "indicador/literacy_15_plus.html").as_uri())
    expect(page.locator("table.dots").first.locator("tbody tr")).to_have_count(33)
    expect(page.locator("form.search").first).to_be_hidden()
    expect(page.locator(".nojs").first).to_be_visible()
    expect(page.locator("#map .csv")).to_be_hidden()
    page.goto((site / "municipio/MX01001.html").as_uri())
    assert page.locator("table.profile tbody tr").count() > 20
    context.close()


def test_no_page_is_wider_than_a_small_screen(browser: Browser, site: Path) -> None:
    every = sorted(site.rglob("*.html"))
    context = browser.new_context(viewport={"width": 320, "height": 700})
    page = context.new_page()
    wide = []
    for path in every[:: max(1, len(every) // SAMPLED)]:
        page.goto(path.as_uri())
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(path.relative_to(site).as_posix())
    context.close()
    assert wide == []


def test_a_municipality_prints_on_two_pages(browser: Browser, site: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto((site / "municipio/MX01001.html").as_uri())
    pdf = page.pdf(prefer_css_page_size=True)
    context.close()
    assert len(re.findall(rb"/Type /Page\b", pdf)) <= 2


def test_with_outlines_the_map_is_drawn_and_says_what_it_cannot_show(
    browser: Browser, layout: Layout, tmp_path: Path
) -> None:
    """The starter run has no geometry; two oblongs stand for one."""
    import duckdb

    from sdg_pipeline.site import geometry, reading, search
    from sdg_pipeline.site.build import static
    from sdg_pipeline.site.indicators import IndicatorPages
    from sdg_pipeline.site.rendering import Site

    (tmp_path / "outlines.json").write_text(json.dumps(OUTLINES), encoding="utf-8")
    shapes = geometry.read(tmp_path / "outlines.json")
    assert shapes is not None
    copied = shutil.copy(layout.warehouse, layout.scratch.parent)  # the server of this process has the file open
    with duckdb.connect(str(copied), read_only=True) as con:
        contents = reading.contents(con)
        rows = dict(reading.rows(con))["literacy_15_plus"]
    pages = IndicatorPages(Site(contents, mapped=True), shapes).pages(contents.indicators["literacy_15_plus"], rows)
    for path, content in [*static(), *search.scripts(contents), *search.outlines(contents, shapes), *pages]:
        target = tmp_path / "site" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto((tmp_path / "site/indicador/literacy_15_plus.html").as_uri())
    page.wait_for_selector("#map[data-drawn]")
    expect(page.locator("#map .muni path")).to_have_count(2)
    expect(page.locator("#map .key")).to_contain_text("Sin contorno en el mapa: Asientos")
    page.locator("#map .muni path").first.hover()
    expect(page.locator("#map .tip")).to_contain_text("Aguascalientes: ")
    page.locator("#map select[name=s]").select_option("6")
    expect(page.locator("#map .muni path")).to_have_count(1)
    context.close()


def test_search_finds_an_indicator_by_a_former_id(page: Page, base: str, layout: Layout, tmp_path: Path) -> None:
    """No indicator of the starter data had another id; one is taken to have had one."""
    import duckdb

    from sdg_pipeline.site import reading, search

    copied = shutil.copy(layout.warehouse, tmp_path)  # the server of this process has the file open, in its own way
    with duckdb.connect(str(copied), read_only=True) as con:
        contents = reading.contents(con)
    renamed = replace(contents.indicators["literacy_15_plus"], former=("alphabetisation_2019",))
    contents = replace(contents, indicators={**contents.indicators, renamed.id: renamed})
    written = dict(search.scripts(contents))["data/indicators-es.js"].decode()
    page.route("**/indicators-es.js", lambda route: route.fulfill(body=written, content_type="text/javascript"))
    page.goto(base + "index.html")
    page.locator("form.big input").fill("alphabetisation_2019")
    expect(page.locator("form.big .hits a")).to_have_count(1)
    page.locator("form.big .hits a").click()
    assert page.url.endswith("indicador/literacy_15_plus.html")
