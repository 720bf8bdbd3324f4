"""LibreOffice Calc without a window, as a person uses it: a file is opened, cells are added, the sheet is saved."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

SOFFICE = shutil.which("soffice")
OPENED = "CSV:44,34,76,1,,0,false,true,false,false,false,-1,true"
"""Comma, double quotes, UTF-8, from the first line; formulas are computed (LibreOffice help, CSV filter parameters)."""
SAVED = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false"
"""Comma, double quotes, UTF-8; cells with their values, not as they are shown."""
Cells = list[list[str]]


def opened(path: Path, folder: Path, typed: list[str] | None = None) -> Cells:
    """The cells of a CSV file as Calc has them; ``typed`` are cells that a person adds in a row below."""
    assert SOFFICE, "the caller skips without LibreOffice"
    copy = folder / path.name
    copy.write_bytes(path.read_bytes() + (",".join(typed or []) + "\n").encode())
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    wanted = [f"--infilter={OPENED}", "--convert-to", SAVED, "--outdir", str(folder / "saved"), str(copy)]
    subprocess.run([SOFFICE, profile, "--headless", *wanted], check=True, capture_output=True, timeout=300)
    with (folder / "saved" / path.name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
