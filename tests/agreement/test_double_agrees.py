"""The national run over the double of the institutions gives the values, statuses and intervals of that over the copies."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import pytest
from end_to_end.product import SHARED_MIRROR, Product, national_product
from institutions import double
from institutions.double import Institutions, served
from institutions.national import filled, written_back
from support.chosen_specs import SPECS

from sdg_pipeline.ingest.mirror import load_mirror
from sdg_pipeline.run.graph import Reach
from sdg_pipeline.specs.catalog import Catalog

pytestmark = pytest.mark.national
OF_ANOTHER_FILE = ("source", "source_edition", "source_sha256", "spec_hash", "denominator_source")
"""Columns that say which file a value comes from."""
UNGROUPED = {"enigh_households": "income_quantile", "enigh_members": "income_quantile"}
"""Tables whose official files do not say a group: deciles are of the income that CONEVAL deflated."""


@pytest.fixture(scope="module")
def both(
    request: pytest.FixtureRequest, catalog: Catalog, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Product, Product]:
    """A home filled from the double, and the home of the national run."""
    with pytest.MonkeyPatch.context() as patch, served(Institutions()) as institutions:
        patch.setenv("SDG_SHARED_DATA", str(shared_data))
        filled(institutions, catalog, load_mirror(str(SHARED_MIRROR)))
        written_back(institutions, catalog, shared_data)
        folder = tmp_path_factory.mktemp("double")
        specs = double.relocated(SPECS, folder / "specs", institutions.address)
        official = Product(folder / "home", {"SDG_SPECS": str(specs), "SDG_MIRROR": "", "NO_PROXY": "127.0.0.1"})
        ids = [indicator.id for indicator in Reach(catalog, None).indicators()]
        said = official.sdg("run", *(word for name in ids for word in ("--indicator", name)))
        assert said.code == 0, said
        sent = institutions.sent
        assert official.sdg("fetch").code == 0
        assert institutions.sent - sent < 1_000_000, "the second time is asked conditionally"
    return official, national_product(request)


def rows(product: Product, indicator: str, whole: tuple[str, ...] = ()) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The values of an indicator in order, without what says which file they come from; of some dimensions the total."""
    tests = [f"{dimension} = '_T'" for dimension in whole]
    chosen = f"WHERE {' AND '.join(tests)}" if tests else ""
    with duckdb.connect() as con:
        query = f"SELECT * EXCLUDE ({', '.join(OF_ANOTHER_FILE)}) FROM '{product.layout.indicator(indicator)}' {chosen}"
        result = con.execute(query)
        names = [column[0] for column in result.description or ()]
        about = names.index("obs_value")  # what stands before says what a value is of
        return names, sorted(result.fetchall(), key=lambda row: [str(cell) for cell in row[:about]])


def test_every_indicator_of_both(both: tuple[Product, Product], catalog: Catalog) -> None:
    official, copies = both
    indicators = Reach(catalog, None).indicators()
    assert len(indicators) >= 260
    for indicator in indicators:
        tables = catalog.tables_of(indicator)
        whole = tuple(UNGROUPED[table] for table in tables if table in UNGROUPED)
        names, one = rows(official, indicator.id, whole)
        others, other = rows(copies, indicator.id, whole)
        assert (names, len(one)) == (others, len(other)), indicator.id
        for official_row, copied_row in zip(one, other, strict=True):
            for name, a, b in zip(names, official_row, copied_row, strict=True):
                numbers = isinstance(a, float) and b is not None
                equal = math.isclose(a, b, rel_tol=1e-9) if numbers else a == b
                assert equal, (indicator.id, name, official_row, copied_row)
