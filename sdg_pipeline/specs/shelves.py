"""The catalogue: all specs by id, and what is asked of them together.

What belongs here: finding specs. What does not: reading their files (catalog) and references between them (references).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdg_pipeline.errors import LISTED, Problem, SpecErrors, UsageError, nearest
from sdg_pipeline.specs import yaml
from sdg_pipeline.specs.base import File
from sdg_pipeline.specs.budget import Budget
from sdg_pipeline.specs.calendar import Calendar
from sdg_pipeline.specs.charter import Charter
from sdg_pipeline.specs.codelist import Codelist
from sdg_pipeline.specs.coherence import Coherence
from sdg_pipeline.specs.commitments import Commitments
from sdg_pipeline.specs.contract import Contract
from sdg_pipeline.specs.correction import Corrections
from sdg_pipeline.specs.frameworks import Framework, Vocabulary
from sdg_pipeline.specs.gaps import Gaps
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.kinds import BY_MODEL, KINDS, Kind
from sdg_pipeline.specs.methods import Sql
from sdg_pipeline.specs.peers import Peers
from sdg_pipeline.specs.policy import Policy
from sdg_pipeline.specs.portals import Portal
from sdg_pipeline.specs.registers import Defaults, Register
from sdg_pipeline.specs.requests import Request
from sdg_pipeline.specs.source import Source
from sdg_pipeline.specs.table import Table

SURVEYS = "surveys"
"""Id of the policy of survey estimates."""


@dataclass
class Catalog:
    """All specs by id, and the documents they were read from (for the line of a problem).

    ``files`` has the bytes of every spec file, SQL file and register of areas as they were read, by relative path. A
    run computes by these and seals these, so that a file that somebody edits meanwhile decides nothing.
    """

    root: Path
    sources: dict[str, Source] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    codelists: dict[str, Codelist] = field(default_factory=dict)
    registers: dict[str, Register] = field(default_factory=dict)
    defaults: dict[str, Defaults] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    coherence: dict[str, Coherence] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)
    corrections: dict[str, Corrections] = field(default_factory=dict)
    budgets: dict[str, Budget] = field(default_factory=dict)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    commitments: dict[str, Commitments] = field(default_factory=dict)
    charters: dict[str, Charter] = field(default_factory=dict)
    frameworks: dict[str, Framework] = field(default_factory=dict)
    vocabularies: dict[str, Vocabulary] = field(default_factory=dict)
    gaps: dict[str, Gaps] = field(default_factory=dict)
    peers: dict[str, Peers] = field(default_factory=dict)
    portals: dict[str, Portal] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    indicators: dict[str, Indicator] = field(default_factory=dict)
    documents: dict[str, yaml.Document] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    """What must be mended before the next version, or is of no use, and stops nothing until then."""
    broken: set[str] = field(default_factory=set)
    """Ids of files with mistakes of their own: a reference to one of them is no further mistake."""

    def sound(self) -> Catalog:
        """This catalogue, or SpecErrors with every problem found."""
        if self.problems:
            raise SpecErrors(self.problems)
        return self

    def shelf(self, kind: Kind) -> dict[str, Any]:
        """All specs of a kind, by id."""
        specs: dict[str, Any] = getattr(self, kind.shelf)
        return specs

    def specs(self) -> Iterator[File]:
        """All specs of all kinds."""
        for shelf in dict.fromkeys(kind.shelf for kind in KINDS):
            yield from getattr(self, shelf).values()

    def indicator(self, indicator: str) -> Indicator:
        """The indicator of this id, or that had it before; UsageError names the nearest where there is none."""
        spec = self.indicators.get(self.current_id(indicator))
        if spec is None:
            close = nearest(indicator, self.indicators)
            hint = f"; did you mean {close!r}?" if close else ""
            raise UsageError(f"no indicator {indicator!r}{hint}", remedy=LISTED)
        return spec

    def current_id(self, indicator: str) -> str:
        """The id of the indicator that had this one before; the same where none had."""
        return next((i.id for i in self.indicators.values() if indicator in i.former), indicator)

    def document(self, spec: File) -> yaml.Document:
        return self.documents[BY_MODEL[type(spec)].key(spec.id)]

    def multiplier(self, indicator: Indicator) -> float:
        """What turns a ratio into the indicator's unit."""
        return self.codelists["units"].codes[indicator.unit].multiplier or 1.0

    @property
    def policy(self) -> Policy:
        """The precision policy of survey estimates."""
        if SURVEYS not in self.policies:
            remedy = "copy it from the project's indicator_specs"
            raise UsageError(f"no policy of survey estimates at {self.root}/policies/{SURVEYS}.yaml; remedy: {remedy}")
        return self.policies[SURVEYS]

    def surveyed(self, indicator: Indicator) -> bool:
        """Whether the values are estimates from the records of a survey."""
        table = self.tables.get(indicator.table or "")
        return table is not None and table.design is not None

    def root_of(self, indicator: Indicator) -> Indicator:
        """The indicator itself, or the one that it compares."""
        return self.indicators[indicator.base] if indicator.base else indicator

    def tables_of(self, indicator: Indicator) -> tuple[str, ...]:
        """All staged tables that an indicator reads: those of its method, then the whole sample that they are of."""
        named = (self.tables[table] for table in indicator.tables if table in self.tables)
        samples = (table.design.sample_table for table in named if table.design is not None)
        return tuple(dict.fromkeys((*indicator.tables, *(sample for sample in samples if sample is not None))))

    def spec_hash(self, indicator: Indicator) -> str:
        """Hash of the indicator as resolved: its own spec, its unit, and its SQL file or precision policy if any."""
        text = f"{indicator.spec_hash} {self.multiplier(indicator)}"
        if self.surveyed(indicator):
            text += self.policy.spec_hash
        if isinstance(indicator.method, Sql):
            text += (self.sql(indicator, indicator.method.file) or b"").decode()
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def sql(self, indicator: Indicator, name: str) -> bytes | None:
        """The SQL file beside an indicator, as it was read; None where there is none."""
        folder = Path(self.document(indicator).file).parent
        return self.files.get((folder / name).as_posix())

    def in_order(self) -> list[Indicator]:
        """Indicators by goal and id, each after the one that it compares."""
        ordered = sorted(self.indicators.values(), key=lambda i: (i.goal, i.id))
        return [i for i in ordered if i.base is None] + [i for i in ordered if i.base is not None]
