"""What portals say of the datasets that sources and commitments are, as it was when somebody asked.

A run asks nobody: it reads the records that the home keeps. A failure is no verdict on the institution, so that all
of them are ``unknown``, with the reason. What belongs here: the table, days as evidence, and facts of openness. What
does not: asking and keeping (ingest.ckan, asked).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from sdg_pipeline.ingest.ckan import plain
from sdg_pipeline.open_government import asked
from sdg_pipeline.open_government.asked import Named, Record
from sdg_pipeline.open_government.catalogues import CKAN, of_metadata
from sdg_pipeline.open_government.facts import Fact
from sdg_pipeline.open_government.portal_table import PORTAL
from sdg_pipeline.open_government.subject import Material, Row, Subject
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.commitments import Commitment, Evidence
from sdg_pipeline.specs.frameworks import FactName, Vocabulary

NAME = "portal"
LISTED, UNKNOWN, NEVER = "listed", "unknown", "never_asked"
SOUND = "portal_answers_are_sound"
EARLIEST = "1990-01-01"
MAX_FORMATS = 20
DATASET_FACTS: tuple[FactName, ...] = (
    "keywords", "categories", "spatial", "temporal", "access_rights", "access_rights_vocabulary", "issued", "modified",
)  # fmt: skip
"""What a portal's description of a whole dataset answers. What it says of files is of some edition, and not taken."""
Records = Mapping[tuple[str, str], Record]
"""Records by portal and dataset."""


def records(paths: Sequence[Path]) -> Records:
    """The records of these files."""
    return {(record.portal, record.dataset): record for record in map(asked.read, paths)}


def day(value: object, record: Record) -> str | None:
    """The day of a timestamp of a portal; None where it is none, or one on which nobody can have looked back."""
    try:
        text = date.fromisoformat(plain(value, 40)[:10]).isoformat()
    except ValueError:
        return None
    return text if EARLIEST <= text <= (record.answered_at or "")[:10] else None


@dataclass(frozen=True)
class Dated:
    """A day of a portal. ``exact``: what it names came out on that day; else it was there by then."""

    on: str
    what: str
    exact: bool


def days(record: Record, pattern: str | None) -> Iterator[Dated]:
    """The days that say when files of a dataset came out: of those that fit a pattern, or of the dataset itself."""
    result = record.result or {}
    files = [file for file in result.get("resources", ()) if pattern is None or _fits(file, pattern)]
    if not files:
        return
    if pattern is None:
        yield from _dated(result, ("metadata_created", "issued"), "the dataset", record, exact=True)
    else:
        for file in files:
            name = f"file {plain(file.get('name'), 80)!r}"
            yield from _dated(file, ("created", "issued"), name, record, exact=True)
            yield from _dated(file, ("last_modified", "modified"), name, record, exact=False)
    yield from _dated(result, ("metadata_modified", "modified"), "the dataset", record, exact=False)


def _fits(file: Mapping[str, Any], pattern: str) -> bool:
    return any(fnmatchcase(plain(file.get(key), 2000).lower(), pattern.lower()) for key in ("name", "url"))


def _dated(said: Mapping[str, Any], keys: Sequence[str], what: str, record: Record, *, exact: bool) -> Iterator[Dated]:
    for key in keys:
        if (on := day(said.get(key), record)) is not None:
            yield Dated(on, f"{key} of {what}", exact)
            return


def evidence(commitment: Commitment, kept: Records) -> Evidence | None:
    """What a portal shows of the publication of a commitment; None where it shows nothing.

    A day on which it came out counts as it is. A day by which it was there counts only if that was in time. A dataset
    that was changed later may have been published before, and late needs evidence.
    """
    there = commitment.on_portal
    record = kept.get((there.portal, there.dataset)) if there else None
    if there is None or record is None or record.answered_at is None:
        return None
    dated = sorted(days(record, there.resource), key=lambda d: (d.on > commitment.due, not d.exact, d.on))
    first = next((d for d in dated if d.exact or d.on <= commitment.due), None)
    if first is None:
        return None
    asked_on = record.answered_at[:10]
    return Evidence(on=first.on, seen=asked_on, cite=f"{first.what}: {first.on}; {record.link}, asked {asked_on}")


