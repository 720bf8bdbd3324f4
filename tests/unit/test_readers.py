"""Readers: what each format becomes, on small files that show every rule, and on the real files of SDG_SHARED_DATA."""

from __future__ import annotations

import csv
import datetime
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import TypeAdapter, ValidationError
from support.made_files import dbf, repacked, xlsx

from sdg_pipeline.duck import text as literal
from sdg_pipeline.errors import StagingError
from sdg_pipeline.ingest.readers import ROW, Reading, read
from sdg_pipeline.ingest.reading import cell_text
from sdg_pipeline.specs.formats import Format

FORMAT: TypeAdapter[Any] = TypeAdapter(Format)
SOUND = "remedy: get a sound copy of the file"
WORKBOOK = "of the format in the table spec, or get the right file"


class Files:
    """Files in ``folder`` and how they are read; the table is ``v``."""

    def __init__(self, folder: Path, con: duckdb.DuckDBPyConnection) -> None:
        self.folder, self.con = folder, con

    def give(self, content: str | bytes, name: str = "file") -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def read(self, *paths: Path, **form: Any) -> list[tuple[Any, ...]]:
        """The header, then the rows, each with its number."""
        reading = Reading(self.con, paths, "file", self.folder / "scratch")
        header = read(reading, FORMAT.validate_python({"kind": "csv", **form}), "v")
        assert [p for p in (self.folder / "scratch").rglob("*") if p.is_file()] == []
        columns = [row[0] for row in self.con.execute("DESCRIBE v").fetchall()]
        assert sorted(columns) == sorted([ROW, *header])
        names = ", ".join(f'"{name}"' for name in [ROW, *header])
        return [tuple(header), *self.con.execute(f"SELECT {names} FROM v ORDER BY {ROW}").fetchall()]

    def refusal(self, *paths: Path, **form: Any) -> str:
        with pytest.raises(StagingError) as caught:
            self.read(*paths, **form)
        text = str(caught.value)
        assert "; remedy: " in text
        assert "\n" not in text
        assert [p for p in (self.folder / "scratch").rglob("*") if p.is_file()] == []
        return text


