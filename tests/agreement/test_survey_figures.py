"""Survey estimates are those of the files, summed here without the product, and those that INEGI published of groups.

What belongs here: point estimates of the nation and every state, and published figures that `checks.agrees_with` has no
place for. What does not: errors of the design (test_r_real_surveys).
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from end_to_end.product import Run

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import universe
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog

pytestmark = pytest.mark.national

PACKED = {
    "viv": "inegi_enigh2016/enigh2016_ns_viviendas_csv.zip",
    "hog": "inegi_enigh2016/enigh2016_ns_hogares_csv.zip",
    "job": "inegi_enigh2016/enigh2016_ns_trabajos_csv.zip",
    "edu": "inegi_enigh2016/coneval2016_ic_rezedu16_csv.zip",
    "health": "inegi_enigh2016/coneval2016_ic_asalud16_csv.zip",
    "security": "inegi_enigh2016/coneval2016_ic_segsoc16_csv.zip",
    "housing": "inegi_enigh2016/coneval2016_ic_cev16_csv.zip",
    "services": "inegi_enigh2016/coneval2016_ic_sbv16_csv.zip",
    "food": "inegi_enigh2016/coneval2016_ic_ali16_csv.zip",
    "income": "inegi_enigh2016/coneval2016_ingreso_deflactado16_csv.zip",
    "tic": "inegi_endutih2021/endutih2021_usuarios_csv.zip",
    "vio": "inegi_endireh2021/endireh2021_csv.zip",
    "vic": "inegi_envipe2021/envipe2021_TPer_Vic2_csv.zip",
    "mod": "inegi_envipe2021/envipe2021_TMod_Vic_csv.zip",
}
UTF_8 = ("vio", "vic", "mod")
VIEWS = {
    "person": "SELECT *, left(folioviv, 2) AS st, factor::DOUBLE AS w, edad::INT AS years, "
    "coalesce(ing_mon::DOUBLE, 0) / v.tot_resid::INT AS y, "
    "CASE WHEN tam_loc = '4' THEN 2030.14 ELSE 2903.91 END AS line, "
    "ic_rezedu::INT + ic_asalud::INT + ic_segsoc::INT + ic_cv::INT + ic_sbv::INT + ic_ali::INT AS n "
    "FROM edu JOIN health USING (folioviv, foliohog, numren) JOIN security USING (folioviv, foliohog, numren) "
    "JOIN housing USING (folioviv, foliohog) JOIN services USING (folioviv) JOIN food USING (folioviv, foliohog) "
    "JOIN viv AS v USING (folioviv) LEFT JOIN income USING (folioviv, foliohog)",
    "household": "SELECT *, left(folioviv, 2) AS st, factor::DOUBLE AS w, coalesce(ing_mon::DOUBLE, 0) AS y "
    "FROM hog JOIN viv USING (folioviv) LEFT JOIN income USING (folioviv, foliohog)",
    "worker": "SELECT *, left(folioviv, 2) AS st, factor::DOUBLE AS w, subor = '1' AND pago = '1' AS employed "
    "FROM job JOIN viv USING (folioviv) JOIN health USING (folioviv, foliohog, numren) WHERE id_trabajo = '1'",
    "user": "SELECT *, ENT AS st, FAC_PER::DOUBLE AS w FROM tic",
    "woman": "SELECT *, lpad(cve_ent, 2, '0') AS st, fac_muj::DOUBLE AS w FROM vio",
    "adult": "SELECT vic.*, CVE_ENT AS st, FAC_ELE::DOUBLE AS w, coalesce(codes, []) AS suffered FROM vic LEFT JOIN "
    "(SELECT ID_PER, list(BPCOD) AS codes FROM mod WHERE BPCOD <> '03' GROUP BY ID_PER) USING (ID_PER)",
    "crime": "SELECT mod.*, vic.CVE_ENT AS st, FAC_DEL::DOUBLE AS w FROM mod JOIN vic USING (ID_PER) WHERE BPCOD <> '03'",
}
OWN = "('Sólo la entrevistada', 'Ambos', 'Más ella')"
THREE = ("cuando_sexo", "anticonceptivos", "cui_sexual")
UNION = "t_instrum IN ('A1', 'A2') AND coalesce(edad::INT, 0) BETWEEN 15 AND 49"
SHARES: dict[str, tuple[str, str, str]] = {
    "educational_lag_enigh": ("person", "ic_rezedu = '1'", "true"),
    "health_access_deprivation_enigh": ("person", "ic_asalud = '1'", "true"),
    "social_security_deprivation_enigh": ("person", "ic_segsoc = '1'", "true"),
    "housing_deprivation_enigh": ("person", "ic_cv = '1'", "ic_cv IS NOT NULL"),
    "basic_services_deprivation_enigh": ("person", "ic_sbv = '1'", "true"),
    "moderate_or_severe_food_insecurity": ("person", "ic_ali = '1'", "true"),
    "severe_food_insecurity": ("person", "ins_ali = '3'", "true"),
    "three_or_more_deprivations": ("person", "n >= 3", "n IS NOT NULL"),
    "old_age_pensions": ("person", "jub = '1' OR pam = '1'", "years >= 65"),
    "workers_with_social_security": ("person", "ss_dir = '1'", "pea = '1'"),
    "attendance_age_5": ("person", "inas_esc = '0'", "years = 5"),
    "attendance_6_14": ("person", "inas_esc = '0'", "years BETWEEN 6 AND 14"),
    "attendance_15_24": ("person", "inas_esc = '0'", "years BETWEEN 15 AND 24"),
    "youth_neither_in_school_nor_work": ("person", "inas_esc = '1' AND pea <> '1'", "years BETWEEN 16 AND 24"),
    "participation_16_plus": ("person", "pea IN ('1', '2')", "years >= 16"),
    "population_with_piped_water": ("person", "disp_agua IN ('1', '2')", "true"),
    "population_with_drainage": ("person", "drenaje IN ('1', '2')", "true"),
    "population_with_electricity": ("person", "disp_elect <> '5'", "true"),
    "population_with_clean_fuel": ("person", "combustibl BETWEEN '3' AND '5'", "true"),
    "overcrowded_population": ("person", "icv_hac = '1'", "true"),
    "monetary_income_below_line": ("person", "y < line", "true"),
    "households_with_internet": ("household", "conex_inte = '1'", "true"),
    "households_with_computer": ("household", "num_compu::INT > 0", "true"),
    "households_with_mobile_phone": ("household", "celular = '1'", "true"),
    "households_in_rented_dwellings": ("household", "renta IS NOT NULL", "true"),
    "households_in_own_dwellings": ("household", "escrituras IS NOT NULL", "true"),
    "employees_with_contract": ("worker", "contrato = '1'", "employed"),
    "employees_with_retirement_saving": ("worker", "pres_14 IS NOT NULL", "employed"),
    "employees_with_bonus": ("worker", "pres_8 IS NOT NULL", "employed"),
    "unpaid_workers": ("worker", "subor = '1' AND pago <> '1'", "true"),
    "long_working_hours": ("worker", "htrab::INT > 48", "true"),
    "manufacturing_employment_share": ("worker", "left(scian, 2) IN ('31', '32', '33')", "true"),
    "women_in_managerial_positions": ("worker", "sexo = '2'", "left(sinco, 1) = '1'"),
    "internet_users": ("user", "P7_1 = '1'", "true"),
    "ict_skill_email": ("user", "P6_8_1 = '1'", "true"),
    "ict_skill_copy_files": ("user", "P6_8_3 = '1'", "true"),
    "ict_skill_spreadsheets": ("user", "P6_8_5 = '1'", "true"),
    "ict_skill_presentations": ("user", "P6_8_6 = '1'", "true"),
    "ict_skill_install_devices": ("user", "P6_8_7 = '1'", "true"),
    "ict_skill_programming": ("user", "P6_8_9 = '1'", "true"),
    "smartphone_internet_users": ("user", "P7_5_4 = '1'", "true"),
    "partner_violence": ("woman", "'Sí' IN (vio_fis, vio_psi, vio_sex, vio_eco)", "t_instrum <> 'C2'"),
    "partner_violence_physical_or_sexual": ("woman", "'Sí' IN (vio_fis, vio_sex)", "t_instrum <> 'C2'"),
    "decisions_on_sexual_relations": (
        "woman",
        " AND ".join(f"{column} IN {OWN}" for column in THREE),
        f"{UNION} AND 'No aplica' NOT IN ({', '.join(THREE)})",
    ),
}
VIOLENT = "['10', '11', '12', '13', '14']"
SHARES |= {
    "victims_of_violence": ("adult", f"list_has_any(suffered, {VIOLENT})", "true"),
    "victims_of_physical_violence": ("adult", "list_contains(suffered, '11')", "true"),
    "victims_of_sexual_violence": ("adult", "list_has_any(suffered, ['13', '14'])", "true"),
    "victims_of_threats": ("adult", "list_contains(suffered, '10')", "true"),
    "victims_of_harassment": ("adult", "list_has_any(suffered, ['11', '13', '14'])", "true"),
    "victims_of_street_robbery": ("adult", "list_contains(suffered, '05')", "true"),
    "crimes_reported": ("crime", "BP1_20 = '1' OR BP1_21 = '1'", "true"),
    "crimes_without_investigation": ("crime", "BP1_24 IS DISTINCT FROM '1'", "true"),
    "violent_crimes_reported": ("crime", "'1' IN (BP1_20, BP1_21)", f"list_contains({VIOLENT}, BPCOD)"),
}
"""By indicator the records, what is counted and out of which."""
MEANS: dict[str, tuple[str, str]] = {
    "mean_deprivations": ("person", "n"),
    "monetary_poverty_gap": ("person", "greatest(0, 1 - y / line)"),
    "monetary_poverty_severity": ("person", "greatest(0, 1 - y / line) ** 2"),
    "mean_household_income": ("household", "y"),
    "weekly_hours_of_work": ("worker", "htrab::INT"),
    "daily_hours_on_the_internet": ("user", "P7_4::INT"),
}
NATIONAL_ONLY = "sex = '_T' AND disability = '_T' AND indigenous = '_T' AND income_quantile = '_T' AND education = '_T'"
PUBLISHED = [
    # INEGI, ENDUTIH 2021, results of 4 July 2022 (El Siglo de Torreón, Notigram and El Economista of these days)
    ("internet_users", "Y12T17", "_T", 90.0),
    ("internet_users", "Y18T24", "_T", 93.4),
    ("internet_users", "Y25T34", "_T", 90.0),
    ("internet_users", "Y35T44", "_T", 82.7),
    ("internet_users", "Y_GE55", "_T", 42.4),
    ("internet_users", "Y_GE6", "U", 81.6),
    ("internet_users", "Y_GE6", "R", 56.5),
    ("daily_hours_on_the_internet", "Y12T17", "_T", 5.5),
    ("daily_hours_on_the_internet", "Y18T24", "_T", 6.3),
    ("daily_hours_on_the_internet", "Y25T34", "_T", 5.6),
    ("daily_hours_on_the_internet", "Y_GE55", "_T", 3.3),
]


@pytest.fixture(scope="module")
def files(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The files of the surveys as tables of text, and their records."""
    folder = tmp_path_factory.mktemp("surveys")
    with duckdb.connect(config={"threads": 2}) as con:
        for name, packed in PACKED.items():
            with zipfile.ZipFile(shared_data / packed) as archive:
                (member,) = archive.namelist()
                path = archive.extract(member, folder / name)
            options = f"all_varchar=true, header=true, encoding='{'utf-8' if name in UTF_8 else 'latin-1'}'"
            con.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv({literal(path)}, {options})")
        for name, select in VIEWS.items():
            con.execute(f'CREATE TABLE "{name}" AS {select}')
        yield con


