"""Commitments: what was promised by when, what is known of its publication, and what that means on a day.

A release says nothing of the day on which it is read, so the table has dates and no status. ``status`` is a pure
function of them and of a day. The macro ``commitment_status`` of the warehouse is its twin. What belongs here: both
the rows and that function. What does not: dates themselves, which are reviewed data (indicator_specs/commitments).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sdg_pipeline import duck
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government import asked
from sdg_pipeline.open_government.portal import Records, records, shown
from sdg_pipeline.open_government.subject import Material, Row, Subject
from sdg_pipeline.open_government.tables import COMMITMENT, MILESTONE
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.commitments import Commitment, Commitments, Review

Status = Literal["met", "met_late", "overdue", "not_yet_due", "unknown"]
NAME = "commitments"
HAS_VERDICT = "verdicts_are_the_reviewers"
TAGS = r"'<[^>]*>', ' ', 'g'"
"""Line breaks that the reviewers' file writes as HTML."""


@dataclass(frozen=True)
class Dates:
    """The days of a commitment: promised, published by evidence, fetched by us, and when somebody last looked."""

    promised: date
    published: date | None = None
    fetched: date | None = None
    seen: date | None = None


def status(dates: Dates, today: date) -> Status:
    """What is known of a commitment on a day.

    Late needs evidence: an edition that came to us late, or not at all, may have been published in time. It is
    overdue only where somebody looked after the day and it was not there.
    """
    promised = dates.promised
    published, fetched, seen = (
        d if d is not None and d <= today else None for d in (dates.published, dates.fetched, dates.seen)
    )
    if published is not None:
        return "met" if published <= promised else "met_late"
    if fetched is not None and fetched <= promised:
        return "met"
    if today <= promised:
        return "not_yet_due"
    if seen is None or seen <= promised or dates.published is not None:
        return "unknown"
    return "overdue" if fetched is None else "met_late"


def followed(catalog: Catalog) -> Iterator[tuple[str, Commitment]]:
    """The commitments that this project follows itself, each with the id of its register."""
    for name, spec in sorted(catalog.commitments.items()):
        yield from ((name, commitment) for commitment in spec.commitments)


def fetched_on(commitment: Commitment, layout: Layout) -> date | None:
    """The day on which we fetched the edition of a commitment; None where we have none."""
    if commitment.source is None or commitment.edition is None:
        return None
    path = layout.raw_current(commitment.source, commitment.edition)
    return date.fromisoformat(RawFile.read(path).retrieved_at[:10]) if path.exists() else None


def dates_of(commitment: Commitment, fetched: date | None, kept: Records) -> Dates:
    """The days of a commitment that we followed until now; ``kept`` is what portals answered."""
    evidence, _ = shown(commitment, kept)
    return Dates(
        date.fromisoformat(commitment.due),
        date.fromisoformat(evidence.on) if evidence and evidence.on else None,
        fetched,
        date.fromisoformat(evidence.seen) if evidence else None,
    )


def _staged(catalog: Catalog) -> frozenset[str]:
    return frozenset(spec.review.table for spec in catalog.commitments.values() if spec.review is not None)


def work(material: Material) -> Mapping[str, tuple[str, Sequence[Row]]]:
    """Write the tables of commitments and milestones."""
    rows: list[Row] = []
    milestones: list[Row] = []
    kept = records(material.files)
    for _, spec in sorted(material.catalog.commitments.items()):
        rows += _reviewed(spec, spec.review, material) if spec.review else _own(spec, kept)
        milestones += _milestones(spec)
    material.write(COMMITMENT, rows)
    material.write(MILESTONE, milestones)
    judged = [row for row in rows if row.get("assessor")]
    without = [row for row in judged if not row.get("verdict")]
    observed = f"{len(rows)} commitments, {len(judged)} with the verdict of a reviewer"
    return {HAS_VERDICT: (observed, without)}


def _own(spec: Commitments, kept: Records) -> Iterator[Row]:
    for commitment in spec.commitments:
        published, kind = shown(commitment, kept)
        yield {
            "register": spec.id,
            "commitment": commitment.id,
            "title_en": commitment.title.en,
            "title_es": commitment.title.es,
            "institution": commitment.institution,
            "society": "; ".join(commitment.society) or None,
            "geo_level": commitment.level.value,
            "goal": commitment.goal,
            "source": commitment.source,
            "edition": commitment.edition,
            "promised_on": commitment.due,
            "published_on": published.on if published else None,
            "seen_on": published.seen if published else None,
            "evidence": published.cite if published else None,
            "evidence_kind": kind,
            "cite": commitment.cite,
            "link": commitment.link,
        }


def _milestones(spec: Commitments) -> Iterator[Row]:
    for commitment in spec.commitments:
        for step, milestone in enumerate(commitment.milestones, 1):
            yield {
                "register": spec.id,
                "commitment": commitment.id,
                "step": step,
                "title_en": milestone.title.en,
                "title_es": milestone.title.es,
                "due_on": milestone.due,
                "done_on": milestone.done.on if milestone.done else None,
                "cite": milestone.done.cite if milestone.done else None,
            }


def _reviewed(spec: Commitments, review: Review, material: Material) -> Iterator[Row]:
    """The commitments of a plan, as its reviewer wrote them; none where the run has not the file."""
    if review.table not in material.staged:
        return
    file = duck.text(material.staged[review.table])
    texts = ", ".join(
        f"trim(regexp_replace(regexp_replace({column}, {TAGS}), '\\s+', ' ', 'g'), ' :')"
        for column in ("title", "institution", "society")
    )
    days = ", ".join(f"strftime(strptime({column}, '%d/%m/%Y'), '%Y-%m-%d')" for column in ("begins", "ends"))
    query = f"SELECT number, {texts}, verdict, impact, {days}, edition FROM read_parquet({file}) ORDER BY number"
    for number, title, institution, society, verdict, impact, begins, ends, edition in material.con.execute(
        query
    ).fetchall():
        yield {
            "register": spec.id,
            "commitment": f"{int(number):02d}",
            "title_es": title.split(". ", 1)[-1],
            "institution": institution,
            "society": None if society == "None Specified" else society,
            "geo_level": review.level.value,
            "source": next(p.source for p in material.catalog.tables[review.table].parts if p.edition == edition),
            "edition": edition,
            "begins_on": begins,
            "promised_on": ends,
            "assessor": review.assessor,
            "verdict": review.verdicts.get(verdict),
            "impact": impact.lower(),
            "cite": review.cite,
            "link": review.link,
        }


COMMITMENTS = Subject(
    NAME,
    (COMMITMENT, MILESTONE),
    _staged,
    all_indicators=False,
    owner="team:data",
    described={
        HAS_VERDICT: (
            "blocking",
            "Each commitment of a reviewed plan has one of the reviewer's verdicts.",
            "A published assessment is its assessor's; a word that the register does not know would change it.",
        )
    },
    work=work,
    files=asked.files,
)