@pytest.fixture
def files(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> Files:
    return Files(tmp_path, duck)


# Delimited text


@pytest.mark.parametrize(
    ("content", "form"),
    [
        ("clave,año\n01,7\n02,\n".encode(), {}),
        ("clave,año\n01,7\n02,\n".encode("utf-8-sig"), {}),
        ("clave,año\r\n 01 , 7\r\n02,\r\n".encode("latin-1"), {"encoding": "latin-1"}),
        ("clave;año\n01;7\n02;\n".encode("cp1252"), {"encoding": "cp1252", "delimiter": ";"}),
        ("clave\taño\n01\t7\n02\t\n".encode(), {"delimiter": "\t"}),
        ("Fuente, INEGI\n\nclave,año\n01,7\n02,\n".encode(), {"preamble": 2}),
        (b"x,y\n01,7\n02,\n", {"header": ["clave", "año"]}),
        (b"01,7\n02,\n", {"header": ["clave", "año"], "preamble": 0}),
    ],
)
def test_csv(files: Files, content: bytes, form: dict[str, Any]) -> None:
    if form == {"header": ["clave", "año"], "preamble": 0}:
        assert [row[1:] for row in files.read(files.give(content), **form)[1:]] == [("01", "7"), ("02", None)]
        return
    if "header" in form:
        form = {**form, "preamble": 1}
    header, *rows = files.read(files.give(content), **form)
    assert header == ("clave", "año")
    assert [row[1:] for row in rows] == [("01", "7"), ("02", None)]


def test_csv_tells_the_row_of_the_file(files: Files) -> None:
    text = 'title\n"name\nof area",n\n"Norte, ""El Grande""",1\nSur,2\n'
    assert files.read(files.give(text), preamble=1) == [
        ("name\nof area", "n"), (4, 'Norte, "El Grande"', "1"), (5, "Sur", "2")]  # fmt: skip


@pytest.mark.parametrize("content", ["a" * 300_000, f"clave,{'n' * 140_000}\n01,1\n", f"clave,n\n01,{'1' * 140_000}\n"])
@pytest.mark.parametrize("limit", [131_072, sys.maxsize])
def test_an_endless_cell_is_refused_whatever_bound_csv_has(files: Files, content: str, limit: int) -> None:
    before = csv.field_size_limit(limit)  # which frictionless lifts for the whole process
    try:
        text = files.refusal(files.give(content))
    finally:
        csv.field_size_limit(before)
    assert text.startswith("file: header: ")
    assert SOUND in text


def test_cp1252_keeps_what_latin_1_does_not_have(files: Files) -> None:
    path = files.give("a,b\n“Niño”,1\n".encode("cp1252"))
    assert files.read(path, encoding="cp1252")[1] == (2, "“Niño”", "1")
    assert files.refusal(path, encoding="latin-1") == (
        "file: line 2: is not latin-1; found '93 4e 69 f1'; remedy: set format.encoding in the table spec to the real "
        "encoding (utf-8 or cp1252?)"
    )


def test_utf_8_that_is_declared_as_latin_1(files: Files) -> None:
    text = files.refusal(files.give("a,b\nMéxico,1\n"), encoding="latin-1")
    assert text == (
        "file: line 2: is not latin-1; found 'a,b\nMÃ©xico,1'; remedy: ".replace("\n", "\\n")
        + "set format.encoding in the table spec to the real encoding (utf-8?)"
    )


@pytest.mark.parametrize("cells", ["01,7,9", "01"])
def test_the_given_header_fits_the_columns(files: Files, cells: str) -> None:
    cause = f"{len(cells.split(','))} cells for 2 names"
    assert files.refusal(files.give(f"title\n{cells}\n"), preamble=1, header=["clave", "n"]) == (
        f"file: line 2: does not have the columns of format.header; found '{cause}'; remedy: mend format.header or "
        "format.preamble in the table spec, or get the right file"
    )


def test_a_preamble_with_a_line_break_within_a_cell_loses_no_row(files: Files) -> None:
    text = 'Población\n"Consulta de:\ntotal"\na,b\n1,2\n3,4\n'
    assert "file: row 5: does not begin where its header ends; found '3'" in files.refusal(files.give(text), preamble=3)


CUBE = (
    '"Población total"\n""\n"","","Total","Hombres",""\n" ","Total","1,234","600"\n'
    '"=CONCATENAR(0,01) ","Aguascalientes","1,000","500"\n" 01 001 ","Asientos","1,000",""\n'
    '"=CONCATENAR( ,10) ","Durango","234","100"\n\n"FUENTE: INEGI, Censo"\n'
)
CUBE_FORM: dict[str, Any] = {
    "encoding": "latin-1",
    "preamble": 2,
    "footer": 2,
    "unnamed": ["key", "name", ""],
    "excel_concatenar": ["key"],
}


def test_a_cube_export_of_inegi(files: Files) -> None:
    path = files.give(CUBE.encode("latin-1"))
    assert files.read(path, **CUBE_FORM) == [
        ("key", "name", "Total", "Hombres"),
        (4, "", "Total", "1,234", "600"),
        (5, "01", "Aguascalientes", "1,000", "500"),
        (6, "01001", "Asientos", "1,000", None),
        (7, "10", "Durango", "234", "100"),
    ]
    assert files.read(path, **{**CUBE_FORM, "excel_concatenar": []})[2][1] == "=CONCATENAR(0,01)", "never unasked"


@pytest.mark.parametrize(
    ("old", "new", "form", "message"),
    [
        ("", "", {"unnamed": ["key", "name"]},
         "file: header: does not have the columns without a name that the table spec says; found "
         "'3 (columns 1, 2, 5)'; remedy: name each of them under format.unnamed in the table spec, with '' where the "
         "column holds nothing"),
        ('"",""', '"clave","nombre"', {},
         "file: header: does not have the columns without a name that the table spec says; found '1 (columns 5)'; "),
        ('"234","100"', '"234","100","9"', {}, "file: cannot be read as CSV: line 7: expected number of columns: 4 "),
        ("", "", {"footer": 3},
         "file: line 3 from the end: has a row of data where its footer is; found "
         "'\"=CONCATENAR( ,10) \",\"Durango\",\"234\",\"100\"'; remedy: mend format.footer in the table spec, or get a "
         "sound copy of the file"),
        ("", "", {"footer": 0}, "file: cannot be read as CSV: line 9: expected number of columns: 4 found: 1; "),
        ("( ,10)", "(1,10)", {},
         "file: row 7, column key: a cell is neither a key nor =CONCATENAR(0,01); found '=CONCATENAR(1,10)'; remedy: "
         "mend format.excel_concatenar in the table spec, or get a sound copy of the file"),
        ("", "", {"excel_concatenar": ["clave"]},
         "file: header: lacks a column that format.excel_concatenar names; found 'clave'; remedy: mend "
         "format.excel_concatenar in the table spec, or get the right file"),
        ("", "", {"preamble": 1}, "file: header: does not have the columns without a name that the table spec says; "
         "found '1 (columns 1)'; "),
    ],
)  # fmt: skip
def test_a_cube_export_that_is_not_what_was_declared(
    files: Files, old: str, new: str, form: dict[str, Any], message: str
) -> None:
    content = CUBE.replace(old, new) if old else CUBE
    assert files.refusal(files.give(content.encode("latin-1")), **{**CUBE_FORM, **form}).startswith(message)


def test_a_column_that_is_said_to_hold_nothing(files: Files) -> None:
    assert files.read(files.give("a,\n1,\n2, \n"), unnamed=[""]) == [("a",), (2, "1"), (3, "2")]
    assert files.refusal(files.give("a,\n1,\n2,x\n"), unnamed=[""]) == (
        "file: row 3, column 2: has a cell in a column that format.unnamed says to hold nothing; found 'x'; remedy: "
        "name the column under format.unnamed in the table spec"
    )


@pytest.mark.parametrize(
    ("was", "read_as"), [("utf-8", "latin-1"), ("utf-8", "cp1252"), ("latin-1", "mac-roman"), ("utf-8", "mac-roman")]
)
def test_double_encoding_is_undone_where_it_is_declared(files: Files, was: str, read_as: str) -> None:
    sound = "Año,n\nMéxico,1\n"
    path = files.give(sound.encode(was).decode(read_as))
    assert files.read(path, misread={"was": was, "read_as": read_as}) == [("Año", "n"), (2, "México", "1")]
    if was == "utf-8":
        assert "is double-encoded (UTF-8 twice)" in files.refusal(path)
    else:
        assert files.read(path)[0] == ("AÒo", "n")  # which is drift for the table spec


@pytest.mark.parametrize(("content", "read_as"), [("Año,n\nx—,1\n".encode(), "latin-1"), (b"A\xf1o\n1\n", "cp1252")])
def test_declared_double_encoding_that_is_not_there(files: Files, content: bytes, read_as: str) -> None:
    assert files.refusal(files.give(content), misread={"was": "utf-8", "read_as": read_as}) == (
        "file: line 1 or after: does not have the declared damage; remedy: the declared misread does not fit this "
        "file: mend format.misread in the table spec"
    )


@pytest.mark.parametrize(
    "form",
    [{"header": ["a"], "unnamed": ["b"]}, {"encoding": "latin-1", "misread": {"was": "utf-8", "read_as": "cp1252"}}],
)
def test_formats_that_contradict_themselves(form: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FORMAT.validate_python({"kind": "csv", **form})


# Workbooks

POVERTY: list[list[Any]] = [
    ["Cuadro 2", None, None, None, None, None, None, "Índice"],
    ["Entidad  federativa", None, "Pobreza", None, None, None, "Pobreza\nextrema", None],
    [None, None, "Población", None, None, "Carencias", "Población", None],
    [None, None, 2020, 2022.0, None, 2022, 2020, 2022],
    ["Estados Unidos Mexicanos", None, 55654.225, 51890.880000000005, None, 43.23144826009999, 0.5, "ND"],
    [],
    ["Aguascalientes", None, 396, 0.1 + 0.2, None, 1e-7, -3.0, 1234567890123456],
    ["Nota: ", None, "los límites son al 95 %", "x"],
]
MERGED = ("A2:B4", "C2:F2", "G2:H2", "C3:D3", "G3:H3")
POVERTY_FORM: dict[str, Any] = {"kind": "workbook", "sheet": "Cuadro 2", "header_rows": [2, 3, 4], "last_row": 7}
POVERTY_HEADER = (
    "Entidad federativa",
    "Pobreza | Población | 2020",
    "Pobreza | Población | 2022",
    "Pobreza | Carencias | 2022",
    "Pobreza extrema | Población | 2020",
    "Pobreza extrema | Población | 2022",
)


def poverty(files: Files, rows: list[list[Any]] = POVERTY) -> Path:
    return files.give(xlsx({"Cuadro 2": rows, "Índice": [["x"]]}, MERGED), "file.xlsx")


def test_a_sheet_with_merged_headers_spacers_and_notes(files: Files) -> None:
    assert files.read(poverty(files), **POVERTY_FORM) == [
        POVERTY_HEADER,
        (5, "Estados Unidos Mexicanos", "55654.225", "51890.88", "43.2314482601", "0.5", "ND"),
        (7, "Aguascalientes", "396", "0.3", "0.0000001", "-3", "1234567890123456"),
    ]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"sheet": "Cuadro 3"},
         "file: has no such sheet; found 'Cuadro 3'; remedy: mend format.sheet in the table spec; the sheets are: "
         "Cuadro 2, Índice"),
        ({"last_row": 6}, "file: sheet Cuadro 2, row 7: goes on below its last row; found 'Aguascalientes'; "
         f"remedy: mend last_row {WORKBOOK}"),
        ({"last_row": 9}, "file: sheet Cuadro 2, row 8: ends before its last row; remedy: mend header_rows or "
         f"last_row {WORKBOOK}"),
        ({"header_rows": [20], "last_row": None}, "file: sheet Cuadro 2, row 8: ends before its header; remedy: "
         f"mend header_rows or last_row {WORKBOOK}"),
        ({"header_rows": [1]}, "file: sheet Cuadro 2, column C: has cells under no header; found 'Pobreza'; remedy: "
         f"mend header_rows or last_row {WORKBOOK}"),
        ({"header_rows": [2], "last_row": None}, "file: sheet Cuadro 2, header: has a column twice; found 'Pobreza'; "
         f"remedy: mend header_rows, last_row or header {WORKBOOK}"),
        ({"header": ["a", "b"]}, "file: sheet Cuadro 2: does not have the columns of format.header; found '6 columns "
         f"for 2 names'; remedy: mend header, header_rows or last_row {WORKBOOK}"),
    ],
)  # fmt: skip
def test_a_sheet_that_is_not_what_was_declared(files: Files, form: dict[str, Any], message: str) -> None:
    assert files.refusal(poverty(files), **{**POVERTY_FORM, **form}) == message


