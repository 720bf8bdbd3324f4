"""A sample of values of every source, chosen anew, is in value and in status what plain pandas reads in its raw file.

``SDG_SEED=7 pytest tests/agreement/test_sample_of_every_source.py`` chooses another sample. No code of the product reads
a raw file here. What belongs here: one small function a source, whose rules on missing values are written down once more.
What does not: whole tables of the sources of ``test_recomputed_in_pandas``, of which this test takes a sample too.
"""

from __future__ import annotations

import itertools
import os
import random
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pandas as pd
import pytest
import test_planet_recomputed as planet
import test_recomputed_in_pandas as whole
import test_sites_recomputed as sites
from end_to_end.product import Run

from sdg_pipeline.specs.catalog import Catalog

pytestmark = pytest.mark.national

SAMPLE = 40
"""Values of an indicator that are compared."""
SMALL = 30
"""Records below which an estimate of a survey is withheld."""
DIMENSIONS = ("sex", "age", "urbanisation", "disability", "indigenous", "income_quantile", "education")
WITHOUT_VALUES = {"inegi_geostatistical_framework", "un_sdg_mexico"}
"""Outlines of maps, and figures that others are compared with."""


class Value(NamedTuple):
    """A value, its status and its reason; ``status`` None is not judged: an estimate has a precision of its own."""

    value: float | None
    status: str | None = "A"
    reason: str | None = None


Expected = dict[tuple[str, ...], Value]
"""By area, year and the codes of a group where it is of one."""
Values = Mapping[str, Expected]
MISSING = Value(None, "O", "missing_component")
NOT_PUBLISHED = Value(None, "O", "not_published")
ZERO = Value(None, "M", "zero_denominator")


def _csv(path: Any, **other: Any) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, **other)


def _zipped(path: Path, member: str, encoding: str = "latin-1") -> pd.DataFrame:
    with zipfile.ZipFile(path) as packed:
        name = next(n for n in packed.namelist() if n.endswith(member))
        return _csv(packed.open(name), encoding=encoding)


def _workbook(path: Path, sheet: Any = 0, **other: Any) -> pd.DataFrame:
    return pd.read_excel(path, sheet_name=sheet, engine="calamine", **other)


def _number(cell: str) -> float | None:
    text = cell.replace(",", "").strip()
    return float(text) if text and text not in {"*", "N/A", "N/D", "ND", "-888", "-888.0", "-999", "-999.0"} else None


def _areas(keys: Iterable[str]) -> list[tuple[str, ...]]:
    """By municipality the areas that its figures add up to: itself, its state, the nation."""
    return [tuple(dict.fromkeys(("MX", f"MX{key[:2]}", f"MX{key}"))) for key in keys]


def _sums(keys: Iterable[str], years: Iterable[str], figures: Iterable[float | None]) -> dict[tuple[str, ...], float]:
    """Sums by area and year; NaN where a figure of one is missing."""
    sums: dict[tuple[str, ...], float] = {}
    for areas, year, figure in zip(_areas(keys), years, figures, strict=True):
        for area in areas:
            sums[area, year] = sums.get((area, year), 0.0) + (float("nan") if figure is None else figure)
    return sums


def _counts(keys: Iterable[str], years: Iterable[str], figures: Iterable[float | None]) -> Expected:
    return {k: MISSING if x != x else Value(x) for k, x in _sums(keys, years, figures).items()}


def _shares(above: Mapping[tuple[str, ...], float], below: Mapping[tuple[str, ...], float], times: float) -> Expected:
    def share(x: float, base: float) -> Value:
        return MISSING if x != x or base != base else ZERO if base == 0 else Value(times * x / base)

    return {key: share(above.get(key, 0.0), base) for key, base in below.items()}


def _survey(rows: pd.DataFrame, columns: tuple[str, str], yes: pd.Series, asked: pd.Series, year: str) -> Expected:
    """Weighted shares of the nation and of states; fewer than 30 records are withheld."""
    state, weight = (rows[column] for column in columns)
    frame = pd.DataFrame({"state": state.str.zfill(2), "w": pd.to_numeric(weight), "yes": yes})[asked]
    parts = {"MX": frame, **{f"MX{key}": part for key, part in frame.groupby("state")}}
    return {
        (area, year): Value(None, "Q") if len(part) < SMALL else Value(100 * part["w"][part["yes"]].sum() / part["w"].sum(), None)
        for area, part in parts.items()
    }  # fmt: skip


# ---- censuses and populations --------------------------------------------------------------------------------------


