"""What portals answered, as the home keeps it: a record each time that one is asked, and which is the newest.

A record has the last good answer with its day, so that a portal that fails takes nothing away. Records are named by
their bytes and stay, as files of the raw store do: a release names its own, and is rebuilt from it. What belongs here:
records. What does not: asking (ingest.ckan), and what follows from an answer (portal).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from sdg_pipeline.errors import InputError
from sdg_pipeline.files import write_text
from sdg_pipeline.ingest.ckan import Answer, Reader, Reason, is_about
from sdg_pipeline.layout import Layout
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.commitments import Commitment
from sdg_pipeline.specs.on_portal import OnPortal

CURRENT = "current.json"
DIGITS = 12
Moment = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T|$)", max_length=40)]
"""ISO 8601; a day is enough."""
RESTORE = "restore the file from a copy, or remove its folder and `sdg portal read`"


class Record(BaseModel):
    """What one asking gave; ``result`` is the last good answer of CKAN, of ``answered_at``, if there ever was one."""

    model_config = ConfigDict(frozen=True)

    portal: str
    dataset: str
    link: str
    asked_at: Moment
    reason: Reason | None = None
    detail: str = ""
    answered_at: Moment | None = None
    result: dict[str, Any] | None = None

    name: str = Field(default="", exclude=True)
    """First 12 digits of the sha256 of its bytes, by which its file is named; set where it was read from one."""

    @model_validator(mode="after")
    def _has_an_answer(self) -> Self:
        if self.result is not None and not is_about(self.result, self.dataset):
            raise ValueError("result is no answer of CKAN about the dataset")
        return self


class Newest(BaseModel):
    """Which record is in use."""

    record: str


@dataclass(frozen=True)
class Named:
    """A dataset of a portal as specs name it: that of a source, or of a commitment of a register."""

    on_portal: OnPortal
    source: str | None = None
    register: str | None = None
    commitment: Commitment | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Portal and dataset."""
        return self.on_portal.portal, self.on_portal.dataset

    @property
    def about(self) -> str:
        return self.source or f"{self.register}/{self.commitment.id if self.commitment else ''}"


def named(catalog: Catalog) -> Iterator[Named]:
    """All datasets that specs name, in order."""
    for name, source in sorted(catalog.sources.items()):
        if source.on_portal is not None:
            yield Named(source.on_portal, source=name)
    for name, register in sorted(catalog.commitments.items()):
        for commitment in register.commitments:
            if commitment.on_portal is not None:
                yield Named(commitment.on_portal, register=name, commitment=commitment)


def keep(layout: Layout, portal: str, dataset: str, reader: Reader, now: str) -> Record:
    """Ask for a dataset and keep what came; a portal that fails leaves the last good answer as it was."""
    answer, before = reader.show(dataset), newest(layout, portal, dataset)
    record = _after(answer, before) | {"link": reader.page(dataset), "asked_at": now}
    if answer.result is not None:
        record |= {"answered_at": now}
    kept = Record(portal=portal, dataset=dataset, **record)
    put(kept, layout)
    return kept


def _after(answer: Answer, before: Record | None) -> dict[str, Any]:
    if answer.result is not None:
        return {"result": dict(answer.result)}
    good = {"answered_at": before.answered_at, "result": before.result} if before else {}
    return {"reason": answer.reason, "detail": answer.detail, **good}


def put(record: Record, layout: Layout) -> None:
    """Write a record, then say that it is the newest."""
    folder = layout.portal_records(record.portal, record.dataset)
    text = json.dumps(record.model_dump(), indent=1) + "\n"  # half characters, which UTF-8 has not, stay as \\u
    name = f"{hashlib.sha256(text.encode()).hexdigest()[:DIGITS]}.json"
    write_text(folder / name, text)
    write_text(folder / CURRENT, Newest(record=name).model_dump_json() + "\n")


def newest(layout: Layout, portal: str, dataset: str) -> Record | None:
    """The newest record of a dataset; None where nobody has asked."""
    current = layout.portal_records(portal, dataset) / CURRENT
    return read(_path(current)) if current.is_file() else None


def files(layout: Layout) -> list[Path]:
    """The newest record of each dataset that somebody asked for."""
    return [_path(current) for current in sorted((layout.data / "portals").glob(f"*/*/{CURRENT}"))]


def _path(current: Path) -> Path:
    try:
        path = current.parent / Path(Newest.model_validate_json(current.read_bytes()).record).name
        if not path.is_file():
            raise InputError(current, "names a record that is gone", value=path.name, remedy=RESTORE)
        return path
    except (OSError, ValueError) as error:
        raise InputError(current, f"does not name a record ({type(error).__name__})", remedy=RESTORE) from error


def read(path: Path) -> Record:
    """A record of a file; InputError where it is gone, or its bytes are not those that it is named by."""
    try:
        content = path.read_bytes()
        record = Record.model_validate(json.loads(content))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(path, f"is no record of a portal ({type(error).__name__})", remedy=RESTORE) from error
    if (name := hashlib.sha256(content).hexdigest()[:DIGITS]) != path.stem:
        raise InputError(path, "is not what it is named by", value=name, remedy=RESTORE)
    return record.model_copy(update={"name": path.stem})
