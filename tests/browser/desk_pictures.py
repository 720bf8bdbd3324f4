"""Takes the pictures of six pages of a desk that is open, for the docs; a desk of an older state shows what was before.

PYTHONPATH=tests python tests/browser/desk_pictures.py http://127.0.0.1:3000 docs/images/desk_ [page …]
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path

from browser.chromium import launched, opened

PAGES = {
    "lineage": ("/asset-groups", "tables"),
    "indicator": ("/assets/indicator/illiteracy_15_plus", "headline"),
    "catalogue": ("/assets", "Asset name"),
    "jobs": ("/jobs", "goal_0"),
    "draft": ("/assets/publication/release", "blocking"),
    "checks": ("/assets/indicator/illiteracy_15_plus?view=checks", "Latest execution"),
}
"""Address by name, and a text that is there once the page is."""
WEBP = """
async png => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + png;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.85).split(',')[1];
}
"""


def main(url: str, begin: str, *names: str) -> None:
    with launched() as browser, opened(browser, url) as page:
        page.set_default_timeout(60_000)
        for name in names or PAGES:
            address, text = PAGES[name]
            page.goto(address)
            page.get_by_text(text).first.wait_for()
            page.wait_for_load_state("networkidle")
            png = base64.b64encode(page.screenshot(animations="disabled")).decode()
            Path(f"{begin}{name}.webp").write_bytes(base64.b64decode(page.evaluate(WEBP, png)))


if __name__ == "__main__":
    main(*sys.argv[1:])