def _census(path: Path, level: str) -> Values:
    rows = _csv(path, encoding="utf-8-sig")
    if level == "state":
        rows = rows[(rows["MUN"] == "000") & (rows["LOC"] == "0000") & (rows["ENTIDAD"] != "00")]
        keys = list(rows["ENTIDAD"])
    elif level == "municipality":
        rows = rows[(rows["MUN"] != "000") & (rows["LOC"] == "0000")]
        keys = list(rows["ENTIDAD"] + rows["MUN"])
    else:
        rows = rows[(rows["MUN"] != "000") & (rows["LOC"] != "0000") & (rows["POBFEM"] != "*")]
        keys = list(rows["ENTIDAD"] + rows["MUN"])
    columns = {c: [_number(x) for x in rows[c]] for c in ("VPH_AGUADV", "VIVPARH_CV", "VPH_C_ELEC", "VPH_S_ELEC")}
    expected: Expected = {}
    if level == "locality":
        sizes = ["R" if size == "*" or int(size) <= 4 else "U" for size in rows["TAMLOC"]]  # *: small ones together
        kinds = {
            c: {
                (*k, code): x
                for code in "RU"
                for k, x in _sums(keys, ["2020"] * len(keys), _where(columns[c], sizes, code)).items()
            }
            for c in columns
        }
        shares = _shares(kinds["VPH_AGUADV"], kinds["VIVPARH_CV"], 100)
        return {"dwellings_with_piped_water": {k: v for k, v in shares.items() if k[0] != "MX"}}
    sums = {c: _sums(keys, ["2020"] * len(keys), x) for c, x in columns.items()}
    for key, value in _shares(sums["VPH_AGUADV"], sums["VIVPARH_CV"], 100).items():
        dwellings = sums["VIVPARH_CV"][key]
        recorded = (sums["VPH_C_ELEC"][key] + sums["VPH_S_ELEC"][key]) / dwellings if dwellings else 1.0
        if len(key[0]) == 7 and value.value is not None and recorded < 0.98:
            value = Value(None, "L", "incomplete_enumeration") if recorded < 0.9 else value._replace(
                status="U", reason="incomplete_enumeration"
            )  # fmt: skip
        if (len(key[0]) == 7) == (level == "municipality"):
            expected[key] = value
    return {"dwellings_with_piped_water": expected}


def _where(figures: list[float | None], codes: list[str], code: str) -> list[float | None]:
    return [figure if own == code else 0.0 for figure, own in zip(figures, codes, strict=True)]


def _series(shared: Path) -> Values:
    expected: Expected = {}
    for year in ("2010", "2020"):
        rows = _csv(
            shared / f"inegi_censo_series/censo_serie_{year}.csv", encoding="latin-1", header=None, names=range(6),
            skip_blank_lines=False,
        )  # fmt: skip
        rows = rows[rows[0].str.fullmatch(r" ?\d\d \d{3} ?")]
        keys = [cell.replace(" ", "") for cell in rows[0]]
        expected |= _counts(keys, [year] * len(keys), [_number(cell) for cell in rows[2]])
    return {"census_population": expected}


def _intercensal(shared: Path) -> Values:
    rows = _csv(shared / "inegi_intercensal2015/INTERCENSAL_pob_mun_2015_edades.csv", encoding="utf-8-sig")
    rows["n"] = [_number(cell) for cell in rows["Población total"]]
    ages = rows["Grupos quinquenales de edad"]
    old, all_ages = rows[ages.isin(["65-69 años", "70-74 años", "75 años y más"])], rows[ages == "Total"]
    sums = [_sums(part["CVEGEO"], ["2015"] * len(part), part["n"]) for part in (old, all_ages)]
    return {"population_65_plus_share": _shares(*sums, 100)}


def _population_municipal(shared: Path) -> Values:
    rows = _csv(shared / "conapo/poblacion_municipal_1990_2040_total.csv", encoding="utf-8-sig")
    expected: Expected = {}
    for year in ("2010", "2020", "2030"):
        figures = _counts(rows["CVE"].str.zfill(5), [year] * len(rows), [_number(x) for x in rows[year]])
        expected |= {k: Value(v.value, *_projected(year)) for k, v in figures.items() if len(k[0]) == 7}
    return {"population": expected}


def _projected(year: str) -> tuple[str, str | None]:
    return ("F", "projection") if year >= "2020" else ("A", None)


def _demographic(shared: Path) -> Values:
    rows = _workbook(shared / "conapo/5_Indicadores_demograficos_proyecciones.xlsx", dtype=str)
    keys = [key.zfill(2) if key != "0" else "" for key in rows["CVE_GEO"]]
    cells = zip(keys, rows["AÑO"], rows["TMI"], strict=True)
    return {"infant_mortality": {(f"MX{k}", year): Value(float(x), *_projected(year)) for k, year, x in cells}}


