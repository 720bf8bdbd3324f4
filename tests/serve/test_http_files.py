"""Files over HTTP: parts, copies that are still valid, compression, links, damage, and addresses of attackers."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from serve.conftest import country, publish
from support.served import ask, listening

from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import checksums
from sdg_pipeline.release.latest import point_latest
from sdg_pipeline.specs.catalog import Catalog

PARQUET = "/latest/observations.parquet"
README = "/latest/README.md"
GZIP = {"Accept-Encoding": "gzip, br"}


def content(layout: Layout, path: str) -> bytes:
    return (layout.published / path.strip("/")).read_bytes()


# ---- whole files ----------------------------------------------------------------------------------------------------


def test_a_file_has_the_etag_of_its_seal_and_may_be_read_by_pages_of_others(served_home: Layout, address: str) -> None:
    reply = ask(address, PARQUET)
    assert (reply.status, reply.body) == (200, content(served_home, PARQUET))
    assert reply.headers["etag"] == f'"{hashlib.sha256(reply.body).hexdigest()}"'
    assert reply.headers["accept-ranges"] == "bytes"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "ETag" in reply.headers["access-control-expose-headers"]
    assert reply.headers["content-type"] == "application/vnd.apache.parquet"
    assert "last-modified" not in reply.headers


def test_latest_is_asked_for_again_and_a_release_after_an_hour(address: str) -> None:
    assert ask(address, README).headers["cache-control"] == "no-cache"
    assert ask(address, "/r1/README.md").headers["cache-control"] == "public, max-age=3600"
    assert ask(address, "/").headers["cache-control"] == "no-cache"


def test_head_says_what_get_would_without_a_body(address: str) -> None:
    for path in (PARQUET, README, "/", "/nothing", "/sdmx/dataflow"):
        got, headed = ask(address, path, GZIP), ask(address, path, GZIP, method="HEAD")
        assert (headed.status, headed.body) == (got.status, b"")
        assert {k: v for k, v in headed.headers.items() if k != "date"} == {
            k: v for k, v in got.headers.items() if k != "date"
        }


def test_every_file_of_the_seal_is_served(served_home: Layout, address: str) -> None:
    seal = checksums.read(served_home.release("r1"))
    hashes = {name: hashlib.sha256(ask(address, f"/r1/{name}").body).hexdigest() for name in seal}
    assert hashes == seal


# ---- copies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_a_copy_that_is_still_valid_is_not_sent_again(address: str, form: str) -> None:
    etag = ask(address, PARQUET).headers["etag"]
    reply = ask(address, PARQUET, {"If-None-Match": form.format(etag)})
    assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", etag)
    assert reply.headers["access-control-allow-origin"] == "*"


def test_another_etag_and_a_date_are_no_copy(address: str) -> None:
    assert ask(address, PARQUET, {"If-None-Match": '"other"'}).status == 200
    assert ask(address, PARQUET, {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}).status == 200


def test_a_withdrawn_release_is_not_answered_with_304(tmp_path: Path, catalog: Catalog) -> None:
    layout = Layout(tmp_path)
    publish(layout, country(layout, catalog, "r1"))
    publish(layout, country(layout, catalog, "r2", more=1.0))
    with listening(layout) as address:
        withdrawn = ask(address, PARQUET).headers["etag"]
        assert (
            ask(address, "/r2/release.json", {"If-None-Match": ask(address, "/r2/release.json").headers["etag"]}).status
            == 304
        )
        etag = ask(address, "/r2/release.json").headers["etag"]
        point_latest(layout.release("r1"), layout)
        reply = ask(address, PARQUET, {"If-None-Match": withdrawn})
        assert (reply.status, reply.body) == (200, content(layout, "/r1/observations.parquet"))
        layout.events("r2").unlink()
        assert ask(address, "/r2/release.json", {"If-None-Match": etag}).status == 404


# ---- parts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "begin", "end"), [("bytes=4-9", 4, 10), ("bytes=-8", -8, None), ("bytes=5-", 5, None)]
)
def test_a_part_of_a_file(served_home: Layout, address: str, header: str, begin: int, end: int | None) -> None:
    whole = content(served_home, PARQUET)
    reply = ask(address, PARQUET, {"Range": header, **GZIP})
    assert (reply.status, reply.body) == (206, whole[begin:end])
    first = begin % len(whole)
    assert reply.headers["content-range"] == f"bytes {first}-{first + len(reply.body) - 1}/{len(whole)}"


def test_several_parts_come_as_multipart(served_home: Layout, address: str) -> None:
    whole = content(served_home, README)
    reply = ask(address, README, {"Range": "bytes=0-3,10-13,-2"})
    kind, _, boundary = reply.headers["content-type"].partition("; boundary=")
    assert (reply.status, kind) == (206, "multipart/byteranges")
    assert int(reply.headers["content-length"]) == len(reply.body)
    parts = reply.body.split(f"--{boundary}".encode())
    bodies = [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts[1:-1]]
    assert bodies == [whole[0:4], whole[10:14], whole[-2:]]
    assert parts[-1].strip() == b"--"


def test_a_part_beyond_the_end_is_refused_with_the_size(served_home: Layout, address: str) -> None:
    size = len(content(served_home, PARQUET))
    reply = ask(address, PARQUET, {"Range": f"bytes={size}-"})
    assert (reply.status, reply.headers["content-range"]) == (416, f"bytes */{size}")


def test_a_part_of_another_version_is_the_whole_file(address: str) -> None:
    etag = ask(address, PARQUET).headers["etag"]
    assert ask(address, PARQUET, {"Range": "bytes=0-3", "If-Range": etag}).status == 206
    for other in ('"other"', f"W/{etag}", "Fri, 01 Jan 2100 00:00:00 GMT"):
        assert ask(address, PARQUET, {"Range": "bytes=0-3", "If-Range": other}).status == 200


# ---- compression ----------------------------------------------------------------------------------------------------


def test_texts_are_compressed_and_have_an_etag_of_their_own(served_home: Layout, address: str) -> None:
    plain, packed = ask(address, README), ask(address, README, GZIP)
    assert packed.headers["content-encoding"] == "gzip" and "content-encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body == content(served_home, README)
    assert packed.headers["etag"] == plain.headers["etag"].removesuffix('"') + '-gzip"'
    assert (packed.headers["vary"], plain.headers["vary"]) == ("Accept-Encoding", "Accept-Encoding")
    again = ask(address, README, {**GZIP, "If-None-Match": packed.headers["etag"]})
    assert again.status == 304
    assert ask(address, README, {**GZIP, "If-None-Match": plain.headers["etag"]}).status == 200


def test_a_large_text_is_compressed_while_it_is_sent(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdg_pipeline.serve.files.CACHED_FILE_BYTES", 0)
    packed = ask(address, README, GZIP)
    assert packed.headers["transfer-encoding"] == "chunked"
    assert gzip.decompress(packed.body) == ask(address, README).body
    monkeypatch.setattr("sdg_pipeline.serve.files.PACKERS", 0)
    assert "content-encoding" not in ask(address, README, GZIP).headers


@pytest.mark.parametrize("path", [PARQUET, "/latest/sdmx/water.csv.gz"])
def test_what_is_compressed_already_is_sent_as_it_is(address: str, path: str) -> None:
    assert "content-encoding" not in ask(address, path, GZIP).headers


@pytest.mark.parametrize("header", ["identity", "gzip;q=0", "br", "gzip; q=0.0"])
def test_who_takes_no_gzip_has_none(address: str, header: str) -> None:
    assert "content-encoding" not in ask(address, README, {"Accept-Encoding": header}).headers


# ---- addresses ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/latest/../../secret.txt",
        "/latest/%2e%2e/%2e%2e/secret.txt",
        "/latest/..%2f..%2fsecret.txt",
        "/latest/%252e%252e/secret.txt",
        "/latest//README.md",
        "/latest/README.md/",
        "/latest/README.md/x",
        "/latest/README.md%00",
        "/latest/README.md%00.html",
        "/%00",
        "/latest/\\..\\secret.txt",
        "/latest//etc/passwd",
        "/outside.html",
        "/en/../outside.html",
        "/latest/indicators/..%2f..%2f..%2fsecret.csv",
        "/latest/areas/%2e%2e.csv",
        "/latest/areas/MX%00.csv",
        "/latest/areas/" + "A" * 5000 + ".csv",
        "/%F0%28%8C%BC",
        "/latest/%FF.csv",
        "/latest/areas/%FF.csv",
        "/published/../secret.txt",
        "/warehouse/sdg.duckdb",
        "/.events.jsonl",
        "/latest.events.jsonl/x",
    ],
)
def test_addresses_of_attackers_lead_nowhere(address: str, path: str) -> None:
    reply = ask(address, path)
    assert reply.status == 404
    assert b"secret" not in reply.body.replace(b"secret.", b"") and b"root:" not in reply.body


def test_a_link_inside_a_release_is_not_followed(tmp_path: Path, catalog: Catalog) -> None:
    layout = Layout(tmp_path)
    folder = publish(layout, country(layout, catalog))
    (tmp_path / "secret.csv").write_text("secret", encoding="utf-8")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "index.csv").write_text("secret", encoding="utf-8")
    (folder / "README.md").unlink()
    (folder / "README.md").symlink_to(tmp_path / "secret.csv")
    (folder / "wide").rename(folder / "moved")
    (folder / "wide").symlink_to(tmp_path / "outside")
    (folder / "added.csv").symlink_to(tmp_path / "secret.csv")
    with listening(layout) as address:
        replies = [ask(address, f"/r1/{name}") for name in ("README.md", "wide/index.csv", "added.csv", "release.json")]
    assert [reply.status for reply in replies] == [404, 404, 404, 200]


def test_one_damaged_release_does_not_silence_the_others(tmp_path: Path, catalog: Catalog) -> None:
    layout = Layout(tmp_path)
    publish(layout, country(layout, catalog, "r1"))
    publish(layout, country(layout, catalog, "r2", more=1.0))
    with listening(layout) as address:
        for name, text in (("release.json", "{"), ("SHA256SUMS", "no seal")):
            path = layout.release("r1") / name
            before = path.read_bytes()
            path.unlink()
            path.write_text(text, encoding="utf-8")
            reply = ask(address, "/r1/README.md")
            assert (reply.status, b"The release r1 is damaged here" in reply.body) == (404, True)
            assert ask(address, README).status == 200 and ask(address, "/r2/README.md").status == 200
            assert b"r2" in ask(address, "/published").body
            path.write_bytes(before)
        assert ask(address, "/r1/README.md").status == 200


def test_what_is_missing_is_named(address: str) -> None:
    reply = ask(address, "/latest/indicators/nothing.parquet")
    assert reply.status == 404 and b"SHA256SUMS lists its files" in reply.body
    assert b"no file &#x27;&lt;b&gt;&#x27;" in ask(address, "/latest/%3Cb%3E").body
    assert ask(address, "/nothing.html").status == 404


def test_folders_lead_to_their_index_or_list_what_is_sealed(address: str) -> None:
    assert ask(address, "/").body.startswith(b"<p>inicio")
    moved = ask(address, "/en")
    assert (moved.status, moved.headers["location"]) == (308, "en/")
    assert ask(address, "/en/").body == b"<p>home</p>"
    assert ask(address, "/latest").headers["location"] == "latest/"
    assert b'href="indicators/"' in ask(address, "/latest/").body
    assert ask(address, "/latest/indicators").headers["location"] == "indicators/"
    assert b'href="water.csv"' in ask(address, "/latest/indicators/").body
    assert ask(address, "/published/latest/README.md").status == 200


# ---- requests -------------------------------------------------------------------------------------------------------


def test_the_host_header_decides_nothing(address: str) -> None:
    moved = ask(address, "/en", {"Host": "evil.example"})
    assert (moved.status, moved.headers["location"]) == (308, "en/")
    assert b"evil" not in ask(address, "/api", {"Host": "evil.example"}).body
    for path in ("//evil.example/", "//evil.example/en", "/%2F/evil.example"):
        reply = ask(address, path)
        assert reply.status == 404 or "evil" not in reply.headers.get("location", "")


def test_other_methods_are_refused_and_pages_may_ask_first(address: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE"):
        reply = ask(address, README, method=method)
        assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    preflight = ask(
        address, PARQUET, {"Origin": "https://example.org", "Access-Control-Request-Headers": "range"}, "OPTIONS"
    )
    assert preflight.status == 204
    assert "Range" in preflight.headers["access-control-allow-headers"]


def test_the_description_names_every_address_and_their_examples_answer(address: str) -> None:
    described = json.loads(ask(address, "/openapi.json").body)
    assert described["openapi"].startswith("3.1")
    for path, methods in described["paths"].items():
        operation = methods["get"]
        names = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert names == {part.split("}")[0] for part in path.split("{")[1:]}
        assert operation["operationId"] and "200" in operation["responses"]
    page = ask(address, "/api").body.decode()
    assert all(path in page for path in described["paths"])
