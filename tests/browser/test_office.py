"""An office, proven: who gets through its proxy, several people at once, and services that die and come back.

The units, the instance and the proxy of ``deploy/`` run as they are, on free ports. Skipped, saying what to install,
where nginx, PostgreSQL or its packages are missing. The tests share one office, which each of them leaves whole.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock
from urllib.parse import quote

import pytest
import requests
from chromium import launched
from dagster import DagsterInstance
from end_to_end.product import Product
from foreign import FETCH, FOREIGN, FORM, GUARD_OFF, SOCKET, empty_page
from playwright.sync_api import Page
from support.chosen_specs import chosen_specs
from support.office import DEPLOY, Office, missing, opened
from support.proxy import DESK, PASSWORD, VIEWER

from sdg_pipeline.release import chain, events
from sdg_pipeline.run.lock import turn

REVIEW, PUBLISH = "3_release_review", "5_release_publish"
READ = "{ version }"
RUNS = "{ runsOrError { ... on Runs { results { runId } } } }"
SELECTOR = '{repositoryLocationName: "sdg", repositoryName: "__repository__", jobName: "%s"}'
START = "mutation { launchRun(executionParams: {selector: %s, runConfigData: %s}) { __typename } }"
STARTS = [START % (SELECTOR % job, json.dumps(json.dumps({"note": "foreign"}))) for job in (REVIEW, PUBLISH)]
ALLOWS = "access-control-allow-origin"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing())]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Product:
    """A home with a draft, whose releases need a review."""
    folder = tmp_path_factory.mktemp("office_home")
    specs = chosen_specs(folder / "specs")
    product = Product(folder / "home", {"SDG_SPECS": str(specs), "SDG_REVIEW": "required"})
    said = product.call("run")
    assert said.code == 0, said
    return product


@pytest.fixture(scope="module")
def running(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(tmp_path_factory.mktemp("office"), product.home, product.specs) as office:
        yield office


@pytest.fixture
def office(running: Office) -> Office:
    """The office with all its services, whatever the test before left."""
    running.whole()
    return running


@pytest.fixture(scope="module")
def release(product: Product) -> str:
    [folder] = (path.parent for path in product.layout.published.glob("*/SHA256SUMS"))
    return folder.name


def record(product: Product, release: str) -> list[tuple[str, str, bool, str]]:
    return [(e.event, e.who, e.login, e.note) for e in events.read(product.layout, release)]


class TestProxy:
    @pytest.fixture(autouse=True)
    def changes_nothing(self, office: Office, product: Product, release: str) -> Iterator[None]:
        """Whatever a test does, no run is there that was not there before, and the draft is a draft."""
        before = office.asked("eva", RUNS, {}), record(product, release)
        yield
        assert (office.asked("eva", RUNS, {}), record(product, release)) == before
        assert not product.layout.latest.exists()

    def test_nobody_passes_without_a_log_in(self, office: Office) -> None:
        for host in (DESK, VIEWER):
            answers = [office.proxy.ask("/", host=host), office.proxy.ask("/graphql", "mallory", host, {"query": READ})]
            assert [answer.status for answer in answers] == [401, 401]
        assert office.proxy.ask("/", X_Remote_User="ana@example.org").status == 401
        with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", office.proxy.port)) as plain:
            ssl.create_default_context().wrap_socket(plain, server_hostname="other.example.org")

    def test_nobody_passes_by_the_proxy(self, office: Office) -> None:
        key = office.environment["SDG_UI_PROXY_KEY"]
        keyless = {"X-Remote-User": "ana@example.org", "X-SDG-Proxy-Key": key[:-1]}
        for port, path in ((3000, "/graphql"), (3001, "/graphql"), (3000, "/server_info")):
            url = f"http://127.0.0.1:{office.ports[port]}{path}"
            for headers in ({}, keyless, {"X-SDG-Proxy-Key": key}):
                assert requests.post(url, json={"query": READ}, headers=headers, timeout=60).status_code == 401

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": f"http://{FOREIGN}"},
            {"Origin": f"http://{DESK}"},
            {"Origin": f"https://{DESK}.{FOREIGN}"},
            {"Origin": "null"},
            {"Sec_Fetch_Site": "cross-site"},
            {"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"},
        ],
        ids=str,
    )
    def test_nothing_passes_that_another_origin_asks(self, office: Office, headers: dict[str, str]) -> None:
        socket_ = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
                   "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec_WebSocket_Protocol": "graphql-ws"}  # fmt: skip
        asked = [
            office.proxy.ask("/graphql", "eva", body={"query": STARTS[0]}, **headers),
            office.proxy.ask("/server_info", "eva", **headers),
            office.proxy.ask("/graphql", "eva", **socket_, **headers),
        ]
        assert [(answer.status, answer.headers.get(ALLOWS)) for answer in asked] == [(403, None)] * 3

    def test_the_door_behind_the_proxy_judges_too(self, office: Office) -> None:
        asked = [
            office.proxy.ask(f"/graphql?query={quote(STARTS[0])}", "eva"),
            office.proxy.ask("/graphql", "eva", body={"query": STARTS[0]}, Content_Type="text/plain"),
        ]
        assert [answer.status for answer in asked] == [405, 415]
        assert "may not use this desk" in behind(office, Origin=f"http://{FOREIGN}")

    def test_a_page_of_another_origin_starts_publishes_and_reads_nothing(self, office: Office) -> None:
        names = "".join(f"MAP {name} 127.0.0.1, " for name in (DESK, FOREIGN))
        login = {"username": "ana@example.org", "password": PASSWORD, "origin": office.proxy.url()}
        with launched(GUARD_OFF, hosts=names) as browser, empty_page() as port:
            person = browser.new_context(http_credentials=login, ignore_https_errors=True)
            person.set_default_timeout(300_000)
            own, page = person.new_page(), person.new_page()
            own.goto(f"{office.proxy.url()}/server_info")
            page.goto(f"http://{FOREIGN}:{port}/")
            for query in (*STARTS, READ):
                tries(page, f"{office.proxy.url()}/graphql", query)
            options = {"method": "POST", "headers": {"content-type": "application/json"}}
            address = f"{office.proxy.url()}/graphql"
            kind, status, text = own.evaluate(FETCH, [address, {**options, "body": json.dumps({"query": READ})}])
            assert (kind, status, list(json.loads(text)["data"])) == ("basic", 200, ["version"])
            assert own.evaluate(SOCKET, address.replace("https", "wss")) == "open"
            person.close()


def behind(office: Office, **headers: str) -> str:
    """What the desk itself answers, asked as the proxy asks it."""
    own = {"Host": f"{DESK}:{office.proxy.port}", "X-Remote-User": "eva"}
    own["X-SDG-Proxy-Key"] = office.environment["SDG_UI_PROXY_KEY"]
    url = f"http://127.0.0.1:{office.ports[3000]}/graphql"
    return requests.post(url, json={"query": READ}, headers=own | headers, timeout=60).text


def tries(page: Page, address: str, query: str) -> None:
    """All that a page can do to have a query executed in the name of the person who looks at it, who is logged in."""
    body, by_get = json.dumps({"query": query}), f"{address}?query={quote(query)}"
    for kind, mode in (("application/json", "cors"), ("text/plain", "no-cors")):
        for target, sent in (
            (address, {"method": "POST", "body": body, "headers": {"content-type": kind}}),
            (by_get, {}),
        ):
            answer = page.evaluate(FETCH, [target, {**sent, "mode": mode, "credentials": "include"}])
            assert answer in (["refused", 0, ""], ["opaque", 0, ""])
    with page.expect_response(lambda response: "/graphql" in response.url) as response:
        page.evaluate(FORM, [address, "frame", "text/plain", {"query": query}])
    assert response.value.status == 403
    assert page.evaluate(SOCKET, address.replace("https", "wss")) == "closed"


def test_people_review_at_once_under_their_accounts(office: Office, product: Product, release: str) -> None:
    """What a client writes into the header of the account, or into the tag, counts for nothing."""
    before = record(product, release)
    with ThreadPoolExecutor() as pool:
        people = [pool.submit(office.started, who, REVIEW, {"note": who}, **{"sdg/account": "eva"})
                  for who in ("ana@example.org", "luis")]  # fmt: skip
    false = office.started("luis", REVIEW, {"by": "Ana", "note": "in her name"})
    assert [office.ended(run.result()) for run in people] == ["SUCCESS", "SUCCESS"], office.tail()
    assert office.ended(false) == "FAILURE"
    messages = [e["error"]["message"] for e in office.run(false)["eventConnection"]["events"] if e.get("error")]
    assert len(messages) == 1 and "'Ana' is not logged in, 'luis' is; remedy: leave it empty" in messages[0]
    assert sorted(record(product, release)[len(before) :]) == [
        ("reviewed", "ana@example.org", True, "ana@example.org"),
        ("reviewed", "luis", True, "luis"),
    ]


def test_who_only_looks_starts_nothing(office: Office) -> None:
    before = office.asked("luis", RUNS, {}, VIEWER)
    assert before["runsOrError"]["results"]
    answer = office.launched("luis", PUBLISH, {"note": "no"}, VIEWER)
    assert answer["__typename"] == "UnauthorizedError", answer
    assert office.asked("luis", RUNS, {}, VIEWER) == before


def test_a_run_outlives_the_restart_of_its_code_server(office: Office, product: Product, release: str) -> None:
    """The run waits for its turn while the code server is asked to end, which waits for the run."""
    with turn(product.layout):
        run = office.started("eva", REVIEW, {"note": "while the code server restarts"})
        assert office.began(run)
        office.processes["code"].terminate()
    assert office.ended(run) == "SUCCESS", office.tail()
    assert record(product, release)[-1] == ("reviewed", "eva", True, "while the code server restarts")
    office.processes["code"].wait(300)


def test_a_queued_run_outlives_the_daemon_and_the_database(office: Office, product: Product, release: str) -> None:
    """Daemon and database are killed; the daemon comes back first, the code server last. Nobody need ask again."""
    office.end("daemon", signal.SIGKILL)
    run = office.started("eva", PUBLISH, {"note": "after all came back"})
    assert office.run(run)["status"] == "QUEUED"
    office.end("code")
    office.database.stop()
    office.database.start()
    office.start("daemon")
    office.until(lambda: "re-submitting the run into the queue" in json.dumps(office.run(run)))
    office.whole()
    assert office.ended(run) == "SUCCESS", office.tail()
    assert record(product, release)[-1] == ("published", "eva", True, "after all came back")
    assert product.layout.latest.resolve().name == release
    assert chain.fault(product.layout.events(release)) is None


def test_a_back_up_is_restored_on_an_empty_machine(office: Office, product: Product, tmp_path: Path) -> None:
    """The home is whole there, and Dagster's record in another database has every run."""
    assert product.call("backup", str(tmp_path / "home.tar")).code == 0
    other = product.moved(tmp_path / "machine" / "home")
    other.home.mkdir(parents=True)
    assert other.call("restore", str(tmp_path / "home.tar")).code == 0
    (tmp_path / "dagster").mkdir()
    shutil.copy(DEPLOY / "dagster.yaml", tmp_path / "dagster")
    own = {"DAGSTER_HOME": str(tmp_path / "dagster"), "DAGSTER_POSTGRES_URL": office.database.copy("restored")}
    with mock.patch.dict(os.environ, other.environment() | own, clear=True), DagsterInstance.get() as instance:
        runs = {run.run_id for run in instance.get_runs()}
    assert runs == {run["runId"] for run in office.asked("eva", RUNS, {})["runsOrError"]["results"]}
    assert other.call("release", "verify").code == 0
