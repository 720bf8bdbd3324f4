"""Copies written back into the official layout, as the catalogue of official addresses describes it.

The names of columns come from that catalogue and not from our table specs; where public code tells newer ones, from
that code. What a copy does not have (single ages) is written so that its sums are those of the copy. What belongs
here: bytes. What does not: where they lie (national).
"""

from __future__ import annotations

import bz2
import csv
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
from python_calamine import CalamineWorkbook
from support.made_files import Cell, packed, xlsx

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


def demographic(data: Path) -> bytes:
    """CONAPO's indicators as CSV: the workbook with ANIO in place of AÑO, and ages as datos.gob.mx writes them."""
    names, *rows = _sheet(data / "conapo" / "5_Indicadores_demograficos_proyecciones.xlsx", "sheet1")
    header = [
        re.sub(r"_(12_14)$", "_0\\1", str(name).replace("AÑO", "ANIO")).replace("_12_", "_012_") for name in names
    ]
    return _csv(header, rows)


def cuts_of_drought(data: Path) -> bytes:
    """The monitor of drought: CONAGUA's workbook up to June 2022, with the cuts to August 2025 of the spells."""
    names, *rows = _sheet(data / "conagua" / "MunicipiosSequia.xlsx", "MUNICIPIOS")
    seen = [name for name in names if isinstance(name, date)]
    cuts = [*seen, *_cuts(seen[-1], date(2025, 8, 15))]
    about = len(names) - len(seen)
    cells = {row[0]: dict(zip(seen, row[about:], strict=True)) for row in rows}
    head = {row[0]: list(row[:about]) for row in rows}
    there = set(head)
    with (data / "conagua" / "max_rachas_sequia_municipios.csv").open(encoding="utf-8", newline="") as file:
        for spell in csv.DictReader(file):
            key = spell["cve_geo"]
            head.setdefault(key, [key, key[:2], key[2:], spell["nombre_municipio"], *[""] * (about - 4)])
            first, last = (date.fromisoformat(spell[f"full_date_{end}_racha"]) for end in ("start", "end"))
            if spell["sequia"] != "Sin sequia":
                new = [cut for cut in cuts if first <= cut <= last and (cut > seen[-1] or key not in there)]
                cells.setdefault(key, {}).update(dict.fromkeys(new, spell["sequia"]))
    body = [[*head[key], *(cells.get(key, {}).get(cut) or None for cut in cuts)] for key in sorted(head)]
    return xlsx({"MUNICIPIOS": [[*names[:about], *cuts], *body]})


def report_of_dams(data: Path) -> bytes:
    """SINA's report of a day; the names at both ends are those of lapanquecita/conagua-presas, data/2024.csv."""
    with (data / "conagua" / "presas_catalogo.csv").open(encoding="utf-8", newline="") as file:
        dams = [
            {
                **{"idmonitoreodiario": number, "fechamonitoreo": "2024-01-01"},
                **{name: float(cell) if name == "namoalmac" and cell else cell or None for name, cell in dam.items()},
                **dict.fromkeys(("elevacionactual", "almacenaactual", "llenano"), 0.5),
            }
            for number, dam in enumerate(csv.DictReader(file), start=1)
        ]
    return json.dumps(dams, ensure_ascii=False).encode()