def test_the_header_of_a_sheet_may_be_given(files: Files) -> None:
    header = ["entity", "a", "b", "c", "d", "e"]
    assert files.read(poverty(files), **{**POVERTY_FORM, "header": header})[0] == tuple(header)


def test_a_header_over_columns_that_is_centred_without_merging(files: Files) -> None:
    rows: list[list[Any]] = [["Entidad", "Pobreza", None, "Rezago"], [None, 2020, 2022, 2020], ["Sur", 1, 2, 3]]
    path = files.give(xlsx({"S": rows}), "file.xlsx")
    assert files.read(path, kind="workbook", sheet="S", header_rows=[1, 2]) == [
        ("Entidad", "Pobreza | 2020", "Pobreza | 2022", "Rezago | 2020"), (3, "Sur", "1", "2", "3")]  # fmt: skip


def test_error_cells_are_reported_and_not_empty(files: Files) -> None:
    path = files.give(xlsx({"x": [["y"]], "S": [["a", "b"], ["#DIV/0!", 1], [2, "#N/A"]]}), "file.xlsx")
    assert files.read(path, kind="workbook", sheet="S", header_rows=[1])[1:] == [(2, "#DIV/0!", "1"), (3, "2", "#N/A")]


def test_what_lies_under_a_merged_cell_is_not_shown(files: Files) -> None:
    path = files.give(xlsx({"S": [["a", "b", "c"], [1, 0, 2], [3, 4, 5]]}, ["A2:B2"]), "file.xlsx")
    assert files.read(path, kind="workbook", sheet="S", header_rows=[1])[1:] == [
        (2, "1", None, "2"),
        (3, "3", "4", "5"),
    ]


