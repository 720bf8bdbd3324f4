"""Files of a release, read only as they were sealed.

What belongs here: comparing a file with SHA256SUMS before it is read. What does not: judging a whole release
(``release.manifest``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sdg_pipeline.errors import InputError
from sdg_pipeline.files import sha256_of
from sdg_pipeline.publish import checksums

RESTORE = "restore the release from a copy; `sdg release verify` lists all that differs"


@dataclass(frozen=True)
class Sealed:
    """The folder of a release and the sha256 of its files by path."""

    folder: Path
    sums: Mapping[str, str]

    @classmethod
    def at(cls, folder: Path) -> Sealed:
        """The seal of a folder; InputError where it is missing or malformed."""
        return cls(folder, checksums.read(folder))

    def has(self, name: str) -> bool:
        """Whether the release was sealed with this file."""
        return name in self.sums

    def fault(self, name: str) -> str:
        """Why a sealed file cannot be read; empty where it is as it was sealed."""
        path = self.folder / name
        if not path.is_file():
            return f"{name} is missing"
        return "" if sha256_of(path) == self.sums[name] else f"{name} is not as it was sealed"

    def path(self, name: str) -> Path:
        """The path of a sealed file; InputError where it is not as it was sealed."""
        fault = self.fault(name)
        if fault:
            raise InputError(self.folder / name, fault.removeprefix(f"{name} "), remedy=RESTORE)
        return self.folder / name

    def below(self, folder: str) -> list[str]:
        """The sealed files below a folder of the release."""
        return [name for name in self.sums if name.startswith(f"{folder}/")]
