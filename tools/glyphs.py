"""The letters that pictures of the Dagster desk are written with: DejaVu Sans drawn once, by Chromium, into a PNG.

    python tools/glyphs.py assets/drawing/glyphs.png

Run it again where a letter is missing. The PNG has one row of grey pixels a face; `glyphs.json` beside it says where
each letter begins and how far it reaches. Needs Chromium and the package fonts-dejavu.
"""

from __future__ import annotations

import json
import string
import sys
from pathlib import Path
from typing import Any

import numpy
from playwright.sync_api import sync_playwright

from assets.drawing.png import grey_png

CHROMIUM = "/usr/bin/chromium"
LETTERS = string.digits + string.ascii_letters + string.punctuation + " ÁÉÍÓÚÜÑáéíóúüñ¿¡°–—·×±≤≥→←−‰€²³…"
FACES = {"plain": "12px 'DejaVu Sans'", "bold": "bold 13px 'DejaVu Sans'"}
HEIGHT, BASELINE, ROOM = 18, 13, 2
DRAW = """
([letters, font, height, baseline, room]) => [...letters].map(letter => {
    const canvas = document.createElement('canvas');
    const pen = canvas.getContext('2d');
    pen.font = font;
    const advance = pen.measureText(letter).width;
    canvas.width = Math.ceil(advance) + 2 * room;
    canvas.height = height;
    pen.font = font;
    pen.fillText(letter, room, baseline);
    const pixels = pen.getImageData(0, 0, canvas.width, height).data;
    return [advance, canvas.width, Array.from(pixels).filter((_, i) => i % 4 === 3)];
})
"""


def main(target: str) -> None:
    """Draw all faces, and write the picture and the places of the letters."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        drawn: dict[str, list[Any]] = {
            face: page.evaluate(DRAW, [LETTERS, font, HEIGHT, BASELINE, ROOM]) for face, font in FACES.items()
        }
        browser.close()
    width = max(sum(w for _, w, _ in glyphs) for glyphs in drawn.values())
    sheet = numpy.zeros((HEIGHT * len(drawn), width), dtype=numpy.uint8)
    places: dict[str, Any] = {"height": HEIGHT, "baseline": BASELINE, "room": ROOM, "faces": {}}
    for row, (face, glyphs) in enumerate(drawn.items()):
        x, letters = 0, {}
        for letter, (advance, wide, pixels) in zip(LETTERS, glyphs, strict=True):
            block = numpy.array(pixels, dtype=numpy.uint8).reshape(HEIGHT, wide)
            sheet[row * HEIGHT : (row + 1) * HEIGHT, x : x + wide] = block
            letters[letter] = [x, wide, round(advance, 3)]
            x += wide
        places["faces"][face] = letters
    path = Path(target)
    path.write_bytes(grey_png(sheet))
    path.with_suffix(".json").write_text(json.dumps(places, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