def test_a_column_of_blank_months_is_no_spacer(files: Files) -> None:
    path = files.give(xlsx({"S": [["state", None, "Enero", "Febrero"], ["01", None, 3]]}), "file.xlsx")
    assert files.read(path, kind="workbook", sheet="S", header_rows=[1]) == [
        ("state", "Enero", "Febrero"), (2, "01", "3", None)]  # fmt: skip


def test_a_sheet_without_rows(files: Files) -> None:
    form: dict[str, Any] = {"kind": "workbook", "sheet": "S", "header_rows": [1]}
    for rows in ([["a", "b"]], [["a", "b"], [None, None]]):
        assert files.read(files.give(xlsx({"S": rows}), "file.xlsx"), **form) == [("a", "b")]
    text = files.refusal(files.give(xlsx({"S": []}), "file.xlsx"), **form)
    assert text.startswith("file: sheet S, row 0: ends before its header")


def test_keys_that_stand_before_names_and_a_name_that_says_another_kind(files: Files) -> None:
    rows: list[list[Any]] = [["Entidad", "Municipio", "n"], ["01 Sur", "009 Valle", 3], ["01 Sur", None, 4]]
    path = files.give(xlsx({"S": rows}), "file.xls")
    form: dict[str, Any] = {"kind": "workbook", "sheet": "S", "header_rows": [1]}
    assert files.read(path, **form, keys={"key": {"Entidad": 2, "Municipio": 3}}) == [
        ("Entidad", "Municipio", "n", "key"), (2, "01 Sur", "009 Valle", "3", "01009"), (3, "01 Sur", None, "4", None)
    ]  # fmt: skip
    for keys, message in (
        ({"key": {"Estado": 2}}, "has no column to make key of; found 'Estado'"),
        ({"n": {"Entidad": 2}}, "has a column that keys of the format make; found 'n'"),
    ):
        assert message in files.refusal(path, **form, keys=keys)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a workbook", b"\xd0\xcf\x11\xe0" + bytes(2000)])