@pytest.fixture(scope="module")
def specs() -> Catalog:
    return catalogs.load(PROJECT / "indicator_specs").sound()


@pytest.fixture
def totals(national: Run, specs: Catalog) -> Callable[[str], dict[str, float]]:
    """By area the value of an indicator over all groups."""

    def shares_of(indicator: str) -> dict[str, float]:
        source = f"read_parquet({literal(national.product.layout.indicator(indicator))})"
        everybody = universe.is_total(specs.indicators[indicator])
        with duckdb.connect() as con:
            return dict(con.execute(f"SELECT ref_area, obs_value FROM {source} WHERE {everybody}").fetchall())

    return shares_of


def _summed(con: duckdb.DuckDBPyConnection, records: str, numerator: str, denominator: str) -> dict[str, float]:
    value = f"sum(w * ({numerator})) / sum(w) FILTER (WHERE ({numerator}) IS NOT NULL)"
    query = f"SELECT coalesce('MX' || st, 'MX'), {value} FROM \"{records}\" WHERE {denominator} GROUP BY ROLLUP (st)"
    return dict(con.execute(query).fetchall())


@pytest.mark.parametrize("indicator", SHARES)
def test_shares_are_those_of_the_files(
    indicator: str, totals: Callable[[str], dict[str, float]], files: duckdb.DuckDBPyConnection
) -> None:
    records, counted, out_of = SHARES[indicator]
    expected = _summed(files, records, f"100 * coalesce({counted}, false)::INT", out_of)
    assert len(expected) == 33
    assert totals(indicator) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("indicator", MEANS)
