"""Mirrors: a manifest that says where copies of official files are, with their sha256.

What belongs here: reading and judging a manifest. What does not: taking the files (fetch), the sources.
Nothing heavy is imported here, since the graph of steps imports this module.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath
from typing import Annotated, Literal
from urllib.parse import quote, urljoin

from pydantic import Field, StringConstraints, ValidationError

from sdg_pipeline.errors import FetchError, Problem, SpecErrors, nearest
from sdg_pipeline.ingest.download import download
from sdg_pipeline.ingest.masking import is_address, mask, masking, shown_address
from sdg_pipeline.specs import yaml
from sdg_pipeline.specs.base import EditionName, Identifier, Model, StateKey, Text, with_host
from sdg_pipeline.specs.messages import problems_of
from sdg_pipeline.specs.source import Container

STATE_KEYS = tuple(f"{n:02d}" for n in range(1, 33))
"""INEGI keys of the 32 states."""
MAX_MANIFEST_BYTES = 5_000_000
LONGEST_NAME = 255
"""Bytes of a name of a file or folder, on the systems in use."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$", to_lower=True)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Key = tuple[str, str]

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Entry(Model):
    """One copy of one edition.

    ``container`` overrides the source's. ``columns: used`` means that only the columns specs use are there. ``states``
    limits the copy to these states (empty: all that the edition covers).
    """

    source: Identifier
    edition: EditionName
    path: Text
    sha256: Sha256
    container: Container | None = None
    columns: Literal["all", "used"] = "all"
    states: tuple[StateKey, ...] = ()


class Absent(Model):
    """An edition that the mirror knowingly does without."""

    source: Identifier
    edition: EditionName
    reason: Text


class Manifest(Model):
    """The file as written. ``root`` is a folder (relative to the manifest's own) or an http URL."""

    name: Name
    root: Text
    entries: tuple[Entry, ...] = Field(min_length=1)
    absent: tuple[Absent, ...] = ()
    others: Text | None = None
    """Why the mirror does without every edition that it does not name; without it, such an edition is an error."""


