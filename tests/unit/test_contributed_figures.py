"""Contributed files: each hostile one gets a receipt or one clear refusal, and changes nothing in the home."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
import release_fixture

from sdg_pipeline import clock
from sdg_pipeline.errors import InputError, UsageError
from sdg_pipeline.ingest import geography
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government import contributions, quarantine, template
from sdg_pipeline.open_government.contributions import COLUMNS, Receipt
from sdg_pipeline.open_government.local import CONTRIBUTIONS
from sdg_pipeline.open_government.subject import Material
from sdg_pipeline.open_government.tables import CONTRIBUTION
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.catalog import Catalog

HEAD = ",".join(COLUMNS)
GOOD = ("illiteracy_15_plus", "01001", "2024", "2.1", "PT", "Padrón municipal", "")


def csv_of(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows, ""]).encode()


def one(**cells: str) -> bytes:
    """A CSV of one row that is good but for these cells."""
    row = dict(zip(COLUMNS, GOOD, strict=True)) | cells
    return csv_of(",".join(f'"{text}"' for text in row.values()))


def book(sheet: str = "", parts: dict[str, str | bytes] | None = None, **replaced: str) -> bytes:
    """The template as a workbook with one good row, another sheet, other parts, or other text in its sheet."""
    target = io.BytesIO()
    content = template._workbook([COLUMNS, GOOD])
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            text = old.read(info).decode()
            if info.filename == "xl/worksheets/sheet1.xml":
                text = sheet or text
                for before, after in replaced.items():
                    assert before in text
                    text = text.replace(before, after)
            new.writestr(info.filename, text)
        for name, part in (parts or {}).items():
            new.writestr(name, part)
    return target.getvalue()


def cells(*xml: str, number: int = 2) -> str:
    """A sheet with the header, and a row of these cells."""
    head = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in COLUMNS)
    return (
        f'<worksheet><sheetData><row r="1">{head}</row><row r="{number}">{"".join(xml)}</row></sheetData></worksheet>'
    )


def texts(*values: str) -> list[str]:
    return [f'<c t="inlineStr"><is><t>{value}</t></is></c>' for value in values]


@dataclass(frozen=True)
class Hostile:
    """A file, the name under which it comes, and what its refusal (``!``) or its receipt says."""

    content: bytes
    says: str
    name: str = "figures.csv"


MANY = csv_of(*(f"illiteracy_15_plus,01001,2024,2.1,PT,x,{i}" for i in range(50_001)))
HOSTILE = {
    "formula": Hostile(one(value="=1+1"), "value: is a formula, or begins like one"),
    "formula that calls a program": Hostile(one(note="=cmd|' /C calc'!A0"), "note: is a formula"),
    "formula with plus": Hostile(one(source="+A1"), "source: is a formula"),
    "formula with at": Hostile(one(source="@SUM(1)"), "source: is a formula"),
    "formula in a workbook": Hostile(
        book(cells(*texts(*GOOD[:3]), "<c><f>1+1</f><v>2</v></c>", *texts(*GOOD[4:]))), "found '=1+1'", "a.xlsx"
    ),
    "formula under a prefix": Hostile(
        book(
            cells(*texts(*GOOD[:3]), "<x:c><x:f>B1</x:f></x:c>", *texts(*GOOD[4:])).replace(
                "<worksheet>", '<worksheet xmlns:x="urn:x">'
            )
        ),
        "found '=B1'",
        "a.xlsx",
    ),
    "lost zero": Hostile(one(area="1001"), "remedy: write 01001 (Aguascalientes)"),
    "wrong key": Hostile(one(area="01999"), "area: is no key of a state or municipality; found '01999'"),
    "name as key": Hostile(one(area="Ensenada"), "remedy: write 02001, not the name"),
    "code as key": Hostile(one(area="MX01001"), "remedy: write 01001"),
    "nation": Hostile(one(area=""), "area: is no key"),
    "path as key": Hostile(one(area="../../raw"), "area: is no key"),
    "key in other digits": Hostile(one(area="٠١٠٠١"), "area: is no key"),
    "doubled area": Hostile(
        csv_of(",".join(GOOD), ",".join(GOOD)), "row 3, area: has the indicator, area and period of"
    ),
    "other unit": Hostile(one(unit="%"), "unit: is not the unit of illiteracy_15_plus; found '%'; remedy: write PT"),
    "comma for a point": Hostile(one(value="2,1"), "found '2,1'; remedy: write 2.1"),
    "thousands": Hostile(one(value="1,234.5"), "remedy: write 1234.5"),
    "not a number": Hostile(one(value="NaN"), "value: is no number"),
    "infinity": Hostile(one(value="1e999"), "value: is no number"),
    "out of range": Hostile(one(value="101"), "value: is outside of 0 to 100"),
    "no value": Hostile(one(value=""), "value: is empty"),
    "period of the future": Hostile(one(period="2031"), "remedy: write a year from 1900 to 2026"),
    "period with a month": Hostile(one(period="2024-05"), "period: is no year"),
    "no source": Hostile(one(source=" "), "source: is empty"),
    "unknown indicator": Hostile(one(indicator="illiteracy_15_pluss"), "did you mean illiteracy_15_plus?"),
    "SQL": Hostile(one(indicator="x'; DROP TABLE observation; --"), "is no indicator of the catalogue"),
    "control character": Hostile(one(note="a\x1b[2Jb"), "U+001B, which cannot be seen; found 'a\\u001b[2Jb'"),
    "turned direction": Hostile(one(note="a\u202eb"), "U+202E"),
    "damaged accents": Hostile(one(source="PadrÃ³n"), "source: has damaged accents"),
    "other encoding": Hostile(
        csv_of(",".join(GOOD)).decode().encode("latin-1"), "remark: is not UTF-8; it was read as"
    ),
    "no encoding": Hostile(csv_of("a") + b"\x81\x8d", "!is in no known encoding"),
    "UTF-16": Hostile(csv_of(",".join(GOOD)).decode().encode("utf-16"), "!is text in UTF-16"),
    "NUL": Hostile(csv_of("a\0"), "!has NUL bytes"),
    "100 MB": Hostile(b"", "!has 100,000,000 bytes, more than"),
    "too many rows": Hostile(MANY, "!has more than 50,000 rows"),
    "too many columns": Hostile(b"a," * 60, "!has more than 50 columns"),
    "huge cell": Hostile(one(note="x" * 3_000), "!has a cell of more than 2,000 characters"),
    "open quote": Hostile(csv_of('"a'), "!is no sound CSV"),
    "short row": Hostile(csv_of("a,b"), "!has a row of another length"),
    "other columns": Hostile(b"CVEGEO,valor\n01001,2\n", "!lacks indicator, area"),
    "header alone": Hostile(csv_of(), "!has no rows below its header"),
    "empty": Hostile(b"", "!is empty", "empty.csv"),
    "macro workbook": Hostile(book(parts={"xl/vbaProject.bin": "x"}), "!has macros", "a.xlsx"),
    "macro workbook by name": Hostile(book(), "!is neither CSV nor XLSX", "a.xlsm"),
    "link to another workbook": Hostile(book(parts={"xl/externalLinks/externalLink1.xml": "x"}), "!fetch", "a.xlsx"),
    "two sheets": Hostile(book(parts={"xl/worksheets/sheet2.xml": "<worksheet/>"}), "!has 2 sheets", "a.xlsx"),
    "zip bomb": Hostile(book(parts={"xl/sharedStrings.xml": b"0" * 51_000_000}), "!unpacks to more than", "a.xlsx"),
    "bomb of members": Hostile(book(parts={f"x/{i}": "" for i in range(300)}), "!unpacks to more than 200", "a.xlsx"),
    "entities": Hostile(
        book('<!DOCTYPE a [<!ENTITY b "c">]>' + cells(*texts(*GOOD))), "!is a damaged workbook", "a.xlsx"
    ),
    "cell far away": Hostile(book(cells('<c r="XFD2"><v>1</v></c>')), "!has more than 50 columns", "a.xlsx"),
    "row far below": Hostile(book(cells(*texts(*GOOD), number=1_048_576)), "!out of order or far below", "a.xlsx"),
    "cut workbook": Hostile(book()[:-40], "!is a damaged workbook", "a.xlsx"),
    "ZIP with another name": Hostile(book(), "!is not what its name says", "a.csv"),
    "old workbook": Hostile(b"\xd0\xcf\x11\xe0" + b"x" * 600, "!is an old or encrypted workbook", "a.xlsx"),
    "web page": Hostile(b"<html>403</html>", "!is HTML or XML"),
    "name with control characters": Hostile(csv_of(",".join(GOOD)), "!has a name that no file", "a\x1b[31m\nb.csv"),
    "another kind": Hostile(b"#!/bin/sh\n", "!is neither CSV nor XLSX", "run.sh"),
}


@pytest.fixture(scope="module")
def register() -> Register:
    return geography.register(PROJECT / "indicator_specs")


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 30, 12, tzinfo=UTC))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with something in each of its stores."""
    for place in ("data/raw/iter/2020/a.csv", "warehouse/sdg.duckdb", "data/contributions/quarantine/a/receipt.json"):
        path = tmp_path / "home" / place
        path.parent.mkdir(parents=True)
        path.write_text(place, encoding="utf-8")
    return tmp_path / "home"


