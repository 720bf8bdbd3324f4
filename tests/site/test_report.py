"""A report on an area: whole on starter data, in both languages, escaped, printable, and refused in one line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import cast

import duckdb
import pytest
from axe_playwright_python.sync_playwright import DEFAULT_OPTIONS, Axe
from playwright.sync_api import Browser
from site_pages import Page
from support import shown_values as shown

from sdg_pipeline.charts import small
from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import Settings
from sdg_pipeline.site import reading
from sdg_pipeline.site.model import LANGUAGES, Aim, Contents, Indicator, Language, Text
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.site.report import document, material
from sdg_pipeline.site.report.figures import walk
from sdg_pipeline.site.report.sections import Sections
from sdg_pipeline.site.toward import Toward

AREAS = ("MX", "MX01", "MX01001")
HOSTILE = "\"><script>alert(1)</script>{{ 7 * 7 }}'</style><img src=x onerror=alert(1)>"
CUT = """[...document.querySelectorAll('main, th, td, h1, h2, h3, p, li, .write')]
    .filter(e => e.clientWidth && (e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > innerWidth + 1))
    .map(e => e.textContent.trim().slice(0, 90))"""


@pytest.fixture(scope="module")
def written(settings: Settings) -> dict[tuple[str, str], Path]:
    return {
        (area, language): document.write(settings, area, language) for area in AREAS for language in LANGUAGES
    }  # fmt: skip


def test_a_report_lies_beside_the_site_and_leads_into_it(written: dict[tuple[str, str], Path], layout: Layout) -> None:
    for (area, language), path in written.items():
        assert path == layout.report(f"report-{area}-{language}.html")
        page = Page(path)
        assert (page.language, page.loads) == (language, ["data:,"])
        assert len(page.ids) == len(set(page.ids))
        inside = [link for link in page.links if not link.startswith(("#", "http"))]
        assert len(inside) > 50
        for link in inside:
            address, _, fragment = link.partition("#")
            target = (path.parent / address).resolve()
            assert target.is_file(), link
            if fragment and "=" not in fragment:
                assert fragment in Page(target).ids, link
        assert all(link[1:] in page.ids for link in page.links if link.startswith("#"))


def test_the_figures_are_those_of_the_warehouse(written: dict[tuple[str, str], Path], layout: Layout) -> None:
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        for (area, language), path in written.items():
            html = path.read_text("utf-8")
            for row in shown.drawn(con, f"o.ref_area = '{area}' AND o.obs_status <> 'F'", 25, seed=7):
                if row.value is not None:
                    assert shown.of_report(html, row) == (row.text, row.interval, row.mark(language)), row


def test_values_of_few_places_are_those_that_the_pages_show(layout: Layout) -> None:
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        every, few = reading.contents(con), reading.contents(con, ("MX", "MX01001"))
    assert set(few.values) == {"MX", "MX01001"}
    for code in few.values:
        assert few.values[code] == every.values[code], "ranks count all places"
        assert few.grouped.get(code) == every.grouped.get(code)


def test_a_reviewer_finds_the_fields_to_fill_in(written: dict[tuple[str, str], Path]) -> None:
    for (area, language), path in written.items():
        fields = [named for tag, named in Page(path).tags if named.get("contenteditable")]
        assert len(fields) == 17 + (17 if len(area) == 7 else 16)
        assert all(named["role"] == "textbox" and named["aria-label"] for named in fields)
        words = {"es": "por escribir", "en": "to be written by the reviewer"}[language]
        assert path.read_text("utf-8").count(f"<small>{words}</small>") == len(fields)


def test_a_partial_release_says_so_on_the_cover(written: dict[tuple[str, str], Path]) -> None:
    assert all("5 of 32 states only" in path.read_text("utf-8") for path in written.values())


@pytest.mark.parametrize(
    ("area", "message"),
    [
        (
            "Aguascalientez",
            r"no area 'Aguascalientez'; did you mean Aguascalientes \(MX01\), Aguascalientes \(MX01001\)\?; remedy: write",
        ),
        ("MX99", r"no area 'MX99'; did you mean .*\(MX\d\d\)\?; remedy: write national, a code"),
        ("Tlaxiacco", r"did you mean Heroica Ciudad de Tlaxiaco \(MX20397\)\?"),
        ("qqqqqq", r"no area 'qqqqqq'; remedy: write national, a code such as MX20 or MX20067, or a name$"),
        ("Benito Juárez", r"several areas are called 'Benito Juárez': MX09014 .*; remedy: write one of these codes$"),
        ("MX02001H", r"MX02001H .* is a unit of constant borders; remedy: name one of its municipalities$"),
        (
            "20067",
            r"the release has no figure of Oaxaca de Juárez \(MX20067\); remedy: name an area of a national run$",
        ),
    ],
)
def test_an_area_that_cannot_be_reported_on_is_one_line(settings: Settings, area: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        document.write(settings, area, "es")


def test_no_file_is_overwritten_and_without_a_release_there_is_no_report(settings: Settings, tmp_path: Path) -> None:
    own = tmp_path / "own.html"
    assert document.write(settings, "national", "en", own) == own
    before = own.read_bytes()
    with pytest.raises(UsageError, match=r"own\.html is there already; remedy: name another file$"):
        document.write(settings, "national", "en", own)
    assert own.read_bytes() == before
    with pytest.raises(UsageError, match=r"no release to report on, since there is no .*; remedy: `sdg run`$"):
        document.write(replace(settings, home=tmp_path), "national", "es")


def test_a_hostile_text_stays_a_text(layout: Layout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    read = reading.contents

    def hostile(con: duckdb.DuckDBPyConnection, only: tuple[str, ...]) -> Contents:
        contents, text = read(con, only), Text(HOSTILE, HOSTILE)
        return replace(
            contents,
            indicators={
                i: replace(x, title=text, unit_text=text, unit="X", aim=Aim(1.0, "2030", HOSTILE) if x.aim else None)
                for i, x in contents.indicators.items()
            },
            places={code: replace(place, name=HOSTILE) for code, place in contents.places.items()},
            sources=tuple(replace(s, citation=text, licence=HOSTILE, url="") for s in contents.sources),
        )

    monkeypatch.setattr(reading, "contents", hostile)
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        html = document.document(con, "MX01001", "es", "")
    assert "<script>" not in html
    assert html.count("</style>") == 1, "also what stands in the style stays inside it"
    path = tmp_path / "hostile.html"
    path.write_text(html, encoding="utf-8")
    assert not [named for tag, named in Page(path).tags if tag == "img" or "onerror" in named]
    assert "&lt;script&gt;alert(1)" in html


AIMS = """
direction | first | newest | target | reached %, year
up        | 90    | 95     | 100    | 50, 2030
up        | 90    | 92     | 100    | 20, 2060
up        | 90    | 88     | 100    | -20,
up        | 90    | 90     | 100    | 0,
up        | 90    | 100    | 100    | 100,
up        | 90    | 101    | 100    | 100,
down      | 4     | 3      | 0      | 25, 2050
down      | 4     | 0.04   | 0      | 100,
parity    | 0.90  | 1.05   | 1      | 50, 2030
"""


@pytest.mark.parametrize("line", AIMS.strip().splitlines()[1:])
def test_the_pace_to_a_target_follows_from_two_figures(line: str) -> None:
    direction, first, newest, target, expected = (cell.strip() for cell in line.split("|"))
    decimals = 2 if direction == "parity" else 1
    indicator = cast("Indicator", _indicator(direction, float(target), decimals))
    walked = walk(indicator, _toward(float(first), float(newest), float(target)))
    assert walked is not None
    assert f"{walked.covered}, {walked.arrives or ''}".strip() == expected
    assert walked.points == ((2010.0, float(first)), (2020.0, float(newest)), (2030.0, float(target)))


def _toward(first: float, newest: float, target: float) -> Toward:
    return Toward(target, "2030", "2010", first, "2020", newest, 1.0, 2.0, 50.0, "insufficient", None)


def _indicator(direction: str, target: float, decimals: int) -> Indicator:
    text = Text("", "")
    return Indicator(
        id="x", goal=1, target="1.1", code=None, relation="proxy", title=text, description=text, unit="PT",
        unit_text=text, decimals=decimals, direction=direction, formula="", sources=(), assumptions=(),
        aim=Aim(target, "2030", "a document"), owner="team:data", spec_hash="",
    )  # fmt: skip


def test_without_an_earlier_figure_there_is_no_pace() -> None:
    indicator, both = _indicator("up", 100.0, 1), _toward(90.0, 95.0, 100.0)
    assert walk(indicator, both._replace(ratio=None, kind=None, reason="one_period")) is None
    assert walk(indicator, both._replace(time_period="2031")) is None, "its year is over"
    assert small.spark([(2010, 1), (2020, 2)]) == ""
    assert small.spark([(2010, 1), (2015, 1), (2020, 1)]).count("<circle") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_progress_is_drawn_where_there_are_two_figures(layout: Layout, language: Language) -> None:
    """The starter data have one census alone, so an earlier figure is put in."""
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        about = material.read(con, "MX01")
    name = "dwellings_with_drainage"
    contents, alone = about.contents, about.progress[name]
    assert alone.reason == "one_period"
    way = alone._replace(base_period="2010", base_value=90.0, ratio=61.2, kind="moderate", reason=None)
    sections = Sections(replace(about, progress={**about.progress, name: way}), language)
    [progress] = [p for p in sections.progress if p.figure.indicator.id == name]
    assert (progress.first, progress.target, progress.year) == ("90.0", "100.0", "2030")
    assert "<svg" in progress.drawing
    html = Site(contents).document(
        document.TEMPLATE, language, s=sections, m=sections.material, place=sections.material.place,
        around=sections.material.around, release=contents.release, day="", site="", url=lambda *_: "", foot="",
    )  # fmt: skip
    assert progress.drawing in html
    assert {"es": "61 % del crecimiento necesario.", "en": "61% of the growth needed."}[language] in html
    assert {"es": "Ritmo necesario", "en": "Pace needed"}[language] in html


@pytest.mark.browser
def test_a_report_is_accessible_fits_a_telephone_and_prints(
    written: dict[tuple[str, str], Path], browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, axe, wrong = context.new_page(), Axe(), []
    for (area, language), path in written.items():
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(path.as_uri())
        for scheme, options in {
            "light": DEFAULT_OPTIONS,
            "dark": {**DEFAULT_OPTIONS, "runOnly": ["color-contrast"]},
        }.items():
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for violation in axe.run(page, options=options).response["violations"]:
                wrong.append((area, language, scheme, violation["id"], [n["target"] for n in violation["nodes"]][:3]))
        page.set_viewport_size({"width": 320, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        page.emulate_media(media="print", color_scheme="light")
        page.set_viewport_size({"width": 695, "height": 930})
        assert page.evaluate(CUT) == [], path
        assert len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) > 5
        page.emulate_media(media="screen")
    context.close()
    assert wrong == []
