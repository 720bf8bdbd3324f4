"""Figures on pages are those of the warehouse: value, interval, status and rounding; and hostile texts stay texts."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from site_pages import Page
from support.site_scripts import arguments, rows

from sdg_pipeline.charts import choropleth
from sdg_pipeline.layout import Layout
from sdg_pipeline.site import format, reading
from sdg_pipeline.site.indicators import IndicatorPages
from sdg_pipeline.site.model import Text, Value
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.site.toward import Toward
from sdg_pipeline.site.words import word
from sdg_pipeline.specs.fields import DIMENSIONS

SAMPLE = 200
MINUS = "−"


@pytest.fixture(scope="module")
def warehouse(layout: Layout) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(layout.warehouse), read_only=True)


def shown(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:,.{decimals}f}".replace("-", MINUS)


def sliced(site: Path) -> dict[tuple[str, str, str, int], tuple]:
    """Every figure of the scripts: by indicator, place, year and number of the group."""
    figures = {}
    for path in sorted((site / "data").glob("*.js")):
        if not path.read_text("utf-8").startswith("SDG.values("):
            continue
        indicator, _, data = arguments(path, "values")
        for block in data["blocks"]:
            for area, *figure in rows(block):
                code = "MX" if not area else f"MX{area:02d}" if area < 100 else f"MX{area:05d}"
                figures[indicator, code, block["p"], block["g"]] = tuple(figure)
    return figures


def test_figures_of_the_scripts_are_those_of_the_warehouse(site: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    """All of them, and none is left out; a group is found by its number in the order of the codes."""
    figures = sliced(site)
    count = warehouse.execute("SELECT count(*) FROM observation WHERE geo_level <> 'harmonised'").fetchone()
    assert count == (len(figures),)
    rows = warehouse.execute(
        "SELECT o.indicator, o.ref_area, o.time_period, o.obs_value, o.ci_lower, o.ci_upper, o.obs_status, o.obs_reason, "
        "i.decimals FROM observation AS o JOIN indicator AS i ON i.id = o.indicator "
        f"SEMI JOIN total_key AS t USING (indicator, {', '.join(DIMENSIONS)}) "
        "WHERE o.geo_level <> 'harmonised' ORDER BY ALL"
    ).fetchall()
    for indicator, area, period, value, lower, upper, _, reason, decimals in random.Random(7).sample(rows, SAMPLE):
        figure = figures[indicator, area, period, 0]
        assert figure[:3] == tuple(None if x is None else round(x, decimals) + 0.0 for x in (value, lower, upper))
        assert (figure[3] == f"reason_{reason}") is (value is None and reason is not None)


def test_figures_of_places_are_those_of_the_warehouse(site: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "SELECT o.indicator, o.ref_area, o.geo_level, o.obs_value, o.ci_lower, o.ci_upper, i.decimals "
        "FROM observation AS o JOIN indicator AS i ON i.id = o.indicator "
        f"JOIN newest_period AS n USING (indicator, geo_level, time_period, {', '.join(DIMENSIONS)}) "
        "WHERE o.geo_level IN ('state', 'municipality') ORDER BY ALL"
    ).fetchall()
    for indicator, area, level, value, lower, upper, decimals in random.Random(11).sample(rows, SAMPLE):
        folder = "estado" if level == "state" else "municipio"
        html = (site / folder / f"{area}.html").read_text("utf-8")
        row = re.search(rf'<tr><th scope=row><a href="\.\./indicador/{indicator}\.html">.*', html)
        assert row is not None
        cell = re.search(
            r"</i><td( class=n)?>(.*?)<td", re.sub(r'<a href="[^"]*/explica/[^"]*">([^<]*)</a>', r"\1", row[0])
        )
        assert cell is not None
        if value is None:
            assert cell[1] and not re.search(r"\d", cell[2])
            continue
        assert f"<b>{shown(value, decimals)}</b>" in cell[2]
        limits = "" if lower is None else f"<i>{shown(lower, decimals)}–{shown(upper, decimals)}</i>"
        assert (limits in cell[2]) and (bool(limits) or "<i>" not in cell[2])


def test_figures_of_indicators_are_those_of_the_warehouse(site: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "SELECT o.indicator, o.area_name, o.obs_value, i.decimals "
        "FROM observation AS o JOIN indicator AS i ON i.id = o.indicator "
        f"JOIN newest_period AS n USING (indicator, geo_level, time_period, {', '.join(DIMENSIONS)}) "
        "WHERE o.geo_level = 'state' ORDER BY ALL"
    ).fetchall()
    for indicator, area, value, decimals in random.Random(13).sample(rows, SAMPLE):
        html = (site / "en/indicator" / f"{indicator}.html").read_text("utf-8")
        line = re.search(rf'<tr><th scope="row"><a href="[^"]*">{re.escape(area)}</a>.*', html)
        assert line is not None, (indicator, area)
        assert value is None or re.search(
            rf'<td class="v"><a href="[^"]*">{re.escape(shown(value, decimals))}</a>', line[0]
        )


def test_ranks_count_from_the_better_end(site: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    """Of a share that shall rise the highest is first, of one that shall fall the lowest; ties as shown share a rank."""
    for indicator, order in (("dwellings_with_piped_water", "DESC"), ("illiteracy_15_plus", "ASC")):
        rows = warehouse.execute(
            f"SELECT ref_area, rank() OVER (ORDER BY round(obs_value, 1) {order}) FROM observation "
            f"SEMI JOIN total_key AS t USING (indicator, {', '.join(DIMENSIONS)}) "
            "WHERE indicator = ? AND geo_level = 'state'",
            [indicator],
        ).fetchall()
        for area, rank in rows:
            html = (site / "estado" / f"{area}.html").read_text("utf-8")
            row = re.search(rf'<tr><th scope=row><a href="\.\./indicador/{indicator}\.html">.*', html)
            assert row is not None
            assert f">{rank}<i>/{len(rows)}</i>" in row[0]


def test_a_value_that_is_missing_has_its_reason_on_the_page(site: Path, layout: Layout) -> None:
    """The starter data lack no newest value, so one is taken away."""
    from dataclasses import replace

    from sdg_pipeline.site import reading
    from sdg_pipeline.site.lacking import Lacking
    from sdg_pipeline.site.profile import Profiles

    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        contents = reading.contents(con)
    value = contents.values["MX01001"]["literacy_15_plus"]
    gone = value._replace(value=None, status="Q", reason="few_events", rank=None)
    values = {**contents.values, "MX01001": {**contents.values["MX01001"], "literacy_15_plus": gone}}
    shown = Site(replace(contents, values=values))
    pages = Profiles(shown, "es", Lacking(shown, "es", {}))
    _, content = pages.municipality(contents.places["MX01001"], [], [])
    row = re.search(r'<tr><th scope=row><a href="../indicador/literacy_15_plus.html">.*', content.decode())
    assert row is not None
    assert "<td class=n>muy pocos casos para una tasa<td>" in row[0]
    assert format.reason("en", "a_new_reason", "Q") == "a_new_reason"
    assert format.reason("en", None, "Q") == "withheld"


@pytest.mark.parametrize(
    ("value", "first", "decimals", "expected"),
    [(96.34, 90.06, 1, "+6.2"), (1.0, 3.0, 0, f"{MINUS}2"), (5.04, 5.0, 1, "0.0"), (None, 1.0, 1, "")],
)
def test_a_change_follows_from_the_numbers_that_are_shown(
    value: float | None, first: float, decimals: int, expected: str
) -> None:
    figure = Value("MX", "2020", value, None, None, "A", None, None, "C", first_period="2010", first_value=first)
    assert format.change(figure, decimals) == expected


def test_a_model_an_unstable_rate_and_a_forecast_bear_their_marks() -> None:
    marks = [
        ("E", "model_based"),
        ("U", "model_based"),
        ("A", "unstable"),
        ("F", None),
        ("P", None),
        ("A", "full_count"),
    ]
    expected = ["mark_model", "mark_model_low", "mark_unstable", "mark_forecast", "mark_provisional", ""]
    assert [format.mark(*mark) for mark in marks] == expected


def test_classes_say_what_is_in_them() -> None:
    limits, key = choropleth.classes([1, 2, 2, 3, 4, 5, 6, 7, 8, 9.04], 1)
    assert limits == [2.0, 4.0, 6.0, 8.0]
    assert [(c.low, c.high, c.count) for c in key] == [
        ("1.0", "1.0", 1), ("2.0", "3.0", 3), ("4.0", "5.0", 2), ("6.0", "7.0", 2), ("8.0", "9.0", 2)]  # fmt: skip
    assert choropleth.classes([], 1) == ([], ())
    assert [c.count for c in choropleth.classes([5, 5, 5], 0)[1]] == [3]


HOSTILE = "\"><script>alert(1)</script>{{ 7 * 7 }}'<img src=x onerror=alert(1)>"


def test_a_hostile_text_stays_a_text(site: Path, layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Titles, names and reasons come from specs and files that people propose."""
    from dataclasses import replace

    from sdg_pipeline.site import reading, search
    from sdg_pipeline.site.indicators import IndicatorPages
    from sdg_pipeline.site.lacking import Lacking
    from sdg_pipeline.site.profile import Profiles

    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        contents = reading.contents(con)
        rows = dict(reading.rows(con))["literacy_15_plus"]
    text = Text(HOSTILE, HOSTILE)
    indicator = replace(
        contents.indicators["literacy_15_plus"], title=text, description=text, unit_text=text, unit="X", formula=HOSTILE
    )
    place = replace(contents.places["MX01001"], name=HOSTILE)
    contents = replace(
        contents,
        indicators={**contents.indicators, indicator.id: indicator},
        places={**contents.places, place.code: place, "MX01": replace(contents.places["MX01"], name=HOSTILE)},
    )
    hostile = Site(contents)
    written = dict(IndicatorPages(hostile, None).pages(indicator, rows))
    lacking = Lacking(hostile, "es", {})
    written |= dict([Profiles(hostile, "es", lacking).municipality(place, [], [])])
    written |= dict([lacking.page(contents.places["MX01"], [place])])
    written |= dict(search.scripts(contents))
    for path, content in written.items():
        if path.endswith(".png"):
            continue
        html = content.decode()
        assert "49" not in html.partition("alert")[2][:40]
        if path.endswith(".html"):
            assert "<script>alert" not in html, path
            assert "<img" not in html, path
            assert "&lt;script&gt;alert" in html, path
            page = site / f"../hostile-{Path(path).name}"
            page.write_text(html, encoding="utf-8")
            tags = Page(page).tags
            assert not [named for tag, named in tags if "onerror" in named], path
        else:
            arguments = re.fullmatch(r"SDG\.\w+\((.*)\)\n", html, re.DOTALL)
            assert arguments is not None
            json.loads(f"[{arguments[1]}]")


