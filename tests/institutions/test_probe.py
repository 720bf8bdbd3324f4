"""``sdg sources probe`` over the double: every verdict, nothing else, and the specs that take a result over."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from support.records import Records

from institutions import double
from institutions.double import Institutions
from institutions.person import Person
from sdg_pipeline.errors import InputError
from sdg_pipeline.ingest import probe as probing
from sdg_pipeline.ingest.glimpse import Glimpse, Span
from sdg_pipeline.ingest.patience import Patience
from sdg_pipeline.ingest.web import Question, session
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs import verified

EDITIONS = ("answers", "moved", "renamed", "page", "refused", "gone", "busy", "packed", "nested", "lost", "book", "cut")
ROWS = "ENT,LIBRARIES,NOTE\n" + "".join(f"{state:02},{state},x\n" for state in range(1, 33)) + "01,1,y\n" * 30_000
SOURCE = """\
id: libraries
title: {en: Libraries, es: Bibliotecas}
publisher: Office of Statistics of the small country
licence: {id: CC0-1.0, url: "https://example.org/licence", url_status: from_memory}
landing_page: {url: "https://example.org/libraries", url_status: from_memory}
dictionary: {url_status: unknown, note: The small country is made up.}
contact: people@example.org
periodicity: annual
columns_status: verified
citation: {en: "Small country.", es: "País pequeño."}
editions:
"""
EDITION = """\
  "{name}":
    url: "https://example.org/{name}.{suffix}"
    url_status: documented
    url_cite: >-
      Read in a book,
      on two lines.
    # what the file is
    period: "2020"
"""
PACKED = {"packed": "data/*.csv", "nested": "inner.zip > *.csv", "lost": "data/libraries.csv"}
TABLE = """\
geography: {{vintage: 2020, state: ENT}}
parts:
{parts}
measures:
  libraries: {{label: {{en: "Libraries", es: "Bibliotecas"}}, column: LIBRARIES}}
ignore:
  - {{reason: "not needed", columns: [NOTE]}}
"""


def zipped(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, text in members.items():
            archive.writestr(name, text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@pytest.fixture
def asked(records: Records, person: Person, institutions: Institutions, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of specs with an edition for every habit, each with its file and its habit in the double."""
    text, parts = SOURCE, []
    for name in EDITIONS:
        suffix = "zip" if name in PACKED else "xlsx" if name == "book" else "csv"
        text += EDITION.format(name=name, suffix=suffix)
        text += f'    container: zip\n    member: "{PACKED[name]}"\n' if name in PACKED else ""
        text += "    container: workbook\n" if name == "book" else ""
        parts.append(f'  - {{source: libraries, edition: "{name}", level: state}}')
        filling = "f" * 200_000
        members = {"read_me.txt": filling, "data/libraries.csv" if name == "packed" else "data/other.csv": ROWS}
        content = zipped(**members) if suffix != "csv" else ROWS.encode()
        institutions.put(f"https://example.org/{name}.{suffix}", content)
    records.write("sources/libraries.yaml", text + '  "unknown":\n    url_status: unknown\n    period: "2020"\n')
    records.table("books", TABLE.format(parts="\n".join(parts)))
    elsewhere = institutions.put("https://example.org/new/place.csv", ROWS.encode())
    institutions.habits |= {
        "/example.org/moved.csv": double.moved(institutions.address + elsewhere),
        "/example.org/renamed.csv": double.renamed("LIBRARIES", "BIBLIOTECAS"),
        "/example.org/page.csv": double.page_under_200,
        "/example.org/refused.csv": double.refuses,
        "/example.org/gone.csv": double.gone,
        "/example.org/busy.csv": double.busy(99, 1),
        "/example.org/cut.csv": double.cuts(50, 1),
    }
    specs = double.relocated(records.specs, person.layout.home.parent / "relocated", institutions.address)
    monkeypatch.setattr(probing, "PATIENCE", Patience(attempts=2, sleep=person.waits.append))
    return specs


def verdicts(person: Person) -> dict[str, dict[str, str]]:
    with person.layout.probe(".csv").open(encoding="utf-8", newline="") as file:
        return {row["edition"]: row for row in csv.DictReader(file)}


