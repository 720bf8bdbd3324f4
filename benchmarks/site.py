"""The site of the national release: processor time, memory, sizes, and a map drawn in a browser.

    SDG_HOME=/a/home/with/a/release python benchmarks/site.py

Bounds are those of the issue: 30 s of processor time, 800 MB, 6 KB a municipality, 130 KB for the first load of an
indicator with its map, 300 ms until the map is drawn. Bytes are those of gzip -9. Without Chromium no map is timed.
"""

from __future__ import annotations

import gzip
import resource
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import PROJECT, Settings
from sdg_pipeline.site.build import build
from sdg_pipeline.specs import catalog as catalogs

SECONDS, MEGABYTES, MUNICIPALITY, FIRST_LOAD, DRAWN_MS = 30, 800, 6_144, 130_000, 300
INDICATORS = ("dwellings_with_piped_water", "population")
"""One with a single year, and the largest."""


def main() -> None:
    settings = Settings.from_environment()
    home, catalog = Layout(settings.home), catalogs.load(settings.specs).sound()
    with tempfile.TemporaryDirectory(dir=home.data) as folder:
        layout = _copy_without_site(home, Path(folder))
        started = time.process_time()
        written = build(layout, replace(settings, home=layout.home), catalog)
        seconds = time.process_time() - started
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"{len(written.files):,} files, {seconds:.1f} processor s (bound {SECONDS})")
        print(f"{memory:.0f} MB (bound {MEGABYTES})")
        started = time.process_time()
        again = build(layout, replace(settings, home=layout.home), catalog)
        print(f"again: {again.changed} files differ, {time.process_time() - started:.1f} processor s")
        _sizes(layout.site)
        _drawn(layout.site)


def _copy_without_site(home: Layout, folder: Path) -> Layout:
    """A home that borrows release, warehouse and outlines, and builds a site of its own."""
    layout = Layout(folder)
    for borrowed in ("published", "warehouse", "geometry"):
        ours = getattr(layout, borrowed)
        ours.parent.mkdir(parents=True, exist_ok=True)
        ours.symlink_to(getattr(home, borrowed))
    return layout


def _sizes(site: Path) -> None:
    sizes = sorted(_packed(path) for path in (site / "municipio").iterdir())
    print(f"municipality: median {sizes[len(sizes) // 2]:,} bytes, largest {sizes[-1]:,} (bound {MUNICIPALITY:,})")


def _packed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def _drawn(site: Path) -> None:
    sys.path.insert(0, str(PROJECT / "tests"))
    from browser.chromium import CHROMIUM, launched

    if not CHROMIUM.exists():
        print(f"no {CHROMIUM}: no map is timed")
        return
    with launched() as browser:
        for indicator in INDICATORS:
            page, asked = browser.new_page(), []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto((site / f"indicador/{indicator}.html").as_uri())
            page.wait_for_selector("#map[data-drawn]")
            milliseconds = float(page.get_attribute("#map", "data-drawn") or 0)
            files = {url.removeprefix("file://").partition("#")[0] for url in asked if url.startswith("file:")}
            load = sum(_packed(Path(file)) for file in files)
            print(
                f"{indicator}: first load {load:,} bytes in {len(files)} files (bound {FIRST_LOAD:,}); "
                f"map drawn in {milliseconds:.0f} ms (bound {DRAWN_MS})"
            )


if __name__ == "__main__":
    main()
