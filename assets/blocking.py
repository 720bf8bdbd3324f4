"""What ends a step in Dagster after its work: blocking checks that fail, and that nobody has approved.

A run that seals a release leaves that to the release, which names the findings of all steps. What belongs here: which
findings end a step. What does not: judging (quality), refusing a release (sdg_pipeline.release).
"""

from __future__ import annotations

from collections.abc import Iterable

from assets.choices import Choices
from assets.keys import ACTS
from sdg_pipeline.layout import Layout
from sdg_pipeline.quality import results
from sdg_pipeline.release.findings import accepted_in_force, findings, unapproved, verdict_file
from sdg_pipeline.run.graph import Step
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.run.steps.publication import PublicationReport

GO_ON = "remedy: mend the source or the spec, or choose `strictness: go_on` to look at what comes of it"


def against(outcome: Outcome, choices: Choices, seals: bool) -> str:
    """Why a step ends as failed, with its remedy; empty where it ends well. ``seals``: the run makes a release too."""
    report, name = outcome.report, outcome.step.name
    if choices.strict and (failing := (*report.checks_failed, *report.warnings)):
        return f"{name}: strictness is strict and checks fail: {', '.join(failing)}"
    if choices.goes_on:
        return ""
    if isinstance(report, PublicationReport):
        lines = unapproved(choices.run.layout, report.release)
        remedy = f"remedy: mend it and run again, or the job {ACTS['approve']}"
        return _listed(f"release {report.release} is made, and blocking checks fail", lines, remedy)
    if seals or not report.checks_failed:
        return ""
    return _listed(f"{name}: blocking checks fail", _open(choices.run.layout, outcome.step), GO_ON)


def _listed(what: str, lines: Iterable[str], remedy: str) -> str:
    named = list(lines)
    return "\n".join([f"{what}:", *named, remedy]) if named else ""


def _open(layout: Layout, step: Step) -> list[str]:
    """The findings about a step, without those that somebody has approved for the release in force."""
    file = verdict_file(layout, step.kind, step.name)
    judged = findings(results.read(file)) if file else ()
    accepted = accepted_in_force(layout)
    return [finding for finding in judged if finding not in accepted]
