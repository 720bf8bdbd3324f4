"""Source specs whose addresses somebody probed: documented addresses become verified ones, with the day.

The result of a probe may come from anybody, so nothing of it is believed but that an address of the specs answered.
What belongs here: reading such a result and writing the lines of the specs. What does not: asking (ingest.probe).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sdg_pipeline.errors import InputError
from sdg_pipeline.files import read_bounded, write_text
from sdg_pipeline.specs import yaml
from sdg_pipeline.specs.catalog import Catalog

MAX_BYTES, MAX_PROBES = 10_000_000, 10_000
REMEDY = "take the JSON that `sdg sources probe` writes"


class Answered(BaseModel):
    """What is read of a probe; all else that it says is for people."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: str
    edition: str
    url: str
    verdict: str
    asked_at: str = Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?)?$")


class Probed(BaseModel):
    """The result of a probe."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    probes: tuple[Answered, ...] = Field(max_length=MAX_PROBES)


def read(path: Path) -> Probed:
    """The result of a probe; InputError where the file is none."""
    try:
        return Probed.model_validate_json(read_bounded(path, MAX_BYTES))
    except OSError as error:
        raise InputError(path, f"cannot be read: {error}", remedy=REMEDY) from error
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise InputError(
            path, f"is no result of a probe: {error.errors()[0]['msg']}", place=place, remedy=REMEDY
        ) from error


def verify(specs: Path, catalog: Catalog, probed: Probed) -> Iterator[tuple[str, str]]:
    """Write into the specs which documented addresses answered, and name source and edition of each."""
    for one in probed.probes:
        source = catalog.sources.get(one.source)
        edition = source.editions.get(one.edition) if source else None
        fits = edition is not None and edition.url == one.url and edition.url_status in ("documented", "from_memory")
        if fits and one.verdict == "answers" and one.asked_at:
            _rewrite(specs / "sources" / f"{one.source}.yaml", one.edition, one.asked_at[:10])
            yield one.source, one.edition


def _rewrite(path: Path, edition: str, day: str) -> None:
    """Put url_seen in place of url_cite, and verified in place of what stood there; all other lines stay."""
    document = yaml.read(path)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    place: yaml.Place = ("editions", edition)
    keys = {key: document.line((*place, key)) for key in document.data["editions"][edition]}
    status, cite = keys["url_status"], keys.get("url_cite")
    if list(keys.values()) != sorted(set(keys.values())):
        remedy = "write each key of the edition on a line of its own"
        raise InputError(path, "cannot be rewritten", place=yaml.dotted(place), remedy=remedy)
    indent = len(lines[status - 1]) - len(lines[status - 1].lstrip())
    gone = range(cite, _end(lines, cite, indent)) if cite is not None else range(0)
    written = [f"{' ' * indent}url_status: verified\n", f'{" " * indent}url_seen: "{day}"\n']
    result = [line for number, line in enumerate(lines, start=1) if number not in gone]
    at = result.index(lines[status - 1], status - 1 - sum(number < status for number in gone))
    write_text(path, "".join([*result[:at], *written, *result[at + 1 :]]))


def _end(lines: list[str], first: int, indent: int) -> int:
    """The line after a key with its text: the next that is indented no more than the key."""
    for number, line in enumerate(lines[first:], start=first + 1):
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            return number
    return len(lines) + 1
