"""What the server of releases gives, and what it does not: nobody reads a draft before it is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from release_fixture import contents, observation, settings
from support.served import ask, listening

from sdg_pipeline.layout import Layout
from sdg_pipeline.release.build import build
from sdg_pipeline.release.latest import announce


def served(home: Path) -> Layout:
    """One release in force and one draft."""
    layout = Layout(home)
    build(contents(layout, "r1"), layout, settings(layout))
    rows = {"water": [observation("water", "MX", 91.5)]}
    build(contents(layout, "r2", rows=rows), layout, replace(settings(layout), review_required=True))
    (layout.published / "secret.txt").write_text("not a release", encoding="utf-8")
    return layout


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Releases that the tests only read."""
    return served(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def address(layout: Layout) -> Iterator[str]:
    with listening(layout) as address:
        yield address


def asked(address: str) -> tuple[int, bytes]:
    base, _, path = address.removeprefix("http://").partition("/")
    reply = ask(f"http://{base}", f"/{path}")
    return reply.status, reply.body


def test_a_published_release_is_given_by_name_and_as_latest(layout: Layout, address: str) -> None:
    text = (layout.release("r1") / "README.md").read_bytes()
    assert asked(f"{address}/r1/README.md") == (200, text)
    assert asked(f"{address}/latest/README.md") == (200, text)
    assert asked(f"{address}/r1.events.jsonl") == (200, layout.events("r1").read_bytes())
    assert asked(f"{address}/r1.sig")[0] == 404, "it is not signed"
    (layout.published / "r1.sig").write_text("a signature", encoding="utf-8")
    assert asked(f"{address}/r1.sig") == (200, b"a signature")
    code, page = asked(f"{address}/")
    assert (code, b"r1" in page, b"r2" in page) == (200, True, False)


@pytest.mark.parametrize(
    "path",
    [
        "r2/README.md",
        "r2/",
        "r2.events.jsonl",
        "r2.sig",
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


def test_a_draft_is_given_once_it_is_published(tmp_path: Path) -> None:
    layout = served(tmp_path)
    with listening(layout) as address:
        announce(layout, "r2", "Ana", automation=False)
        assert asked(f"{address}/r2/README.md")[0] == 200
