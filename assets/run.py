"""``python -m assets.run``: the main job through Dagster, so that the run stands in the UI afterwards."""

from __future__ import annotations

import sys

from dagster import DagsterInstance
from rich.console import Console

from assets.definitions import build
from assets.jobs import PUBLISH_ALL
from sdg_pipeline.errors import SdgError
from sdg_pipeline.pipeline import Outcome, Pipeline
from sdg_pipeline.settings import Settings

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def main() -> int:
    """Run ``publish_all`` in this process; the exit code is that of ``sdg run``."""
    from sdg_pipeline import tell

    console = Console(highlight=False)
    outcomes: list[Outcome] = []
    try:
        pipeline = Pipeline.load(Settings.from_environment())

        def heard(outcome: Outcome) -> None:
            outcomes.append(outcome)
            if outcome.computed:
                console.print(f"  {outcome.step.kind:<11} {outcome.step.name}  {outcome.seconds:.2f} s")

        job = build(pipeline, heard).resolve_job_def(PUBLISH_ALL)
        with DagsterInstance.get() as instance:
            job.execute_in_process(instance=instance, run_config=QUIET)
    except Exception as error:
        mendable = _mendable(error)
        if mendable is None:
            raise
        Console(stderr=True, highlight=False, soft_wrap=True).print(str(mendable), style="red", markup=False)
        return mendable.exit_code
    tell.run_summary(console, outcomes, pipeline.catalog, pipeline.layout, pipeline.coverage_notes())
    console.print("In Dagster: make ui, then http://127.0.0.1:3000")
    return 0


def _mendable(error: BaseException | None) -> SdgError | None:
    """The error that the user can mend, inside what Dagster wrapped around it."""
    while error is not None and not isinstance(error, SdgError):
        error = error.__cause__ or error.__context__
    return error


if __name__ == "__main__":
    sys.exit(main())
