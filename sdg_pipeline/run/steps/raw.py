"""The step of an edition: official bytes into the raw store, verified.

What belongs here: calling ``ingest.fetch``, and its report. What does not: how bytes are fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from sdg_pipeline.run.graph import Reach, Step
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.state import Report, Result, StateStore
from sdg_pipeline.run.steps.kind import Log, StepContext, StepKind

LOGGED_EVERY_BYTES = 50_000_000


class RawReport(Report):
    """The bytes of an edition; ``replaced`` is the sha256 of those that it had before under the same name."""

    bytes: int
    sha256: str
    url: str
    origin: str
    partial: bool
    replaced: str | None
    failed: str | None = None
    """Why the address failed, where these bytes are the last good copy."""
    kept_since: str | None = None
    """When the last good copy came, where these bytes are it."""


class RawKind(StepKind):
    """Fetches one edition of a source. Servers are asked one after the other, and editions share a lock file."""

    name: ClassVar[str] = "raw"
    report: ClassVar[type[Report]] = RawReport
    waits: ClassVar[bool] = True

    def nodes(self, reach: Reach, before: Sequence[Step]) -> Iterator[Step]:
        """An edition once, in the order in which tables name it."""
        files = dict.fromkeys(file for table in reach.tables() for file in reach.files(table))
        files |= dict.fromkeys(reach.shapes()[-1:])
        yield from (Step((self.name, *file), ()) for file in files)

    def identity(self, run: Run, state: StateStore, step: Step) -> str:
        source, edition = step.key[1:]
        declared = run.catalog.sources[source].editions[edition].model_dump_json()
        if run.mirror is None:
            supplied = run.settings.addresses.get(f"{source}/{edition}")
            return f"official {declared} {supplied}" if supplied else f"official {declared}"
        return f"mirror {run.mirror.name} {run.mirror.entries.get((source, edition))} {declared}"

    def perform(self, context: StepContext) -> Result:
        from sdg_pipeline.errors import FetchError
        from sdg_pipeline.ingest.fetch import fetch, last_good
        from sdg_pipeline.ingest.lock import ChangedError
        from sdg_pipeline.ingest.patience import PATIENCE

        run, step, log = context.run, context.step, context.log
        source, edition = step.key[1:]
        spec, failed = run.catalog.sources[source], None
        patience, progress = PATIENCE.named(run.settings.user_agent), _logged(step.name, log)
        try:
            supplied = run.settings.addresses
            raw = fetch(spec, edition, run.layout, run.mirror, progress=progress, patience=patience, supplied=supplied)
        except ChangedError:
            raise
        except FetchError as error:
            good = last_good(spec, edition, run.layout) if run.mirror is None else None
            if good is None:
                raise
            raw, failed = good, str(error)
            log(f"{step.name}: {error}")
        log(f"{step.name}: {raw.bytes:,} bytes, sha256 {raw.sha256[:12]}, from {raw.origin}")
        if raw.replaced:
            before = raw.replaced[:12]
            log(f"{step.name}: changed under the same name; before, sha256 {before}. Its values are revised.")
        report = RawReport(
            bytes=raw.bytes,
            sha256=raw.sha256,
            url=raw.url,
            origin=raw.origin,
            partial=raw.partial,
            replaced=raw.replaced,
            failed=failed,
            kept_since=raw.retrieved_at if failed else None,
        )
        return Result((Path(raw.path), run.layout.raw_current(source, edition)), report)


def _logged(name: str, log: Log) -> Callable[[int, int | None], None]:
    """Progress of a download as a line every fifty megabytes: Dagster's log has no bars."""
    logged = 0

    def progress(done: int, total: int | None) -> None:
        nonlocal logged
        if done - logged >= LOGGED_EVERY_BYTES:
            logged = done
            whole = f" of {total / 1e6:,.0f}" if total else ""
            log(f"{name}: {done / 1e6:,.0f}{whole} MB")

    return progress
