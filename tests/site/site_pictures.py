"""Takes the pictures of the site that the docs show, of the home that SDG_HOME names, into a folder.

SDG_HOME=/a/national/home PYTHONPATH=tests python tests/site/site_pictures.py docs/images
"""

from __future__ import annotations

import sys
from pathlib import Path

from browser.chromium import launched

from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import Settings

PAGES = {
    "home": ("index.html", 1150),
    "indicator": ("indicador/dwellings_with_piped_water.html", 1000),
    "state": ("estado/MX20.html", 860),
    "municipality": ("municipio/MX20397.html", 900),
    "compare": ("compara.html#i=poverty&a=MX,MX20,MX19", 1150),
    "explain": ("explica/dwellings_with_piped_water.html#a=MX20397", 1100),
}
"""Page and height by name."""
PARTS = {
    "map": ("en/indicator/dwellings_with_internet.html", "#map"),
    "states": ("en/indicator/internet_users.html", "section[aria-labelledby=states]"),
}
"""Page and selector of the part of it that is taken, by name: the map and the chart at the top of the README."""
PART_WIDTH = 960
WIDTHS = {1440: "", 390: "_390"}
LARGEST = 200_000


def main(folder: Path) -> None:
    site = Layout(Settings.from_environment().home).site
    with launched() as browser:
        for width, suffix in WIDTHS.items():
            for name, (address, height) in PAGES.items():
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(f"{site.as_uri()}/{address}")
                page.wait_for_load_state("networkidle")
                target = folder / f"site_{name}{suffix}.png"
                page.screenshot(path=target)
                _weigh(target)
                page.close()
        for name, (address, selector) in PARTS.items():
            page = browser.new_page(viewport={"width": PART_WIDTH, "height": 800})
            page.goto(f"{site.as_uri()}/{address}")
            page.wait_for_load_state("networkidle")
            target = folder / f"site_{name}.png"
            page.locator(selector).screenshot(path=target)
            _weigh(target)
            page.close()


def _weigh(picture: Path) -> None:
    size = picture.stat().st_size
    print(f"{picture} {size:,} bytes" + (" TOO LARGE" if size > LARGEST else ""))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
