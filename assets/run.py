"""Runs the main job through Dagster (``python -m assets.run``), so that the UI shows the run."""

from __future__ import annotations

import sys
import time

from dagster import DagsterInstance
from rich.console import Console

from assets.definitions import build
from assets.keys import COUNTED, PUBLISH_ALL, asset_key
from sdg_pipeline.errors import BlockedRelease, SdgError
from sdg_pipeline.run.graph import Key
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.settings import Settings

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def main() -> int:
    """Run what is stale of the job of everything in this process; the exit code is that of ``sdg run``."""
    from sdg_pipeline.cli import terminal
    from sdg_pipeline.cli.console import output, refuse
    from sdg_pipeline.cli.release import blocked
    from sdg_pipeline.estimate.check import sound
    from sdg_pipeline.run import figures, journal

    console = output()
    try:
        runner = Runner.load(Settings.from_environment())
        runner.remember_rules()
        sound(runner.run.catalog)
        if runner.run.settings.json_log:
            journal.write_to(sys.stdout)
        started = time.perf_counter()
        with figures.of_a_run(runner.run) as outcomes:
            runner, heard = _run(runner, console)
            outcomes += heard
    except Exception as error:
        mendable = _mendable(error)
        if mendable is None:
            raise
        refuse(mendable)
        return mendable.exit_code
    terminal.run_summary(console, outcomes, runner, time.perf_counter() - started)
    console.print("In Dagster: make ui, then http://127.0.0.1:3000")
    return BlockedRelease.exit_code if blocked(outcomes, runner.run.layout) else 0


def _run(runner: Runner, console: Console) -> tuple[Runner, list[Outcome]]:
    """Launch the job on stale steps and on those that this Dagster instance has never seen; none, no run.

    Official addresses are asked first, as in the terminal: the run goes on without what it cannot have.
    """
    from sdg_pipeline.cli.selection import attainable
    from sdg_pipeline.run import journal

    heard: dict[Key, Outcome] = {}

    def hear(outcome: Outcome) -> None:
        heard[outcome.step.key] = outcome
        journal.ended(outcome)
        if outcome.computed:
            console.print(f"  {outcome.step.kind:<11} {outcome.step.name}  {outcome.seconds:.2f} s")

    runner, _ = attainable(runner, [], [], lambda line: console.print(f"  {line}", soft_wrap=True))
    with DagsterInstance.get() as instance:
        records = instance.get_asset_records([asset_key(s.key) for s in runner.run.steps])
        seen = {r.asset_entry.asset_key for r in records if r.asset_entry.last_materialization}
        stale = runner.gathered | {s.key for s in runner.stale()}
        wanted = [asset_key(s.key) for s in runner.run.steps if s.key in stale or asset_key(s.key) not in seen]
        if wanted:
            job = build(runner, hear).resolve_job_def(PUBLISH_ALL)
            stale_job = job.get_subset(asset_selection=set(wanted), asset_check_selection=set())
            stale_job.execute_in_process(instance=instance, run_config=QUIET, tags={COUNTED: "in the terminal"})
    return runner, [heard.get(s.key) or runner.remembered(s) for s in runner.run.steps]


def _mendable(error: BaseException | None) -> SdgError | None:
    """The error that the user can mend, inside what Dagster wrapped around it."""
    seen: set[int] = set()
    while error is not None and not isinstance(error, SdgError):
        if id(error) in seen:  # Dagster's errors may name each other as their causes
            return None
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return error


if __name__ == "__main__":
    sys.exit(main())
