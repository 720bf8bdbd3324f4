"""``sdg backup`` and ``sdg restore``: a home as one tar file, and back.

The tar begins with a manifest that has path, bytes and SHA-256 of every other member. A person can read it without this
program. Restoring goes into an empty home only, aside first: everything is compared before the first file is in its
place. What belongs here: which files of a home go, and the tar. What does not: Dagster's own record (pg_dump).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from sdg_pipeline import __version__
from sdg_pipeline.errors import InputError, UsageError, too_new
from sdg_pipeline.files import CHUNK_BYTES, fsync, sha256_of, written_aside
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.latest import point_latest
from sdg_pipeline.run import landing

MANIFEST = "manifest.json"
FORMAT = 1
MAX_MANIFEST_BYTES = 200_000_000
WAREHOUSE = ("warehouse", "sdg.duckdb")
"""Where the home is a checkout, its folder of the warehouse has SQL as well, which is no part of a back-up."""
PARTS = ("data", "warehouse", "contributions")
"""Folders of a home. Only files below them are restored."""
NEVER = (("data", "scratch"), ("data", "desk"), ("data", "reports"), ("data", ".lock"), ("data", "metrics"))
"""Half-made files, what a page shows, the lock, and figures of runs on this machine."""
LASTING = ("published", "locks", "raw", "portals", "contributions", "probe")
"""Folders below ``data`` that no run computes again."""
REMEDY = "take another copy of the back-up"


class Entry(BaseModel):
    """A file of a home; ``path`` is relative to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]


