"""Real files with one thing wrong: each is one clear error that names file, place, value and remedy.

The damaged copies lie in ``tmp_path``. They are taken as a run takes them: their first bytes, unpacking, staging.
"""

from __future__ import annotations

import bz2
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from support.made_files import packed, repacked

from sdg_pipeline.duck import text as literal
from sdg_pipeline.errors import FetchError, InputError, StagingError
from sdg_pipeline.ingest.fetch import require_data
from sdg_pipeline.ingest.geography import register
from sdg_pipeline.ingest.parts import PartFile
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.ingest.readers import Reading, read
from sdg_pipeline.ingest.staging import Bench, stage
from sdg_pipeline.ingest.unpack import unpacked
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.source import Edition
from sdg_pipeline.specs.table import Table

pytestmark = pytest.mark.national

NATION = "Estados Unidos Mexicanos"
STATES = ", ".join(f"'{n:02d}'" for n in range(1, 33))
FILED = "tables/damaged.yaml"


@dataclass(frozen=True)
class Real:
    """A real file and how it is read: the format, the columns with keys, and a column with a number."""

    path: str
    format: dict[str, Any]
    geography: dict[str, Any]
    measure: str
    level: str = "municipality"
    container: str = "plain"
    member: str | None = None
    rows: tuple[str, ...] = ()
    rows_staged: int = 2469
    type: str = "count"
    record: str = "aggregate"
    edition: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return Path(self.path).name


CENSUS = Real(
    "inegi_censo_series/censo_serie_2020.csv",
    {"kind": "csv", "encoding": "latin-1", "preamble": 3, "footer": 2, "unnamed": ["key", "name", ""],
     "excel_concatenar": ["key"], "thousands": ","},
    {"key": "key"}, "Total", rows=(f"key > '01' AND key NOT IN ({STATES})",),
)  # fmt: skip
CRIMES = Real(
    "sesnsp/IDEFC_NM_mar22.csv",
    {"kind": "csv", "misread": {"was": "latin-1", "read_as": "mac-roman"}, "missing": ["", "NA"], "thousands": ","},
    {"state": "Clave_Ent"}, "Enero", level="state", record="unit",
    rows_staged=25088,
)  # fmt: skip
HEALTH = Real(
    "ssa/recursos_salud_municipio.tsv", {"kind": "csv", "delimiter": "\t"}, {"key": "municipality_id"}, "camas",
    record="unit",
    rows_staged=14814,
)  # fmt: skip
MARGINALISATION = Real(
    "conapo/IMM_2020.xls", {"kind": "workbook", "sheet": "IMM_2020", "header_rows": [1]}, {"key": "CVE_MUN"}, "OVSDE",
    container="workbook", type="mean",
)  # fmt: skip
POVERTY = Real(
    "coneval/pm_ip_2024.xlsx", {"kind": "workbook", "sheet": "Cuadro 2", "header_rows": [6, 7, 8], "last_row": 41},
    {"state_name": "Entidad federativa"}, "Pobreza extrema | Porcentaje | 2024", level="state", container="workbook",
    rows=(f"\"Entidad federativa\" <> '{NATION}'",), type="mean",
    rows_staged=32,
)  # fmt: skip
CATALOGUE = Real(
    "inegi_ageeml/catun_municipio.dbf",
    {"kind": "dbf"},
    {"state": "cve_ent", "municipality": "cve_mun"},
    "Pob_total",
    rows_staged=2465,
)
FINANCES = Real(
    "finanzas/finanzas_municipio_2020.parquet", {"kind": "parquet"}, {"key": "cvegeo"}, "ingresos_tot", rows_staged=2250
)
BOROUGHS = Real(
    "finanzas/efipem_alcaldias_csv.zip", {"kind": "csv"}, {"state": "ID_ENTIDAD", "municipality": "ID_ALCALDIA"},
    "VALOR", container="zip", member="conjunto_de_datos/*.csv", record="unit",
    edition={"container": "zip", "several": True},
    rows_staged=42826,
)  # fmt: skip
PACKED = Real(
    "inegi_ageeml/catun_municipio.csv", {"kind": "csv", "encoding": "latin-1"},
    {"state": "cve_ent", "municipality": "cve_mun"}, "Pob_total", container="bz2",
    rows_staged=2465,
)  # fmt: skip
ALL = [CENSUS, CRIMES, HEALTH, MARGINALISATION, POVERTY, CATALOGUE, FINANCES, BOROUGHS, PACKED]


