"""The encoding of a text file, checked before anything reads it.

What belongs here: bytes that are not the declared text. What does not: columns and cells.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Literal

from sdg_pipeline.errors import StagingError
from sdg_pipeline.files import CHUNK_BYTES

LOST = "\ufffd"
DOUBLE_ENCODED = ("Ã¡", "Ã©", "Ã­", "Ã³", "Ãº", "Ã±", "Ã\x91", "Ã‘", "√°", "√©", "√≠", "√≥", "√∫", "√±", "√ë")
"""What Spanish letters look like after UTF-8 was read as latin-1, cp1252 or Mac Roman and written as UTF-8 again."""
_FIRST = sorted({bad[0] for bad in (LOST, *DOUBLE_ENCODED)})
"""What a damaged text begins with: sound texts, which are long, are searched for these alone."""
NOT_LATIN_1 = bytes(range(0x80, 0xA0))
"""Control characters of latin-1 that no text has: it is cp1252, or cp850 of DOS."""
SOUND = "get a sound copy of the file"
REAL_ENCODING = "set format.encoding in the table spec to the real encoding ({}?)"
Encoding = Literal["utf-8", "latin-1", "cp1252", "cp850"]


def check_encoding(path: Path, encoding: Encoding, name: str, known_damage: tuple[str, ...] = ()) -> None:
    """StagingError unless the whole file is text in ``encoding`` (``utf-8`` with or without BOM)."""
    size = -1 if known_damage else CHUNK_BYTES  # what is known must not be cut in two
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    line, tail = 1, ""
    with path.open("rb") as file:
        while True:
            chunk = file.read(size)
            if encoding == "latin-1" and len(chunk.translate(None, NOT_LATIN_1)) < len(chunk):
                raise _not_latin_1(chunk, line, name)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                bad_line = line + error.object[: error.start].count(b"\n")
                raise StagingError(
                    name,
                    f"is not {encoding}",
                    place=f"line {bad_line}",
                    value=error.object[error.start : error.start + 4].hex(" "),
                    remedy=REAL_ENCODING.format("latin-1"),
                ) from error
            for damaged in known_damage:
                text = text.replace(damaged, " " * len(damaged))
            _refuse_damage(tail + text, line, name, encoding)
            if not chunk:
                return
            line += text.count("\n")
            tail = text[-1:]


def _not_latin_1(chunk: bytes, line: int, name: str) -> StagingError:
    at = next(i for i, byte in enumerate(chunk) if byte in NOT_LATIN_1)
    return StagingError(
        name,
        "is not latin-1",
        place=f"line {line + chunk[:at].count(10)}",
        value=chunk[at : at + 4].hex(" "),
        remedy=REAL_ENCODING.format("utf-8 or cp1252"),
    )


def _refuse_damage(text: str, line: int, name: str, encoding: Encoding) -> None:
    if not any(sign in text for sign in _FIRST):
        return
    for bad in (LOST, *DOUBLE_ENCODED):
        at = text.find(bad)
        if at >= 0:
            what, remedy = damage(bad, encoding)
            place = f"line {line + text[:at].count(chr(10))}"
            raise StagingError(name, what, place=place, value=text[max(0, at - 10) : at + 10].strip(), remedy=remedy)


def damage(text: str, encoding: Encoding) -> tuple[str, str]:
    """What happened to a text that holds one of the signs above, and what to do about it."""
    if encoding != "utf-8":
        return f"is not {encoding}", REAL_ENCODING.format("utf-8")
    return "holds U+FFFD, a lost character" if LOST in text else "is double-encoded (UTF-8 twice)", SOUND
