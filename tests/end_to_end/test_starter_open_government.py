"""Open government on the starter data: what the commands say, and that what is not at hand is said so."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from end_to_end.product import Product, Run


@pytest.fixture(scope="module")
def product(starter: Run) -> Product:
    assert starter.said.code == 0, starter.said
    return starter.product


def test_commitments_on_a_day(product: Product) -> None:
    """The reviewed plan is not at hand; the register is, with the status of each day."""
    before, after = (product.call("commitments", "--on", day) for day in ("2021-08-31", "2021-09-01"))
    assert "not yet due: Federal and local agendas of open government" in before.out
    assert "unknown: Federal and local agendas of open government" in after.out
    assert "3 commitments on 2021-09-01: 2 not yet due, 1 unknown" in after.out
    assert "met: Results of the Intercensal Survey 2025" in product.call("commitments", "--on", "2026-09-22").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("commitments", "--on", "September"), "--on 'September' is no day; remedy: write 2026-09-30"),
        (("commitments", "--goal", "14"), "no commitment fits; remedy: leave out --goal and --institution"),
        (("gaps", "Nowhere"), "no area Nowhere"),
        (("peers", "01001"), "'01001' has no peers; remedy: name a municipality of a national run"),
    ],
)
def test_what_cannot_be_answered_is_one_line(product: Product, arguments: tuple[str, ...], message: str) -> None:
    said = product.call(*arguments)
    assert said.code == 2
    assert len(said.problems) == 1
    assert message in said.err


def test_what_is_asked_for_and_how_to_offer_a_figure(product: Product, tmp_path: Path) -> None:
    """A figure goes from the template to quarantine, where a person must give a name and a reason."""
    wanted = product.call("request", "list")
    assert "open: Poverty by municipality after 2020 (since 2026-11-30, supporters: 1)" in wanted.out
    assert "municipality: no area without a value; no dataset yet" in wanted.out
    file = tmp_path / "figures.csv"
    assert product.call("contribute", "template", "illiteracy_15_plus", "--area", "01001", "--to", str(file)).code == 0
    empty = product.call("contribute", "submit", str(file), "--contributor", "Aguascalientes")
    assert (empty.code, "NOT SOUND" in empty.out, "row 2, value: is empty" in empty.out) == (1, True, True)
    text = file.read_text(encoding="utf-8-sig").replace(",,,PT,,", ",2020,1.9,PT,Register,")
    file.write_text(text, encoding="utf-8")
    assert "sound" in product.call("contribute", "submit", str(file), "--contributor", "Aguascalientes").out
    [line] = product.call("contribute", "review").out.splitlines()
    assert line.endswith("Aguascalientes: 1 rows, waits")
    nobody = product.call("contribute", "review", line[:12], "--accept", "--reason", "seen")
    assert nobody.code == 2 and "nobody is named" in nobody.err
    rejected = product.call("contribute", "review", line[:12], "--reject", "--by", "Ana", "--reason", "a test")
    assert rejected.out.startswith("rejected:")


def test_gaps_of_all_of_an_indicator_and_of_an_area(product: Product) -> None:
    every, one = product.call("gaps"), product.call("gaps", "illiteracy_15_plus")
    assert "indicators of the UN without any here: not examined" in every.out
    assert "partial_coverage" in one.out
    assert "closes with: An edition of" in one.out
    area = product.call("gaps", "20067")
    with duckdb.connect(str(product.layout.warehouse), read_only=True) as con:
        lacking = con.execute("SELECT count(*) FROM gaps('MX20067')").fetchall()[0][0]
        values = con.execute(
            "SELECT count(*) FROM newest WHERE ref_area = 'MX20067' AND obs_value IS NOT NULL"
        ).fetchall()[0][0]
        indicators = con.execute("SELECT count(*) FROM indicator").fetchall()[0][0]
    assert f"{lacking} indicators without a value" in area.out
    assert lacking + values == indicators


@pytest.mark.parametrize(
    ("language", "title"), [("es", "Informe nacional voluntario"), ("en", "Voluntary national review")]
)
def test_a_report_on_the_nation_in_both_languages(product: Product, tmp_path: Path, language: str, title: str) -> None:
    file = tmp_path / "own.html"
    said = product.call("report", "national", "--language", language, "--out", str(file))
    assert (said.code, said.out, said.err) == (0, f"Report:     {file}\n", "")
    html = file.read_text("utf-8")
    assert f'<html lang="{language}">' in html and f"<title>{title}: México</title>" in html
    again = product.call("report", "MX", "--language", language, "--out", str(file))
    assert (again.code, again.problems) == (2, [f"{file} is there already; remedy: name another file"])
    wrong = product.call("report", "Colimma", "--language", language, "--out", str(tmp_path / "other.html"))
    assert wrong.code == 2 and len(wrong.problems) == 1 and "did you mean Colima (MX06), Colima (MX06002)?" in wrong.err


def test_a_report_lies_in_the_home_where_no_file_is_named(own_home: Product) -> None:
    said = own_home.call("report", "MX01")
    path = own_home.layout.report("report-MX01-es.html")
    assert said.out == f"Report:     {path}\n"
    assert "Aguascalientes" in path.read_text("utf-8")
    assert own_home.call("report", "01").code == 0, "it is made anew"
