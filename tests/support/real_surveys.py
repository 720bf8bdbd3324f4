"""The real surveys among the shared data, as samples: straight from the institutions' files, without the pipeline.

What belongs here: reading them. What does not: what is asked of them (agreement/test_r_real_surveys).
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd

from support.surveys import Survey

READ = "read_csv('{}', all_varchar = true, encoding = '{}')"


def _query(folder: Path, files: dict[str, tuple[Path, str]], sql: str) -> Survey:
    """Records of a SELECT over files by name, unpacked into the folder where they are packed."""
    sources = {}
    for name, (path, encoding) in files.items():
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                path = Path(archive.extract(archive.namelist()[0], folder))
        sources[name] = READ.format(path, encoding)
    with duckdb.connect(config={"threads": 2}) as con:
        for name, source in sources.items():
            con.execute(f"CREATE VIEW {name} AS SELECT * FROM {source}")
        records: pd.DataFrame = con.sql(sql).df()
    return Survey(records)


def enigh(shared: Path, folder: Path) -> Survey:
    """ENIGH 2016: persons with CONEVAL's deprivations and the income of their household; 257,658 records."""
    data = shared / "inegi_enigh2016"
    names = {
        "dwellings": "enigh2016_ns_viviendas",
        "education": "coneval2016_ic_rezedu16",
        "health": "coneval2016_ic_asalud16",
    }
    names |= {
        "security": "coneval2016_ic_segsoc16",
        "food": "coneval2016_ic_ali16",
        "income": "coneval2016_ingreso_deflactado16",
    }
    files = {name: (data / f"{file}_csv.zip", "latin-1") for name, file in names.items()}
    return _query(folder, files, """
        SELECT factor::DOUBLE AS weight, est_dis AS stratum, upm AS psu, folioviv[1:2] AS state,
            CASE sexo WHEN '1' THEN 'M' ELSE 'F' END AS sex, CASE tam_loc WHEN '4' THEN 'R' ELSE 'U' END AS urbanisation,
            1.0::DOUBLE AS persons, TRY_CAST(ic_rezedu AS DOUBLE) AS educational_lag,
            TRY_CAST(ic_asalud AS DOUBLE) AS no_health_access, TRY_CAST(ic_segsoc AS DOUBLE) AS no_social_security,
            TRY_CAST(ic_ali AS DOUBLE) AS no_food, TRY_CAST(ing_mon AS DOUBLE) / tot_resid::DOUBLE AS income
        FROM education JOIN health USING (folioviv, foliohog, numren) JOIN security USING (folioviv, foliohog, numren)
            JOIN dwellings USING (folioviv) LEFT JOIN food USING (folioviv, foliohog) LEFT JOIN income USING (folioviv, foliohog)
        ORDER BY ALL
    """)  # fmt: skip


def enigh_dwellings(shared: Path, folder: Path) -> Survey:
    """ENIGH 2016: dwellings; 69,169 records."""
    files = {"dwellings": (shared / "inegi_enigh2016" / "enigh2016_ns_viviendas_csv.zip", "latin-1")}
    return _query(folder, files, """
        SELECT factor::DOUBLE AS weight, est_dis AS stratum, upm AS psu, folioviv[1:2] AS state,
            CASE tam_loc WHEN '4' THEN 'R' ELSE 'U' END AS urbanisation, 1.0::DOUBLE AS dwellings,
            tot_resid::DOUBLE AS persons, num_cuarto::DOUBLE AS rooms, (disp_agua IN ('1', '2'))::INT::DOUBLE AS piped_water,
            CASE WHEN disp_agua IN ('1', '2') THEN tot_resid::DOUBLE ELSE 0 END AS persons_with_water
        FROM dwellings ORDER BY ALL
    """)  # fmt: skip


