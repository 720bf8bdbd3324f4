"""PNG files out of arrays of pixels, and back where we wrote them ourselves.

What belongs here: the file format. What does not: what is drawn (canvas).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, INDEXED = 0, 3


def grey_png(pixels: numpy.ndarray) -> bytes:
    """A picture of grey pixels (height x width, 0 to 255)."""
    return _png(pixels, GREY, b"")


def indexed_png(pixels: numpy.ndarray, palette: bytes) -> bytes:
    """A picture of numbers of colours (height x width); ``palette`` has three bytes a colour."""
    return _png(pixels, INDEXED, _chunk(b"PLTE", palette))


def read_grey(data: bytes) -> numpy.ndarray:
    """The pixels of a picture that ``grey_png`` made."""
    import numpy

    width, height = struct.unpack(">II", data[16:24])
    start = data.index(b"IDAT") + 4
    (length,) = struct.unpack(">I", data[start - 8 : start - 4])
    rows = numpy.frombuffer(zlib.decompress(data[start : start + length]), dtype=numpy.uint8)
    return rows.reshape(height, width + 1)[:, 1:]


def _png(pixels: numpy.ndarray, colour_type: int, palette: bytes) -> bytes:
    import numpy

    height, width = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    rows = numpy.zeros((height, width + 1), dtype=numpy.uint8)  # each row begins with its filter: none
    rows[:, 1:] = pixels
    body = _chunk(b"IDAT", zlib.compress(rows.tobytes(), 6))
    return SIGNATURE + _chunk(b"IHDR", header) + palette + body + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
