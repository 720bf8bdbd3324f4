"""From a source spec to a verified raw file with its provenance, from the official URL or from a mirror.

What belongs here: which bytes are accepted. What does not: http (download), the raw store (store), what a manifest may
say (mirror), what is inside the bytes (sniff, unpack, staging).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from sdg_pipeline.errors import ONE_OF_THEM, FetchError, UsageError, nearest
from sdg_pipeline.files import sha256_of
from sdg_pipeline.ingest.addresses import all_of, places
from sdg_pipeline.ingest.download import Download, Progress, download
from sdg_pipeline.ingest.lock import ChangedError, Locked, locked
from sdg_pipeline.ingest.masking import masking
from sdg_pipeline.ingest.mirror import Entry, Mirror, entry_of
from sdg_pipeline.ingest.patience import PATIENCE, Patience
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.ingest.sniff import require_data
from sdg_pipeline.ingest.store import OFFICIAL, Content, Order, accepted, holds, keep, raw_of, stored, suffix_of
from sdg_pipeline.ingest.web import Question
from sdg_pipeline.layout import Layout
from sdg_pipeline.specs.source import Source


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
    order = Order(source.id, edition, spec, url, layout, progress, patience)
    if mirror is None:
        alike = tuple(
            name for name, e in source.editions.items() if name != edition and spec.urls and e.urls == spec.urls
        )
        order = replace(order, alike=(edition, *alike), places=places(source, edition, supplied or {}))
    raw = _kept_or(order, accept) if mirror is None else _mirrored(order, mirror)
    return accepted(raw, order) if accept and raw.replaced else raw


def _kept_or(order: Order, accept: bool) -> RawFile:
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


def _official(order: Order, accept: bool) -> RawFile:
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


def _from(order: Order, question: Question, accept: bool) -> RawFile:
    """The file that a question gives; one that another edition asked a short while ago is not asked again."""
    answers, now = order.patience.answers, order.patience.clock()
    pinned = locked(order.layout.lock(order.source), order.source, order.edition, OFFICIAL)
    recent = answers.take(question.name, (order.source, order.edition), now)
    if recent is None or not _serves(recent, order):
        raw = _asked(order, question, pinned, accept)
        answers.keep(question.name, raw, now)
        return raw
    require_data(Path(recent.path), order.spec.container, order.url)
    _require_pinned(order, recent, pinned, accept)
    return keep(raw_of(order, OFFICIAL, recent, suffix_of(order.url)), order, _copier(recent.path))


def _serves(recent: RawFile, order: Order) -> bool:
    """Whether the bytes of another edition of this home are there, and not too many."""
    here = Path(recent.path).is_relative_to(order.layout.data)
    return here and recent.bytes <= order.max_bytes and holds(Path(recent.path), recent.sha256)


def _require_pinned(order: Order, got: Download | RawFile, pinned: Locked | None, accept: bool) -> None:
    """ChangedError where the lock has other bytes, unless they are accepted."""
    if pinned and pinned.sha256 != got.sha256 and not accept:
        path = order.layout.lock(order.source)
        raise ChangedError(
            order.url,
            f"has changed: the lock {path} has sha256 {pinned.sha256} ({pinned.bytes:,} bytes), "
            f"now it is {got.sha256} ({got.bytes:,} bytes)",
            place=f"{order.source}/{order.edition}",
            remedy=f"find out what the institution revised, then `sdg fetch --accept {order.source} {order.edition}`",
        )


def _asked(order: Order, question: Question, pinned: Locked | None, accept: bool) -> RawFile:
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
        return keep(raw_of(order, OFFICIAL, earlier, suffix_of(order.url)), order, _copier(earlier.path))
    try:
        require_data(got.path, order.spec.container, order.url)
        _require_pinned(order, got, pinned, accept)
        return keep(raw_of(order, OFFICIAL, got, suffix_of(order.url)), order, _mover(got))
    finally:
        got.path.unlink(missing_ok=True)


def _mirrored(order: Order, mirror: Mirror) -> RawFile:
    entry = entry_of(mirror, order.source, order.edition, order.spec.states)
    if not mirror.remote:
        return _from_folder(order, mirror, entry, Path(mirror.location(entry)))
    earlier = stored(order.source, order.edition, order.layout)
    if earlier and (earlier.sha256, earlier.origin) == (entry.sha256, mirror.origin):
        return keep(_raw_of_entry(order, mirror, entry, earlier), order, _copier(earlier.path))
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
        return keep(_raw_of_entry(order, mirror, entry, got), order, _mover(got))
    finally:
        got.path.unlink(missing_ok=True)


def _from_folder(order: Order, mirror: Mirror, entry: Entry, path: Path) -> RawFile:
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
    content = Content(sha256_of(path), size)
    _require_hash(str(path), content.sha256, entry, mirror)
    if order.progress:
        order.progress(size, size)
    return keep(_raw_of_entry(order, mirror, entry, content), order, _copier(path))


def _require_hash(file: str, sha256: str, entry: Entry, mirror: Mirror) -> None:
    if sha256 != entry.sha256:
        raise FetchError(
            file,
            f"is not the file that {mirror.manifest} names: expected sha256 {entry.sha256}",
            place=f"{entry.source}/{entry.edition}",
            value=sha256,
            remedy="bring the right copy; or, if the new one is meant, write its sha256 into the manifest",
        )


def _raw_of_entry(order: Order, mirror: Mirror, entry: Entry, content: Download | RawFile | Content) -> RawFile:
    raw = raw_of(order, mirror.origin, content, suffix_of(entry.path))
    return replace(
        raw,
        container=entry.container or order.spec.container,
        columns=entry.columns,
        states=entry.states or order.spec.states,
        partial=bool(entry.states) and set(entry.states) != set(order.spec.states),
    )


def _copier(path: str | Path) -> Callable[[Path], object]:
    return lambda target: shutil.copyfile(path, target)


def _mover(got: Download) -> Callable[[Path], None]:
    def move(target: Path) -> None:
        got.path.replace(target)

    return move