def test_a_break_parts_the_line_and_a_forecast_is_dashed() -> None:
    from sdg_pipeline.charts.models import Caption, Estimate, YearEstimate
    from sdg_pipeline.charts.trend import trend_chart

    years = [YearEstimate(2010 + n, Estimate(float(n)), forecast=n == 5, breaks=n == 2) for n in range(6)]
    drawn = trend_chart(Caption("t", "Title", "%", ("Source",), 1, width=460, bare=True), years)
    assert drawn is not None
    lines = re.findall(r'<polyline points="([^"]+)"', drawn)
    assert [len(line.split()) for line in lines] == [2, 3, 2]
    assert drawn.count('class="breaks"') == drawn.count('class="forecast"') == 1
    assert 'width="460"' in drawn
    assert "Title" not in drawn.partition("</desc>")[2]


def test_a_picture_is_a_png_of_the_states_in_their_colours() -> None:
    import struct
    import zlib

    from sdg_pipeline.charts.picture import HEIGHT, LEFT, SIDE, TOP, WIDTH, picture

    drawn = picture({"MX02": 4})
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", drawn[16:24]) == (WIDTH, HEIGHT)
    start = drawn.index(b"IDAT")
    (size,) = struct.unpack(">I", drawn[start - 4 : start])
    pixels = zlib.decompress(drawn[start + 4 : start + 4 + size])
    assert len(pixels) == (WIDTH + 1) * HEIGHT
    line = pixels[(WIDTH + 1) * (TOP + 1) + 1 :][:WIDTH]
    assert set(line[LEFT : LEFT + SIDE]) == {5}
    assert set(line) == {0, 5, 6}
    assert picture({"MX02": 4}) == drawn != picture({})


