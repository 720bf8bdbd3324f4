"""Where contributed files of data lie: in quarantine with their receipts, and after a review among the accepted ones.

An accepted file is a source of its own, ``source_level: local``: it enters the table ``contribution`` of the release
and no other. What belongs here: these moves, each by a named person. What does not: judging cells (contributions).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from sdg_pipeline import clock
from sdg_pipeline.errors import InputError, UsageError
from sdg_pipeline.files import sha256_of, write_text, written_aside
from sdg_pipeline.ingest.geography import Register
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government.contributions import RECEIPT, Receipt, examine
from sdg_pipeline.specs.catalog import Catalog

MANIFEST, DECISION = "manifest.json", "decision.json"
T = TypeVar("T", bound=BaseModel)
RESTORE = "restore the folder from a copy, or remove it"


class Decision(BaseModel):
    """What a person decided of a file, and why."""

    model_config = ConfigDict(frozen=True)

    accepted: bool
    by: str
    reason: str
    at: str


class Manifest(BaseModel):
    """An accepted file as a source: whose it is, its bytes, and who let it in."""

    model_config = ConfigDict(frozen=True)

    source: str
    """``local_`` and the id."""
    source_level: Literal["local"] = "local"
    contributor: str
    file: str
    sha256: str
    bytes: int
    rows: int
    received_at: str
    reviewed_by: str
    accepted_at: str
    reason: str


def submit(path: Path, receipt: Receipt, layout: Layout) -> tuple[Receipt, bool]:
    """Put a sound file into quarantine; its receipt, and whether the same bytes lay there before."""
    if not receipt.sound:
        raise UsageError(f"{receipt.file} is not sound; remedy: mend what the receipt names, and submit it again")
    folder = layout.quarantine(receipt.id)
    if (folder / RECEIPT).is_file():
        return receipt_of(layout, receipt.id), True
    with written_aside(folder / _file(receipt)) as aside:
        shutil.copyfile(path, aside, follow_symlinks=False)
        if sha256_of(aside) != receipt.sha256:
            raise InputError(receipt.file, "changed while it was examined", remedy="submit a finished file")
    write_text(folder / RECEIPT, receipt.dump())
    return receipt, False


def review(layout: Layout, contribution: str, decision: Decision, catalog: Catalog, register: Register) -> Receipt:
    """Accept or reject a file in quarantine; what is accepted is examined again by the specs of today."""
    receipt, folder = receipt_of(layout, contribution), layout.quarantine(contribution)
    before = decision_of(layout, contribution)
    if before is not None:
        verdict = "accepted" if before.accepted else "rejected"
        raise UsageError(f"{contribution} was {verdict} by {before.by}, {before.at}; remedy: submit another file")
    if not decision.accepted:
        shutil.rmtree(layout.accepted(receipt.id), ignore_errors=True)  # a kill cut an acceptance short
    else:
        _accept(layout, receipt, decision, examine(folder / _file(receipt), catalog, register, receipt.contributor))
    write_text(folder / DECISION, decision.model_dump_json(indent=1) + "\n")
    return receipt


def _accept(layout: Layout, receipt: Receipt, decision: Decision, again: Receipt) -> None:
    source, target = layout.quarantine(receipt.id) / _file(receipt), layout.accepted(receipt.id)
    if again.sha256 != receipt.sha256:
        raise InputError(source, "is not the file of its receipt", value=again.id, remedy=RESTORE)
    if not again.sound:
        first = next(f for f in again.findings if f.refuses)
        raise UsageError(f"{receipt.id} is not sound by the specs of today ({first}); remedy: reject it, or mend them")
    with written_aside(target / _file(receipt)) as aside:
        shutil.copyfile(source, aside, follow_symlinks=False)
    manifest = Manifest(
        source=f"local_{receipt.id}",
        contributor=receipt.contributor,
        file=_file(receipt),
        sha256=receipt.sha256,
        bytes=receipt.bytes,
        rows=receipt.rows,
        received_at=receipt.examined_at,
        reviewed_by=decision.by,
        accepted_at=decision.at,
        reason=decision.reason,
    )
    write_text(target / MANIFEST, manifest.model_dump_json(indent=1) + "\n")


def decided(accepted: bool, who: str, reason: str) -> Decision:
    """A decision of now."""
    return Decision(accepted=accepted, by=who, reason=reason, at=clock.now().isoformat(timespec="seconds"))


def waiting(layout: Layout) -> Iterator[tuple[Receipt, Decision | None]]:
    """Every file in quarantine, oldest first, with what was decided of it."""
    folders = (path.parent.name for path in layout.quarantine("x").parent.glob(f"*/{RECEIPT}"))
    receipts = sorted((receipt_of(layout, name) for name in folders), key=lambda r: (r.examined_at, r.id))
    yield from ((receipt, decision_of(layout, receipt.id)) for receipt in receipts)


def receipt_of(layout: Layout, contribution: str) -> Receipt:
    """The receipt of a file in quarantine; UsageError where there is none."""
    path = layout.quarantine(contribution) / RECEIPT
    if not path.is_file():
        raise UsageError(f"no contribution {contribution!r} in quarantine; remedy: `sdg contribute review` lists them")
    return _read(path, Receipt)


def decision_of(layout: Layout, contribution: str) -> Decision | None:
    """What was decided of a file; None as long as nobody did."""
    path = layout.quarantine(contribution) / DECISION
    return _read(path, Decision) if path.is_file() else None


def manifests(layout: Layout) -> list[Path]:
    """The manifests of accepted files, in the order of their ids."""
    return sorted(layout.accepted("x").parent.glob(f"*/{MANIFEST}"))


def manifest_in(path: Path) -> Manifest:
    """The manifest in a file."""
    return _read(path, Manifest)


def _read(path: Path, model: type[T]) -> T:
    try:
        return model.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(path, "is damaged", value=error.errors()[0]["loc"], remedy=RESTORE) from error


def _file(receipt: Receipt) -> str:
    """The name that a file has here, which is not that of its contributor."""
    return "contribution.xlsx" if receipt.encoding == "xlsx" else "contribution.csv"
