"""Writes README.md of a release, for partners, in English and in Spanish.

What belongs here: the words around the data, coverage first where the run is partial, and the national
headline values. What does not: the definition of every column and code, which is the dictionary.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.estimate import universe
from sdg_pipeline.ingest.geography import NATION
from sdg_pipeline.publish import (
    checks_page,
    checksums,
    citation,
    corrections,
    csv,
    datapackage,
    definitions,
    describe,
    dictionary,
    lacking,
    lineage,
    locks,
    newest,
    parquet,
    wide,
)
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.publish.describe import Language
from sdg_pipeline.publish.listing import Listed
from sdg_pipeline.specs.indicator import Indicator

if TYPE_CHECKING:
    import duckdb

NAME = "README.md"
NO_VALUE = "–"
PARTIAL_MARK = "\\*"
LEVELS = ("national", "state", "harmonised", "municipality")


@dataclass(frozen=True)
class Headline:
    """The newest national total of an indicator; ``partial`` where it does not cover the country.

    Without a national value, ``levels`` are those that have values, and ``reason`` says why the nation has none.
    """

    period: str
    value: float | None
    partial: bool
    levels: tuple[str, ...] = ()
    reason: str | None = None


WORDS: dict[str, dict[Language, str]] = {
    "title": {"en": "SDG indicators for Mexico", "es": "Indicadores ODS de México"},
    "partial": {
        "en": "**This release is partial: it does not cover the whole country.**",
        "es": "**Esta entrega es parcial: no cubre todo el país.**",
    },
    "version": {"en": "Version", "es": "Versión"},
    "since": {"en": "changes since", "es": "cambios desde"},
    "what": {
        "en": "UN Sustainable Development Goal indicators by nation, state and municipality, computed "
        "from Mexico's open government data. Every value names the source file it came from (by its "
        "sha256) and the definition behind it.",
        "es": "Indicadores de los Objetivos de Desarrollo Sostenible de la ONU por nación, estado y "
        "municipio, calculados con datos abiertos gubernamentales de México. Cada valor indica el archivo "
        "de origen (por su sha256) y la definición que lo sustenta.",
    },
    "files": {"en": "Files", "es": "Archivos"},
    "open": {"en": "How to open them", "es": "Cómo abrirlos"},
    "cite": {"en": "How to cite", "es": "Cómo citar"},
    "indicators": {"en": "Indicators and national values", "es": "Indicadores y valores nacionales"},
    "goal": {"en": "Goal", "es": "Objetivo"},
    "columns": {
        "en": "series | indicator | id | year | Mexico | unit",
        "es": "serie | indicador | clave | año | México | unidad",
    },
    "mark": {
        "en": f"{PARTIAL_MARK} computed from the part of the country that the run covers.",
        "es": f"{PARTIAL_MARK} calculado con la parte del país que cubre la corrida.",
    },
    "none": {
        "en": f"{NO_VALUE} no national value in this release.",
        "es": f"{NO_VALUE} sin valor nacional en esta entrega.",
    },
    "and": {"en": "and", "es": "y"},
    "only": {"en": "only", "es": "sólo"},
    "state": {"en": "states", "es": "estados"},
    "harmonised": {"en": "harmonised units", "es": "unidades armonizadas"},
    "municipality": {"en": "municipalities", "es": "municipios"},
    "national": {"en": "groups of the nation", "es": "grupos de la nación"},
    "checks": {"en": "Checks", "es": "Validaciones"},
    "sources": {"en": "Sources and licences", "es": "Fuentes y licencias"},
    "licence": {"en": "licence", "es": "licencia"},
}

FILES: dict[str, dict[Language, str]] = {
    parquet.OBSERVATIONS: {"en": "all values, one row each", "es": "todos los valores, uno por fila"},
    f"{parquet.FOLDER}/<id>.parquet": {
        "en": "the same, one file per indicator",
        "es": "lo mismo, un archivo por indicador",
    },
    f"{csv.FOLDER}/<id>.csv": {"en": "the same as CSV", "es": "lo mismo en CSV"},
    f"{wide.FOLDER}/<id>.csv": {
        "en": f"totals to read in a spreadsheet, areas by years; titles, units and sources in `{wide.INDEX}`",
        "es": f"totales para una hoja de cálculo, áreas por años; títulos, unidades y fuentes en `{wide.INDEX}`",
    },
    f"{dictionary.CSV_NAME}`, `{dictionary.MARKDOWN_NAME}": {
        "en": "every column, code and indicator: formula, unit, target, assumptions",
        "es": "cada columna, código e indicador: fórmula, unidad, meta, supuestos",
    },
    f"{datapackage.NAME}`, `{datapackage.SCHEMA}": {
        "en": "Data Package v2 (Frictionless) and the schema of its tables",
        "es": "Data Package v2 (Frictionless) y el esquema de sus tablas",
    },
    "checks.json": {"en": "every check and what it saw", "es": "cada validación y lo que observó"},
    checks_page.NAME: {"en": "the same as a page, with reasons", "es": "lo mismo como página, con sus razones"},
    corrections.NAME: {
        "en": "known errors of the sources, and what was taken instead",
        "es": "errores conocidos de las fuentes y lo que se tomó en su lugar",
    },
    "release.json": {
        "en": "sources with hashes, definitions, versions",
        "es": "fuentes con hashes, definiciones, versiones",
    },
    "changes.md`, `changes.csv": {
        "en": "values revised, removed or reclassified since the release before, and why",
        "es": "valores revisados, retirados o reclasificados desde la entrega anterior, y por qué",
    },
    f"{definitions.FOLDER}/`, `{locks.NAME}": {
        "en": "all specs, and the exact source files: what a rebuild needs",
        "es": "todas las especificaciones y los archivos de origen exactos: lo necesario para recalcular",
    },
    f"{lineage.NAME}`, `{citation.NAME}": {
        "en": "lineage from raw file to release (PROV-JSON), and how to cite",
        "es": "linaje del archivo de origen a la entrega (PROV-JSON), y cómo citar",
    },
    checksums.NAME: {
        "en": "`sha256sum -c SHA256SUMS` verifies the copy",
        "es": "`sha256sum -c SHA256SUMS` verifica la copia",
    },
}


def write(contents: Contents, folder: Path, con: duckdb.DuckDBPyConnection, packages: Sequence[Listed] = ()) -> None:
    """Write ``README.md``; reads the headline values from ``observations.parquet`` in ``folder``."""
    values = headlines(contents.indicators, folder / parquet.OBSERVATIONS, con)
    files = FILES | {c.file: {"en": c.en, "es": c.es} for c in parquet.companions(folder)}
    files |= {p.path: {"en": p.en, "es": p.es} for p in packages}
    halves = (_half(contents, values, files, language) for language in describe.LANGUAGES)
    (folder / NAME).write_text("\n---\n\n".join(halves), encoding="utf-8")


def headlines(
    indicators: Iterable[Indicator], observations: Path, con: duckdb.DuckDBPyConnection
) -> dict[str, Headline]:
    """The newest national value by indicator that is no forecast; without one, the levels that have values.

    Indicators without any value are absent.
    """
    con.execute(f"CREATE OR REPLACE TEMP VIEW observation AS FROM read_parquet({duck.text(observations)})")
    newest.offer(con, indicators)
    rows = con.execute(
        "SELECT indicator, time_period, obs_value, coverage = 'partial' FROM observation "
        f"JOIN newest_period USING (geo_level, time_period, {', '.join(universe.TOTAL_KEY)}) "
        f"WHERE ref_area = {duck.text(NATION)} ORDER BY indicator"
    ).fetchall()
    national = {str(row[0]): Headline(str(row[1]), row[2], bool(row[3])) for row in rows}
    levels = con.execute(
        "SELECT indicator, list(DISTINCT geo_level) FROM observation WHERE obs_value IS NOT NULL GROUP BY indicator"
    ).fetchall()
    reasons = con.execute(
        "SELECT indicator, max_by(obs_reason, time_period) FROM observation "
        f"SEMI JOIN total_key USING ({', '.join(universe.TOTAL_KEY)}) "
        f"WHERE ref_area = {duck.text(NATION)} AND obs_value IS NULL GROUP BY indicator"
    ).fetchall()
    others = {name: tuple(level for level in LEVELS if level in there) for name, there in levels}
    return {n: Headline("", None, False, there, dict(reasons).get(n)) for n, there in others.items()} | national


def _half(
    contents: Contents, values: dict[str, Headline], files: dict[str, dict[Language, str]], language: Language
) -> str:
    def word(key: str) -> str:
        return WORDS[key][language]

    parts = [f"# {word('title')} · {contents.release}"]
    if contents.partial:
        parts.append("\n".join(["> " + word("partial"), *(f"> - {note}" for note in contents.coverage_notes)]))
    since = f" ({word('since')} `{contents.compared_with}`: `changes.md`)" if contents.compared_with else ""
    parts.append(f"{word('version')} {contents.version}{since}")
    parts += [word("what"), f"## {word('files')}"]
    parts.append("\n".join(f"- `{name}`: {text[language]}" for name, text in files.items()))
    parts += [f"## {word('open')}", _how_to_open(contents, language)]
    parts += [f"## {word('indicators')}", *_indicators(contents, values, language)]
    parts += [f"## {word('checks')}", _checks(contents, language), f"## {word('cite')}", _citation(contents, language)]
    parts += [f"## {word('sources')}", _sources(contents, language)]
    return "\n\n".join(parts) + "\n"


def _how_to_open(contents: Contents, language: Language) -> str:
    example = contents.indicators[0].id
    texts = "dtype={'time_period': str, 'source_edition': str, 'spec_hash': str}"
    excel = {
        "en": "**Excel**: open the CSV with Data → From Text/CSV, origin UTF-8, and set `spec_hash` and "
        "`source_sha256` to text. A leading apostrophe marks text that would otherwise run as a formula.",
        "es": "**Excel**: abra el CSV con Datos → Desde texto/CSV, origen UTF-8, con `spec_hash` y "
        "`source_sha256` como texto. Un apóstrofo inicial marca un texto que si no "
        "se ejecutaría como fórmula.",
    }
    code = [
        "# Python, pandas",
        "pandas.read_parquet('observations.parquet')",
        f"pandas.read_csv('{csv.FOLDER}/{example}.csv', encoding='{csv.encoding(contents)}', {texts})",
        "# R",
        "arrow::read_parquet('observations.parquet')",
        "# DuckDB",
        f"SELECT * FROM 'observations.parquet' WHERE indicator = '{example}' AND geo_level = 'state';",
    ]
    return "\n".join(["```", *code, "```"]) + "\n\n" + excel[language]


def _indicators(contents: Contents, values: dict[str, Headline], language: Language) -> list[str]:
    by_goal: dict[int, list[Indicator]] = {}
    for indicator in contents.indicators:
        by_goal.setdefault(indicator.goal, []).append(indicator)
    parts = []
    for goal, indicators in by_goal.items():
        parts.append(f"### {WORDS['goal'][language]} {goal}. {describe.GOALS[goal][language]}")
        rows = [f"| {WORDS['columns'][language]} |", "|---|---|---|---|---:|---|"]
        rows += [_indicator_row(i, values.get(i.id), contents, language) for i in indicators]
        parts.append("\n".join(rows))
    shown = [values.get(i.id) for i in contents.indicators]
    parts += [WORDS["mark"][language]] if any(h is not None and h.partial for h in shown) else []
    parts += [WORDS["none"][language]] if any(h is None or (h.value is None and not h.levels) for h in shown) else []
    return [*parts, *lacking.reasons(contents.indicators, language)]


def _indicator_row(indicator: Indicator, headline: Headline | None, contents: Contents, language: Language) -> str:
    period, shown = NO_VALUE, NO_VALUE
    if headline is not None:
        period, shown = headline.period or NO_VALUE, _in_place_of_a_value(headline, language)
        if headline.value is not None:
            mark = PARTIAL_MARK if headline.partial else ""
            shown = f"{_rounded(headline.value, indicator):,.{indicator.decimals}f}{mark}"
    title = indicator.title.en if language == "en" else indicator.title.es
    unit = describe.unit(indicator, contents.catalog, language)
    return dictionary.table_row(indicator.sdg_indicator, title, f"`{indicator.id}`", period, shown, unit)


def _in_place_of_a_value(headline: Headline, language: Language) -> str:
    """Which levels alone have values, and why the nation has none where its rows say so."""
    if not headline.levels:
        return NO_VALUE
    levels = f" {WORDS['and'][language]} ".join(WORDS[level][language] for level in headline.levels)
    only = WORDS["only"][language]
    shown = f"{only} {levels}" if language == "es" else f"{levels} {only}"
    return f"{shown} (`{headline.reason}`)" if headline.reason else shown


def _rounded(value: float, indicator: Indicator) -> float:
    return round(value, indicator.decimals) + 0.0  # no "-0.0"


def _checks(contents: Contents, language: Language) -> str:
    failed = [check for check in contents.checks if not check.passed]
    total, passed = len(contents.checks), len(contents.checks) - len(failed)
    summary = {
        "en": f"{passed} of {total} checks passed; {len(failed)} gave a warning.",
        "es": f"Se cumplieron {passed} de {total} validaciones; {len(failed)} dieron advertencia.",
    }
    warnings = sorted(f"- `{c.subject}`, {c.check}: {c.observed} ({c.n_failing})" for c in failed)
    return "\n".join([summary[language], *([""] if warnings else []), *warnings])


def _citation(contents: Contents, language: Language) -> str:
    texts = (s.citation.en if language == "en" else s.citation.es for s in contents.used_sources)
    cited = describe.sentence_list(dict.fromkeys(texts))
    based = {"en": "release {0}, computed from: {1}.", "es": "entrega {0}, calculados a partir de: {1}."}
    return f"> {WORDS['title'][language]}, " + based[language].format(contents.release, cited)


def _sources(contents: Contents, language: Language) -> str:
    lines = []
    for raw in contents.sources:
        source = contents.catalog.sources[raw.source]
        title = source.title.en if language == "en" else source.title.es
        licence = f"{WORDS['licence'][language]} [{source.licence.id}]({source.licence.url})"
        lines.append(f"- {title}, {raw.edition} ({source.publisher}): <{raw.url}>, sha256 `{raw.sha256}`, {licence}")
    return "\n".join(lines)
