"""What the pages show, as plain frozen figures: indicators, places, their values, the release.

What belongs here: data. What does not: reading them (reading) and words about them (words, format).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from sdg_pipeline.site.toward import Toward
from sdg_pipeline.specs.framework import UnIndicator

Language = Literal["es", "en"]
LANGUAGES: tuple[Language, ...] = ("es", "en")
"""Spanish is the default and lies at the root."""
Group = tuple[str, ...]
"""Codes of a group in the order of ``DIMENSIONS``."""
NATION = "MX"


@dataclass(frozen=True)
class Text:
    """A text in both languages."""

    es: str
    en: str

    def __getitem__(self, language: Language) -> str:
        return self.es if language == "es" else self.en


class Aim(NamedTuple):
    """The numeric target that a document sets; ``value`` is that of the nation where it is a change."""

    value: float
    year: str
    cite: str
    cite_status: str = "verified"
    measure: str = "proxy"
    note: Text | None = None


@dataclass(frozen=True)
class Indicator:
    """An indicator as the release describes it. ``own`` is the group that is its total, None where it has none."""

    id: str
    goal: int
    target: str
    code: str | None
    relation: str
    title: Text
    description: Text
    unit: str
    unit_text: Text
    decimals: int
    direction: str
    formula: str
    sources: tuple[str, ...]
    assumptions: tuple[Text, ...]
    aim: Aim | None
    owner: str
    spec_hash: str
    no_nation: Text | None = None
    """Why the nation has no value."""
    no_total: Text | None = None
    """Why there are values of groups and no total."""
    former: tuple[str, ...] = ()
    """Ids that it had before, by which the search finds it."""
    own: Group | None = None
    toward: Toward | None = None
    """Progress of the nation to the target."""
    newest: Mapping[str, str] = field(default_factory=dict)
    """By level the newest period with a value of the own total that is no forecast."""


@dataclass(frozen=True)
class Place:
    """The nation, a state, a municipality or a harmonised unit."""

    code: str
    name: str
    level: str
    state: str
    state_name: str | None
    first_vintage: int
    parents: tuple[str, ...]
    unit: str | None = None
    """The harmonised unit that a municipality with changed borders belongs to."""
    former: tuple[str, ...] = ()
    """Names that it had before, by which the search finds it."""
    other: tuple[str, ...] = ()
    """Newer names, other spellings and short forms."""

    @property
    def key(self) -> str:
        return self.code[2:]


class Value(NamedTuple):
    """A value of a place as the warehouse has it; ``rank`` of ``ranked`` among places of its level (and state)."""

    place: str
    period: str
    value: float | None
    lower: float | None
    upper: float | None
    status: str
    reason: str | None
    precision: str | None
    nature: str
    numerator: float | None = None
    denominator: float | None = None
    rank: int | None = None
    ranked: int | None = None
    first_period: str | None = None
    first_value: float | None = None


class Row(NamedTuple):
    """Any published value of an indicator; there are hundreds of thousands, which a tuple takes a third of the time."""

    level: str
    place: str
    period: str
    group: Group
    value: float | None
    lower: float | None
    upper: float | None
    status: str
    reason: str | None
    precision: str | None


@dataclass(frozen=True)
class Source:
    """A file that the release was computed from."""

    id: str
    edition: str
    publisher: str
    title: Text
    citation: Text
    url: str
    url_status: str
    landing_page: str
    licence: str
    licence_url: str
    sha256: str
    bytes: int
    partial: bool


@dataclass(frozen=True)
class Used:
    """A file that values of a level name as theirs, and their first and last period."""

    edition: str
    """``source/edition``"""
    level: str
    first: str
    last: str


@dataclass(frozen=True)
class Check:
    """A rule that was judged."""

    subject: str
    rule: str
    severity: str
    passed: bool
    description: str
    observed: str


@dataclass(frozen=True)
class Release:
    """The release in force, and those before it: name, day, whole or partial, checks."""

    name: str
    partial: bool
    notes: tuple[str, ...]
    before: tuple[Mapping[str, object], ...]


@dataclass(frozen=True)
class Revised:
    """A value that the release before had otherwise."""

    indicator: str
    place: str
    period: str
    old: float | None
    new: float | None
    cause: str


@dataclass(frozen=True)
class Gap:
    """What is missing of an indicator at a level, as the register of gaps counts it; ``kind`` is its class."""

    closes: Text
    """Which source or edition would close it."""
    indicator: str
    goal: int
    level: str
    dimension: str
    kind: str
    cells: int
    people: float | None
    vintage: int
    institution: str


@dataclass(frozen=True)
class Disclosure:
    """What was promised, what is missing, and who is like whom, as the tables of open government have it."""

    day: str
    """The day of the release, on which the status of a commitment is judged."""
    commitments: tuple[Mapping[str, object], ...]
    gaps: tuple[Gap, ...]
    closing: Mapping[str, Mapping[str, Text]]
    """By municipality, then by indicator whose cell is empty: what would close it."""
    peers: Mapping[str, tuple[str, ...]]
    """By municipality those that are most like it, the nearest first."""
    sums: Mapping[str, tuple[Mapping[str, object], ...]]
    """By state how its municipalities add up to it, in the order of goals."""
    findings: Mapping[str, tuple[Mapping[str, object], ...]]
    """By state what does not agree there, and the official figures that were compared."""
    budget: tuple[Mapping[str, object], ...]
    """What programmes linked with targets are approved and spend: the total, then goals, then targets."""
    portal: tuple[Mapping[str, object], ...] = ()
    """Datasets of sources and commitments, as open data portals had them when somebody asked."""


@dataclass(frozen=True)
class Policy:
    """How open the data are, what charters ask, what is asked for and what was contributed: rows of the warehouse."""

    openness: tuple[Mapping[str, Any], ...] = ()
    scores: tuple[Mapping[str, Any], ...] = ()
    charter: tuple[Mapping[str, Any], ...] = ()
    """Statements are judged on the day of the release."""
    priority: tuple[Mapping[str, Any], ...] = ()
    requests: tuple[Mapping[str, Any], ...] = ()
    contributed: tuple[Mapping[str, Any], ...] = ()
    milestones: tuple[Mapping[str, Any], ...] = ()
    peer_places: tuple[Mapping[str, Any], ...] = ()
    """The variables that choose peers, each with how many municipalities have it, and how many by their parents."""
    peer_quality: tuple[Mapping[str, Any], ...] = ()
    stability: tuple[int, float] = (0, 0.0)
    """Peers of each municipality, and the mean share of runs without one variable that keep a peer."""
    editions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By source its editions, the newest first."""
    names: Mapping[str, Text] = field(default_factory=dict)
    """Titles in the specs: of a source, ``framework``, ``framework item``, ``charter``, ``charter principle``."""


@dataclass(frozen=True)
class Contents:
    """All that the pages show but the rows of the indicators, which are read one indicator at a time."""

    release: Release
    indicators: Mapping[str, Indicator]
    places: Mapping[str, Place]
    sources: tuple[Source, ...]
    checks: tuple[Check, ...]
    values: Mapping[str, Mapping[str, Value]]
    """By place, then by indicator, its newest value of the own total."""
    grouped: Mapping[str, Mapping[str, tuple[tuple[Group, Value], ...]]]
    """By place, then by indicator without a total, the newest values of its groups, such as women and men."""
    codes: Mapping[str, Mapping[str, Text]]
    """Labels of the codes by dimension."""
    revised: tuple[Revised, ...]
    deviations: tuple[Mapping[str, object], ...]
    disclosure: Disclosure
    policy: Policy = field(default_factory=Policy)
    absent: tuple[UnIndicator, ...] = ()
    """Indicators of the United Nations for which the release has none, neither the UN's own nor a proxy."""
    used: Mapping[str, tuple[Used, ...]] = field(default_factory=dict)
    """By indicator the source files that its values name."""

    def value(self, place: str, indicator: str) -> Value | None:
        """The newest value of a place."""
        return self.values.get(place, {}).get(indicator)
