"""Copies of microdata written back as INEGI packs them: a ZIP a survey, a table a member, keys with their zeros.

Names of columns, codes and members come from the catalogue, from official dictionaries, and from public code that the
specs of the sources cite; none comes from our table specs. What belongs here: bytes. What does not: where they lie
(national).
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

Row = Mapping[str, str]
ACTS = [f"P14_1_{number}{'AB' if number in (23, 24, 35, 36, 37, 38) else ''}" for number in range(1, 39)]
"""Items of violence by a partner of ENDIREH 2021: 1 to 3 it happened, 4 it did not, blank for who never had one."""
VIOLENCE = {"vio_fis": (1, 9), "vio_psi": (10, 24), "vio_sex": (25, 31), "vio_eco": (32, 38)}
"""First and last item of each kind, as the catalogue of official addresses has them."""
DECIDES = {
    "": "", "Sólo la entrevistada": "1", "Sólo el esposo o pareja": "2", "Más él": "3", "Más ella": "4", "Ambos": "5",
    "Otras personas": "6", "No aplica": "7",
}  # fmt: skip
SAID = {"Sí": "1", "No": "2", "": ""}


def victims_of_crime(data: Path) -> bytes:
    """ENVIPE 2021: tables of the microdata, whose columns the copies have, in one ZIP and in latin-1."""
    folder, tables = data / "inegi_envipe2021", ("TVivienda", "THogar", "TPer_Vic2", "TMod_Vic")
    return _zipped(
        {
            f"bd_envipe_2021_csv/{table}.csv": _copy(folder / f"envipe2021_{table}_csv.zip").decode().encode("latin-1")
            for table in tables
        }
    )


def users_of_technology(data: Path) -> bytes:
    """ENDUTIH 2021: the columns of the official dictionary of 2022, without those that the copy adds."""
    dictionary = data / "inegi_endutih2022" / "diccionario_de_datos_tr_endutih_usuarios_anual_2022.csv"
    with dictionary.open(encoding="utf-8-sig", newline="") as file:
        names = [row["COLUMNA"] for row in csv.DictReader(file)]
    copy = _copy(data / "inegi_endutih2021" / "endutih2021_usuarios_csv.zip").decode("latin-1")
    rows = csv.DictReader(io.StringIO(copy, newline=""))
    return _zipped({"conjuntos_de_datos/tr_endutih_usuario_anual_2021.csv": _table(names, rows)})


def persons_of_households(data: Path) -> bytes:
    """ENIGH 2016: persons with what CONEVAL's programme reads of them, and a domestic worker whom it leaves out."""
    folder = data / "inegi_enigh2016"
    education = _rows(folder / "coneval2016_ic_rezedu16_csv.zip")
    health = {_person(row): row for row in _rows(folder / "coneval2016_ic_asalud16_csv.zip")}
    rows = [_member(number, row, health[_person(row)]) for number, row in enumerate(education)]
    rows.append({**rows[0], "numren": "99", "parentesco": "711"})
    return _zipped({"poblacion.csv": _table(list(rows[0]), rows)})


def _person(row: Row) -> tuple[str, ...]:
    return row["folioviv"], row["foliohog"], row["numren"]


def _member(number: int, education: Row, health: Row) -> Row:
    """Level, grade and what came before them by completed level: less than primary, less than secondary, or more."""
    levels = {
        "0": (("1", "3", ""), ("2", "5", ""), ("0", "0", "")),
        "1": (("2", "6", ""), ("3", "2", ""), ("5", "1", "1")),
        "2": (("3", "3", ""), ("4", "1", ""), ("5", "3", "1"), ("6", "1", "2"), ("8", "1", "3")),
        "": (("", "", ""),),
    }[education["niv_ed"]]
    level, grade, before = levels[number % len(levels)]
    difficulty = 1 + number % 7 if health["discap"] == "1" else 8
    return {
        **{name: education[name] for name in ("folioviv", "foliohog", "numren")},
        "parentesco": "101",
        "sexo": health["sexo"],
        "edad": education["edad"],
        **{
            f"disc{n}": str(difficulty) if n == min(difficulty, 8) or (n, difficulty) == (1, 8) else ""
            for n in range(1, 8)
        },
        "hablaind": {"1": "1", "0": "2", "": ""}[education["hli"]],
        "asis_esc": {"0": "1", "1": "2", "": ""}[education["inas_esc"]],
        "nivelaprob": level,
        "gradoaprob": grade,
        "antec_esc": before,
    }


