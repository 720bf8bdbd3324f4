"""What the definitions say of a value: its meaning, its source in words, its SQL, known errors of its files.

What belongs here: texts from the specs that computed the value. What does not: the value itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sdg_pipeline.explain.at_hand import extent
from sdg_pipeline.explain.explanation import Cited, Meaning, Row, SourceFile
from sdg_pipeline.explain.memory import Memory
from sdg_pipeline.publish import corrections, describe


def meaning(memory: Memory, value: Row) -> Meaning | None:
    """The definition of a value in words; None where it cannot be read, or has no such indicator any more."""
    catalog = memory.definitions.catalog if memory.definitions else None
    indicator = catalog.indicators.get(value["indicator"]) if catalog else None
    if catalog is None or indicator is None:
        return None
    statuses = catalog.codelists["obs_status"].codes if "obs_status" in catalog.codelists else {}
    status = statuses[value["obs_status"]].en if value["obs_status"] in statuses else ""
    return Meaning(indicator, describe.formula(indicator, catalog), describe.unit(indicator, catalog, "en"), status)


def other_definition(memory: Memory, value: Row) -> str:
    """Why the definition that is shown may not be that of the value; empty where it is."""
    catalog = memory.definitions.catalog if memory.definitions else None
    if catalog is None or memory.definitions is None:
        return ""
    indicator, folder = catalog.indicators.get(value["indicator"]), memory.definitions.folder
    if indicator is None:
        return f"the definition of {value['indicator']} is not in {folder} any more; remedy: restore its spec"
    now = catalog.spec_hash(indicator)
    if now == value["spec_hash"]:
        return ""
    if memory.origin.release:
        return f"the definition has spec hash {now} in this version of the software, the value {value['spec_hash']}"
    remedy = f"remedy: `sdg run --indicator {indicator.id}`"
    return f"the definition was changed after the run: spec hash {now}, the value {value['spec_hash']}; {remedy}"


def cited(memory: Memory, value: Row) -> Cited:
    """The source of a value in words."""
    sources = memory.definitions.catalog.sources if memory.definitions else {}
    source = sources.get(value["source"])
    if source is None:
        return Cited()
    if value["source_edition"] in source.editions:
        source = source.in_edition(value["source_edition"])
    licence = f"{source.licence.id} {source.licence.url or ''}".strip()
    return Cited(source.title.en, source.publisher, licence, source.citation.en)


def known_errors(memory: Memory, files: Iterable[SourceFile]) -> tuple[Mapping[str, str], ...]:
    """The corrections that were applied to the files behind a value."""
    if memory.definitions is None:
        return ()
    editions = [(file.source, file.edition) for file in files]
    return tuple(corrections.rows(memory.definitions.catalog, editions))


def sql(memory: Memory, value: Row) -> str:
    """The SQL that computes the indicator over the files of the value; empty without its definition."""
    from sdg_pipeline.estimate.engine import query

    definitions = memory.definitions
    indicator = definitions.catalog.indicators.get(value["indicator"]) if definitions else None
    if definitions is None or indicator is None:
        return ""
    return query(indicator, definitions.catalog, extent(memory, definitions, indicator))