def test_means_are_those_of_the_files(
    indicator: str, totals: Callable[[str], dict[str, float]], files: duckdb.DuckDBPyConnection
) -> None:
    records, value = MEANS[indicator]
    expected = _summed(files, records, value, "true")
    assert len(expected) == 33
    assert totals(indicator) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("indicator", "age", "area", "published"), PUBLISHED)
def test_figures_published_by_age_and_area(
    indicator: str, age: str, area: str, published: float, national: Run
) -> None:
    source = f"read_parquet({literal(national.product.layout.indicator(indicator))})"
    asked = f"SELECT obs_value FROM {source} WHERE ref_area = 'MX' AND {NATIONAL_ONLY} AND age = ? AND urbanisation = ?"
    with duckdb.connect() as con:
        ((value,),) = con.execute(asked, [age, area]).fetchall()
    assert value == pytest.approx(published, abs=0.05)


def test_deciles_of_households_hold_a_tenth_each(national: Run) -> None:
    staged = literal(national.product.layout.staged("enigh_households"))
    with duckdb.connect() as con:
        tenths = con.execute(
            f"SELECT sum(weight) / (SELECT sum(weight) FROM read_parquet({staged})) FROM read_parquet({staged}) "
            "GROUP BY income_quantile"
        ).fetchall()
    assert [tenth for (tenth,) in tenths] == pytest.approx([0.1] * 10, abs=5e-5)
