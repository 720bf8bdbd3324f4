"""What a run at the desk does without an edition whose address fails, and of which there is no earlier copy.

The edition and all that hangs on it are left as they are, and a warning names them. The rest of the run goes on. A
release hangs on everything, so that such a run publishes none. What belongs here: this warning. What does not: an
edition that keeps its last good copy (raw), and a run from the terminal, which publishes without it (cli.selection).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from dagster import AssetCheckEvaluation, AssetCheckSeverity

from assets import notices
from assets.keys import asset_key
from sdg_pipeline.errors import FetchError
from sdg_pipeline.run.graph import PUBLICATION, Step
from sdg_pipeline.run.model import Run

MAX_NAMED = 30
REMEDY = "Run the job again when the address answers, or name a mirror; `make run` publishes without the edition."


class Unreached(Exception):
    """An edition that cannot be had today; it is no failure of the run."""

    def __init__(self, error: FetchError, step: Step, run: Run) -> None:
        super().__init__(str(error))
        self._step, self._skipped = step, run.downstream([step.key])

    def tell(self, check: str) -> AssetCheckEvaluation:
        """Notify people, and say it as the verdict of a check of the edition."""
        kinds = Counter(step.kind for step in self._skipped)
        counted = ", ".join(f"{number} {kind}" for kind, number in kinds.items()) or "nothing"
        published = ". Nothing is published" if kinds[PUBLICATION[0]] else ""
        text = f"{self._step.name} could not be had, and no earlier copy is here. Skipped: {counted}{published}."
        named = ", ".join(f"{step.kind} {step.name}" for step in self._skipped[:MAX_NAMED])
        more = len(self._skipped) - MAX_NAMED
        notices.tell(f"{text} {self}", edition=self._step.name, skipped=len(self._skipped))
        metadata: dict[str, Any] = {
            "observed": text,
            "error": str(self),
            "last_good_copy": "none",
            "skipped": named + (f" and {more} more" if more > 0 else ""),
            "remedy": REMEDY,
        }
        return AssetCheckEvaluation(
            asset_key=asset_key(self._step.key),
            check_name=check,
            passed=False,
            severity=AssetCheckSeverity.WARN,
            metadata=metadata,
        )
