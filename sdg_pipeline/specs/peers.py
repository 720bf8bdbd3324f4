"""Peers: by which variables municipalities are called alike, and by which outcomes that is judged.

Variables describe the place and not its services, else a comparison would go in a circle. What belongs here: what the
register may say, and what an indicator is made of. What does not: distances (open_government.nearest).
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from sdg_pipeline.specs.base import Bilingual, EditionName, File, Identifier, Model, Owner, Text
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import Count, Published, Rate, Ratio, Surveyed, statistic_texts
from sdg_pipeline.specs.table import Table


class PlaceVariable(Model):
    """A figure of a municipality: a measure of a table, or a share of another."""

    title: Bilingual
    """What it is, for people."""
    table: Identifier
    """Table with a row a municipality."""
    edition: EditionName
    """Edition of its source."""
    numerator: Identifier
    """A measure of the table."""
    denominator: Identifier | None = None
    """The measure that it is a share of; without it the measure itself counts."""
    same_as: tuple[Identifier, ...] = ()
    """Indicators that say the same of a place by other figures; none of them can be an outcome."""


class Peers(File):
    """The register."""

    owner: Owner
    """Who answers for it."""
    number: int = Field(ge=3, le=50)
    """How many peers a municipality has."""
    variables: dict[Identifier, PlaceVariable] = Field(min_length=2)
    """What describes a place; each counts the same, by its rank among all municipalities."""
    outcomes: tuple[Identifier, ...] = Field(min_length=1)
    """Indicators by which the choice is judged; none of them has a component in common with a variable."""
    bound: float = Field(gt=0, le=1)
    """Mean gap to the median of the peers, in parts of the gap to the nation's, that the outcomes may have at most."""
    composed: dict[Identifier, tuple[Identifier, ...]] = Field(default_factory=dict)
    """Indices, with the measures of their table that they are made of."""
    cite: Text
    """Where the method comes from."""


Component = tuple[str, str]
"""A table and a source column of it, or a measure where that has none."""


def of_variable(variable: PlaceVariable, tables: dict[str, Table]) -> frozenset[Component]:
    """What a variable says something of: the columns of its numerator."""
    return frozenset(_columns(tables[variable.table], (variable.numerator,)))


def circular(indicator: Indicator, root: Indicator, tables: dict[str, Table], peers: Peers) -> dict[str, str]:
    """By variable, the component that an indicator shares with it; ``root`` is the indicator, or what it compares."""
    own = of_indicator(indicator, root, tables, peers)
    shared = {}
    for name, variable in peers.variables.items():
        if variable.table in tables and (columns := own & of_variable(variable, tables)):
            shared[name] = sorted(columns)[0][1]
        elif indicator.id in variable.same_as:
            shared[name] = name
    return shared


def of_indicator(indicator: Indicator, root: Indicator, tables: dict[str, Table], peers: Peers) -> frozenset[Component]:
    """What an indicator (``root`` is itself, or what it compares) says something of: the columns of its numerator."""
    from sdg_pipeline.specs import expressions  # a library for SQL, which loading the specs does without

    table = tables.get(root.table or "")
    if table is None:
        return frozenset()
    texts = [text for text in _texts(root) if expressions.readable(text)]
    named = [name for text in texts for name in expressions.columns(expressions.read(text))]
    return frozenset(_columns(table, (*named, *peers.composed.get(indicator.id, ()))))


def _texts(indicator: Indicator) -> Iterator[str]:
    method = indicator.method
    if isinstance(method, Rate):
        yield method.events
    elif isinstance(method, Published):
        yield method.value
    elif isinstance(method, Ratio | Count | Surveyed):
        yield next(iter(statistic_texts(method).values()))


def _columns(table: Table, names: tuple[str, ...]) -> Iterator[Component]:
    for name in names:
        measure = table.measures.get(name)
        columns = () if measure is None else tuple(filter(None, (measure.column, *measure.columns.values())))
        yield from ((table.id, column) for column in columns or (name,))
