"""ZIP archives of a release: by goal the CSV of its indicators, by state its CSV and that of all its municipalities.

Each has a README of its own, since it leaves the release. No member has a time, so equal parts are equal bytes. What
belongs here: what is in an archive. What does not: the CSV.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sdg_pipeline.packages.format import Tables
from sdg_pipeline.publish import csv, describe
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.indicator import Indicator

README = "README.md"
TITLES = {
    "goal": ("Goal {0}. {1}: all values of its indicators", "Objetivo {0}. {1}: todos los valores de sus indicadores"),
    "state": (
        "{0}: all indicators, for the state and each of its municipalities",
        "{0}: todos los indicadores, del estado y de cada uno de sus municipios",
    ),
}


def write_goal(goal: int, tables: Tables, folder: Path) -> None:
    """Write the archive of a goal."""
    indicators = [i for i in tables.contents.indicators if i.goal == goal]
    title = _title("goal", str(goal), *(describe.GOALS[goal][language] for language in describe.LANGUAGES))
    members = ((f"{i.id}.csv", (tables.folder / csv.FOLDER / f"{i.id}.csv").read_bytes()) for i in indicators)
    _write(folder / f"goal_{goal:02}.zip", readme(title, indicators, tables.contents), members)


def write_states(inside: Iterable[tuple[str, str]], names: Mapping[str, str], tables: Tables) -> None:
    """Write an archive for each state; ``inside`` is the CSV of its municipalities, ``names`` are those of states."""
    folder = tables.folder / "areas"
    for state, text in inside:
        title = _title("state", names[state], "", "")
        files = [(f"{state}_municipalities.csv", text.encode(csv.encoding(tables.contents)))]
        if (folder / f"{state}.csv").exists():
            files.insert(0, (f"{state}.csv", (folder / f"{state}.csv").read_bytes()))
        _write(folder / f"{state}.zip", readme(title, tables.contents.indicators, tables.contents), files)


def _title(kind: str, first: str, english: str, spanish: str) -> tuple[str, str]:
    in_english, in_spanish = TITLES[kind]
    return in_english.format(first, english), in_spanish.format(first, spanish)


def readme(title: tuple[str, str], indicators: list[Indicator], contents: Contents) -> str:
    """What is in the archive, in both languages: indicators, columns, sources with their terms."""
    wanted = dict.fromkeys(source for i in indicators for source in describe.sources_of(i, contents.catalog))
    sources = [contents.catalog.sources[name] for name in wanted]
    lines = [f"# {title[0]} · {title[1]}", ""]
    if contents.partial:
        lines += ["Partial: see README.md of the release · Parcial: véase README.md de la entrega", ""]
    lines += ["## Indicators · Indicadores", ""]
    lines += [f"- `{i.id}`: {i.title.en} · {i.title.es} ({i.sdg_indicator}, {i.sdg.relation})" for i in indicators]
    lines += ["", "## Columns · Columnas", ""]
    lines += [f"- `{f.name}`: {f.en} · {f.es}" for f in fields.OBSERVATION]
    lines += ["", "## Sources · Fuentes", ""]
    lines += [f"- {s.citation.en} · {s.citation.es} ({s.licence.id}, <{s.licence.url}>)" for s in sources]
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str, members: Iterable[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in _with(text, members):
            # A ZipInfo has the first day of 1980 where none is named, so the same members are the same bytes.
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _with(text: str, members: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    yield README, text.encode()
    yield from members
