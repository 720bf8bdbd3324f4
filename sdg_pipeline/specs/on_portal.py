"""Which dataset of an open data portal a source or a commitment is, as people reviewed it.

What belongs here: that key. What does not: portals (portals), and what one answers (open_government.portal).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from sdg_pipeline.specs.base import Identifier, Model, Text, is_absent

DatasetName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{1,99}$")]
"""Name or id of a dataset in CKAN, as it stands in its address."""


class OnPortal(Model):
    """A dataset of a portal."""

    portal: Identifier
    """Portal, a spec of `portals`."""
    dataset: DatasetName
    """Name or id of the dataset there, as its address has it."""
    cite: Text
    """Where it was read that this is the dataset."""


class PromisedThere(OnPortal):
    """A dataset of a portal that keeps a commitment, or one of its files that does."""

    resource: Text | None = Field(default=None, exclude_if=is_absent)
    """Shell pattern of the name or address of the files that were promised; all files of the dataset if none."""