class Desk:
    """Takes copies of real files; ``target`` is the table that is made of a sound one."""

    def __init__(self, folder: Path, shared: Path, con: duckdb.DuckDBPyConnection) -> None:
        self.folder, self.shared, self.con = folder, shared, con
        self.target = folder / "staged.parquet"

    def content(self, real: Real) -> bytes:
        content = (self.shared / real.path).read_bytes()
        return bz2.compress(content) if real.container == "bz2" else content

    def take(self, real: Real, content: bytes, form: dict[str, Any] | None = None) -> int:
        """Stage a copy and return the number of rows."""
        path = self.folder / real.name
        path.write_bytes(content)
        declared = {"container": real.container if real.member else "plain", "member": real.member, **real.edition}
        edition = Edition.model_validate({"period": "2020", "url_status": "unknown", **declared})
        require_data(path, real.container, str(path))  # type: ignore[arg-type]
        raw = RawFile("damaged", "2020", str(path), "0" * 64, len(content), "u", "official", "t",
                      container=real.container)  # type: ignore[arg-type]  # fmt: skip
        with unpacked(raw, edition, self.folder / "scratch") as paths:
            table = self.table(real, paths, form or real.format)
            files = [PartFile(table.parts[0], edition, raw, paths)]
            areas = register(PROJECT / "indicator_specs")
            return stage(table, files, Bench(self.con, areas, self.target, self.folder / "scratch")).rows

    def table(self, real: Real, paths: tuple[Path, ...], form: dict[str, Any]) -> Table:
        """A table spec that uses the keys and one number, and ignores the other columns of the sound file by name."""
        used = {*real.geography.values(), real.measure}
        return Table.model_validate({
            "id": "damaged", "title": {"en": "d", "es": "d"}, "description": {"en": "d", "es": "d"},
            "record": real.record, "format": form, "geography": {"vintage": 2020, **real.geography},
            "parts": [{"source": "damaged", "edition": "2020", "level": real.level,
                       "rows": [{"keep": rule, "reason": "areas of another level"} for rule in real.rows]}],
            "measures": {"number": {"label": {"en": "n", "es": "n"}, "type": real.type, "column": real.measure}},
            "ignore": [{"reason": "not asked for", "columns": [c for c in self.header(real) if c not in used]}],
        })  # fmt: skip

    def header(self, real: Real) -> list[str]:
        """The columns of the sound file."""
        parts = [{"source": "damaged", "edition": "2020", "level": real.level}]
        spec = {"id": "damaged", "title": {"en": "d", "es": "d"}, "description": {"en": "d", "es": "d"}, "parts": parts,
                "record": "unit", "format": real.format, "geography": {"vintage": 2020, **real.geography},
                "measures": {"n": {"label": {"en": "n", "es": "n"}, "records": "all"}}}  # fmt: skip
        form = Table.model_validate(spec).format
        path = self.shared / real.path
        raw = RawFile("s", "2020", str(path), "0" * 64, 1, "u", "official", "t",
                      container="zip" if real.container == "zip" else "plain")  # fmt: skip
        edition = Edition.model_validate(
            {"period": "2020", "url_status": "unknown", "container": "zip" if real.member else "plain",
             "member": real.member, **real.edition})  # fmt: skip
        with unpacked(raw, edition, self.folder / "sound") as paths:
            return read(Reading(self.con, paths[:1], real.name, self.folder / "sound"), form, "sound")


@pytest.fixture
def desk(tmp_path: Path, shared_data: Path, duck: duckdb.DuckDBPyConnection) -> Desk:
    return Desk(tmp_path, shared_data, duck)


@pytest.mark.parametrize("real", ALL, ids=lambda real: real.name)
def test_the_sound_file_is_taken(desk: Desk, real: Real) -> None:
    assert desk.take(real, desk.content(real)) == real.rows_staged


