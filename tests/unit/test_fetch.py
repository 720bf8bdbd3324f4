"""Fetching over a local HTTP server and from mirrors: what is taken, what refused, what stays untouched."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from pathlib import Path

import pytest
from support import replies
from support.replies import Replying, serving

from sdg_pipeline.errors import FetchError, SpecErrors, UsageError
from sdg_pipeline.ingest.download import download
from sdg_pipeline.ingest.fetch import fetch, require_data
from sdg_pipeline.ingest.lock import read_lock
from sdg_pipeline.ingest.mirror import Mirror, load_mirror
from sdg_pipeline.ingest.patience import Patience
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.ingest.store import stored
from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import USER_AGENT
from sdg_pipeline.specs.source import Source

BODY = b"ENTIDAD,MUN,POBTOT\n01,001,948990\n" * 20_000
REVISED = BODY.replace(b"948990", b"948991")
HTML = b"\n<!DOCTYPE html><html><head><title> Sitio en\n mantenimiento &ndash; INEGI</title></head></html>"
LIMIT_BYTES = 2_000_000

Headers = dict[str, str]


@dataclass
class Reply(replies.Reply):
    """One answer, of the whole file where nothing else is said."""

    body: bytes = BODY


@dataclass
class Server:
    """A web server that answers as a function of the request's number (from 0) and headers says."""

    address: str
    answer: Callable[[int, Headers], Reply] = lambda number, headers: Reply()
    requests: list[Headers] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.address}/files/iter_00CSV20.csv"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    class Handler(Replying):
        def do_GET(self) -> None:  # the name that http.server asks for
            state.requests.append({"path": self.path, **dict(self.headers)})
            self.send(state.answer(len(state.requests) - 1, state.requests[-1]))

    with serving(Handler) as address:
        state = Server(address)
        yield state


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "home")


@dataclass
class Waits:
    """Patience that does not wait, and remembers how long it would have."""

    seconds: list[float] = field(default_factory=list)

    @property
    def patience(self) -> Patience:
        return Patience(attempts=3, connect_seconds=60, read_seconds=60, sleep=self.seconds.append)


