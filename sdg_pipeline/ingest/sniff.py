"""Whether bytes begin as the data that they are declared to be: institutions answer bad addresses with a page and 200.

What belongs here: the first bytes of a file. What does not: all others (unpack, readers).
"""

from __future__ import annotations

import html
import re
from pathlib import Path

from sdg_pipeline.errors import FetchError
from sdg_pipeline.specs.source import Container

SNIFFED_BYTES = 65_536
_ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0"
_BZ2_SIGNATURE = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)")
_MARKUP = re.compile(rb"<[!?/a-z]", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


class PageError(FetchError):
    """A page came where data was expected."""


def require_data(path: Path, container: Container, file: str) -> None:
    """FetchError unless the file begins as data in its container do; ``file`` is what to call it."""
    with path.open("rb") as stream:
        head = stream.read(SNIFFED_BYTES)
    if not head:
        remedy = "fetch it again later, or look at the source's landing page"
        raise FetchError(file, "is empty", remedy=remedy)
    zipped = head.startswith(_ZIP_SIGNATURES)
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")  # zeros: UTF-16
    if not zipped and _MARKUP.match(text):
        title = _TITLE.search(text.decode("utf-8", "replace"))
        named = " ".join(html.unescape(title[1]).split())[:120] if title else "(no title)"
        remedy = "look at the source's landing page for the new address, and mend url in the source spec"
        raise PageError(file, "is an HTML or XML page where data was expected", value=named, remedy=remedy)
    begins_as = next((kind for kind, fits in _kinds(head, zipped).items() if fits), "plain")
    fitting = {"zip": ("zip",), "bz2": ("bz2",), "workbook": ("zip", "ole"), "plain": ("plain",)}[container]
    if begins_as not in fitting:
        message, remedy = _misfit(container, begins_as)
        raise FetchError(file, message, value=repr(head[:8]), remedy=remedy)


def _kinds(head: bytes, zipped: bool) -> dict[str, bool]:
    return {"zip": zipped, "ole": head.startswith(_OLE_SIGNATURE), "bz2": bool(_BZ2_SIGNATURE.match(head))}


def _misfit(container: Container, begins_as: str) -> tuple[str, str]:
    """What is wrong with a file that begins as ``found`` and is declared as ``container``, and what to do."""
    if container != "plain":
        begins = {"zip": "no ZIP: it does not begin with PK", "bz2": "no bz2 file: it does not begin with BZh"}
        message = begins.get(container, "no workbook: it begins neither with PK (XLSX, ODS) nor with D0 CF 11 E0 (XLS)")
        return f"is {message}", "look at what the URL gives; if the file is not packed, set container: plain"
    message = {"zip": "is a ZIP", "ole": "is an XLS workbook", "bz2": "is packed with bz2"}[begins_as]
    remedy = {
        "zip": "set container: zip, and member in the source spec; container: workbook for an XLSX or ODS",
        "ole": "set container: workbook in the source spec",
        "bz2": "set container: bz2 in the source spec",
    }[begins_as]
    return f"{message}, but is declared as a plain file", remedy
