"""The cards that the webserver of the desk serves: those of its folder, as pictures, and nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from assets.door import Receive, Scope, Send
from assets.pictures import shown, with_cards


async def dagster(scope: Scope, receive: Receive, send: Send) -> None:
    """What is not served here."""
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def asked(folder: Path, path: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    sent: list[Any] = []
    requests = [{"type": "http.request"}]

    async def receive() -> dict[str, Any]:
        if not requests:
            await asyncio.Event().wait()  # the client stays; a server that listens for its leaving is cancelled
        return requests.pop()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
    asyncio.run(with_cards(dagster, folder)(scope, receive, send))
    start, *rest = sent
    headers = {key.decode().lower(): text.decode() for key, text in start["headers"]}
    return start["status"], headers, b"".join(part.get("body", b"") for part in rest)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "desk" / "poverty").mkdir(parents=True)
    (tmp_path / "desk" / "poverty" / "card.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "desk" / "poverty" / "changes.json").write_text("{}", encoding="utf-8")
    (tmp_path / "card.svg").write_text("<svg/>", encoding="utf-8")
    return tmp_path / "desk"


def test_the_address_of_the_description_is_answered_with_the_card(folder: Path) -> None:
    status, headers, body = asked(folder, shown("poverty").partition("](")[2].removesuffix(")"))
    assert (status, headers["content-type"], body) == (200, "image/svg+xml", b"<svg/>")
    assert headers["cache-control"] == "no-cache" and "sandbox" in headers["content-security-policy"]


def test_a_card_that_no_run_has_drawn_is_not_there(folder: Path) -> None:
    assert asked(folder, "/desk/hunger/card.svg")[0] == 404


@pytest.mark.parametrize(
    "path", ["/desk/poverty/changes.json", "/desk/../card.svg", "/desk/%2e%2e/card.svg", "/desk/poverty/card.svg/", "/"]
)
def test_all_else_goes_to_dagster(folder: Path, path: str) -> None:
    assert asked(folder, path)[0] == 299
