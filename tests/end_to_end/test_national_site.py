"""The site of the national release: 200 values at random from pages of every kind, paper, small screens, what a value leads to.

A home that a national run of this checkout has made is taken where SDG_NATIONAL_HOME names one.
"""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb
import pytest
from browser.chromium import launched
from end_to_end.product import national_product
from playwright.sync_api import Browser, expect
from support import shown_values as shown
from support.site_scripts import arguments

from sdg_pipeline.estimate.universe import TOTAL_KEY
from sdg_pipeline.layout import Layout

pytestmark = pytest.mark.national
SAMPLED = 40
SINCE = 2020
"""Seven years up to 2026, the year of the newest figure."""
TOTALS = (
    "(SELECT id FROM indicator WHERE unit IN ('MXN', 'M_M3', 'HA', 'KM2', 'T') OR unit = 'NUMBER' AND decimals = 0)"
)
RECENT = f"o.geo_level = 'municipality' AND o.time_period >= '{SINCE}' AND o.indicator NOT IN {TOTALS}"
"""What the page of a municipality shows; totals and older figures are counted there."""
ON_PAPER = 12
LARGEST_MUNICIPALITY, LARGEST_FIRST_LOAD = 6_144, 130_000
PAPER = {"width": 725, "height": 960}
"""What a letter has between its margins, in pixels."""
CUT = """[...document.querySelectorAll('main, th, td, h1, p, li')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth)
    .map(e => e.textContent)"""
PAGE = re.compile(rb"/Type /Page\b")


@pytest.fixture(scope="module")
def layout(request: pytest.FixtureRequest) -> Layout:
    return national_product(request).layout


@pytest.fixture(scope="module")
def site(layout: Layout) -> Path:
    return layout.site


