"""What the keys of a model mean: the text below each of them, given to pydantic when somebody asks.

Pydantic can read these texts itself, but does so when a module is imported, which takes as long as reading all specs.
What belongs here: finding the texts. What does not: what is made of them (JSON Schema, docs/specs.md).
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache

from sdg_pipeline.specs.base import MODELS


@cache
def _texts(module: str) -> dict[str, dict[str, str]]:
    """By class of a module, the text below each of its attributes."""
    texts: dict[str, dict[str, str]] = {}
    for node in ast.walk(ast.parse(inspect.getsource(sys.modules[module]))):
        if not isinstance(node, ast.ClassDef):
            continue
        for named, below in zip(node.body, node.body[1:], strict=False):
            if (
                isinstance(named, ast.AnnAssign)
                and isinstance(named.target, ast.Name)
                and isinstance(below, ast.Expr)
                and isinstance(below.value, ast.Constant)
                and isinstance(below.value.value, str)
            ):
                texts.setdefault(node.name, {})[named.target.id] = inspect.cleandoc(below.value.value)
    return texts


@cache
def describe() -> None:
    """Give the keys of all models of specs their descriptions."""
    for model in MODELS:
        for owner in (c for c in reversed(model.__mro__) if c in MODELS):
            for name, text in _texts(owner.__module__).get(owner.__name__, {}).items():
                model.model_fields[name].description = text
        model.model_rebuild(force=True)  # a model comes after those that it is made of
