"""Values as pages of the site show them, drawn at random from the warehouse and found on pages of every kind.

What is expected is worked out here and by nothing of the site: rounding, the words of marks, the form of intervals.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import duckdb

from support.site_scripts import arguments, rows

MARKS_ES = {"F": "pronóstico", "P": "provisional", "B": "ruptura"}
MARKS_EN = {"F": "forecast", "P": "provisional", "B": "break"}
NAMES = ("indicator", "area", "name", "level", "period", "value", "lower", "upper", "status", "precision", "nature", "decimals", "reason")  # fmt: skip
QUERY = """
SELECT o.indicator, o.ref_area, o.area_name, o.geo_level, o.time_period, o.obs_value, o.ci_lower, o.ci_upper, o.obs_status,
    o.precision, o.nature, i.decimals, o.obs_reason
FROM observation AS o JOIN indicator AS i ON i.id = o.indicator
"""
TOTAL = "SEMI JOIN total_key AS t USING (indicator, sex, age, urbanisation, disability, indigenous, income_quantile, education)"
NEWEST = TOTAL.replace("total_key", "newest_period").replace("(indicator", "(indicator, geo_level, time_period")


@dataclass(frozen=True)
class Drawn:
    """A row of the warehouse."""

    indicator: str
    area: str
    name: str
    level: str
    period: str
    value: float | None
    lower: float | None
    upper: float | None
    status: str
    precision: str | None
    nature: str
    decimals: int
    reason: str | None

    def number(self, figure: float | None) -> str:
        assert figure is not None
        return f"{round(figure, self.decimals) + 0.0:,.{self.decimals}f}".replace("-", "−")

    @property
    def text(self) -> str:
        return self.number(self.value)

    @property
    def interval(self) -> str:
        return "" if self.lower is None else f"{self.number(self.lower)}–{self.number(self.upper)}"

    def mark(self, language: str, nature: bool = True) -> str:
        """The word that marks the value. Tables of one indicator mark no value by its nature, as all rows share it."""
        if self.precision == "model_based" or (nature and self.nature == "M" and self.status == "A"):
            low = self.status == "U"
            return {
                "es": "modelo, baja precisión" if low else "modelo",
                "en": "model, low precision" if low else "model",
            }[language]
        by_status = (MARKS_ES if language == "es" else MARKS_EN).get(self.status)
        if by_status:
            return by_status
        if self.status == "U" or self.precision == "low":
            return "baja precisión" if language == "es" else "low precision"
        return ({"es": "inestable", "en": "unstable"}[language]) if self.precision == "unstable" else ""


def drawn(con: duckdb.DuckDBPyConnection, where: str, count: int, newest: bool = True, seed: int = 15) -> list[Drawn]:
    """Rows of the own totals, at random; ``newest`` takes those of the newest period alone."""
    rows = con.execute(f"{QUERY} {NEWEST if newest else TOTAL} WHERE {where} ORDER BY ALL").fetchall()
    return [
        Drawn(**dict(zip(NAMES, row, strict=True))) for row in random.Random(seed).sample(rows, min(count, len(rows)))
    ]


def page(site: Path, folder: str, name: str) -> str:
    return (site / folder / f"{name}.html").read_text("utf-8")


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", html)).strip()


def of_place(site: Path, row: Drawn, language: str) -> tuple[str, str, str]:
    """Value, interval and mark in the row of an indicator on the page of a state or municipality."""
    folders = {
        "es": {"state": "estado", "municipality": "municipio"},
        "en": {"state": "en/state", "municipality": "en/municipality"},
    }
    folder = "indicador" if language == "es" else "indicator"
    html = page(site, folders[language][row.level], row.area)
    line = re.search(rf'<tr><th scope=row><a href="\.\./{folder}/{row.indicator}\.html">.*', html)
    assert line is not None, row
    cell = re.split(r"<td[^>]*>", line[0])[1]
    if "<b>" not in cell:
        return "", "", text_of(cell)
    value, limits, mark = (
        re.search(r"<b>(.*?)</b>", cell),
        re.search(r"<i>(.*?)</i>", cell),
        re.search(r"<u>(.*?)</u>", cell),
    )
    assert value is not None
    return text_of(value[1]), limits[1] if limits else "", mark[1] if mark else ""


def of_states(site: Path, row: Drawn) -> tuple[str, str, str]:
    """The same in the table of states of an indicator, in English."""
    html = page(site, "en/indicator", row.indicator)
    line = re.search(rf'<tr><th scope="row"><a href="[^"]*state/{row.area}\.html">.*', html)
    assert line is not None, row
    value = re.search(r'<td class="v">(.*?)(<u>(.*?)</u>)?(<td class="ci">(.*))?$', line[0])
    assert value is not None
    return text_of(value[1]), text_of(value[5] or ""), value[3] or ""


def of_years(site: Path, row: Drawn) -> tuple[str, str, str]:
    """The same in the table of years of an indicator, in Spanish."""
    html = page(site, "indicador", row.indicator).partition("Tabla de años")[2]
    line = re.search(rf'<tr><th scope="row">{row.period}<td class="v">(.*?)(<u>(.*?)</u>)?<td class="ci">(.*)', html)
    assert line is not None, row
    return text_of(line[1]), line[4].strip(), line[3] or ""


def of_list(site: Path, row: Drawn, kind: str, name: str) -> tuple[str, str, str]:
    """The same in a list of indicators: that of a goal, of a target, or of all."""
    html = page(site, kind, name) if name else (site / f"{kind}.html").read_text("utf-8")
    item = re.search(rf'<li><a href="[^"]*indicador/{row.indicator}\.html">.*\n(.*)', html)
    assert item is not None, row
    value, limits, mark = (
        re.search(r"<b>(.*?)</b>", item[1]),
        re.search(r"<i>(.*?)</i>", item[1]),
        re.search(r"<u>(.*?)</u>", item[1]),
    )
    assert value is not None
    assert f", {row.period}" in item[1]
    return value[1], limits[1] if limits else "", mark[1] if mark else ""


def of_headline(site: Path, row: Drawn, folder: str, language: str) -> tuple[str, str, str]:
    """The same in the headline of an indicator, or in the example of its explanation."""
    html = page(site, folder, row.indicator)
    card = re.search(
        r'<p class="big"><b>(.*?)</b>.*?</section>' if "indic" in folder else r'<p class="big"><b>(.*?)</b>.*?</li>',
        html,
        re.DOTALL,
    )
    assert card is not None, row
    limits = re.search(r"(?:Intervalo de 95 %|95% interval): ([^<]*)", card[0])
    mark = re.search(r"<u>(.*?)</u>", card[0])
    return card[1], limits[1].strip() if limits else "", mark[1] if mark else ""


def of_script(site: Path, row: Drawn) -> tuple[str, str, str]:
    """The same in the script with the municipalities of a year; its mark is the key of a word."""
    _, _, data = arguments(site / "data" / f"{row.indicator}.{row.period}.js", "values")
    block = next(block for block in data["blocks"] if block["g"] == 0)
    value, lower, upper, mark = next(rest for area, *rest in rows(block) if area == int(row.area[2:]))
    shown = "" if lower is None else f"{row.number(lower)}–{row.number(upper)}"
    return "" if value is None else row.number(value), shown, mark


def of_report(html: str, row: Drawn) -> tuple[str, str, str]:
    """The same in the row of an indicator of a report, which must lead to the explanation of the value."""
    line = re.search(rf'<tr data-indicator="{row.indicator}">.*', html)
    assert line is not None, row
    cell, period = re.split(r"<td[^>]*>", line[0])[1:3]
    assert period.startswith(row.period), row
    if 'class="why"' in cell:
        return "", "", text_of(cell)
    value, limits, mark = (
        re.search(r'<b><a class="f" href="([^"]*)">(.*?)</a></b>', cell),
        re.search(r"<i>(.*?)</i>", cell),
        re.search(r"<u>(.*?)</u>", cell),
    )
    assert value is not None
    assert re.search(rf"(explica|explain)/{row.indicator}\.html#a={row.area}$", value[1]), row
    return value[2], limits[1] if limits else "", mark[1] if mark else ""


Found = Callable[[Drawn], tuple[str, str, str]]