def _suicide_rate(shared: Path) -> Values:
    people = _csv(shared / "conapo/poblacion_entidad_edad_sexo.csv")
    people = people[people["date"] == "2023-07-01"]
    deaths = _suicides(shared, "Ent_ocurr")
    sums = [
        _sums(frame[state].str.zfill(2), ["2023"] * len(frame), figures)
        for frame, state, figures in (
            (deaths, "Ent_ocurr", [1.0] * len(deaths)), (people, "state_code", people["population"].astype(float)),
        )
    ]  # fmt: skip
    return {"suicide_rate_by_occurrence": _shares(*sums, 100_000)}


def _suicides(shared: Path, place: str) -> pd.DataFrame:
    rows = _csv(shared / "inegi_defunciones/defunciones_2023_x60_x84.csv")
    cause = rows["Causa_def"]
    return rows[(cause.str[:3].between("X60", "X84") | (cause == "Y870")) & ~rows[place].isin(["33", "34", "35"])]


def _deaths(shared: Path) -> Values:
    rows = _suicides(shared, "Ent_resid")
    figures = _counts(rows["Ent_resid"], rows["Anio_regis"], [1.0] * len(rows))
    return {"suicide_deaths": {k: v for k, v in figures.items() if k[0] != "MX99"}}


def _child_deaths(shared: Path) -> Values:
    rows = _csv(shared / "inegi_defunciones/defunciones_infantiles_chiapas_2021.csv", encoding="utf-8-sig")
    return {"infant_deaths_chiapas": {("MX07", "2021"): Value(float((rows["Grupo etario"] == "Menos de 1 año").sum()))}}


# ---- poverty -------------------------------------------------------------------------------------------------------


def _sheet(path: Path, sheet: str, first: int, column: int = 4, code: tuple[str, ...] = ()) -> Expected:
    """Five years from 2016 on, of the nation and the states; ``code`` is that of the group whose columns these are."""
    cells = _workbook(path, sheet, header=None).iloc[first : first + 33]
    keys = {**whole._keys(), "Estados Unidos Mexicanos": ""}
    return {
        ("MX" + keys[row[0].strip()], year, *code): Value(float(x))
        for row in cells.itertuples(index=False)
        for year, x in zip(("2016", "2018", "2020", "2022", "2024"), row[column : column + 5], strict=True)
    }


def _municipal_sex(shared: Path) -> Values:
    rows = _csv(shared / "coneval/pobreza_municipio_sexo_2010_2015_2020.csv")
    expected: Expected = {}
    for key, group, year, cell in zip(
        rows["clave_municipio"], rows["grupo"], rows["periodo"],
        rows["carencia_servicios_basicos_vivienda_porcentaje"], strict=True,
    ):  # fmt: skip
        code = {"mujeres": "F", "hombres": "M"}[group.split(": ")[1].lower()]
        x = _number(cell)
        expected[f"MX{key.zfill(5)}", year[:4], code] = NOT_PUBLISHED if x is None else Value(x)
    return {"basic_services_deprivation_municipal_by_sex": expected}


def _births(shared: Path) -> Values:
    """Sheet 03 of three states; two asterisks mark municipalities of too small a sample, whose cells are 0."""
    expected: Expected = {}
    for name in ("ags", "chih", "cdmx"):
        path = shared / f"inegi_intercensal2015/tabulados/01_poblacion_{name}.xls"
        cells = _workbook(path, "03", header=None).iloc[9:]
        for state, place, sex, figure, _, _, registered, *_ in cells.itertuples(index=False):
            if figure == "Valor":
                area = "MX" + state[:2] + ("" if place == "Total" else place[:3])
                group = {"Total": (), "Hombres": ("M",), "Mujeres": ("F",)}[sex]
                value = NOT_PUBLISHED if place.endswith("**") else Value(float(registered))
                expected[(area, "2015", *group)] = value
    return {"births_registered": expected}


def _municipal_poverty(shared: Path) -> Values:
    """The official files of three years; ``n.d`` is no figure."""
    names = {"poverty_municipal": "pobreza", "basic_services_deprivation_municipal": "ic_sbv"}
    expected: Values = {name: {} for name in names}
    for year in ("2010", "2015", "2020"):
        rows = _csv(shared / f"coneval/indicadores de pobreza municipal_{year}.csv", encoding="latin-1")
        for (name, column), (_, row) in itertools.product(names.items(), rows.iterrows()):
            x = None if row[column] == "n.d" else _number(row[column])
            expected[name][f"MX{row['clave_municipio'].zfill(5)}", year] = NOT_PUBLISHED if x is None else Value(x)
    return expected


def _column(path: Path, key: str, column: str, indicator: str, year: str) -> Values:
    """Published figures of municipalities."""
    rows = _zipped(path, ".csv", "utf-8-sig") if path.suffix == ".zip" else _csv(path, encoding="utf-8-sig")
    cells = [(k.zfill(5), _number(x)) for k, x in zip(rows[key], rows[column], strict=True)]
    return {indicator: {(f"MX{k}", year): NOT_PUBLISHED if x is None else Value(x) for k, x in cells}}