def women(data: Path) -> bytes:
    """ENDIREH 2021: a table a section, with items in place of what the copy made of them.

    Women without a row of residents in the copy have none here.
    """
    rows = _rows(data / "inegi_endireh2021" / "endireh2021_csv.zip")
    sections: dict[str, Callable[[int, Row], Row]] = {
        "TB_SEC_XII": _childhood,
        "TB_SEC_XIV": _partner,
        "TB_SEC_XV": _decisions,
    }
    members = {}
    for name, items in sections.items():
        records = [{**_woman(row), **items(number, row), **_design(row)} for number, row in enumerate(rows)]
        members[f"bd_endireh_2021_csv/{name}.csv"] = _table(list(records[0]), records)
    residents = [
        {
            "ID_PER": row["id_per"],
            "SEXO": row["sexo"],
            "EDAD": row["edad"],
            "NIV": row["niv"].zfill(2),
            "GRA": row["gra"],
        }
        for row in rows
        if row["edad"]
    ]
    members["bd_endireh_2021_csv/TSDem.csv"] = _table(list(residents[0]), residents)
    return _zipped(members)


def _woman(row: Row) -> Row:
    return {
        "ID_VIV": row["id_viv"],
        "ID_PER": row["id_per"],
        "UPM": row["upm"],
        "VIV_SEL": row["viv_sel"].zfill(2),
        "HOGAR": row["hogar"],
        "N_REN": row["n_ren"].zfill(2),
        "DOMINIO": row["dominio"],
        "CVE_ENT": row["cve_ent"].zfill(2),
        "NOM_ENT": row["nom_ent"],
        "CVE_MUN": row["cve_mun"].zfill(3),
        "NOM_MUN": row["nom_mun"],
        "T_INSTRUM": row["t_instrum"],
    }


def _design(row: Row) -> Row:
    return {
        "FAC_VIV": row["fac_viv"],
        "FAC_MUJ": row["fac_muj"],
        "ESTRATO": row["estrato"],
        "UPM_DIS": row["upm_dis"].zfill(5),
        "EST_DIS": row["est_dis"].zfill(3),
    }


def _partner(number: int, row: Row) -> Row:
    """One act of each kind that she suffered: another item and another frequency from woman to woman."""
    items = dict.fromkeys(ACTS, "" if row["t_instrum"] == "C2" else "4")
    for kind, (first, last) in VIOLENCE.items():
        if row[kind] == "Sí":
            items[ACTS[first - 1 + number % (last - first + 1)]] = str(1 + number % 3)
    return {
        **items,
        "P14_4": SAID[row["habloalg"]],
        "P14_7_1": SAID[row["pidioayuda"]],
        "P14_7_2": SAID[row["denuncio"]],
    }


def _childhood(number: int, row: Row) -> Row:
    """Beaten or insulted often (1), sometimes (2) or never (3), and sexual violence as the copy has it."""
    often = {"Sí": str(1 + number % 2), "No": "3"}
    sexual = ("manoseos", "mostrar_gen", "ver_porno", "int_vio", "viola", "vio_din")
    return {
        "P12_6": often[row["viofisinf"]],
        "P12_7": often[row["viopsiinf"]],
        **{f"P12_14_{item}": row[column] for item, column in enumerate(sexual, 1)},
    }


def _decisions(_: int, row: Row) -> Row:
    columns = {12: "cuando_sexo", 13: "anticonceptivos", 14: "cui_sexual"}
    return {f"P15_1AB_{item}": DECIDES[row[column]] for item, column in columns.items()}


def _rows(path: Path) -> list[Row]:
    """The rows of the one member of a ZIP, in UTF-8."""
    return list(csv.DictReader(io.StringIO(_copy(path).decode(), newline="")))


def _copy(path: Path) -> bytes:
    """The one member of a ZIP."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(archive.namelist()[0])


def _table(names: Sequence[str], rows: Iterable[Row]) -> bytes:
    """A CSV in latin-1 with this header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, names, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("latin-1")


def _zipped(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()
