"""What all kinds of spec share: frozen strict models, keys, bilingual text, and the hash of a resolved spec."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from sdg_pipeline.settings import has_host


def with_host(address: str) -> str:
    """The address; ValueError where it names no host that could be asked."""
    if not has_host(address):
        raise ValueError("is an address without a host that can be asked")
    return address


ID_PATTERN = r"^[a-z][a-z0-9_]{1,63}$"
Identifier = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
EditionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""A name that is also that of a folder."""
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2_000), AfterValidator(with_host)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
StateKey = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
Period = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
Owner = Annotated[str, StringConstraints(pattern=r"^(team:[A-Za-z0-9_]+|[^@\s]+@[^@\s]+\.[^@\s]+)$")]
"""Who answers for something: a team or a mail address, as Dagster takes it."""

TOTAL = "_T"
"""Code of the total of a dimension, as in the global SDG data structure."""
UNKNOWN = "_U"
"""Code of what is counted but cannot be placed."""


class Level(StrEnum):
    """Geographic levels, from the coarsest to the finest."""

    NATIONAL = "national"
    STATE = "state"
    HARMONISED = "harmonised"
    MUNICIPALITY = "municipality"
    LOCALITY = "locality"

    @property
    def depth(self) -> int:
        return list(Level).index(self)


PUBLISHED_LEVELS = (Level.NATIONAL, Level.STATE, Level.MUNICIPALITY)
BREAKDOWN_LEVELS = (Level.NATIONAL, Level.STATE, Level.HARMONISED, Level.MUNICIPALITY)
"""``harmonised`` are municipalities added up to units whose borders did not change, for series over time."""


MODELS: list[type[BaseModel]] = []
"""All models of specs, each after those that it is made of."""


def is_absent(value: object) -> bool:
    """Whether a key was left out: keys that came later stay out of the hash of specs without them (``exclude_if``)."""
    return value is None or value == () or value == {}


def is_false(value: object) -> bool:
    """Whether a switch was left alone, as ``is_absent``."""
    return value is False


class Model(BaseModel):
    """Frozen; a stranger among its keys is a mistake, and so is a number that compares with nothing (nan, inf)."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        MODELS.append(cls)


class Bilingual(Model):
    """The same text in English and in Spanish."""

    en: Text
    """The text in English."""
    es: Text
    """The text in Spanish."""


class File(Model):
    """A file of specs: it has an id, which is the name of the file."""

    id: Identifier
    """Name of the spec, which is the name of its file without `.yaml`."""

    @cached_property
    def spec_hash(self) -> str:
        """First 12 hexadecimal digits of the sha256 of the resolved spec; comments and layout do not count."""
        # Keys with a new name are hashed under the old one (serialization_alias): a name changes no definition.
        canonical = json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


class Spec(File):
    """A spec file with a title: what it describes is shown to people."""

    title: Bilingual
    """Title in both languages."""
