"""Decides whether the releases of a home need a review, by the rule that the home keeps.

``SDG_REVIEW=required`` begins it. From then on it holds for every run and every publisher, whatever their shell says,
until somebody ends it by name and with a reason. So it is with ``SDG_UI_LOGIN_HEADER``, by which the names of people
come from the log-in of the desk. What belongs here: that record, ``data/published/reviews.jsonl``. What does not:
whether a release was reviewed (``release.review``).
"""

from __future__ import annotations

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.release import events
from sdg_pipeline.release.events import Event, Kind
from sdg_pipeline.settings import LOGIN_HEADER, Settings


def needs_review(layout: Layout, settings: Settings) -> bool:
    """Whether another person than the publisher has to have reviewed a release."""
    return settings.review_required or _remembered(layout)


def ends_with_draft(layout: Layout, settings: Settings) -> bool:
    """Whether a run leaves the decision to publish to people."""
    return settings.draft or needs_review(layout, settings)


def needs_login(layout: Layout, settings: Settings) -> bool:
    """Whether names of people come from the log-in of the desk."""
    return settings.logins or _remembered(layout, "accounts")


def require_login(who: str, layout: Layout, settings: Settings) -> None:
    """UsageError where names come from the log-in of the desk, and this one does not."""
    if needs_login(layout, settings) and not isinstance(who, events.Account):
        remedy = "log in at the desk and start the job there"
        raise UsageError(f"{events.name_of(who)!r} is free text, and names here come from the log-in; remedy: {remedy}")


def remember(layout: Layout, settings: Settings) -> None:
    """Record the rules that the settings name and the home does not yet know."""
    rules: tuple[tuple[Kind, bool, str], ...] = (
        ("required", settings.review_required, "SDG_REVIEW=required"),
        ("accounts", settings.logins, LOGIN_HEADER),
    )
    for kind, wanted, note in rules:
        if wanted and not _remembered(layout, kind):
            events.append(layout.reviews, events.home_event(kind, settings.actor, automation=True, note=note))


def require_sound(layout: Layout) -> None:
    """InputError where the record of the rules is damaged: a run finds out before it computes anything."""
    events.read_record(layout.reviews)


def waive(layout: Layout, who: str, reason: str) -> Event:
    """Record that releases need no review and names no log-in any more; UsageError where no rule, name or reason is."""
    if not _remembered(layout) and not _remembered(layout, "accounts"):
        raise UsageError(
            f"releases below {layout.published} need no review", remedy="there is nothing to waive: publish"
        )
    if not reason.strip():
        raise UsageError("to waive reviews needs a reason; remedy: --reason 'why releases need no review any more'")
    return events.append(layout.reviews, events.home_event("waived", who, note=reason))


def _remembered(layout: Layout, rule: Kind = "required") -> bool:
    newest = [event.event for event in events.read_record(layout.reviews) if event.event in (rule, "waived")]
    return bool(newest) and newest[-1] == rule
