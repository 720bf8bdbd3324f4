"""The verdict of one check on one indicator, as every output shows it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from sdg_pipeline.errors import InputError

MAX_FAILING_ROWS_KEPT = 20
Severity = Literal["blocking", "warning"]


@dataclass(frozen=True)
class CheckResult:
    """``check`` names the rule (``range``, ``complete_state``…), ``observed`` says in one line what was seen.

    ``n_failing`` counts all failing rows, ``failing_rows`` shows the first of them.
    """

    indicator: str
    check: str
    severity: Severity
    passed: bool
    description: str
    observed: str
    n_failing: int
    failing_rows: tuple[dict[str, Any], ...] = ()

    @property
    def blocks(self) -> bool:
        return not self.passed and self.severity == "blocking"


def dump(results: Sequence[CheckResult]) -> str:
    return json.dumps([asdict(r) for r in results], ensure_ascii=False, indent=1, default=str) + "\n"


def read(path: Path) -> list[CheckResult]:
    """Read back what ``dump`` gave; InputError where the file is missing or damaged."""
    try:
        items = json.loads(path.read_text(encoding="utf-8"))
        return [CheckResult(**{**item, "failing_rows": tuple(item["failing_rows"])}) for item in items]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(path, f"cannot be read as results of checks ({error})", remedy="`sdg run`") from error