# ---- surveys -------------------------------------------------------------------------------------------------------


def _endireh(shared: Path) -> Values:
    rows = _zipped(shared / "inegi_endireh2021/endireh2021_csv.zip", "endireh2021.csv", "utf-8")
    acts = rows[["vio_fis", "vio_psi", "vio_sex", "vio_eco"]].eq("Sí").any(axis=1)
    return {"partner_violence": _survey(rows, ("cve_ent", "fac_muj"), acts, rows["t_instrum"] != "C2", "2021")}


def _endutih(shared: Path) -> Values:
    rows = _zipped(shared / "inegi_endutih2021/endutih2021_usuarios_csv.zip", "anual_2021.csv")
    return {"computer_users": _survey(rows, ("ENT", "FAC_PER"), rows["P6_1"] == "1", rows["ENT"] != "", "2021")}


def _enigh(shared: Path, file: str, member: str) -> pd.DataFrame:
    """Records with the weight and the place of their dwelling."""
    folder = shared / "inegi_enigh2016"
    dwellings = _zipped(folder / "enigh2016_ns_viviendas_csv.zip", "viviendas.csv")
    dwellings["state"] = dwellings["ubica_geo"].str.zfill(9).str[:2]
    kept = dwellings[["folioviv", "factor", "state", "tenencia"]]
    if member == "viviendas.csv":
        return kept
    rows = _zipped(folder / file, member)
    return rows.drop(columns=[c for c in ("factor", "state", "tenencia") if c in rows]).merge(kept, on="folioviv")


def _households(shared: Path) -> pd.DataFrame:
    return _enigh(shared, "enigh2016_ns_hogares_csv.zip", "hogares.csv")


def _dwellings(shared: Path) -> Values:
    rows = _households(shared)
    owned = rows["tenencia"].isin(["3", "4"])
    return {"households_in_own_dwellings": _survey(rows, ("state", "factor"), owned, owned | True, "2016")}


def _phones(shared: Path) -> Values:
    rows = _households(shared)
    phone = rows["celular"] == "1"
    return {"households_with_mobile_phone": _survey(rows, ("state", "factor"), phone, phone | True, "2016")}


def _jobs(shared: Path) -> Values:
    rows = _enigh(shared, "enigh2016_ns_trabajos_csv.zip", "trabajos.csv")
    long = pd.to_numeric(rows["htrab"]) > 48
    return {"long_working_hours": _survey(rows, ("state", "factor"), long, rows["id_trabajo"] == "1", "2016")}


def _lag(shared: Path) -> Values:
    rows = _enigh(shared, "coneval2016_ic_rezedu16_csv.zip", "ic_rezedu16.csv")
    lag = rows["ic_rezedu"] == "1"
    return {"educational_lag_enigh": _survey(rows, ("state", "factor"), lag, lag | True, "2016")}


def _envi(shared: Path) -> Values:
    expected = {}
    for indicator, file in (("households_envi", "THOGAR"), ("dwellings_needed", "TDEMANDA")):
        rows = _csv(shared / f"inegi_envi2020/{file}.csv", encoding="utf-8-sig")
        sums = _sums(rows["ENT"].str.zfill(2), ["2020"] * len(rows), rows["FACTOR"].astype(float))
        expected[indicator] = {k: Value(x, None) for k, x in sums.items()}
    return expected


def _envipe(shared: Path) -> Values:
    folder = shared / "inegi_envipe2021"
    rows = _zipped(folder / "envipe2021_TMod_Vic_csv.zip", "TMod_Vic.csv", "utf-8-sig")
    people = _zipped(folder / "envipe2021_TPer_Vic2_csv.zip", "TPer_Vic2.csv", "utf-8-sig")
    rows = rows.merge(people[["ID_PER", "CVE_ENT"]], on="ID_PER")
    reported = (rows["BP1_20"] == "1") | (rows["BP1_21"] == "1")
    columns = ("CVE_ENT", "FAC_DEL")
    return {"crimes_reported": _survey(rows, columns, reported, rows["BPCOD"].str.zfill(2) != "03", "2020")}


# ---- events, stocks, money -----------------------------------------------------------------------------------------

MONTHS = [
    "Enero", "Febrero", "Marzo", "Abril", "Mayo", "Junio", "Julio", "Agosto", "Septiembre", "Octubre", "Noviembre",
    "Diciembre",
]  # fmt: skip


