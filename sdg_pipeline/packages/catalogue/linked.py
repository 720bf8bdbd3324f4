"""Linked data as plain values, written as JSON-LD and as Turtle: one graph, two forms.

A node is a mapping with ``@id`` and ``@type``; its other keys are names with a prefix, its values literals or nodes.
IRIs without a scheme are relative to the address of the file, so a release is right wherever it lies. What belongs
here: those two forms. What does not: what is said (``dcat``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

Node = Mapping[str, Any]

PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "prov": "http://www.w3.org/ns/prov#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
SAFE = ":/?#[]@!$&'()*+,;=%~"
"""Signs that stand in an IRI as they are; all others are percent-encoded."""


def iri(address: str) -> str:
    """An address that is a valid IRI in both forms."""
    return quote(address, safe=SAFE)


def typed(value: str, kind: str) -> dict[str, str]:
    """A literal of a type of XML Schema."""
    return {"@value": value, "@type": f"xsd:{kind}"}


def in_language(text: str, language: str) -> dict[str, str]:
    return {"@value": text, "@language": language}


def json_ld(nodes: Sequence[Node]) -> str:
    """The graph as JSON-LD 1.1, a node a line."""
    lines = ",\n".join(json.dumps(node, ensure_ascii=False, separators=(",", ":")) for node in nodes)
    return f'{{"@context":{json.dumps(PREFIXES)},"@graph":[\n{lines}\n]}}\n'


def turtle(nodes: Sequence[Node]) -> str:
    """The graph as Turtle 1.1; nodes inside others that have an ``@id`` follow them."""
    lines = [f"@prefix {prefix}: <{address}> ." for prefix, address in PREFIXES.items()]
    for node in nodes:
        lines += ["", *_statements(node)]
    return "\n".join(lines) + "\n"


def _statements(node: Node) -> Iterator[str]:
    inner: list[Node] = []
    body = " ;\n    ".join(_properties(node, inner))
    yield f"<{node['@id']}> {body} ." if body else ""
    for other in inner:
        yield from _statements(other)


def _properties(node: Node, inner: list[Node]) -> Iterator[str]:
    """Predicates with their objects; named nodes that say something are put into ``inner``."""
    if "@type" in node:
        yield "a " + ", ".join(_several(node["@type"]))
    for key, value in node.items():
        if not key.startswith("@"):
            yield f"{key} " + ", ".join(_object(item, inner) for item in _several(value))


def _object(value: object, inner: list[Node]) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    assert isinstance(value, Mapping), "numbers are typed literals"
    if "@value" in value:
        text = json.dumps(value["@value"], ensure_ascii=False)
        return f"{text}@{value['@language']}" if "@language" in value else f"{text}^^{value['@type']}"
    if "@id" not in value:
        return f"[ {' ; '.join(_properties(value, inner))} ]"
    if len(value) > 1:
        inner.append(value)
    return f"<{value['@id']}>"


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
