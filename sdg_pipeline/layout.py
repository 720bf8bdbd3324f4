"""The only place that builds a data path.

What belongs here: names of folders and files. What does not: reading or writing them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sdg_pipeline.errors import UsageError

STEP_FOLDERS = (
    "raw", "staged", "indicators", "vintages", "differences", "models", "revisions", "checks", "contracts",
    "profiles", "state", "locks", "coherence", "history", "open_government", "metrics", "contributions",
)  # fmt: skip
"""Folders below ``data`` that steps write, each file aside first."""


@dataclass(frozen=True)
class Layout:
    """Paths below ``SDG_HOME``: ``data/`` for everything that flows, ``warehouse/`` for the built database."""

    home: Path

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def scratch(self) -> Path:
        """Files being made; whatever lies here when no run is under way may be deleted."""
        return self.data / "scratch"

    @property
    def unpacked(self) -> Path:
        """Files out of their containers, while a table is staged from them."""
        return self.scratch / "unpacked"

    @property
    def figures(self) -> Path:
        """Figures of runs, as Prometheus reads them."""
        return self.data / "metrics" / "sdg.prom"

    @property
    def run_lock(self) -> Path:
        return self.data / ".lock"

    def raw_folder(self, source: str, edition: str) -> Path:
        return _below(self.data / "raw", source, edition)

    def raw(self, source: str, edition: str, sha256: str, suffix: str) -> Path:
        """``data/raw/<source>/<edition>/<first 12 of sha256><suffix>``: bytes as published, never edited."""
        return _below(self.raw_folder(source, edition), f"{sha256[:12]}{suffix}")

    def raw_current(self, source: str, edition: str) -> Path:
        """JSON that names the raw file in use and its provenance."""
        return self.raw_folder(source, edition) / "current.json"

    def lock(self, source: str) -> Path:
        return _below(self.data / "locks", f"{source}.lock.yaml")

    def staged(self, table: str) -> Path:
        return _below(self.data / "staged", f"{table}.parquet")

    def indicator(self, indicator: str) -> Path:
        return _below(self.data / "indicators", f"{indicator}.parquet")

    def vintages(self, indicator: str) -> Path:
        """The indicator as of each cut of its series."""
        return _below(self.data / "vintages", f"{indicator}.parquet")

    def differences(self, indicator: str) -> Path:
        """Differences between the estimates of a survey, with their tests."""
        return _below(self.data / "differences", f"{indicator}.parquet")

    def model(self, indicator: str) -> Path:
        """The figures of a model of small areas."""
        return _below(self.data / "models", f"{indicator}.parquet")

    def revisions(self, table: str) -> Path:
        """What each cut of a series changed of the one before."""
        return _below(self.data / "revisions", f"{table}.parquet")

    def checks(self, indicator: str) -> Path:
        return _below(self.data / "checks", f"{indicator}.json")

    @property
    def deviations(self) -> Path:
        """What deviates from the rules of coherence."""
        return self.data / "coherence" / "deviations.parquet"

    @property
    def coherence_checks(self) -> Path:
        return self.data / "coherence" / "checks.json"

    def open_government(self, file: str) -> Path:
        """A table of open government, or the verdicts on a subject of it."""
        return _below(self.data / "open_government", file)

    def contract(self, table: str) -> Path:
        """Verdicts on a staged table and its files."""
        return _below(self.data / "contracts", f"{table}.json")

    def profile(self, table: str) -> Path:
        """What stands in a staged table, column by column."""
        return _below(self.data / "profiles", f"{table}.parquet")

    def state(self, key: tuple[str, ...]) -> Path:
        return _below(self.data / "state", *key[:-1], f"{key[-1]}.json")

    @property
    def desks(self) -> Path:
        """Folder of what the desk shows of each indicator."""
        return self.data / "desk"

    def desk(self, indicator: str) -> Path:
        """Folder of the charts and the page of an indicator; written when it runs, and may be deleted."""
        return _below(self.desks, indicator)

    @property
    def contributions(self) -> Path:
        """Folders of specs that people propose, one a contribution."""
        return self.home / "contributions"

    def contribution(self, name: str) -> Path:
        return _below(self.contributions, name)

    def quarantine(self, contribution: str) -> Path:
        """Folder of a file of data that somebody contributed, with its receipt, until and after its review."""
        return _below(self.data / "contributions" / "quarantine", contribution)

    def accepted(self, contribution: str) -> Path:
        """Folder of such a file that a person accepted, with its manifest; no part of the raw store."""
        return _below(self.data / "contributions" / "accepted", contribution)

    def portal_records(self, portal: str, dataset: str) -> Path:
        """Folder of what a portal answered about a dataset, a file each time that it was asked."""
        return _below(self.data / "portals", portal, dataset)

    def probe(self, suffix: str) -> Path:
        """What official addresses answered when they were asked last, as CSV or JSON."""
        return self.data / "probe" / f"addresses{suffix}"

    @property
    def history(self) -> Path:
        """Every version of every value, an indicator a file; made from the releases, and may be deleted."""
        return self.data / "history"

    @property
    def published(self) -> Path:
        return self.data / "published"

    def release(self, release: str) -> Path:
        return _below(self.published, release)

    def events(self, release: str) -> Path:
        """Who drafted, reviewed, approved and published a release, and when; beside the folder, which is sealed."""
        return _below(self.published, f"{release}.events.jsonl")

    @property
    def reviews(self) -> Path:
        """Whether releases need a review before they are published, who said so, and when."""
        return self.published / "reviews.jsonl"

    @property
    def latest(self) -> Path:
        """A link to the newest release."""
        return self.published / "latest"

    @property
    def geometry(self) -> Path:
        """The outlines of places, made of official shapes; JSON."""
        return self.data / "geometry" / "outlines.json"

    @property
    def area_geometry(self) -> Path:
        """The same simplified shapes in degrees, as GeoJSON by REF_AREA."""
        return self.geometry.with_name("areas.json")

    @property
    def site(self) -> Path:
        """The pages of the release in force; made of the warehouse, and may be deleted."""
        return self.data / "site"

    def report(self, name: str) -> Path:
        """A report on a place for people who review; made of the warehouse, and may be deleted."""
        return _below(self.data / "reports", name)

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse" / "sdg.duckdb"


def _below(folder: Path, *names: str) -> Path:
    """The path of these names below a folder; UsageError where one of them is a path and not a name.

    Specs, locks and manifests restrict their names; this holds for names from anywhere else, too.
    """
    for name in names:
        if name in ("", ".", "..") or any(character in name for character in "/\\\0"):
            raise UsageError(f"{name!r} is no name below {folder}; remedy: use letters, digits, '.', '_' and '-'")
    return folder.joinpath(*names)