def _files(path: Path, key: str, encoding: str, months: int = 12) -> Expected:
    """Files of intentional homicide; a year with an empty month has no value."""
    rows = _csv(path, encoding=encoding)
    rows = rows[rows["Subtipo de delito"] == "Homicidio doloso"]
    keys, years, figures = [], [], []
    for place, year, *cells in rows[[key, "Año", *MONTHS[:months]]].itertuples(index=False):
        keys += [place.zfill(2 if key == "Clave_Ent" else 5)] * months
        years += [year] * months
        figures += [_number(cell) for cell in cells]
    return _counts(keys, years, figures)


def _victims(shared: Path) -> Values:
    rows = _csv(shared / "sesnsp/IDVFC_NM_entidad_mes_sexo_edad.csv.bz2")
    rows = rows[rows["subtipo_de_delito"].isin(["Homicidio doloso", "Feminicidio"]) & (rows["n_year"] < "2025")]
    figures = rows["n_victimas"].astype(float)
    return {
        "intentional_homicide_with_femicide_victims": _counts(rows["cve_ent"].str.zfill(2), rows["n_year"], figures)
    }


def _guanajuato(shared: Path) -> Values:
    path = shared / "sesnsp/IDM_NM_guanajuato_homicidios_2020_2025.csv"
    figures = _files(path, "Cve. Municipio", "utf-8")
    return {"intentional_homicide_files_guanajuato": {k: v for k, v in figures.items() if k[0] != "MX"}}


def _crimes_2026(shared: Path) -> Values:
    path = shared / "sesnsp/IDEFC_2026_nueva_metodologia.csv"
    return {
        "intentional_homicide_files_new_classification": _files(path, "Clave_Ent", "latin-1"),
        "intentional_homicide_files_first_quarter": _files(path, "Clave_Ent", "latin-1", 3),
    }


def _dengue(shared: Path) -> Values:
    rows = _csv(shared / "ssa/ssa_dengue_2021.csv")
    rows = rows[(rows["ESTATUS_CASO"] == "2") & ~rows["ENTIDAD_RES"].isin(["33", "34", "35"])]
    keys = rows["ENTIDAD_RES"].str.zfill(2)
    return {"confirmed_dengue_cases": _counts(keys, rows["FECHA_SIGN_SINTOMAS"].str[:4], [1.0] * len(rows))}


def _beds(shared: Path) -> Values:
    rows = _csv(shared / "ssa/recursos_salud_municipio.tsv", sep="\t")
    people = _csv(shared / "conapo/poblacion_municipal_1990_2040_total.csv", encoding="utf-8-sig")
    beds = _sums(rows["municipality_id"].str.zfill(5).str[:2], ["2020"] * len(rows), rows["camas"].map(_number))
    persons = _sums(people["CVE"].str.zfill(5).str[:2], ["2020"] * len(people), people["2020"].astype(float))
    return {"hospital_beds": _shares(beds, persons, 1000)}


def _municipal_finances(shared: Path) -> Values:
    rows = pd.read_parquet(shared / "finanzas/finanzas_municipio_2020.parquet")
    expected: Expected = {}
    for key, above, below in zip(rows["cvegeo"], rows["inversion_publica"], rows["egresos_tot"], strict=True):
        missing = pd.isna(above) or pd.isna(below)
        expected[f"MX{key}", "2020"] = MISSING if missing else ZERO if below == 0 else Value(100 * above / below)
    return {"municipal_public_investment_share": expected}


def _links(shared: Path) -> Values:
    rows = _workbook(shared / "shcp/Vinculacion_ODS-Pp_PEF2019.xlsx", dtype=str)
    n = ((rows["ID_ODS"] == "12") & (rows["ID_METAODS"] == "4")).sum()
    return {"budget_programmes_target_12_4": {("MX", "2019"): Value(float(n))}}


def _congresses(shared: Path) -> Values:
    """Three of the 32 lists, each with a layout of its own."""
    lists = (("01", "Aguascalientes", "2018-2021"), ("02", "Baja-California", "2019-2021"),
             ("03", "Baja-California-Sur", "2018-2021"))  # fmt: skip
    expected: Expected = {}
    for key, name, legislature in lists:
        sheets = _workbook(shared / f"ine_electas/Base-Electas-{name}.xlsx", None, header=1, dtype=str)
        rows = next(s for title, s in sheets.items() if title.startswith("Lista Hist"))
        rows = rows[(rows["Período"] == legislature) & (rows["Propietario o Suplente"].str.upper() != "SUPLENTE")]
        women = rows["Sexo"].isin(["Mujer", "MUJER", "Femenino", "FEMENINO", "M"])
        expected[f"MX{key}", "2019"] = Value(100 * women.sum() / len(rows))
    return {"women_in_state_congresses": expected}


# ---- nature --------------------------------------------------------------------------------------------------------


