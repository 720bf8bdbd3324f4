"""The SQL of every indicator is what was reviewed: a hash of each, and a whole file for each shape of plan.

A change of specs, of the compiler or of sqlglot shows here before it shows in a number. ``make golden`` accepts it.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
import sqlglot

from golden import index
from golden.index import HERE, RENEW, Entry, Queries
from sdg_pipeline.estimate.compile import laid_out
from sdg_pipeline.estimate.cube import cell_query
from sdg_pipeline.estimate.nodes import TablePlan
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.specs.catalog import Catalog

SHOWN = 5
"""Changed queries whose difference is printed; the others are named."""


@pytest.fixture(scope="module")
def queries(catalog: Catalog) -> Queries:
    return index.queries(catalog)


@pytest.mark.parametrize("indicator", index.whole())
def test_a_whole_file_is_the_sql_that_runs(indicator: str, queries: Queries) -> None:
    assert indicator in queries, f"{indicator}.sql has no indicator; if that is meant: {RENEW}"
    query = queries[indicator][1]
    now, reviewed = laid_out(query), (HERE / f"{indicator}.sql").read_text(encoding="utf-8")
    changes = difflib.unified_diff(reviewed.splitlines(), now.splitlines(), "reviewed", "now", lineterm="", n=2)
    assert now == reviewed, f"the SQL of {indicator} changed; if that is meant: {RENEW}\n" + "\n".join(changes)
    assert sqlglot.parse_one(now, dialect="duckdb") == sqlglot.parse_one(query, dialect="duckdb"), "not what runs"


def test_the_index_is_that_of_the_sql_that_runs(queries: Queries) -> None:
    reviewed = index.read()
    now = {name: entry for name, (entry, _) in queries.items()}
    changed = [name for name in now if reviewed.get(name) != now[name]]
    shown = [n for n in changed if n not in index.whole()][:SHOWN]
    report = "\n\n".join(index.difference(name, *queries[name], reviewed) for name in shown)
    gone = sorted(set(reviewed) - set(now))
    assert not changed and not gone, (
        f"the SQL of {len(changed)} indicators changed ({', '.join(changed)}), {len(gone)} are gone "
        f"({', '.join(gone)}); if that is meant: {RENEW}\n{report}"
    )


def test_every_shape_has_one_whole_file() -> None:
    reviewed = index.read()
    shown = [reviewed[name].shape for name in index.whole()]
    assert {entry.shape for entry in reviewed.values()} == set(shown), f"remedy: {RENEW}"
    assert len(shown) == len(set(shown)), f"two whole files of one shape; remedy: {RENEW}"


def test_golden_sql_stays_short_enough_to_read() -> None:
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in HERE.iterdir() if path.is_file())
    assert lines < 12_000


def test_a_changed_query_is_shown_against_the_nearest_whole_file(queries: Queries) -> None:
    """An indicator without a whole file: its step ``cube`` is renamed, so that shape and hash differ."""
    reviewed = index.read()
    ratios = (n for n in reviewed if reviewed[n].shape.method == "ratio" and n not in index.whole())
    name = next(n for n in ratios if "REPLACE" not in queries[n][1])
    query = queries[name][1].replace("cube AS (", "cubes AS (").replace("FROM cube", "FROM cubes")
    shape = index.shape_of(query, reviewed[name].shape.plan, "ratio")
    report = index.difference(name, Entry(name, shape, "0" * 64), query, reviewed)
    like = next(n for n in index.whole() if reviewed[n].shape == reviewed[name].shape)
    assert f"--- tests/golden/{like}.sql\n+++ sdg sql {name}\n" in report
    assert f"  steps: {reviewed[name].shape.steps} -> {shape.steps}\n" in report
    assert "\n+), cubes AS (" in report


def test_renewing_keeps_whole_files_adds_what_lacks_and_drops_the_rest(queries: Queries, tmp_path: Path) -> None:
    reviewed = index.read()
    [first, *others] = [n for n in reviewed if reviewed[n].shape == reviewed["gini"].shape]
    [alone] = [n for n in reviewed if reviewed[n].shape == reviewed["gdp_per_head_growth"].shape]
    for name in (others[-1], "no_indicator"):
        (tmp_path / f"{name}.sql").write_text("SELECT 1\n", encoding="utf-8")
    now = {name: queries[name] for name in (first, *others, alone)}
    assert index.renew(now, tmp_path) == index.whole(tmp_path) == sorted([others[-1], alone])
    assert (tmp_path / f"{alone}.sql").read_bytes() == (HERE / f"{alone}.sql").read_bytes()
    assert index.read(tmp_path / "index.csv") == {name: reviewed[name] for name in now}


def test_golden_cells_are_portable_to_spark(catalog: Catalog) -> None:
    """The scan of the big table is the part that must run elsewhere when the data outgrow one machine."""
    plans = [make_plan(indicator, catalog) for indicator in catalog.indicators.values()]
    cells = {plan.indicator.id: cell_query(plan) for plan in plans if isinstance(plan, TablePlan)}
    assert len(cells) >= 24
    for indicator, text in cells.items():
        [spark] = sqlglot.transpile(text, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
        read_back = sqlglot.parse_one(spark, dialect="spark")
        assert read_back.named_selects == sqlglot.parse_one(text, dialect="duckdb").named_selects, indicator
