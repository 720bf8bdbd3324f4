"""Open data portals: where one is, and how often a program may ask it.

What belongs here: what the spec of a portal may say. What does not: which dataset is whose (on_portal); asking
(ingest.ckan).
"""

from __future__ import annotations

from pydantic import Field

from sdg_pipeline.specs.base import Model, Owner, Spec, Text, is_absent
from sdg_pipeline.specs.correction import Day
from sdg_pipeline.specs.source import Page


class Permission(Model):
    """What the operator of a portal allows this project to ask for, although `robots.txt` keeps programs away."""

    on: Day
    """Day on which it was allowed."""
    cite: Text
    """Who allowed it, and where that can be read."""


class Portal(Spec):
    """An open data portal that speaks the API of CKAN."""

    owner: Owner
    """Who follows it here."""
    address: Page
    """Its address, to which `/api/3/action/` is added."""
    interval_seconds: float = Field(default=10, ge=1, le=3600)
    """Least time between two requests; a longer one of `robots.txt` counts."""
    permission: Permission | None = Field(default=None, exclude_if=is_absent)
    """Why it is asked although `robots.txt` keeps programs from its API; without it, it is not asked then."""
