"""Hostile source files: CSV, workbooks, dBase, Parquet, JSON and ZIP."""

from __future__ import annotations

import io
import json
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from hostile.case import Case, Prepare
from hostile.stage import HEADER, MUNICIPALITIES, Stage

SEED = 20210
TABLE = "tables/people.yaml"
FORMAT = 'format: {missing: ["*", "N/D", ""]}'
SOURCE = "people_municipalities"
ROWS = MUNICIPALITIES.splitlines()


Data = bytes | Callable[[], bytes]
"""The bytes of a file, or what makes them: large ones are made when they are tried."""


def bytes_of(data: Data) -> bytes:
    return data if isinstance(data, bytes) else data()


def content(data: Data) -> Prepare:
    """Other bytes for the municipalities, sealed as they are."""

    def prepare(stage: Stage) -> None:
        stage.give(SOURCE, bytes_of(data))
        stage.seal()

    return prepare


def packed(data: Data, member: str = "*.csv", container: str = "zip") -> Prepare:
    """A container in place of the plain file."""

    def prepare(stage: Stage) -> None:
        stage.give(SOURCE, bytes_of(data), "packed")
        line = 'period: "2020", url_status: from_memory}'
        more = f", container: {container}" + (f', member: "{member}"' if container == "zip" else "")
        stage.edit(f"sources/{SOURCE}.yaml", line, line[:-1] + more + "}")
        stage.seal(path="packed", container=container)

    return prepare


def formatted(data: Data, form: str, name: str, container: str = "plain") -> Prepare:
    """A file of another format: the states are read from the same."""

    def prepare(stage: Stage) -> None:
        stage.edit(TABLE, FORMAT, f"format: {form}")
        text = (stage.specs / TABLE).read_text(encoding="utf-8")
        before, _, rest = text.partition("  - {source: people_states")
        (stage.specs / TABLE).write_text(before + rest.partition("\n")[2], encoding="utf-8")
        stage.give(SOURCE, bytes_of(data), name)
        if container != "plain":
            line = 'period: "2020", url_status: from_memory}'
            stage.edit(f"sources/{SOURCE}.yaml", line, line[:-1] + f", container: {container}}}")
        stage.edit("goal_04/literacy.yaml", "[[national], [state], [municipality]]", "[[national], [municipality]]")
        stage.seal(path=name, container=container)

    return prepare


def lines(*rows: str) -> bytes:
    return ("\n".join(rows) + "\n").encode()


# ---- CSV ------------------------------------------------------------------------------------------------------------


def _wide(n: int) -> bytes:
    return lines(f"{HEADER},{','.join(f'c{i}' for i in range(n))}", ROWS[1] + "," * n)


def csv() -> Iterator[Case]:
    for n in (2_000, 20_000, 100_000):
        yield Case("CSV of very many columns", f"{n:,}", content(partial(_wide, n)))
    long = {
        "CSV of one long line": lambda n: b"a" * n,
        "CSV with a long cell": lambda n: lines(
            ROWS[0], ROWS[1].replace(",T,", f",{'x' * n},").replace(",500,", ",x,", 1)
        ),
        "CSV of quotes left open": lambda n: lines(ROWS[0], '"' + "1,\n" * (n // 3)),
        "CSV of empty lines": lambda n: b"\n" * n,
        "CSV of NUL bytes": lambda n: b"\0" * n,
    }
    for kind, make in long.items():
        for n in (1_000_000, 30_000_000):
            yield Case(kind, f"{n:,}", content(partial(make, n)))
    for what, cell in CELLS.items():
        yield Case(
            "CSV cell that is no number",
            what,
            content(lines(ROWS[0], *ROWS[1:4], ROWS[4].replace(",500,", f",{cell},", 1))),
        )
    for what, key in KEYS.items():
        yield Case(
            "CSV key that no area has",
            what,
            content(lines(ROWS[0], *ROWS[1:4], ROWS[4].replace("02,002,", f"{key},", 1))),
        )
    for what, name in NAMES.items():
        yield Case(
            "CSV header with a hostile name", what, content(lines(f"{HEADER},{name}", *(f"{r},1" for r in ROWS[1:])))
        )
    for what, data in TEXTS.items():
        yield Case("CSV in an odd encoding", what, content(data))
    chance = random.Random(SEED)
    for n in range(20):
        yield Case("CSV of random bytes", str(n), content(chance.randbytes(chance.choice([1, 50, 5_000]))))
    for n in range(20):
        data = bytearray(MUNICIPALITIES.encode())
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(HEADER))] = chance.choice(b'";\n\r\0,\xff')
        yield Case("CSV with damaged bytes in its header", str(n), content(bytes(data)))


