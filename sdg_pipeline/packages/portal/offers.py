"""A sealed release as datasets of a portal: one a goal, one of all values, one of open government.

An editor files by subject, and people look for one. One dataset an indicator would fill the portal with hundreds of
pages that differ by a line. One dataset of everything would have a thousand files. A dataset names neither release nor
version, but for that of all values: what did not change stays as it is. What belongs here: which files are together,
and what is said of them. What does not: the form that a portal wants (ckan, data_json).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sdg_pipeline.open_government.tables import TABLES
from sdg_pipeline.publish import checksums, csv, datapackage, describe, dictionary, parquet
from sdg_pipeline.publish.citation import NAME as CITATION
from sdg_pipeline.publish.definitions import FOLDER as SPECS
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs.base import Bilingual
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.source import Source

PREFIX = "ods-mexico"
GOALS = "goals"
MEDIA = {
    ".csv": "text/csv",
    ".zip": "application/zip",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".ttl": "text/turtle",
    ".md": "text/markdown",
    ".cff": "application/yaml",
}
FORMATS = {".md": "Markdown", ".cff": "YAML"}
ALL = Bilingual(en="SDG indicators for Mexico: all values", es="Indicadores ODS de México: todos los valores")
WHAT = Bilingual(
    en="UN Sustainable Development Goal indicators computed from Mexico's open government data, by nation, state and "
    "municipality. Every value names its source and its definition.",
    es="Indicadores de los Objetivos de Desarrollo Sostenible de la ONU calculados con datos abiertos de México, por "
    "país, entidad federativa y municipio. Cada valor nombra su fuente y su definición.",
)
OPEN = Bilingual(en="Open government and the SDGs in Mexico", es="Gobierno abierto y los ODS en México")
WHAT_OPEN = Bilingual(
    en="What institutions promised, which figures are missing, and how open the sources of the indicators are.",
    es="Qué prometieron las instituciones, qué cifras faltan y qué tan abiertas son las fuentes de los indicadores.",
)
WHOLE = (
    (parquet.OBSERVATIONS, Bilingual(en="All values, one row each", es="Todos los valores, uno por fila")),
    (dictionary.CSV_NAME, Bilingual(en="Data dictionary: columns, codes and indicators", es="Diccionario de datos")),
    (datapackage.NAME, Bilingual(en="Data Package (Frictionless)", es="Data Package (Frictionless)")),
    ("catalog.ttl", Bilingual(en="Catalogue, DCAT-AP 3", es="Catálogo, DCAT-AP 3")),
    ("README.md", Bilingual(en="What is in the release", es="Qué contiene la publicación")),
    (CITATION, Bilingual(en="How to cite", es="Cómo citar")),
)


@dataclass(frozen=True)
class OfferedFile:
    """A file of the release: ``path`` in it, bytes and sha256 as sealed, and the sources behind it."""

    path: str
    title: Bilingual
    bytes: int
    sha256: str
    sources: tuple[Source, ...]

    @property
    def media(self) -> str:
        return MEDIA[Path(self.path).suffix]

    @property
    def format(self) -> str:
        suffix = Path(self.path).suffix
        return FORMATS.get(suffix, suffix.removeprefix(".").upper())


@dataclass(frozen=True)
class Offer:
    """A dataset of a portal; ``goal`` is 0 where it is of none."""

    name: str
    title: Bilingual
    description: Bilingual
    keywords: tuple[str, ...]
    goal: int
    files: tuple[OfferedFile, ...]
    indicators: tuple[Indicator, ...] = ()
    version: str = ""

    @property
    def sources(self) -> list[Source]:
        """The sources of its files, once each, by id."""
        by_id = {source.id: source for file in self.files for source in file.sources}
        return [by_id[name] for name in sorted(by_id)]


@dataclass(frozen=True)
class Release:
    """A sealed release: its folder, its own specs, what it says that it does not cover, and its version."""

    folder: Path
    catalog: Catalog
    notes: tuple[str, ...]
    version: str

    @classmethod
    def read(cls, folder: Path, notes: Iterable[str], version: str) -> Release:
        return cls(folder, catalogs.load(folder / SPECS), tuple(notes), version)

    @property
    def indicators(self) -> list[Indicator]:
        """The indicators that it has values of, by goal and id."""
        sealed = [i for i in self.catalog.indicators.values() if (self.folder / csv_of(i)).is_file()]
        return sorted(sealed, key=lambda i: (i.goal, i.id))

    def sources_of(self, indicators: Iterable[Indicator]) -> tuple[Source, ...]:
        names = {name for i in indicators for name in describe.sources_of(i, self.catalog)}
        return tuple(self.catalog.sources[name] for name in sorted(names))


def csv_of(indicator: Indicator) -> str:
    return f"{csv.FOLDER}/{indicator.id}.csv"


def offers(release: Release) -> list[Offer]:
    """The datasets of a release, always in the same order."""
    sums, indicators = checksums.read(release.folder), release.indicators
    everything = release.sources_of(indicators)
    whole = Offer(
        PREFIX,
        ALL,
        _described(WHAT, release),
        _keywords(),
        0,
        tuple(_files(WHOLE, everything, sums, release)),
        tuple(indicators),
        f"{release.version} ({release.folder.resolve().name})",
    )
    by_goal = [_of_goal(goal, sums, release) for goal in sorted({i.goal for i in indicators})]
    named = tuple((table.file, Bilingual(en=_sentence(table.en), es=_sentence(table.es))) for table in TABLES)
    files = tuple(_files(named, (), sums, release))
    opened = Offer(f"{PREFIX}-gobierno-abierto", OPEN, WHAT_OPEN, _keywords("Gobierno abierto"), 0, files)
    return [offer for offer in (whole, *by_goal, opened) if offer.files]


def _of_goal(goal: int, sums: dict[str, str], release: Release) -> Offer:
    indicators = tuple(i for i in release.indicators if i.goal == goal)
    names = {language: describe.GOALS[goal][language] for language in describe.LANGUAGES}
    title = Bilingual(
        en=f"SDG {goal} in Mexico: {names['en']}",
        es=f"ODS {goal} en México: {names['es']}",
    )
    files: list[OfferedFile] = []
    packed = ((f"{GOALS}/goal_{goal:02d}.zip", Bilingual(en="All indicators of the goal", es="Todos los indicadores")),)
    files += _files(packed, release.sources_of(indicators), sums, release)
    for indicator in indicators:
        files += _files(((csv_of(indicator), indicator.title),), release.sources_of([indicator]), sums, release)
    keywords = _keywords(f"ODS {goal}", names["es"])
    return Offer(
        f"{PREFIX}-objetivo-{goal:02d}", title, _described(WHAT, release), keywords, goal, tuple(files), indicators
    )


def _files(
    named: Sequence[tuple[str, Bilingual]], sources: tuple[Source, ...], sums: dict[str, str], release: Release
) -> Iterator[OfferedFile]:
    for path, title in named:
        if path in sums:
            yield OfferedFile(path, title, (release.folder / path).stat().st_size, sums[path], sources)


def _described(text: Bilingual, release: Release) -> Bilingual:
    if not release.notes:
        return text
    said = " ".join(release.notes)
    return Bilingual(en=f"PARTIAL: {said} {text.en}", es=f"PARCIAL: {said} {text.es}")


def _keywords(*more: str) -> tuple[str, ...]:
    return ("Objetivos de Desarrollo Sostenible", *more)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
