"""The SQL of every indicator, as reviewed: ``tests/golden/<indicator>.sql`` is what a person reads in a diff.

A change of specs, of the compiler or of sqlglot shows here before it shows in a number.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest
import sqlglot

from sdg_pipeline.estimate.compile import compiled, laid_out
from sdg_pipeline.estimate.cube import cell_query
from sdg_pipeline.estimate.nodes import TablePlan
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.catalog import Catalog

HERE = Path(__file__).parent
RENEW = 'SDG_RENEW_GOLDEN=1 make test PYTEST_ARGS="-k golden"'
INDICATORS = sorted(p.stem for p in (PROJECT / "indicator_specs").glob("goal_*/*.yaml"))


@pytest.mark.parametrize("indicator", INDICATORS)
def test_golden_sql(indicator: str, catalog: Catalog) -> None:
    run = compiled(make_plan(catalog.indicators[indicator], catalog))
    made = laid_out(run)
    assert sqlglot.parse_one(made, dialect="duckdb") == sqlglot.parse_one(run, dialect="duckdb"), "not what is run"
    golden = HERE / f"{indicator}.sql"
    if os.environ.get("SDG_RENEW_GOLDEN"):
        golden.write_text(made, encoding="utf-8")
    assert golden.is_file(), f"{indicator} has no golden SQL; review `sdg sql {indicator}`, then: {RENEW}"
    kept = golden.read_text(encoding="utf-8")
    changes = difflib.unified_diff(kept.splitlines(), made.splitlines(), "golden", "now", lineterm="", n=2)
    assert made == kept, f"the SQL of {indicator} changed; if that is meant: {RENEW}\n" + "\n".join(changes)


def test_golden_files_are_those_of_the_indicators() -> None:
    strays = sorted({p.stem for p in HERE.glob("*.sql")} - set(INDICATORS))
    if os.environ.get("SDG_RENEW_GOLDEN"):
        for stray in strays:
            (HERE / f"{stray}.sql").unlink()
        strays = []
    assert not strays, f"golden SQL without an indicator: {strays}; remedy: {RENEW}"


def test_golden_cells_are_portable_to_spark(catalog: Catalog) -> None:
    """The scan of the big table is the part that must run elsewhere when the data outgrow one machine."""
    plans = [make_plan(indicator, catalog) for indicator in catalog.indicators.values()]
    cells = {plan.indicator.id: cell_query(plan) for plan in plans if isinstance(plan, TablePlan)}
    assert len(cells) >= 24
    for indicator, text in cells.items():
        [spark] = sqlglot.transpile(text, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
        read_back = sqlglot.parse_one(spark, dialect="spark")
        assert read_back.named_selects == sqlglot.parse_one(text, dialect="duckdb").named_selects, indicator
