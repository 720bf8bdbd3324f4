"""The command line: ``sdg release list | verify | sign | review | approve | publish | rebuild``.

What belongs here: arguments and what is printed. What does not: the conditions (``release.review``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sdg_pipeline.cli.console import output
from sdg_pipeline.errors import ONE_OF_THEM, UsageError
from sdg_pipeline.files import room
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.policy import remember, require_login
from sdg_pipeline.run.lock import turn
from sdg_pipeline.run.state import Outcome
from sdg_pipeline.run.steps.publication import PublicationReport
from sdg_pipeline.settings import Settings

release_app = typer.Typer(help="Review, approve, publish and verify releases.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the release, or latest.")]
Who = Annotated[str, typer.Option("--by", help="Your name, for the record.")]


def release_folder(layout: Layout, name: str) -> Path:
    """The folder of a release, by its name or path; UsageError where there is none."""
    folder = Path(name) if Path(name).is_dir() else layout.release(name)
    if not (folder / "release.json").exists():
        from sdg_pipeline.release.manifest import sealed

        names = [m.release for m in sealed(layout)]
        valid = f"{', '.join(names) or 'none yet'}, latest"
        raise UsageError(f"no release {name!r}; valid: {valid}", remedy=ONE_OF_THEM)
    return folder


def release_name(layout: Layout, name: str) -> str:
    """The release that a name means: ``latest`` is the one in force."""
    return layout.latest.resolve().name if name == layout.latest.name and layout.latest.exists() else name


def blocked(outcomes: Iterable[Outcome], layout: Layout) -> bool:
    """Whether the release of a run has blocking findings that nobody has approved."""
    from sdg_pipeline.release.findings import unapproved

    return any(unapproved(layout, name) for name in _releases(outcomes))


def approved(outcomes: Iterable[Outcome], layout: Layout) -> bool:
    """Whether checks failed whose findings somebody approved: of the release of a run, which is in force.

    A run of some goals or indicators makes no release: its findings are those approved with the release in force.
    """
    from sdg_pipeline.quality import results
    from sdg_pipeline.release.findings import accepted_in_force, findings, findings_of, unapproved, verdict_file
    from sdg_pipeline.release.manifest import in_force

    outcomes = tuple(outcomes)
    if not _releases(outcomes):
        steps = [o.step for o in outcomes if o.report.checks_failed]
        if not steps or any(step.kind not in ("indicator", "staged") for step in steps):
            return False
        files = [file for step in steps if (file := verdict_file(layout, step.kind, step.name))]
        checks = (check for file in files for check in results.read(file))
        return set(findings(checks)) <= accepted_in_force(layout)
    in_doubt = [name for name in _releases(outcomes) if name == in_force(layout) and findings_of(layout, name)]
    return bool(in_doubt) and not any(unapproved(layout, name) for name in in_doubt)


def _releases(outcomes: Iterable[Outcome]) -> list[str]:
    return [o.report.release for o in outcomes if isinstance(o.report, PublicationReport)]


@release_app.command("list")
def release_list() -> None:
    """List releases by age, with who did what, and when."""
    from sdg_pipeline.release.review import standings

    for standing in standings(Layout(Settings.from_environment().home)):
        latest = "  (latest)" if standing.latest else ""
        manifest = standing.manifest
        output().print(f"{manifest.release}  {manifest.version}  {standing.state}{latest}", soft_wrap=True)
        for event in standing.record:
            by = f"{event.who} (automation)" if event.automation else event.who
            accepted = f"  {len(event.accepted)} blocking findings accepted" if event.accepted else ""
            note = f"  {event.note}" if event.note else ""
            output().print(f"    {event.event:<9} {event.when}  {by}{accepted}{note}", soft_wrap=True)


@release_app.command("verify")
def release_verify(
    name: Annotated[str, typer.Argument(help="Release, or a folder.")] = "latest",
    key: Annotated[Path | None, typer.Option(help="File of public SSH keys, of which one must have signed it.")] = None,
) -> None:
    """Compare a release with SHA256SUMS, that with its chained record, and cited raw files with their hashes.

    Exit 1 where something differs.
    """
    from sdg_pipeline.ingest.integrity import damaged
    from sdg_pipeline.publish.checksums import NAME as SUMS
    from sdg_pipeline.release import signature
    from sdg_pipeline.release.chain import head
    from sdg_pipeline.release.events import seal_of
    from sdg_pipeline.release.manifest import proof, read_manifest

    layout = Layout(Settings.from_environment().home)
    folder = release_folder(layout, name)
    wrong = [fault] if key is not None and (fault := signature.fault(folder.resolve(), key)) else []
    wrong = wrong + proof(layout, folder) or damaged(layout, read_manifest(folder).raw_hashes)
    for line in wrong:
        output().print(line, style="red", soft_wrap=True)
    if wrong:
        raise typer.Exit(1)
    output().print(f"{folder.resolve().name} is whole; sha256 of {SUMS}: {seal_of(folder)}", soft_wrap=True)
    record = layout.events(folder.resolve().name)
    if record.is_file() and folder.resolve().parent == layout.published.resolve():
        output().print(f"{record.name}: {head(record.read_bytes())} is the hash of its end", soft_wrap=True)


@release_app.command("sign")
def release_sign(
    name: Annotated[str, typer.Argument(help="Release, or a folder.")] = "latest",
    key: Annotated[Path, typer.Option(help="Private SSH key; or a public one whose other half the agent has.")] = Path(
        "~/.ssh/id_ed25519"
    ),
) -> None:
    """Sign SHA256SUMS of a whole release, next to its folder, with `ssh-keygen -Y sign`."""
    from sdg_pipeline.release import signature
    from sdg_pipeline.release.manifest import proof

    with _at_home() as layout:
        folder = release_folder(layout, name).resolve()
        wrong = proof(layout, folder)
        if wrong:
            raise UsageError(f"{folder.name} is not whole ({wrong[0]}); remedy: restore the release from a copy")
        written = signature.sign(folder, key.expanduser())
    output().print(f"Signature:  {written}", soft_wrap=True)


@release_app.command("review")
def release_review(
    name: Name, by: Who, note: Annotated[str | None, typer.Option(help="What you examined, and the result.")] = None
) -> None:
    """Record that somebody has reviewed a release."""
    from sdg_pipeline.release.review import review

    with _at_home() as layout:
        name = release_name(layout, name)
        require_login(by, layout, Settings.from_environment())
        event = review(layout, name, by, note or "")
    output().print(f"{name}: reviewed by {event.who}, {event.when}", soft_wrap=True)


@release_app.command("approve")
def release_approve(
    name: Name, by: Who, reason: Annotated[str, typer.Option(help="Why it is right to publish nevertheless.")]
) -> None:
    """Record that somebody accepts the blocking findings of a release."""
    from sdg_pipeline.release.review import approve

    with _at_home() as layout:
        name = release_name(layout, name)
        require_login(by, layout, Settings.from_environment())
        event = approve(layout, name, by, reason)
    for finding in event.accepted:
        output().print(f"accepted: {finding}", soft_wrap=True)
    output().print(f"{name}: approved by {event.who}, {event.when}", soft_wrap=True)


@release_app.command("publish")
def release_publish(
    name: Name, by: Who, note: Annotated[str | None, typer.Option(help="Note for the record.")] = None
) -> None:
    """Publish a draft: point `latest` at it and build the warehouse from it; exit 1 if that is not allowed."""
    from sdg_pipeline.release.review import publish

    with _at_home() as layout:
        name = release_name(layout, name)
        publish(layout, name, by, Settings.from_environment(), note or "")
    output().print(f"Published:  {layout.latest}  (release {name})", soft_wrap=True)
    output().print(f"Warehouse:  {layout.warehouse}  (FROM sdg.latest)", soft_wrap=True)


@release_app.command("waive")
def release_waive(by: Who, reason: Annotated[str, typer.Option(help="Why releases no longer need a review.")]) -> None:
    """End the rule of SDG_REVIEW=required: from now on releases here need no review."""
    from sdg_pipeline.release.policy import waive

    with _at_home() as layout:
        event = waive(layout, by, reason)
    output().print(f"reviews waived by {event.who}, {event.when}", soft_wrap=True)


@release_app.command("rebuild")
def release_rebuild(name: Annotated[str, typer.Argument(help="Release, or a folder.")] = "latest") -> None:
    """Compute a release again from the raw store and its own specs; exit 1 if a file differs from SHA256SUMS."""
    from sdg_pipeline.run.rebuild import rebuild

    settings = Settings.from_environment()
    folder = release_folder(Layout(settings.home), name).resolve()
    with _at_home():
        rebuilt = rebuild(settings, folder, lambda line: output().print(f"  {line}", soft_wrap=True))
    for difference in rebuilt.differing:
        output().print(f"{difference}: differs", style="red", soft_wrap=True)
    for other in rebuilt.others:
        output().print(other, style="yellow", soft_wrap=True)
    if rebuilt.differing:
        raise typer.Exit(1)
    output().print(f"{folder.name} is rebuilt byte by byte: {rebuilt.files} files", soft_wrap=True)


@contextmanager
def _at_home() -> Iterator[Layout]:
    """The layout, while no run writes."""
    settings = Settings.from_environment()
    layout = Layout(settings.home)
    with room("the record of a release or the warehouse", layout.data), turn(layout):
        remember(layout, settings)
        yield layout