def source(url: str, **edition: object) -> Source:
    spec = {"url": url, "period": "2020", "url_status": "verified", "max_megabytes": LIMIT_BYTES // 10**6}
    return Source.model_validate(
        {
            "id": "iter",
            "title": {"en": "Census", "es": "Censo"},
            "publisher": "INEGI",
            "licence": {"id": "INEGI", "url": "https://inegi.example/licence", "url_status": "from_memory"},
            "landing_page": {"url": "https://inegi.example/census", "url_status": "from_memory"},
            "dictionary": {"url_status": "unknown", "note": "made up"},
            "contact": "INEGI",
            "periodicity": "decennial",
            "columns_status": "verified",
            "citation": {"en": "INEGI", "es": "INEGI"},
            "editions": {"2020": {**spec, **edition}},
        }
    )


def get(server: Server, layout: Layout, *, accept: bool = False, **edition: object) -> RawFile:
    return fetch(source(server.url, **edition), "2020", layout, None, accept=accept, patience=Waits().patience)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def tree(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file with inode, time and content: equal only where nothing was written."""
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    return {str(p): (p.stat().st_ino, p.stat().st_mtime_ns, p.read_bytes()) for p in files}


def zipped(content: bytes = BODY) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("iter.csv", content)
    return buffer.getvalue()


def test_official_bytes_with_provenance_and_lock(server: Server, layout: Layout) -> None:
    server.answer = lambda *_: Reply(headers={"ETag": '"v1"', "Content-Type": "text/csv", "Set-Cookie": "secret=1"})
    seen: list[tuple[int, int | None]] = []
    raw = fetch(
        source(server.url),
        "2020",
        layout,
        None,
        progress=lambda *at: seen.append(at),
        patience=Waits().patience,
    )
    assert Path(raw.path) == layout.raw("iter", "2020", sha(BODY), ".csv")
    assert Path(raw.path).read_bytes() == BODY
    assert (raw.sha256, raw.bytes, raw.url, raw.origin) == (sha(BODY), len(BODY), server.url, "official")
    assert (raw.container, raw.columns, raw.states, raw.partial) == ("plain", "all", (), False)
    assert dict(raw.headers) == {"Content-Type": "text/csv", "ETag": '"v1"'}
    assert RawFile.read(layout.raw_current("iter", "2020")) == raw
    assert raw == stored("iter", "2020", layout)
    locked = read_lock(layout.lock("iter"), "iter").editions["2020"]["official"]
    assert (locked.sha256, locked.bytes, locked.url) == (sha(BODY), len(BODY), server.url)
    assert seen[-1] == (len(BODY), len(BODY))
    assert seen == sorted(seen)
    assert server.requests[0]["User-Agent"] == USER_AGENT
    assert list(layout.scratch.iterdir()) == []


def test_second_fetch_writes_nothing(server: Server, layout: Layout) -> None:
    first = get(server, layout)
    before = tree(layout.data)
    server.answer = lambda *_: Reply(headers={"ETag": '"new tag, same bytes"'})
    assert get(server, layout) == first
    assert tree(layout.data) == before


def test_not_modified_is_not_downloaded_again(server: Server, layout: Layout) -> None:
    def answer(number: int, headers: Headers) -> Reply:
        current = headers.get("If-None-Match") == '"v1"'
        return Reply(304, b"", length=False) if current else Reply(headers={"ETag": '"v1"'})

    server.answer = answer
    first = get(server, layout)
    before = tree(layout.data)
    assert get(server, layout) == first
    assert tree(layout.data) == before
    Path(first.path).write_bytes(b"edited")
    assert get(server, layout) == first
    assert Path(first.path).read_bytes() == BODY, "edited raw bytes are fetched anew, not taken for current"
    assert ["If-None-Match" in r for r in server.requests] == [False, True, False]


def test_editions_of_one_address_ask_for_it_once_in_ten_minutes(server: Server, layout: Layout) -> None:
    now = [0.0]
    patience = Patience(clock=lambda: now[0])
    shared = source(server.url)
    shared = shared.model_copy(update={"editions": dict.fromkeys(("2020", "2021", "2022"), shared.editions["2020"])})

    def get_edition(name: str, folder: Layout = layout) -> RawFile:
        return fetch(shared, name, folder, None, patience=patience)

    first, second = get_edition("2020"), get_edition("2021")
    assert (len(server.requests), second.sha256, second.edition) == (1, first.sha256, "2021")
    assert Path(second.path).read_bytes() == BODY
    get_edition("2021")
    assert len(server.requests) == 2, "an edition that is fetched again is asked for"
    Path(second.path).write_bytes(b"edited")
    get_edition("2022")
    assert len(server.requests) == 3, "bytes that changed on the disk are nobody's answer"
    now[0] += 601
    get_edition("2020")
    assert len(server.requests) == 4, "an old answer counts no longer"
    get_edition("2021", Layout(layout.home / "another"))
    assert len(server.requests) == 5, "nor does one in another home"


@pytest.mark.parametrize("host", ["http://[127.0.0.1:1", "http://127.0.0.1]:1"])
def test_a_redirect_to_brackets_that_do_not_close(server: Server, tmp_path: Path, host: str) -> None:
    server.answer = lambda *_: Reply(302, b"", {"Location": f"{host}/x"})
    with pytest.raises(FetchError, match=r"leads to an address that is none: .*; remedy: ask the institution"):
        download(server.url, tmp_path, max_bytes=100, patience=Waits().patience)


def test_an_address_with_brackets_that_do_not_close(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"^http://\[::1: is no address: .*; remedy: mend the URL$"):
        download("http://[::1", tmp_path, max_bytes=100, patience=Waits().patience)


def test_resume_within_one_call(server: Server, tmp_path: Path) -> None:
    def answer(number: int, headers: Headers) -> Reply:
        if number == 0:
            return Reply(headers={"ETag": '"v1"'}, cut=300_000)
        at = int(headers["Range"].removeprefix("bytes=").removesuffix("-"))
        assert headers["If-Range"] == '"v1"'
        return Reply(206, BODY[at:], {"Content-Range": f"bytes {at}-{len(BODY) - 1}/{len(BODY)}", "ETag": '"v1"'})

    server.answer = answer
    seen: list[int] = []
    waits = Waits()
    got = download(
        server.url,
        tmp_path,
        max_bytes=LIMIT_BYTES,
        progress=lambda at, _: seen.append(at),
        patience=waits.patience,
    )
    assert got is not None
    assert (got.path.read_bytes(), got.sha256, got.bytes) == (BODY, sha(BODY), len(BODY))
    assert server.requests[1]["Range"] != "bytes=0-"
    assert seen == sorted(seen)
    assert waits.seconds == [1.0], "also the first attempt after a failure waits"


def test_resume_after_an_interrupted_call(server: Server, tmp_path: Path) -> None:
    when = formatdate(1_600_000_000, usegmt=True)

    def interrupt(at: int, total: int | None) -> None:
        raise KeyboardInterrupt

    server.answer = lambda *_: Reply(headers={"Last-Modified": when})
    with pytest.raises(KeyboardInterrupt):
        download(server.url, tmp_path, max_bytes=LIMIT_BYTES, progress=interrupt)
    (part,) = tmp_path.glob("*.part")
    kept = part.stat().st_size
    assert 0 < kept < len(BODY)
    server.answer = lambda _, headers: Reply(
        206, BODY[kept:], {"Content-Range": f"bytes {kept}-{len(BODY) - 1}/{len(BODY)}"}
    )
    got = download(server.url, tmp_path, max_bytes=LIMIT_BYTES)
    assert got is not None
    assert got.path.read_bytes() == BODY
    assert (server.requests[1]["Range"], server.requests[1]["If-Range"]) == (f"bytes={kept}-", when)


@pytest.mark.parametrize(
    "second",
    [
        Reply(body=REVISED),  # the file has changed: 200 and the whole
        Reply(206, REVISED[7:], {"Content-Range": f"bytes 7-{len(REVISED) - 1}/{len(REVISED)}"}),
        Reply(416, b""),
    ],
)
def test_restart_where_it_cannot_be_resumed(server: Server, tmp_path: Path, second: Reply) -> None:
    first = Reply(headers={"ETag": '"v1"'}, cut=300_000)
    server.answer = lambda number, _: [first, second, Reply(body=REVISED)][number]
    got = download(server.url, tmp_path, max_bytes=LIMIT_BYTES, patience=Waits().patience)
    assert got is not None
    assert got.path.read_bytes() == REVISED


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"weak"'}])
def test_no_range_without_a_strong_validator(server: Server, tmp_path: Path, headers: Headers) -> None:
    server.answer = lambda number, _: Reply(headers=headers, cut=300_000 if number == 0 else None)
    got = download(server.url, tmp_path, max_bytes=LIMIT_BYTES, patience=Waits().patience)
    assert got is not None
    assert got.path.read_bytes() == BODY
    assert "Range" not in server.requests[1]


def test_retry_after_503_and_429(server: Server, tmp_path: Path) -> None:
    soon = formatdate(usegmt=True)
    replies = [Reply(503, b"", {"Retry-After": "7"}), Reply(429, b"", {"Retry-After": soon}), Reply()]
    server.answer = lambda number, _: replies[number]
    waits = Waits()
    got = download(server.url, tmp_path, max_bytes=LIMIT_BYTES, patience=waits.patience)
    assert got is not None
    assert got.sha256 == sha(BODY)
    assert waits.seconds[0] == 7
    assert 1 <= waits.seconds[1] <= 2, "doubled, with jitter down to the half"


def test_bounded_attempts(server: Server, layout: Layout) -> None:
    server.answer = lambda *_: Reply(500, b"")
    with pytest.raises(FetchError, match=r"3 attempts; the last one: the server answered 500 .*remedy: run again"):
        get(server, layout)
    assert len(server.requests) == 3


def test_server_that_asks_for_too_long_a_wait(server: Server, tmp_path: Path) -> None:
    server.answer = lambda *_: Reply(503, b"", {"Retry-After": "86400"})
    waits = Waits()
    with pytest.raises(FetchError, match=r"the server asks to wait 86400 seconds"):
        download(server.url, tmp_path, max_bytes=LIMIT_BYTES, patience=waits.patience)
    assert waits.seconds == []


def test_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(FetchError, match=r"the connection failed .*refused"):
        download("http://127.0.0.1:1/a.csv", tmp_path, max_bytes=1, patience=Waits().patience)


def test_missing_page_is_not_tried_again(server: Server, layout: Layout) -> None:
    server.answer = lambda *_: Reply(404, b"gone")
    with pytest.raises(FetchError, match=r"404 Not Found; remedy: look at the source's landing page"):
        get(server, layout)
    assert len(server.requests) == 1


@pytest.mark.parametrize("length", [True, False])
def test_too_large(server: Server, layout: Layout, length: bool) -> None:
    server.answer = lambda *_: Reply(body=bytes(LIMIT_BYTES + 1), length=length)
    with pytest.raises(FetchError, match=r"larger than the limit of 2,000,000 bytes.*raise max_megabytes"):
        get(server, layout)
    assert tree(layout.data) == {}


@pytest.mark.parametrize(
    ("body", "container", "expected"),
    [
        (HTML, "plain", r"HTML or XML page where data was expected; found 'Sitio en mantenimiento – INEGI'"),
        (HTML, "zip", r"HTML or XML page where data was expected"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>', "plain", r"\(no title\)"),
        (HTML.decode().encode("utf-16"), "plain", r"Sitio en mantenimiento"),
        (b"", "plain", r"is empty"),
        (BODY, "zip", r"is no ZIP: it does not begin with PK"),
        (b"PK,ENTIDAD\n1,01\n", "zip", r"is no ZIP"),
        (zipped(), "plain", r"is a ZIP, but is declared as a plain file"),
    ],
)
def test_content_that_is_not_the_data(
    server: Server, layout: Layout, body: bytes, container: str, expected: str
) -> None:
    server.answer = lambda *_: Reply(body=body)
    with pytest.raises(FetchError, match=expected) as caught:
        get(server, layout, container=container, member="*.csv" if container == "zip" else None)
    assert str(caught.value).startswith(server.url)
    assert "remedy: " in str(caught.value)
    assert tree(layout.data) == {}


@pytest.mark.parametrize(
    ("body", "container"), [(b"PK,ENTIDAD\n1,01\n", "plain"), (zipped(), "zip"), (b"<5,a\n", "plain")]
)
def test_content_that_is_the_data(tmp_path: Path, body: bytes, container: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(body)
    require_data(path, container, "file")
    assert path.read_bytes() == body


def test_changed_official_bytes(server: Server, layout: Layout) -> None:
    first = get(server, layout)
    before = tree(layout.data)
    server.answer = lambda *_: Reply(body=REVISED)
    with pytest.raises(FetchError) as caught:
        get(server, layout)
    text = str(caught.value)
    assert sha(BODY) in text
    assert sha(REVISED) in text
    assert "remedy: find out what the institution revised, then `sdg fetch --accept iter 2020`" in text
    assert tree(layout.data) == before

    second = get(server, layout, accept=True)
    assert second.sha256 == sha(REVISED)
    assert read_lock(layout.lock("iter"), "iter").editions["2020"]["official"].sha256 == sha(REVISED)
    assert RawFile.read(layout.raw_current("iter", "2020")) == second
    assert Path(first.path).read_bytes() == BODY, "the earlier bytes stay in the store"
    assert get(server, layout) == second


def test_lock_from_elsewhere_is_held_against_the_store(server: Server, layout: Layout) -> None:
    get(server, layout)
    lock = layout.lock("iter")
    lock.write_text(lock.read_text(encoding="utf-8").replace(sha(BODY), "0" * 64), encoding="utf-8")
    with pytest.raises(FetchError, match=r"has changed: the lock .* has sha256 0000"):
        get(server, layout)


@pytest.mark.parametrize("text", ["source: other\neditions: {}\n", "source: iter\n", "source: [", "a: 1\na: 2\n"])
def test_damaged_lock(server: Server, layout: Layout, text: str) -> None:
    layout.lock("iter").parent.mkdir(parents=True)
    layout.lock("iter").write_text(text, encoding="utf-8")
    with pytest.raises(FetchError, match=r"is a damaged lock file: .*remedy: restore it"):
        get(server, layout)


def test_damaged_provenance(server: Server, layout: Layout) -> None:
    get(server, layout)
    layout.raw_current("iter", "2020").write_text("{", encoding="utf-8")
    with pytest.raises(FetchError, match=r"is a damaged provenance file"):
        get(server, layout)


def test_killed_between_two_writes_is_completed(server: Server, layout: Layout) -> None:
    first = get(server, layout)
    layout.lock("iter").unlink()
    layout.raw_current("iter", "2020").unlink()
    again = get(server, layout)
    assert (again.path, again.sha256) == (first.path, first.sha256)
    assert read_lock(layout.lock("iter"), "iter").editions["2020"]["official"].sha256 == sha(BODY)
    assert stored("iter", "2020", layout) == again


def test_unknown_edition(layout: Layout) -> None:
    with pytest.raises(UsageError, match=r"source iter has no edition '2021'; did you mean '2020'"):
        fetch(source("https://inegi.example/a.csv"), "2021", layout, None)


def mirror_at(folder: Path, entry: str = "", content: bytes = BODY, root: str = ".", digest: str = "") -> Mirror:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "iter municipios.csv").write_bytes(content)
    manifest = folder / "mirror.yaml"
    manifest.write_text(
        f"name: copies\nroot: {root}\nentries:\n"
        "  - {source: iter, edition: 2020, path: iter municipios.csv, "
        f"sha256: {digest or sha(content)}{entry}}}\n"
        "absent:\n  - {source: iter, edition: 2010, reason: not copied}\n",
        encoding="utf-8",
    )
    return load_mirror(str(manifest))


def take(layout: Layout, mirror: Mirror, **edition: object) -> RawFile:
    return fetch(source("https://inegi.example/iter.csv", **edition), "2020", layout, mirror, patience=Waits().patience)


def test_from_a_local_mirror(tmp_path: Path, layout: Layout) -> None:
    mirror = mirror_at(tmp_path / "copies", ", columns: used")
    raw = take(layout, mirror)
    copy = tmp_path / "copies" / "iter municipios.csv"
    assert Path(raw.path).read_bytes() == copy.read_bytes() == BODY
    assert Path(raw.path).stat().st_ino != copy.stat().st_ino
    assert (raw.origin, raw.url, raw.columns) == ("mirror copies", "https://inegi.example/iter.csv", "used")
    assert not raw.partial
    assert read_lock(layout.lock("iter"), "iter").editions["2020"]["mirror copies"].sha256 == sha(BODY)
    before = tree(layout.data)
    assert take(layout, mirror) == raw
    assert tree(layout.data) == before


def test_bytes_that_came_under_the_same_name_are_reported_until_somebody_accepts_them(
    tmp_path: Path, layout: Layout
) -> None:
    first = take(layout, mirror_at(tmp_path / "copies"))
    assert first.replaced is None
    changed = mirror_at(tmp_path / "copies", content=BODY + b"\n")
    second = take(layout, changed)
    assert second.replaced == first.sha256 != second.sha256
    assert take(layout, changed) == second
    spec = source("https://inegi.example/iter.csv")
    accepted = fetch(spec, "2020", layout, changed, accept=True)
    assert accepted.replaced is None and take(layout, changed) == accepted


def test_edited_raw_file_is_brought_back(tmp_path: Path, layout: Layout) -> None:
    mirror = mirror_at(tmp_path / "copies")
    raw = take(layout, mirror)
    Path(raw.path).write_bytes(b"edited")
    assert stored("iter", "2020", layout) is None
    assert take(layout, mirror) == raw
    assert Path(raw.path).read_bytes() == BODY


@pytest.mark.parametrize(
    ("own", "copied", "states", "partial"),
    [
        ((), ("01", "03"), ("01", "03"), True),
        (("01", "03"), ("01",), ("01",), True),
        (("01", "03"), ("03", "01"), ("03", "01"), False),
        (("01",), (), ("01",), False),
        ((), (), (), False),
    ],
)
def test_partial_mirror(
    tmp_path: Path,
    layout: Layout,
    own: tuple[str, ...],
    copied: tuple[str, ...],
    states: tuple[str, ...],
    partial: bool,
) -> None:
    entry = f", states: [{', '.join(copied)}]" if copied else ""
    raw = take(layout, mirror_at(tmp_path / "copies", entry), states=own)
    assert (raw.states, raw.partial) == (states, partial)


def test_states_that_the_edition_does_not_cover(tmp_path: Path, layout: Layout) -> None:
    mirror = mirror_at(tmp_path / "copies", ", states: [01, 09]")
    with pytest.raises(
        FetchError, match=r"mirror.yaml: iter/2020: lists states that the edition does not cover; found '09'"
    ):
        take(layout, mirror, states=("01", "03"))


def test_wider_manifest_renews_provenance_but_not_its_time(tmp_path: Path, layout: Layout) -> None:
    first = take(layout, mirror_at(tmp_path / "copies", ", states: [01]"))
    path = layout.raw_current("iter", "2020")
    path.write_text(path.read_text(encoding="utf-8").replace(first.retrieved_at, "2020-02-02T00:00:00+00:00"))
    second = take(layout, mirror_at(tmp_path / "copies"))
    assert (first.partial, second.partial, second.states) == (True, False, ())
    assert second.retrieved_at == "2020-02-02T00:00:00+00:00"
    assert json.loads(path.read_text(encoding="utf-8"))["partial"] is False


def test_wrong_hash_in_a_mirror(tmp_path: Path, layout: Layout) -> None:
    mirror = mirror_at(tmp_path / "copies", digest=sha(REVISED))
    with pytest.raises(FetchError) as caught:
        take(layout, mirror)
    text = str(caught.value)
    assert text.startswith(f"{tmp_path / 'copies' / 'iter municipios.csv'}: iter/2020: is not the file that")
    assert f"expected sha256 {sha(REVISED)}; found {sha(BODY)!r}; remedy: " in text
    assert tree(layout.data) == {}


def test_copy_changed_after_the_first_fetch(tmp_path: Path, layout: Layout) -> None:
    mirror = mirror_at(tmp_path / "copies")
    take(layout, mirror)
    before = tree(layout.data)
    (tmp_path / "copies" / "iter municipios.csv").write_bytes(REVISED)
    with pytest.raises(FetchError, match=r"expected sha256"):
        take(layout, mirror)
    assert tree(layout.data) == before


def test_mirror_file_missing_or_no_data_or_too_large(tmp_path: Path, layout: Layout) -> None:
    mirror = mirror_at(tmp_path / "copies")
    copy = tmp_path / "copies" / "iter municipios.csv"
    copy.unlink()
    with pytest.raises(
        FetchError, match=r"mirror.yaml: iter/2020: names a file that is not there; found '.*municipios.csv'"
    ):
        take(layout, mirror)
    copy.write_bytes(HTML)
    with pytest.raises(FetchError, match=r"municipios.csv: is an HTML or XML page"):
        take(layout, mirror)
    copy.write_bytes(bytes(LIMIT_BYTES + 1))
    with pytest.raises(FetchError, match=r"municipios.csv: is larger than the limit"):
        take(layout, mirror)
    assert tree(layout.data) == {}


def test_container_of_the_copy_overrides_that_of_the_source(tmp_path: Path, layout: Layout) -> None:
    zip_of_source = {"container": "zip", "member": "*.csv"}
    raw = take(layout, mirror_at(tmp_path / "copies", ", container: plain"), **zip_of_source)
    assert raw.container == "plain"
    with pytest.raises(FetchError, match=r"is no ZIP"):
        take(layout, mirror_at(tmp_path / "copies"), **zip_of_source)


def test_absent_and_forgotten_editions(tmp_path: Path, layout: Layout) -> None:
    mirror = mirror_at(tmp_path / "copies")
    assert mirror.offers("iter", "2020")
    assert mirror.offers("iter", "2000"), "not named at all: fetch tells"
    assert not mirror.offers("iter", "2010")
    assert not replace(mirror, others="a small copy").offers("iter", "2000")
    spec = source("https://inegi.example/iter.csv")
    spec = spec.model_copy(update={"editions": dict.fromkeys(("2000", "2010", "2020"), spec.editions["2020"])})
    with pytest.raises(FetchError, match=r"mirror.yaml: iter/2010: declares the edition absent: not copied; remedy"):
        fetch(spec, "2010", layout, mirror)
    with pytest.raises(FetchError, match=r"iter/2000: has no entry .*add it to entries.*nearest is iter/2020"):
        fetch(spec, "2000", layout, mirror)


def test_manifest_and_copies_over_http(server: Server, tmp_path: Path, layout: Layout) -> None:
    def answer(number: int, headers: Headers) -> Reply:
        text = (
            f"name: web\nroot: ../copies\nentries:\n"
            f"  - {{source: iter, edition: 2020, path: a/iter 2020.csv, sha256: {sha(BODY)}}}\n"
        )
        return Reply(body=text.encode()) if headers["path"].endswith(".yaml") else Reply(headers={"ETag": '"v1"'})

    server.answer = answer
    mirror = load_mirror(f"{server.address}/m/mirror.yaml")
    assert mirror.root == f"{server.address}/copies"
    raw = take(layout, mirror)
    assert (raw.sha256, raw.origin, dict(raw.headers)) == (sha(BODY), "mirror web", {"ETag": '"v1"'})
    assert server.requests[-1]["path"] == "/copies/a/iter%202020.csv"
    before, asked = tree(layout.data), len(server.requests)
    assert take(layout, mirror) == raw
    assert tree(layout.data) == before
    assert len(server.requests) == asked, "the manifest's hash is known to be here already"


def test_wrong_hash_over_http(server: Server, tmp_path: Path, layout: Layout) -> None:
    mirror = mirror_at(tmp_path / "copies", root=server.address)
    server.answer = lambda *_: Reply(body=REVISED)
    with pytest.raises(FetchError, match=rf"expected sha256 {sha(BODY)}; found '{sha(REVISED)}'"):
        take(layout, mirror)
    assert tree(layout.data) == {}


@pytest.mark.parametrize("root", ["${HOME}", "https://evil.example/${HOME}", "/etc", "~/x"])
def test_manifest_from_the_web_sees_nothing_of_this_machine(server: Server, root: str) -> None:
    entry = f"{{source: iter, edition: 2020, path: a, sha256: {sha(BODY)}}}"
    text = f"name: web\nroot: {root}\nentries:\n  - {entry}\n"
    server.answer = lambda *_: Reply(body=text.encode())
    with pytest.raises(SpecErrors, match=r"root: (uses the environment|is a local folder)"):
        load_mirror(f"{server.address}/mirror.yaml")
