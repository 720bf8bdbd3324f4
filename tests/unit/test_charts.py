"""Charts: what their SVG says, by its elements; how they look is seen in docs/images."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sdg_pipeline.charts.axis import class_number, fitted_axis, quantile_limits
from sdg_pipeline.charts.card import card
from sdg_pipeline.charts.models import Caption, Estimate, StateEstimate, StatesFigure, YearEstimate
from sdg_pipeline.charts.page import GREY, INK, WIDTH
from sdg_pipeline.charts.states import states_chart
from sdg_pipeline.charts.texts import number, short_number, text_width, tick_labels
from sdg_pipeline.charts.tile_map import CLASSES, NO_VALUE, tile_map
from sdg_pipeline.charts.tiles import TILES
from sdg_pipeline.charts.trend import trend_chart

SVG = "{http://www.w3.org/2000/svg}"
CAPTION = Caption("poverty", "Pobreza", "Porcentaje", ("INEGI, Censo 2020.",), 1, "es")
STATES = StatesFigure(
    "2020",
    tuple(
        StateEstimate(code, f"Entidad {n}", Estimate(float(n), (n - 0.5, n + 0.5)))
        for n, code in enumerate(sorted(TILES), start=1)
    ),
    Estimate(16.4, (16.2, 16.6)),
)
YEARS = [YearEstimate(year, Estimate(year - 2000.0, (year - 2001.0, year - 1999.0))) for year in range(2010, 2021)]
Box = tuple[float, float, float, float]


def parsed(svg: str | None) -> Element:
    assert svg is not None
    return ElementTree.fromstring(svg)


def texts(root: Element, name: str | None = None) -> list[str]:
    """Texts of a class, or all that are shown."""
    return [t.text or "" for t in root.iter(f"{SVG}text") if name is None or t.get("class") == name]


def of_class(root: Element, name: str) -> Element:
    (match,) = (element for element in root.iter() if element.get("class") == name)
    return match


def with_ids(root: Element, prefix: str) -> dict[str, Element]:
    elements = {e.get("id", ""): e for e in root.iter(f"{SVG}g")}
    return {key.removeprefix(prefix): e for key, e in elements.items() if key.startswith(prefix)}


def inherited(root: Element, attribute: str, default: str) -> dict[Element, str]:
    """An attribute of every element, its own or that of its group."""
    values: dict[Element, str] = {}

    def walk(element: Element, value: str) -> None:
        values[element] = element.get(attribute, value)
        for child in element:
            walk(child, values[element])

    walk(root, default)
    return values


def letters(root: Element) -> Iterator[tuple[str, Box]]:
    """Every text with the box that its letters fill."""
    sizes, anchors = inherited(root, "font-size", "12"), inherited(root, "text-anchor", "start")
    for element in root.iter(f"{SVG}text"):
        text, size = element.text or "", float(sizes[element])
        width, x, y = text_width(text, size), float(element.get("x", 0)), float(element.get("y", 0))
        left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchors[element]]
        yield text, (left, y - 0.75 * size, left + width, y)


def strokes(root: Element) -> Iterator[Box]:
    """Every line as the box between its ends."""
    for path in root.iter(f"{SVG}path"):
        match = re.fullmatch(r"M([-\d.]+) ([-\d.]+)([HV])([-\d.]+)", path.get("d", ""))
        assert match, path.get("d")
        x, y, way, end = float(match[1]), float(match[2]), match[3], float(match[4])
        x1, y1 = (end, y) if way == "H" else (x, end)
        yield min(x, x1), min(y, y1), max(x, x1), max(y, y1)
    for line in root.iter(f"{SVG}polyline"):
        points = [tuple(map(float, point.split(","))) for point in line.get("points", "").split()]
        for (x, y), (x1, y1) in pairwise(points):
            yield min(x, x1), min(y, y1), max(x, x1), max(y, y1)


def meets(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def all_charts(caption: Caption, figure: StatesFigure, years: list[YearEstimate]) -> list[str]:
    drawn = (states_chart(caption, figure), tile_map(caption, figure), trend_chart(caption, years))
    return [svg for svg in drawn if svg is not None]


CHARTS: dict[str, Callable[[Caption], str | None]] = {
    "states": lambda caption: states_chart(caption, STATES),
    "map": lambda caption: tile_map(caption, STATES),
    "trend": lambda caption: trend_chart(caption, YEARS),
}


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_has_title_unit_period_source_and_a_description(chart: str) -> None:
    root = parsed(CHARTS[chart](CAPTION))
    assert root.get("role") == "img" and root.get("lang") == "es"
    title, description = (root.find(f"{SVG}{name}") for name in ("title", "desc"))
    assert title is not None and description is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text and title.text.startswith("Pobreza. Porcentaje · ")
    assert "Nacional" in (description.text or "")
    shown = texts(root)
    assert shown[0] == "Pobreza"
    assert shown[1] == ("Porcentaje · Nacional, 2010–2020" if chart == "trend" else "Porcentaje · 2020")
    assert shown[-1] == "Fuente: INEGI, Censo 2020."


@pytest.mark.parametrize("chart", CHARTS)
def test_texts_are_escaped_and_the_same_figures_give_the_same_bytes(chart: str) -> None:
    wicked = '</text><script>alert("1")</script> & co.'
    caption = replace(CAPTION, key='k"><x', title=wicked, unit=wicked, sources=(wicked,))
    svg = CHARTS[chart](caption)
    root = parsed(svg)
    assert not [e for e in root.iter() if "script" in e.tag or e.tag == f"{SVG}x"]
    assert wicked in " ".join(texts(root))
    assert svg == CHARTS[chart](caption)


def test_a_row_a_state_from_the_highest_with_its_numbers() -> None:
    root = parsed(states_chart(CAPTION, STATES))
    rows = with_ids(root, "poverty-")
    codes = sorted(TILES)[::-1]
    assert list(rows) == [*codes[:16], "MX", *codes[16:]]
    assert texts(rows["MX32"]) == ["Entidad 32", "32.0", "31.5 a 32.5"]
    assert texts(rows["MX"]) == ["Nacional", "16.4", "16.2 a 16.6"]


def test_dots_and_intervals_lie_on_one_scale() -> None:
    root = parsed(states_chart(CAPTION, STATES))
    dots = {code: float(row.find(f"{SVG}circle").get("cx", "")) for code, row in with_ids(root, "poverty-").items()}  # type: ignore[union-attr]
    unit = (dots["MX32"] - dots["MX01"]) / 31
    bars = [
        float(b) - float(a) for a, b in re.findall(r"M([\d.]+) [\d.]+H([\d.]+)", ElementTree.tostring(root, "unicode"))
    ]
    assert bars.count(pytest.approx(unit, abs=0.11)) == 32
    assert dots["MX"] == pytest.approx(dots["MX01"] + 15.4 * unit, abs=0.1)
    assert of_class(root, "national").get("d", "").startswith(f"M{dots['MX']:g} ")


def test_values_close_together_and_far_from_zero_spread_over_the_axis() -> None:
    near = tuple(replace(s, estimate=Estimate(98.8 + n / 62)) for n, s in enumerate(STATES.states))
    root = parsed(states_chart(CAPTION, StatesFigure("2020", near)))
    places = [float(c.get("cx", "")) for c in root.iter(f"{SVG}circle")]
    assert max(places) - min(places) > WIDTH / 3
    assert "El eje no comienza en cero." in texts(root)
    assert not any("intervalo" in text for text in texts(root))


def test_the_state_of_mexico_has_another_name_than_the_nation() -> None:
    figure = replace(STATES, states=(StateEstimate("MX15", "México", Estimate(3.0)), *STATES.states[15:]))
    for language, name, nation in (("es", "México (estado)", "Nacional"), ("en", "México (state)", "National")):
        caption = replace(CAPTION, language=language)
        rows = with_ids(parsed(states_chart(caption, figure)), "poverty-")
        assert (texts(rows["MX15"])[0], texts(rows["MX"])[0]) == (name, nation)
        squares = with_ids(parsed(tile_map(caption, figure)), "poverty-")
        assert (squares["MX15"].findtext(f"{SVG}title"), texts(squares["MX15"])[0]) == (f"{name}: 3.0", "MEX")
        assert "México" not in " ".join(texts(parsed(trend_chart(caption, YEARS))))


def test_a_national_total_does_not_squeeze_the_states() -> None:
    root = parsed(states_chart(CAPTION, replace(STATES, nation=Estimate(528.0))))
    assert "MX" not in with_ids(root, "poverty-")
    assert [e for e in root.iter() if e.get("class") == "national"] == []
    assert any("Nacional: 528.0." in text for text in texts(root))


def test_every_state_has_a_tile_of_its_own() -> None:
    assert sorted(TILES) == [f"MX{n:02d}" for n in range(1, 33)]
    assert len({(tile.column, tile.row) for tile in TILES.values()}) == 32
    assert len({tile.abbreviation for tile in TILES.values()}) == 32


def test_tiles_are_coloured_by_fifths_and_white_without_a_value() -> None:
    fewer = replace(STATES, states=(replace(STATES.states[0], estimate=None), *STATES.states[1:31]))
    squares = with_ids(parsed(tile_map(CAPTION, fewer)), "poverty-")
    fills = {code: square.find(f"{SVG}rect").get("fill") for code, square in squares.items()}  # type: ignore[union-attr]
    limits = quantile_limits([float(n) for n in range(2, 32)], 5)
    assert limits == [8, 14, 20, 26]
    for n, code in enumerate(sorted(TILES), start=1):
        assert fills[code] == (CLASSES[class_number(n, limits)][0] if 2 <= n <= 31 else NO_VALUE[0]), code
    assert texts(squares["MX01"]) == ["AGS", "–"]
    root = parsed(tile_map(CAPTION, fewer))
    assert "Sin valor: AGS, ZAC." in texts(root)
    assert texts(root, "class") == ["2.0 a 7.0", "8.0 a 13.0", "14.0 a 19.0", "20.0 a 25.0", "26.0 a 31.0"]


def test_many_states_without_a_value_are_counted() -> None:
    one = StatesFigure("2020", STATES.states[:1])
    for draw in (states_chart, tile_map):
        assert "31 entidades no tienen valor." in texts(parsed(draw(CAPTION, one)))


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("ground", "ink"), [*CLASSES, NO_VALUE, ("#ffffff", INK), ("#ffffff", GREY)])
def test_letters_stand_out_from_their_ground(ground: str, ink: str) -> None:
    """At least 4.5 to 1, as WCAG 2.1 AA asks for."""
    dark, light = sorted((luminance(ground), luminance(ink)))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_year_without_an_estimate_breaks_the_line() -> None:
    whole = parsed(trend_chart(CAPTION, YEARS))
    assert [len(line.get("points", "").split()) for line in whole.iter(f"{SVG}polyline")] == [11]
    gap = [replace(y, estimate=None) if y.year == 2013 else y for y in YEARS]
    broken = parsed(trend_chart(CAPTION, gap))
    assert [len(line.get("points", "").split()) for line in broken.iter(f"{SVG}polyline")] == [3, 7]
    assert len(list(broken.iter(f"{SVG}circle"))) == 10
    biennial = parsed(trend_chart(CAPTION, YEARS[::2]))
    assert len(list(biennial.iter(f"{SVG}polyline"))) == 1


def test_a_trend_draws_forecasts_apart() -> None:
    """A dashed line from the last observed year, hollow dots, and the word in the description."""
    years = [*YEARS[:-1], replace(YEARS[-1], forecast=True)]
    drawn = trend_chart(CAPTION, years)
    assert drawn is not None
    root = parsed(drawn)
    [dashed] = root.findall(".//*[@class='forecast']/*")
    assert len(dashed.attrib["points"].split()) == 2
    [line] = root.findall(".//*[@class='line']/*")
    assert len(line.attrib["points"].split()) == len(years) - 1
    assert [dot.attrib.get("fill") for dot in root.findall(".//*[@class='dots']/*")][-2:] == [None, "white"]
    assert ", pronóstico" in drawn


def test_a_trend_says_every_year_and_labels_the_last() -> None:
    root = parsed(trend_chart(CAPTION, YEARS[::-1]))
    description = root.findtext(f"{SVG}desc") or ""
    assert [f"{y.year}: {y.estimate.value:.1f} (" in description for y in YEARS if y.estimate] == [True] * 11
    assert texts(root, "value")[-1] == "20.0"
    assert "2020" in texts(of_class(root, "years"))


def test_where_there_is_nothing_to_draw_there_is_no_chart() -> None:
    empty = StatesFigure("2020", (StateEstimate("MX01", "A", None),), Estimate(1.0))
    assert states_chart(CAPTION, empty) is None and tile_map(CAPTION, empty) is None
    assert trend_chart(CAPTION, YEARS[:1]) is None
    assert trend_chart(CAPTION, [YEARS[0], YearEstimate(2011, None)]) is None


MAGNITUDES = st.sampled_from([1e-4, 1.0, 100.0, 1e6, 1e10])


@st.composite
def estimates(draw: st.DrawFn, magnitude: float) -> Estimate:
    """An estimate with or without an interval, of any sign."""
    value = draw(st.integers(-1000, 1000)) / 1000 * magnitude
    half = draw(st.none() | st.integers(0, 500))
    margin = None if half is None else half / 1000 * magnitude
    return Estimate(value, None if margin is None else (value - margin, value + margin))


@settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.data())
def test_no_line_goes_through_a_number_and_no_text_leaves_the_sheet(data: st.DataObject) -> None:
    one = estimates(data.draw(MAGNITUDES))
    names = st.text("Áaméxo ñ", max_size=60).map(lambda text: f"Á{text}")
    codes = data.draw(st.lists(st.sampled_from(sorted(TILES)), min_size=1, unique=True))
    states = tuple(StateEstimate(code, data.draw(names), data.draw(one)) for code in codes)
    figure = StatesFigure("2020", states, data.draw(st.none() | one))
    years = data.draw(st.lists(st.integers(1990, 2030), min_size=2, unique=True))
    points = [YearEstimate(year, data.draw(one)) for year in years]
    caption = replace(CAPTION, decimals=data.draw(st.integers(0, 2)), title=data.draw(names))
    for svg in all_charts(caption, figure, points):
        root = parsed(svg)
        height = float(root.get("height", ""))
        lines = list(strokes(root))
        for text, box in letters(root):
            assert not any(meets(box, line) for line in lines), text
            assert box[0] >= 0 and box[2] <= WIDTH and box[1] >= 0 and box[3] <= height, (root[0].text, text, box)


def test_the_test_for_lines_would_see_one() -> None:
    root = parsed('<svg xmlns="http://www.w3.org/2000/svg"><path d="M5 0V50"/><text x="0" y="20">123</text></svg>')
    ((_, box),) = letters(root)
    assert [meets(box, line) for line in strokes(root)] == [True]


def test_ticks_are_round_and_inside() -> None:
    assert fitted_axis([0.3, 13.7]).ticks == (0, 5, 10)
    axis = fitted_axis([-0.03, 0.05])
    assert axis.ticks == (-0.02, 0, 0.02, 0.04) and axis.decimals == 2
    assert axis.low < -0.03 and axis.high > 0.05
    assert fitted_axis([3.0, 3.0]).low < 3 < fitted_axis([3.0, 3.0]).high
    assert fitted_axis([0.0]).has_zero and not fitted_axis([90.0, 91.0]).has_zero
    assert fitted_axis([3.6e-177]) == fitted_axis([0.0])
    assert fitted_axis([-5.0, -1.0]).high == 0 and fitted_axis([1.0, 5.0]).low == 0


def test_numbers_are_written_as_people_read_them() -> None:
    assert [number(v, 1) for v in (1234.56, -0.04, 0.05001)] == ["1,234.6", "0.0", "0.1"]
    shorts = [
        short_number(v, d, 7) for v, d in ((12.34, 1), (904052, 0), (17_723_173, 0), (123456.78, 2), (-1234.567, 3))
    ]
    assert shorts == ["12.3", "904,052", "17.7M", "123k", "-1,235"]
    assert tick_labels(fitted_axis([0.0, 3e6])) == ["0", "1M", "2M", "3M"]
    assert tick_labels(fitted_axis([1_000_000, 1_400_000])) == ["1.0M", "1.1M", "1.2M", "1.3M", "1.4M"]


def test_the_card_says_value_year_extremes_and_source_and_fits_its_width() -> None:
    nation = [YearEstimate(2020, Estimate(16.4, (16.2, 16.6))), YearEstimate(2030, Estimate(9.0), forecast=True)]
    root = parsed(card(CAPTION, STATES, nation))
    shown = texts(root)
    assert "16.4" in shown and "Porcentaje · Nacional, 2020" in shown, "the newest that is no forecast"
    assert "Intervalo de confianza: 16.2 a 16.6." in shown and "Fuente: INEGI, Censo 2020." in shown
    assert any(text.startswith("Mayor: Entidad 32, 32.0") for text in shown)
    assert {tile.abbreviation for tile in TILES.values()} <= set(shown)
    assert all(left >= 0 and right <= WIDTH for _, (left, _, right, _) in letters(root))


def test_the_card_of_years_alone_draws_them_and_one_without_values_says_so() -> None:
    nothing = replace(STATES, states=(), nation=None)
    root = parsed(card(CAPTION, nothing, YEARS))
    assert len(list(of_class(root, "dots"))) == len(YEARS)
    assert [text.text for text in of_class(root, "ends")] == ["2010", "2020"]
    assert "Sin valor nacional" in texts(parsed(card(CAPTION, nothing, [])))