CELLS = {
    "a formula": "=1+1", "a formula that calls": "=HYPERLINK(1)", "hexadecimal": "0x10", "infinity": "inf", "not a number": "nan",
    "exponent": "1e400", "Arabic digits": "١٢٣", "fullwidth digits": "１２", "a minus of typography": "−5",
    "500 digits": "9" * 500, "underscores": "1_000", "ANSI": "\x1b[31m5", "right to left": "\u202e5", "two signs": "--5",
    "a NUL": "5\x005", "markup": "<b>5</b>", "rich markup": "[red]5[/red]", "closing markup": "[/x]", "a path": "../../etc/passwd",
    "SQL": "5; DROP TABLE x", "a placeholder": "{0}", "percent": "%s%n", "backslash": "\\5", "a tab": "5\t5", "a zero width space": "5\u200b5",
}  # fmt: skip
KEYS = {
    "letters": "ab,002", "a path": "../..,002", "negative": "-2,002", "too long": "0" * 300 + ",002", "spaces": "  ,002",
    "SQL": "' OR 1=1 --,002", "markup": "[bold]02,002", "superscript": "²,002", "empty": ",002", "formula": "=02,002",
}  # fmt: skip
NAMES = {
    "a quote": '"a""b"', "SQL": '"x"" FROM t; --"', "markup": "[/x]", "ANSI": "\x1b[2J", "very long": "n" * 5_000,
    "a path": "../../x", "dollars": "$spec_hash", "braces": "{0}{x}", "right to left": "\u202ePOP", "our own": "__row",
    "twice": "POP", "case alone": "pop", "a space": "POP ", "a look-alike": "РОР", "control": "a\x01b",
}  # fmt: skip
TEXTS = {
    "UTF-16": MUNICIPALITIES.encode("utf-16"), "UTF-32": MUNICIPALITIES.encode("utf-32"),
    "UTF-7": b"+AEEALAAsAC" * 50, "EBCDIC": MUNICIPALITIES.encode("cp500"), "cut in a character": MUNICIPALITIES.encode() + b"\xc3",
    "surrogates": MUNICIPALITIES.encode() + b"\xed\xa0\x80,1\n", "overlong": MUNICIPALITIES.encode() + b"\xc0\xaf\n",
    "gzip": b"\x1f\x8b\x08\x00" + bytes(200), "a PNG": b"\x89PNG\r\n\x1a\n" + bytes(200), "HTML": b"<!doctype html><title>404</title>" * 20,
    "XML of entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "cc"><!ENTITY c "&b;&b;">]><a>&c;</a>', "empty": b"", "a PDF": b"%PDF-1.4\n" + bytes(300),
}  # fmt: skip


# ---- workbooks ------------------------------------------------------------------------------------------------------

