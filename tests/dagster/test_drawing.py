"""Pictures: what is drawn, as far as numbers can tell; how they look is seen in docs/images."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy
import pytest

from assets.drawing import charts
from assets.drawing.canvas import Canvas
from assets.drawing.png import grey_png, read_grey


def pixels(png: bytes) -> tuple[numpy.ndarray, list[tuple[int, int, int]]]:
    """Numbers of colours and the colours of a picture."""
    width, height = struct.unpack(">II", png[16:24])
    at = png.index(b"PLTE")
    (length,) = struct.unpack(">I", png[at - 4 : at])
    colours = [tuple(png[at + 4 + i : at + 7 + i]) for i in range(0, length, 3)]
    at = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[at - 4 : at])
    rows = numpy.frombuffer(zlib.decompress(png[at + 4 : at + 4 + length]), numpy.uint8).reshape(height, width + 1)
    return rows[:, 1:], colours  # type: ignore[return-value]


def report(**more: Any) -> dict[str, Any]:
    """A report of 32 states with intervals."""
    states = [
        {"code": f"MX{key}", "name": f"Entidad {key}", "value": float(n), "lower": n - 0.5, "upper": n + 0.5}
        for n, key in enumerate(sorted(charts.TILES), start=1)
    ]
    nation = [
        {"period": str(year), "value": float(year - 2000), "lower": None, "upper": None} for year in range(2010, 2021)
    ]
    return {
        "states": states[::-1], "period": "2020", "unit_label": "Percent", "decimals": 1,
        "national": nation[-1], "trend": nation,
    } | more  # fmt: skip


def test_every_state_has_a_tile_of_its_own() -> None:
    assert sorted(charts.TILES) == [f"{n:02d}" for n in range(1, 33)]
    assert len({(column, row) for column, row, _ in charts.TILES.values()}) == 32
    assert len({name for *_, name in charts.TILES.values()}) == 32


def test_tiles_are_coloured_by_fifths_and_grey_without_a_value() -> None:
    picture, colours = pixels(charts.tile_map(report()) or b"")
    number = {colour: n for n, colour in enumerate(colours)}
    for key, (column, row, _) in charts.TILES.items():
        limits = charts.fifths([float(n) for n in range(1, 33)])
        expected = charts.CLASSES[sum(int(key) >= limit for limit in limits)]
        corner = picture[26 + charts.TILE * row + 2, 20 + charts.TILE * column + 2]
        assert corner == number[expected], key
    missing = report()["states"][:-1]  # without Aguascalientes
    picture, colours = pixels(charts.tile_map(report(states=missing)) or b"")
    column, row, _ = charts.TILES["01"]
    assert colours[picture[26 + charts.TILE * row + 2, 20 + charts.TILE * column + 2]] == charts.NO_VALUE


def test_bars_are_as_long_as_values_and_whiskers_as_intervals() -> None:
    picture, colours = pixels(charts.states_chart(report()) or b"")
    number = {colour: n for n, colour in enumerate(colours)}
    for place, state in enumerate(report()["states"]):
        bar = picture[30 + charts.ROW * place + 4]
        length = int((bar == number[charts.BAR]).sum())
        room = charts.WIDTH - charts.LABELS - 16 - Canvas(1, 1).text_width("32.0")
        assert abs(length - room * state["value"] / 32.5) <= 2, state
        rows = picture[30 + charts.ROW * place + 8 : 30 + charts.ROW * place + 10, charts.LABELS :]
        assert abs(int((rows == number[(33, 37, 41)]).sum(axis=1).max()) - room / 32.5) <= 2, state


@pytest.mark.parametrize("values", [[], [-3.0, 0.0, 4.0], [0.0, 0.0], [1e9, 2.5e9], [0.0001]])
def test_odd_values_are_drawn(values: list[float]) -> None:
    states = [{"code": "MX01", "name": "Á" * 60, "value": v, "lower": None, "upper": None} for v in values]
    for draw in (charts.states_chart, charts.tile_map):
        png = draw(report(states=states))
        assert (png is None) == (not values)
    assert charts.trend(report(trend=report()["trend"][:1])) is None
    flat = [{"period": year, "value": 5.0, "lower": None, "upper": None} for year in ("2010", "2011")]
    assert charts.trend(report(trend=flat)) is not None


def test_ticks_are_round_and_inside() -> None:
    assert charts.ticks(0, 13.7) == [0, 5, 10]
    assert charts.ticks(-0.03, 0.05) == pytest.approx([-0.02, 0, 0.02, 0.04])
    assert charts.ticks(3, 3) == []


def test_an_unknown_letter_is_a_question_mark_and_grey_pictures_are_read_back() -> None:
    canvas = Canvas(10, 10)
    assert canvas.text_width("漢") == canvas.text_width("?")
    grey = numpy.arange(12, dtype=numpy.uint8).reshape(3, 4)
    assert (read_grey(grey_png(grey)) == grey).all()
