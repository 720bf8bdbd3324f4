"""A page of another origin, in the browser of a person whose desk is open, launches nothing and reads nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from chromium import launched
from desk_server import Server, started
from foreign import FETCH, FOREIGN, FORM, GUARD_OFF, PICTURE, SOCKET, empty_page
from playwright.sync_api import Browser, Page

MUTATION = """
mutation { launchRun(executionParams: {
    selector: {repositoryLocationName: "assets.definitions", repositoryName: "__repository__", jobName: "7_late_sources"}
}) { __typename ... on LaunchRunSuccess { run { runId } } } }
"""

RUNS = "{ runsOrError(limit: 100) { ... on Runs { results { runId } } } }"
READ = "{ version }"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started(tmp_path_factory.mktemp("desk")) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched(GUARD_OFF, hosts=f"MAP {FOREIGN} 127.0.0.1, ") as browser:
        yield browser


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[int]:
    with empty_page() as port:
        yield port


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


@pytest.fixture(params=[FOREIGN, "127.0.0.1"], ids=["another site", "another port of this machine"])
def foreign(request: pytest.FixtureRequest, browser: Browser, elsewhere: int) -> Iterator[Page]:
    with opened(browser, f"http://{request.param}:{elsewhere}/") as page:
        yield page


@pytest.fixture(autouse=True)
def launches_nothing(server: Server) -> Iterator[None]:
    """Whatever a test does, no run is there that was not there before."""
    before = runs(server)
    yield
    assert runs(server) == before


def runs(server: Server) -> set[str]:
    return {run["runId"] for run in server.ask(RUNS)["runsOrError"]["results"]}


def by_get(server: Server, query: str = MUTATION) -> str:
    return f"{server.url}/graphql?query={quote(query)}"


def posted(query: str, kind: str = "application/json", **more: Any) -> dict[str, Any]:
    return {"method": "POST", "body": json.dumps({"query": query}), "headers": {"content-type": kind}, **more}


ASKED: dict[str, dict[str, Any]] = {
    "posts JSON": posted(MUTATION),
    "posts text that says JSON": posted(MUTATION, "text/plain; application/json", mode="no-cors"),
    "posts text": posted(MUTATION, "text/plain", mode="no-cors"),
    "posts with cookies": posted(MUTATION, "text/plain", mode="no-cors", credentials="include"),
}


@pytest.mark.parametrize("options", ASKED.values(), ids=ASKED)
def test_a_foreign_page_that_posts(server: Server, foreign: Page, options: dict[str, Any]) -> None:
    for address in (f"{server.url}/graphql", by_get(server)):
        kind, _, text = foreign.evaluate(FETCH, [address, options])
        assert (kind in ("refused", "opaque"), text) == (True, "")


def test_a_foreign_page_that_gets(server: Server, foreign: Page) -> None:
    for mode in ("cors", "no-cors"):
        for query in (MUTATION, READ):
            kind, _, text = foreign.evaluate(FETCH, [by_get(server, query), {"mode": mode}])
            assert (kind in ("refused", "opaque"), text) == (True, "")
    assert foreign.evaluate(PICTURE, by_get(server))


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
def test_a_foreign_form(server: Server, foreign: Page, kind: str) -> None:
    for address in (f"{server.url}/graphql", by_get(server)):
        with foreign.expect_response(lambda response: "/graphql" in response.url) as answer:
            foreign.evaluate(FORM, [address, "frame", kind, {"query": MUTATION}])
        assert answer.value.status == 403
        with foreign.expect_popup() as window:  # its first response is over before anybody can listen to it
            foreign.evaluate(FORM, [address, "_blank", kind, {"query": MUTATION}])
        window.value.wait_for_url("**/graphql**")
        assert "may not use this desk" in window.value.content()


def test_a_foreign_link_opens_the_desk_but_executes_nothing(server: Server, foreign: Page) -> None:
    foreign.evaluate("address => { location = address }", by_get(server))
    foreign.wait_for_url("**/graphql?**")
    assert "LaunchRunSuccess" not in foreign.content()


def test_a_foreign_frame_shows_no_desk(server: Server, foreign: Page) -> None:
    with foreign.expect_response(f"{server.url}/") as answer:
        foreign.evaluate("address => { document.querySelector('iframe').src = address }", f"{server.url}/")
    assert answer.value.status == 403


def test_a_foreign_websocket_is_closed(server: Server, foreign: Page) -> None:
    assert foreign.evaluate(SOCKET, f"{server.url.replace('http', 'ws')}/graphql") == "closed"


def test_a_foreign_name_for_this_machine_gets_nothing(server: Server, browser: Browser) -> None:
    """DNS rebinding: the page and the desk are of one origin to the browser, and the name is foreign."""
    address = f"http://{FOREIGN}:{urlsplit(server.url).port}"
    with opened(browser, address) as page:
        assert "this desk is not" in page.content()
        assert page.evaluate(FETCH, [f"{address}/graphql", posted(MUTATION)])[:2] == ["basic", 421]


class TestOwnPage:
    """What shows that the attempts above would launch something were it not for the door."""

    @pytest.fixture(autouse=True)
    def launches_nothing(self) -> None:
        """Here something is launched."""

    def test_our_own_page_launches_the_same(self, server: Server, browser: Browser) -> None:
        with opened(browser, f"{server.url}/server_info") as page:
            kind, status, text = page.evaluate(FETCH, [f"{server.url}/graphql", posted(MUTATION)])
            assert (kind, status) == ("basic", 200), text
            assert page.evaluate(SOCKET, f"{server.url.replace('http', 'ws')}/graphql") == "open"
        launched = json.loads(text)["data"]["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        assert server.ended(launched["run"]["runId"])["status"] == "SUCCESS"
