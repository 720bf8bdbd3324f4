"""Asking a portal over HTTP: what counts as an answer, how politely it is asked, and what the home keeps."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.ckan_server import CKAN_ROBOTS, HTML, OPEN_ROBOTS, Portal, Reply, served
from typer.testing import CliRunner

from sdg_pipeline import __version__
from sdg_pipeline.cli.commands import app
from sdg_pipeline.errors import InputError
from sdg_pipeline.ingest.ckan import MAX_BYTES, MAX_DEPTH, Reader, plain
from sdg_pipeline.ingest.patience import Patience
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government import asked
from sdg_pipeline.settings import PROJECT

TEXT = {"Content-Type": "text/html"}


class Clock:
    """A clock that sleeping alone moves, and all that was slept."""

    def __init__(self) -> None:
        self.now, self.slept = 1_000.0, list[float]()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served(Portal()) as there:
        there.put(
            name="incendios",
            title="Incendios",
            resources=[{"name": "2025", "url": "https://x/2025.csv", "format": "CSV"}],
        )
        yield there


def reader(portal: Portal, folder: Path, clock: Clock | None = None, **keys: Any) -> Reader:
    clock = clock or Clock()
    patience = Patience(attempts=2, first_wait_seconds=1, sleep=lambda _: None)
    return Reader(portal.address, folder, 5, patience=patience, clock=lambda: clock.now, sleep=clock.sleep, **keys)


def test_a_dataset_and_a_search_in_the_envelope_of_ckan(portal: Portal, tmp_path: Path) -> None:
    reading = reader(portal, tmp_path)
    shown = reading.show("incendios")
    assert shown.result is not None and (shown.result["title"], shown.reason) == ("Incendios", None)
    by_id = reading.show(shown.result["id"])
    assert by_id.result == shown.result
    hits = reading.search("incendios")
    assert hits.result is not None and (hits.result["count"], hits.result["results"][0]["name"]) == (1, "incendios")
    assert reading.page("incendios") == f"{portal.address}/dataset/incendios"


def test_it_says_who_it_is_and_keeps_its_distance(portal: Portal, tmp_path: Path) -> None:
    clock = Clock()
    reading = reader(portal, tmp_path, clock)
    for _ in range(3):
        reading.show("incendios")
    assert portal.actions == ["robots", "package_show", "package_show", "package_show"], "robots.txt once, and first"
    assert clock.slept == [10, 10, 10], "Crawl-Delay is longer than the interval of the spec"
    assert {h["User-Agent"] for h in portal.headers} == {
        f"sdg-pipeline/{__version__} (SDG indicators from open government data)"
    }


def test_the_interval_of_the_spec_counts_where_robots_asks_for_none(portal: Portal, tmp_path: Path) -> None:
    portal.robots, clock = None, Clock()
    reading = reader(portal, tmp_path, clock)
    assert reading.show("incendios").reason is None, "no robots.txt: everything may be asked for"
    reading.show("incendios")
    assert clock.slept == [5, 5]


@pytest.mark.parametrize(
    ("robots", "detail"),
    [
        (CKAN_ROBOTS, "robots.txt keeps programs away"),
        ("User-agent: sdg-pipeline\nDisallow: /\n", "robots.txt keeps programs away"),
        (Reply(403, HTML, TEXT), "robots.txt: the server answered 403 Forbidden"),
        (Reply(503, HTML, TEXT), "503"),
    ],
)
def test_where_robots_keeps_it_away_nothing_is_asked(robots: Any, detail: str, portal: Portal, tmp_path: Path) -> None:
    portal.robots = robots
    answer = reader(portal, tmp_path).show("incendios")
    assert (answer.result, answer.reason) == (None, "robots") and detail in answer.detail
    assert set(portal.actions) == {"robots"}
    assert reader(portal, tmp_path, permitted=True).show("incendios").reason is None, "its operator allows it"


def envelope(result: object, success: bool = True) -> bytes:
    return json.dumps({"help": "h", "success": success, "result": result}).encode()


GOOD = envelope({"name": "incendios", "id": "1", "resources": []})
DEEP = b'{"a":' * 200_000 + b"1" + b"}" * 200_000
NESTED: Any = {"name": "incendios"}
for _ in range(MAX_DEPTH + 1):
    NESTED = {"resources": [], "name": "incendios", "x": NESTED}


@pytest.mark.parametrize(
    ("reply", "reason", "detail"),
    [
        (Reply(401, HTML, TEXT), "refused", "401"),
        (Reply(403, HTML, TEXT), "refused", "the server answered 403 Forbidden"),
        (Reply(404, HTML, TEXT), "absent", "404"),
        (Reply(410, HTML, TEXT), "absent", "410"),
        (Reply(500, b'{"success": false}'), "failing", "500"),
        (Reply(503, HTML, TEXT | {"Retry-After": "9999999"}), "failing", "asks to wait"),
        (Reply(429, HTML, TEXT), "failing", "429"),
        (Reply(200, HTML, TEXT), "not_json", "begins with '<!DOCTYPE html>"),
        (Reply(200, b"", TEXT), "not_json", "no JSON"),
        (Reply(200, GOOD, cut=40), "failing", "40 bytes read"),
        (Reply(200, GOOD, cut=40, length=False), "not_json", "no JSON"),
        (Reply(200, GOOD.replace(b'"1"', b"NaN")), "not_json", "no JSON"),
        (Reply(200, b"\xff\xfe\x00"), "not_json", "no JSON"),
        (Reply(200, DEEP), "not_json", "no JSON"),
        (Reply(200, envelope(NESTED)), "malformed", "nested deeper"),
        (Reply(200, envelope({"name": "incendios", "x": list(range(60_000))})), "malformed", "more than 50,000"),
        (Reply(200, b"[1, 2]"), "malformed", "no result"),
        (Reply(200, envelope(None)), "malformed", "no result"),
        (Reply(200, envelope({"name": "incendios", "resources": []}, success=False)), "malformed", "no result"),
        (Reply(200, envelope({"name": "incendios", "resources": "many"})), "malformed", "list of files"),
        (Reply(200, envelope({"name": "incendios", "resources": [1]})), "malformed", "list of files"),
        (Reply(200, envelope({"name": "other", "id": "2", "resources": []})), "other_dataset", "'other'"),
        (Reply(200, envelope({"name": "incendios", "resources": [], "state": "deleted"})), "absent", "deleted"),
        (Reply(200, b" " * (MAX_BYTES + 1)), "too_large", "larger than the limit"),
        (
            Reply(200, b'{"success": false, "error": {"__type": "Validation Error\\u001b[31m\\u202e"}}'),
            "malformed",
            "error: Validation Error [31m",
        ),
    ],
    ids=lambda value: f"{value.status} {value.body[:20]!r}" if isinstance(value, Reply) else None,
)
def test_what_is_no_answer_is_unknown_with_its_reason(
    reply: Reply, reason: str, detail: str, portal: Portal, tmp_path: Path
) -> None:
    portal.bad_day = lambda action, data: reply
    answer = reader(portal, tmp_path).show("incendios")
    assert (answer.result, answer.reason) == (None, reason), answer
    assert detail in answer.detail and answer.detail.isprintable() and len(answer.detail) <= 500


def test_a_search_that_gives_no_list_is_no_answer(portal: Portal, tmp_path: Path) -> None:
    portal.bad_day = lambda action, data: Reply(200, envelope({"count": 5, "results": None}))
    assert reader(portal, tmp_path).search("x").reason == "malformed"


def test_a_portal_that_is_not_there_is_failing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with served(Portal()) as gone:
        pass
    answer = reader(gone, tmp_path, permitted=True).show("incendios")
    assert (answer.result, answer.reason) == (None, "failing")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb\u202ec\ud800d\ne", "a [2Jb c d e"),
        ("  x  ", "x"),
        (None, ""),
        (["x"], ""),
        ("y" * 5_000_000, "y" * 500),
    ],
)
def test_texts_of_others_stand_on_one_line(text: object, shown: str) -> None:
    assert plain(text) == shown


def test_a_failure_takes_the_last_good_answer_away_from_nobody(portal: Portal, tmp_path: Path) -> None:
    layout, reading = Layout(tmp_path), reader(portal, tmp_path)
    assert asked.newest(layout, "p", "incendios") is None
    first = asked.keep(layout, "p", "incendios", reading, "2026-11-01T00:00:00+00:00")
    portal.bad_day = lambda action, data: Reply(503, HTML, TEXT)
    asked.keep(layout, "p", "incendios", reading, "2026-11-08T00:00:00+00:00")
    now = asked.newest(layout, "p", "incendios")
    assert now is not None
    assert (now.reason, now.asked_at[:10], now.answered_at) == ("failing", "2026-11-08", first.answered_at)
    assert now.result == first.result and now.result is not None
    assert len(list(layout.portal_records("p", "incendios").glob("*.json"))) == 3, "both records, and which is in use"


def test_a_portal_that_never_answered_leaves_a_record_without_words(portal: Portal, tmp_path: Path) -> None:
    portal.robots = CKAN_ROBOTS
    record = asked.keep(Layout(tmp_path), "p", "incendios", reader(portal, tmp_path), "2026-11-01T00:00:00+00:00")
    assert (record.reason, record.answered_at, record.result) == ("robots", None, None)


def test_half_characters_survive_being_kept(portal: Portal, tmp_path: Path) -> None:
    portal.robots = OPEN_ROBOTS
    portal.bad_day = lambda action, data: Reply(
        200, envelope({"name": "incendios", "resources": [], "title": "\ud800x"})
    )
    asked.keep(Layout(tmp_path), "p", "incendios", reader(portal, tmp_path), "2026-11-01T00:00:00+00:00")
    [path] = asked.files(Layout(tmp_path))
    assert (asked.read(path).result or {})["title"] == "\ud800x"


@pytest.mark.parametrize("damage", ["{}", "no json", '{"portal": "p"}'])
def test_a_record_that_somebody_edited_is_refused_by_name(damage: str, portal: Portal, tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    asked.keep(layout, "p", "incendios", reader(portal, tmp_path), "2026-11-01T00:00:00+00:00")
    [path] = asked.files(layout)
    path.write_text(damage, encoding="utf-8")
    with pytest.raises(InputError, match=r"is no record of a portal.*remedy: "):
        asked.read(path)
    edited = {"portal": "p", "dataset": "incendios", "link": "l", "asked_at": "2026-01-01"}
    path.write_text(json.dumps(edited), encoding="utf-8")
    with pytest.raises(InputError, match="is not what it is named by"):
        asked.read(path)
    (path.parent / asked.CURRENT).write_text(damage, encoding="utf-8")
    with pytest.raises(InputError, match="does not name a record"):
        asked.files(layout)


class TestByTheCommandLine:
    """On the specs of the project, whose datasets of the federal portal the double has in part."""

    @pytest.fixture(autouse=True)
    def _quick(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = Clock()
        quick = functools.partial(Reader, clock=lambda: clock.now, sleep=clock.sleep)
        monkeypatch.setattr("sdg_pipeline.cli.portal.Reader", quick)
        monkeypatch.setenv("SDG_HOME", str(tmp_path))
        monkeypatch.setenv("COLUMNS", "400")

    def sdg(self, *words: str) -> tuple[int, str]:
        said = CliRunner().invoke(app, ["portal", *words])
        return said.exit_code, said.output + (str(said.exception) if said.exception else "")

    def test_nobody_has_asked_then_somebody_does(self, portal: Portal) -> None:
        code, said = self.sdg("list")
        assert code == 0 and said.count("unknown (never_asked): ") == 6
        portal.put(
            name="incendios_forestales",
            title="[bold]Incendios",
            resources=[{"url": "https://x/1.csv", "format": "csv"}],
        )
        code, said = self.sdg("read", "--to", portal.address)
        assert code == 0 and "incendios_forestales: listed" in said and said.count("unknown (absent): ") == 4
        assert portal.actions.count("package_show") == 5, "two sources are one dataset"
        assert "listed: conafor_fires" in self.sdg("list")[1] and "[bold]Incendios" in self.sdg("list")[1]

    def test_a_portal_whose_operator_permits_it_is_asked_at_its_own_address(
        self, portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        portal.robots, specs = CKAN_ROBOTS, tmp_path / "specs"
        shutil.copytree(PROJECT / "indicator_specs", specs)
        spec = specs / "portals" / "datos_gob_mx.yaml"
        text = spec.read_text(encoding="utf-8").replace("https://www.datos.gob.mx", portal.address)
        spec.write_text(text, encoding="utf-8")
        monkeypatch.setenv("SDG_SPECS", str(specs))
        assert self.sdg("read")[1].count("unknown (robots): robots.txt keeps programs away") == 5
        spec.write_text(f"{text}permission: {{on: '2026-11-30', cite: a letter of its operator}}\n", encoding="utf-8")
        assert self.sdg("read")[1].count("unknown (absent): ") == 5
        assert "unknown (robots)" in self.sdg("read", "--to", portal.address)[1], "it permits its own address alone"

    def test_a_search_says_which_datasets_there_are(self, portal: Portal) -> None:
        code, said = self.sdg("search", "incendios", "--to", portal.address)
        assert code == 0 and "incendios: Incendios" in said and "1 shown; the portal has 1" in said
        portal.bad_day = lambda action, data: Reply(403, HTML, TEXT)
        code, said = self.sdg("search", "incendios", "--to", portal.address)
        assert code == 1 and "unknown (refused): the server answered 403" in said

    def test_other_words(self) -> None:
        assert "--portal 'nowhere' is no portal; remedy: " in self.sdg("read", "--portal", "nowhere")[1]
        assert "is no web address" in self.sdg("read", "--to", "ftp://x")[1]
