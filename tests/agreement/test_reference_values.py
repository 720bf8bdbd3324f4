"""Published values equal those of the catalogue of candidates, computed by others from the same official files.

A reference value has two decimals, a few national ones have one. Every indicator that names an entry of the catalogue
is compared, in all areas.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from end_to_end.product import Run

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import universe
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs

pytestmark = pytest.mark.national

TOLERANCE, TOLERANCE_OF_ONE_DECIMAL = 0.005 + 1e-9, 0.05 + 1e-9
"""Half of the last decimal, and what binary fractions add to it."""
MIN_INDICATORS = 10
MIN_VALUES = 25_000
INCOMPLETE = {"07096", "20407", "20427", "29048"}
"""Municipalities of which the census knows the answers of under 90 per cent."""
AREAS = {"national": 1, "state": 32, "municipality": 2469}


@dataclass(frozen=True)
class Compared:
    """One reference value and ours; ``ours`` is None where we publish none, for a reason."""

    indicator: str
    geo_level: str
    area: str
    reference: str
    ours: float | None
    reason: str | None

    @property
    def agrees(self) -> bool:
        coarse = self.geo_level == "national" and len(self.reference.partition(".")[2]) == 1
        tolerance = TOLERANCE_OF_ONE_DECIMAL if coarse else TOLERANCE
        return self.ours is not None and abs(self.ours - float(self.reference)) <= tolerance


@pytest.fixture(scope="module")
def compared(national: Run, shared_data: Path) -> list[Compared]:
    references = shared_data.parent / "catalogue" / "reference_values.csv"
    if not references.is_file():
        pytest.skip(f"there are no reference values at {references}")
    specs = catalogs.load(PROJECT / "indicator_specs").sound().indicators.values()
    entries = ", ".join(f"({literal(s.id)}, {literal(s.catalogue)})" for s in specs if s.catalogue)
    rows = duckdb.sql(
        f"""
        WITH entry(indicator, indicator_id) AS (VALUES {entries}),
             reference AS (SELECT * FROM read_csv({literal(references)}, all_varchar = true)),
             ours AS (SELECT * FROM read_parquet({literal(national.product.layout.latest / "observations.parquet")})
                      JOIN {universe.totals(specs)} AS total USING ({", ".join(universe.TOTAL_KEY)}))
        SELECT e.indicator, r.geo_level, r.cvegeo, r.value, o.obs_value, o.obs_reason
        FROM reference AS r
        JOIN entry AS e USING (indicator_id)
        LEFT JOIN ours AS o ON o.indicator = e.indicator AND o.time_period = r.year
             AND o.ref_area = 'MX' || CASE WHEN r.cvegeo = '00' THEN '' ELSE r.cvegeo END
        ORDER BY ALL
        """
    ).fetchall()
    return [Compared(*row) for row in rows]


def test_enough_is_compared(compared: list[Compared]) -> None:
    assert len({c.indicator for c in compared}) >= MIN_INDICATORS
    assert len(compared) >= MIN_VALUES


def test_every_area_is_compared(compared: list[Compared]) -> None:
    for indicator in {c.indicator for c in compared}:
        areas = {
            level: {c.area for c in compared if (c.indicator, c.geo_level) == (indicator, level)} for level in AREAS
        }
        expected = {level: n if areas[level] else 0 for level, n in AREAS.items()}  # surveys stop at states
        assert areas["state"] and {level: len(codes) for level, codes in areas.items()} == expected, indicator


def test_no_value_is_missing(compared: list[Compared]) -> None:
    """But where the census did not enumerate a municipality whole, which the reference values do not consider."""
    missing = [c for c in compared if c.ours is None]
    others = [c for c in missing if (c.reason, c.area in INCOMPLETE) != ("incomplete_enumeration", True)]
    assert not others, f"{len(others)} missing, the first of them: {others[:5]}"
    assert {c.area for c in missing} == INCOMPLETE


def test_every_value_agrees(compared: list[Compared]) -> None:
    differing = [c for c in compared if c.ours is not None and not c.agrees]
    assert not differing, f"{len(differing)} of {len(compared)} differ, the first of them: {differing[:5]}"
