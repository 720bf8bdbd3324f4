"""A run over official addresses of which one fails: it goes on with the last good copy, or without, and says so."""

from __future__ import annotations

from institutions import double
from institutions.conftest import ROWS
from institutions.double import Institutions
from institutions.person import Person

BOTH = ("--indicator", "schools_number", "--indicator", "parks_number")


def test_the_run_goes_on_without_what_never_came(
    person: Person, institutions: Institutions, paths: dict[str, str]
) -> None:
    institutions.habits[paths["schools"]] = double.page_under_200
    code, said = person.sdg("run", *BOTH)
    assert code == 2, "what was asked for by name cannot be had"
    assert "their addresses fail today (schools/2020: is an HTML or XML page where data was expected)" in said
    code, said = person.sdg("run", "--goal", "1")
    assert code == 0, said
    assert "1 indicator of goal 1" in said
    assert "Partial: schools/2020 could not be had: is an HTML or XML page where data was expected." in said
    assert "1 of 2 indicators are left out" in said
    institutions.habits.clear()
    code, said = person.sdg("run", "--goal", "1")
    assert code == 0 and "2 indicators of goal 1" in said and "Partial" not in said, said


def test_the_run_goes_on_with_the_last_good_copy(
    person: Person, institutions: Institutions, paths: dict[str, str]
) -> None:
    assert person.sdg("run", *BOTH)[0] == 0
    person.change_spec()
    institutions.habits[paths["schools"]] = double.refuses
    for _ in range(2):
        asked = len(institutions.asked)
        code, said = person.sdg("run", *BOTH)
        assert code == 0, said
        assert "2 indicators of goal 1" in said
        assert "Kept: schools/2020: " in said and "the server answered 403 Forbidden; the last good copy, of 20" in said
        assert len(institutions.asked) == asked + 1, "it is asked again each time"
    institutions.habits.clear()
    code, said = person.sdg("run", *BOTH)
    assert code == 0 and "Kept" not in said


def test_changed_bytes_stop_the_run(person: Person, institutions: Institutions, paths: dict[str, str]) -> None:
    assert person.sdg("run", *BOTH)[0] == 0
    person.change_spec()
    institutions.habits[paths["schools"]] = double.changed(ROWS.replace(b"7", b"8"))
    code, said = person.sdg("run", *BOTH)
    assert code == 2 and "`sdg fetch --accept schools 2020`" in said, "a person decides"
