"""The encoding of a text file, checked before anything reads it.

What belongs here: bytes that are not the declared text. What does not: columns and cells.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from sdg_pipeline.errors import StagingError
from sdg_pipeline.files import CHUNK_BYTES

REPLACEMENT = "\ufffd"
DOUBLE_ENCODED = ("Ã¡", "Ã©", "Ã­", "Ã³", "Ãº", "Ã±", "Ã\x91")
"""What Spanish letters look like after UTF-8 was read as latin-1 and written as UTF-8 again."""


def check_encoding(path: Path, encoding: str, name: str) -> None:
    """StagingError unless the whole file is text in ``encoding`` (``utf-8`` with or without BOM, ``latin-1``)."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    line, tail = 1, ""
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK_BYTES)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                bad_line = line + error.object[: error.start].count(b"\n")
                raise StagingError(
                    name,
                    f"is not {encoding}",
                    place=f"line {bad_line}",
                    value=error.object[error.start : error.start + 4].hex(" "),
                    remedy="set format.encoding in the table spec to the real encoding (latin-1?)",
                ) from error
            _refuse_damage(tail + text, line, name)
            if not chunk:
                return
            line += text.count("\n")
            tail = text[-1:]


def _refuse_damage(text: str, line: int, name: str) -> None:
    for bad in (REPLACEMENT, *DOUBLE_ENCODED):
        at = text.find(bad)
        if at >= 0:
            what = "holds U+FFFD, a lost character" if bad == REPLACEMENT else "is double-encoded (UTF-8 twice)"
            raise StagingError(
                name,
                what,
                place=f"line {line + text[:at].count(chr(10))}",
                value=text[max(0, at - 10) : at + 10].strip(),
                remedy="get a sound copy of the file",
            )