def finances_of_municipalities(data: Path) -> bytes:
    """EFIPEM of 2020, a row an amount; the header is that of public code of 2026, which refuses any other."""
    copy = f"read_parquet('{data / 'finanzas' / 'finanzas_municipio_2020.parquet'}')"
    figures = {
        ("Ingresos", "Tema", "Total de ingresos"): "ingresos_tot",
        ("Ingresos", "Capítulo", "Impuestos"): "ingresos_propios - 1",
        ("Ingresos", "Capítulo", "Derechos"): "if(ingresos_propios IS NULL, NULL, 1)",
        ("Ingresos", "Concepto", "Impuestos"): "ingresos_propios",
        ("Ingresos", "Capítulo", "Participaciones federales"): "participaciones",
        ("Ingresos", "Capítulo", "Aportaciones federales y estatales"): "aportaciones",
        ("Egresos", "Tema", "Total de egresos"): "egresos_tot",
        ("Egresos", "Capítulo", "Inversión pública"): "inversion_publica",
    }
    selects = [
        f"SELECT 2020, cvegeo, left(cvegeo, 2), right(cvegeo, 3), {', '.join(repr(text) for text in about)}, "
        f"CAST({figure} AS DECIMAL(38, 6)) AS v, 'Cifras Definitivas' FROM {copy} WHERE v IS NOT NULL"
        for about, figure in figures.items()
    ]
    names = ("ANIO", "CVEGEO", "CVE_ENT", "CVE_MUN", "TEMA", "CATEGORIA", "DESCRIPCION_CATEGORIA", "VALOR", "ESTATUS")
    content = b"\xef\xbb\xbf" + _written(names, " UNION ALL ".join(selects))
    return packed(("conjunto_de_datos/efipem_municipal_anual_tr_cifra_2020.csv", content))


def localities_of_2010(data: Path) -> bytes:
    """The census of 2010 by locality: totals of municipalities alone, and as many other columns as in 2020."""
    others = [f"c_{number}" for number in range(277)]
    names = ("entidad", "nom_ent", "mun", "nom_mun", "loc", "nom_loc", "pobtot", "pobmas", "pobfem", *others)
    copy = (data / "inegi_censo_series" / "censo_serie_2010.csv").read_text("latin-1")
    rows = [("00", "", "000", "", "0000", "Total nacional", "1", "1", "1", *["0"] * len(others))]
    for line in csv.reader(io.StringIO(copy)):
        if key := re.fullmatch(r" (\d\d) (\d{3}) ", line[0] if line else ""):
            counts = (count.replace(",", "") for count in line[2:5])
            rows.append((key[1], "", key[2], line[1], "0000", "Total del Municipio", *counts, *["0"] * len(others)))
    member = ("iter_00_cpv2010/conjunto_de_datos/iter_00_cpv2010.csv", _csv(names, rows))
    return packed(member, compression=zipfile.ZIP_STORED)


def marginalisation(year: str, data: Path) -> bytes:
    """CONAPO's workbook of an earlier year, of which the copy is a text."""
    with zipfile.ZipFile(data / "conapo" / f"IMM_{year}_csv.zip") as archive:
        names, *rows = csv.reader(io.StringIO(archive.read(f"IMM_{year}.csv").decode("utf-8-sig")))
    texts = ("CVE_ENT", "NOM_ENT", "CVE_MUN", "NOM_MUN", f"GM_{year}")
    body: list[list[Cell]] = [
        [cell if name in texts else float(cell) if cell else None for name, cell in zip(names, row, strict=True)]
        for row in rows
    ]
    return xlsx({f"IMM_{year}": [names, *body]})


marginalisation_2010, marginalisation_2015 = partial(marginalisation, "2010"), partial(marginalisation, "2015")


def _cuts(last: date, end: date) -> Iterator[date]:
    """The 15th and the last day of each month after a day, up to another."""
    day = last + timedelta(days=1)
    while day <= end:
        if day.day == 15 or (day + timedelta(days=1)).day == 1:
            yield day
        day += timedelta(days=1)


def _sheet(path: Path, name: str) -> list[list[Any]]:
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(name).to_python(skip_empty_area=False)
    return [[int(c) if isinstance(c, float) and c.is_integer() else c for c in row] for row in sheet]


def _text(path: Path, encoding: str = "utf-8") -> str:
    """SQL: the rows of a CSV as texts."""
    return f"(FROM read_csv('{path}', all_varchar = true, header = true, encoding = '{encoding}'))"


def _written(names: Sequence[str], query: str) -> bytes:
    """A CSV with this header and the rows of a query."""
    with duckdb.connect(config={"threads": 2}) as con:
        rows = con.execute(query).fetchall()
    return _csv(names, rows)


def _csv(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    assert rows and len(rows[0]) == len(names), (names, rows[:1])
    writer.writerows(rows)
    return text.getvalue().encode()