class Manifest(BaseModel):
    """What a back-up has. ``latest`` names the release in force; a tar of ours has no links."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Annotated[int, Field(ge=1, le=FORMAT)]
    program: str
    latest: str | None
    files: tuple[Entry, ...]

    @property
    def size(self) -> int:
        return sum(entry.bytes for entry in self.files)


def backup(layout: Layout, target: Path, lean: bool = False) -> Manifest:
    """Write the files of a home into a new tar file; ``lean`` leaves out what a run computes again."""
    if target.exists():
        raise UsageError(f"{target} exists already; remedy: name another file, a back-up replaces none")
    if any(target.resolve().is_relative_to(layout.home / part) for part in PARTS):
        raise UsageError(f"{target} lies in the home that is backed up; remedy: name a file on another disk")
    paths = sorted(_files(layout, lean))
    if not paths:
        raise UsageError(f"there is nothing to back up below {layout.home}; remedy: set SDG_HOME to the home")
    latest = layout.latest.readlink().name if layout.latest.is_symlink() else None
    entries = tuple(_entry(layout, path) for path in paths)
    manifest = Manifest(format=FORMAT, program=__version__, latest=latest, files=entries)
    text = (manifest.model_dump_json(indent=1) + "\n").encode()
    with written_aside(target) as aside, tarfile.open(aside, "w", format=tarfile.PAX_FORMAT) as tar:
        first = tarfile.TarInfo(MANIFEST)
        first.size = len(text)
        tar.addfile(first, io.BytesIO(text))
        for entry in entries:
            _add(tar, layout, entry)
    return manifest


def restore(layout: Layout, source: Path) -> Manifest:
    """Put the files of a back-up into an empty home, all or none; InputError where it is not as it was written."""
    occupied = [part for part in ("data", "contributions") if any(_content(layout.home / part))]
    occupied += [layout.warehouse.name] if layout.warehouse.exists() else []
    if occupied:
        raise UsageError(f"{layout.home} is not empty ({', '.join(occupied)}); remedy: set SDG_HOME to an empty folder")
    if not source.is_file():
        raise UsageError(f"there is no back-up {source}; remedy: name the file that `sdg backup` wrote")
    layout.home.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=landing.ASIDE, dir=layout.home))
    try:
        with tarfile.open(source, "r:") as tar:
            manifest = _read_manifest(tar, source)
            _require_room(layout, manifest, source)
            _extract(tar, manifest, source, aside)
        if manifest.latest is not None:
            point_latest(Layout(aside).release(manifest.latest), Layout(aside))
        landing.decide(aside)
    except (tarfile.TarError, EOFError) as error:
        raise InputError(source, f"is no whole tar file ({error})", remedy=REMEDY) from error
    finally:
        landing.finish(layout)
    return manifest


def _content(folder: Path) -> Iterator[Path]:
    """What lies in a folder, but for the lock that a command of ours takes."""
    return (path for path in folder.glob("*") if path.name != ".lock")


def _files(layout: Layout, lean: bool) -> Iterator[Path]:
    for part in PARTS:
        for path in (layout.home / part).rglob("*"):
            names = path.relative_to(layout.home).parts
            if path == layout.latest or path.is_dir() or names[:2] in NEVER or names[-1].endswith(".aside"):
                continue
            if part == WAREHOUSE[0] and names != WAREHOUSE:
                continue
            if path.is_symlink() or not path.is_file():
                raise UsageError(f"{path} is a link or no file, which no home has; remedy: move it out of the home")
            if not lean or part == "contributions" or (part == "data" and names[1] in LASTING):
                yield path


def _entry(layout: Layout, path: Path) -> Entry:
    name = path.relative_to(layout.home).as_posix()
    return Entry(path=name, bytes=path.stat().st_size, sha256=sha256_of(path))


def _add(tar: tarfile.TarFile, layout: Layout, entry: Entry) -> None:
    """A file as an ordinary member, also where releases share it by a hard link."""
    path = layout.home / entry.path
    status, member = path.stat(), tarfile.TarInfo(entry.path)
    member.size, member.mtime, member.mode = entry.bytes, status.st_mtime, status.st_mode & 0o777
    with path.open("rb") as file:
        tar.addfile(member, file)


def _read_manifest(tar: tarfile.TarFile, source: Path) -> Manifest:
    member = tar.next()
    if member is None or member.name != MANIFEST or not member.isreg() or member.size > MAX_MANIFEST_BYTES:
        raise InputError(source, f"does not begin with {MANIFEST}: it is no back-up of a home", remedy=REMEDY)
    file = tar.extractfile(member)
    text = file.read() if file is not None else b""
    try:
        facts = json.loads(text)
        number = facts.get("format") if isinstance(facts, dict) else None
        if isinstance(number, int) and number > FORMAT:
            raise too_new(source, number, FORMAT)
        manifest = Manifest.model_validate(facts)
    except (ValueError, ValidationError, RecursionError) as error:
        raise InputError(source, f"has a damaged manifest ({type(error).__name__})", remedy=REMEDY) from error
    wrong = [entry.path for entry in manifest.files if not _stays_below(entry.path)]
    if manifest.latest is not None and not _stays_below(f"data/{manifest.latest}"):
        wrong.append(manifest.latest)
    if wrong or len({entry.path for entry in manifest.files}) < len(manifest.files):
        named = wrong[0] if wrong else "the same path twice"
        raise InputError(source, "names a file that leads out of the home", value=named, remedy=REMEDY)
    return manifest


def _stays_below(name: str) -> bool:
    """Whether a path is plain, relative, and below a folder of a home."""
    path = PurePosixPath(name)
    plain = path.as_posix() == name and not path.is_absolute() and ".." not in path.parts
    if path.parts[:1] == WAREHOUSE[:1]:
        return path.parts == WAREHOUSE
    return plain and name.isprintable() and "\\" not in name and len(path.parts) > 1 and path.parts[0] in PARTS


def _require_room(layout: Layout, manifest: Manifest, source: Path) -> None:
    """InputError before the first byte, where the files do not fit on the disk."""
    free = shutil.disk_usage(layout.home).free
    if manifest.size > free:
        message = f"has {manifest.size:,} bytes of files, and the disk of {layout.home} has {free:,} free"
        raise InputError(source, message, remedy="free space, or set SDG_HOME to another disk")


def _extract(tar: tarfile.TarFile, manifest: Manifest, source: Path, aside: Path) -> None:
    """Write every member aside and compare it; only what the manifest names, once, as an ordinary file of that size."""
    missing = {entry.path: entry for entry in manifest.files}
    while (member := tar.next()) is not None:
        entry = missing.pop(member.name, None)
        if entry is None or not member.isreg() or member.issparse() or member.size != entry.bytes:
            raise InputError(source, "has a member that its manifest does not", value=member.name, remedy=REMEDY)
        target, digest, file = aside / entry.path, hashlib.sha256(), tar.extractfile(member)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as written:
            while file is not None and (chunk := file.read(CHUNK_BYTES)):
                digest.update(chunk)
                written.write(chunk)
        if digest.hexdigest() != entry.sha256:
            raise InputError(source, "has a file with other bytes than were backed up", value=entry.path, remedy=REMEDY)
        fsync(target)
        target.chmod(member.mode & 0o777 | 0o400)
        os.utime(target, (member.mtime, member.mtime))
    if missing:
        raise InputError(source, f"lacks {len(missing)} files", value=min(missing), remedy=REMEDY)
