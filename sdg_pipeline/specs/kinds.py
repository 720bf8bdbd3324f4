"""The kinds of spec, each registered once: catalogue, JSON Schema, reference and skeletons read this list."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

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
from sdg_pipeline.specs.peers import Peers
from sdg_pipeline.specs.policy import Policy
from sdg_pipeline.specs.portals import Portal
from sdg_pipeline.specs.registers import Assumptions, Cites, Defaults, Licences, Publishers
from sdg_pipeline.specs.requests import Request
from sdg_pipeline.specs.source import Source
from sdg_pipeline.specs.table import Table

GOAL_FOLDERS = tuple(f"goal_{n:02d}" for n in range(1, 18))


@dataclass(frozen=True)
class Kind:
    """A kind of spec: its model, the shelf of the catalogue, and where its files lie.

    ``folders`` holds folders of many files, or ``file`` the one file of the kind. ``order`` says when it is read: what
    others name by id comes before them. ``own_ids`` is true where ids are also those of other kinds.
    """

    model: type[File]
    shelf: str
    folders: tuple[str, ...] = ()
    file: str | None = None
    order: int = 2
    own_ids: bool = False

    @property
    def name(self) -> str:
        """Name of the kind, which is that of its JSON Schema."""
        return self.model.__name__.lower()

    @property
    def place(self) -> str:
        """Where its files lie, for people."""
        return self.file or f"{self.folders[0] if len(self.folders) == 1 else 'goal_NN'}/<id>.yaml"

    def key(self, spec: str) -> str:
        """What tells the document of a spec from those of all others."""
        return f"{self.name} {spec}" if self.own_ids else spec


KINDS = (
    Kind(Source, "sources", ("sources",)),
    Kind(Table, "tables", ("tables",)),
    Kind(Codelist, "codelists", ("codelists",), own_ids=True),
    Kind(Assumptions, "registers", file="codelists/assumptions.yaml", order=0, own_ids=True),
    Kind(Cites, "registers", file="codelists/cites.yaml", order=0, own_ids=True),
    Kind(Publishers, "registers", file="codelists/publishers.yaml", order=0, own_ids=True),
    Kind(Licences, "registers", file="codelists/licences.yaml", order=0, own_ids=True),
    Kind(Defaults, "defaults", file="defaults.yaml", order=1, own_ids=True),
    Kind(Policy, "policies", ("policies",)),
    Kind(Coherence, "coherence", ("coherence",)),
    Kind(Commitments, "commitments", ("commitments",), own_ids=True),
    Kind(Contract, "contracts", ("contracts",), own_ids=True),
    Kind(Corrections, "corrections", ("corrections",), own_ids=True),
    Kind(Charter, "charters", ("charter",), own_ids=True),
    Kind(Framework, "frameworks", ("frameworks",), own_ids=True),
    Kind(Vocabulary, "vocabularies", file="frameworks/vocabulary.yaml", own_ids=True),
    Kind(Gaps, "gaps", ("gaps",), own_ids=True),
    Kind(Peers, "peers", ("peers",), own_ids=True),
    Kind(Portal, "portals", ("portals",), own_ids=True),
    Kind(Request, "requests", ("requests",), own_ids=True),
    Kind(Budget, "budgets", ("budget",), own_ids=True),
    Kind(Calendar, "calendars", ("calendars",)),
    Kind(Indicator, "indicators", GOAL_FOLDERS),
)
FOLDERS = tuple(folder for kind in KINDS for folder in kind.folders)
BY_MODEL = {kind.model: kind for kind in KINDS}
_BY_FILE = {kind.file: kind for kind in KINDS if kind.file}
_BY_FOLDER = {folder: kind for kind in KINDS for folder in kind.folders}


def kind_at(path: PurePath) -> Kind | None:
    """The kind of the spec in a file, by its path below the folder of specs; None where no spec lies."""
    if path.as_posix() in _BY_FILE:
        return _BY_FILE[path.as_posix()]
    return _BY_FOLDER.get(path.parts[0]) if len(path.parts) == 2 else None