SHEET = '{kind: workbook, sheet: S, header_rows: [1], missing: ["*", "N/D", ""]}'
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/></Relationships>'
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def cell_xml(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def workbook(rows: str, after: str = "", sheet: str = "S", main: str | None = None) -> bytes:
    """An XLSX of one sheet with these rows in XML."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELATIONS.format("officeDocument", "xl/workbook.xml"))
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format("worksheet", "worksheets/sheet1.xml"))
        archive.writestr(
            "xl/workbook.xml",
            main
            or (
                f'<workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
                f'<sheets><sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>'
            ),
        )
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'
        )
    return target.getvalue()


def table_xml(rows: list[str]) -> str:
    """Rows of text as XML."""
    written = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(cell_xml(f"{chr(65 + i)}{number}", text) for i, text in enumerate(row.split(",")))
        written.append(f'<row r="{number}">{cells}</row>')
    return "".join(written)


def _merged(n: int) -> bytes:
    merges = "".join(f'<mergeCell ref="A{i}:P{i}"/>' for i in range(1, n + 1))
    return workbook(table_xml(ROWS), f'<mergeCells count="{n}">{merges}</mergeCells>')


def _long() -> bytes:
    rows = "".join(f'<row r="{i}"><c r="A{i}"><v>1</v></c></row>' for i in range(6, 1_000_000))
    return workbook(table_xml(ROWS) + rows)


def workbooks() -> Iterator[Case]:
    def case(kind: str, name: str, data: Data) -> Case:
        return Case(kind, name, formatted(data, SHEET, "book.xlsx", "workbook"))

    sound = table_xml(ROWS)
    for reference in ("XFD1048576", "XFD2", "A1048576", "AAA100000", "ZZZZ99999999", "A0", "A99999999999999999999"):
        number = reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        row = f'<row r="{number}">{cell_xml(reference, "x")}</row>'
        yield case("workbook with a far cell", reference, workbook(sound + row))
    for n in (20_000, 200_000):
        yield case("workbook of merges", f"{n:,}", partial(_merged, n))
    for reference in ("A1:XFD1048576", "A0:B0", ":", "A1:ZZZZ1"):
        yield case(
            "workbook with an odd merge",
            reference,
            workbook(sound, f'<mergeCells><mergeCell ref="{reference}"/></mergeCells>'),
        )
    for what, data in {
        "no sheet of the name": workbook(sound, sheet="Other"), "markup in the name": workbook(sound, sheet="[/x]"),
        "no XML": workbook("<row"), "entities": workbook(sound, main='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        "no sheets": workbook(sound, main=f'<workbook xmlns="{MAIN}"/>'), "empty": b"", "text": b"ENT,MUN\n", "half": workbook(sound)[:700],
        "no rows": workbook(""), "a header alone": workbook(table_xml(ROWS[:1])),
        "deep": workbook("<a>" * 100_000 + "</a>" * 100_000), "old XLS head": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "old XLS of ones": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 4_096,
    }.items():  # fmt: skip
        yield case("workbook that is none", what, data)
    yield case("workbook of a million rows", "one column", _long)
    long = table_xml(ROWS).replace(">T<", ">" + "x" * 5_000_000 + "<")
    yield case("workbook with a long cell", "5 MB", workbook(long.replace(">500<", ">x<", 1)))
    yield case("workbook that unpacks to gigabytes", "4 GB", lambda: workbook(sound + " " * 400_000_000))
    chance = random.Random(SEED)
    good = workbook(sound)
    for n in range(20):
        data = bytearray(good)
        for _ in range(chance.randint(3, 60)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        data[chance.randrange(30)] ^= 0x55
        yield case("workbook with damaged bytes", str(n), bytes(data))


# ---- dBase and Parquet ----------------------------------------------------------------------------------------------

DBF = '{kind: dbf, encoding: latin-1, missing: ["*", "N/D", ""]}'
PARQUET = '{kind: parquet, missing: ["*", "N/D", ""]}'


def dbase(records: int, header: int, record: int, fields: bytes, body: bytes) -> bytes:
    return struct.pack("<BBBBIHH20x", 3, 120, 1, 1, records, header, record) + fields + b"\r" + body


def dbase_field(name: bytes, kind: bytes = b"C", length: int = 3) -> bytes:
    return struct.pack("<11sc4xBB14x", name, kind, length, 0)


def _repeated(n: int) -> bytes:
    """One value again and again: a few bytes for any number of rows."""
    rows, target = n // 200, io.BytesIO()
    one = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int8()), pa.array(["01"]))
    columns = dict.fromkeys(HEADER.split(","), one)
    with pq.ParquetWriter(target, pa.table(columns).schema, compression="zstd") as writer:
        for _ in range(200):
            writer.write_table(pa.table(columns), row_group_size=rows)
    return target.getvalue()


def others() -> Iterator[Case]:
    def case(kind: str, name: str, data: bytes) -> Case:
        return Case(kind, name, formatted(data, DBF, "table.dbf"))

    field = dbase_field(b"ENT")
    for what, data in {
        "record length 0": dbase(5, 65, 0, field, b" 01 " * 5), "header length 0": dbase(5, 0, 4, field, b" 01 " * 5),
        "4 billion records": dbase(2**32 - 1, 65, 4, field, b" 01 " * 5), "header beyond the file": dbase(5, 65_535, 4, field, b" 01 "),
        "no fields": dbase(5, 33, 1, b"", b" " * 5), "255 fields of length 0": dbase(5, 32 * 256 + 1, 1, dbase_field(b"A", length=0) * 255, b" " * 5),
        "unknown type": dbase(1, 65, 4, dbase_field(b"ENT", b"?"), b" 01 "), "memo": dbase(1, 65, 11, dbase_field(b"ENT", b"M", 10), b" 0000000001"),
        "name of control characters": dbase(1, 65, 4, dbase_field(b"\x1b[31mX"), b" 01 "), "two of one name": dbase(1, 97, 7, field * 2, b" 01 01 "),
        "no end of header": dbase(1, 65, 4, field, b" 01 ").replace(b"\r", b" "), "empty": b"", "one byte": b"\x03", "only deleted": dbase(2, 65, 4, field, b"*01 *02 "),
        "record length 65,535": dbase(5, 65, 65_535, field, b" 01 " * 5),
    }.items():  # fmt: skip
        yield case("dBase with a false header", what, data)
    chance = random.Random(SEED)
    for n in range(15):
        yield case("dBase of random bytes", str(n), b"\x03" + chance.randbytes(chance.choice([31, 100, 3_000])))

    def parquet(kind: str, name: str, data: Data) -> Case:
        return Case(kind, name, formatted(data, PARQUET, "table.parquet"))

    names = HEADER.split(",")
    for n in (200_000_000, 1_000_000_000):
        yield parquet("Parquet of very many rows", f"{n:,}", partial(_repeated, n))
    sound = io.BytesIO()
    columns = list(zip(*(row.split(",") for row in ROWS[1:]), strict=True))
    pq.write_table(pa.table(dict(zip(names, map(list, columns), strict=True))), sound)
    good = sound.getvalue()
    wide = io.BytesIO()
    pq.write_table(pa.table({f"c{i}": ["1"] for i in range(20_000)}), wide)
    nested = io.BytesIO()
    pq.write_table(pa.table({name: [[{"a": [1]}]] for name in names}), nested)
    for what, data in {
        "empty": b"", "magic alone": b"PAR1PAR1", "footer beyond the file": good[:-8] + struct.pack("<I", 2**31) + b"PAR1",
        "cut": good[: len(good) // 2], "no magic": good[4:], "text": b"ENT,MUN\n", "20,000 columns": wide.getvalue(), "nested": nested.getvalue(),
    }.items():  # fmt: skip
        yield parquet("Parquet that is none", what, data)
    for n in range(15):
        data = bytearray(good)
        for _ in range(chance.randint(3, 40)):
            data[chance.randrange(len(data) // 2, len(data))] = chance.randrange(256)
        data[-chance.randint(1, 4)] ^= 0x41  # of a column that the table ignores nothing is read
        yield parquet("Parquet with damaged bytes", str(n), bytes(data))


# ---- JSON -----------------------------------------------------------------------------------------------------------

JSON = '{kind: json, missing: ["*", "N/D", ""]}'


def _records(*changes: tuple[str, str]) -> bytes:
    """The municipalities as records, with texts put in place of others."""
    names, *rows = (line.split(",") for line in ROWS)
    text = json.dumps([dict(zip(names, row, strict=True)) for row in rows])
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()


def jsons() -> Iterator[Case]:
    def case(kind: str, name: str, data: Data) -> Case:
        return Case(kind, name, formatted(data, JSON, "records.json"))

    for n in (33, 100_000, 5_000_000):
        yield case("JSON of many levels", f"lists, {n:,}", partial(bytes.__mul__, b"[", n))
        yield case("JSON of many levels", f"objects, {n:,}", partial(bytes.__mul__, b'[{"a":', n))
    for n in (16_385, 1_000_000):
        yield case(
            "JSON of many names", f"{n:,}", lambda n=n: b"[" + b",".join(b'{"c%d":1}' % i for i in range(n)) + b"]"
        )
    yield case("JSON of 60 MB", "a text", lambda: b'[{"ENT":"' + b"x" * 60_000_000 + b'"}]')
    for what, data in {
        "empty": b"", "text": b"ENT,MUN\n", "half": _records()[:200], "no list": b'{"a": 1}', "numbers": b"[1, 2]", "empty list": b"[]",
        "nothing": b"null", "UTF-16": _records().decode().encode("utf-16"), "latin-1": _records().replace(b'"T"', b'"\xd1"'),
    }.items():  # fmt: skip
        yield case("JSON that is no list of records", what, data)
    for what, name in {
        "twice": '"MUN"', "in capitals": '"mun"', "the number of the row": '"__row"', "empty": '""', "long": f'"{"x" * 300}"',
        "a line": '"a\\nb"', "half of a sign": '"\\ud800"', "nothing": '"\\u0000"',
    }.items():  # fmt: skip
        yield case("JSON with an odd name", what, _records(('{"ENT"', f'{{{name}: "1", "ENT"')))
    for what, value in {
        "a list": "[1]", "an object": "{}", "not a number": "NaN", "endless": "Infinity", "half of a sign": '"\\ud800"',
        "the sign of the end": '"0\\u00001"', "a long number": "1" * 100_000,
    }.items():  # fmt: skip
        yield case("JSON with an odd value", what, _records(('"ENT": "01"', f'"ENT": {value}')))


# ---- ZIP ------------------------------------------------------------------------------------------------------------


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return target.getvalue()


def _many(members: int) -> bytes:
    return zipped(*((f"{i}.csv", b"x") for i in range(members)))


def zips() -> Iterator[Case]:
    data = MUNICIPALITIES.encode()
    for name in ("../x.csv", "/etc/x.csv", "C:\\x.csv", "a/../../x.csv", "..\\x.csv", "//host/x.csv"):
        yield Case("ZIP that leads out", name, packed(zipped((name, data))))
    for name in (
        "\x1b[31mx.csv",
        "[/x].csv",
        "-rf.csv",
        "con\u202e.csv",
        "n" * 5_000 + ".csv",
        "$(id).csv",
        "'; --.csv",
    ):
        yield Case("ZIP with hostile names", repr(name[:20]), packed(zipped((name, data), (name + ".csv", data))))
    for what, members in {"two": 2, "70,000": 70_000}.items():
        yield Case("ZIP of many members", what, packed(partial(_many, members)))
    yield Case("ZIP bomb", "1 GB of zeros", packed(lambda: zipped(("x.csv", b"\0" * 200_000_000))))
    inner = zipped(("x.csv", data))
    for _ in range(5):
        inner = zipped(("x.zip", inner))
    yield Case("ZIP of ZIPs", "six deep", packed(inner, "*.zip > *.zip > *.zip > *.zip > *.zip > *.zip > *.zip"))
    yield Case("ZIP without the member", "other name", packed(zipped(("x.txt", data))))
    yield Case("ZIP without the member", "empty", packed(zipped()))
    yield Case("ZIP without the member", "folder of the name", packed(zipped(("x.csv/", b""))))
    good = zipped(("x.csv", data))
    encrypted = bytearray(good)
    encrypted[6] |= 1
    central = good.rindex(b"PK\x01\x02")
    encrypted[central + 8] |= 1
    yield Case("ZIP that cannot be read", "encrypted", packed(bytes(encrypted)))
    for method in (1, 6, 97, 99):
        odd = bytearray(good)
        odd[8], odd[central + 10] = method, method
        yield Case("ZIP that cannot be read", f"method {method}", packed(bytes(odd)))
    lying = bytearray(good)
    lying[central + 24 : central + 28] = struct.pack("<I", 2**31)
    yield Case("ZIP that lies of sizes", "unpacked", packed(bytes(lying)))
    lying = bytearray(good)
    lying[central + 42 : central + 46] = struct.pack("<I", 2**31)
    yield Case("ZIP that lies of sizes", "place", packed(bytes(lying)))
    lying = bytearray(good)
    lying[central + 16] ^= 0xFF
    yield Case("ZIP that lies of sizes", "checksum", packed(bytes(lying)))
    chance = random.Random(SEED)
    for n in range(20):
        damaged = bytearray(good)
        for _ in range(chance.randint(5, 40)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        damaged[-chance.randint(1, 22)] ^= 0x41
        yield Case("ZIP with damaged bytes", str(n), packed(bytes(damaged[: chance.randint(50, len(damaged))])))
    for what, stream in {"empty": b"", "magic alone": b"BZh9", "cut": b"BZh91AY&SY" + bytes(40), "text": data}.items():
        yield Case("bz2 that is none", what, packed(stream, container="bz2"))


def every() -> Iterator[Case]:
    yield from csv()
    yield from workbooks()
    yield from others()
    yield from jsons()
    yield from zips()
