"""Texts that many specs need and name by id: assumptions, citations, publishers, licences.

They lie in registers, files of ``codelists``. A spec that names one is validated with the text in its place, so that
models, hashes and releases hold what was resolved. What belongs here: looking up while a model is validated, and which
ids were named. What does not: reading the registers (catalog) and what an entry may say (registers).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError

from sdg_pipeline.specs.base import ID_PATTERN

CONTEXT = "lookup"
UNKNOWN_ID = "unknown_id"
BROKEN_REGISTER = "broken_register"
"""Types of validation errors: an id that no register has, and one that cannot be looked up, which is no mistake."""


@dataclass
class Lookup:
    """Entries of the registers by register and id, and what was named of them; ``broken`` registers hold nothing."""

    entries: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    named: set[tuple[str, str]] = field(default_factory=set)
    unverified: Any = None
    """The assumption of an indicator that no official figure is compared with, of `defaults.yaml`."""

    def entry(self, register: str, name: str) -> Any:
        """The entry of an id; PydanticCustomError where there is none."""
        entries = self.entries.get(register, {})
        if name in entries:
            self.named.add((register, name))
            return entries[name]
        if register in self.broken:
            raise PydanticCustomError(BROKEN_REGISTER, "is named in a register with mistakes of its own")
        what = register.removesuffix("s")
        raise PydanticCustomError(UNKNOWN_ID, "unknown id", {"what": what, "valid": tuple(sorted(entries))})


def context(lookup: Lookup) -> dict[str, Any]:
    """What pydantic must be given, as its context, so that ids are looked up."""
    return {CONTEXT: lookup}


def lookup_of(info: ValidationInfo) -> Lookup | None:
    """The lookup of a validation; None where ids are not looked up."""
    lookup = (info.context or {}).get(CONTEXT)
    return lookup if isinstance(lookup, Lookup) else None


def by_id(register: str) -> Callable[[Any, ValidationInfo], Any]:
    """A validator that puts the entry of a register in place of its id; what is no id stays as it is.

    Without a Lookup as context nothing is looked up: the value is then written out, as in a resolved spec.
    """

    def resolve(value: Any, info: ValidationInfo) -> Any:
        lookup = lookup_of(info)
        if lookup is not None and isinstance(value, str) and re.fullmatch(ID_PATTERN, value):
            return lookup.entry(register, value)
        return value

    return resolve
