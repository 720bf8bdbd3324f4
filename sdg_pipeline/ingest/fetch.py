"""From a source spec to a verified raw file with its provenance, from the official URL or from a mirror.

What belongs here: which bytes are accepted, and how they come into the raw store. What does not: http
(download), what a manifest may say (mirror), what is inside the bytes (sniff, unpack, staging).
Order of writing: raw file, lock, ``current.json``; what is killed between two, the next fetch completes.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from sdg_pipeline import clock
from sdg_pipeline.errors import ONE_OF_THEM, FetchError, UsageError, nearest
from sdg_pipeline.files import sha256_of, write_text, written_aside
from sdg_pipeline.ingest.addresses import Place, all_of, places
from sdg_pipeline.ingest.download import Download, Progress, download
from sdg_pipeline.ingest.lock import ChangedError, Locked, locked, record
from sdg_pipeline.ingest.masking import masking
from sdg_pipeline.ingest.mirror import Entry, Mirror, entry_of
from sdg_pipeline.ingest.patience import PATIENCE, Patience
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.ingest.sniff import require_data
from sdg_pipeline.ingest.web import Question
from sdg_pipeline.layout import Layout
from sdg_pipeline.specs.source import MEGABYTE, Edition, Source

OFFICIAL = "official"
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


@dataclass(frozen=True)
class _Order:
    """What is to be fetched, and how."""

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


def fetch(
    source: Source,
    edition: str,
    layout: Layout,
    mirror: Mirror | None,
    *,
    accept: bool = False,
    progress: Progress | None = None,
    patience: Patience = PATIENCE,
    supplied: Mapping[str, str] | None = None,
) -> RawFile:
    """Bring an edition into the raw store, verified, and return what is recorded of it.

    A second fetch of the same bytes writes nothing. ``accept`` takes official bytes other than the lock's, and no
    longer reports those of a mirror that came in place of others. ``supplied`` are addresses that a person gives.
    FetchError where the bytes cannot be had or are not those expected; nothing in the store has changed then.
    """
    if edition not in source.editions:
        close = nearest(edition, source.editions)
        hint = f"did you mean {close!r}?" if close else f"valid: {', '.join(source.editions)}"
        raise UsageError(f"source {source.id} has no edition {edition!r}; {hint}", remedy=ONE_OF_THEM)
    patience = patience.named(patience.agent, source.intermediate if mirror is None else None)
    spec, url = source.editions[edition], source.address(edition)
    order = _Order(source.id, edition, spec, url, layout, progress, patience)
    if mirror is None:
        alike = tuple(
            name for name, e in source.editions.items() if name != edition and spec.urls and e.urls == spec.urls
        )
        order = replace(order, alike=(edition, *alike), places=places(source, edition, supplied or {}))
    raw = _kept_or(order, accept) if mirror is None else _mirrored(order, mirror)
    return _accepted(raw, order) if accept and raw.replaced else raw


def stored(source: str, edition: str, layout: Layout) -> RawFile | None:
    """The raw file in use, if its bytes on the disk are still those that its provenance names."""
    raw = RawFile.current(layout.raw_current(source, edition))
    return raw if raw and _holds(Path(raw.path), raw.sha256) else None


def _kept_or(order: _Order, accept: bool) -> RawFile:
    """The official file; an error names the last good copy, where there is one."""
    try:
        return _official(order, accept)
    except FetchError as error:
        good = stored(order.source, order.edition, order.layout)
        if good is not None:
            error.add(f"the last good copy, of {good.retrieved_at[:10]} from {good.origin}, stays in use")
        raise


def last_good(source: Source, edition: str, layout: Layout) -> RawFile | None:
    """The bytes of an edition that its official address gave before, where it is still one of its addresses."""
    raw, spec = stored(source.id, edition, layout), source.editions[edition]
    return raw if raw and raw.origin == OFFICIAL and (spec.address or raw.url in spec.urls) else None


def _official(order: _Order, accept: bool) -> RawFile:
    """The file from the first address that gives it; bytes other than the lock's wait for a person."""
    errors = []
    for place in order.places:
        try:
            return _from(replace(order, url=place.recorded), place.question, accept)
        except ChangedError:
            raise
        except FetchError as error:
            errors.append(place.masked(error))
    raise all_of(errors)


def _from(order: _Order, question: Question, accept: bool) -> RawFile:
    path = order.layout.lock(order.source)
    pinned = locked(path, order.source, order.edition, OFFICIAL)
    files = (stored(order.source, name, order.layout) for name in order.alike)
    earlier = next((raw for raw in files if raw and (raw.origin, raw.url) == (OFFICIAL, order.url)), None)
    if earlier and pinned and pinned.sha256 != earlier.sha256:
        earlier = None  # the lock was brought here from elsewhere: only a whole download can tell who is right
    if question.body is not None:
        earlier = None  # no condition goes with a post
    got = download(
        question,
        order.layout.scratch,
        max_bytes=order.max_bytes,
        validators=earlier.headers if earlier else (),
        progress=order.progress,
        patience=order.patience,
    )
    if got is None:
        assert earlier is not None  # only what is in the store can be "not modified"
        raw = _raw(order, OFFICIAL, earlier, _suffix(order.url))
        return _keep(raw, order, lambda target: shutil.copyfile(Path(earlier.path), target))
    try:
        require_data(got.path, order.spec.container, order.url)
        if pinned and pinned.sha256 != got.sha256 and not accept:
            raise ChangedError(
                order.url,
                f"has changed: the lock {path} has sha256 {pinned.sha256} ({pinned.bytes:,} bytes), "
                f"now it is {got.sha256} ({got.bytes:,} bytes)",
                place=f"{order.source}/{order.edition}",
                remedy="find out what the institution revised, then "
                f"`sdg fetch --accept {order.source} {order.edition}`",
            )
        raw = _raw(order, OFFICIAL, got, _suffix(order.url))
        return _keep(raw, order, _mover(got))
    finally:
        got.path.unlink(missing_ok=True)


