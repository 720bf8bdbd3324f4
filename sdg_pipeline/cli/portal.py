"""``sdg portal list | search | read | push | data-json``: what open data portals have of others, and the own release.

Exit code 1: a dataset was not written. What belongs here: arguments and what is printed. What does not: asking
(ingest.ckan), what follows from an answer (open_government.portal), and the datasets of the release (packages.portal).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urljoin

import typer

from sdg_pipeline import clock
from sdg_pipeline.cli.console import line
from sdg_pipeline.cli.release import release_folder
from sdg_pipeline.errors import UsageError
from sdg_pipeline.files import write_text
from sdg_pipeline.ingest.ckan import Reader, plain
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government import asked, portal
from sdg_pipeline.packages.portal import ckan, data_json, offers
from sdg_pipeline.packages.portal.push import Remote, key_of_environment
from sdg_pipeline.publish.citation import AUTHOR
from sdg_pipeline.release import events
from sdg_pipeline.release.manifest import read_manifest, state
from sdg_pipeline.run.lock import turn
from sdg_pipeline.settings import Settings, address
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.catalog import Catalog

portal_app = typer.Typer(help="Ask open data portals, and put the release on one.", no_args_is_help=True)

To = Annotated[str | None, typer.Option("--to", help="Address of the portal, in place of that of its spec.")]
Files = Annotated[str | None, typer.Option("--files", help="Where the release is served; by SDG_SITE_URL if none.")]
ReleaseName = Annotated[str, typer.Option("--release", help="Name of the release.")]
LONGEST_LINE = 2000
Which = Annotated[str | None, typer.Option("--portal", help="Id of the portal; needed where specs know several.")]


@portal_app.command("list")
def list_datasets() -> None:
    """Say what portals answered last about the datasets of sources and commitments; nobody is asked."""
    settings = Settings.from_environment()
    catalog = catalogs.load(settings.specs).sound()
    for row in portal.rows_of(catalog, portal.records(asked.files(Layout(settings.home)))):
        reason = f" ({row['reason']})" if row["reason"] else ""
        line(f"{row['verdict']}{reason}: {row['about']}, {row['portal']} {row['dataset']}, asked {_or_never(row)}")
        if row.get("answered_on"):
            changed = row["modified_on"] or "an unknown day"
            line(
                f"    {row['title']}, {row['organization']}: {row['files']} files ({row['formats']}), changed {changed}"
            )


@portal_app.command()
def search(
    words: Annotated[str, typer.Argument(help="What to look for.")],
    which: Which = None,
    to: To = None,
) -> None:
    """Look for datasets of a portal, whose names sources and commitments may then name (on_portal)."""
    settings = Settings.from_environment()
    reader = _reader(settings, catalogs.load(settings.specs).sound(), which, to)
    with turn(Layout(settings.home)):
        answer = reader.search(words)
    if answer.result is None:
        line(f"unknown ({answer.reason}): {answer.detail}")
        raise typer.Exit(1)
    for dataset in answer.result["results"]:
        changed = plain(dataset.get("metadata_modified"), 10)
        line(
            f"{plain(dataset.get('name'), 100)}: {plain(dataset.get('title'))}, changed {changed or 'on no known day'}"
        )
    line(f"{len(answer.result['results'])} shown; the portal has {plain(str(answer.result.get('count')), 20)}")


@portal_app.command()
def read(which: Which = None, to: To = None) -> None:
    """Ask a portal for the datasets that sources and commitments name, and keep what it answers.

    A run asks nobody, and reads what is kept here.
    """
    settings = Settings.from_environment()
    catalog, layout = catalogs.load(settings.specs).sound(), Layout(settings.home)
    id_ = _portal(catalog, which)
    reader = _reader(settings, catalog, id_, to)
    datasets = dict.fromkeys(name.on_portal.dataset for name in asked.named(catalog) if name.on_portal.portal == id_)
    for dataset in datasets:
        with turn(layout):
            record = asked.keep(layout, id_, dataset, reader, clock.now().isoformat(timespec="seconds"))
        good = f"; the last good answer is of {record.answered_at[:10]}" if record.answered_at else ""
        line(f"{dataset}: unknown ({record.reason}): {record.detail}{good}" if record.reason else f"{dataset}: listed")
    line(f"{len(datasets)} datasets of {id_}; the next `sdg run` takes them in")


@portal_app.command()
def push(
    to: Annotated[str | None, typer.Option("--to", help="Address of the portal.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done; needs no key.")] = False,
    files: Files = None,
    organization: Annotated[str | None, typer.Option(help="Name of the portal's organization of new datasets.")] = None,
    release: ReleaseName = "latest",
) -> None:
    """Put a release on a portal of CKAN: create datasets, update what differs, delete nothing.

    The key is that of SDG_CKAN_KEY. Exit code 1: a dataset is somebody else's, or the portal refused it.
    """
    if to is None and not dry_run:
        raise UsageError("no portal is named; remedy: --to URL, or --dry-run")
    settings = Settings.from_environment()
    sealed = _release(settings, release)
    base = _base(settings, files, sealed, needed=to is not None)
    vocabulary = sealed.catalog.vocabularies.get("vocabulary")
    wanted = [ckan.package(offer, base, vocabulary) for offer in offers.offers(sealed)]
    if to is None:
        actions, remote = [ckan.action(dataset, None) for dataset in wanted], None
    else:
        portal_address = address("--to", to)
        remote = Remote(portal_address, None if dry_run else key_of_environment(portal_address))
        actions = list(remote.plan(wanted))
    refused = [f"{a.name}: is somebody else's, and stays as it is" for a in actions if a.kind == "foreign"]
    for text in ckan.lines(actions):
        line(plain(text, LONGEST_LINE))
    if remote is not None and not dry_run:
        results = ((a.name, remote.perform(a, organization)) for a in actions)
        refused += [f"{name}: {detail}" for name, detail in results if detail]
    counts = Counter(a.kind for a in actions)
    done = "would be" if dry_run else "were"
    line(f"{len(actions)} datasets: {', '.join(f'{n} {kind}' for kind, n in counts.items())}; none {done} deleted")
    for text in refused:
        line(f"REFUSED {text}")
    if refused:
        raise typer.Exit(1)


@portal_app.command("data-json")
def write_data_json(
    file: Annotated[Path, typer.Argument(help="File to write: data.json.")],
    files: Files = None,
    publisher: Annotated[str, typer.Option(help="Institution that publishes.")] = AUTHOR,
    mbox: Annotated[str | None, typer.Option(help="Its address for mail; none if it is not named.")] = None,
    release: ReleaseName = "latest",
) -> None:
    """Write the federal data.json of a release, as datos.gob.mx and ADELA take it."""
    from sdg_pipeline import duck

    settings = Settings.from_environment()
    layout, sealed = Layout(settings.home), _release(settings, release)
    published = events.last(events.counted(layout, sealed.folder.resolve().name), "published")
    layout.scratch.mkdir(parents=True, exist_ok=True)
    years = data_json.years_of(duck.connect(settings, layout.scratch), sealed.folder)
    day = published.when[:10] if published else None
    base = _base(settings, files, sealed, needed=True)
    who = data_json.Publisher(day, base, settings.site_url, publisher, mbox)
    datasets = offers.offers(sealed)
    write_text(file, data_json.text(datasets, years, who))
    line(f"{len(datasets)} datasets: {file}")


def _release(settings: Settings, name: str) -> offers.Release:
    layout = Layout(settings.home)
    folder = release_folder(layout, name)
    manifest = read_manifest(folder)
    if state(layout, manifest) != "published":
        raise UsageError(f"{name} is not published; remedy: `sdg release publish` first")
    return offers.Release.read(folder, manifest.facts["coverage_notes"], manifest.version)


def _base(settings: Settings, files: str | None, sealed: offers.Release, *, needed: bool) -> str:
    """Where the files of the release are served, with a closing slash; empty where nobody needs to know."""
    if files:
        return address("--files", files)
    if settings.site_url:
        return urljoin(settings.site_url, f"../published/{sealed.folder.name}/")
    if needed:
        remedy = "name the address with --files, or set SDG_SITE_URL"
        raise UsageError(f"it is not known where the files of the release are served; remedy: {remedy}")
    return ""


def _portal(catalog: Catalog, which: str | None) -> str:
    if which is None and len(catalog.portals) == 1:
        return next(iter(catalog.portals))
    if which not in catalog.portals:
        raise UsageError(f"--portal {which!r} is no portal; remedy: name one of {', '.join(catalog.portals) or 'none'}")
    return which


def _reader(settings: Settings, catalog: Catalog, which: str | None, to: str | None) -> Reader:
    """A reader of a portal; what its operator permits holds for its own address alone."""
    spec = catalog.portals[_portal(catalog, which)]
    scratch, permitted = Layout(settings.home).scratch, spec.permission is not None and to is None
    return Reader(address("--to", to or spec.address.url), scratch, spec.interval_seconds, permitted)


def _or_never(row: Mapping[str, Any]) -> str:
    return str(row.get("asked_on") or "never")
