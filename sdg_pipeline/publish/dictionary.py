"""Writes the data dictionary: every column, code and indicator, and files in other standards.

It is CSV for machines and Markdown for people. It derives all rows from ``specs.fields``, the code lists, the
indicator specs and what is listed, and adds nothing.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sdg_pipeline.publish import describe, parquet
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.publish.listing import Listed
from sdg_pipeline.publish.parquet import Companion
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.indicator import Indicator

CSV_NAME = "dictionary.csv"
MARKDOWN_NAME = "dictionary.md"

COLUMNS: dict[str, str] = {
    "kind": "column, code, indicator or file",
    "id": "Name of the column, code, indicator id, or path of the file",
    "part_of": "observation or a file for columns, the code list, the goal for indicators, the folder for files",
    "title_en": "Title or meaning in English",
    "title_es": "Title or meaning in Spanish",
    "definition_en": "Definition in English (indicators)",
    "definition_es": "Definition in Spanish (indicators)",
    "type": "text, number or integer (columns); media type (files)",
    "required": "yes where a cell is never empty (columns)",
    "concept": "SDMX concept (columns)",
    "series": "Series of the UN, or a code of the project (indicators)",
    "sdg_indicator": "UN code, or the target for national indicators",
    "relation": "global, proxy or national (indicators)",
    "universe": "Whom the totals are of, by dimension; empty: everybody (indicators)",
    "formula": "The method in one line",
    "unit": "Unit, code list units",
    "direction": "up, down, parity or context: which way is better",
    "target": "Numeric target and its year",
    "target_cite": "The document that set the target",
    "assumptions_en": "What the method takes for granted, in English",
    "assumptions_es": "What the method takes for granted, in Spanish",
    "source": "Source ids; for codes the standard that the list follows",
    "spec_hash": "Hash of the definition (indicators)",
}
"""Columns of ``dictionary.csv`` and what they hold."""


def write(contents: Contents, folder: Path, packages: Sequence[Listed] = ()) -> None:
    """Write ``dictionary.csv`` and ``dictionary.md``; ``packages`` are the files in other standards."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in (*rows(contents, parquet.companions(folder)), *_files(packages)):
        writer.writerow({key: describe.safe_cell(value) for key, value in row.items()})
    mark = codecs.BOM_UTF8 if contents.csv_bom else b""
    (folder / CSV_NAME).write_bytes(mark + text.getvalue().encode())
    text_of_all = markdown(contents, parquet.companions(folder)) + _file_table(packages)
    (folder / MARKDOWN_NAME).write_text(text_of_all, encoding="utf-8")


def rows(contents: Contents, companions: Iterable[Companion] = ()) -> Iterator[dict[str, str]]:
    """One row per column, code and indicator; keys are of ``COLUMNS``, absent means empty."""
    yield from _columns("observation", fields.OBSERVATION)
    for companion in companions:
        yield from _columns(companion.file, companion.columns)
    for _, codelist in sorted(contents.catalog.codelists.items()):
        for code, meaning in codelist.codes.items():
            yield {
                "kind": "code",
                "id": code,
                "part_of": codelist.id,
                "title_en": meaning.en,
                "title_es": meaning.es,
                "source": codelist.source + (", national extension" if meaning.extension else ""),
            }
    for indicator in contents.indicators:
        yield _indicator_row(indicator, contents)


def _files(packages: Iterable[Listed]) -> Iterator[dict[str, str]]:
    for listed in packages:
        yield {
            "kind": "file",
            "id": listed.path,
            "part_of": listed.path.partition("/")[0],
            "title_en": listed.en,
            "title_es": listed.es,
            "type": listed.media,
        }


def _file_table(packages: Sequence[Listed]) -> str:
    """The files in other standards as a section; empty where there are none."""
    if not packages:
        return ""
    rows_of_all = [table_row(f"`{p.path}`", p.media, p.en, p.es) for p in packages]
    head = ["", "## Files in other standards · Archivos en otros estándares", ""]
    return "\n".join([*head, "| file | type | meaning | significado |", "|---|---|---|---|", *rows_of_all]) + "\n"


def _columns(table: str, columns: Iterable[fields.Field]) -> Iterator[dict[str, str]]:
    for field in columns:
        yield {
            "kind": "column",
            "id": field.name,
            "part_of": table,
            "title_en": field.en,
            "title_es": field.es,
            "type": field.kind,
            "required": "yes" if field.required else "no",
            "concept": field.concept or "",
        }


