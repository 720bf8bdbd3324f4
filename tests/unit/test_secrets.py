"""Tokens in the addresses of mirrors and webhooks: in no message, trace, log, file of the home, or cursor."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from release_fixture import source

from assets import automation, notices
from sdg_pipeline.errors import FetchError, SdgError
from sdg_pipeline.ingest.fetch import fetch
from sdg_pipeline.ingest.masking import mask, recorded_address, shown_address
from sdg_pipeline.ingest.mirror import Mirror, load_mirror
from sdg_pipeline.ingest.patience import Patience
from sdg_pipeline.layout import Layout
from sdg_pipeline.run.graph import Step
from sdg_pipeline.settings import Settings

TOKEN = "TOKEN"
PATH = f"/s/{TOKEN}path"
QUERY = f"?sig={TOKEN}query&x=1"
MANIFEST = """
name: shared
root: {root}
entries:
  - {{source: census, edition: "2020", path: data.csv, sha256: {sha256}}}
others: it is small
"""
SHORT = Patience(attempts=1)


class Office(BaseHTTPRequestHandler):
    """Answers by the name of the file; everything else is not there."""

    answers: dict[str, bytes]

    def do_GET(self) -> None:
        name = self.path.partition("?")[0].rpartition("/")[2]
        body = self.server.answers.get(name)  # type: ignore[attr-defined]
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(body or b"")

    do_POST = do_GET

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def office() -> Iterator[SimpleNamespace]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Office)
    server.answers = {}  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_address[1]}"
    yield SimpleNamespace(answers=server.answers, url=f"http://{TOKEN}user:{TOKEN}word@{host}{PATH}", host=host)  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


def said(error: BaseException) -> str:
    """What a trace shows of an error and its causes, without the lines of this test."""
    texts = []
    while error is not None:
        texts.append(f"{error!r} {error}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)  # type: ignore[assignment]
    return "\n".join(texts)


@pytest.mark.parametrize("case", ["missing", "no YAML", "a mistake", "a bad root", "nobody there"])
def test_a_mirror_that_cannot_be_read_is_named_without_its_token(case: str, office: SimpleNamespace) -> None:
    texts = {
        "no YAML": "a: [",
        "a mistake": "nam: x",
        "a bad root": MANIFEST.format(root=f"'https:///{TOKEN}{QUERY}'", sha256="0" * 64),
    }
    if case in texts:
        office.answers["mirror.yaml"] = texts[case].encode()
    url = office.url.replace(office.host, "127.0.0.1:9") if case == "nobody there" else office.url
    with pytest.raises(SdgError) as caught:
        load_mirror(f"{url}/mirror.yaml{QUERY}", {})
    assert TOKEN not in said(caught.value)
    assert "127.0.0.1" in str(caught.value) and "mirror.yaml" in str(caught.value)


@pytest.mark.parametrize("case", ["missing", "a page", "other bytes", "nobody there", "right"])
def test_a_file_of_a_mirror_is_named_without_its_token(
    case: str, office: SimpleNamespace, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import hashlib

    content = b"a,b\n1,2\n"
    sha256 = hashlib.sha256(content).hexdigest() if case == "right" else "0" * 64
    office.answers["mirror.yaml"] = MANIFEST.format(root=".", sha256=sha256).encode()
    mirror = load_mirror(f"{office.url}/mirror.yaml{QUERY}", {})
    if case != "missing":
        office.answers["data.csv"] = b"<!DOCTYPE html><html><body>log in" if case == "a page" else content
    if case == "nobody there":
        mirror = Mirror(mirror.manifest, "x", mirror.root.replace(office.host, "127.0.0.1:9"), mirror.entries)
    layout = Layout(tmp_path)
    with caplog.at_level(logging.INFO):
        if case == "right":
            assert fetch(source(), "2020", layout, mirror, patience=SHORT).origin == "mirror shared"
        else:
            with pytest.raises(FetchError) as caught:
                fetch(source(), "2020", layout, mirror, patience=SHORT)
            assert TOKEN not in said(caught.value)
            assert "127.0.0.1" in str(caught.value) and "data.csv" in str(caught.value)
    assert TOKEN not in caplog.text and TOKEN not in repr(mirror)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()


def test_a_mirror_is_watched_without_its_token(office: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    office.answers |= {"mirror.yaml": MANIFEST.format(root=".", sha256="0" * 64).encode(), "data.csv": b"a\n"}
    posts: list[str] = []
    monkeypatch.setattr(notices, "tell", lambda text, **facts: posts.append(f"{text} {facts}"))
    mirror = load_mirror(f"{office.url}/mirror.yaml", {})
    run: Any = SimpleNamespace(steps=[Step(("raw", "census", "2020"), ())], mirror=mirror)
    at_once = automation.Manners(again_after_seconds=0, between_requests_seconds=0)
    first = automation.looked(run, None, at_once)
    office.answers["data.csv"] = b"a\n1\n"
    cursor = (first.cursor or "").replace('\\"1\\"', '\\"0\\"')
    second = automation.looked(run, cursor, at_once)
    assert posts and "census/2020 has changed at http://127.0.0.1" in posts[0]
    assert second.run_requests and TOKEN not in f"{posts} {first} {second}"


@pytest.mark.parametrize("case", ["missing", "nobody there", "no address", "no host"])
def test_a_webhook_that_fails_is_named_by_its_host(
    case: str, office: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    url = {
        "missing": f"{office.url}/hook{QUERY}",
        "nobody there": f"http://127.0.0.1:9{PATH}/hook{QUERY}",
        "no address": f"http://[::1{PATH}{QUERY}",
        "no host": f"https://{PATH}",
    }[case]
    monkeypatch.setenv(notices.WEBHOOK, url)
    assert notices.tell("something happened") is False
    assert "SDG_WEBHOOK: the message was not delivered to " in caplog.text and TOKEN not in caplog.text
    assert case != "missing" or "to 127.0.0.1 (status 404)" in caplog.text


def test_settings_do_not_show_the_address_of_a_mirror() -> None:
    env = {"SDG_MIRROR": f"https://x.example{PATH}/m.yaml{QUERY}", "SDG_ADDRESSES": f"a/1=https://x.example/?{TOKEN}"}
    settings = Settings.from_environment(env)
    assert settings.mirror == env["SDG_MIRROR"] and TOKEN not in repr(settings)


def test_what_is_shown_of_an_address() -> None:
    assert shown_address("https://u:p@x.example:8443/s/abc/m.yaml?sig=1#f") == "https://x.example:8443/…/m.yaml"
    assert shown_address("https://x.example/m.yaml") == "https://x.example/m.yaml"
    assert shown_address("https://x.example") == "https://x.example"
    assert shown_address("https://x.example/secret") == "https://x.example/…"
    assert shown_address("http://[::1/secret") == "http://…"
    assert shown_address("/srv/mirror/m.yaml") == "/srv/mirror/m.yaml"
    assert mask("a path of nobody", "/srv/mirror") == "a path of nobody"


def test_a_manifest_is_from_the_web_however_its_scheme_is_written(office: SimpleNamespace) -> None:
    office.answers["mirror.yaml"] = MANIFEST.format(root="/srv", sha256="0" * 64).encode()
    with pytest.raises(SdgError, match="is a local folder, but the manifest is from the web"):
        load_mirror(f"{office.url.replace('http', 'HTTP')}/mirror.yaml", {})
    office.answers["mirror.yaml"] = MANIFEST.format(root=office.url.replace("http", "Http"), sha256="0" * 64).encode()
    mirror = load_mirror(f"{office.url}/mirror.yaml", {})
    assert mirror.remote and TOKEN not in mirror.shown_location(mirror.entries["census", "2020"])


def test_what_is_recorded_of_an_address_that_a_person_gives() -> None:
    assert recorded_address("https://u:p@x.example:8443/s/m.csv?sig=1#f") == "https://x.example:8443/s/m.csv"
    url = "https://anna:s3cret@x.example/s/m.csv?sig=t0ken"
    text = f"{url}: no answer of /s/m.csv?sig=t0ken to anna:s3cret, nor to s3cret"
    assert mask(text, url, recorded_address) == "https://x.example/s/m.csv: no answer of /s/m.csv?… to …, nor to …"


WORD = st.text("abcXYZ019-_ñ ", min_size=1, max_size=8)


@given(WORD, WORD, WORD)
def test_no_part_of_an_address_is_left_in_a_text(folder: str, query: str, user: str) -> None:
    marked = [f"§{word}§" for word in (folder, query, user)]
    url = f"https://{marked[2]}:pw@x.example/s/{marked[0]}/m.yaml?q={marked[1]}"
    text = f"cannot get {url}: GET /s/{marked[0]}/m.yaml?q={marked[1]} as {marked[2]}"
    assert not [word for word in marked if word in mask(text, url)]
