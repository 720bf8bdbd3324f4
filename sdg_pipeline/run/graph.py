"""The graph of steps, and what of it a run can reach with the files that it has.

What belongs here: what a step is, and which indicators are left out for want of files. What does not: which steps a
kind adds (steps), when one runs (runner), what is remembered of it (state). Importing this module imports no library
for data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sdg_pipeline.ingest.mirror import Mirror
from sdg_pipeline.specs import shared_sums
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.coherence import Reference
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.table import Part, Table

Key = tuple[str, ...]
PUBLICATION: Key = ("publication", "release")
WAREHOUSE: Key = ("warehouse", "sdg")
GEOMETRY: Key = ("geometry", "outlines")
SITE: Key = ("site", "pages")
COHERENCE: Key = ("coherence", "indicators")
OPEN_GOVERNMENT = "open_government"
"""Kind of the steps of open government, one a subject."""
MIRROR_LACKS = "the mirror does not hold the files of their tables"
ADDRESSES_LACK = (
    "no official address is known of the files of their tables, "
    "or the file there has another layout than the copy that the tables describe"
)


@dataclass(frozen=True)
class Step:
    """A node of the graph: ``key`` begins with its kind, ``inputs`` are the keys of the steps it needs."""

    key: Key
    inputs: tuple[Key, ...]

    @property
    def kind(self) -> str:
        return self.key[0]

    @property
    def name(self) -> str:
        return "/".join(self.key[1:])


@dataclass(frozen=True)
class Reach:
    """What a run can read: the editions of a mirror, or those that can be fetched from official addresses."""

    catalog: Catalog
    mirror: Mirror | None
    failed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Why editions could not be had today, by source and edition, of which there is no earlier copy."""
    supplied: frozenset[str] = frozenset()
    """Editions (``source/edition``) of which a person gives the address."""

    def has(self, name: str, edition: str) -> bool:
        """Whether a file is there to be fetched. What was never seen is in no run until a probe or a mirror has it."""
        source = self.catalog.sources[name]
        if source.columns_status == "memory" or (name, edition) in self.failed:
            return False
        if not source.editions[edition].probed and not (self.mirror and (name, edition) in self.mirror.entries):
            return False
        first = source.editions[edition].instead_of
        if first is not None and self.has(name, first):
            return False
        if self.mirror is None:
            return source.editions[edition].fetchable or f"{name}/{edition}" in self.supplied
        if first is not None and (name, edition) not in self.mirror.entries:
            return False
        return self.mirror.offers(name, edition)

    def parts(self, table: Table) -> list[Part]:
        """The parts of a table that the run can read with all that is joined to them, in the order of the spec."""
        return table.chosen(part for part in table.parts if all(self.has(*file) for file in table.files_of(part)))

    def absent(self, table: Table) -> list[Part]:
        """The parts whose rows the run lacks: no other part that stands in for them is read in their place."""
        read = self.parts(table)
        stood_for = {(part.source, self._instead_of(part)) for part in read}
        levels = {part.level for part in read if part.otherwise}
        own = [part for part in table.parts if not part.otherwise and self._instead_of(part) is None]
        lacking = [part for part in own if part not in read and (part.source, part.edition) not in stood_for]
        return [part for part in lacking if part.level not in levels]

    def of_same_records(self, indicator: Indicator) -> tuple[str, ...]:
        """The other tables of the run that take the records of a survey's indicator: their values give its away."""
        table = self.catalog.tables.get(indicator.table or "")
        others = shared_sums.of_same_records(table, self.catalog) if table is not None else ()
        asked = {i.table for i in self.indicators()} if others else set()
        return tuple(other for other in others if other in asked)

    def _instead_of(self, part: Part) -> str | None:
        return self.catalog.sources[part.source].editions[part.edition].instead_of

    def indicators(self) -> list[Indicator]:
        """The indicators of the run, each after the one that it compares; the others have a table without a file."""
        readable = {table.id for table in self.catalog.tables.values() if self.parts(table)}
        whole = (i for i in self.catalog.indicators.values() if set(self.catalog.tables_of(i)) <= readable)
        kept = {i.id for i in whole if i.base is None}
        return [i for i in self.catalog.in_order() if {i.base or i.id, *i.auxiliary} <= kept]

    def compared(self) -> tuple[str, ...]:
        """The tables at hand that indicators are compared with and not computed from."""
        rules = (rule for spec in self.catalog.coherence.values() for rule in spec.rules)
        named = {rule.table for rule in rules if isinstance(rule, Reference)}
        return tuple(sorted(table for table in named if self.parts(self.catalog.tables[table])))

    def tables(self) -> list[Table]:
        """The tables that the run stages: those of its indicators, and those that these are compared with."""
        used = {table for i in self.indicators() for table in self.catalog.tables_of(i)} | set(self.compared())
        return [table for table in self.catalog.tables.values() if table.id in used]

    def files(self, table: Table) -> list[tuple[str, str]]:
        """The editions that a table is read from in this run, each once."""
        return list(dict.fromkeys(file for part in self.parts(table) for file in table.files_of(part)))

    def shapes(self) -> list[tuple[str, str]]:
        """The editions of outlines of areas that the run can read, the newest last."""
        sources = [source for source in self.catalog.sources.values() if source.shapes is not None]
        editions = [
            (edition.period, source.id, name) for source in sources for name, edition in source.editions.items()
        ]
        return [(source, name) for _, source, name in sorted(editions) if self.has(source, name)]

    def notes(self) -> tuple[str, ...]:
        """What the run cannot see, in plain sentences; empty where it sees all that the specs name."""
        left_out = len(self.catalog.indicators) - len(self.indicators())
        notes = self.mirror.notes if self.mirror else ()
        notes += tuple(f"{source}/{edition} could not be had: {why}." for (source, edition), why in self.failed.items())
        if not left_out:
            return notes
        why = MIRROR_LACKS if self.mirror else ADDRESSES_LACK
        return (*notes, f"{left_out} of {len(self.catalog.indicators)} indicators are left out: {why}.")
