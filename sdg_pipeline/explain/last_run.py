"""What a home remembers of the values of its last run, which may never be published.

What belongs here: the files that steps left, read only as they left them. What does not: releases (``published``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sdg_pipeline.errors import LISTED, InputError, SdgError, UsageError, nearest
from sdg_pipeline.explain.explanation import Origin
from sdg_pipeline.explain.memory import Definitions, Memory, read_definitions
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.layout import Layout
from sdg_pipeline.publish import locks
from sdg_pipeline.publish.locks import Lock
from sdg_pipeline.quality import results
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.run.state import StateStore
from sdg_pipeline.settings import Settings


def remember(settings: Settings, indicator: str) -> Memory:
    """The memory of an indicator of the last run, with the specs of today.

    Where these are others than those of the run, ``spec_hash`` of the value tells.
    """
    layout, lacking = Layout(settings.home), []
    definitions: Definitions | None = None
    try:
        definitions = read_definitions(settings.specs)
    except SdgError as error:
        lacking.append(f"the definitions at {settings.specs}: {str(error).splitlines()[0]}; remedy: `sdg check`")
    memory = Memory(
        origin=Origin(None, "not published"),
        indicators=tuple(sorted(path.stem for path in layout.indicator(indicator).parent.glob("*.parquet"))),
        values=lambda name: _values(layout, definitions, name),
        differences=lambda name: _standing(layout.differences(name)),
        deviations=_standing(layout.deviations),
        definitions=definitions,
        locks=tuple(_locks(layout, lacking)),
        checks=(),
        lacking=(),
    )
    checks = tuple(_checks(layout, memory, memory.current_id(indicator), lacking))
    return replace(memory, checks=checks, lacking=tuple(lacking))


def has(layout: Layout, indicator: str) -> bool:
    """Whether the last run left values of an indicator."""
    return layout.indicator(indicator).is_file()


def _values(layout: Layout, definitions: Definitions | None, indicator: str) -> Path:
    defined = definitions.catalog.indicators if definitions else {}
    path = layout.indicator(indicator)
    if not path.is_file():
        if definitions and indicator not in defined:
            close = nearest(indicator, defined)
            hint = f"; did you mean {close!r}?" if close else ""
            raise UsageError(f"no indicator {indicator!r}{hint}", remedy=LISTED)
        raise UsageError(f"{indicator} has not been computed; remedy: `sdg run` (or --indicator {indicator})")
    store = StateStore(layout)
    state = store.load(("indicator", indicator))
    if state is None or not store.untouched(state):
        raise InputError(path, "is not as the last run left it", remedy=f"`sdg run --indicator {indicator}`")
    return path


def _standing(path: Path) -> Path | None:
    return path if path.is_file() else None


def _locks(layout: Layout, lacking: list[str]) -> Iterator[Lock]:
    """The editions that the home has fetched."""
    for path in sorted(layout.raw_current("*", "*").parents[2].glob("*/*/current.json")):
        try:
            raw = RawFile.read(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            lacking.append(f"{path}: cannot be read ({error}); remedy: `sdg fetch`")
            continue
        yield Lock(**locks.facts(raw))


def _checks(layout: Layout, memory: Memory, indicator: str, lacking: list[str]) -> Iterator[CheckResult]:
    """Verdicts on the tables that the values come from, on the values, and on those that they compare."""
    definitions = memory.definitions
    tables, root = (definitions.tables(indicator), definitions.root(indicator)) if definitions else ((), None)
    judged = dict.fromkeys((indicator, *([root.id] if root else [])))
    for path in (*(layout.contract(table.id) for table in tables), *map(layout.checks, judged)):
        try:
            yield from results.read(path)
        except InputError as error:
            lacking.append(str(error))