def test_what_is_no_workbook(files: Files, content: bytes) -> None:
    text = files.refusal(files.give(content, "file.xlsx"), kind="workbook", sheet="S", header_rows=[1])
    assert text.startswith("file: sheet S: cannot be read as a workbook: ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"), (-0.0, "0"), (948990.0, "948990"), (43.23144826009999, "43.2314482601"), (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"), (1.5e20, "150000000000000000000"), (2.0**53 - 1, "9007199254740991"), (True, "true"),
        (51890.880000000005, "51890.88"), (" 01001\xa0", "01001"), (None, ""), (7, "7"), (float("nan"), "nan"),
        (datetime.date(2023, 7, 1), "2023-07-01"), (9.8765432109876543, "9.87654321098765"),
    ],
)  # fmt: skip
def test_cells_as_text(value: object, text: str) -> None:
    assert cell_text(value) == text


# dBase

FIELDS = [("CVE", "C", 5, 0), ("NOM", "C", 10, 0), ("POB", "N", 9, 0), ("TASA", "F", 8, 3), ("DIA", "D", 8, 0),
          ("URB", "L", 1, 0)]  # fmt: skip
RECORDS = [
    (b"01001", "Cosío".encode("latin-1"), b"948990", b"1.500", b"20230701", b"T"),
    (b" 1002", b"", b"", b"********", b"", b"?"),
    (b"01003", b"Calvillo", b"12.70", b"0.10", b"00000000", b"N"),
]


def test_dbf(files: Files) -> None:
    assert files.read(files.give(dbf(FIELDS, RECORDS)), kind="dbf") == [
        ("CVE", "NOM", "POB", "TASA", "DIA", "URB"),
        (1, "01001", "Cosío", "948990", "1.500", "2023-07-01", "true"),
        (2, "1002", None, None, None, None, None),
        (3, "01003", "Calvillo", "12.70", "0.10", None, "false"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "cp850", "cp1252"])
def test_encodings_of_dbf(files: Files, encoding: str) -> None:
    content = dbf(FIELDS[:2], [(b"01001", "Cosío".encode(encoding))])
    assert files.read(files.give(content), kind="dbf", encoding=encoding)[1] == (1, "01001", "Cosío")


def test_deleted_records_of_dbf(files: Files) -> None:
    path = files.give(dbf(FIELDS, RECORDS, deleted=[2]))
    assert [row[1] for row in files.read(path, kind="dbf", deleted_records="leave_out")[1:]] == ["01001", "01003"]
    assert files.refusal(path, kind="dbf") == (
        "file: holds records that are marked as deleted; found '1'; remedy: ask the institution whether they count; "
        "then set format.deleted_records: leave_out in the table spec"
    )


@pytest.mark.parametrize(
    ("content", "form", "message"),
    [
        (dbf(FIELDS, RECORDS)[:-60], {}, "file: record 2 of 3: is cut short; found '292 of 351 bytes'; " + SOUND),
        (dbf(FIELDS, RECORDS, count=2), {}, "file: does not hold the records that its header counts; found '3 of 2'; "),
        (dbf(FIELDS, RECORDS), {"encoding": "utf-8"}, "file: record 1, column NOM: is not utf-8; found 'Cosío'; "
         "remedy: set format.encoding in the table spec to the real encoding (latin-1?)"),
        (dbf(FIELDS[:2], [(b"1", "José".encode("cp850"))]), {}, "file: record 1, column NOM: is not latin-1; found "),
        (dbf(FIELDS[:2], [(b"1", b"a"), (b"2", "Cosío".encode())]), {}, "file: row 2: is not latin-1; "
         "found 'CosÃ\\xado'; remedy: set format.encoding in the table spec to the real encoding (utf-8?)"),
        (dbf([("DIA", "D", 8, 0)], [(b"20231301",)]), {}, "file: record 1, column DIA: a cell cannot be read: "),
        (dbf([("MEMO", "M", 10, 0)], [(b"1",)]), {}, "file: column MEMO: has a field of a type that is not read; "
         "found 'M'; remedy: export the table without this column"),
        (dbf([FIELDS[0], FIELDS[0]], [(b"1", b"2")]), {}, "file: header: has a column twice; found 'CVE'; "),
        (b"\x03", {}, "file: header: cannot be read as dBase: "),
        (b"", {}, "file: header: cannot be read as dBase: "),
    ],
)  # fmt: skip
def test_a_dbf_that_is_not_what_was_declared(files: Files, content: bytes, form: dict[str, Any], message: str) -> None:
    assert files.refusal(files.give(content), kind="dbf", **form).startswith(message)


# Parquet


def parquet(files: Files, query: str, name: str = "file.parquet") -> Path:
    path = files.folder / name
    files.con.execute(f"COPY ({query}) TO {literal(path)} (FORMAT parquet)")
    return path


