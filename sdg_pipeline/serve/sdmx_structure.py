"""Structure over SDMX REST: parts of the structure message of the release, and what a key may still be narrowed by.

What belongs here: artefacts and code lists of a release, as sealed. What does not: how they are written
(``packages.sdmx``), values (``serve.sdmx_data``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from sdg_pipeline.packages.sdmx.components import COMPONENTS, KEY, TIME, VERSION
from sdg_pipeline.serve.sdmx_data import name_of, no_results, relation
from sdg_pipeline.serve.sdmx_query import EVERYTHING, NO_RESULTS, SEMANTIC, Query, Refused
from sdg_pipeline.serve.warehouse import Contents

if TYPE_CHECKING:
    import duckdb

KINDS = {
    "dataflow": "Dataflow",
    "datastructure": "DataStructure",
    "codelist": "Codelist",
    "conceptscheme": "ConceptScheme",
    "contentconstraint": "ContentConstraint",
    "dataconstraint": "DataConstraint",
}
"""Elements by the name of their resource; a content constraint of 2.1 is a data constraint in 3.0."""
_BELOW = {"dataflow": {"datastructure"}, "datastructure": {"codelist", "conceptscheme"},
          "contentconstraint": {"dataflow"}, "codelist": set[str](), "conceptscheme": set[str]()}  # fmt: skip
ANY_VERSION = (*EVERYTHING, "latest", "+", "~", VERSION)


@dataclass(frozen=True)
class Structure:
    """The structure message of a release, in one version of SDMX-ML."""

    root: etree._Element
    codes: Mapping[str, frozenset[str]]
    names: Mapping[str, Mapping[str, Mapping[str, str]]]

    def artefacts(self, kind: str) -> Iterator[etree._Element]:
        """The artefacts of a kind."""
        wanted = {KINDS[kind], KINDS["dataconstraint"]} if kind == "contentconstraint" else {KINDS[kind]}
        for group in self.root[-1]:
            yield from (a for a in group if isinstance(a.tag, str) and etree.QName(a).localname in wanted)


def read(path: Path) -> Structure:
    """The message of a file, with the codes of each component and their names in each language."""
    root = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True)).getroot()
    lists = {(e.get("agencyID"), e.get("id")): e for e in root.iter("{*}Codelist")}
    codes: dict[str, frozenset[str]] = {}
    names: dict[str, dict[str, dict[str, str]]] = {}
    for component in (*root.iter("{*}Dimension"), *root.iter("{*}Attribute")):
        reference = component.find("{*}LocalRepresentation/{*}Enumeration/Ref")
        if reference is None:
            continue
        items = list(lists[reference.get("agencyID"), reference.get("id")].iterchildren("{*}Code"))
        name = str(component.get("id"))
        codes[name] = frozenset(str(item.get("id")) for item in items)
        names[name] = {str(item.get("id")): _names(item) for item in items}
    return Structure(root, codes, names)


def _names(item: etree._Element) -> dict[str, str]:
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    return {str(name.get(lang, "en")): str(name.text) for name in item.iterchildren("{*}Name")}


def wanted_kinds(kind: str, references: str) -> set[str]:
    """The kinds of artefacts that an answer has besides the one that was asked for."""
    above = {k for k, below in _BELOW.items() if kind in below}
    below = set(_BELOW[kind])
    descendants = below.union(*(_BELOW[k] for k in below))
    related = {
        "none": set[str](),
        "parents": above,
        "parentsandsiblings": above.union(*(_BELOW[k] for k in above)),
        "ancestors": above,
        "children": below,
        "descendants": descendants,
        "all": above | descendants,
    }
    if references in related:
        return related[references] - {kind}
    if references in _BELOW:
        return {references} - {kind}
    text = f"there is no references {references[:40]!r}; remedy: one of {', '.join((*related, *_BELOW))}"
    raise Refused(400, SEMANTIC, text)


def message(structure: Structure, kind: str, reference: tuple[str, str, str], references: str) -> bytes:
    """The artefacts of a kind that have this agency, id and version, and those that they refer to, as a message."""
    agency, name, version = reference
    chosen = [
        artefact
        for artefact in structure.artefacts(kind)
        if (agency in EVERYTHING or artefact.get("agencyID") in agency.split("+"))
        and (name in EVERYTHING or artefact.get("id") in name.split("+"))
        and (version in ANY_VERSION or artefact.get("version") == version)
    ]
    if not chosen:
        raise Refused(404, NO_RESULTS, f"there is no {kind} {agency[:80]}:{name[:80]}({version[:20]})")
    flows = {a.get("id") for a in chosen} if kind == "dataflow" else None
    related = [
        artefact
        for other in wanted_kinds(kind, references)
        for artefact in structure.artefacts(other)
        if other != "contentconstraint" or flows is None or artefact.get("id") in flows
    ]
    return _message(structure.root, {id(a) for a in (*chosen, *related)})


def _message(root: etree._Element, kept: set[int]) -> bytes:
    """The message with the artefacts that are kept, in their order."""
    shell = etree.Element(root.tag, dict(root.attrib), nsmap=root.nsmap)
    shell.append(deepcopy(root[0]))
    body = etree.SubElement(shell, root[-1].tag)
    for group in root[-1]:
        inside = [deepcopy(artefact) for artefact in group if id(artefact) in kept]
        if inside:
            etree.SubElement(body, group.tag).extend(inside)
    written: bytes = etree.tostring(shell, encoding="UTF-8", xml_declaration=True)
    return written


def availability(con: duckdb.DuckDBPyConnection, query: Query, contents: Contents, component: str) -> bytes:
    """The content constraint of a question: the codes of each dimension that its values have, and their years."""
    from pysdmx.io.format import Format
    from pysdmx.io.writer import write_sdmx

    from sdg_pipeline.packages.sdmx import structure

    rows = relation(query, contents, bounded=False)
    dimensions = [c for c in COMPONENTS if c.id in KEY and component in (*EVERYTHING, c.id)]
    listed = ", ".join(f"list_sort(list(DISTINCT {name_of(c)}))" for c in dimensions) or "NULL"
    key = ", ".join(name_of(c) for c in COMPONENTS if c.id in KEY)
    sql = f"SELECT count(DISTINCT ({key})), count(*), min(time_period), max(time_period), {listed} FROM {rows.sql}"
    series, count, first, last, *codes = con.execute(sql, rows.parameters).fetchall()[0]
    if not count:
        raise no_results()
    keys = {c.id: of_dimension for c, of_dimension in zip(dimensions, codes, strict=False) if of_dimension}
    if component in (*EVERYTHING, TIME):
        keys[TIME] = (first, last)
    constraint = structure.constraint(query.flow, keys, series, count)
    header = structure.header(query.flow)
    text = write_sdmx([constraint], Format.STRUCTURE_SDMX_ML_2_1, header=header, prettyprint=False)
    return str(text).encode()
