"""What runs without anybody: looks at a server that really answers, contributions, the calendar, notices."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetKey,
    DagsterInstance,
    ExecuteInProcessResult,
    build_run_status_sensor_context,
    build_schedule_context,
    build_sensor_context,
)
from place import Place, patient

from assets import notices
from assets.automation import looked, watched
from assets.definitions import build
from assets.keys import COUNTED
from assets.run import QUIET
from sdg_pipeline import clock
from sdg_pipeline.errors import SpecErrors, UsageError
from sdg_pipeline.ingest.watch import Manners, Seen, round_of
from sdg_pipeline.quality.contribution import examine, mark
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import PROJECT, STARTER_MIRROR, Settings

SPEC = "goal_07/dwellings_with_electricity.yaml"


@dataclass
class Office:
    """A server of files: their ETags or dates, and every request that it had."""

    url: str = ""
    etags: dict[str, str] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    posted: list[Any] = field(default_factory=list)


@pytest.fixture
def office() -> Iterator[Office]:
    office = Office()

    class Files(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            office.asked.append((self.path, dict(self.headers)))
            etag, date = office.etags.get(self.path), office.dates.get(self.path)
            if self.path in office.busy:
                self._answer(503, {"Retry-After": "172800"})
            elif etag and self.headers.get("If-None-Match") == etag:
                self._answer(304, {"ETag": etag})
            elif date and self.headers.get("If-Modified-Since") == date:
                self._answer(304, {"Last-Modified": date})
            elif etag or date or self.path in office.silent:
                signs = {"ETag": etag, "Last-Modified": date}
                self._answer(200, {name: value for name, value in signs.items() if value})
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            office.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(204, {})

        def _answer(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status == 200 and self.path in office.silent:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"0\r\n\r\n")
                return
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    office.url = f"http://127.0.0.1:{server.server_port}"
    yield office
    server.shutdown()


@dataclass
class Clock:
    """A clock that only moves when somebody sleeps, or is told to."""

    now: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def statuses(office: Office, earlier: dict[str, Seen], clock: Clock, manners: Manners) -> dict[str, str]:
    """A round over all files; what was seen is remembered in ``known``."""
    urls = [office.url + path for path in ("/a", "/b", "/c", "/d", "/e")]
    statuses_ = {}
    for look in round_of(urls, earlier, manners, clock, clock.sleep):
        earlier[look.url] = look.seen
        statuses_[look.url.removeprefix(office.url)] = look.status
    return statuses_


def test_a_change_is_seen_by_etag_or_date_and_nothing_is_downloaded(office: Office) -> None:
    office.etags, office.dates = {"/a": '"1"'}, {"/b": "Mon, 02 Nov 2026 10:00:00 GMT"}
    office.silent, office.busy = {"/c"}, {"/d"}
    earlier: dict[str, Seen] = {}
    clock, manners = Clock(), Manners(between_requests_seconds=5)
    first = statuses(office, earlier, clock, manners)
    assert first == {"/a": "first", "/b": "first", "/c": "untold", "/d": "failed", "/e": "failed"}
    assert clock.slept == [5.0] * 4  # one host: requests keep their distance
    assert statuses(office, earlier, clock, manners) == {}  # nobody is asked twice a day
    clock.now += 86_400
    assert statuses(office, earlier, clock, manners) == {"/a": "same", "/b": "same", "/c": "untold", "/e": "failed"}
    conditions = dict(office.asked[5:])
    assert conditions["/a"]["If-None-Match"] == '"1"'
    assert conditions["/b"]["If-Modified-Since"] == "Mon, 02 Nov 2026 10:00:00 GMT"
    assert "sdg-pipeline/" in conditions["/a"]["User-Agent"]
    office.etags["/a"], office.dates["/b"] = '"2"', "Tue, 03 Nov 2026 10:00:00 GMT"
    clock.now += 86_400
    assert statuses(office, earlier, clock, manners) | {"/d": ""} == {
        "/a": "changed", "/b": "changed", "/c": "untold", "/d": "", "/e": "failed",
    }  # fmt: skip


def test_a_round_asks_those_that_waited_longest(office: Office) -> None:
    office.etags = dict.fromkeys(("/a", "/b", "/c", "/d", "/e"), '"1"')
    earlier: dict[str, Seen] = {}
    clock, manners = Clock(), Manners(between_requests_seconds=0, requests_a_round=2)
    asked = [tuple(statuses(office, earlier, clock, manners)) for _ in range(4)]
    assert asked == [("/a", "/b"), ("/c", "/d"), ("/e",), ()]


@pytest.fixture
def remote(office: Office, tmp_path: Path) -> Runner:
    """A desk whose files come from the server."""
    text = STARTER_MIRROR.read_text(encoding="utf-8")
    root = next(line for line in text.splitlines() if line.startswith("root:"))
    manifest = tmp_path / "mirror.yaml"
    manifest.write_text(text.replace(root, f"root: {office.url}/"), encoding="utf-8")
    return Runner.load(Settings.from_environment({"SDG_HOME": str(tmp_path), "SDG_MIRROR": str(manifest)}))


def test_the_sensor_fetches_an_edition_whose_file_has_changed(
    office: Office, remote: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(notices.WEBHOOK, f"{office.url}/hook")
    watcher = watched(remote.run)
    assert set(watcher.values()) == {("inegi_iter", "2020"), ("inegi_iter_state", "2020")}
    office.etags = {url.removeprefix(office.url): '"1"' for url in watcher}
    now = Manners(again_after_seconds=-1, between_requests_seconds=0)
    first = looked(remote.run, None, now)
    assert not first.run_requests and "inegi_iter/2020: first" in str(first.skip_reason)
    changed = next(url for url, edition in watcher.items() if edition == ("inegi_iter", "2020"))
    office.etags[changed.removeprefix(office.url)] = '"2"'
    second = looked(remote.run, first.cursor, now)
    (request,) = second.run_requests or ()
    assert request.run_key == 'inegi_iter/2020 "2"'
    assert request.asset_selection is not None and request.asset_selection[0].path == ["editions", "inegi_iter"]
    assert request.partition_key == "2020"
    assert request.run_config["resources"]["desk"]["config"] == {"editions": ["inegi_iter/2020"]}
    assert office.posted == [
        {
            "text": f"inegi_iter/2020 has changed at {changed}",
            "source": "inegi_iter",
            "edition": "2020",
            "url": changed,
        }
    ]
    third = looked(remote.run, second.cursor, now)
    assert not third.run_requests


def test_copies_on_this_machine_are_not_asked_for(tmp_path: Path) -> None:
    local = Runner.load(Settings.from_environment({"SDG_HOME": str(tmp_path), "SDG_MIRROR": "starter"}))
    assert "nobody to ask" in str(looked(local.run, None).skip_reason)
    official = Runner.load(Settings.from_environment({"SDG_HOME": str(tmp_path)}))
    assert watched(official.run) and all(url.startswith("http") for url in watched(official.run))


def contribution(home: Path, name: str, text: str) -> Path:
    """A contribution of one file."""
    path = home / "contributions" / name / SPEC
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return home / "contributions" / name


def test_a_contribution_is_examined_beside_the_specs(tmp_path: Path) -> None:
    text = (PROJECT / "indicator_specs" / SPEC).read_text(encoding="utf-8")
    good = contribution(tmp_path, "ana", text.replace("decimals: 1", "decimals: 2"))
    report = examine(PROJECT / "indicator_specs", good)
    assert (report.added, report.changed) == ((), (SPEC,))
    bad = contribution(tmp_path, "luis", text.replace("direction: up", "direction: upp"))
    with pytest.raises(SpecErrors, match=f"{SPEC}.*found 'upp'.*did you mean 'up'"):
        examine(PROJECT / "indicator_specs", bad)
    empty = tmp_path / "contributions" / "empty"
    empty.mkdir()
    with pytest.raises(UsageError, match=r"no \.yaml or \.sql file"):
        examine(PROJECT / "indicator_specs", empty)
    (empty / "link.yaml").symlink_to(PROJECT / "indicator_specs" / SPEC)
    with pytest.raises(UsageError, match=r"no \.yaml or \.sql file"):  # nothing behind a link is read
        examine(PROJECT / "indicator_specs", empty)
    before = mark(good)
    (good / SPEC).write_text(text, encoding="utf-8")
    assert mark(good) != before


def test_the_sensor_of_contributions_launches_each_version_once(again: Place) -> None:
    runner = again.runner()
    defs = build(runner)
    sensor = defs.resolve_sensor_def("contributions")
    with DagsterInstance.ephemeral() as instance:
        context = build_sensor_context(instance=instance)
        assert "Nothing in" in str(sensor.evaluate_tick(context).skip_message)
        text = (PROJECT / "indicator_specs" / SPEC).read_text(encoding="utf-8")
        contribution(again.home, "ana", text.replace("direction: up", "direction: upp"))
        (request,) = sensor.evaluate_tick(context).run_requests or ()
        assert request.run_key == f"ana {mark(runner.run.layout.contributions / 'ana')}"
    with again.opened() as instance:
        job = defs.resolve_job_def("8_examine_contribution")
        result = job.execute_in_process(
            instance=instance, run_config={**QUIET, **request.run_config}, raise_on_error=False
        )
        (failure,) = [e for e in result.all_events if e.is_step_failure]
        assert f"{SPEC}:" in failure.step_failure_data.error.message  # type: ignore[union-attr]
        shutil.rmtree(runner.run.layout.contributions / "ana")
        contribution(again.home, "ana", text.replace("decimals: 1", "decimals: 2"))
        result = job.execute_in_process(instance=instance, run_config={**QUIET, **request.run_config})
        (event,) = [e for e in result.all_events if e.is_step_materialization]
        assert str(event.step_materialization_data.materialization.metadata["changes"].value) == f"- {SPEC}"


def test_the_calendar_makes_a_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = Runner.load(Settings.from_environment({"SDG_HOME": str(tmp_path), "SDG_MIRROR": "starter"}))
    schedule = build(runner).resolve_schedule_def("release_calendar")
    assert (schedule.cron_schedule, schedule.job_name) == ("0 6 15 1,4,7,10 *", "2_release_draft")
    assert schedule.execution_timezone == "America/Mexico_City"
    context = build_schedule_context(scheduled_execution_time=datetime(2027, 1, 15, 12, tzinfo=UTC))
    (request,) = schedule.evaluate_tick(context).run_requests or ()
    assert request.run_key == "release 2027-01-15"
    monkeypatch.setenv("SDG_RELEASE_CRON", "0 5 1 * *")
    assert build(runner).resolve_schedule_def("release_calendar").cron_schedule == "0 5 1 * *"


def tell_of_success(
    place: Place, instance: DagsterInstance, result: ExecuteInProcessResult, tags: dict[str, str]
) -> None:
    """What the daemon does after a run."""
    run = instance.get_run_by_id(result.run_id)
    assert run is not None
    context = build_run_status_sensor_context(
        "figures", result.get_run_success_event(), instance, run.with_tags({**run.tags, **tags})
    )
    build(place.runner()).resolve_sensor_def("figures")(context)


def test_late_sources_are_reported(
    again: Place, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = patient(again, tmp_path)
    monkeypatch.setenv(notices.WEBHOOK, f"{office.url}/hook")
    monkeypatch.setattr(clock, "now", lambda: datetime(2040, 6, 1, tzinfo=UTC))
    with place.opened() as instance:
        job = build(place.runner()).resolve_job_def("7_late_sources")
        result = job.execute_in_process(instance=instance, run_config=QUIET)
        file = place.runner().run.layout.figures
        file.unlink(missing_ok=True)
        for tags, runs in (({}, 1), ({COUNTED: "in the terminal"}, 1), ({}, 2)):
            tell_of_success(place, instance, result, tags)
            assert f'sdg_runs_total{{result="done"}} {runs}\n' in file.read_text(encoding="utf-8")
    verdicts = [e.event_specific_data for e in result.all_events if e.event_type_value == "ASSET_CHECK_EVALUATION"]
    assert {(v.check_name, v.passed) for v in verdicts} == {("newest_edition", False)}
    assert AssetKey(["editions", "inegi_iter"]) in {v.asset_key for v in verdicts}
    (event,) = [e for e in result.all_events if e.is_step_materialization]
    shown = event.step_materialization_data.materialization.metadata
    assert "| inegi_poverty | late |" in str(shown["sources"].value)
    (post,) = office.posted
    assert len(post["late"]) == shown["late"].value > 3
    assert any(line.startswith("inegi_poverty: 2024 reaches") and "days ago" in line for line in post["late"])


def test_a_notice_that_cannot_be_delivered_breaks_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv(notices.WEBHOOK, raising=False)
    assert notices.tell("something") is False
    monkeypatch.setenv(notices.WEBHOOK, "http://127.0.0.1:9/hook")
    assert notices.tell("something else", job="x") is False
    assert "something else" in caplog.text and "was not delivered to 127.0.0.1 (Connect" in caplog.text


def test_only_the_notice_of_failures_and_the_figures_are_on_from_the_start(tmp_path: Path) -> None:
    runner = Runner.load(Settings.from_environment({"SDG_HOME": str(tmp_path), "SDG_MIRROR": "starter"}))
    repository = build(runner).get_repository_def()
    on = {s.name for s in repository.sensor_defs if s.default_status.value == "RUNNING"}
    assert on == {"failures", "figures"}
    assert {s.name for s in repository.sensor_defs} == {*on, "dependents", "contributions", "new_editions"}