def endutih(shared: Path, folder: Path) -> Survey:
    """ENDUTIH 2021: users of information technologies, persons of 6 and more; 59,285 records."""
    files = {"users": (shared / "inegi_endutih2021" / "endutih2021_usuarios_csv.zip", "latin-1")}
    return _query(folder, files, """
        SELECT FAC_PER::DOUBLE AS weight, EST_DIS AS stratum, UPM_DIS AS psu, ENT AS state,
            CASE SEXO WHEN '1' THEN 'M' ELSE 'F' END AS sex, DOMINIO AS urbanisation, 1.0::DOUBLE AS persons,
            (P7_1 = '1')::INT::DOUBLE AS internet, EDAD::DOUBLE AS years
        FROM users ORDER BY ALL
    """)  # fmt: skip


def endireh(shared: Path, folder: Path) -> Survey:
    """ENDIREH 2021: women of 15 and more; 110,127 records."""
    files = {"women": (shared / "inegi_endireh2021" / "endireh2021_csv.zip", "utf-8")}
    return _query(folder, files, """
        SELECT fac_muj::DOUBLE AS weight, est_dis AS stratum, upm_dis AS psu, lpad(cve_ent, 2, '0') AS state, CASE dominio WHEN 'R' THEN 'R' ELSE 'U' END AS urbanisation,
            1.0::DOUBLE AS women, CASE vio_fis WHEN 'Sí' THEN 1.0 WHEN 'No' THEN 0.0 END::DOUBLE AS physical_violence, TRY_CAST(edad AS DOUBLE) AS years
        FROM women ORDER BY ALL
    """)  # fmt: skip


def envi(shared: Path, folder: Path) -> Survey:
    """ENVI 2020: households of the housing survey."""
    files = {"households": (shared / "inegi_envi2020" / "THOGAR.csv", "utf-8")}
    return _query(folder, files, """
        SELECT FACTOR::DOUBLE AS weight, EST_DIS AS stratum, UPM_DIS AS psu, ENT AS state,
            CASE TLOC WHEN '4' THEN 'R' ELSE 'U' END AS urbanisation, 1.0::DOUBLE AS households,
            (P3A1_1 = '1')::INT::DOUBLE AS needs_dwelling
        FROM households ORDER BY ALL
    """)  # fmt: skip


_CRIMES = "SELECT ID_PER, FAC_DEL, BPCOD, BP1_20, BP1_21 FROM crimes WHERE BPCOD <> '03'"
"""The crimes that INEGI counts: all but vandalism."""


def _envipe_files(shared: Path) -> dict[str, tuple[Path, str]]:
    names = {"persons": "TPer_Vic2", "crimes": "TMod_Vic"}
    folder = shared / "inegi_envipe2021"
    return {name: (folder / f"envipe2021_{file}_csv.zip", "utf-8") for name, file in names.items()}


def envipe(shared: Path, folder: Path) -> Survey:
    """ENVIPE 2021: persons of 18 and more with the crimes that they suffered in 2020; 92,051 records."""
    return _query(folder, _envipe_files(shared), f"""
        SELECT FAC_ELE::DOUBLE AS weight, EST_DIS AS stratum, UPM_DIS AS psu, CVE_ENT AS state,
            CASE SEXO WHEN '1' THEN 'M' ELSE 'F' END AS sex, CASE DOMINIO WHEN 'R' THEN 'R' ELSE 'U' END AS urbanisation,
            1.0::DOUBLE AS persons, (of_person.weight IS NOT NULL)::INT::DOUBLE AS victims,
            COALESCE(of_person.weight, 0) / FAC_ELE::DOUBLE AS crimes
        FROM persons LEFT JOIN (SELECT ID_PER, SUM(FAC_DEL::DOUBLE) AS weight FROM ({_CRIMES}) GROUP BY 1) AS of_person
            USING (ID_PER)
        ORDER BY ALL
    """)  # fmt: skip


SURVEYS: dict[str, Callable[[Path, Path], Survey]] = {
    "enigh": enigh, "enigh_dwellings": enigh_dwellings, "endutih": endutih, "endireh": endireh, "envi": envi,
    "envipe": envipe,
}  # fmt: skip
"""How each is read, from the folder of shared data, with a folder to unpack into."""