def _dams(shared: Path) -> Values:
    rows = _csv(shared / "conagua/presas_catalogo.csv")
    named = {**whole._keys(), "Veracruz de Ignacio de la Llav": "30"}
    empty = {"PTZMC": "16", "TMPTP": "28"}  # Pátzcuaro, Mich., and a dam of Tamaulipas: their own names say so
    keys = [empty.get(dam, named.get(state, "99")) for dam, state in zip(rows["clavesih"], rows["estado"], strict=True)]
    figures = _counts(keys, ["2012"] * len(rows), [_number(x) for x in rows["namoalmac"]])
    return {"dam_storage_capacity": {k: v for k, v in figures.items() if k[0] != "MX99"}}


def _drought(shared: Path) -> Values:
    rows = _csv(shared / "conagua/max_rachas_sequia_municipios.csv")
    days = [float(n) if kind == "D2" else 0.0 for n, kind in zip(rows["racha_dias"], rows["sequia"], strict=True)]
    figures = _counts(rows["cve_geo"].str.zfill(5), ["2025"] * len(rows), days)
    return {"longest_severe_drought_days": {k: v for k, v in figures.items() if len(k[0]) == 7}}


def _air(shared: Path) -> Values:
    """Monthly means from 4 micrograms on, of stations with nine of them; three of four stations are needed."""
    networks = {
        "Guadalajara": "14",
        "Monterrey": "19",
        "Toluca": "15",
        "Puebla": "21",
        "Irapuato": "11",
        "Salamanca": "11",
    }
    rows = pd.read_csv(shared / "sinaica/monthly_pollution.csv")
    rows = rows[rows["network_name"].isin(networks) & (rows["year"] >= 2010)]
    expected: Expected = {}
    for (state, year), group in rows.groupby([rows["network_name"].map(networks), rows["year"].astype(int)]):
        stations = [means.dropna() for _, means in group.groupby("station_id")["PM2.5"]]
        stations = [means for means in stations if len(means)]
        sound = [means[means >= 4] for means in stations if (means >= 4).sum() >= 9]
        value = MISSING
        if stations:
            value = Value(None, "Q", "few_readings")
        if stations and len(sound) >= 0.75 * len(stations):
            value = Value(float(pd.concat(sound).mean()))
        expected[f"MX{state}", str(year)] = value
    return {"pm25_annual_mean": expected}


def _vulnerability(shared: Path) -> Values:
    rows = _csv(shared / "clima_anvcc/mun_vulnerables_anvcc.csv")
    rows = rows[rows["tipo_vul"] == "Producción forrajera en estrés hídrico"]
    states, years = rows["cve_geo"].str.zfill(5).str[:2], ["2019"] * len(rows)
    high = rows["vulnerabilidad_actual"].isin(["Alto", "Muy Alto"]).astype(float)
    sums = _sums(states, years, high), _sums(states, years, [1.0] * len(rows))
    return {"vulnerable_municipalities_forage_water_stress": _shares(*sums, 100)}


def _all_published(figures: Callable[[Path], dict[str, whole.Figures]], *indicators: str) -> Callable[[Path], Values]:
    """Of a source of ``test_recomputed_in_pandas`` these indicators, all of whose values stand as they are."""

    def values(shared: Path) -> Values:
        computed = figures(shared)
        return {i: {k: Value(x) for k, x in computed[i].items()} for i in indicators}

    return values


def _of_sites(figures: Callable[[Path], dict[str, sites.Figures]], indicator: str) -> Callable[[Path], Values]:
    """Of a source of ``test_sites_recomputed``, which judges the marks of few sites, an indicator without them."""
    return lambda shared: {indicator: {k: Value(x, None) for k, x in figures(shared)[indicator].items()}}


MARGINS, INCOME = "conapo/IMM_2015_csv.zip", "coneval/pm_ip_2024.xlsx"


def _commitments(shared: Path) -> Values:
    plan = _csv(shared / "open_government/ogp_irm_commitments_mexico.csv", encoding_errors="replace")
    completion = plan.loc[plan["Action Plan Number"] == "2", "Completion (progress report)"]
    share = 100 * completion.eq("d. Complete").sum() / len(completion)
    return {"open_government_commitments_completed": {("MX", "2015"): Value(float(share))}}


def _inventories(shared: Path) -> Values:
    """Methods changed after the first inventory."""
    figures = planet._emissions(shared)["pm25_emissions"]
    broken = ("B", "methodology_changed")
    return {"pm25_emissions": {k: Value(x) if k[1] == "2008" else Value(x, *broken) for k, x in figures.items()}}


def _infants(shared: Path) -> Values:
    """Bacalar, founded in 2011, has no rate of 2010."""
    figures = planet._infants(shared)["infant_mortality_municipal_model"]
    rates: Expected = {key: Value(x) for key, x in figures.items()}
    return {"infant_mortality_municipal_model": {**rates, ("MX23010", "2010"): NOT_PUBLISHED}}


