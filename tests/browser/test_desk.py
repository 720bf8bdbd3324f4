"""The desk as people and accidents use it: the real webserver and daemon, asked over GraphQL.

Runs that are launched, refused, killed, repeated, started twice; a source that fails; a backfill. What a page shows is
in test_ui.py.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from desk_server import Server, started

from sdg_pipeline.files import sha256_of
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.manifest import sealed, verify
from sdg_pipeline.run.lock import turn
from sdg_pipeline.settings import STARTER_MIRROR

ILLITERACY = ["indicator", "illiteracy_15_plus"]
CUTS = ["mar22", "ago23"]
"""The first is not at hand when both are first fetched."""
EDITIONS = ["editions", "sesnsp_crimes"]
INDICATORS_BEFORE_THE_KILL = 3
MATERIALISED = """
query ($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
    assetPartitionStatuses { ... on DefaultPartitionStatuses { materializedPartitions failedPartitions } } } } }
"""
CHECKS = """
query ($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) { ... on AssetNode {
    assetMaterializations(limit: 1) { metadataEntries { label ... on TextMetadataEntry { text }
        ... on MarkdownMetadataEntry { mdStr } } }
    assetChecksOrError { ... on AssetChecks { checks { name
        executionForLatestMaterialization { status runId } } } } } } }
