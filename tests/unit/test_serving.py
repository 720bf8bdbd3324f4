"""What the server of releases gives, and what it does not: nobody reads a draft before it is published."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from release_fixture import contents, observation, settings

from sdg_pipeline.layout import Layout
from sdg_pipeline.release.build import build
from sdg_pipeline.release.latest import announce
from sdg_pipeline.serve.server import Handler, server


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    build(contents(layout, "r1"), layout, settings(layout))
    rows = {"water": [observation("water", "MX", 91.5)]}
    build(contents(layout, "r2", rows=rows), layout, replace(settings(layout), review_required=True))
    (layout.published / "secret.txt").write_text("not a release", encoding="utf-8")
    return layout


@pytest.fixture
def address(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Handler, "log_message", lambda *_: None)
    with server(layout, "127.0.0.1", 0) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


def asked(address: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_published_release_is_given_by_name_and_as_latest(layout: Layout, address: str) -> None:
    text = (layout.release("r1") / "README.md").read_bytes()
    assert asked(f"{address}/r1/README.md") == (200, text)
    assert asked(f"{address}/latest/README.md") == (200, text)
    assert asked(f"{address}/r1.events.jsonl") == (200, layout.events("r1").read_bytes())
    code, page = asked(f"{address}/")
    assert (code, b"r1" in page, b"r2" in page) == (200, True, False)


@pytest.mark.parametrize(
    "path",
    [
        "r2/README.md",
        "r2/",
        "r2.events.jsonl",
        "%72%32/README.md",
        "./r2/README.md",
        "//r2/README.md",
        "r1/../r2/README.md",
        "r1/%2e%2e/r2/README.md",
        "latest/../r2/README.md",
        "secret.txt",
        "../locks/census.lock.yaml",
    ],
)
def test_a_draft_and_what_is_no_release_are_not_found(address: str, path: str) -> None:
    assert asked(f"{address}/{path}")[0] == 404


def test_a_draft_is_given_once_it_is_published(layout: Layout, address: str) -> None:
    announce(layout, "r2", "Ana", automation=False)
    assert asked(f"{address}/r2/README.md")[0] == 200
