"""What stands against publishing a release: its blocking findings, and which of them nobody has approved.

What belongs here: findings as people read them, and approvals of them. What does not: who may publish
(``release.review``), sealing (``release.build``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from sdg_pipeline.layout import Layout
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.quality import results
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.release import events
from sdg_pipeline.release.manifest import CHECKS, in_force


def verdict_file(layout: Layout, kind: str, name: str) -> Path | None:
    """The file of the verdicts on a step of a kind; None where a step of that kind is not judged."""
    match kind:
        case "staged":
            return layout.contract(name)
        case "indicator":
            return layout.checks(name)
        case "coherence":
            return layout.coherence_checks
        case "open_government":
            return layout.open_government(f"{name}.json")
    return None


def findings(checks: Iterable[CheckResult]) -> tuple[str, ...]:
    """The checks that stand against publishing a release, one line each."""
    blocking = sorted((c for c in checks if c.blocks), key=lambda c: (c.border, c.subject, c.check))
    return tuple(f"{c.subject}: rule {c.check}: {_failing(c)} ({c.description}); {c.observed}" for c in blocking)


def findings_of(layout: Layout, release: str) -> tuple[str, ...]:
    """The findings of a sealed release."""
    return findings(results.read(layout.release(release) / CHECKS))


def unapproved(layout: Layout, release: str) -> tuple[str, ...]:
    """The findings of a sealed release that nobody has taken upon themselves; empty where nothing blocks it."""
    accepted = _accepted(layout, release)
    return tuple(finding for finding in findings_of(layout, release) if finding not in accepted)


def accepted_in_force(layout: Layout) -> frozenset[str]:
    """The findings that somebody has taken upon themselves with the release in force."""
    standing = in_force(layout)
    return _accepted(layout, standing) if standing else frozenset()


def _accepted(layout: Layout, release: str) -> frozenset[str]:
    record = events.counted(layout, release)
    return frozenset(finding for event in record if event.event == "approved" for finding in event.accepted)


def described(contents: Contents) -> str:
    """The findings of contents that are not sealed, one line each, with file, first row, reason and owner."""
    return "\n".join(_described(check, contents) for check in contents.checks if check.blocks)


def _described(check: CheckResult, contents: Contents) -> str:
    file = contents.indicator_files.get(check.subject) if check.border == "indicator" else None
    document = contents.catalog.documents.get(check.subject)
    first = json.dumps(check.failing_rows[0], ensure_ascii=False, default=str) if check.failing_rows else "not kept"
    rule = contents.catalog.root / document.file if document else check.subject
    return (
        f"{file or check.subject}: rule {check.check}: {_failing(check)} ({check.description}); {check.observed}; "
        f"first: {first}; why: {check.reason} Rule set in {rule}, owner {check.owner}"
    )


def _failing(check: CheckResult) -> str:
    return "1 row fails" if check.n_failing == 1 else f"{check.n_failing} rows fail"