def _indicator_row(indicator: Indicator, contents: Contents) -> dict[str, str]:
    return {
        "kind": "indicator",
        "id": indicator.id,
        "part_of": f"goal {indicator.goal}",
        "title_en": indicator.title.en,
        "title_es": indicator.title.es,
        "definition_en": indicator.description.en,
        "definition_es": indicator.description.es,
        "series": indicator.series,
        "sdg_indicator": indicator.sdg_indicator,
        "relation": indicator.sdg.relation,
        "universe": describe.universe(indicator),
        "formula": describe.formula(indicator, contents.catalog),
        "unit": indicator.unit,
        "direction": indicator.direction,
        "target": describe.target(indicator),
        "target_cite": indicator.target.cite if indicator.target else "",
        "assumptions_en": describe.assumptions(indicator, "en"),
        "assumptions_es": describe.assumptions(indicator, "es"),
        "source": ", ".join(describe.sources_of(indicator, contents.catalog)),
        "spec_hash": contents.catalog.spec_hash(indicator),
    }


def markdown(contents: Contents, companions: Iterable[Companion] = ()) -> str:
    """The dictionary to read, in both languages."""
    lines = ["# Data dictionary · Diccionario de datos", ""]
    lines += ["## Columns · Columnas", "", *_column_table(fields.OBSERVATION, fields.KEY)]
    for companion in companions:
        lines += ["", f"### `{companion.file}`: {companion.en} · {companion.es}", ""]
        if companion.columns is fields.OBSERVATION:
            lines.append("The columns above · Las columnas anteriores.")
        else:
            lines += _column_table(companion.columns, companion.key)
    lines += ["", "## Codes · Códigos"]
    for _, codelist in sorted(contents.catalog.codelists.items()):
        lines += ["", f"### `{codelist.id}` {codelist.title.en} · {codelist.title.es}", ""]
        lines += [f"{codelist.source}", "", "| code | meaning | significado |", "|---|---|---|"]
        for code, meaning in codelist.codes.items():
            extension = " (national extension · extensión nacional)" if meaning.extension else ""
            lines.append(table_row(f"`{code}`{extension}", meaning.en, meaning.es))
    lines += ["", "## Indicators · Indicadores"]
    for indicator in contents.indicators:
        lines += ["", *_indicator_section(indicator, contents)]
    return "\n".join(lines) + "\n"


def _column_table(columns: Iterable[fields.Field], key: Iterable[str]) -> list[str]:
    lines = ["| column | type | never empty | SDMX | meaning | significado |", "|---|---|---|---|---|---|"]
    for field in columns:
        required = "yes" if field.required else ""
        lines.append(table_row(f"`{field.name}`", field.kind, required, field.concept or "", field.en, field.es))
    named = ", ".join(f"`{k}`" for k in key)
    return [*lines, "", f"Key of a row · Llave de cada fila: {named}."] if named else lines


def _indicator_section(indicator: Indicator, contents: Contents) -> list[str]:
    catalog = contents.catalog
    direction = describe.DIRECTIONS[indicator.direction]
    units = " · ".join(describe.unit(indicator, catalog, language) for language in describe.LANGUAGES)
    table = describe.table_of(indicator, catalog)
    lines = [
        f"### `{indicator.id}` — {indicator.sdg_indicator} ({indicator.sdg.relation})",
        "",
        f"**{indicator.title.en}** · **{indicator.title.es}**",
        "",
        indicator.description.en,
        "",
        indicator.description.es,
        "",
        f"- Formula · Fórmula: `{describe.formula(indicator, catalog)}` (table · tabla `{table.id}`)",
        f"- Unit · Unidad: {units}",
        f"- Direction · Dirección: {direction['en']} · {direction['es']}",
        f"- Series · Serie: `{indicator.series}`",
    ]
    if indicator.universe:
        lines.append(f"- Universe · Universo: {describe.universe(indicator)}")
    if indicator.target:
        lines.append(f"- Target · Meta: {describe.target(indicator)} ({indicator.target.cite})")
    for source in describe.sources_of(indicator, catalog):
        citation = catalog.sources[source].citation
        lines.append(f"- Source · Fuente: `{source}`, {citation.en} · {citation.es}")
    for assumption in indicator.assumptions:
        lines.append(f"- Assumption · Supuesto ({assumption.impact}): {assumption.text.en} · {assumption.text.es}")
    return lines


def table_row(*cells: str) -> str:
    """A row of a Markdown table; pipes and line ends inside cells do not break it."""
    return "| " + " | ".join(" ".join(c.split()).replace("|", "\\|") for c in cells) + " |"
