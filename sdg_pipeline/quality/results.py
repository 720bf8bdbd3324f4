"""The verdict of one check at one border of the way of the data, as every output shows it.

What belongs here: the form of a verdict and its file. What does not: rules, and running them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sdg_pipeline.errors import InputError
from sdg_pipeline.files import read_json

MAX_FAILING_ROWS_KEPT = 20
Severity = Literal["blocking", "warning"]
Border = Literal["source", "table", "indicator", "release"]
"""Where data are taken over: a fetched edition, a staged table, the values of an indicator, a whole release."""


@dataclass(frozen=True)
class CheckResult:
    """``check`` names the rule (``range``, ``complete_state``…), ``observed`` says in one line what was seen.

    ``subject`` is the id of what was checked: a source with its edition (``inegi_iter/2020``), a table, an
    indicator, a release. ``owner`` answers for the rule and ``reason`` says why it exists. ``n_failing`` counts all
    failing rows, ``failing_rows`` shows the first of them.
    """

    border: Border
    subject: str
    check: str
    severity: Severity
    passed: bool
    description: str
    owner: str
    reason: str
    observed: str
    n_failing: int
    failing_rows: tuple[dict[str, Any], ...] = ()

    @property
    def blocks(self) -> bool:
        return not self.passed and self.severity == "blocking"


def dump(results: Sequence[CheckResult]) -> str:
    return json.dumps([vars(r) for r in results], ensure_ascii=False, indent=1, default=str) + "\n"


def read(path: Path) -> list[CheckResult]:
    """Read back what ``dump`` gave; InputError where the file is missing or damaged."""
    try:
        items = read_json(path)
        return [CheckResult(**{**item, "failing_rows": tuple(item["failing_rows"])}) for item in items]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(path, f"cannot be read as results of checks ({error})", remedy="`sdg run`") from error
