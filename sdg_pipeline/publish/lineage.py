"""Writes ``prov.json``, the lineage of every indicator, in PROV-JSON (https://www.w3.org/submissions/prov-json/).

Raw files, named by their sha256, are staged into tables by table specs. Indicators are estimated from these by
indicator specs. The release collects them and revises the one before. No activity has a time: the same contents give
the same bytes. What belongs here: that graph. What does not: the events of a release, which stand beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdg_pipeline import __version__
from sdg_pipeline.files import sha256_of
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.publish import parquet
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.table import Table

NAME = "prov.json"
SOFTWARE = "sdg:software/sdg-pipeline"
PREFIX = {"sdg": "urn:sdg-indicators-mexico:"}


def write(contents: Contents, folder: Path) -> None:
    """Write ``prov.json``; the indicators' Parquet files lie in ``folder`` already."""
    kinds = (f"{json.dumps(kind)}: {{\n{_lines(nodes)}\n}}" for kind, nodes in document(contents, folder).items())
    (folder / NAME).write_text("{\n" + ",\n".join(kinds) + "\n}\n", encoding="utf-8")


def _lines(nodes: Mapping[str, Any]) -> str:
    """One line a node: the file is new with every release, and indented it is twice as long."""
    return ",\n".join(f"{json.dumps(name)}: {json.dumps(facts, ensure_ascii=False)}" for name, facts in nodes.items())


class Graph:
    """Nodes and relations by kind; relations are numbered in the order in which they are made."""

    def __init__(self) -> None:
        self.document: dict[str, dict[str, Any]] = {"prefix": dict(PREFIX)}

    def node(self, kind: str, name: str, /, **facts: Any) -> str:
        stated = {f"sdg:{key}": value for key, value in facts.items() if key != "type" and value is not None}
        self.document.setdefault(kind, {})[name] = {"prov:type": facts["type"], **stated}
        return name

    def relate(self, relation: str, /, **ends: str) -> None:
        of_kind = self.document.setdefault(relation, {})
        of_kind[f"_:{relation}{len(of_kind) + 1}"] = {f"prov:{end}": name for end, name in ends.items()}

    def generated(self, entity: str, activity: str, plan: str | None, sources: list[str]) -> None:
        """An entity that the software generated in an activity, after a plan, from other entities."""
        self.relate("wasGeneratedBy", entity=entity, activity=activity)
        self.relate("wasAssociatedWith", activity=activity, agent=SOFTWARE, **({"plan": plan} if plan else {}))
        for source in sources:
            self.relate("wasDerivedFrom", generatedEntity=entity, usedEntity=source, activity=activity)


@dataclass(frozen=True)
class Product:
    """What one activity generated after a spec, from entities that the graph has; a table has no sha256."""

    kind: str
    name: str
    verb: str
    spec_hash: str
    sources: list[str]
    sha256: str | None = None


def document(contents: Contents, folder: Path) -> dict[str, Any]:
    """The graph as plain data."""
    graph = Graph()
    graph.node("agent", SOFTWARE, type="prov:SoftwareAgent", version=__version__, code_sha256=contents.code or None)
    raws = {(raw.source, raw.edition): _raw(graph, raw, contents) for raw in contents.sources}
    roots = [contents.catalog.root_of(indicator) for indicator in contents.indicators]
    for name in sorted({table for root in roots for table in contents.catalog.tables_of(root)}):
        table = contents.catalog.tables[name]
        used = [raws[f] for f in _files(table) if f in raws]
        _add(graph, Product("table", name, "stage", table.spec_hash, used))
    for indicator in contents.indicators:
        used = _sources(indicator, contents)
        digest = sha256_of(folder / parquet.FOLDER / f"{indicator.id}.parquet")
        definition = contents.catalog.spec_hash(indicator)
        _add(graph, Product("indicator", indicator.id, "estimate", definition, used, digest))
    release = graph.node("entity", f"sdg:release/{contents.release}", type="prov:Collection", version=contents.version)
    activity = graph.node("activity", f"sdg:publish/{contents.release}", type="sdg:Publish")
    graph.generated(release, activity, None, [f"sdg:indicator/{i.id}" for i in contents.indicators])
    if contents.compared_with:
        before = graph.node("entity", f"sdg:release/{contents.compared_with}", type="prov:Collection")
        graph.relate("wasDerivedFrom", generatedEntity=release, usedEntity=before, type="prov:Revision")
    return graph.document


def _raw(graph: Graph, raw: RawFile, contents: Contents) -> str:
    publisher = contents.catalog.sources[raw.source].publisher
    agent = f"sdg:organisation/{re.sub(r'[^a-z0-9]+', '-', publisher.lower()).strip('-')}"
    graph.node("agent", agent, type="prov:Organization", name=publisher)
    facts = {"source": raw.source, "edition": raw.edition, "url": raw.url, "sha256": raw.sha256, "bytes": raw.bytes}
    name = graph.node("entity", f"sdg:raw/{raw.source}/{raw.edition}/{raw.sha256}", type="sdg:RawFile", **facts)
    graph.relate("wasAttributedTo", entity=name, agent=agent)
    return name


def _add(graph: Graph, product: Product) -> None:
    """A table or an indicator, its spec, and what it was derived from."""
    kind, verb, name = product.kind, product.verb, product.name
    entity = graph.node("entity", f"sdg:{kind}/{name}", type=f"sdg:{kind.title()}", sha256=product.sha256)
    plan = graph.node("entity", f"sdg:spec/{name}", type="prov:Plan", spec_hash=product.spec_hash)
    activity = graph.node("activity", f"sdg:{verb}/{name}", type=f"sdg:{verb.title()}")
    graph.generated(entity, activity, plan, product.sources)


def _files(table: Table) -> Iterator[tuple[str, str]]:
    yield from dict.fromkeys(file for part in table.parts for file in table.files_of(part))


def _sources(indicator: Indicator, contents: Contents) -> list[str]:
    """A comparison comes from the indicator that it compares, a model from others besides."""
    others = [*([indicator.base] if indicator.base else []), *indicator.auxiliary]
    of_values = indicator.base and not indicator.auxiliary
    tables = () if of_values else contents.catalog.tables_of(contents.catalog.root_of(indicator))
    return [*(f"sdg:table/{t}" for t in tables), *(f"sdg:indicator/{i}" for i in dict.fromkeys(others))]
