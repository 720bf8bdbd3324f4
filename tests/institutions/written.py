"""Copies written back into the official layout, as the catalogue of official addresses describes it.

The names of columns come from that catalogue and not from our table specs. What a copy does not have (single ages) is
written so that its sums are those of the copy. What belongs here: bytes. What does not: where they lie (national).
"""

from __future__ import annotations

import bz2
import csv
import io
import re
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import duckdb
import openpyxl

MONTHS = (
    "Enero", "Febrero", "Marzo", "Abril", "Mayo", "Junio", "Julio", "Agosto", "Septiembre", "Octubre", "Noviembre",
    "Diciembre",
)  # fmt: skip
_HEADER = re.compile(r"(?:CSV|LONG|wide): *([^;]+)")


def header(catalogue: Path, source: str) -> list[str]:
    """The names of the columns of a source's official file, as the catalogue gives them."""
    with (catalogue / "official_addresses.tsv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file, delimiter="\t") if row["source"] == source)
    facts = next(match[1] for text in row.values() if (match := _HEADER.search(text or "")))
    facts = facts.replace("Enero..Diciembre", ",".join(MONTHS))
    facts = facts.replace("POB_00_04,...,", "".join(f"POB_{age:02}_{age + 4:02}," for age in range(0, 85, 5)))
    return [re.sub(r"\(.*\)", "", name).strip() for name in facts.split(",")]


def single_ages(data: Path) -> bytes:
    """CONAPO's population by single ages: what is under 18 stands at age 0, the rest at 18, or all at 0."""
    names = header(data.parent / "catalogue", "conapo_state")
    return _written(
        names,
        f"""
        WITH ages AS (SELECT lpad(state_code, 2, '0') AS s, left(date, 4) AS y,
            CASE sex WHEN '0' THEN 'Mujeres' ELSE 'Hombres' END AS x, age_group AS g, population AS p
            FROM {_text(data / "conapo" / "poblacion_entidad_edad_sexo.csv")} WHERE right(date, 5) = '07-01')
        SELECT n_year, nombre_estado, CAST(cve_ent AS INT), CASE g WHEN '1' THEN 18 ELSE 0 END, genero,
            coalesce(p, pob_mid_year)
        FROM {_text(data / "conapo" / "poblacion_entidad_sexo_1950_2070.csv")}
        LEFT JOIN ages ON (s, y, x) = (cve_ent, n_year, genero)
        WHERE genero <> 'Total' AND cve_ent <> '00' ORDER BY ALL""",
    )


def municipalities(data: Path) -> bytes:
    """CONAPO's population of municipalities, long, both sexes in one file; all stands in the first group of ages."""
    names = header(data.parent / "catalogue", "conapo_municipal")
    ages = ", ".join(["p", *(["0"] * (len(names) - 8)), "p"])
    selects = [
        f"""SELECT CAST(CVE AS INT) AS k, CAST(left(CVE, 2) AS INT), Entidad, Municipio, '{sex}', y, {ages}
        FROM (UNPIVOT {_text(data / "conapo" / f"poblacion_municipal_1990_2040_{sex.lower()}.csv")}
        ON COLUMNS('^[0-9]{{4}}$') INTO NAME y VALUE p)"""
        for sex in ("HOMBRES", "MUJERES")
    ]
    return _written(names, f"{' UNION ALL '.join(selects)} ORDER BY ALL")


def crimes(data: Path) -> bytes:
    """The cut of crimes by state, a row a month; it is of 2025, a year that no table takes: 2024 stands there again."""
    names = header(data.parent / "catalogue", "sesnsp_crimes")
    copy = _text(data / "sesnsp" / "IDEFC_NM_2015_2024.csv", "latin-1")
    rows = f"(FROM {copy} UNPIVOT INCLUDE NULLS (files FOR month IN ({', '.join(MONTHS)})))"
    columns = 'Clave_Ent, Entidad, "Bien jurídico afectado", "Tipo de delito", "Subtipo de delito", Modalidad, month'
    selects = [
        f"SELECT {year}, {columns}, concat({year}, '-01-01'), replace(files, ',', ''), Entidad FROM {rows} WHERE {kept}"
        for year, kept in (('"Año"', "true"), ("'2025'", "\"Año\" = '2024'"))
    ]
    return _written(names, " UNION ALL ".join(selects))


def victims(data: Path) -> bytes:
    """The cut of victims by state, wide in months."""
    names = header(data.parent / "catalogue", "sesnsp_victims")
    months = ", ".join(f"max(n_victimas) FILTER (WHERE n_month = '{n:02}')" for n in range(1, 13))
    groups = "n_year, cve_ent, nombre_estado, bien_juridico_afectado, tipo_de_delito, subtipo_de_delito, modalidad"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "victims.csv"
        copy.write_bytes(bz2.decompress((data / "sesnsp" / "IDVFC_NM_entidad_mes_sexo_edad.csv.bz2").read_bytes()))
        rows = f"SELECT {groups}, genero, rango_de_edad, {months} FROM {_text(copy)} GROUP BY ALL ORDER BY ALL"
        return _written(names, rows).decode().encode("latin-1")


def crimes_of_municipalities(data: Path) -> bytes:
    """The cut of crimes by municipality, whose copy has the official columns, in the official encoding."""
    return (data / "sesnsp" / "IDM_NM_guanajuato_homicidios_2020_2025.csv").read_text("utf-8").encode("latin-1")


def deprivations(data: Path) -> bytes:
    """CONEVAL's official open data."""
    return (data / "coneval" / "indicadores de pobreza municipal_2020.csv").read_bytes()


def tabulation(data: Path, state: str, name: str) -> bytes:
    """The workbook of a state of the Intercensal Survey: the official file, or the copy under its header (Oaxaca)."""
    official = data / "inegi_intercensal2015" / "tabulados" / name
    if official.is_file():
        return official.read_bytes()
    header = "Entidad federativa|Municipio|Grupos quinquenales de edad|Estimador|Población total|Hombres|Mujeres"
    with (data / "inegi_intercensal2015" / "INTERCENSAL_pob_mun_2015_edades.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["CVEEDO"] == state]
    book = openpyxl.Workbook()
    sheet = book.create_sheet("02")
    sheet.append(["INEGI. Tabulados de la Encuesta Intercensal 2015"])
    for _ in range(5):
        sheet.append([None])
    sheet.append(header.split("|"))
    sheet.append([None])
    for row in rows:
        area = [f"{state} {row['Estado']}", f"{row['CVEMUN']} {row['Nombre']}", row["Grupos quinquenales de edad"]]
        numbers = [float(row[column]) if row[column] else None for column in header.split("|")[4:]]
        sheet.append([*area, "Valor", *numbers])
        sheet.append([*area, "Error estándar", 1.5, 1.5, 1.5])
    sheet.append(["Nota: Los límites de confianza se calculan al 90 por ciento."])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def accounts_of_states(data: Path) -> bytes:
    """The 33 official files of state accounts as INEGI packs them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in sorted((data / "inegi_pibe").glob("conjunto_de_datos_pibe_entidad_*.csv")):
            archive.write(member, f"conjunto_de_datos/{member.name}")
    return buffer.getvalue()


def _text(path: Path, encoding: str = "utf-8") -> str:
    """SQL: the rows of a CSV as texts."""
    return f"(FROM read_csv('{path}', all_varchar = true, header = true, encoding = '{encoding}'))"


def _written(names: Sequence[str], query: str) -> bytes:
    """A CSV with this header and the rows of a query."""
    with duckdb.connect(config={"threads": 2}) as con:
        rows = con.execute(query).fetchall()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    assert rows and len(rows[0]) == len(names), (names, rows[:1])
    writer.writerows(rows)
    return text.getvalue().encode()