def _mirrored(order: _Order, mirror: Mirror) -> RawFile:
    entry = entry_of(mirror, order.source, order.edition, order.spec.states)
    if not mirror.remote:
        return _from_folder(order, mirror, entry, Path(mirror.location(entry)))
    earlier = stored(order.source, order.edition, order.layout)
    if earlier and (earlier.sha256, earlier.origin) == (entry.sha256, mirror.origin):
        raw = _raw_of_entry(order, mirror, entry, earlier)
        return _keep(raw, order, lambda target: shutil.copyfile(Path(earlier.path), target))
    url = mirror.location(entry)
    with masking(url):
        got = download(
            url,
            order.layout.scratch,
            max_bytes=order.max_bytes,
            progress=order.progress,
            patience=replace(order.patience, distance_seconds=0),  # a mirror is there for us
        )
    assert got is not None  # without validators nothing is "not modified"
    try:
        require_data(got.path, entry.container or order.spec.container, mirror.shown_location(entry))
        _require_hash(mirror.shown_location(entry), got.sha256, entry, mirror)
        return _keep(_raw_of_entry(order, mirror, entry, got), order, _mover(got))
    finally:
        got.path.unlink(missing_ok=True)


def _from_folder(order: _Order, mirror: Mirror, entry: Entry, path: Path) -> RawFile:
    if not path.is_file():
        message, place = "names a file that is not there", f"{order.source}/{order.edition}"
        remedy = "put the file there, or mend path in the manifest"
        raise FetchError(mirror.manifest, message, place=place, value=path, remedy=remedy)
    size = path.stat().st_size
    if size > order.max_bytes:
        message = f"is larger than the limit of {order.max_bytes:,} bytes"
        remedy = "if the file is right, raise max_megabytes of the edition in the source spec"
        raise FetchError(path, message, value=f"{size:,} bytes", remedy=remedy)
    require_data(path, entry.container or order.spec.container, str(path))
    content = _Content(sha256_of(path), size)
    _require_hash(str(path), content.sha256, entry, mirror)
    if order.progress:
        order.progress(size, size)
    return _keep(_raw_of_entry(order, mirror, entry, content), order, lambda target: shutil.copyfile(path, target))


def _require_hash(file: str, sha256: str, entry: Entry, mirror: Mirror) -> None:
    if sha256 != entry.sha256:
        raise FetchError(
            file,
            f"is not the file that {mirror.manifest} names: expected sha256 {entry.sha256}",
            place=f"{entry.source}/{entry.edition}",
            value=sha256,
            remedy="bring the right copy; or, if the new one is meant, write its sha256 into the manifest",
        )


@dataclass(frozen=True)
class _Content:
    """Bytes that came from a folder: their hash and size, and no headers of a server."""

    sha256: str
    bytes: int
    headers: tuple[tuple[str, str], ...] = ()


def _raw(order: _Order, origin: str, content: Download | RawFile | _Content, suffix: str) -> RawFile:
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


def _raw_of_entry(order: _Order, mirror: Mirror, entry: Entry, content: Download | RawFile | _Content) -> RawFile:
    raw = _raw(order, mirror.origin, content, _suffix(entry.path))
    return replace(
        raw,
        container=entry.container or order.spec.container,
        columns=entry.columns,
        states=entry.states or order.spec.states,
        partial=bool(entry.states) and set(entry.states) != set(order.spec.states),
    )


def _keep(raw: RawFile, order: _Order, bring: Callable[[Path], object]) -> RawFile:
    """Put bytes, lock and provenance in place, each only where it is not there yet."""
    target = Path(raw.path)
    if not _holds(target, raw.sha256):
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


def _accepted(raw: RawFile, order: _Order) -> RawFile:
    """The same bytes, which somebody has looked at: nothing more is told of those before."""
    raw = replace(raw, replaced=None)
    write_text(order.layout.raw_current(order.source, order.edition), raw.to_json())
    return raw


def _holds(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256


def _mover(got: Download) -> Callable[[Path], None]:
    def move(target: Path) -> None:
        got.path.replace(target)

    return move


def _suffix(address: str) -> str:
    """``.csv`` of a path or URL; ``.data`` where the address has none that can be a file's."""
    suffix = PurePosixPath(unquote(urlsplit(address).path)).suffix.lower()
    return suffix if _SUFFIX.fullmatch(suffix) else ".data"
