"""Validation errors of the models, retold as Problems with file, line, path, value, valid values and nearest name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from sdg_pipeline.errors import Problem
from sdg_pipeline.specs.by_id import BROKEN_REGISTER, UNKNOWN_ID
from sdg_pipeline.specs.yaml import Document, Place

_QUOTED = re.compile(r"'([^']*)'")
_PLAIN = {
    "dict_type": "is not a mapping of keys",
    "model_attributes_type": "is not a mapping of keys",
    "tuple_type": "is not a list",
    "too_short": "has too few items",
    "too_long": "has too many items",
    "int_parsing": "is not a whole number",
    "float_parsing": "is not a number",
    "finite_number": "is not a finite number",
    "bool_parsing": "is neither true nor false",
    "string_type": "is not text",
    "string_too_short": "is empty",
}
"""What pydantic's types of error are called here; it speaks of Python, the files are YAML."""
REMEDIES = {
    "dict_type": "write keys and values, key: value",
    "model_attributes_type": "write keys and values, key: value",
    "tuple_type": "write a list, [a, b]",
    "list_type": "write a list, [a, b]",
    "too_short": "add what is missing",
    "too_long": "take out what is too much",
    "int_type": "write a whole number, such as 1",
    "int_parsing": "write a whole number, such as 1",
    "float_type": "write a number, such as 0.5",
    "float_parsing": "write a number, such as 0.5",
    "finite_number": "write a finite number",
    "bool_parsing": "write true or false",
    "string_type": "write a text",
    "string_too_short": "write a text, or take the key out",
    "string_too_long": "write {max_length} characters or fewer",
    "greater_than": "write a number greater than {gt}",
    "greater_than_equal": "write {ge} or a greater number",
    "less_than": "write a number less than {lt}",
    "less_than_equal": "write {le} or a smaller number",
    "string_pattern_mismatch": "write it in this form; docs/specs.md has examples",
}
"""What to do about an error of a type; the names in braces are those of pydantic's own details."""
OTHER_KEY = "take it out, or write one of the valid keys"


def problems_of(error: ValidationError, document: Document, model: type[BaseModel]) -> Iterator[Problem]:
    """One Problem for each error of pydantic."""
    items = error.errors(include_url=False)
    for item in items:
        if item["type"] == "too_short" and any(i["loc"][:-1] == item["loc"] for i in items):
            continue  # pydantic does not count items that are wrong themselves, and of those it tells
        if item["type"] == BROKEN_REGISTER:
            continue  # the register's own mistakes are told where it is read
        place = _place(item["loc"], document.data)
        yield _problem(item, place, document, model)


def _problem(item: Any, place: Place, document: Document, model: type[BaseModel]) -> Problem:
    kind, context = item["type"], item.get("ctx", {})
    if kind == "extra_forbidden":
        valid = tuple(_model_at(place[:-1], model, document.data).model_fields)
        message = "is not a key of this kind of spec"
        return document.problem(place, message, value=str(place[-1]), valid=valid, remedy=OTHER_KEY)
    if kind == "missing":
        if isinstance(place[-1], int):
            message, remedy = f"has too few items: number {place[-1] + 1} is missing", REMEDIES["too_short"]
            return document.problem(place[:-1], message, remedy=remedy)
        return document.problem(place, "is missing", remedy=f"add the key {place[-1]!r}")
    if kind == "union_tag_not_found":
        return document.problem((*place, "kind"), "is missing", valid=_quoted_in_tags(item, place, model, document))
    if kind == "union_tag_invalid":
        valid = tuple(_QUOTED.findall(context["expected_tags"]))
        return document.problem((*place, "kind"), "is not a known kind", value=context["tag"], valid=valid)
    if kind == UNKNOWN_ID:
        message, valid = f"names an unknown {context['what']}", tuple(context["valid"])
        return document.problem(place, message, value=item["input"], valid=valid)
    if kind in ("literal_error", "enum"):
        valid = tuple(_QUOTED.findall(context["expected"]))
        return document.problem(place, "is not one of the valid values", value=_shown(item["input"]), valid=valid)
    if kind == "string_pattern_mismatch":
        message = f"does not have the form {context['pattern']}"
        return document.problem(place, message, value=_shown(item["input"]), remedy=REMEDIES[kind])
    if kind == "model_type":
        valid = tuple(_model_at(place, model, document.data).model_fields)
        return document.problem(place, "is not a mapping of keys", value=_shown(item["input"]), valid=valid)
    if kind == "value_error":
        message, _, remedy = item["msg"].removeprefix("Value error, ").partition("; remedy: ")
        return document.problem(place, message, remedy=remedy or None)
    message = _PLAIN.get(kind) or item["msg"].replace("Input should be", "must be")
    advice = REMEDIES[kind].format(**context) if kind in REMEDIES else None
    return document.problem(place, message[0].lower() + message[1:], value=_shown(item["input"]), remedy=advice)


def _quoted_in_tags(item: Any, place: Place, model: type[BaseModel], document: Document) -> tuple[str, ...]:
    owner = _model_at(place[:-1], model, document.data)
    choices = get_args(owner.model_fields[str(place[-1])].annotation)
    return tuple(tag for choice in choices for tag in get_args(choice.model_fields["kind"].annotation))


def _shown(value: object) -> str | None:
    if value is None:
        return "(nothing)"
    return str(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"


def _place(loc: tuple[Any, ...], data: Any) -> Place:
    """Pydantic's location without the tags of unions, which are no keys of the file."""
    place: list[str | int] = []
    for i, part in enumerate(loc):
        last = i == len(loc) - 1
        if isinstance(data, dict) and part not in data and not last:
            continue
        place.append(part)
        data = data.get(part) if isinstance(data, dict) else _item(data, part)
    return tuple(place)


def _item(data: Any, part: Any) -> Any:
    return data[part] if isinstance(data, list) and isinstance(part, int) and part < len(data) else None


def _model_at(place: Place, model: type[BaseModel], data: Any) -> type[BaseModel]:
    """The model that governs a place, walking the annotations along the data."""
    for part in place:
        data = data.get(part) if isinstance(data, dict) else _item(data, part)
        if isinstance(part, int) or part not in model.model_fields:
            continue
        inner = list(_models(model.model_fields[part].annotation))
        tagged = [m for m in inner if "kind" in m.model_fields and isinstance(data, dict) and _has_tag(m, data)]
        model = (tagged or inner or [model])[0]
    return model


def _has_tag(model: type[BaseModel], data: dict[str, Any]) -> bool:
    return data.get("kind") in get_args(model.model_fields["kind"].annotation)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
