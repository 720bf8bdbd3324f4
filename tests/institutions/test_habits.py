"""Each habit of the institutions: one clear message, what is kept, the exit code; and who is asked how."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from support.records import Records
from support.replies import Reply

from institutions import double
from institutions.double import Institutions
from institutions.person import Person
from sdg_pipeline.errors import FetchError, UsageError
from sdg_pipeline.ingest.download import download
from sdg_pipeline.ingest.patience import Patience
from sdg_pipeline.ingest.web import Pace, Passing
from sdg_pipeline.settings import USER_AGENT, Settings

URL = "https://example.org/libraries_2020.csv"
ROWS = b"ENT,LIBRARIES\n01,5\n02,7\n" + b"03,1\n" * 60_000
REVISED = ROWS.replace(b"02,7", b"02,8")


@pytest.fixture
def path(institutions: Institutions) -> str:
    return institutions.put(URL, ROWS)


def fetched(person: Person) -> dict[str, bytes]:
    """What is in the store after a sound fetch."""
    code, said = person.sdg("fetch", "libraries", "2020")
    assert code == 0, said
    return person.stored()


def refused(person: Person) -> str:
    """What a fetch that fails says, in one line."""
    code, said = person.sdg("fetch", "libraries", "2020")
    assert code == 2
    assert len(said.strip().splitlines()) == 1, said
    assert said.startswith(person.address) and "remedy: " in said
    return said


KEPT = "the last good copy, of 20"


def test_a_page_under_200(person: Person, institutions: Institutions, path: str) -> None:
    before = fetched(person)
    institutions.habits[path] = double.page_under_200
    said = refused(person)
    assert "is an HTML or XML page where data was expected" in said and "'Página no encontrada'" in said
    assert KEPT in said and "from official, stays in use" in said
    assert person.stored() == before


def test_default_agents_are_refused_and_this_one_names_itself(
    person: Person, institutions: Institutions, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    institutions.habits[path] = double.refuses_default_agents
    fetched(person)
    assert institutions.asked[-1].headers["User-Agent"] == USER_AGENT
    monkeypatch.setenv("SDG_USER_AGENT", "sdg-pipeline/1 (Ayuntamiento de Mérida; datos@example.org)")
    assert person.sdg("fetch", "libraries", "2020")[0] == 2, "a header is ASCII"
    monkeypatch.setenv("SDG_USER_AGENT", "sdg-pipeline/1 (city of Merida; datos@example.org)")
    fetched(person)
    assert institutions.asked[-1].headers["User-Agent"] == "sdg-pipeline/1 (city of Merida; datos@example.org)"


@pytest.mark.parametrize("agent", ["Mozilla/5.0 (Windows NT 10.0)", "sdg-pipeline\n1", "sdg-pipeline é"])
def test_an_agent_that_hides_the_program_is_refused(agent: str) -> None:
    with pytest.raises(UsageError, match="does not say which program asks; remedy: write sdg-pipeline and how"):
        Settings.from_environment({"SDG_USER_AGENT": agent})


def test_refused_to_everybody(person: Person, institutions: Institutions, path: str) -> None:
    before = fetched(person)
    institutions.habits[path] = double.refuses
    said = refused(person)
    assert "the server answered 403 Forbidden" in said and "SDG_USER_AGENT" in said and KEPT in said
    assert person.stored() == before
    assert sum(one.number > 0 for one in institutions.asked) == 1, "a refusal is not asked again"


def test_busy_then_ready(person: Person, institutions: Institutions, path: str) -> None:
    institutions.habits[path] = double.busy(2, 7)
    fetched(person)
    assert person.waits == [7.0, 7.0]


def test_busy_for_too_long(person: Person, institutions: Institutions, path: str) -> None:
    institutions.habits[path] = double.busy(9, 7)
    said = refused(person)
    assert "could not be downloaded in 3 attempts; the last one: the server answered 503" in said
    assert KEPT not in said, "there is none"
    institutions.habits[path] = double.busy(99, 100_000)
    assert "the server asks to wait 100000 seconds" in refused(person)


def test_a_cut_connection_goes_on_where_it_stopped(person: Person, institutions: Institutions, path: str) -> None:
    institutions.habits[path] = double.cuts(100_000, 2)
    stored = fetched(person)
    assert ROWS in stored.values()
    spans = [one.headers.get("Range") for one in institutions.asked]
    assert spans == [None, "bytes=100000-", "bytes=200000-"]
    assert institutions.sent == len(ROWS), "no byte came twice"


def test_a_file_that_changes_under_way_is_begun_anew(person: Person, institutions: Institutions, path: str) -> None:
    institutions.habits[path] = double.changes_underway(REVISED, 100_000)
    stored = fetched(person)
    assert REVISED in stored.values(), "no file of two halves"
    assert [one.headers.get("Range") for one in institutions.asked] == [None, "bytes=100000-", None]


def test_changed_bytes_wait_for_a_person(person: Person, institutions: Institutions, path: str) -> None:
    before = fetched(person)
    institutions.habits[path] = double.changed(REVISED)
    said = refused(person)
    assert "has changed: the lock" in said and "`sdg fetch --accept libraries 2020`" in said and KEPT in said
    assert person.stored() == before
    assert person.sdg("fetch", "--accept", "libraries", "2020")[0] == 0
    assert REVISED in person.stored().values()


def test_gone(person: Person, institutions: Institutions, path: str) -> None:
    before = fetched(person)
    institutions.habits[path] = double.gone
    assert "the server answered 404 Not Found" in (said := refused(person)) and KEPT in said
    assert person.stored() == before


def test_nothing_new_moves_no_bytes(person: Person, institutions: Institutions, path: str) -> None:
    before, sent = fetched(person), institutions.sent
    assert fetched(person) == before
    assert institutions.sent == sent, "the second time was asked conditionally"


def test_a_byte_a_second_does_not_hold_the_home() -> None:
    now = [0.0]
    pace = Pace("https://example.org/a", 7200, 1000, 60, lambda: now[0])

    def comes(size: int, each: float, times: int) -> None:
        for _ in range(times):
            now[0] += each
            pace.count(size)

    comes(100_000, 1, 300)
    with pytest.raises(Passing, match="the server sent 1 bytes a second, less than 1,000"):
        comes(1, 1, 60)


def test_a_download_has_an_end() -> None:
    now = [0.0]
    pace = Pace("https://example.org/a", 600, 1000, 60, lambda: now[0])
    with pytest.raises(FetchError, match="did not come whole in the time that a download may take; remedy: run again"):
        for _ in range(601):
            now[0] += 1
            pace.count(2000)
    assert now[0] == 601


@pytest.mark.parametrize(("after", "reply"), [(3, None), (150, double.endless_chunk)])
def test_a_head_of_a_byte_a_second_has_an_end(
    institutions: Institutions, path: str, tmp_path: Path, after: int, reply: Callable[[bytes], Reply] | None
) -> None:
    """Each read gets its byte in time: neither the head of an answer nor the size of a chunk would ever be late."""
    ended = Event()
    institutions.habits[path] = double.trickles(after, ended, reply)
    bounded = Patience(attempts=2, head_seconds=0.2, whole_seconds=0.5, first_wait_seconds=0.5)
    try:
        with pytest.raises(FetchError, match="did not come whole in the time") as caught:
            download(f"{institutions.address}{path}", tmp_path, max_bytes=10**6, patience=bounded)
    finally:
        ended.set()
    assert institutions.asked and caught.value.problem.remedy


def test_a_head_that_does_not_come_is_asked_for_again(institutions: Institutions, path: str, tmp_path: Path) -> None:
    ended = Event()
    slow = double.trickles(3, ended)
    institutions.habits[path] = lambda asked, content: slow(asked, content) if asked.number == 0 else None
    patient = Patience(attempts=2, head_seconds=0.2, sleep=lambda _: None)
    try:
        got = download(f"{institutions.address}{path}", tmp_path, max_bytes=10**6, patience=patient)
    finally:
        ended.set()
    assert got and got.bytes == len(ROWS)


def test_waits_count_towards_the_end(institutions: Institutions, path: str, tmp_path: Path) -> None:
    institutions.habits[path] = double.busy(99, 50)
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    bounded = Patience(attempts=100, whole_seconds=600, sleep=sleep, clock=lambda: now[0])
    with pytest.raises(FetchError, match="did not come whole in the time"):
        download(f"{institutions.address}{path}", tmp_path, max_bytes=10**6, patience=bounded)
    assert now[0] <= 600


def test_requests_to_a_host_keep_their_distance(institutions: Institutions, path: str, tmp_path: Path) -> None:
    now, waits = [0.0], []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    polite = Patience(distance_seconds=5, sleep=sleep, clock=lambda: now[0])
    for _ in range(2):
        download(f"{institutions.address}{path}", tmp_path, max_bytes=10**6, patience=polite)
    now[0] += 3
    download(f"{institutions.address}{path}", tmp_path, max_bytes=10**6, patience=dataclasses.replace(polite))
    assert waits == [5.0, 2.0]


def test_a_zip_of_several_editions_comes_once(
    person: Person, institutions: Institutions, records: Records, path: str
) -> None:
    text = (records.specs / "sources" / "libraries.yaml").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if '"2020":' in line)
    another = line.replace('"2020":', '"2021":', 1)
    records.write("sources/libraries.yaml", f"{text.rstrip()}\n{another}\n")
    double.relocated(records.specs, person.layout.home.parent / "relocated", institutions.address)
    for edition in ("2020", "2021", "2021"):
        assert person.sdg("fetch", "libraries", edition)[0] == 0
    assert institutions.sent == len(ROWS), "the file moved once"
    assert len(institutions.asked) == 2, "the second edition took the answer of the first, and asks for itself later"
    assert sum(content == ROWS for content in person.stored().values()) == 2
