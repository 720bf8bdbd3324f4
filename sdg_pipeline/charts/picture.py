"""A picture of the map of tiles for links in other programs: PNG, since few of them draw SVG.

No library draws it: tiles are oblongs, and a palette and rows of bytes are enough. What belongs here: that picture.
What does not: the map on pages (tile_map, choropleth).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping

from sdg_pipeline.charts.tiles import COLUMNS, ROWS, TILES

WIDTH, HEIGHT = 600, 315
PITCH, SIDE = 51, 48
LEFT, TOP = (WIDTH - PITCH * COLUMNS) // 2, (HEIGHT - PITCH * ROWS) // 2
PALETTE = ("fbfaf7", "e6f1f3", "b3d6dc", "6fb0bd", "2b7f92", "0b4656", "d8d5cc")
"""The ground, the five classes, and the colour of a state without a value."""
GROUND, FIRST, NO_VALUE = 0, 1, len(PALETTE) - 1


def picture(classes: Mapping[str, int]) -> bytes:
    """The PNG of the states in the colours of their classes (from 0), by REF_AREA; the others have no value."""
    blank = bytes(WIDTH)
    lines = [blank] * TOP
    for row in range(ROWS):
        line = bytearray(blank)
        for code, tile in TILES.items():
            if tile.row == row:
                colour = FIRST + classes[code] if code in classes else NO_VALUE
                start = LEFT + PITCH * tile.column
                line[start : start + SIDE] = bytes([colour]) * SIDE
        lines += [bytes(line)] * SIDE + [blank] * (PITCH - SIDE)
    lines += [blank] * (HEIGHT - len(lines))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + line for line in lines), 9)
    chunks = ((b"IHDR", header), (b"PLTE", bytes.fromhex("".join(PALETTE))), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
