"""Defines what runs by itself: drafts of the release calendar, checks for new editions, contributions, notices.

All but the notice of failures and the figures of runs are off until somebody turns them on in the UI. What belongs
here: when something runs. What does not: what it does. Annotations are not deferred here: Dagster reads them.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetSelection,
    AutomationConditionSensorDefinition,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunFailureSensorContext,
    RunRequest,
    RunStatusSensorContext,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    run_failure_sensor,
    run_status_sensor,
    schedule,
    sensor,
)

from assets import notices
from assets.choices import DESK
from assets.contributions import run_config
from assets.keys import COUNTED, EDITIONS, EXAMINE, GROUP_OF_KIND, LATE, RELEASE_DRAFT
from assets.raw import editions_key
from sdg_pipeline.errors import SdgError
from sdg_pipeline.ingest.masking import shown_address
from sdg_pipeline.ingest.watch import Manners, Seen, round_of
from sdg_pipeline.quality.contribution import mark
from sdg_pipeline.run.model import Run

TIMEZONE = "America/Mexico_City"
CALENDAR, DEFAULT_CALENDAR = "SDG_RELEASE_CRON", "0 6 15 1,4,7,10 *"
"""At six in the morning of the fifteenth of each quarter's first month, unless the office says otherwise."""
LOOK_EVERY_SECONDS, READ_EVERY_SECONDS = 600, 60


def schedules(run: Run) -> list[ScheduleDefinition]:
    daily = ScheduleDefinition(
        name="late_sources_daily",
        job_name=LATE,
        cron_schedule="0 7 * * 1-5",
        execution_timezone=TIMEZONE,
        description="Look for late sources every working day. / Buscar fuentes atrasadas cada día hábil.",
    )
    return [_release_calendar(run), daily]


def sensors(run: Run) -> list[SensorDefinition]:
    computed = AssetSelection.groups(GROUP_OF_KIND["staged"]) | AssetSelection.key_prefixes(["indicator"])
    automatic = AutomationConditionSensorDefinition(
        "dependents",
        target=computed,
        description="Run tables and indicators when what they are made of has changed; nothing is published. "
        "/ Calcular lo que depende de lo que cambió.",
    )
    return [_new_editions(run), _contributions(run), _failures(run), _figures(run), automatic]


def _release_calendar(run: Run) -> ScheduleDefinition:
    @schedule(
        name="release_calendar",
        job_name=RELEASE_DRAFT,
        cron_schedule=os.environ.get(CALENDAR) or DEFAULT_CALENDAR,
        execution_timezone=TIMEZONE,
        description="Make a draft on the days of the release calendar. / Preparar el borrador en la fecha prevista.",
    )
    def release_calendar(context: ScheduleEvaluationContext) -> RunRequest:
        day = context.scheduled_execution_time.date().isoformat()
        return RunRequest(run_key=f"release {day}", tags={"sdg/release_calendar": day})

    return release_calendar


def watched(run: Run) -> dict[str, tuple[str, str]]:
    """Source and edition by the address that this desk fetches them from; local copies have none."""
    addresses: dict[str, tuple[str, str]] = {}
    for step in run.steps:
        if step.kind != "raw":
            continue
        source, edition = step.key[1:]
        if run.mirror is None:
            spec = run.catalog.sources[source].editions[edition]
            url = spec.url if spec.method is None else None  # no condition goes with a post
        elif run.mirror.remote:
            url = run.mirror.location(run.mirror.entries[source, edition])
        else:
            url = None
        if url:
            addresses[url] = (source, edition)
    return addresses


def _new_editions(run: Run) -> SensorDefinition:
    @sensor(
        name="new_editions",
        asset_selection=AssetSelection.key_prefixes([EDITIONS]),
        minimum_interval_seconds=LOOK_EVERY_SECONDS,
        description="Ask each official address once a day whether its file has changed, and fetch those that have. "
        "/ Preguntar una vez al día si un archivo cambió.",
    )
    def new_editions(context: SensorEvaluationContext) -> SensorResult:
        return looked(run, context.cursor)

    return new_editions


