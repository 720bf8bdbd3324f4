"""What somebody sets out to do who has read the README alone; each test is a task in the terminal."""

from __future__ import annotations

from end_to_end.product import Product


def test_learn_which_version_it_is(published: Product) -> None:
    assert published.call("--version").out.startswith("sdg ")


def test_ask_for_an_indicator_that_the_starter_data_cannot_give(published: Product) -> None:
    said = published.call("run", "--indicator", "poverty")
    assert said.code == 2
    assert "lacks inegi_poverty/2024 (https://" in said.err and "set SDG_MIRROR" in said.err


def test_ask_for_a_goal_that_the_starter_data_cannot_give(published: Product) -> None:
    said = published.call("run", "--goal", "16")
    assert said.code == 2
    assert "indicators of goal 16 is in this run" in said.err and "https://" in said.err


def test_see_in_the_doctor_which_sources_are_late_one_a_line(published: Product) -> None:
    said = published.call("doctor")
    assert said.code == 0, said.out
    lines = said.out.splitlines()
    assert max(map(len, lines)) < 250
    first = next(n for n, line in enumerate(lines) if " wait for a newer edition" in line)
    late = int(lines[first].split(": ")[1].split()[0])
    assert sum(line.startswith("       ") for line in lines[first + 1 :]) == late > 0


def test_trace_the_number_of_ones_own_town(published: Product) -> None:
    said = published.call("explain", "illiteracy_15_plus", "--area", "tlaxco")
    assert said.code == 2
    assert "several areas are called 'tlaxco': MX21187 (Puebla), MX29034 (Tlaxcala)" in said.err
    explained = published.call("explain", "illiteracy_15_plus", "--area", "MX29034")
    assert explained.code == 0 and "Tlaxco" in explained.out


def test_learn_why_the_nation_has_no_value(published: Product) -> None:
    said = published.call("explain", "years_of_schooling", "--area", "00")
    assert said.code == 2
    assert "it has values by municipality, state" in said.err and "why: INEGI's own mean" in said.err
    page = published.layout.site / "en" / "indicator" / "years_of_schooling.html"
    assert "No national figure: states and municipalities only." in page.read_text(encoding="utf-8")
    readme = (published.layout.latest / "README.md").read_text(encoding="utf-8")
    assert "### Without a value of the nation" in readme and "`years_of_schooling`" in readme