def test_parquet(files: Files) -> None:
    row = "' 01 ' AS k, 7::BIGINT AS n, 67.0::DOUBLE AS whole, 0.1::DOUBLE AS part, 1.50::DECIMAL(5, 2) AS d, NULL AS x"
    path = parquet(files, f"SELECT {row}, DATE '2023-07-01' AS day, true AS yes, 'nan'::DOUBLE AS no_number")
    assert files.read(path, kind="parquet") == [
        ("k", "n", "whole", "part", "d", "x", "day", "yes", "no_number"),
        (1, "01", "7", "67", "0.1", "1.50", None, "2023-07-01", "true", "nan"),
    ]


def test_parquet_that_is_damaged(files: Files) -> None:
    path = parquet(files, "SELECT 1 AS n")
    content = path.read_bytes()
    assert files.refusal(files.give(content[:-9]), kind="parquet").startswith("file: cannot be read as Parquet: ")
    assert files.refusal(files.give(b""), kind="parquet").startswith("file: cannot be read as Parquet: ")


def test_parquet_with_double_encoded_texts(files: Files) -> None:
    path = parquet(files, "FROM (VALUES ('sound'), ('M' || chr(195) || chr(169) || 'xico')) AS t(name)")
    assert (
        files.refusal(path, kind="parquet") == f"file: row 2: is double-encoded (UTF-8 twice); found 'MÃ©xico'; {SOUND}"
    )


# Several files as one table


def test_several_files_are_one_table_by_name(files: Files) -> None:
    paths = files.give("a,b\n1,2\n3,4\n", "1989.csv"), files.give("b,a\n6,5\n", "1990.csv")
    assert files.read(*paths) == [
        ("a", "b"), ("2 of 1989.csv", "1", "2"), ("2 of 1990.csv", "5", "6"), ("3 of 1989.csv", "3", "4")]  # fmt: skip
    assert files.con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'v\\_%' ESCAPE '\\'"
    ).fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("a,c\n1,2\n", "file > 1990.csv: header: has other columns than 1989.csv, with which it is to be one table; "
         "appeared: c; went: b; remedy: mend member of the edition in the source spec, or make parts of it that each "
         "have one header"),
        ("a\n1\n", "file > 1990.csv: header: has other columns than 1989.csv, with which it is to be one table; "
         "went: b; remedy: "),
        ("a,b\n", f"file > 1990.csv: holds a header and no rows; {SOUND}"),
        ("a,b\n1,2,3\n", "file > 1990.csv: cannot be read as CSV: line 2: expected number of columns: 2 found: 3; "),
        ("a,b\nM\ufffdxico,2\n", "file > 1990.csv: line 2: holds U+FFFD, a lost character; "),
    ],
)  # fmt: skip
def test_the_one_of_several_files_that_is_wrong_is_named(files: Files, second: str, message: str) -> None:
    paths = files.give("a,b\n1,2\n", "1989.csv"), files.give(second, "1990.csv")
    assert files.refusal(*paths).startswith(message)


def test_several_sheets_of_the_same_name(files: Files) -> None:
    paths = [files.give(xlsx({"S": [["a"], [n]]}), f"{n}.xlsx") for n in (1, 2)]
    assert files.read(*paths, kind="workbook", sheet="S", header_rows=[1]) == [
        ("a",), ("2 of 1.xlsx", "1"), ("2 of 2.xlsx", "2")]  # fmt: skip


# The real files

