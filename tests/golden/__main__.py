"""Accept the SQL of the indicators as it is now: ``make golden`` writes the index and the whole files."""

from __future__ import annotations

from golden import index
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs

if __name__ == "__main__":
    shown = index.renew(index.queries(catalogs.load(PROJECT / "indicator_specs").sound()))
    print(f"{len(index.read())} indicators in tests/golden/index.csv, {len(shown)} shapes with a whole file")
    print("Review with: git diff tests/golden")