"""


def desk(**choices: Any) -> dict[str, Any]:
    """What the launchpad holds."""
    return {"resources": {"desk": {"config": choices}}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started(tmp_path_factory.mktemp("desk")) as server:
        yield server


@pytest.fixture(scope="module")
def layout(server: Server) -> Layout:
    return Layout(server.home)


@pytest.fixture(scope="module")
def published(server: Server, layout: Layout) -> Any:
    """``publish_all``, killed while it computes, and run again from where it was."""
    run = server.launch("1_publish_all")
    server.until(
        lambda: len(list((layout.data / "indicators").glob("*.parquet"))) >= INDICATORS_BEFORE_THE_KILL,
        "no indicator was computed",
    )
    (pid,) = {int(n) for n in re.findall(r"Executing steps in process \(pid: (\d+)\)", json.dumps(server.run(run)))}
    os.kill(pid, signal.SIGKILL)
    killed = server.ended(run)
    assert killed["status"] == "FAILURE"
    assert not layout.latest.exists()
    return server.ended(server.again(run))


def test_bad_values_are_refused_with_their_reason(server: Server) -> None:
    answer = server.try_to_launch("1_publish_all", config=desk(indicators=["illiteracy"]))
    assert answer["__typename"] == "RunConfigValidationInvalid"
    assert "indicators[0] not in enum type Indicator got illiteracy" in answer["errors"][0]["message"]
    for choices, reason in (
        ({"areas": ["MX011"]}, "areas: no area 'MX011'; did you mean 'MX11'?"),
        ({"mirror": "/nowhere.yaml"}, "/nowhere.yaml: there is no such mirror manifest; remedy:"),
    ):
        answer = server.try_to_launch("1_publish_all", config=desk(**choices))
        assert answer["__typename"] == "PythonError" and reason in answer["message"], answer
    answer = server.try_to_launch("4_release_approve", config={"by": "Ana"})
    assert "release: there is none yet; remedy: run 2_release_draft" in json.dumps(answer)


def test_a_killed_run_is_finished_by_another(server: Server, layout: Layout, published: Any) -> None:
    assert published["status"] == "SUCCESS", server.tail()
    (release,) = sealed(layout)
    assert layout.latest.resolve().name == release.release
    assert verify(layout.latest) == []
    assert layout.warehouse.is_file()
    again = {"/".join(m["assetKey"]["path"]) for m in published["assetMaterializations"]}
    assert "staged/census" not in again  # it had succeeded before the kill
    assert "publication/release" in again


def test_checks_and_metadata_are_read_back(server: Server, published: Any) -> None:
    asset = server.ask(CHECKS, key={"path": ILLITERACY})["assetNodeOrError"]
    shown = {e["label"]: e.get("text") or e.get("mdStr") for e in asset["assetMaterializations"][0]["metadataEntries"]}
    assert shown["headline"].startswith("4.7 percent")
    assert "data:image/svg+xml;base64," in shown["states"]
    checks = asset["assetChecksOrError"]["checks"]
    assert [c["name"] for c in checks] == ["verdicts"]
    assert {c["executionForLatestMaterialization"]["status"] for c in checks} == {"SUCCEEDED"}


def test_two_runs_at_once_make_one_release(server: Server, layout: Layout, published: Any) -> None:
    (layout.data / "indicators" / "illiteracy_15_plus.parquet").unlink()  # so that there is something to do
    with turn(layout):  # both wait for it, and so they are at once
        runs = [server.launch("1_publish_all"), server.launch("1_publish_all")]
        began = [server.began(run) for run in runs]
    assert [run["status"] for run in began] == ["STARTED", "STARTED"], server.tail()
    ended = [server.ended(run) for run in runs]
    assert [run["status"] for run in ended] == ["SUCCESS", "SUCCESS"], server.tail()
    (release,) = sealed(layout)
    assert layout.latest.resolve().name == release.release
    assert verify(layout.latest) == []


def test_one_indicator_is_one_step(server: Server, layout: Layout, published: Any) -> None:
    """What a person waits for who asks for one indicator: its own step, and nothing that was done before."""
    (layout.data / "indicators" / "illiteracy_15_plus.parquet").unlink()
    run = server.ended(server.launch("__ASSET_JOB", [ILLITERACY], desk(areas=["MX20067"])))
    assert run["status"] == "SUCCESS", server.tail()
    assert (layout.data / "indicators" / "illiteracy_15_plus.parquet").is_file()
    assert {e["stepKey"] for e in run["eventConnection"]["events"] if e.get("stepKey")} == {"__".join(ILLITERACY)}


def test_checks_alone_are_run(server: Server, layout: Layout, published: Any) -> None:
    before = (layout.data / "indicators" / "illiteracy_15_plus.parquet").stat().st_mtime_ns
    run = server.ended(server.launch("6_recheck"))
    assert run["status"] == "SUCCESS", server.tail()
    assert run["assetMaterializations"] == []
    assert (layout.data / "indicators" / "illiteracy_15_plus.parquet").stat().st_mtime_ns == before
    asset = server.ask(CHECKS, key={"path": ILLITERACY})["assetNodeOrError"]
    latest = [c["executionForLatestMaterialization"] for c in asset["assetChecksOrError"]["checks"]]
    assert {check["runId"] for check in latest} == {run["runId"]}


class Posts(BaseHTTPRequestHandler):
    """A place that messages are posted to."""

    got: list[Any] = []  # noqa: RUF012  (one for the class, which the server makes anew for each request)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Posts.got.append(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # quiet
        return


@pytest.fixture(scope="module")
def posts() -> Iterator[str]:
    listener = HTTPServer(("127.0.0.1", 0), Posts)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listener.server_port}/"
    listener.shutdown()


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter mirror with a census file that is not what the manifest says, and two cuts of a series."""
    folder = tmp_path_factory.mktemp("mirror")
    shutil.copytree(STARTER_MIRROR.parent, folder, dirs_exist_ok=True)
    with (folder / "census_2020_states.csv").open("ab") as file:
        file.write(b"something else\n")
    lines = []
    for cut in CUTS:
        (folder / f"{cut}.csv").write_text(f"Año;{cut}\n2020;1\n", encoding="utf-8")
        digest = sha256_of(folder / f"{cut}.csv")
        lines.append(
            f"  - {{source: sesnsp_crimes, edition: '{cut}', path: {cut}.csv, sha256: '{digest}', container: plain}}\n"
        )
    (folder / f"{CUTS[0]}.csv").unlink()
    manifest = (folder / "mirror.yaml").read_text(encoding="utf-8")
    assert manifest.count("entries:\n") == 1
    (folder / "mirror.yaml").write_text(manifest.replace("entries:\n", "entries:\n" + "".join(lines)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory, mirror: Path, posts: str) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("failing")
    with started(folder, SDG_MIRROR=str(mirror / "mirror.yaml"), SDG_WEBHOOK=posts) as server:
        yield server


def test_a_failing_source_shows_its_step_and_our_text(failing: Server) -> None:
    run = failing.ended(failing.launch("source_inegi_iter_state"))
    assert run["status"] == "FAILURE"
    events = run["eventConnection"]["events"]
    ((step, message),) = {
        (e["stepKey"], e["error"]["message"]) for e in events if e["__typename"] == "ExecutionStepFailureEvent"
    }
    assert step == "raw__inegi_iter_state__2020"
    assert "census_2020_states.csv" in message and "sha256" in message and "remedy" in message
    failing.until(lambda: Posts.got, "no message was posted")
    post = Posts.got[0]
    assert post["job"] == "source_inegi_iter_state" and post["run"] == run["runId"]
    assert "sha256" in post["steps"][step]


def test_a_backfill_fetches_all_editions_of_a_source(failing: Server, mirror: Path) -> None:
    assert failing.backfill(EDITIONS, CUTS) == "COMPLETED_FAILED"
    statuses = failing.ask(MATERIALISED, key={"path": EDITIONS})["assetNodeOrError"]["assetPartitionStatuses"]
    assert set(statuses["materializedPartitions"]) == {CUTS[1]}  # the other was fetched all the same
    (mirror / f"{CUTS[0]}.csv").write_text(f"Año;{CUTS[0]}\n2020;1\n", encoding="utf-8")
    assert failing.backfill(EDITIONS, CUTS) == "COMPLETED_SUCCESS", failing.tail()
    statuses = failing.ask(MATERIALISED, key={"path": EDITIONS})["assetNodeOrError"]["assetPartitionStatuses"]
    assert set(statuses["materializedPartitions"]) == set(CUTS)
    layout = Layout(failing.home)
    for cut in CUTS:
        assert len(list(layout.raw_folder("sesnsp_crimes", cut).glob("*.csv"))) == 1
