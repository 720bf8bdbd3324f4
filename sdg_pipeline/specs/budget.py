"""Budgets: which table links programmes with targets, which has their amounts, and how the two name the same.

What belongs here: what the register may say. What does not: matching programmes and adding amounts
(open_government.budget), and the columns of the files (table).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sdg_pipeline.specs.base import File, Identifier, Model, Owner, Text

LINK_KEYS = ("department", "department_name", "modality", "programme", "programme_name", "goal", "target")
"""Key columns of a table of links."""
ACCOUNT_KEYS = ("power", "unit", "branch", "programme", "stage")
"""Key columns of a table of amounts."""
MOST_LETTERED = 4
"""Targets with a letter that a goal has at most: 3.a to 3.d."""
Goal = Annotated[int, Field(ge=1, le=17)]


class Stages(Model):
    """What the account calls the stages of an amount."""

    approved: Text
    """As first approved."""
    modified: Text
    """After changes within the year."""
    accrued: Text
    """Owed for what was received."""
    spent: Text
    """As spent."""


class RenamedBranch(Model):
    """A branch that the account calls otherwise than the links."""

    linked: Text
    """Its name in the links."""
    account: Text
    """Its name in the account."""
    evidence: Text
    """What shows that it is the same."""


class Budget(File):
    """A budget whose programmes are linked with targets."""

    owner: Owner
    """Who answers for it."""
    links: Identifier
    """Table with a row a programme and target."""
    direct: Identifier
    """Measure of that table: 1 where the contribution is direct."""
    account: Identifier
    """Table with a row a programme and stage, and rows of totals."""
    amount: Identifier
    """Measure of that table, pesos."""
    total: Text
    """What the account writes as programme in the rows of totals."""
    stages: Stages
    """What the account calls the stages of an amount."""
    renamed: tuple[RenamedBranch, ...] = ()
    """Branches that were renamed between the two."""
    numbered_targets: dict[Goal, int] = Field(min_length=17, max_length=17)
    """How many targets of a goal have numbers: the links number those with letters after them, 1.6 is 1.a."""
    least_matched: float = Field(gt=0, le=1)
    """Share of the linked programmes that the account has at least; with fewer, the amounts say little."""

    def target(self, goal: int, number: int) -> str:
        """The code of a target: 1.5, or 1.a after the last number; ValueError where no goal has such a target."""
        last = self.numbered_targets.get(goal, 0)
        if not last or not 1 <= number <= last + MOST_LETTERED:
            raise ValueError(f"{goal}.{number}")
        return f"{goal}.{number if number <= last else chr(ord('a') + number - last - 1)}"
