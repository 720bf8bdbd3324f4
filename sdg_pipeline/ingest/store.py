"""The raw store: whole files by edition and hash, the lock of their bytes, and what is recorded of those in use.

Order of writing: raw file, lock, ``current.json``; what is killed between two, the next fetch completes. What belongs
here: putting bytes in place. What does not: which bytes are accepted (fetch).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from sdg_pipeline import clock
from sdg_pipeline.errors import FetchError
from sdg_pipeline.files import sha256_of, write_text, written_aside
from sdg_pipeline.ingest.addresses import Place
from sdg_pipeline.ingest.download import Download, Progress
from sdg_pipeline.ingest.lock import Locked, locked, record
from sdg_pipeline.ingest.patience import Patience
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.layout import Layout
from sdg_pipeline.specs.source import MEGABYTE, Edition

OFFICIAL = "official"
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


@dataclass(frozen=True)
class Order:
    """What is to be fetched, and how; ``url`` is recorded."""

    source: str
    edition: str
    spec: Edition
    url: str
    layout: Layout
    progress: Progress | None
    patience: Patience
    alike: tuple[str, ...] = ()
    """This edition and others of the source at the same addresses: several members of one ZIP."""
    places: tuple[Place, ...] = ()

    @property
    def max_bytes(self) -> int:
        return self.spec.max_megabytes * MEGABYTE


@dataclass(frozen=True)
class Content:
    """Bytes that came from a folder: their hash and size, and no headers of a server."""

    sha256: str
    bytes: int
    headers: tuple[tuple[str, str], ...] = ()


def stored(source: str, edition: str, layout: Layout) -> RawFile | None:
    """The raw file in use, if its bytes on the disk are still those that its provenance names."""
    raw = RawFile.current(layout.raw_current(source, edition))
    return raw if raw and holds(Path(raw.path), raw.sha256) else None


def raw_of(order: Order, origin: str, content: Download | RawFile | Content, suffix: str) -> RawFile:
    """What is recorded of bytes that came for an order."""
    return RawFile(
        source=order.source,
        edition=order.edition,
        path=str(order.layout.raw(order.source, order.edition, content.sha256, suffix)),
        sha256=content.sha256,
        bytes=content.bytes,
        url=order.url,
        origin=origin,
        retrieved_at=clock.now().isoformat(timespec="seconds"),
        container=order.spec.container,
        states=order.spec.states,
        headers=content.headers,
    )


def keep(raw: RawFile, order: Order, bring: Callable[[Path], object]) -> RawFile:
    """Put bytes, lock and provenance in place, each only where it is not there yet."""
    target = Path(raw.path)
    if not holds(target, raw.sha256):
        with written_aside(target) as aside:
            bring(aside)
            if sha256_of(aside) != raw.sha256:
                raise FetchError(target, "changed while it was taken", remedy="fetch it again")
    entry = Locked(sha256=raw.sha256, bytes=raw.bytes, url=raw.url)
    pinned = locked(order.layout.lock(order.source), order.source, order.edition, raw.origin)
    if pinned and pinned.sha256 != raw.sha256:
        raw = replace(raw, replaced=pinned.sha256)
    record(order.layout.lock(order.source), order.source, order.edition, raw.origin, entry)
    current = order.layout.raw_current(order.source, order.edition)
    before = RawFile.current(current)
    if before and (before.sha256, before.url, before.origin) == (raw.sha256, raw.url, raw.origin):
        raw = replace(raw, retrieved_at=before.retrieved_at, headers=before.headers, replaced=before.replaced)
    if raw != before:
        write_text(current, raw.to_json())
    return raw


def accepted(raw: RawFile, order: Order) -> RawFile:
    """The same bytes, which somebody has looked at: nothing more is told of those before."""
    raw = replace(raw, replaced=None)
    write_text(order.layout.raw_current(order.source, order.edition), raw.to_json())
    return raw


def holds(path: Path, sha256: str) -> bool:
    """Whether a file is there and has this hash."""
    return path.is_file() and sha256_of(path) == sha256


def suffix_of(address: str) -> str:
    """``.csv`` of a path or URL; ``.data`` where the address has none that can be a file's."""
    suffix = PurePosixPath(unquote(urlsplit(address).path)).suffix.lower()
    return suffix if _SUFFIX.fullmatch(suffix) else ".data"
