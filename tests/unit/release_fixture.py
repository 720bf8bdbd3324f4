"""A small country to publish: two states, three municipalities, three indicators, written by hand.

Used by test_publish, test_diff and test_warehouse.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sdg_pipeline.ingest.geography import Area, Register
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.release import origins, review
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.codelist import Codelist
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.source import Source
from sdg_pipeline.specs.table import Table

SHA256 = "ab" * 32
AREAS = (
    Area("", "México", Level.NATIONAL),
    Area("01", "Aguascalientes", Level.STATE, other=("Aguas Calientes",)),
    Area("20", "Oaxaca", Level.STATE, former=("Guaxaca",)),
    Area("01001", "Aguascalientes", Level.MUNICIPALITY, former=("Villa",)),
    Area("20067", "Oaxaca de Juárez", Level.MUNICIPALITY, former=("Antequera", "Guaxaca", "Nueva", "Villa")),
    Area("20999", "Nueva", Level.MUNICIPALITY, first_vintage=2025, parents=("20067",), former=("Vieja",)),
)
REGISTER = Register({a.code: a for a in AREAS})
WATER = {"MX": 90.125, "MX01": 99.0, "MX20": 80.5, "MX01001": 99.5, "MX20067": 85.25}
PARITY = {"MX": -0.25, "MX01": None, "MX20": 1.5}
OUT = {"MX": 10.0, "MX01": 2.5, "MX20": 20.0}


def _text(en: str, es: str) -> dict[str, str]:
    return {"en": en, "es": es}


def source() -> Source:
    return Source.model_validate(
        {
            "id": "census",
            "title": _text("Census", "Censo"),
            "publisher": "INEGI",
            "licence": {
                "id": "INEGI, Términos de libre uso",
                "url": "https://www.inegi.org.mx/terminos.html",
                "url_status": "from_memory",
            },
            "landing_page": {"url": "https://www.inegi.org.mx/censo/", "url_status": "from_memory"},
            "dictionary": {"url": "https://www.inegi.org.mx/censo/columnas.pdf", "url_status": "from_memory"},
            "contact": "Atención a usuarios <atencion@inegi.org.mx>",
            "periodicity": "decennial",
            "columns_status": "verified",
            "citation": _text("INEGI (2021). Census 2020.", "INEGI (2021). Censo 2020."),
            "editions": {
                "2020": {
                    "url": "https://www.inegi.org.mx/censo/2020.csv",
                    "period": "2020",
                    "url_status": "verified",
                }
            },
        }
    )


def table() -> Table:
    return Table.model_validate(
        {
            "id": "dwellings",
            "title": _text("Dwellings", "Viviendas"),
            "description": _text("Dwellings by area", "Viviendas por área"),
            "record": "aggregate",
            "format": {},
            "geography": {"vintage": "2020", "state": "ENT", "municipality": "MUN"},
            "parts": [{"source": "census", "edition": "2020", "level": "municipality"}],
            "measures": {
                "piped": {"label": _text("Piped", "Entubada"), "column": "VPH_AGUA"},
                "all_dwellings": {"label": _text("All", "Todas"), "column": "VIV"},
            },
        }
    )


def codelists() -> dict[str, Codelist]:
    units = {
        "PT": {"en": "Percent", "es": "Porcentaje", "multiplier": "100"},
        "PP": {"en": "Percentage points", "es": "Puntos porcentuales", "extension": "true", "multiplier": "100"},
    }
    sexes = {"_T": _text("Total", "Total"), "F": _text("Women", "Mujeres"), "M": _text("Men", "Hombres")}
    raw = {
        "units": {"title": _text("Units", "Unidades"), "source": "CL_UNIT_MEASURE", "codes": units},
        "sex": {"title": _text("Sex", "Sexo"), "source": "CL_SEX", "codes": sexes},
    }
    return {name: Codelist.model_validate({"id": name, **data}) for name, data in raw.items()}


def indicators() -> list[Indicator]:
    common: dict[str, Any] = {
        "owner": "team:statistics",
        "decimals": "1",
        "breakdowns": [["national"], ["state"]],
        "checks": {"range": ["-100", "100"]},
    }
    ratio = {"kind": "ratio", "table": "dwellings", "numerator": "piped", "denominator": "all_dwellings"}
    gap = {"kind": "gap", "indicator": "water", "dimension": "sex", "compare": "F", "reference": "M"}
    specs: list[dict[str, Any]] = [
        {
            "id": "water",
            "former": ["water_2020"],
            "catalogue": "mx_6_1_1",
            "title": _text("Piped water", "Agua entubada"),
            "sdg": {"target": "6.1", "code": "6.1.1", "relation": "proxy"},
            "description": _text("Dwellings with | water", "Viviendas con agua"),
            "unit": "PT",
            "direction": "up",
            "method": ratio,
            "target": {"year": "2030", "value": "100", "cite": "A/RES/71/313"},
            "assumptions": [{"text": _text("Dwellings, not people", "Viviendas, no personas"), "impact": "low"}],
        },
        {
            "id": "water_gap",
            "title": _text("=Gap", "=Brecha"),
            "sdg": {"target": "5.1", "relation": "national"},
            "description": _text("Women less men", "Mujeres menos hombres"),
            "unit": "PP",
            "direction": "parity",
            "method": gap,
        },
        {
            "id": "without",
            "title": _text("Without services", "Sin servicios"),
            "sdg": {"target": "1.4", "code": "1.4.1", "relation": "proxy"},
            "description": _text("Without any service", "Sin ningún servicio"),
            "unit": "PT",
            "direction": "down",
            "method": ratio,
        },
    ]
    return [Indicator.model_validate({**common, **spec}) for spec in specs]


def catalog(root: Path) -> Catalog:
    return Catalog(
        root,
        sources={"census": source()},
        tables={"dwellings": table()},
        codelists=codelists(),
        indicators={i.id: i for i in indicators()},
    )


def observation(indicator: str, area: str, value: float | None, **other: Any) -> dict[str, Any]:
    """One row of the indicator table with every column."""
    row: dict[str, Any] = dict.fromkeys(fields.names())
    row |= dict.fromkeys(fields.DIMENSIONS, "_T")
    row |= {
        "indicator": indicator,
        "series": f"_L_MX_{indicator.upper()}",
        "sdg_indicator": "6.1.1",
        "ref_area": area,
        "area_name": REGISTER.areas[area].name,
        "geo_level": REGISTER.areas[area].level.value,
        "geo_vintage": "2020",
        "time_period": "2020",
        "obs_value": value,
        "unit_measure": "PT",
        "precision": "full_count",
        "obs_status": "M" if value is None else "A",
        "nature": "C",
        "coverage": "full",
        "source": "census",
        "source_edition": "2020",
        "source_sha256": SHA256,
        "spec_hash": "0123456789ab",
    }
    return row | other


def write_observations(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A Parquet file with exactly the columns of the indicator table, in the order of the rows given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    con.execute(f"CREATE TABLE t ({', '.join(f'{f.name} {f.sql_type}' for f in fields.OBSERVATION)})")
    marks = ", ".join("?" for _ in fields.OBSERVATION)
    for row in rows:
        con.execute(f"INSERT INTO t VALUES ({marks})", [row[n] for n in fields.names()])
    con.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    con.close()
    return path


def check(**other: Any) -> CheckResult:
    values: dict[str, Any] = {
        "border": "indicator",
        "subject": "water",
        "check": "range",
        "severity": "blocking",
        "passed": True,
        "description": "values lie in 0 to 100",
        "owner": "team:water",
        "reason": "a share is none otherwise",
        "observed": "80.5 to 99.5",
        "n_failing": 0,
    }
    return CheckResult(**(values | other))


def values_of_all() -> dict[str, list[dict[str, Any]]]:
    """Rows by indicator, not in the order of the key."""
    water = [observation("water", area, value, numerator=1.0) for area, value in reversed(WATER.items())]
    water.append(observation("water", "MX", 91.0, sex="F"))
    return {
        "water": water,
        "water_gap": [observation("water_gap", a, v, obs_reason='=1+1; "quoted"\nline') for a, v in PARITY.items()],
        "without": [observation("without", a, v) for a, v in OUT.items()],
    }


@contextmanager
def made_up_citations() -> Iterator[None]:
    """Lets a release be sealed whose rows cite made-up bytes; it has no spec files to build a warehouse by."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(origins, "faults", lambda *_: [])
        patch.setattr(review, "build_of_latest", lambda *_: None)
        yield


