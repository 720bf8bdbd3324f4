"""Publishes a sealed release: records the event, then points ``latest`` at it.

The event comes first. Who is killed in between finds it recorded, and the next run, or the same command again, moves
the link without a second event. What belongs here: that one move. What does not: whether it may be made
(``release.review``).
"""

from __future__ import annotations

import os
from pathlib import Path

from sdg_pipeline.files import fsync
from sdg_pipeline.layout import Layout
from sdg_pipeline.release import events
from sdg_pipeline.release.events import Act
from sdg_pipeline.release.manifest import announced_last, in_force

ASIDE = "release-"
"""How names below ``layout.scratch`` begin that the release layer may delete."""


def announce(layout: Layout, release: str, who: str, *, automation: bool, note: str = "") -> None:
    """Record that a sealed release is published, and point ``latest`` at it; nothing where both are so."""
    record = events.since_drafted(events.read(layout, release))
    if in_force(layout) != release or events.last(record, "published") is None:
        if announced_last(layout) != release:
            events.record(layout, release, Act("published", who, automation, note))
        point_latest(layout.release(release), layout)


def point_latest(target: Path, layout: Layout) -> None:
    """One rename switches the link; its target is relative, so that the folder can be moved or copied."""
    link = layout.latest
    if link.is_symlink() and link.readlink() == Path(target.name):
        return
    layout.scratch.mkdir(parents=True, exist_ok=True)
    aside = layout.scratch / f"{ASIDE}{os.getpid()}-latest"
    aside.unlink(missing_ok=True)
    aside.symlink_to(target.name)
    aside.replace(link)
    fsync(link.parent)