@dataclass(frozen=True)
class Mirror:
    """A sound manifest. ``root`` is an absolute folder or an http URL without a closing slash.

    Where it is an URL, it may hold a token. ``manifest`` is its path or its masked address.
    """

    manifest: str
    name: str
    root: str = field(repr=False)
    entries: Mapping[Key, Entry] = field(default_factory=dict)
    absent: Mapping[Key, Absent] = field(default_factory=dict)
    others: str | None = None

    def offers(self, source: str, edition: str) -> bool:
        """Whether an edition is to be had here; one that the manifest forgets is an error of ``fetch``."""
        return (source, edition) in self.entries or (self.others is None and (source, edition) not in self.absent)

    @property
    def origin(self) -> str:
        """What provenance says of bytes taken from here."""
        return f"mirror {self.name}"

    def shown_location(self, entry: Entry) -> str:
        """Path or masked URL of a copy, for people."""
        return shown_address(self.location(entry))

    @property
    def remote(self) -> bool:
        return is_address(self.root)

    def location(self, entry: Entry) -> str:
        """Absolute path or URL of a copy."""
        return f"{self.root}/{quote(entry.path)}" if self.remote else str(Path(self.root, entry.path))

    def nearest(self, source: str, edition: str) -> str | None:
        """The entry (``source/edition``) most like one that is not there."""
        return nearest(f"{source}/{edition}", [f"{s}/{e}" for s, e in self.entries])

    @property
    def partial(self) -> bool:
        """Whether a run over this mirror covers less than one over the official files."""
        return bool(self.notes)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is missing, in plain sentences; empty where nothing is."""
        limited = tuple(
            f"The mirror {self.name!r} holds {source} {edition} for {len(entry.states)} of "
            f"{len(STATE_KEYS)} states only: {', '.join(entry.states)}."
            for (source, edition), entry in sorted(self.entries.items())
            if entry.states
        )
        absent = tuple(
            f"The mirror {self.name!r} does not hold {source} {edition}: {item.reason.rstrip('.')}."
            for (source, edition), item in sorted(self.absent.items())
        )
        others = (
            (f"The mirror {self.name!r} holds no other edition: {self.others.rstrip('.')}.",) if self.others else ()
        )
        return limited + absent + others


def load_mirror(manifest: str, environment: Mapping[str, str] | None = None) -> Mirror:
    """The mirror that a manifest (local path or http URL) describes; SpecErrors with every problem found."""
    env = os.environ if environment is None else environment
    document = _read(manifest)
    if document.problems:
        raise SpecErrors(document.problems)
    try:
        data = Manifest.model_validate(document.data)
    except ValidationError as error:
        raise SpecErrors(list(problems_of(error, document, Manifest))) from None
    root = _root(data.root, manifest, env, document)
    problems = [*document.problems, *_duplicates(data, document)]
    problems += _states(data, document)
    problems += _paths(data, root, document)
    if problems or root is None:
        raise SpecErrors(problems)
    return Mirror(
        manifest=shown_address(manifest),
        name=data.name,
        root=root,
        entries={(e.source, e.edition): _whole(e) for e in data.entries},
        absent={(a.source, a.edition): a for a in data.absent},
        others=data.others,
    )


def entry_of(mirror: Mirror, source: str, edition: str, states: tuple[StateKey, ...]) -> Entry:
    """The copy of an edition, which covers these states (none: the nation); FetchError where there is none."""
    key, name = (source, edition), f"{source}/{edition}"
    if key in mirror.absent:
        remedy = "use the official URL (unset SDG_MIRROR), or add the file to the mirror"
        reason = mirror.absent[key].reason
        raise FetchError(mirror.manifest, f"declares the edition absent: {reason}", place=name, remedy=remedy)
    entry = mirror.entries.get(key)
    if entry is None:
        close = mirror.nearest(*key)
        hint = f" (the nearest is {close})" if close else ""
        remedy = f"add it to entries, or to absent with the reason{hint}"
        raise FetchError(mirror.manifest, "has no entry for the edition", place=name, remedy=remedy)
    strangers = sorted(set(entry.states) - set(states)) if states else []
    if strangers:
        message, value = "lists states that the edition does not cover", ", ".join(strangers)
        remedy = f"choose among {', '.join(states)}, or mend states in the source spec"
        raise FetchError(mirror.manifest, message, place=name, value=value, remedy=remedy)
    return entry


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except OSError:  # a name longer than the system admits
        return False


def _read(manifest: str) -> yaml.Document:
    if is_address(manifest):
        with tempfile.TemporaryDirectory(prefix="sdg-manifest-") as folder:
            with masking(manifest):
                got = download(manifest, Path(folder), max_bytes=MAX_MANIFEST_BYTES)
            assert got is not None  # without a condition the server cannot answer "not modified"
            return yaml.read(got.path, shown_address(manifest))
    if not _is_file(manifest):
        remedy = "set SDG_MIRROR to a manifest (path or http URL), or unset it to use the official URLs"
        raise SpecErrors([Problem(manifest, 0, "", "there is no such mirror manifest", remedy=remedy)])
    return yaml.read(Path(manifest))


def _root(text: str, manifest: str, env: Mapping[str, str], document: yaml.Document) -> str | None:
    """The root made absolute; None where it cannot be, with the problem in the document."""

    def problem(message: str, remedy: str) -> None:
        document.problems.append(document.problem(("root",), message, value=shown_address(text), remedy=remedy))

    names = _VARIABLE.findall(text)
    if names and is_address(manifest):
        # Otherwise a manifest from the web could have the environment sent to a host of its choice.
        problem("uses the environment, which a manifest from the web may not", "write the folder or URL out")
        return None
    unset = [name for name in names if not env.get(name)]
    if unset:
        problem(f"uses {', '.join(unset)}, which is not set", f"export {unset[0]}=… and run again")
        return None
    expanded = _VARIABLE.sub(lambda match: env[match[1]], text)
    if is_address(expanded):
        try:
            return with_host(expanded).rstrip("/")
        except ValueError as error:
            problem(mask(str(error), expanded), "mend root")
            return None
    if is_address(manifest):
        if expanded.startswith(("/", "~")):
            problem("is a local folder, but the manifest is from the web", "use a URL or a relative folder")
            return None
        return urljoin(manifest, quote(expanded.rstrip("/") + "/")).rstrip("/")
    if _is_too_long(PurePath(expanded)):
        problem("has a name that is too long", f"write names of at most {LONGEST_NAME} bytes")
        return None
    folder = (Path(manifest).resolve().parent / Path(expanded).expanduser()).resolve()
    if not folder.is_dir():
        problem(f"is no folder on this machine ({folder})", "put the copies there or mend root")
        return None
    return str(folder)


def _duplicates(data: Manifest, document: yaml.Document) -> Iterator[Problem]:
    first: dict[Key, str] = {}
    named: list[tuple[yaml.Place, Key]] = [(("entries", i), (e.source, e.edition)) for i, e in enumerate(data.entries)]
    named += [(("absent", i), (a.source, a.edition)) for i, a in enumerate(data.absent)]
    for place, key in named:
        if key in first:
            message = f"names an edition that {first[key]} names too"
            yield document.problem(place, message, value="/".join(key), remedy="keep one of the two")
        first.setdefault(key, yaml.dotted(place))


def _states(data: Manifest, document: yaml.Document) -> Iterator[Problem]:
    for i, entry in enumerate(data.entries):
        for j, state in enumerate(entry.states):
            place: yaml.Place = ("entries", i, "states", j)
            if state not in STATE_KEYS:
                yield document.problem(place, "is no state", value=state, remedy="INEGI keys 01 to 32")
            elif state in entry.states[:j]:
                yield document.problem(place, "is listed twice", value=state, remedy="keep one of the two")


def _is_too_long(path: PurePath) -> bool:
    """Whether no system has such a name: it would end in an error of the system itself."""
    return any(len(part.encode()) > LONGEST_NAME for part in path.parts)


def _paths(data: Manifest, root: str | None, document: yaml.Document) -> Iterator[Problem]:
    for i, entry in enumerate(data.entries):
        path = PurePosixPath(entry.path)
        outside = path.is_absolute() or ".." in path.parts or "\\" in entry.path or "\0" in entry.path
        if _is_too_long(path):
            remedy = f"write names of at most {LONGEST_NAME} bytes"
            yield document.problem(
                ("entries", i, "path"), "has a name that is too long", value=entry.path, remedy=remedy
            )
            continue
        if not outside and root is not None and not is_address(root):
            outside = not Path(root, path).resolve().is_relative_to(root)  # a link may lead out as well
        if outside:
            remedy = "write a path relative to root, with / and without .."
            yield document.problem(("entries", i, "path"), "leads out of root", value=entry.path, remedy=remedy)


def _whole(entry: Entry) -> Entry:
    """All 32 states are the nation, which is written as no limit."""
    return entry.model_copy(update={"states": ()}) if set(entry.states) == set(STATE_KEYS) else entry
