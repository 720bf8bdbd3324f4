"""Defines the jobs by which people review a draft, accept its findings and publish it, under their name.

The conditions are those of ``sdg release`` (sdg_pipeline.release.review). What belongs here: the jobs, and how
far a release is. What does not: making one (published). Annotations are not deferred here: Dagster reads them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dagster import (
    AssetMaterialization,
    ConfigMapping,
    DagsterInvariantViolationError,
    Field,
    JobDefinition,
    MetadataValue,
    OpExecutionContext,
    job,
    op,
)
from dagster._core.definitions.data_version import DATA_VERSION_TAG

from assets.choices import for_the_desk, mendable
from assets.executors import executor
from assets.keys import ACTS, RELEASE_DRAFT, asset_key
from assets.login import Login, person
from assets.previews import markdown_table
from sdg_pipeline.errors import ONE_OF_THEM, SdgError, UsageError, nearest
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.policy import require_login
from sdg_pipeline.run.graph import PUBLICATION, WAREHOUSE, Key
from sdg_pipeline.run.lock import turn
from sdg_pipeline.run.model import Run
from sdg_pipeline.run.state import StateStore

NEWEST = "newest"
HELP = {
    "release": "Name of the release; newest: the last that was made. / Nombre de la versión.",
    "by": "Who does it, as it shall be recorded; empty where there is a log-in. / Quién lo hace.",
    "note": "What was looked at, or why it is right. Needed to approve. / Qué se revisó, o por qué.",
}
SHOWN_AT_ONCE = 900
"""Letters of Markdown; Dagster shows a thousand at once and hides more behind a click."""
Act = Callable[[Run, str, str, str], None]


def release_jobs(run: Run) -> list[JobDefinition]:
    """The jobs of what people do with a release."""
    return [
        _job(run, "review", _review, "Record that somebody has looked at a draft. / Registrar la revisión."),
        _job(run, "approve", _approve, "Take blocking findings upon oneself. / Aprobar con hallazgos abiertos."),
        _job(run, "publish", _publish, "Publish a draft and build the warehouse. / Publicar el borrador."),
    ]


def _review(run: Run, release: str, who: str, note: str) -> None:
    from sdg_pipeline.release.review import review

    review(run.layout, release, who, note)


def _approve(run: Run, release: str, who: str, note: str) -> None:
    from sdg_pipeline.release.review import approve

    approve(run.layout, release, who, note)


def _publish(run: Run, release: str, who: str, note: str) -> None:
    from sdg_pipeline.release.review import publish

    publish(run.layout, release, who, run.settings, note)


def _job(run: Run, name: str, act: Act, description: str) -> JobDefinition:
    @op(name=name, config_schema={key: Field(str) for key in HELP})
    def perform(context: OpExecutionContext) -> None:
        config = context.op_config
        release = _named(run.layout, config["release"])
        with mendable(), turn(run.layout, context.log.info):
            who = person(context.run.tags, config["by"])
            require_login(who, run.layout, run.settings)
            act(run, release, who, config["note"])
        context.log.info(f"{release}: {name} by {who}")
        for finding in accepted(run.layout, release, who) if name == "approve" else ():
            context.log.info(f"approved: {finding}")
        context.log_event(_materialised(run.layout, PUBLICATION, page(run.layout, release)))
        if name == "publish":
            file = run.layout.warehouse
            shown = {"release": release, "bytes": file.stat().st_size, "file": MetadataValue.path(str(file))}
            context.log_event(_materialised(run.layout, WAREHOUSE, shown))

    def checked(config: Mapping[str, Any]) -> dict[str, Any]:
        try:
            _refuse(run.layout, name, config)
        except SdgError as error:
            raise DagsterInvariantViolationError(for_the_desk(error)) from None  # see choices
        return {"ops": {name: {"config": dict(config)}}}

    schema = {
        "release": Field(str, default_value=NEWEST, description=HELP["release"]),
        "by": Field(str, default_value="", description=HELP["by"])
        if run.settings.logins
        else Field(str, description=HELP["by"]),
        "note": Field(str, default_value="", description=HELP["note"]),
    }

    @job(
        name=ACTS[name],
        description=description,
        config=ConfigMapping(config_fn=checked, config_schema=schema),
        executor_def=executor(),
    )
    def release_job() -> None:
        perform()

    return release_job


def _materialised(layout: Layout, key: Key, shown: dict[str, Any]) -> AssetMaterialization:
    """What a person did to a release, as a materialisation of it; its contents are those that the run left."""
    state = StateStore(layout).load(key)
    tags = {DATA_VERSION_TAG: state.content[:16]} if state else {}
    return AssetMaterialization(asset_key(key), metadata=shown, tags=tags)


def _refuse(layout: Layout, name: str, config: Mapping[str, Any]) -> None:
    from sdg_pipeline.release.events import name_of

    _named(layout, config["release"])
    if Login.from_environment() is None:
        name_of(config["by"])
    if name == "approve" and not config["note"].strip():
        raise UsageError("note: an approval needs a reason; remedy: write why it is right to publish nevertheless")


def _named(layout: Layout, release: str) -> str:
    """The release of this name; UsageError where there is none."""
    from sdg_pipeline.release.manifest import sealed

    names = [m.release for m in sealed(layout)]
    if not names:
        raise UsageError(f"release: there is none yet; remedy: run {RELEASE_DRAFT}")
    if release == NEWEST:
        return names[-1]
    if release not in names:
        close = nearest(release, names)
        hint = f"; did you mean {close!r}?" if close else ""
        valid = f"valid: {NEWEST}, {', '.join(names[-5:])}"
        raise UsageError(f"release: no release {release!r}{hint}; {valid}", remedy=ONE_OF_THEM)
    return release


def page(layout: Layout, release: str) -> dict[str, Any]:
    """What the page of a release shows, from its own files and its record: what stands against it comes first."""
    from sdg_pipeline.release import changes, events
    from sdg_pipeline.release.manifest import read_manifest

    folder, record = layout.release(release), events.read(layout, release)
    manifest = read_manifest(folder)
    rows = [
        {"event": e.event, "who": e.who, "when": e.when, "automation": e.automation, "note": e.note} for e in record
    ]
    notes, checks = manifest.facts["coverage_notes"], manifest.facts["checks"]
    reasons = manifest.facts.get("version_reasons", {})
    return {
        **_blocking(layout, release),
        "release": release,
        "state": events.state_of(record),
        "version": manifest.version,
        "reason_for_the_version": MetadataValue.md(
            "\n".join(f"- {part}: {why}" for part in ("major", "minor") for why in reasons.get(part, ()))
            or "Nothing was added and nothing taken away."
        ),
        "record": MetadataValue.md(markdown_table(rows) or "No record."),
        "revisions": MetadataValue.md((folder / changes.REPORT).read_text(encoding="utf-8")),
        "coverage": MetadataValue.md("\n".join(f"- {n}" for n in notes) if notes else "The whole country."),
        "folder": MetadataValue.path(str(folder)),
        "indicators": len(manifest.facts["indicators"]),
        "checks": checks["total"],
        "warnings": checks["warnings"],
        "files": sum(path.is_file() for path in folder.rglob("*")),
    }


def accepted(layout: Layout, release: str, who: str) -> list[str]:
    """The findings that somebody has taken upon themselves."""
    from sdg_pipeline.release import events

    return [
        finding
        for event in events.counted(layout, release)
        if event.event == "approved" and event.who == who
        for finding in event.accepted
    ]


def _blocking(layout: Layout, release: str) -> dict[str, Any]:
    """The blocking findings as a table that Dagster shows without a click, with who approved each; then in full."""
    from sdg_pipeline.quality import results
    from sdg_pipeline.release import events
    from sdg_pipeline.release.findings import findings
    from sdg_pipeline.release.manifest import CHECKS

    approvals = [event for event in events.counted(layout, release) if event.event == "approved"]
    by = {finding: f"{event.who}: {event.note}" for event in approvals for finding in event.accepted}
    named = {findings([c])[0]: c for c in results.read(layout.release(release) / CHECKS) if c.blocks}
    rows = [
        {"of": c.subject, "check": c.check, "failing rows": c.n_failing, "approved by": by.get(finding, "nobody")}
        for finding, c in sorted(named.items())
    ]
    if not rows:
        return {"blocking": MetadataValue.md("None.")}
    shown = len(rows)
    while shown > 1 and len(markdown_table(rows[:shown])) > SHOWN_AT_ONCE:
        shown -= 1
    more = f"\n\n{len(rows) - shown} more: `blocking_in_full`." if shown < len(rows) else ""
    full = [{"blocking finding": finding, "approved by": by.get(finding, "nobody")} for finding in sorted(named)]
    return {
        "blocking": MetadataValue.md(markdown_table(rows[:shown]) + more),
        "blocking_in_full": MetadataValue.md(markdown_table(full)),
    }
