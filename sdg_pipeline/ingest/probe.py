"""What official addresses answer today, compared with what sources and tables say of their files.

Each address is asked once, for its first bytes. What belongs here: the verdict on an address. What does not: requests
(glimpse), fetching (fetch), and what becomes of a verdict (specs.verified).
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sdg_pipeline import clock
from sdg_pipeline.errors import FetchError, StagingError
from sdg_pipeline.ingest.addresses import question
from sdg_pipeline.ingest.delimited import header_of
from sdg_pipeline.ingest.download import ABSENT, REFUSED, StatusError
from sdg_pipeline.ingest.glimpse import Glimpse, Span
from sdg_pipeline.ingest.lock import locked
from sdg_pipeline.ingest.parts import changes, columns_read, spelled
from sdg_pipeline.ingest.patience import Patience
from sdg_pipeline.ingest.reading import Reading
from sdg_pipeline.ingest.records import names_of_first
from sdg_pipeline.ingest.sniff import PageError, require_data
from sdg_pipeline.ingest.store import OFFICIAL
from sdg_pipeline.ingest.unpack import harmless
from sdg_pipeline.ingest.web import session
from sdg_pipeline.layout import Layout
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.formats import CsvFormat, Format, JsonFormat
from sdg_pipeline.specs.source import MEGABYTE, Edition, Source

if TYPE_CHECKING:
    import duckdb

Verdict = Literal["answers", "moved", "other_layout", "not_found_page", "refused", "gone", "failing", "no_address"]
"""``not_found_page``: a page came under 200 in place of a file. ``failing``: no answer, or a failure of the server."""
PATIENCE = Patience(
    attempts=2,
    read_seconds=30,
    head_seconds=30,
    longest_wait_seconds=10,
    whole_seconds=90,
    stretch_seconds=15,
    distance_seconds=1,
)
SOUND = ("answers", "no_address")
NOT_COMPARED = "columns not compared: "


@dataclass(frozen=True)
class Probe:
    """What the address of an edition answered; ``bytes`` are those of the whole file, where the server says them."""

    source: str
    edition: str
    url: str
    url_status: str
    verdict: Verdict
    detail: str = ""
    address: str = ""
    """Where the bytes came from in the end, where that is another address."""
    content_type: str = ""
    bytes: int | None = None
    asked_at: str = ""


@dataclass(frozen=True)
class Expected:
    """What a table says of a file: its format, the columns that it uses and ignores, and new names of some."""

    form: Format
    used: frozenset[str]
    ignored: frozenset[str]
    rename: Mapping[str, str]


@dataclass(frozen=True)
class Bench:
    """What a probe works with: the specs, a home, and a database for what readers ask of it."""

    catalog: Catalog
    layout: Layout
    con: duckdb.DuckDBPyConnection
    patience: Patience = PATIENCE

    def expected(self, source: str, edition: str) -> Iterator[Expected]:
        """What the tables that read an edition, and those that join it, say of its columns."""
        for table in self.catalog.tables.values():
            for part in table.parts:
                own = table.seen_by(part)
                if (part.source, part.edition) == (source, edition):
                    used, ignored = frozenset(columns_read(own, part)), frozenset(own.ignored_columns)
                    yield Expected(part.format or table.format, used, ignored, part.rename)
                for join in own.joins:
                    if (join.source, join.edition) == (source, edition):
                        used = frozenset((*join.by, *join.read))
                        yield Expected(join.format or table.format, used, frozenset(join.ignore), {})


def probe(bench: Bench, sources: Iterable[str]) -> Iterator[Probe]:
    """Ask the addresses of the editions of these sources, one after the other, each once; alternatives too."""
    answers: dict[str, Span | FetchError] = {}
    for name in sources:
        source = bench.catalog.sources[name]
        with session(bench.patience.agent, source.intermediate) as opened:
            for edition, spec in source.editions.items():
                if spec.url is None:
                    why = "a person gives its address" if spec.address else "no official address is known"
                    yield Probe(name, edition, "", spec.url_status, "no_address", why)
                for one in (spec, *spec.alternatives) if spec.url else ():
                    glimpse = Glimpse(opened, question(spec, one.url or ""), bench.patience)
                    if glimpse.question.name not in answers:
                        answers[glimpse.question.name] = _beginning(glimpse)
                    case = _Case(bench, source, edition, spec, glimpse, one.url_status)
                    yield _judged(case, answers[glimpse.question.name])


def _beginning(glimpse: Glimpse) -> Span | FetchError:
    try:
        return glimpse.beginning()
    except FetchError as error:
        return error


@dataclass(frozen=True)
class _Case:
    """An edition whose address has answered."""

    bench: Bench
    source: Source
    edition: str
    spec: Edition
    glimpse: Glimpse
    url_status: str

    @property
    def url(self) -> str:
        return self.glimpse.url


def _judged(case: _Case, answer: Span | FetchError) -> Probe:
    asked = clock.now().isoformat(timespec="seconds")
    result = Probe(case.source.id, case.edition, case.url, case.url_status, "answers", asked_at=asked)
    if isinstance(answer, FetchError):
        return replace(result, verdict=_failure(answer), detail=answer.problem.message)
    came_from = "" if answer.address == case.url else answer.address
    result = replace(result, content_type=answer.content_type, bytes=answer.total, address=came_from)
    verdict, detail = _content(case, answer)
    if verdict == "answers" and answer.moved:
        return replace(result, verdict="moved", detail=f"moved to {answer.address}; {detail}".rstrip("; "))
    return replace(result, verdict=verdict, detail=detail)


def _failure(error: FetchError) -> Verdict:
    if isinstance(error, StatusError):
        return "refused" if error.status in REFUSED else "gone" if error.status in ABSENT else "failing"
    return "failing"


def _content(case: _Case, answer: Span) -> tuple[Verdict, str]:
    """The verdict on the bytes, with what there is to say."""
    scratch = case.bench.layout.scratch
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="probe-", dir=scratch) as folder:
        head = Path(folder) / "head"
        head.write_bytes(answer.content)
        try:
            require_data(head, case.spec.container, case.url)
        except PageError as error:
            return "not_found_page", f"{error.problem.message}; found {error.problem.value!r}"
        except FetchError as error:
            if case.spec.layout == "copy" and answer.content:
                return "answers", f"{error.problem.message}; the specs describe a copy"
            return "other_layout", error.problem.message
        if answer.total is not None and answer.total > case.spec.max_megabytes * MEGABYTE:
            return "other_layout", f"is larger than max_megabytes: {answer.total:,} bytes"
        if case.spec.layout == "copy":
            return "answers", f"{NOT_COMPARED}the table specs describe a copy"
        differs, detail = _columns(case, answer, Path(folder))
        if differs:
            return "other_layout", differs
        return "answers", "; ".join(filter(None, (detail, _size(case, answer))))


def _size(case: _Case, answer: Span) -> str:
    """Whether the size is that of the bytes which were fetched last."""
    pinned = locked(case.bench.layout.lock(case.source.id), case.source.id, case.edition, OFFICIAL)
    if pinned is None or answer.total in (None, pinned.bytes):
        return ""
    return f"the file has changed: {answer.total:,} bytes, {pinned.bytes:,} when it was fetched"


def _columns(case: _Case, answer: Span, folder: Path) -> tuple[str, str]:
    """What differs from the columns of the tables, and what could not be compared."""
    name, content = "lines", answer.content
    if case.spec.container == "zip":
        if len(case.spec.patterns) > 1:
            return "", f"{NOT_COMPARED}a ZIP within a ZIP"
        try:
            member = case.glimpse.member(answer, case.spec.patterns[0], folder)
        except KeyError as error:
            return f"no member fits {case.spec.member!r}; members: {error.args[0][:300]}", ""
        except FetchError as error:
            return "", NOT_COMPARED + error.problem.message
        if member is None:
            return "", f"{NOT_COMPARED}the server does not serve spans of the ZIP"
        name, content = harmless(member[0]), member[1]
    elif case.spec.container != "plain":
        return "", f"{NOT_COMPARED}first bytes do not show those of a {case.spec.container}"
    lines = folder / "member" / name
    lines.parent.mkdir()
    lines.write_bytes(content[: content.rfind(b"\n") + 1] or content)
    expected = list(case.bench.expected(case.source.id, case.edition))
    if not any(isinstance(one.form, (CsvFormat, JsonFormat)) for one in expected):
        return "", f"{NOT_COMPARED}no table reads it as delimited text or JSON"
    reading = Reading(case.bench.con, (lines,), case.url, folder)
    return "; ".join(sorted({_difference(reading, one) for one in expected} - {""})), ""


def _difference(reading: Reading, expected: Expected) -> str:
    if not isinstance(expected.form, (CsvFormat, JsonFormat)):
        return ""
    try:
        if isinstance(expected.form, JsonFormat):
            header = names_of_first(reading.path.read_text(encoding="utf-8", errors="replace"))
        else:
            header = header_of(reading, expected.form)
    except StagingError as error:
        value = f"; found {error.problem.value!r}" if error.problem.value else ""
        return f"{error.problem.message}{value}"
    whole = not expected.form.others_left_out
    named = expected.used | expected.ignored if whole else expected.used
    renamed = [expected.rename.get(column, column) for column in header]
    spelt = set(spelled(renamed, expected.form, named))
    return changes(spelt if whole else spelt & named, set(named), set(named))


def written(probes: Sequence[Probe], agent: str) -> tuple[str, str]:
    """The probes as the text of a CSV and of a JSON file."""
    names = [field.name for field in fields(Probe)]
    table = io.StringIO()
    rows = csv.DictWriter(table, names, lineterminator="\n")
    rows.writeheader()
    rows.writerows(asdict(one) for one in probes)
    record: Mapping[str, object] = {"agent": agent, "probes": [asdict(one) for one in probes]}
    return table.getvalue(), json.dumps(record, ensure_ascii=False, indent=1) + "\n"
