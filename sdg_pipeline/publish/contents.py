"""Defines ``Contents``, the content of a release, which every writer takes.

What belongs here: the value and plain questions to it. What does not: reading or writing files.
It is in ``publish`` because the writers need it and may not import ``release``. It imports nothing heavy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.source import Source


@dataclass(frozen=True)
class Contents:
    """Everything that goes into one release.

    ``release`` is its name; empty where it is to be named after its contents. ``indicator_files`` maps indicator ids to
    Parquet files with the columns of ``specs.fields.OBSERVATION``. ``coverage_notes`` say in plain words what the run
    did not cover; without any, it covered the whole country. ``vintage_files`` hold indicators as of each cut of their
    series, ``revision_files`` what each cut changed. ``difference_files`` hold the differences between estimates of
    surveys, ``model_files`` the models of small areas. ``deviation_file`` lists what deviates from the coherence rules.
    ``version`` is semantic and follows from the comparison with the published release ``compared_with``.
    ``open_government_files`` are tables of commitments, gaps and peers.
    ``profile_files`` describe each column of the staged tables. ``code`` is the sha256 of the source text that computed
    it. ``csv_bom`` puts a byte order mark before every CSV, without which Excel misreads accents.
    """

    release: str
    catalog: Catalog
    indicator_files: dict[str, Path]
    checks: tuple[CheckResult, ...]
    raw_files: tuple[RawFile, ...]
    coverage_notes: tuple[str, ...]
    csv_bom: bool
    version: str = "1.0.0"
    compared_with: str | None = None
    code: str = ""
    vintage_files: tuple[Path, ...] = ()
    difference_files: tuple[Path, ...] = ()
    model_files: tuple[Path, ...] = ()
    revision_files: tuple[Path, ...] = ()
    deviation_file: Path | None = None
    profile_files: tuple[Path, ...] = ()
    open_government_files: tuple[Path, ...] = ()

    @property
    def partial(self) -> bool:
        return bool(self.coverage_notes)

    @property
    def indicators(self) -> list[Indicator]:
        """The indicators of the release, by goal and id."""
        specs = [self.catalog.indicators[i] for i in self.indicator_files]
        return sorted(specs, key=lambda i: (i.goal, i.id))

    @property
    def sources(self) -> list[RawFile]:
        """The bytes that were used, by source and edition."""
        return sorted(set(self.raw_files), key=lambda r: (r.source, r.edition, r.sha256))

    @property
    def used_sources(self) -> list[Source]:
        """The sources whose bytes were used, once each, by id."""
        return [self.catalog.sources[name] for name in dict.fromkeys(raw.source for raw in self.sources)]