SOURCES: dict[str, Callable[[Path], Values]] = {
    "banxico_remittances": _all_published(planet._remittances, "remittances_received"),
    "asea_waste": _of_sites(sites._waste, "hazardous_waste_of_hydrocarbons"),
    "cenapred_disasters": _all_published(whole._disasters, "disaster_deaths", "disaster_loss"),
    "cfe_electricity_users": _all_published(planet._users, "electricity_users_per_100_inhabitants"),
    "cnbv_inclusion": _all_published(whole._banks, "cash_machines"),
    "cnbv_national_series": _all_published(planet._banks, "branches_of_all_lenders"),
    "conafor_fires": _all_published(planet._fires, "forest_area_burnt"),
    "conagua_dams": _dams,
    "conagua_drought": _drought,
    "conagua_treatment": _of_sites(sites._plants, "wastewater_treated"),
    "conagua_water_quality": _of_sites(sites._water, "surface_water_sites_of_good_quality"),
    "conanp_areas": _all_published(whole._others, "marine_protected_share"),
    "conapesca_production": _all_published(whole._others, "fish_production_tonnes"),
    "conapo_demographic": _demographic,
    "conapo_infant_mortality": _infants,
    "conapo_marginalisation": lambda s: _column(s / MARGINS, "CVE_MUN", "IM_2015", "marginalisation_index", "2015"),
    "conapo_municipal": _population_municipal,
    "conapo_state": _all_published(whole._manufacturing, "manufacturing_per_head"),
    "conapo_state_age": _suicide_rate,
    "coneval_deprivations": _lag,
    "coneval_municipal": _municipal_poverty,
    "coneval_municipal_sex": _municipal_sex,
    "ift_broadband": _all_published(whole._broadband, "fibre_share_of_fixed_broadband"),
    "ine_state_congresses": _congresses,
    "inecc_sinaica": _air,
    "inecc_vulnerability": _vulnerability,
    "inegi_census_series": _series,
    "inegi_child_deaths": _child_deaths,
    "inegi_cngmd": _all_published(whole._others, "waste_collected_per_head"),
    "inegi_deaths": _deaths,
    "inegi_electricity_sales": _all_published(planet._sales, "residential_electricity_share"),
    "inegi_endireh": _endireh,
    "inegi_endutih_users": _endutih,
    "inegi_enigh_dwellings": _dwellings,
    "inegi_enigh_households": _phones,
    "inegi_enigh_jobs": _jobs,
    "inegi_environmental_actions": _all_published(planet._actions, "reforested_area"),
    "inegi_envi": _envi,
    "inegi_envipe": _envipe,
    "inegi_gdp_state": _all_published(whole._manufacturing, "manufacturing_share_of_gdp"),
    "inegi_intercensal_births": _births,
    "inegi_intercensal": _intercensal,
    "inegi_iter": lambda s: _census(s / "inegi_censo2020/iter_municipios_2020.csv", "municipality"),
    "inegi_iter_localities": lambda s: _census(s / "inegi_censo2020/conjunto_de_datos_iter_01CSV20.csv", "locality"),
    "inegi_iter_state": lambda s: _census(s / "inegi_censo2020/iter_entidades_2020.csv", "state"),
    "inegi_land_use": _all_published(planet._land, "forest_share"),
    "inegi_municipal_finances": _municipal_finances,
    "inegi_poverty": lambda s: {"educational_lag": _sheet(s / INCOME, "Cuadro 5", 7)},
    "inegi_poverty_areas": lambda s: {
        "poverty_rural_urban": {
            **_sheet(s / "coneval/pm_ar_2024.xlsx", "Cuadro 3", 8, 10, ("R",)),
            **_sheet(s / "coneval/pm_ar_2024.xlsx", "Cuadro 3", 8, 28, ("U",)),
        }
    },
    "inegi_poverty_components": lambda s: {
        "not_attending_3_15": _sheet(s / "coneval/pm_cc_2024.xlsx", "Cuadro 2", 9, 58),
        "not_employed_without_health_access": _sheet(s / "coneval/pm_cc_2024.xlsx", "Cuadro 3", 9, 81),
        "older_persons_with_low_pension": _sheet(s / "coneval/pm_cc_2024.xlsx", "Cuadro 4", 8, 34),
        "population_with_dirt_floors": _sheet(s / "coneval/pm_cc_2024.xlsx", "Cuadro 5", 8, 28),
        "population_cooking_without_chimney": _sheet(s / "coneval/pm_cc_2024.xlsx", "Cuadro 6", 8, 46),
        "limited_food_consumption": _sheet(s / "coneval/pm_cc_2024.xlsx", "Cuadro 7", 8, 58),
    },
    "inegi_poverty_context": lambda s: {"gini": _sheet(s / "coneval/pm_ct_2024.xlsx", "Cuadro 2", 5)},
    "inegi_poverty_income": _all_published(whole._growth, "income_growth"),
    "inegi_state_finances": _all_published(whole._states, "state_expenditure_funded_by_taxes"),
    "ogp_commitments": _commitments,
    "semarnat_inem": _inventories,
    "sener_inere": _all_published(planet._plants, "renewable_generation"),
    "profepa_audits": _of_sites(sites._certificates, "environmental_certificates"),
    "semarnat_retc": _of_sites(sites._releases, "toxic_releases"),
    "sener_renewables": _all_published(whole._others, "renewable_capacity_per_head"),
    "sesnsp_crimes": lambda s: {
        "intentional_homicide_files": _files(s / "sesnsp/IDEFC_NM_2015_2024.csv", "Clave_Ent", "latin-1")
    },
    "sesnsp_crimes_2026": _crimes_2026,
    "sesnsp_municipal": _guanajuato,
    "sesnsp_victims": _victims,
    "shcp_public_account": _all_published(whole._others, "primary_expenditure_of_approved_budget"),
    "shcp_sdg_links": _links,
    "siap_progress": _of_sites(sites._crops, "crop_area_lost_share"),
    "ssa_dengue": _dengue,
    "ssa_resources": _beds,
}  # fmt: skip


