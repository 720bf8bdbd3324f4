"""Spec files as they were read last, so that those that have not changed need not be parsed again.

A file is known by the hash of its bytes; what is kept is its plain data, never a model, so that a change of the grammar
is a change at once. What belongs here: keeping and finding. What does not: reading YAML (yaml).
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from sdg_pipeline.files import write_text
from sdg_pipeline.specs import yaml


class Kept:
    """The files of one folder of specs, kept in a JSON file; without one nothing is kept."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known: dict[str, Any] = {}
        self._used: dict[str, Any] = {}
        if file is not None and file.exists():
            try:
                self._known = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                self._known = {}  # all files are read again, and kept again

    def read(self, path: Path, name: str, content: bytes | None) -> yaml.Document:
        """A file of this content, as ``yaml.read`` gives it; lines of one that was kept are looked for when asked for.

        None stands for a file that cannot be read.
        """
        if content is None:
            return yaml.read(path, name)
        digest = hashlib.sha256(content).hexdigest()
        if self._known.get(name, [""])[0] == digest:
            self._used[name] = self._known[name]
            return yaml.Document(name, self._known[name][1], source=path)
        document = yaml.parsed(content, name)
        if not document.problems:
            self._used[name] = [digest, document.data]
        return document

    def keep(self) -> None:
        """Write down what was read, where the folder is there and something changed."""
        if self._file is not None and self._file.parent.is_dir() and self._used != self._known:
            with suppress(OSError):  # it saves time and nothing else; that there is no room, the run's own files tell
                write_text(self._file, json.dumps(self._used, ensure_ascii=False))
