"""The OpenAPI description of the addresses, made of the list by which they are answered, and a plain page of it.

What belongs here: description. What does not: answers.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from sdg_pipeline.serve.operations import Operation

TITLE = "SDG indicators of Mexico"
ABOUT = (
    "Files of releases, values of areas and indicators, and SDMX REST. Everything is public and read-only. Files have "
    "Range, ETag and CORS. `latest` is the release in force; ask again with If-None-Match."
)


def description(operations: Iterable[Operation]) -> dict[str, Any]:
    """OpenAPI 3.1 of these addresses."""
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": "1.0.0", "description": ABOUT},
        "servers": [{"url": "/"}],
        "paths": {operation.path.replace(":path}", "}"): {"get": _described(operation)} for operation in operations},
    }


def _described(operation: Operation) -> dict[str, Any]:
    answers = {str(status): {"description": text} for status, text in operation.errors.items()}
    content: dict[str, Any] = {kind: {} for kind in operation.types}
    return {
        "summary": operation.summary,
        "operationId": "".join(c if c.isalnum() else "_" for c in operation.path).strip("_"),
        "parameters": [
            {
                "name": name,
                "in": parameter.place,
                "required": parameter.required,
                "description": parameter.meaning,
                "schema": {"type": "string"},
                "example": parameter.example,
            }
            for name, parameter in operation.parameters.items()
        ],
        "responses": {"200": {"description": operation.summary, "content": content}, **answers},
    }


def text(operations: Iterable[Operation]) -> bytes:
    """The description as JSON."""
    return (json.dumps(description(operations), indent=1, ensure_ascii=False) + "\n").encode()


def readable(operations: Iterable[Operation]) -> bytes:
    """The description as a page, with an example of each address."""
    items = "".join(f"<section>\n{_section(operation)}</section>\n" for operation in operations)
    return (
        f"<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<meta name=viewport content='width=device-width'>\n"
        f"<title>{TITLE}: addresses</title>\n<h1>{TITLE}: addresses</h1>\n<p>{html.escape(ABOUT)}</p>\n"
        f"<p><a href='openapi.json'>OpenAPI 3.1</a></p>\n{items}</html>\n"
    ).encode()


def _section(operation: Operation) -> str:
    path = operation.path.replace(":path}", "}")
    address = path
    for name, parameter in operation.parameters.items():
        address = address.replace(f"{{{name}}}", quote(parameter.example, safe="/+*,"))
    rows = "".join(
        f"<dt><code>{html.escape(name)}</code></dt><dd>{html.escape(parameter.meaning)}</dd>\n"
        for name, parameter in operation.parameters.items()
    )
    example = html.escape(address)
    return (
        f"<h2>{html.escape(operation.summary)}</h2>\n<p><code>GET {html.escape(path)}</code></p>\n"
        f"<p>Example: <a href='{example}'>{example}</a></p>\n<dl>\n{rows}</dl>\n"
    )
