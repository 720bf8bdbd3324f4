"""The forty faults: each a real file, what is done to it, and the rules that would name its cause.

What belongs here: the list. What does not: how files are damaged (damage) and judged (judged). ``causes`` are rules of
contracts and indicators, or words of the error with which a file is refused; a fault that another rule stops is caught,
and its cause is not named.
"""

from __future__ import annotations

from dataclasses import dataclass

from faults.damage import (
    Damage,
    Row,
    Text,
    cut,
    exchanged,
    in_archive,
    of_another,
    of_bytes,
    of_parquet,
    of_rows,
    renamed,
    rewritten,
    shifted,
    times,
    twice,
    without,
)

LATIN = Text("latin-1")
ZIPPED = Text("latin-1", pack="zip")
PACKED = Text("utf-8", pack="bz2")
TABS = Text("utf-8", "\t")
MONTHS = (
    "Enero", "Febrero", "Marzo", "Abril", "Mayo", "Junio", "Julio", "Agosto", "Septiembre", "Octubre", "Noviembre",
    "Diciembre",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """A fault in the file of an edition, looked for in a table."""

    what: str
    table: str
    source: str
    edition: str
    damage: Damage
    causes: tuple[str, ...]
    sealed: bool = False
    """Whether the mirror manifest still names the sha256 of the sound file."""


def _years_late(header: Row, rows: list[Row]) -> list[Row]:
    """Every figure stands under the year after its own."""
    first = header.index("1990")
    return [[*row[: first + 1], *row[first:-1]] for row in rows]


def _total_as_record(header: Row, rows: list[Row]) -> list[Row]:
    total = dict.fromkeys(header, "")
    total |= {"clavesih": "TOTAL", "nombreoficial": "Total", "estado": "Chiapas"}
    total["namoalmac"] = str(sum(float(row[header.index("namoalmac")] or 0) for row in rows))
    return [*rows, [total[column] for column in header]]


def _own_psu(header: Row, rows: list[Row]) -> list[Row]:
    """The number of the record stands in the column of the PSU."""
    place = header.index("upm_dis")
    return [[*row[:place], str(number), *row[place + 1 :]] for number, row in enumerate(rows, start=1)]


def _as_utf8(content: bytes) -> bytes:
    return content.decode("latin-1").encode("utf-8")


def _as_latin(content: bytes) -> bytes:
    return content.decode("utf-8").encode("latin-1", "replace")


def _quoted(content: bytes) -> bytes:
    """Decimal commas: every number with a point has a comma, and is quoted."""
    import re

    return re.sub(rb"(?<=,)(-?\d+)\.(\d+)(?=,)", rb'"\1,\2"', content)


FAULTS: tuple[Fault, ...] = (
    Fault("A column is lost and those after it stand one to the left", "census", "inegi_iter", "2020",
          shifted("POBFEM"), ("filled", "women_share", "electricity_within_dwellings")),
    Fault("Columns of women and men in each other's place", "census", "inegi_iter", "2020",
          renamed(("POBFEM", "POBMAS")), ("women_of_the_nation", "women_share", "coherence_groups")),
    Fault("One municipality has ten times its population", "census", "inegi_iter", "2020",
          rewritten(("POBTOT",), times(10), lambda r: (r["ENTIDAD"], r["MUN"]) == ("09", "014")),
          ("persons_per_dwelling", "coherence_levels")),
    Fault("All private dwellings in place of those with characteristics", "census", "inegi_iter_state", "2020",
          renamed(("VIVPARH_CV", "TVIVPAR")), ("dwellings_within_households", "coherence_levels")),
    Fault("A state is missing", "census", "inegi_iter_state", "2020", without("ENTIDAD", "20"), ("states",)),
    Fault("The download broke off", "census", "inegi_iter", "2020", cut(0.6), ("states", "municipalities")),
    Fault("Text in latin-1 where UTF-8 is declared", "census", "inegi_iter", "2020", of_bytes(_as_latin),
          ("UTF-8", "utf-8")),
    Fault("The file of men under the name of women", "population_municipal", "conapo_municipal", "2023-women",
          of_another("poblacion_municipal_1990_2040_hombres.csv"), ("own_bytes",)),
    Fault("Figures under the year after their own", "population_municipal", "conapo_municipal", "2023-total",
          of_rows(_years_late), ("population_of_2024",)),
    Fault("A municipality has ten times its population in one year", "population_municipal", "conapo_municipal",
          "2023-total", rewritten(("2021",), times(10), lambda r: r["CVE"] == "14039"),
          ("change_of_an_area", "women_and_men")),
    Fault("Population of another edition of the projections", "population_state", "conapo_state", "2023",
          rewritten(("pob_start_year", "pob_mid_year"), times(1.0124)), ("population_of_2024",)),
    Fault("Codes of women and men in each other's place", "population_state_age", "conapo_state_age", "2023",
          exchanged("sex", "0", "1"), ("women_share",)),
    Fault("Population of January in place of July", "population_state_age", "conapo_state_age", "2023",
          of_rows(lambda header, rows: [[*r[:3], _half_a_year_later(r[3]), *r[4:]] for r in rows]),
          ("population_of_2024",)),
    Fault("Months to come are zero, not blank", "crimes", "sesnsp_crimes", "ago23",
          rewritten(MONTHS, lambda cell: cell or "0", form=LATIN), ("zero_totals",)),
    Fault("Two months in each other's place", "crimes", "sesnsp_crimes", "dec2024",
          renamed(("Febrero", "Octubre"), form=LATIN), ("cuts",)),
    Fault("An older cut under the name of a newer one", "crimes", "sesnsp_crimes", "ago23",
          of_another("IDEFC_NM_oct2020.csv"), ("own_bytes", "period")),
    Fault("Text in UTF-8 where latin-1 is declared", "crimes", "sesnsp_crimes", "ago23", of_bytes(_as_utf8),
          ("double-encoded", "utf-8", "UTF-8")),
    Fault("A state stands in the file twice", "crimes", "sesnsp_crimes", "oct2020",
          twice("Clave_Ent", "1", LATIN), ("has an area twice",)),
    Fault("All years are off by one", "crimes", "sesnsp_crimes", "dec2024",
          rewritten(("Año",), lambda cell: str(int(cell) + 1), form=LATIN), ("period",)),
    Fault("Codes of women and men in each other's place", "crime_victims", "sesnsp_victims", "jun2025",
          exchanged("genero", "Mujer", "Hombre", PACKED), ("women_among_homicide_victims",)),
    Fault("A state is missing", "crime_victims", "sesnsp_victims", "jun2025", without("cve_ent", "20", form=PACKED),
          ("states",)),
    Fault("Every record stands in the file twice", "deaths", "inegi_deaths", "2023", twice("Sexo"),
          ("repeated_records",)),
    Fault("A key of a state that does not exist", "deaths", "inegi_deaths", "2023",
          rewritten(("Ent_resid",), lambda _: "36", lambda r: r["Ent_resid"] == "20"), ("does not know",)),
    Fault("Shares of one in place of per cent", "deprivations_municipal", "coneval_municipal", "2020-open-data",
          rewritten(("pobreza", "pobreza_e", "ic_rezedu", "ic_asalud", "ic_segsoc", "ic_cv", "ic_sbv", "ic_ali", "plp",
                     "plp_e"), times(0.01), form=LATIN), ("percent_not_share",)),
    Fault("Women and men in each other's place", "poverty_municipal_sex", "coneval_municipal_sex", "2010-2020",
          exchanged("grupo", "Población por sexo: mujeres", "Población por sexo: hombres"), ("educational_lag_by_sex",)),
    Fault("Decimal commas", "poverty_municipal_sex", "coneval_municipal_sex", "2010-2020", of_bytes(_quoted),
          ("is not a number",)),
    Fault("No estimate (-999) saved as zero", "poverty_municipal_sex", "coneval_municipal_sex", "2010-2020",
          rewritten(("pobreza_porcentaje",), lambda cell: "0" if cell.startswith(("-999", "-888")) else cell),
          ("some_poverty",)),
    Fault("Blocks of moderate and extreme poverty in each other's place", "poverty_state", "inegi_poverty", "2024",
          in_archive("xl/sharedStrings.xml", ("Pobreza moderada", "Pobreza extrema")), ("extreme_below_moderate",)),
    Fault("Constant and current pesos in each other's place", "gdp_state", "inegi_gdp_state", "2024",
          renamed(("VALOR_CONSTANTE", "VALOR_CORRIENTE")), ("prices_rise",)),
    Fault("One state in thousands of pesos where millions are declared", "gdp_state", "inegi_gdp_state", "2024",
          rewritten(("VALOR_CONSTANTE", "VALOR_CORRIENTE"), times(1000),
                    lambda r: (r["CVE_ENT"], r["PERIODO"]) == ("15", "2021")), ("change_of_a_state", "steps")),
    Fault("Thousands of pesos where pesos are declared", "municipal_finances", "inegi_municipal_finances", "2020",
          of_parquet("SELECT * REPLACE (CASE WHEN cvegeo LIKE '20%' THEN ingresos_tot // 1000 ELSE ingresos_tot END AS "
                     "ingresos_tot, CASE WHEN cvegeo LIKE '20%' THEN egresos_tot // 1000 ELSE egresos_tot END AS "
                     "egresos_tot) FROM {file}"), ("revenue_of_a_municipality",)),
    Fault("Thousands of cubic metres where millions are declared", "dams", "conagua_dams", "2012",
          rewritten(("namoalmac",), times(1000)), ("largest_dam", "capacity_of_the_nation")),
    Fault("A row of totals counted as a record", "dams", "conagua_dams", "2012", of_rows(_total_as_record),
          ("largest_dam",)),
    Fault("The weight of the household in place of that of the person", "endutih_persons", "inegi_endutih_users",
          "2021", renamed(("FAC_PER", "FAC_HOGAR"), form=ZIPPED), ("persons_of_the_nation",)),
    Fault("A truncated edition", "enigh_households", "inegi_enigh_households", "2016", cut(0.7, ZIPPED),
          ("states", "households_of_the_nation")),
    Fault("Leading zeros lost in the keys of dwellings", "enigh_households", "inegi_enigh_households", "2016",
          rewritten(("folioviv",), lambda cell: cell.lstrip("0"), form=ZIPPED), ("leading zeros were lost",)),
    Fault("The number of the record in place of the PSU", "endireh_women", "inegi_endireh", "2021",
          of_rows(_own_psu, ZIPPED), ("psus",)),
    Fault("Beds and clinics in each other's place", "health_resources", "ssa_resources", "2020",
          renamed(("camas", "clinicas"), form=TABS), ("beds_of_the_nation",)),
    Fault("A code for no data (999) read as a mean", "air_quality", "inecc_sinaica", "2021",
          rewritten(("PM2.5",), lambda _: "999.0",
                    lambda r: (r["network_name"], r["year"], r["month"]) == ("Toluca", "2019.0", "5.0")),
          ("monthly_mean",)),
    Fault("The file was changed under the same name", "health_resources", "ssa_resources", "2020",
          of_bytes(lambda content: content + b"\n"), ("is not the file that",), sealed=True),
)  # fmt: skip


def _half_a_year_later(day: str) -> str:
    year, month, rest = day.split("-")
    later = int(year) * 12 + int(month) - 1 + 6
    return f"{later // 12}-{later % 12 + 1:02d}-{rest}"