def looked(run: Run, cursor: str | None, manners: Manners | None = None) -> SensorResult:
    """A round of looks; the cursor remembers what each server said."""
    editions = watched(run)
    remembered = json.loads(cursor or "{}")
    memory = {url: Seen(**remembered[_sign(run, url)]) for url in editions if _sign(run, url) in remembered}
    if not editions:
        return SensorResult(skip_reason=SkipReason("All files of this desk are local copies: there is nobody to ask."))
    requests, answers = [], []
    for look in round_of(editions, memory, manners or Manners()):
        memory[look.url] = look.seen
        source, edition = editions[look.url]
        answers.append(f"{source}/{edition}: {look.status}{f', {look.why}' if look.why else ''}")
        if look.status == "changed":
            url = look.url if run.mirror is None else shown_address(look.url)
            notices.tell(f"{source}/{edition} has changed at {url}", source=source, edition=edition, url=url)
            config = {"resources": {DESK: {"config": {"editions": [f"{source}/{edition}"]}}}}
            requests.append(
                RunRequest(
                    run_key=f"{source}/{edition} {look.sign}",
                    asset_selection=[editions_key(source)],
                    partition_key=edition,
                    run_config=config,
                )
            )
    kept = json.dumps({_sign(run, url): seen.plain() for url, seen in memory.items()})
    skip = None if requests else SkipReason("; ".join(answers) or "No address is due.")
    return SensorResult(run_requests=requests, skip_reason=skip, cursor=kept)


def _sign(run: Run, url: str) -> str:
    """How the cursor, which Dagster shows, names an address: that of a mirror may hold a token."""
    return url if run.mirror is None else hashlib.sha256(url.encode()).hexdigest()


def _contributions(run: Run) -> SensorDefinition:
    @sensor(
        name="contributions",
        job_name=EXAMINE,
        minimum_interval_seconds=READ_EVERY_SECONDS,
        description="Examine specs that somebody put into the folder of contributions. "
        "/ Revisar las propuestas que alguien dejó en la carpeta.",
    )
    def contributions(context: SensorEvaluationContext) -> Iterator[RunRequest | SkipReason]:
        folder = run.layout.contributions
        folders = sorted(p for p in folder.glob("*") if p.is_dir() and not p.is_symlink()) if folder.is_dir() else []
        if not folders:
            yield SkipReason(f"Nothing in {folder}.")
        for path in folders:
            try:
                version = mark(path)
            except SdgError as error:
                version = str(error)  # the run says it again, where it is seen
            yield RunRequest(run_key=f"{path.name} {version}", run_config=run_config(path.name))

    return contributions


def _failures(run_: Run) -> SensorDefinition:
    @run_failure_sensor(
        name="failures",
        default_status=DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
        description="Tell people of a run that failed: in the log, and by SDG_WEBHOOK. / Avisar si una corrida falla.",
    )
    def failures(context: RunFailureSensorContext) -> None:
        _count(run_, context, "error")
        steps: dict[str, Any] = {}
        for event in context.get_step_failure_events():
            error = event.event_specific_data.error  # type: ignore[union-attr]
            steps[event.step_key or ""] = error.message.strip() if error else ""
        run = context.dagster_run
        text = "; ".join(f"{step}: {message}" for step, message in steps.items()) or context.failure_event.message or ""
        notices.tell(f"{run.job_name} failed: {text}", job=run.job_name, run=run.run_id, steps=steps)

    return failures


def _figures(run: Run) -> SensorDefinition:
    @run_status_sensor(
        name="figures",
        run_status=DagsterRunStatus.SUCCESS,
        default_status=DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
        description="Write the figures of runs for Prometheus. / Escribir las cifras de las corridas para Prometheus.",
    )
    def figures(context: RunStatusSensorContext) -> None:
        _count(run, context, "done")

    return figures


def _count(run: Run, context: RunStatusSensorContext, result: str) -> None:
    """Count a run that ended, unless the terminal did that started it."""
    from sdg_pipeline.run.figures import count

    if COUNTED not in context.dagster_run.tags:
        took = context.instance.get_run_stats(context.dagster_run.run_id)
        count(run, result, (took.end_time or 0) - (took.start_time or took.end_time or 0))