def test_every_source_has_a_sample(catalog: Catalog) -> None:
    tables = [catalog.tables[name] for i in catalog.indicators.values() for name in catalog.tables_of(i)]
    read, stand_ins = (
        {s for table in tables for part in table.parts if part.otherwise is otherwise for s, _ in table.files_of(part)}
        for otherwise in (False, True)
    )
    probed = {source.id for source in catalog.sources.values() if source.probed}
    assert probed - read - stand_ins == WITHOUT_VALUES
    assert set(SOURCES) == read, "what stands in for other files is compared over the double of the institutions"


@pytest.mark.parametrize("source", SOURCES)
def test_a_sample_is_that_of_pandas_in_value_and_in_status(source: str, national: Run, shared_data: Path) -> None:
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        for indicator, expected in SOURCES[source](shared_data).items():
            compare(indicator, _published(con, indicator), expected, os.environ.get("SDG_SEED", "0"))


def compare(indicator: str, published: Expected, expected: Expected, seed: str) -> None:
    """Areas and years that both know have the same rows, and a sample of them the same values and statuses."""
    levels, years = ({key[n] if n else len(key[0]) for key in expected} for n in (0, 1))
    groups = {len(key) for key in expected}
    areas = {key[0] for key in expected}
    ours = {
        key: value
        for key, value in published.items()
        if key[0] in areas and len(key[0]) in levels and key[1] in years and len(key) in groups
    }
    since = {key[1] for key in ours}
    wanted = {key for key in expected if key[1] in since}
    assert ours and set(ours) == wanted, (indicator, sorted(set(ours) ^ wanted)[:5])
    chosen = random.Random(f"{seed} {indicator}").sample(sorted(ours), min(SAMPLE, len(ours)))
    withheld = [key for key in sorted(ours) if expected[key].value is None][:SAMPLE]
    for key in [*chosen, *withheld]:
        is_, should = ours[key], expected[key]
        if should.status is not None:
            assert is_.status == should.status, (indicator, key, is_, should)
        if should.reason is not None or should.status == "A":
            assert is_.reason == should.reason, (indicator, key, is_, should)
        if should.value is None or (should.status is None and is_.status == "Q"):
            assert is_.value is None, (indicator, key, is_, should)
        else:
            assert is_.value == pytest.approx(should.value, rel=1e-9, abs=1e-12), (indicator, key, is_, should)


def _published(con: duckdb.DuckDBPyConnection, indicator: str) -> Expected:
    return dict(_rows(con, indicator))


def _rows(con: duckdb.DuckDBPyConnection, indicator: str) -> Iterator[tuple[tuple[str, ...], Value]]:
    total = con.execute(f"SELECT {', '.join(DIMENSIONS)} FROM total_key WHERE indicator = ?", [indicator]).fetchall()
    query = f"SELECT ref_area, time_period, obs_value, obs_status, obs_reason, {', '.join(DIMENSIONS)} FROM observation"
    for area, year, value, status, reason, *group in con.execute(
        f"{query} WHERE indicator = ?", [indicator]
    ).fetchall():
        own = total[0] if total else ("_T",) * len(DIMENSIONS)
        named = tuple(code for code, of_total in zip(group, own, strict=True) if code != of_total)
        yield (area, year, *named), Value(value, status, reason)
