"""A cold start over the double of the institutions: fetch, stage, estimate, publish; then the addresses asked again.

    SDG_SHARED_DATA=../shared/data python benchmarks/cold_start.py

The double writes its files when they are asked for the first time, so a run before the one that counts makes it write
them. It keeps one second between two downloads, as from one host. Says so and ends where the shared data are not there.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from end_to_end.product import SHARED_MIRROR, Product  # noqa: E402
from institutions import double  # noqa: E402
from institutions.double import Institutions, served  # noqa: E402
from institutions.national import filled, written_back  # noqa: E402

from sdg_pipeline.ingest.mirror import load_mirror  # noqa: E402
from sdg_pipeline.specs import catalog as catalogs  # noqa: E402

SPECS = ROOT / "indicator_specs"


def measured(product: Product, *words: str) -> str:
    """Seconds by the clock and of the processor, and the largest memory so far, of a command that must succeed."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = product.sdg(*words)
    clock, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.code == 0, ended
    user, peak = after.ru_utime - before.ru_utime, after.ru_maxrss / 1e6
    return f"{clock:>8.1f} s by the clock {user:>8.1f} s of the processor {peak:>6.2f} GB"


def main() -> None:
    data = Path(os.environ.setdefault("SDG_SHARED_DATA", str(ROOT.parent / "shared" / "data")))
    if not data.is_dir():
        print("no shared data: set SDG_SHARED_DATA")
        return
    catalog = catalogs.load(SPECS).sound()
    with served(Institutions()) as institutions, tempfile.TemporaryDirectory() as name:
        filled(institutions, catalog, load_mirror(str(SHARED_MIRROR)))
        written_back(institutions, catalog, data)
        folder = Path(name)
        specs = double.relocated(SPECS, folder / "specs", institutions.address)
        product = Product(folder / "home", {"SDG_SPECS": str(specs), "SDG_MIRROR": "", "NO_PROXY": "127.0.0.1"})
        product.sdg("fetch")
        shutil.rmtree(product.home)
        print(f"cold start {measured(product, 'run')}")
        sent = institutions.sent
        print(f"asked again{measured(product, 'fetch')}, {(institutions.sent - sent) / 1e6:.2f} MB moved")
        print(f"{os.cpu_count()} cores")


if __name__ == "__main__":
    main()
