"""What is known of a raw file: the value that fetch returns and everything later cites."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from sdg_pipeline.errors import FetchError
from sdg_pipeline.files import read_json
from sdg_pipeline.specs.source import Container


@dataclass(frozen=True)
class RawFile:
    """One edition of one source, on disk and verified.

    ``url`` is the official address. ``origin`` says where the bytes really came from (``official`` or ``mirror
    <name>``), ``container`` how these bytes are packed. ``columns`` says whether all columns of the official file are
    there or only those that the specs use. ``states`` are those that the bytes cover (empty: the nation). ``partial``
    is true where that is less than the official edition covers. ``replaced`` is the sha256 that the same edition from
    the same origin had before, until somebody accepts the change. ``retrieved_at`` is ISO 8601, UTC.
    """

    source: str
    edition: str
    path: str
    sha256: str
    bytes: int
    url: str
    origin: str
    retrieved_at: str
    container: Container = "plain"
    columns: Literal["all", "used"] = "all"
    states: tuple[str, ...] = ()
    partial: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    replaced: str | None = None

    @classmethod
    def read(cls, path: Path) -> RawFile:
        """Read back what ``write`` wrote."""
        data: dict[str, Any] = read_json(path)
        data["states"] = tuple(data["states"])
        data["headers"] = tuple((k, v) for k, v in data["headers"])
        data["replaced"] = data.get("replaced") or None  # older records say none by an empty text
        return cls(**data)

    @classmethod
    def current(cls, path: Path) -> RawFile | None:
        """What is recorded of the raw file in use; None where there is none."""
        try:
            return cls.read(path)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError) as error:
            remedy = "delete it and fetch again"
            raise FetchError(path, f"is a damaged provenance file ({error})", remedy=remedy) from error

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"