def envi_needs(shared: Path, folder: Path) -> tuple[Survey, Survey]:
    """ENVI 2020: dwellings that households need, a record each, and all households with the number of theirs."""
    data = shared / "inegi_envi2020"
    files = {"households": (data / "THOGAR.csv", "utf-8"), "dwellings_needed": (data / "TDEMANDA.csv", "utf-8")}
    part = _query(folder, files, """
        SELECT FACTOR::DOUBLE AS weight, EST_DIS AS stratum, UPM_DIS AS psu, ENT AS state, 1.0::DOUBLE AS needs
        FROM dwellings_needed ORDER BY ALL
    """)  # fmt: skip
    whole = _query(folder, files, """
        SELECT FACTOR::DOUBLE AS weight, EST_DIS AS stratum, UPM_DIS AS psu, ENT AS state,
            COALESCE(n, 0)::DOUBLE AS needs
        FROM households LEFT JOIN (SELECT FOLIO, VIV_SEL, HOGAR, COUNT(*) AS n FROM dwellings_needed GROUP BY ALL)
            USING (FOLIO, VIV_SEL, HOGAR)
        ORDER BY ALL
    """)  # fmt: skip
    return part, whole


def enigh_jobs(shared: Path, folder: Path) -> tuple[Survey, Survey]:
    """ENIGH 2016: jobs, a record each, and the same with all dwellings, which have none of what is asked of."""
    data = shared / "inegi_enigh2016"
    names = {"jobs": "enigh2016_ns_trabajos", "dwellings": "enigh2016_ns_viviendas"}
    files = {name: (data / f"{file}_csv.zip", "latin-1") for name, file in names.items()}
    design = "factor::DOUBLE AS weight, est_dis AS stratum, upm AS psu, folioviv[1:2] AS state"
    employed = "id_trabajo = '1' AND subor = '1' AND pago = '1'"
    of_job = (
        f"SELECT {design}, (id_trabajo = '1')::INT::DOUBLE AS workers, ({employed})::INT::DOUBLE AS employees, "
        f"COALESCE({employed} AND contrato = '1', false)::INT::DOUBLE AS with_contract "
        "FROM jobs JOIN dwellings USING (folioviv)"
    )
    none = f"SELECT {design}, 0.0::DOUBLE AS workers, 0.0::DOUBLE AS employees, 0.0::DOUBLE AS with_contract"
    part = _query(folder, files, f"{of_job} ORDER BY ALL")
    return part, _query(folder, files, f"{of_job} UNION ALL {none} FROM dwellings ORDER BY ALL")


def envipe_crimes(shared: Path, folder: Path) -> tuple[Survey, Survey]:
    """ENVIPE 2021: crimes, a record each, and the same with all persons, who have none of what is asked of."""
    design = "EST_DIS AS stratum, UPM_DIS AS psu, CVE_ENT AS state"
    files = _envipe_files(shared)
    of_crime = (
        f"SELECT FAC_DEL::DOUBLE AS weight, {design}, 1.0::DOUBLE AS crimes, "
        "COALESCE(BP1_20 = '1' OR BP1_21 = '1', false)::INT::DOUBLE AS reported "
        f"FROM ({_CRIMES}) JOIN persons USING (ID_PER)"
    )
    none = f"SELECT FAC_ELE::DOUBLE AS weight, {design}, 0.0::DOUBLE AS crimes, 0.0::DOUBLE AS reported FROM persons"
    part = _query(folder, files, f"{of_crime} ORDER BY ALL")
    return part, _query(folder, files, f"{of_crime} UNION ALL {none} ORDER BY ALL")


PARTS: dict[str, Callable[[Path, Path], tuple[Survey, Survey]]] = {
    "envi_needs": envi_needs, "enigh_jobs": enigh_jobs, "envipe_crimes": envipe_crimes,
}  # fmt: skip
"""Parts of samples, each with the whole of it, read in the same way."""
