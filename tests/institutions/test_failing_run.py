"""A run over official addresses of which one fails: it goes on with the last good copy, or without, and says so."""

from __future__ import annotations

from threading import Event

from support.replies import Reply

from institutions import double
from institutions.conftest import ROWS
from institutions.double import Asked, Institutions
from institutions.person import Person
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings

PATIENCE_ROUNDS = 1200
WAITING = Event()
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
    assert "(1 indicator computed now, 1 unchanged" in said, "that of the other file stands"


def test_what_has_its_files_is_computed_while_others_are_fetched(
    person: Person, institutions: Institutions, paths: dict[str, str]
) -> None:
    """The server of one file answers once a table of the other is there."""
    runner = Runner.load(Settings.from_environment())
    first, *others = (step for step in runner.run.steps if step.kind == "raw")
    table = next(step for step in runner.run.steps if step.kind == "staged" and step.inputs == (first.key,))
    seen: list[bool] = []

    def waits(asked: Asked, content: bytes) -> Reply | None:
        staged = runner.run.layout.staged(table.name)
        for _ in range(PATIENCE_ROUNDS):
            if staged.exists():
                break
            WAITING.wait(0.1)
        seen.append(staged.exists())
        return None

    for step in others:
        institutions.habits[paths[step.key[1]]] = waits
    gathered, failed = runner.gather(runner.run.steps)
    assert not failed and seen and all(seen)
    assert table.key in gathered.gathered and not [step for step in gathered.stale() if step.kind == "indicator"]


def test_no_address_that_answers_is_one_error(
    person: Person, institutions: Institutions, paths: dict[str, str]
) -> None:
    institutions.habits |= dict.fromkeys(paths.values(), double.gone)
    code, said = person.sdg("run")
    assert code == 2 and not person.layout.published.exists()
    assert "no indicator can be computed: 2 official addresses failed, the first of " in said
    assert "remedy: see that this machine reaches the network, or set SDG_MIRROR to a mirror" in said


def test_the_run_goes_on_with_the_last_good_copy(
    person: Person, institutions: Institutions, paths: dict[str, str]
) -> None:
    code, said = person.sdg("run", *BOTH)
    assert code == 0 and "(2 indicators computed now, 0 unchanged" in said, "also those computed between two downloads"
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
