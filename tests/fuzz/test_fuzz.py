"""Random damage to what each reader reads: only the errors of its kind come out. ``make fuzz`` tries much more."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hostile.files import (
    DBF,
    HEADER,
    MUNICIPALITIES,
    PARQUET,
    ROWS,
    SHEET,
    dbase,
    dbase_field,
    table_xml,
    workbook,
    zipped,
)
from hostile.stage import INDICATOR
from hypothesis import HealthCheck, given, settings
from pydantic import TypeAdapter
from support.country import HERE as COUNTRY
from support.made_files import xlsx
from yaml import safe_load

from fuzz.damage import damaged
from sdg_pipeline.errors import FetchError, InputError, SdgError
from sdg_pipeline.estimate import written
from sdg_pipeline.ingest import ckan, contributed, readers
from sdg_pipeline.ingest.download import download
from sdg_pipeline.ingest.mirror import load_mirror
from sdg_pipeline.ingest.patience import PATIENCE
from sdg_pipeline.ingest.reading import Reading
from sdg_pipeline.release import events
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs import expressions, operands, yaml
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.formats import Format

EXAMPLES = int(os.environ.get("SDG_FUZZ_EXAMPLES", "0"))
few = settings(
    max_examples=EXAMPLES or 60,
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    suppress_health_check=list(HealthCheck),
)
FORM: TypeAdapter[Format] = TypeAdapter(Format)


def form(text: str) -> Format:
    return FORM.validate_python(safe_load(text))


def parquet() -> bytes:
    with duckdb.connect() as con:
        names = ", ".join(f"'1' AS {name}" for name in HEADER.split(","))
        path = Path(f"/tmp/fuzz-{os.getpid()}.parquet")
        try:
            con.execute(f"COPY (SELECT {names}, 2.5 AS x, [1] AS y FROM range(20)) TO '{path}' (FORMAT parquet)")
            return path.read_bytes()
        finally:
            path.unlink(missing_ok=True)


BOOK, DBASE = workbook(table_xml(ROWS)), dbase(3, 65, 4, dbase_field(b"ENT"), b" 01 " * 3)
PARTS = workbook(table_xml(ROWS), '<mergeCells><mergeCell ref="A1:B1"/></mergeCells>')


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def read(content: bytes, how: Format, place: Path, duck: duckdb.DuckDBPyConnection) -> None:
    """What a reader makes of the bytes; an InputError is an answer."""
    path = place / "file"
    path.write_bytes(content)
    try:
        header = readers.read(Reading(duck, (path,), "file", place / "scratch", 200_000_000), how, "fuzzed")
    except InputError as error:
        assert str(error).count("; remedy: ") == 1
    else:
        columns = [row[0] for row in duck.execute("DESCRIBE fuzzed").fetchall()]
        assert sorted(columns) == sorted([readers.ROW, *header])


@few
@given(content=damaged(MUNICIPALITIES.encode(), MUNICIPALITIES.encode("utf-16"), b'"a";"b"\n"1";"2"\n'))
def test_csv(content: bytes, place: Path, duck: duckdb.DuckDBPyConnection) -> None:
    read(content, form('{kind: csv, missing: ["*"]}'), place, duck)


@few
@given(content=damaged(BOOK, xlsx({"S": [["a", "b"], [1, "x"]]})))
def test_workbooks(content: bytes, place: Path, duck: duckdb.DuckDBPyConnection) -> None:
    read(content, form(SHEET), place, duck)


@few
@given(rows=damaged(table_xml(ROWS).encode()), after=damaged(b'<mergeCells><mergeCell ref="A1:B2"/></mergeCells>'))
def test_sheets(rows: bytes, after: bytes, place: Path, duck: duckdb.DuckDBPyConnection) -> None:
    """The XML within a workbook whose container is sound."""
    read(workbook(rows.decode("latin-1"), after.decode("latin-1")), form(SHEET), place, duck)


@few
@given(content=damaged(DBASE))
def test_dbase(content: bytes, place: Path, duck: duckdb.DuckDBPyConnection) -> None:
    read(content, form(DBF), place, duck)


@few
@given(content=damaged(parquet()))
def test_parquet(content: bytes, place: Path, duck: duckdb.DuckDBPyConnection) -> None:
    read(content, form(PARQUET), place, duck)


@few
@given(content=damaged(INDICATOR.encode(), (COUNTRY / "tables/people.yaml").read_bytes()))
def test_yaml(content: bytes) -> None:
    document = yaml.parsed(content, "file.yaml")
    assert all(problem.message for problem in document.problems)


@pytest.fixture(scope="module")
def specs(place: Path) -> Path:
    """The small country with one indicator."""
    import shutil

    folder = place / "specs"
    shutil.copytree(COUNTRY, folder)
    (folder / "goal_04").mkdir()
    return folder


@few
@given(content=damaged(INDICATOR.encode()))
def test_specs(content: bytes, specs: Path) -> None:
    """Problems are collected, and nothing is raised."""
    (specs / "goal_04" / "literacy.yaml").write_bytes(content)
    catalog = catalogs.load(specs)
    assert all("; remedy: " in str(problem) for problem in catalog.problems)


TEXTS = (
    b"a + b - 3 * (c / 4)",
    b"CASE WHEN a > 1 AND NOT b IN ('x', 2) THEN COALESCE(b, 0) ELSE 'z' END",
    b"a BETWEEN 1 AND abs(-b) OR c IS NOT NULL",
)


@few
@given(content=damaged(*TEXTS))
def test_expressions(content: bytes) -> None:
    try:
        tree = expressions.read(content.decode("latin-1"))
        operands.require(tree, operands.ALL["number"])
    except expressions.ExpressionError as error:
        assert str(error)
    else:
        assert expressions.sql(tree)


SQL = (
    b"SELECT geo_level, state, municipality, time_period, sum(literate) AS numerator, sum(population) AS denominator, "
    b"100.0 * sum(literate) / sum(population) AS obs_value FROM staged.people WHERE sex = '_T' GROUP BY ALL",
    b"WITH one AS (SELECT * FROM staged.people) SELECT geo_level, state, municipality, time_period, 1 AS numerator, "
    b"2 AS denominator, CASE WHEN population > 0 THEN 1 END AS obs_value FROM one",
)


@few
@given(content=damaged(*SQL))
def test_written_sql(content: bytes, small: Catalog) -> None:
    try:
        tree = written.read("file.sql", content, small.tables["people"])
    except written.WrittenSqlError as error:
        assert str(error)
    else:
        assert tree.named_selects


@pytest.fixture(scope="module")
def small() -> Catalog:
    return catalogs.load(COUNTRY)


MANIFEST = (
    b"name: small\nroot: /tmp\nothers: there are no others\nentries:\n- {source: people, edition: '2020', path: a.csv, "
    b"container: plain, sha256: " + b"a" * 64 + b"}\n- {source: more, edition: '2021', path: b.zip, container: zip, member: '*.csv', "
    b"states: ['01'], sha256: " + b"b" * 64 + b"}\n"
)  # fmt: skip


@few
@given(content=damaged(MANIFEST))
def test_manifests(content: bytes, place: Path) -> None:
    path = place / "mirror.yaml"
    path.write_bytes(content)
    try:
        mirror = load_mirror(str(path), {})
    except SdgError as error:
        assert "; remedy: " in str(error)
    else:
        assert mirror.name


EVENT = {
    "event": "drafted",
    "who": "x",
    "when": "2026-01-01",
    "automation": False,
    "note": "",
    "accepted": ["a"],
    "seal": "",
    "number": 1,
}
RESULT = {
    "success": True,
    "result": {
        "name": "x",
        "title": "X",
        "resources": [{"name": "a", "url": "https://a", "format": "CSV"}],
        "extras": [],
    },
}


@few
@given(content=damaged((json.dumps(EVENT) + "\n").encode() * 2))
def test_records_of_events(content: bytes, place: Path) -> None:
    path = place / "r1.events.jsonl"
    path.write_bytes(content)
    try:
        record = events.read_record(path)
    except InputError as error:
        assert "; remedy: " in str(error)
    else:
        assert all(event.who is not None and isinstance(event.number, int) for event in record)


@few
@given(content=damaged(json.dumps(RESULT).encode()))
def test_answers_of_portals(content: bytes) -> None:
    answer = ckan._read("https://example.org", content)
    assert (answer.result is None) == (answer.reason is not None)


@few
@given(
    content=damaged(b"indicator,area,value\nliteracy,01,5\n", PARTS, zipped(("xl/workbook.xml", b"<a/>"))),
    book=damaged(b"x"),
)
def test_contributions(content: bytes, book: bytes, place: Path) -> None:
    path = place / ("given.xlsx" if content[:2] == b"PK" else "given.csv")
    path.write_bytes(content)
    try:
        rows = contributed.read(path, ("indicator", "area", "value")).rows
    except InputError as error:
        assert "; remedy: " in str(error)
    else:
        assert rows


ANSWERS = (
    b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "v1"\r\n\r\nhello',
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/5\r\n\r\nhello",
    b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
)


class Raw:
    """A server that answers every connection with the same bytes and hangs up."""

    def __init__(self) -> None:
        self.answer = b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/file.csv"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65_536)
                    connection.sendall(self.answer)
                    connection.shutdown(socket.SHUT_WR)
                except OSError:
                    continue  # the client has hung up, which is an answer


@pytest.fixture(scope="module")
def raw() -> Iterator[Raw]:
    server = Raw()
    yield server
    server.socket.close()


@few
@given(answer=damaged(*ANSWERS))
def test_answers_of_servers(answer: bytes, raw: Raw, place: Path) -> None:
    raw.answer = answer
    patience = replace(PATIENCE, attempts=2, distance_seconds=0, read_seconds=5, sleep=lambda _: None)
    try:
        got = download(raw.url, place / "scratch", max_bytes=1_000, patience=patience)
    except FetchError as error:
        assert "; remedy: " in str(error)
    else:
        assert got is not None and got.bytes == got.path.stat().st_size