def tree(folder: Path) -> str:
    """Hash of all names, kinds and contents below a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(f"{path.relative_to(folder)} {path.lstat().st_mode}\n".encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def test_there_are_at_least_forty() -> None:
    assert len(HOSTILE) >= 40


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_gets_a_receipt_or_one_refusal(
    case: str, tmp_path: Path, home: Path, catalog: Catalog, register: Register
) -> None:
    hostile = HOSTILE[case]
    path = tmp_path / hostile.name
    path.write_bytes(hostile.content)
    if case == "100 MB":
        os.truncate(path, 100_000_000)
    before = tree(tmp_path)
    if hostile.says.startswith("!"):
        with pytest.raises(InputError) as caught:
            contributions.examine(path, catalog, register)
        message = str(caught.value)
        assert hostile.says[1:] in message
        assert "remedy:" in message
        assert "\n" not in message and "\x1b" not in message
    else:
        receipt = contributions.examine(path, catalog, register)
        lines = [f"{'' if f.refuses else 'remark: '}{f}" for f in receipt.findings]
        assert any(hostile.says in line.replace("remark: file: ", "remark: ") for line in lines), lines
        assert receipt.sha256 == hashlib.sha256(hostile.content).hexdigest()
        assert receipt.sound == (case == "other encoding")
        assert "\x1b" not in receipt.dump() and receipt.examined_at.startswith("2026-11-30T12")
        if not receipt.sound:
            with pytest.raises(UsageError, match="is not sound"):
                quarantine.submit(path, receipt, Layout(home))
    assert tree(tmp_path) == before


def test_links_and_pipes_are_not_read(tmp_path: Path, catalog: Catalog, register: Register) -> None:
    (tmp_path / "secret.csv").write_bytes(one())
    (tmp_path / "link.csv").symlink_to(tmp_path / "secret.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    for name, message in (("link.csv", "cannot be opened"), ("pipe.csv", "is no file"), ("none.csv", "cannot be")):
        with pytest.raises(InputError, match=message):
            contributions.examine(tmp_path / name, catalog, register)


def test_the_catalogue_of_xalapa_is_refused(
    shared_data: Path, tmp_path: Path, catalog: Catalog, register: Register
) -> None:
    content = (shared_data / "open_government" / "adela_catalog_xalapa_2014.json").read_bytes()
    for name, message in (("xalapa.json", "is neither CSV nor XLSX"), ("xalapa.csv", "is JSON")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=message):
            contributions.examine(tmp_path / name, catalog, register)


def test_many_mistakes_are_counted(tmp_path: Path, catalog: Catalog, register: Register) -> None:
    (tmp_path / "a.csv").write_bytes(csv_of(*(f"nothing_{i},x{i},y,z,u,," for i in range(2_000))))
    receipt = contributions.examine(tmp_path / "a.csv", catalog, register)
    assert (len(receipt.findings), receipt.more_findings) == (500, 2_000 * 5 - 500)


def filled(tmp_path: Path, name: str, catalog: Catalog) -> Path:
    """The template, filled in."""
    rows = contributions.template([catalog.indicators["illiteracy_15_plus"]], ["01001", "20"])
    full = [rows[0], *((i, area, "2024", "2.1", unit, "Padrón", "") for i, area, _, _, unit, _, _ in rows[1:])]
    template.write(full, tmp_path / name)
    return tmp_path / name


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_filled_template_is_sound(name: str, tmp_path: Path, catalog: Catalog, register: Register) -> None:
    receipt = contributions.examine(filled(tmp_path, name, catalog), catalog, register)
    assert (receipt.sound, receipt.findings, receipt.rows, receipt.areas) == (True, (), 2, 2)


def submitted(path: Path, home: Path, catalog: Catalog, register: Register) -> Receipt:
    receipt = contributions.examine(path, catalog, register, "Municipio de Aguascalientes")
    return quarantine.submit(path, receipt, Layout(home))[0]


def test_a_sound_file_lies_in_quarantine_alone_until_a_person_decides(
    tmp_path: Path, catalog: Catalog, register: Register
) -> None:
    layout = Layout(tmp_path / "home")
    path = filled(tmp_path, "a.csv", catalog)
    receipt = submitted(path, layout.home, catalog, register)
    again = contributions.examine(path, catalog, register, "Somebody else")
    assert quarantine.submit(path, again, layout) == (receipt, True)
    assert sorted(p.name for p in layout.quarantine(receipt.id).iterdir()) == ["contribution.csv", "receipt.json"]
    assert quarantine.manifests(layout) == [] and not (layout.data / "raw").exists()
    quarantine.review(layout, receipt.id, quarantine.decided(True, "Ana", "checked by phone"), catalog, register)
    [manifest] = quarantine.manifests(layout)
    kept = quarantine.manifest_in(manifest)
    assert (kept.source_level, kept.source, kept.reviewed_by) == ("local", f"local_{receipt.id}", "Ana")
    assert [decision and decision.by for _, decision in quarantine.waiting(layout)] == ["Ana"]
    figures = list(contributions.reported(manifest.parent / kept.file, kept.sha256))
    assert [(f.ref_area, f.value) for f in figures] == [("MX01001", 2.1), ("MX20", 2.1)]
    with pytest.raises(UsageError, match="was accepted by Ana"):
        quarantine.review(layout, receipt.id, quarantine.decided(False, "Luis", "no"), catalog, register)


def test_a_rejected_file_stays_in_quarantine(tmp_path: Path, catalog: Catalog, register: Register) -> None:
    layout = Layout(tmp_path / "home")
    receipt = submitted(filled(tmp_path, "a.xlsx", catalog), layout.home, catalog, register)
    quarantine.review(layout, receipt.id, quarantine.decided(False, "Luis", "no method"), catalog, register)
    assert quarantine.manifests(layout) == []
    assert (layout.quarantine(receipt.id) / "contribution.xlsx").is_file()


def test_a_rejected_file_whose_acceptance_was_cut_short_is_not_accepted(
    tmp_path: Path, catalog: Catalog, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(tmp_path / "home")
    receipt = submitted(filled(tmp_path, "a.csv", catalog), layout.home, catalog, register)
    with monkeypatch.context() as patch:
        patch.setattr(quarantine, "DECISION", "nowhere/\0")  # what comes last fails
        with pytest.raises(ValueError, match="null"):
            quarantine.review(layout, receipt.id, quarantine.decided(True, "Ana", "fine"), catalog, register)
    assert len(quarantine.manifests(layout)) == 1
    quarantine.review(layout, receipt.id, quarantine.decided(False, "Luis", "no method"), catalog, register)
    assert quarantine.manifests(layout) == []


def test_a_file_that_changed_in_quarantine_is_not_accepted(
    tmp_path: Path, catalog: Catalog, register: Register
) -> None:
    layout = Layout(tmp_path / "home")
    receipt = submitted(filled(tmp_path, "a.csv", catalog), layout.home, catalog, register)
    file = layout.quarantine(receipt.id) / "contribution.csv"
    file.write_bytes(file.read_bytes().replace(b"2.1", b"2.2"))
    with pytest.raises(InputError, match="is not the file of its receipt"):
        quarantine.review(layout, receipt.id, quarantine.decided(True, "Ana", "fine"), catalog, register)
    assert quarantine.manifests(layout) == []


def test_an_accepted_figure_stands_beside_the_official_one(tmp_path: Path) -> None:
    """Water of MX20067 in 2020 is 12.0 by the source and 11.5 by the municipality; of 2021 there is no official value."""
    specs = release_fixture.catalog(tmp_path)
    layout = Layout(tmp_path / "home")
    rows = [("water", "20067", year, "11.5", "PT", "Padrón", "") for year in ("2020", "2021")]
    template.write([COLUMNS, *rows], tmp_path / "a.csv")
    receipt = submitted(tmp_path / "a.csv", layout.home, specs, release_fixture.REGISTER)
    decided = quarantine.decided(True, "Ana", "seen")
    quarantine.review(layout, receipt.id, decided, specs, release_fixture.REGISTER)
    official = [release_fixture.observation("water", "MX20067", 12.0), release_fixture.observation("water", "MX", 90.0)]
    files = {"water": release_fixture.write_observations(tmp_path / "water.parquet", official)}
    with duckdb.connect() as con:
        named = tuple(CONTRIBUTIONS.files(layout))
        material = Material(con, specs, release_fixture.REGISTER, files, {}, lambda t: tmp_path / t.file, files=named)
        [check] = CONTRIBUTIONS.judge(material)
        columns = "ref_area, time_period, value, official_value, difference, source_level, accepted_by"
        written = con.execute(f"SELECT {columns} FROM '{tmp_path / CONTRIBUTION.file}' ORDER BY ALL").fetchall()
    assert check.observed == "2 contributed figures, 1 with an official value beside them"
    assert written == [
        ("MX20067", "2020", 11.5, 12.0, -0.5, "local", "Ana"),
        ("MX20067", "2021", 11.5, None, None, "local", "Ana"),
    ]