def test_the_page_of_an_indicator_says_how_far_the_nation_is_from_its_target(
    site: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    """The starter data have one census: nothing to measure. With another year the page has growth, ratio and class."""
    of_nation = warehouse.execute(
        "SELECT indicator, coalesce(class, reason) FROM progress WHERE ref_area = 'MX' ORDER BY ALL"
    ).fetchall()
    assert {said for _, said in of_nation} == {"reached", "one_period"}
    for name, said in of_nation:
        html = (site / "en" / "indicator" / f"{name}.html").read_text("utf-8")
        assert f"<b>{word('en', f'toward_{said}')}</b>" in html
        assert word("en", "aim_proxy") in html and re.search(r'href="[^"]*method.html#m8"', html)
    assert 'id="m8"' in (site / "en" / "method.html").read_text("utf-8")
    contents, rows = reading.contents(warehouse), dict(reading.rows(warehouse))
    indicator = contents.indicators[of_nation[0][0]]
    way = Toward(100.0, "2030", "2015", 80.0, "2020", 90.0, 2.38, 1.5, 159.04, "significant", None)
    pages = dict(IndicatorPages(Site(contents), None).pages(replace(indicator, toward=way), rows[indicator.id]))
    for path, sentence in {
        f"indicador/{indicator.id}.html": "De 2015 a 2020: +2.4 % al año; se necesita +1.5 % al año desde 2015. Es 159 %",
        f"en/indicator/{indicator.id}.html": "From 2015 to 2020: +2.4% a year; +1.5% a year since 2015 is needed. That is 159%",
    }.items():
        assert sentence in pages[path].decode()
