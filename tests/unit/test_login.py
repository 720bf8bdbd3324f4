"""Who is logged in at the desk: the header of the proxy, checked, and the tag of a run."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from dagster import DagsterInstance
from dagster._core.run_coordinator.base import SubmitRunContext
from dagster._core.test_utils import create_run_for_test

from assets.door import Door, Receive, Request, Scope, Send, own_hosts
from assets.login import PROXY_KEY, TAG, Login, NamedRuns, person
from sdg_pipeline.errors import UsageError
from sdg_pipeline.release.events import Account
from sdg_pipeline.settings import LOGIN_HEADER

KEY = "0123456789abcdef"
OFFICE = {LOGIN_HEADER: "X-Remote-User", PROXY_KEY: KEY}
SENT = {"host": "127.0.0.1:3000", "x-remote-user": "ana@example.org", "x-sdg-proxy-key": KEY}


def scope(*headers: tuple[str, str]) -> dict[str, Any]:
    encoded = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers]
    return {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": encoded}


def status(*headers: tuple[str, str]) -> int:
    async def page(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> MutableMapping[str, Any]:
        return {}

    answers: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        answers.append(message)

    asyncio.run(Door(page, own_hosts(3000), Login.from_environment(OFFICE))(scope(*headers), receive, send))
    return int(answers[0]["status"])


def test_only_what_the_proxy_sends_for_one_account_passes() -> None:
    sent = list(SENT.items())
    assert status(*sent) == 200
    assert status(*sent, ("host", "evil.example")) == 421, "the door judges as before"
    for missing in ("x-remote-user", "x-sdg-proxy-key"):
        assert status(*((name, text) for name, text in sent if name != missing)) == 401
        assert status(*sent, (missing, SENT[missing])) == 401, "twice"
    for wrong in ({"x-sdg-proxy-key": KEY + "x"}, {"x-sdg-proxy-key": "ñ"}, {"x-remote-user": ""},
                  {"x-remote-user": "ana\tluis"}, {"x-remote-user": " "}, {"x-remote-user": "a" * 300}):  # fmt: skip
        assert status(*{**SENT, **wrong}.items()) == 401


def test_a_log_in_is_set_whole_or_not_at_all() -> None:
    assert Login.from_environment({}) is None
    assert Login.from_environment({PROXY_KEY: KEY}) is None
    for key in ("", "short", "ñ" * 20):
        with pytest.raises(UsageError, match="SDG_UI_PROXY_KEY has less than 16 ASCII characters; remedy") as error:
            Login.from_environment({**OFFICE, PROXY_KEY: key})
        assert not key or key not in str(error.value)
    with pytest.raises(UsageError, match="is no header"):
        Login.from_environment({**OFFICE, LOGIN_HEADER: "X Remote User"})
    assert KEY not in repr(Login.from_environment(OFFICE))


def test_a_name_is_that_of_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    assert person({TAG: "luis"}, "Ana Pérez") == "Ana Pérez" and not isinstance(person({}, "Ana"), Account)
    for name, text in OFFICE.items():
        monkeypatch.setenv(name, text)
    for written in ("", " ", "luis"):
        who = person({TAG: "luis"}, written)
        assert who == "luis" and isinstance(who, Account)
    with pytest.raises(UsageError, match="'Ana' is not logged in, 'luis' is; remedy: leave it empty"):
        person({TAG: "luis"}, "Ana")
    for tags in ({}, {TAG: ""}):
        with pytest.raises(UsageError, match="nobody is logged in"):
            person(tags, "luis")


@pytest.mark.parametrize("account", ["ana@example.org", None])
def test_the_queue_tags_a_run_with_the_account_whatever_the_client_wrote(
    account: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in OFFICE.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr(SubmitRunContext, "get_request_header", lambda _context, key: account if key else None)
    with DagsterInstance.ephemeral() as instance:
        queue = NamedRuns()
        queue.register_instance(instance)
        run = create_run_for_test(instance, job_name="x", tags={TAG: "somebody else"})
        monkeypatch.setattr(instance, "report_dagster_event", lambda *_arguments, **_named: None)
        queue.submit_run(SubmitRunContext(run, None))  # type: ignore[arg-type]
        stored = instance.get_run_by_id(run.run_id)
        assert stored is not None and stored.tags[TAG] == (account or "")


def test_headers_are_read_in_lower_case() -> None:
    login = Login.from_environment(OFFICE)
    assert login is not None
    request = Request.from_scope(scope(*((name.title(), text) for name, text in SENT.items())))
    assert login.account(request.every) == "ana@example.org"