def shown(commitment: Commitment, kept: Records) -> tuple[Evidence | None, str | None]:
    """What is known of a publication, and of which kind that is: what a person cites comes first where it has a day."""
    cited = commitment.published
    if cited is not None and cited.on is not None:
        return cited, "cite"
    by_portal = evidence(commitment, kept)
    return (by_portal, NAME) if by_portal else (cited, "cite" if cited else None)


def facts(source: Named, kept: Records, vocabulary: Vocabulary) -> dict[FactName, Fact]:
    """What the description of the dataset of a source answers of openness, by the last good answer."""
    record = kept.get(source.key)
    if record is None or record.result is None or record.answered_at is None:
        return {}
    described = of_metadata({**_described(record.result), "resources": []}, vocabulary)
    cite = f"{record.link}, asked {record.answered_at[:10]}"
    facts = {name: described[name] for name in DATASET_FACTS}
    return {name: Fact(fact.share, f"{fact.evidence}; {cite}", "portal") for name, fact in facts.items()}


def _described(result: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of the dataset, by key: in a field of its own, in ``extras`` as older portals do, or by CKAN."""
    extras = result.get("extras")
    pairs = [pair for pair in extras if isinstance(pair, dict)] if isinstance(extras, list) else []
    written = {plain(pair.get("key")): pair.get("value") for pair in pairs}
    own = {"issued": result.get("metadata_created"), "modified": result.get("metadata_modified")}
    said = {key: result.get(key) or written.get(key) or own.get(key) for key in CKAN.values()}
    return {**said, "access_rights": plain(said["access_rights"], 200)}


def work(material: Material) -> Mapping[str, tuple[str, Sequence[Row]]]:
    """Write the table; what a portal answered that is no answer of CKAN is reported."""
    kept = records(material.files)
    rows = rows_of(material.catalog, kept)
    material.write(PORTAL, rows)
    never, listed = (sum(row["reason"] == NEVER for row in rows), sum(row["verdict"] == LISTED for row in rows))
    observed = f"{len(rows)} datasets: {listed} listed, {len(rows) - listed - never} unknown, {never} never asked"
    odd = [row for row in rows if row["reason"] in ("malformed", "other_dataset", "too_large")]
    return {SOUND: (observed, odd)}


def rows_of(catalog: Catalog, kept: Records) -> list[Row]:
    """A row for each dataset that specs name."""
    return [_row(name, kept.get(name.key)) for name in asked.named(catalog)]


def _row(name: Named, record: Record | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "portal": name.on_portal.portal,
        "dataset": name.on_portal.dataset,
        "about": name.about,
        "source": name.source or (name.commitment.source if name.commitment else None),
        "verdict": UNKNOWN,
        "reason": NEVER,
        "cite": name.on_portal.cite,
    }
    if record is None:
        return row
    return row | {
        "verdict": UNKNOWN if record.reason else LISTED,
        "reason": record.reason,
        "evidence": record.detail or None,
        "asked_on": record.asked_at[:10],
        "link": record.link,
        "record": record.name,
        **_said(record),
    }


def _said(record: Record) -> dict[str, Any]:
    """What the last good answer says of the dataset."""
    result = record.result
    if result is None or record.answered_at is None:
        return {}
    files = result["resources"]
    organization = result.get("organization")
    formats = sorted({name for file in files if (name := plain(file.get("format"), 20).upper())})
    created, changed = (
        [d for file in files for d in (day(file.get(key), record),) if d] for key in ("created", "last_modified")
    )
    return {
        "answered_on": record.answered_at[:10],
        "title": plain(result.get("title")) or None,
        "organization": plain(organization.get("title"), 200) or None if isinstance(organization, dict) else None,
        "formats": ", ".join(formats[:MAX_FORMATS]) or None,
        "files": len(files),
        "published_on": day(result.get("metadata_created"), record),
        "modified_on": day(result.get("metadata_modified"), record),
        "newest_file_on": max(created + changed, default=None),
    }


PORTALS = Subject(
    NAME,
    (PORTAL,),
    lambda _: frozenset(),
    all_indicators=False,
    owner="team:data",
    described={
        SOUND: (
            "warning",
            "What a portal answered last is an answer of CKAN about the dataset that was asked for.",
            "An answer about something else is no evidence; either the spec or the portal is to be mended.",
        )
    },
    work=work,
    files=asked.files,
)
