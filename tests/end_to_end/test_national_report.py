"""Reports on the nation, a state and two municipalities: their figures are the warehouse's, and paper cuts nothing.

A home that a national run of this checkout has made is taken where SDG_NATIONAL_HOME names one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from browser.chromium import launched
from end_to_end.product import national_product
from support import shown_values as shown

from sdg_pipeline.site.model import Language
from sdg_pipeline.site.report.document import document

pytestmark = pytest.mark.national

REPORTS: tuple[tuple[str, Language, int], ...] = (
    ("MX", "es", 15), ("MX20", "en", 15), ("MX20067", "es", 15), ("MX09014", "en", 15),
)  # fmt: skip
"""Area, language and how many figures are drawn."""
SITE = "https://example.org/"
PAPER = {"width": 695, "height": 930}
"""What a letter has between the margins of a report, in pixels."""
CUT = """[...document.querySelectorAll('main, th, td, h1, h2, h3, p, li, .write')]
    .filter(e => e.clientWidth && (e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > innerWidth + 1))
    .map(e => e.textContent.trim().slice(0, 90))"""


@pytest.fixture(scope="module")
def con(request: pytest.FixtureRequest) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(national_product(request).layout.warehouse), read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def reports(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    return {(area, language): document(con, area, language, SITE) for area, language, _ in REPORTS}


def test_60_figures_at_random_are_those_of_the_warehouse(
    con: duckdb.DuckDBPyConnection, reports: dict[tuple[str, str], str]
) -> None:
    """Value, interval, status and rounding; where there is no value, no digit stands in its place."""
    checked = 0
    for area, language, count in REPORTS:
        for row in shown.drawn(con, f"o.ref_area = '{area}' AND o.obs_status <> 'F'", count, seed=60):
            value, interval, mark = shown.of_report(reports[area, language], row)
            if row.value is None:
                assert value == "" and mark and not re.search(r"\d", mark), row
            else:
                assert (value, interval, mark) == (row.text, row.interval, row.mark(language)), row
            checked += 1
    assert checked == 60


def test_headline_cards_and_the_places_around_are_those_of_the_warehouse(
    con: duckdb.DuckDBPyConnection, reports: dict[tuple[str, str], str]
) -> None:
    """A card a goal; what stands beside a figure leads to its own explanation."""
    for area, language, _ in REPORTS:
        every = {(row.indicator, row.area): row for row in shown.drawn(con, "o.obs_value IS NOT NULL AND len(o.ref_area) < 5 OR o.ref_area = '" + area + "'", 10**6)}  # fmt: skip
        cards = re.findall(
            r'<span class="n"><a class="f" href="[^"]*/(\w+)\.html#a=(\w+)">(.*?)</a>', reports[area, language]
        )
        assert len(cards) >= 12
        around = re.findall(
            r'<a href="https://example\.org/[^"]*/(\w+)\.html#a=(MX\d*)">([^<]*)</a>', reports[area, language]
        )
        assert (len(around) > 50) is (area != "MX")
        for indicator, code, number in (*cards, *around):
            assert number == every[indicator, code].text, (indicator, code)


def test_no_forecast_is_a_figure_and_every_edition_is_in_the_list(
    con: duckdb.DuckDBPyConnection, reports: dict[tuple[str, str], str]
) -> None:
    for area, language, _ in REPORTS:
        html = reports[area, language]
        assert "pronóstico</u>" not in html and "forecast</u>" not in html
        numbers = {int(n) for n in re.findall(r'href="#src-(\d+)"', html)}
        listed = [int(n) for n in re.findall(r'<li id="src-(\d+)"', html)]
        assert numbers == set(listed)
        assert listed == list(range(1, len(listed) + 1))
        hashes = set(re.findall(r"sha256 ([0-9a-f]{64})", html))
        rows = con.execute(
            "SELECT DISTINCT o.source_sha256 FROM observation AS o SEMI JOIN newest_period USING (indicator, geo_level, "
            "time_period, sex, age, urbanisation, disability, indigenous, income_quantile, education) "
            "WHERE o.ref_area = ? AND o.obs_value IS NOT NULL AND o.obs_status <> 'F'",
            [area],
        ).fetchall()
        assert {digest for (digest,) in rows} <= hashes


def test_what_is_missing_and_promised_is_counted_as_in_the_warehouse(
    con: duckdb.DuckDBPyConnection, reports: dict[tuple[str, str], str]
) -> None:
    for area, language, _ in REPORTS:
        html = reports[area, language]
        (lacking,), (every,) = (
            con.execute("SELECT count(*) FROM gaps(?)", [area]).fetchall()[0],
            con.execute("SELECT count(*) FROM indicator").fetchall()[0],
        )
        words = (
            f"{lacking} de {every} indicadores no tienen" if language == "es" else f"{lacking} of {every} indicators"
        )
        assert words in html
        level = "municipality" if len(area) == 7 else "state" if len(area) == 4 else "national"
        wanted = {"national": ["national", "state", "municipality"], "state": ["state", "municipality"]}.get(
            level, [level]
        )
        promised = con.execute(
            "SELECT count(*) FROM commitment WHERE geo_level IN (SELECT unnest(?))", [wanted]
        ).fetchall()[0][0]
        assert len(re.findall(r"(?:datos-abiertos|open-data)\.html#c-", html)) == promised
        assert len(re.findall(r'<tr data-target="', html)) == con.execute(
            "SELECT count(*) FROM progress WHERE ref_area = ? AND obs_value IS NOT NULL AND target_value IS NOT NULL",
            [area],
        ).fetchall()[0][0]  # fmt: skip


@pytest.mark.browser
def test_a_report_prints_with_nothing_cut(reports: dict[tuple[str, str], str], tmp_path: Path) -> None:
    with launched() as browser:
        page = browser.new_page(viewport=PAPER)
        for (area, _), html in reports.items():
            path = tmp_path / f"{area}.html"
            path.write_text(html, encoding="utf-8")
            page.goto(path.as_uri())
            page.emulate_media(media="print")
            assert page.evaluate(CUT) == [], area
            pdf = page.pdf(prefer_css_page_size=True)
            assert len(re.findall(rb"/Type /Page\b", pdf)) > 8
            page.emulate_media(media="screen")
        page.close()