def middle(content: bytes, separator: bytes = b"\n") -> int:
    """A place in the middle of the line that is in the middle of a file."""
    start = content.index(separator, len(content) // 2) + 1
    return start + (content.index(separator, start) - start) // 2


def cut(content: bytes) -> bytes:
    return content[: middle(content)]


def sound(content: bytes) -> bytes:
    """The file is as it should be, and the spec is wrong."""
    return content


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def replaced(old: str, new: str, encoding: str = "utf-8") -> Callable[[bytes], bytes]:
    def replace(content: bytes) -> bytes:
        assert content.count(old.encode(encoding)), f"the file does not hold {old}"
        return content.replace(old.encode(encoding), new.encode(encoding), 1)

    return replace


def line_more(content: bytes) -> bytes:
    """A line of a new preamble."""
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    return mark + b"Instituto\n" + content.removeprefix(mark)


def recoded(was: str, becomes: str) -> Callable[[bytes], bytes]:
    return lambda content: content.decode(was).encode(becomes)


def member_with(path: str, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """A ZIP with one member changed."""

    def change_member(content: bytes) -> bytes:
        import io
        import zipfile

        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(i.filename, archive.read(i)) for i in archive.infolist() if i.filename.endswith(".csv")]
        return packed(*((name, change(data) if name == path else data) for name, data in members))

    return change_member


YEAR = "conjunto_de_datos/efipem_alcaldia_anual_tr_cifra_2013.csv"
DRIFT = f"remedy: use or ignore each column in {FILED} (`sdg new ignored "
DAMAGE: list[tuple[str, Real, Callable[[bytes], bytes], dict[str, Any], type[InputError], tuple[str, ...]]] = [
    # delimited text
    ("cut", CENSUS, cut, {}, StagingError, (": line 2 from the end: has a row of data where its footer is; found '",
     "remedy: mend format.footer in the table spec, or get a sound copy of the file")),
    ("renamed", CENSUS, replaced('"Hombres"', '"Varones"'), {}, StagingError,
     (": header: has other columns than the table spec says; appeared: Varones; went: Hombres; ", DRIFT)),
    ("shifted", CENSUS, line_more, {}, StagingError, (": header: does not have the columns without a name that the "
     "table spec says; found 'none'; remedy: name each of them under format.unnamed in the table spec",)),
    ("encoding", CENSUS, recoded("latin-1", "utf-8"), {}, StagingError,
     (": line 93: is not latin-1; found '81 6c 76 61'; ", "remedy: set format.encoding")),
    ("formula", CENSUS, replaced("=CONCATENAR(0,05) ", "=CONCAT(0,05)"), {}, StagingError,
     (", column key: a cell is neither a key nor =CONCATENAR(0,01); found '=CONCAT(0,05)'; remedy: mend ",)),
    ("row more", CENSUS, replaced('"Zacatecas","149,607"', '"Zacatecas","149.607"'), {}, StagingError,
     (": row 2506, column Total: a cell is not a whole number; found '149.607'; remedy: ",)),
    ("cut", CRIMES, cut, {}, StagingError,
     (": cannot be read as CSV: line 12", ": expected number of columns: 19 found: ", "remedy: get a sound copy")),
    ("renamed", CRIMES, replaced("Diciembre", "Dic"), {}, StagingError,
     (": header: has other columns than the table spec says; appeared: Dic; went: Diciembre; ", DRIFT)),
    ("shifted", CRIMES, line_more, {}, StagingError,
     (": cannot be read as CSV: line 2: expected number of columns: 1 found: 19; ",)),
    ("encoding", CRIMES, lambda content: content.decode("utf-8-sig").encode("mac-roman"), {}, StagingError,
     (": line 1 or after: does not have the declared damage; remedy: the declared misread does not fit this file",)),
    ("undeclared", CRIMES, sound, {"misread": None}, StagingError,
     (": header: has other columns than the table spec says; appeared: AÒo (like Año), Bien jurÌdico afectado (like Bien ",
      DRIFT)),
    ("cut", HEALTH, cut, {}, StagingError, (": cannot be read as CSV: line ", "remedy: get a sound copy of the file")),
    ("renamed", HEALTH, replaced("camas", "Camas"), {}, StagingError,
     (": header: has other columns than the table spec says; appeared: Camas (like camas); went: camas (like Camas); ", DRIFT)),
    ("encoding", HEALTH, recoded("utf-8", "latin-1"), {}, StagingError, (": line 2: is not utf-8; found 'e9 ",
     "remedy: set format.encoding in the table spec to the real encoding (latin-1?)")),
    ("separator", HEALTH, sound, {"delimiter": ";"}, StagingError,
     (": header: has other columns than the table spec says; appeared: state_id\tstate\t", DRIFT)),
    # workbooks
    ("cut", MARGINALISATION, half, {}, StagingError, (": sheet IMM_2020: cannot be read as a workbook: ",
     "remedy: get a sound copy of the file")),
    ("sheet", MARGINALISATION, sound, {"sheet": "IMM_2015"}, StagingError,
     (": has no such sheet; found 'IMM_2015'; remedy: mend format.sheet in the table spec; the sheets are: IMM_2020",)),
    ("renamed", MARGINALISATION, replaced("OVSDE", "OVSDX"), {}, StagingError,
     (": header: has other columns than the table spec says; appeared: OVSDX (like OVSDE); went: OVSDE (like OVSDX); ", DRIFT)),
    ("shifted", MARGINALISATION, sound, {"header_rows": [2]}, StagingError,
     (": sheet IMM_2020, header: has a column twice; found 'Aguascalientes'; remedy: mend header_rows, last_row or ",)),
    ("page", MARGINALISATION, lambda _: b"<html><title>No existe</title></html>", {}, FetchError,
     (": is an HTML or XML page where data was expected; found 'No existe'; remedy: look at ",)),
    ("text", MARGINALISATION, lambda _: b"CVE_ENT,CVE_MUN\n01,01001\n", {}, FetchError,
     (": is no workbook: it begins neither with PK (XLSX, ODS) nor with D0 CF 11 E0 (XLS); found \"b'CVE_ENT,'\"; ",
      "remedy: look at what the URL gives; if the file is not packed, set container: plain")),
    ("cut", POVERTY, half, {}, FetchError, (": is a truncated or damaged workbook (File is not a zip file); ",)),
    ("sheet", POVERTY, sound, {"sheet": "Cuadro 12"}, StagingError,
     (": has no such sheet; found 'Cuadro 12'; remedy: mend format.sheet in the table spec; the sheets are: Índice",)),
    ("shifted down", POVERTY, sound, {"header_rows": [7, 8, 9], "last_row": 42}, StagingError,
     (": sheet Cuadro 2, ", "remedy: ")),
    ("shifted up", POVERTY, sound, {"header_rows": [5, 6, 7], "last_row": 40}, StagingError,
     (": sheet Cuadro 2, ", "remedy: ")),
    ("one state more", POVERTY, sound, {"last_row": 40}, StagingError,
     (": sheet Cuadro 2, row 41: goes on below its last row; found 'Zacatecas'; remedy: mend last_row of the format",)),
    ("one state less", POVERTY, sound, {"last_row": 42}, StagingError,
     (": sheet Cuadro 2, ", "remedy: ")),
    # dBase
    ("cut", CATALOGUE, half, {}, StagingError, (": record 1232 of 2465: is cut short; found '276,",
     " of 552,545 bytes'; remedy: get a sound copy of the file")),
    ("renamed", CATALOGUE, replaced("Pob_total\0", "Poblacion\0"), {}, StagingError,
     (": header: has other columns than the table spec says; appeared: Poblacion; went: Pob_total; ", DRIFT)),
    ("encoding", CATALOGUE, sound, {"encoding": "utf-8"}, StagingError,
     (": record 4, column nom_mun: is not utf-8; found 'Cosío'; remedy: set format.encoding in the table spec",)),
    ("recoded", CATALOGUE, lambda content: content.replace(b"Cos\xedo ", "Cosío".encode()), {}, StagingError,
     (": row 4: is not latin-1; found 'CosÃ\\xado'; remedy: set format.encoding in the table spec",)),
    ("records", CATALOGUE, lambda content: content[:4] + b"\xa0\x09" + content[6:], {}, StagingError,
     (": does not hold the records that its header counts; found '2465 of 2464'; remedy: get a sound copy",)),
    # Parquet
    ("cut", FINANCES, half, {}, StagingError, (": cannot be read as Parquet: ", "remedy: get a sound copy")),
    ("end", FINANCES, lambda content: content[: len(content) // 2] + content[-5000:], {}, StagingError,
     (": cannot be read as Parquet: ", "remedy: get a sound copy of the file")),
    # ZIP and bz2
    ("cut", BOROUGHS, half, {}, FetchError, (": is a truncated or damaged ZIP (File is not a zip file); ",)),
    ("renamed", BOROUGHS, member_with(YEAR, replaced("VALOR", "IMPORTE")), {}, StagingError,
     ("> efipem_alcaldia_anual_tr_cifra_2013.csv: header: has other columns than "
      "efipem_alcaldia_anual_tr_cifra_1999.csv, with which it is to be one table; "
      "appeared: IMPORTE; went: VALOR; remedy: mend member",)),
    ("cut member", BOROUGHS, member_with(YEAR, cut), {}, StagingError,
     ("> efipem_alcaldia_anual_tr_cifra_2013.csv: cannot be read as CSV: line ", "remedy: get a sound copy")),
    ("cell", BOROUGHS, member_with(YEAR, replaced(",1495365070,", ",1 495,")), {}, StagingError,
     (": row 2 of efipem_alcaldia_anual_tr_cifra_2013.csv, column VALOR: a cell is not a whole number; ",
      "found '1 495'; ")),
    ("encoding", BOROUGHS, member_with(YEAR, recoded("utf-8-sig", "latin-1")), {}, StagingError,
     ("> efipem_alcaldia_anual_tr_cifra_2013.csv: line 2: is not utf-8; found 'ed 73 74 69'; remedy: set ",)),
    ("cut", PACKED, half, {}, FetchError, (": is a truncated or damaged bz2 file (it ends in the middle); ",)),
    ("not packed", PACKED, bz2.decompress, {}, FetchError,
     (": is no bz2 file: it does not begin with BZh; found \"b'cve_ent,'\"; remedy: look at what the URL gives",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("real", "damage", "form", "kind", "message"), [d[1:] for d in DAMAGE], ids=[f"{d[1].name}-{d[0]}" for d in DAMAGE]
)
def test_a_damaged_file_is_one_clear_error_and_nothing_is_written(
    desk: Desk,
    real: Real,
    damage: Callable[[bytes], bytes],
    form: dict[str, Any],
    kind: type[InputError],
    message: tuple[str, ...],
) -> None:
    with pytest.raises(kind) as caught:
        desk.take(real, damage(desk.content(real)), {**real.format, **form})
    text = str(caught.value)
    assert text.startswith((real.name, str(desk.folder / real.name))), text
    for part in message:
        assert part in text
    assert "remedy: " in text
    assert "\n" not in text
    assert not desk.target.exists()
    assert [p for p in (desk.folder / "scratch").rglob("*") if p.is_file()] == []


def test_a_renamed_header_in_an_xlsx(desk: Desk) -> None:
    path = desk.shared / POVERTY.path
    with pytest.raises(StagingError) as caught:
        desk.take(POVERTY, repacked(path, "xl/sharedStrings.xml", "Pobreza extrema", "Pobreza severa"))
    assert "has other columns than the table spec says; appeared: Pobreza severa | Carencias promedio | 2016" in str(
        caught.value
    )


def test_a_renamed_column_in_parquet(desk: Desk) -> None:
    path = desk.folder / "renamed"
    columns = f"* RENAME (ingresos_tot AS ingresos) FROM read_parquet({literal(desk.shared / FINANCES.path)})"
    desk.con.execute(f"COPY (SELECT {columns}) TO {literal(path)} (FORMAT parquet)")
    with pytest.raises(
        StagingError,
        match=r"header: has other columns .* appeared: ingresos .like ingresos_tot.; went: ingresos_tot .*; remedy",
    ):
        desk.take(FINANCES, path.read_bytes())