def contents(
    layout: Layout, release: str = "r1", rows: dict[str, list[dict[str, Any]]] | None = None, **other: Any
) -> Contents:
    """What to publish; ``rows`` replaces the observations of some indicators.

    The same contents are the same release under any name, and so those of another name give another reason of a check.
    """
    observations = values_of_all() | (rows or {})
    files = {i: write_observations(layout.indicator(i), rows_) for i, rows_ in observations.items()}
    content = Contents(
        release=release,
        catalog=catalog(layout.home / "specs"),
        indicator_files=files,
        checks=(
            check(reason=f"a share is none otherwise {release}".strip()),
            check(check="trend", severity="warning", passed=False, observed="one jump", n_failing=1),
        ),
        raw_files=(raw_file(),),
        coverage_notes=(),
        csv_bom=True,
    )
    return replace(content, **other)


def raw_file() -> RawFile:
    return RawFile(
        source="census",
        edition="2020",
        path="data/raw/census/2020/abababababab.csv",
        sha256=SHA256,
        bytes=1234,
        url="https://www.inegi.org.mx/censo/2020.csv",
        origin="official",
        retrieved_at="2026-11-23T07:00:00Z",
    )


def settings(layout: Layout) -> Settings:
    """Settings that publish releases of fewer areas too, of which most tests make some."""
    folder = layout.home
    return Settings(home=folder, specs=folder / "specs", warehouse_sql=folder / "warehouse", threads=2, partial=True)


def alter(path: Path, content: bytes) -> None:
    """Write into a sealed file, in place, which only somebody who wants to can do."""
    path.chmod(0o644)
    path.write_bytes(content)