YEARS = [str(year) for year in range(2016, 2025, 2)]
CUBES = {"encoding": "latin-1", "footer": 2, "unnamed": ["key", "name", ""], "excel_concatenar": ["key"]}
REAL: list[tuple[str, dict[str, Any], tuple[int, int], dict[str, str | None]]] = [
    ("coneval/pm_ip_2024.xlsx",
     {"kind": "workbook", "sheet": "Cuadro 2", "header_rows": [6, 7, 8], "last_row": 41}, (46, 33),
     {"Entidad federativa": "Estados Unidos Mexicanos", "Pobreza | Población | 2018": "51890.88",
      "Pobreza | Porcentaje | 2016": "43.2314482601", "Pobreza extrema | Carencias promedio | 2024": "3.8090668488"}),
    ("coneval/pm_ct_2024.xlsx", {"kind": "workbook", "sheet": "Cuadro 2", "header_rows": [5], "last_row": 38}, (6, 33),
     {"Entidad federativa": "Estados Unidos Mexicanos", "2016": "0.4864639266", "2024": "0.4203946921"}),
    ("conapo/IMM_2020.xls", {"kind": "workbook", "sheet": "IMM_2020", "header_rows": [1]}, (17, 2469),
     {"CVE_ENT": "01", "CVE_MUN": "01001", "POB_TOT": "948990", "ANALF": "1.64473777347411", "GM_2020": "Muy bajo"}),
    ("conapo/5_Indicadores_demograficos_proyecciones.xlsx",
     {"kind": "workbook", "sheet": "sheet1", "header_rows": [1]}, (71, 3353),
     {"AÑO": "1950", "CVE_GEO": "0", "EMI_EST": "ND", "CRE_SOC": "-48983", "TMI": "137.81678"}),
    ("shcp/Vinculacion_ODS-Pp_PEF2019.xlsx", {"kind": "workbook", "sheet": "Hoja 1", "header_rows": [1]}, (24, 1704),
     {"ID_RAMO": "1", "DESC_RAMO": "Poder Legislativo", "ID_ODS": "16"}),
    ("shcp/Diccionario_ODS-Pp_PEF2019.xlsx",
     {"kind": "workbook", "sheet": "Diccionario", "header_rows": [1]}, (2, 24), {}),
    ("ine_electas/Base-Electas-Jalisco.xlsx",
     {"kind": "workbook", "sheet": "LV Legislatura 1997-2000", "header_rows": [2, 3]}, (19, 5),
     {"Partido Político": "PAN", "Mayoría Relativa | % Mujeres": "11.1111111111111", "Totales | Mujeres": "2"}),
    ("ine_electas/Base-Electas-Jalisco.xlsx",
     {"kind": "workbook", "sheet": "Lista Histórica Jalisco", "header_rows": [2]}, (10, 394), {"Sexo": "Hombre"}),
    ("ine_electas/Base-Electas-Aguascalientes.xlsx",
     {"kind": "workbook", "sheet": "LXIII Legislatura 2016-2018", "header_rows": [2, 3]}, (19, 11),
     {"Mayoría Relativa | Mujeres": "6", "Representación Proporcional | % Mujeres": "#DIV/0!"}),
    ("inegi_intercensal2015/01_poblacion_ags.xls",
     {"kind": "workbook", "sheet": "03", "header_rows": [7, 8], "last_row": 225}, (10, 216),
     {"Población total": "1312544", "Condición de registro de nacimiento | Está registrada": "99.5699850649819",
      "Está registrada en otro país": "0.41400516858863"}),
    ("inegi_intercensal2015/Educ_ags.xls",
     {"kind": "workbook", "sheet": "04", "header_rows": [7, 8, 9, 10], "last_row": 227}, (17, 216),
     {"Nivel de escolaridad | Educación básica | Secundaria | Incompleta": "11.4456554594696",
      "Nivel de escolaridad | Sin escolaridad": "3.07841606488408", "Grado promedio de escolaridad": "9.7259747"}),
    ("geo/mg_00mun.dbf", {"kind": "dbf"}, (4, 2475), {"CVEGEO": "01008", "NOMGEO": "San José de Gracia"}),
    ("inegi_ageeml/catun_municipio.dbf", {"kind": "dbf"}, (11, 2465), {"cve_ent": "01", "Pob_total": "797010"}),
    ("inegi_defunciones/CATMINDE_2023.dbf", {"kind": "dbf"}, (2, 4119), {"CVE": "A010", "DESCRIP": "Fiebre tifoidea"}),
    ("finanzas/finanzas_municipio_2020.parquet", {"kind": "parquet"}, (16, 2250),
     {"cvegeo": "01001", "ingresos_tot": "3690362003", "ingresos_propios": "1192872272"}),
    ("sesnsp/homicidios_municipio_2019_2021.parquet", {"kind": "parquet"}, (11, 2469), {"hom_2019": "67"}),
    ("inegi_censo_series/censo_serie_1990.csv", {**CUBES, "preamble": 3}, (5, 2436),
     {"key": "", "Total": "81,249,645", "Hombres": "39,893,969"}),
    ("inegi_censo_series/censo_serie_2010.csv", {**CUBES, "preamble": 4}, (5, 2489), {"Mujer": "57,481,307"}),
    ("inegi_censo_series/censo_serie_afro.csv", {**CUBES, "preamble": 3}, (6, 2502), {"No especificado": "476,588"}),
    ("sesnsp/IDEFC_NM_mar22.csv", {"misread": {"was": "latin-1", "read_as": "mac-roman"}}, (19, 25088),
     {"Año": "2015", "Bien jurídico afectado": "La vida y la Integridad corporal", "Enero": "3"}),
    ("sesnsp/IDEFC_NM_2015_2024.csv", {"encoding": "latin-1"}, (19, 31360), {"Año": "2015"}),
    ("ssa/recursos_salud_municipio.tsv", {"delimiter": "\t"}, (11, 14814), {"municipality_id": "1001"}),
]  # fmt: skip


