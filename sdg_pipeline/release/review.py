"""Lets people review a sealed release, accept its blocking findings, and publish it.

A release with blocking findings is published only with an approval that names them. Where a review is required, it is
published only after one by another person than the publisher; where there is a log-in, by another account. What belongs
here: these conditions. What does not: the record (``release.events``), the link (``release.latest``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sdg_pipeline.errors import BlockedRelease, UsageError
from sdg_pipeline.ingest.geography import register
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish.definitions import FOLDER as DEFINITIONS
from sdg_pipeline.release import events, policy
from sdg_pipeline.release.events import Act, Event, State
from sdg_pipeline.release.findings import findings_of, unapproved
from sdg_pipeline.release.latest import announce
from sdg_pipeline.release.manifest import Manifest, in_force, outdated, proof, sealed, state, unrecorded
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs import catalog as catalogs


@dataclass(frozen=True)
class Standing:
    """One release and its state."""

    manifest: Manifest
    state: State
    latest: bool
    record: tuple[Event, ...]


def standings(layout: Layout) -> list[Standing]:
    """All releases in the order in which they were made."""
    latest = in_force(layout)
    return [Standing(m, state(layout, m), m.release == latest, events.read(layout, m.release)) for m in sealed(layout)]


def review(layout: Layout, release: str, who: str, note: str) -> Event:
    """Record that somebody has reviewed a release."""
    _require(layout, release)
    return events.record(layout, release, Act("reviewed", who, note=note))


def approve(layout: Layout, release: str, who: str, reason: str) -> Event:
    """Record that somebody accepts the blocking findings of a release; UsageError where it has none."""
    _require(layout, release)
    findings = findings_of(layout, release)
    if not findings:
        raise UsageError(
            f"release {release} has no blocking finding to approve; remedy: `sdg release publish {release}`"
        )
    if not reason.strip():
        raise UsageError("an approval needs a reason; remedy: --reason 'why it is right to publish nevertheless'")
    return events.record(layout, release, Act("approved", who, note=reason, accepted=findings))


def publish(layout: Layout, release: str, who: str, settings: Settings, note: str = "") -> None:
    """Point ``latest`` at a release and build the warehouse of it, by the definitions inside it.

    BlockedRelease where a condition is not met; nothing has changed then. Done again after a kill, it ends what was
    begun.
    """
    _require(layout, release)
    events.name_of(who)
    policy.remember(layout, settings)
    policy.require_login(who, layout, settings)
    refused = _refusals(layout, release, who, settings)
    if refused:
        raise BlockedRelease(f"release {release} is not published:\n" + "\n".join(refused))
    announce(layout, release, who, automation=False, note=note)
    build_of_latest(layout, settings)


def build_of_latest(layout: Layout, settings: Settings) -> Path:
    """Build the warehouse from the release in force by the definitions that it holds."""
    from sdg_pipeline.release.warehouse import build_warehouse

    specs = layout.latest.resolve() / DEFINITIONS
    specs = specs if specs.is_dir() else settings.specs  # releases made before they held their definitions
    catalog = catalogs.load(specs).sound()
    return build_warehouse(layout, catalog, register(specs), settings.warehouse_sql, settings)


def _require(layout: Layout, release: str) -> None:
    names = [m.release for m in sealed(layout)]
    if release not in names:
        there = f"there are: {', '.join(names) or 'none'}"
        raise UsageError(f"no release {release!r} below {layout.published}; {there}", remedy="name one of these")


def _refusals(layout: Layout, release: str, who: str, settings: Settings) -> list[str]:
    """Why a release may not be published, one line per reason with its remedy."""
    faults = [fault for fault in proof(layout, layout.release(release)) if fault != unrecorded(layout, release)]
    reasons = [f"{fault}; remedy: restore the release from a copy" for fault in faults[:5]]
    record = events.counted(layout, release)
    by_account = policy.needs_login(layout, settings)
    reviewers = [event.who for event in record if event.event == "reviewed" and (event.login or not by_account)]
    if policy.needs_review(layout, settings) and all(events.same_person(name, who) for name in reviewers):
        by = f"only {', '.join(dict.fromkeys(reviewers))} did" if reviewers else "nobody did"
        reasons.append(
            f"another person than {events.name_of(who)} has to review it, {by}; "
            f"remedy: `sdg release review {release} --by NAME --note TEXT`"
        )
    remedy = f"remedy: mend it and run again, or `sdg release approve {release} --by NAME --reason TEXT`"
    reasons += [f"{finding}; {remedy}" for finding in unapproved(layout, release)]
    if outdated(layout, release):
        reasons.append(
            "another release was published since it was drafted; remedy: `sdg run` makes a draft that follows it"
        )
    return reasons