@pytest.fixture(scope="module")
def warehouse(layout: Layout) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def test_200_values_of_pages_of_every_kind_are_those_of_the_warehouse(
    site: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    """Value, interval, status and rounding; where there is no value, no digit stands in its place."""
    kinds: list[tuple[str, int, bool, shown.Found, str]] = [
        (RECENT, 40, True, lambda r: shown.of_place(site, r, "es"), "es"),
        (RECENT, 20, True, lambda r: shown.of_place(site, r, "en"), "en"),
        ("o.geo_level = 'state'", 25, True, lambda r: shown.of_place(site, r, "es"), "es"),
        ("o.geo_level = 'state'", 15, True, lambda r: shown.of_place(site, r, "en"), "en"),
        ("o.geo_level = 'national' AND o.obs_value IS NOT NULL", 15, True, lambda r: shown.of_list(site, r, "indicadores", ""), "es"),
        ("o.geo_level = 'national' AND o.obs_value IS NOT NULL", 15, True, lambda r: shown.of_headline(site, r, "en/indicator", "en"), "en"),
    ]  # fmt: skip
    checked = 0
    for number, (where, count, newest, find, language) in enumerate(kinds):
        for row in shown.drawn(warehouse, where, count, newest, seed=number):
            value, interval, mark = find(row)
            if row.value is None:
                assert value == "" and mark and not re.search(r"\d", mark), row
            else:
                assert (value, interval, mark) == (row.text, row.interval, row.mark(language)), row
            checked += 1
    tables: list[tuple[str, int, bool, shown.Found, str]] = [
        ("o.geo_level = 'state' AND o.obs_value IS NOT NULL", 25, True, lambda r: shown.of_states(site, r), "en"),
        ("o.geo_level = 'national' AND o.obs_value IS NOT NULL AND o.indicator IN (SELECT indicator FROM observation "
         "SEMI JOIN total_key USING (indicator, sex, age, urbanisation, disability, indigenous, income_quantile, education) "
         "WHERE geo_level = 'national' GROUP BY indicator HAVING count(*) > 1)",
         25, False, lambda r: shown.of_years(site, r), "es"),
    ]  # fmt: skip
    for where, count, newest, find, language in tables:
        for row in shown.drawn(warehouse, where, count, newest):
            assert find(row) == (row.text, row.interval, row.mark(language, nature=False)), row
            checked += 1
    for row in shown.drawn(warehouse, "o.geo_level = 'municipality'", 20, newest=False):
        value, interval, mark = shown.of_script(site, row)
        assert (value, interval) == ("" if row.value is None else row.text, row.interval), row
        assert mark.startswith("reason_") is (row.value is None), row
        checked += 1
    assert checked >= 200


def test_goals_targets_and_explanations_show_the_headline_of_the_warehouse(
    site: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    goals = dict(warehouse.execute("SELECT id, [goal::VARCHAR, target_code] FROM indicator").fetchall())
    for row in shown.drawn(warehouse, "o.geo_level = 'national' AND o.obs_value IS NOT NULL", 20):
        expected = (row.text, row.interval, row.mark("es"))
        goal, target = goals[row.indicator]
        assert shown.of_list(site, row, "objetivo", goal) == expected
        assert shown.of_list(site, row, "meta", target) == expected
        assert shown.of_headline(site, row, "explica", "es")[:2] == expected[:2]


def test_units_of_constant_borders_show_all_their_years(site: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    for row in shown.drawn(warehouse, "o.geo_level = 'harmonised'", 20, newest=False):
        html = shown.page(site, "unidad", row.area)
        table = html.partition(f"indicador/{row.indicator}.html")[2].partition("</table>")[0]
        assert re.search(rf'<th scope="row">{row.period}<td>{re.escape(row.text)}\b', table), row


def test_groups_stand_on_the_page_of_a_state_where_there_is_no_total(
    site: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    rows = warehouse.execute(
        "SELECT o.ref_area, o.urbanisation, o.obs_value FROM observation AS o "
        "WHERE o.indicator = 'poverty_rural_urban' AND o.geo_level = 'state' AND o.obs_value IS NOT NULL "
        "AND o.time_period = '2024' ORDER BY ALL"
    ).fetchall()
    assert len(rows) == 64
    for area, urbanisation, value in rows:
        html = shown.page(site, "estado", area)
        line = re.search(r'<tr><th scope=row><a href="../indicador/poverty_rural_urban\.html">.*', html)
        assert line is not None
        name = "Urbano" if urbanisation == "U" else "Rural"
        assert re.search(rf"<i>{name}\w*</i> <b>{round(value, 1):.1f}\b", line[0]), (area, line[0])


def test_totals_groups_and_older_figures_are_counted_and_not_shown(
    site: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    elsewhere = dict(
        warehouse.execute(
            "SELECT ref_area, count(DISTINCT indicator) FROM observation "
            f"JOIN newest_period USING (geo_level, time_period, {', '.join(TOTAL_KEY)}) WHERE geo_level = 'municipality' "
            f"AND (time_period < '{SINCE}' OR indicator IN {TOTALS}) GROUP BY ref_area"
        ).fetchall()
    )
    of_groups = dict(
        warehouse.execute(
            "SELECT ref_area, count(DISTINCT indicator) FROM observation WHERE geo_level = 'municipality' AND indicator "
            "NOT IN (SELECT indicator FROM newest_period WHERE geo_level = 'municipality') GROUP BY ref_area"
        ).fetchall()
    )
    for path in random.Random(7).sample(sorted((site / "municipio").iterdir()), 20):
        counted = elsewhere[path.stem] + of_groups.get(path.stem, 0)
        line = re.search(r"(\d+) cifras \(totales, de grupos, o anteriores a (\d+)\)", path.read_text(encoding="utf-8"))
        assert line is not None and (int(line[1]), int(line[2])) == (counted, SINCE), path.stem


def test_municipalities_fit_six_kilobytes(site: Path) -> None:
    sizes = {
        path: len(gzip.compress(path.read_bytes(), 9))
        for folder in ("municipio", "en/municipality")
        for path in (site / folder).iterdir()
    }
    assert {path.name: size for path, size in sizes.items() if size > LARGEST_MUNICIPALITY} == {}


def test_a_browser_first_loads_little_of_an_indicator_with_its_map(site: Path) -> None:
    """The page, what it names, the outlines, and the values of states and of the newest municipalities; gzipped."""

    @cache
    def packed(path: Path) -> int:
        return len(gzip.compress(path.read_bytes(), 9))

    sizes = {}
    for page in sorted((site / "indicador").glob("*.html")):
        core = site / "data" / f"{page.stem}.js"
        _, _, head = arguments(core, "values")
        if head["municipal"]:
            html = page.read_text("utf-8")
            named = re.findall(r'<(?:script defer src|link rel="?stylesheet"? href)="?(\.\./static/[\w.]+)', html)
            assert {".css", ".js"} == {Path(name).suffix for name in named}
            newest = site / "data" / f"{page.stem}.{head['newest'].get('m', head['municipal'][-1])}.js"
            shared = (site / "data/outlines.js", site / "data/words-es.js")
            files = {page, core, newest, *shared, *((page.parent / n).resolve() for n in named)}
            sizes[page.stem] = sum(map(packed, files))
    assert len(sizes) > 100
    assert {name: size for name, size in sizes.items() if size > LARGEST_FIRST_LOAD} == {}


@pytest.mark.parametrize(
    ("state", "folder"), [("MX01", "coherencia"), ("MX07", "en/coherence"), ("MX20", "coherencia")]
)
def test_a_state_adds_up_as_the_warehouse_has_it(
    site: Path, warehouse: duckdb.DuckDBPyConnection, state: str, folder: str
) -> None:
    """All sums of the state, what is in none of its municipalities, and each finding; averages add up to nothing."""
    page = (site / folder / f"{state}.html").read_text("utf-8")
    sums, *others = re.split(r"<h2", page.partition("<h2")[2])
    added = dict(re.findall(r'indica\w+/(\w+)\.html">[^\n]*?<td>\d{4}<td>[^<]*<td>[^<]*<td>([^<]*)<td>', sums))
    rows = warehouse.execute(
        "SELECT s.indicator, s.difference, i.decimals FROM state_sum AS s JOIN indicator AS i ON i.id = s.indicator "
        "WHERE ref_area = ?",
        [state],
    ).fetchall()
    assert set(added) == {indicator for indicator, *_ in rows}
    assert {i for i, rest in added.items() if float(rest.replace(",", "")) != 0} == {
        i for i, rest, decimals in rows if round(rest, decimals) != 0
    }
    assert "census_population" in added and not {"children_ever_born", "poverty"} & set(added)
    [(findings,)] = warehouse.execute("SELECT count(*) FROM state_finding WHERE state = ?", [state]).fetchall()
    assert sum(len(re.findall('<tr><th scope="row">', part)) for part in others) == findings > 0


@pytest.mark.parametrize("page", ["presupuesto.html", "en/budget.html"])
def test_the_page_of_the_budget_has_its_rows_and_says_of_which_years(
    site: Path, warehouse: duckdb.DuckDBPyConnection, page: str
) -> None:
    text = (site / page).read_text("utf-8")
    [(rows, approved)] = warehouse.execute(
        "SELECT count(*), max(approved) FILTER (scope = 'total' AND link = 'direct') FROM budget"
    ).fetchall()
    assert text.count('<tr><th scope="row">') == rows > 300
    assert f"{approved / 1e6:,.0f}" in text and "2019" in text and "2023" in text


def test_peers_and_their_medians_are_those_of_the_warehouse(site: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    codes = [code for (code,) in warehouse.execute("SELECT DISTINCT ref_area FROM peer ORDER BY ref_area").fetchall()]
    compared = 0
    for code in random.Random(17).sample(codes, 10):
        number = int(code[2:])
        part = arguments(site / f"data/peers-{number // 25}.js", "peers")[1]
        like, rows = part["m"][str(number)]
        expected = warehouse.execute(
            "SELECT int_key FROM (SELECT CAST(ref_area[3:] AS INTEGER) AS int_key, rank FROM peers(?)) ORDER BY rank",
            [code],
        )
        assert like == [key for (key,) in expected.fetchall()]
        for name, decimals, row in list(zip(part["i"], part["d"], rows, strict=True))[:5]:
            (median, with_value, shown_as, own) = warehouse.execute(
                "SELECT peers_median, peers_with_value, shown, obs_value FROM peer_compare(?, ?)", [name, code]
            ).fetchall()[0]
            assert row == 0 if median is None else row[0] == pytest.approx(median, abs=0.5 * 10**-decimals + 1e-9)
            assert shown_as == "peers"
            if row:
                assert (row[1] is None) == (own is None)
                assert row[2] == with_value + (own is not None)
                compared += 1
    assert compared > 30


def test_what_municipalities_lack_is_counted_as_the_warehouse_does(
    site: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    for path in random.Random(18).sample(sorted((site / "municipio").iterdir()), 10):
        (count,) = warehouse.execute("SELECT count(*) FROM gaps(?)", [path.stem]).fetchall()[0]
        line = re.search(r'<p id="lacks">(\d+) de', path.read_text("utf-8"))
        assert line is not None
        assert int(line[1]) == count, path


@pytest.mark.browser
def test_the_longest_municipalities_print_on_two_pages_with_nothing_cut(site: Path, browser: Browser) -> None:
    longest = sorted((site / "municipio").iterdir(), key=lambda path: path.stat().st_size)[-ON_PAPER:]
    page = browser.new_page(viewport=PAPER)
    for path in (*longest, *(site / "en/municipality" / path.name for path in longest[-2:])):
        page.goto(path.as_uri())
        page.emulate_media(media="print")
        assert page.evaluate(CUT) == [], path
        assert len(PAGE.findall(page.pdf(prefer_css_page_size=True))) <= 2, path
        page.emulate_media(media="screen")
    page.close()


@pytest.mark.browser
def test_no_page_is_wider_than_a_small_screen(site: Path, browser: Browser) -> None:
    every = sorted(site.rglob("*.html"))
    page = browser.new_page(viewport={"width": 320, "height": 700})
    wide = []
    for path in (*random.Random(5).sample(every, SAMPLED), site / "compara.html"):
        page.goto(path.as_uri())
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(path.relative_to(site).as_posix())
    page.close()
    assert wide == []


@pytest.mark.browser
def test_a_value_leads_to_how_it_came_about(site: Path, warehouse: duckdb.DuckDBPyConnection, browser: Browser) -> None:
    """From a page of a municipality: the same figure, and the file that it came from with its hash."""
    page = browser.new_page()
    for row in shown.drawn(warehouse, f"{RECENT} AND o.obs_value IS NOT NULL", 6):
        page.goto((site / "municipio" / f"{row.area}.html").as_uri())
        page.locator(f'.profile tr:has(th a[href$="/{row.indicator}.html"]) td b a').first.click()
        expect(page.locator(".value .big b")).to_have_text(row.text)
        expect(page.locator(".value")).to_contain_text(row.name)
        expect(page.locator(".value")).to_contain_text(row.period)
        if row.interval:
            expect(page.locator(".value")).to_contain_text(row.interval)
        [(digest,)] = warehouse.execute(
            "SELECT DISTINCT source_sha256 FROM observation WHERE indicator = ? AND ref_area = ? AND time_period = ?",
            [row.indicator, row.area, row.period],
        ).fetchall()
        assert digest in " ".join(page.locator(".file.this .hash").all_inner_texts()), row
    page.close()