@pytest.mark.national
@pytest.mark.parametrize(
    ("name", "form", "shape", "first"), REAL, ids=[f"{r[0]}-{r[1].get('sheet', '')}" for r in REAL]
)
def test_real_files(
    files: Files,
    shared_data: Path,
    name: str,
    form: dict[str, Any],
    shape: tuple[int, int],
    first: dict[str, str | None],
) -> None:
    header, *rows = files.read(shared_data / name, **form)
    assert (len(header), len(rows)) == shape
    assert {c: dict(zip(header, rows[0][1:], strict=True)).get(c, "(no such column)") for c in first} == first


@pytest.mark.national
@pytest.mark.parametrize("year", [1990, 1995, 2000, 2005, 2010, 2020])
def test_the_population_of_the_nation_is_that_of_its_states_and_of_its_municipalities(
    files: Files, shared_data: Path, year: int
) -> None:
    """Keys of all states (=CONCATENAR in ten forms and 22 others) and all thousands are right, or the sums are not."""
    form = {**CUBES, "preamble": 4 if year in (2000, 2010) else 3}
    _, *rows = files.read(shared_data / f"inegi_censo_series/censo_serie_{year}.csv", **form)
    people = {key: int(total.replace(",", "")) for _, key, _, total, *_ in rows}
    assert len(people) == len(rows)
    assert {key for key in people if len(key) == 2} == {f"{n:02d}" for n in range(1, 33)}
    assert {len(key) for key in people} == {0, 2, 5}
    assert sum(n for key, n in people.items() if len(key) == 2) == people[""]
    for state in (key for key in people if len(key) == 2):
        assert sum(n for key, n in people.items() if len(key) == 5 and key[:2] == state) == people[state]


@pytest.mark.national
def test_the_workbook_and_the_text_copy_of_a_table_agree(files: Files, shared_data: Path) -> None:
    header, *sheet = files.read(shared_data / "conapo/IMM_2020.xls", kind="workbook", sheet="IMM_2020", header_rows=[1])
    same, *text = files.read(shared_data / "conapo/IMM_2020.csv")
    assert header == same
    for left, right in zip(sheet, text, strict=True):
        for column, a, b in zip(header, left[1:], right[1:], strict=True):
            if column.startswith(("CVE", "NOM", "GM", "POB")):
                assert a == b
            else:
                assert float(a) == pytest.approx(float(b), abs=6e-9), (column, left)


@pytest.mark.national
def test_a_renamed_column_of_a_real_workbook_is_renamed_here_too(files: Files, shared_data: Path) -> None:
    content = repacked(shared_data / "coneval/pm_ip_2024.xlsx", "xl/sharedStrings.xml", "Pobreza extrema", "Pobreza")
    with pytest.raises(StagingError, match=r"has a column twice; found 'Pobreza \| Población \| 2016'"):
        files.read(files.give(content, "file.xlsx"), **REAL[0][1])


def test_damaged_texts_of_a_workbook_are_refused_unless_they_are_known(files: Files) -> None:
    path = files.give(xlsx({"S": [["Año", "n"], ["MÃ©xico", 1], ["Ciudad de MÃ©xico", 2]]}), "file.xlsx")
    form: dict[str, Any] = {"kind": "workbook", "sheet": "S", "header_rows": [1]}
    assert "row 2: is double-encoded (UTF-8 twice); found 'MÃ©xico'" in files.refusal(path, **form)
    assert "row 3: is double-encoded" not in files.refusal(path, **form)
    declared = {**form, "known_damage": ["Ciudad de MÃ©xico", "MÃ©xico"]}
    assert files.read(path, **declared)[1:] == [(2, "MÃ©xico", "1"), (3, "Ciudad de MÃ©xico", "2")]
    other = files.give(xlsx({"S": [["Año", "n"], ["MÃ©xico", 1], ["YucatÃ¡n", 2]]}), "other.xlsx")
    assert "row 3: is double-encoded (UTF-8 twice); found 'YucatÃ¡n'" in files.refusal(other, **declared)


def test_cells_of_a_header_span_lines_that_end_otherwise_than_rows(files: Files) -> None:
    content = b'"Bank\nbranches",Year,"Bank\nmachines"\r\n"13,579",2010,\r\n1,2011,7\r\n'
    header = ("Bank\nbranches", "Year", "Bank\nmachines")
    assert files.read(files.give(content)) == [header, (4, "13,579", "2010", None), (5, "1", "2011", "7")]
    footed = files.give(b"Title\r\n" + content + b"Source: bank\r\n", "footed")
    assert files.read(footed, preamble=1, footer=1)[1:] == [(5, "13,579", "2010", None), (6, "1", "2011", "7")]
