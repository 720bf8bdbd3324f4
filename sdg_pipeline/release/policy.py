"""Decides whether the releases of a home need a review, by the rule that the home keeps.

``SDG_REVIEW=required`` begins it. From then on it holds for every run and every publisher, whatever their shell says,
until somebody ends it by name and with a reason. What belongs here: that record, ``data/published/reviews.jsonl``. What
does not: whether a release was reviewed (``release.review``).
"""

from __future__ import annotations

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.release import events
from sdg_pipeline.release.events import Event
from sdg_pipeline.settings import Settings


def needs_review(layout: Layout, settings: Settings) -> bool:
    """Whether another person than the publisher has to have reviewed a release."""
    return settings.review_required or _remembered(layout)


def ends_with_draft(layout: Layout, settings: Settings) -> bool:
    """Whether a run leaves the decision to publish to people."""
    return settings.draft or needs_review(layout, settings)


def remember(layout: Layout, settings: Settings) -> None:
    """Record that reviews are needed, where the settings say so and the home does not yet."""
    if settings.review_required and not _remembered(layout):
        note = "SDG_REVIEW=required"
        events.append(layout.reviews, events.home_event("required", settings.actor, automation=True, note=note))


def waive(layout: Layout, who: str, reason: str) -> Event:
    """Record that releases need no review any more; UsageError where they need none, or name or reason is lacking."""
    if not _remembered(layout):
        raise UsageError(
            f"releases below {layout.published} need no review", remedy="there is nothing to waive: publish"
        )
    if not reason.strip():
        raise UsageError("to waive reviews needs a reason; remedy: --reason 'why releases need no review any more'")
    event = events.home_event("waived", who, note=reason)
    events.append(layout.reviews, event)
    return event


def _remembered(layout: Layout) -> bool:
    record = events.read_record(layout.reviews)
    return bool(record) and record[-1].event == "required"