def test_every_verdict(asked: Path, person: Person, institutions: Institutions) -> None:
    code, said = person.sdg("sources", "probe", "libraries")
    assert code == 1, said
    rows = verdicts(person)
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "answers": "answers",
        "moved": "moved",
        "renamed": "other_layout",
        "page": "not_found_page",
        "refused": "refused",
        "gone": "gone",
        "busy": "failing",
        "packed": "answers",
        "nested": "answers",
        "lost": "other_layout",
        "book": "answers",
        "cut": "answers",
        "unknown": "no_address",
    }
    assert rows["answers"]["detail"] == "" and rows["packed"]["detail"] == "", "their columns were compared"
    assert rows["renamed"]["detail"] == "appeared: BIBLIOTECAS; went: LIBRARIES"
    assert rows["moved"]["detail"] == f"moved to {institutions.address}/example.org/new/place.csv"
    assert rows["page"]["detail"].endswith("found 'Página no encontrada'")
    assert rows["lost"]["detail"].startswith("no member fits 'data/libraries.csv'; members: data/other.csv")
    assert rows["nested"]["detail"] == "columns not compared: a ZIP within a ZIP"
    assert rows["answers"]["bytes"] == str(len(ROWS))
    assert "other_layout  libraries/renamed  " in said and "not_found_page" in said
    assert json.loads(person.layout.probe(".json").read_text(encoding="utf-8"))["probes"][0]["edition"] == "answers"
    assert institutions.sent < 20 * 65_536, "first bytes alone, and of ZIPs their ends"
    assert person.stored() == {}


def test_all_well(asked: Path, person: Person) -> None:
    path = asked / "sources" / "libraries.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index('  "moved"')], encoding="utf-8")
    table = asked / "tables" / "books.yaml"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(s for s in lines if "edition:" not in s or '"answers"' in s), encoding="utf-8")
    code, said = person.sdg("sources", "probe", "libraries")
    assert (code, said.count("answers  libraries/answers")) == (0, 1)
    assert person.sdg("sources", "probe", "librarys")[0] == 2


def test_one_address_is_asked_once(asked: Path, person: Person, institutions: Institutions) -> None:
    path = asked / "sources" / "libraries.yaml"
    text = path.read_text(encoding="utf-8").replace("/example.org/renamed.csv", "/example.org/answers.csv")
    path.write_text(text, encoding="utf-8")
    person.sdg("sources", "probe", "libraries")
    assert sum(one.path == "/example.org/answers.csv" for one in institutions.asked) == 1
    assert verdicts(person)["renamed"]["verdict"] == "answers"


def test_a_result_turns_documented_into_verified(asked: Path, person: Person) -> None:
    person.sdg("sources", "probe", "libraries")
    result = person.layout.probe(".json")
    code, said = person.sdg("sources", "verify", str(result))
    assert (code, said.count(": verified")) == (0, 5)
    editions = catalogs.load(asked).sound().sources["libraries"].editions
    day = json.loads(result.read_text(encoding="utf-8"))["probes"][0]["asked_at"][:10]
    assert {name for name, edition in editions.items() if edition.url_status == "verified"} == {
        "answers", "packed", "nested", "book", "cut",
    }  # fmt: skip
    assert (editions["answers"].url_seen, editions["answers"].url_cite) == (day, None)
    assert editions["gone"].url_cite == "Read in a book, on two lines."
    written = (asked / "sources" / "libraries.yaml").read_text(encoding="utf-8")
    assert written.count("# what the file is") == len(EDITIONS), "comments stay"
    assert person.sdg("sources", "verify", str(result))[1].startswith("0 of 13"), "nothing twice"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no result of a probe"),
        ('{"probes": [{"source": "a"}]}', r"probes.0.edition: is no result of a probe"),
        ('{"probes": [{"source": "a", "edition": "b", "url": "c", "verdict": "d", "asked_at": "now"}]}', "asked_at"),
    ],
)
def test_a_result_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=f"{message}.*remedy: take the JSON"):
        verified.read(path)


def test_a_result_is_believed_about_addresses_of_the_specs_alone(asked: Path, person: Person) -> None:
    path = person.layout.home.parent / "result.json"
    one = {"verdict": "answers", "asked_at": "2026-11-30T00:00:00+00:00", "url": "https://evil.example/x"}
    places = [("libraries", "answers"), ("strange", "answers"), ("libraries", "../../x"), ("../libraries", "answers")]
    path.write_text(json.dumps({"probes": [{"source": s, "edition": e, **one} for s, e in places]}), encoding="utf-8")
    before = {file: file.read_bytes() for file in asked.rglob("*") if file.is_file()}
    assert person.sdg("sources", "verify", str(path))[1].startswith("0 of 4")
    assert {file: file.read_bytes() for file in asked.rglob("*") if file.is_file()} == before


def test_a_resource_fork_is_no_member_of_a_zip(tmp_path: Path) -> None:
    """macOS adds files of the same ending, whose names come first; unpacking leaves them out, and so does a glimpse."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("__MACOSX/._data.csv", b"\0\5\x16\7")
        archive.writestr("data.csv", "a,b\n1,2\n")
    content = packed.getvalue()
    beginning = Span(content, 0, len(content), "application/zip", "https://example.org/x.zip", True, False)
    with session("sdg-pipeline/tests", None) as opened:
        member = Glimpse(opened, Question("https://example.org/x.zip"), Patience()).member(beginning, "*.csv", tmp_path)
    assert member == ("data.csv", b"a,b\n1,2\n")
