"""The tables of open government: their columns, keys and files in a release, defined once.

Release, warehouse, dictionary and data package derive from here. What belongs here: what stands in each table. What
does not: how it is filled (the module of its subject).
"""

from __future__ import annotations

from dataclasses import dataclass

from sdg_pipeline.specs import fields
from sdg_pipeline.specs.fields import Field


@dataclass(frozen=True)
class Table:
    """A table of the release and of the warehouse: ``name`` there, ``file`` in the release."""

    name: str
    file: str
    columns: tuple[Field, ...]
    key: tuple[str, ...]
    en: str
    es: str


def _text(name: str, en: str, es: str, required: bool = True) -> Field:
    return Field(name, "text", required, en, es)


def _number(name: str, en: str, es: str) -> Field:
    return Field(name, "number", False, en, es)


def _whole(name: str, en: str, es: str, required: bool = True) -> Field:
    return Field(name, "integer", required, en, es)


_OBSERVED = {field.name: field for field in fields.OBSERVATION}
_REGISTER = _text("register", "Register or plan that it stands in", "Registro o plan en que está")
_COMMITMENT = _text("commitment", "Its id or number there", "Su clave o número en él")
_CITE = _text("cite", "Where that can be read", "Dónde se puede leer", required=False)

COMMITMENT = Table(
    "commitment",
    "commitments.parquet",
    (
        _REGISTER,
        _COMMITMENT,
        _text("title_en", "What was promised, in English", "Lo prometido, en inglés", required=False),
        _text("title_es", "What was promised, in Spanish", "Lo prometido, en español"),
        _text("institution", "Institution of government that answers for it", "Institución responsable"),
        _text("society", "Organisations of society that answer for it", "Organizaciones responsables", required=False),
        _text("geo_level", "Finest level that was promised", "Nivel más fino que se prometió"),
        _whole("goal", "Goal that it serves", "Objetivo al que sirve", required=False),
        _text("source", "Source that it would be an edition of", "Fuente de la que sería edición", required=False),
        _text("edition", "That edition, where the source has it", "Esa edición, si la fuente la tiene", required=False),
        _text("begins_on", "Day from which it ran", "Día en que empezó", required=False),
        _text("promised_on", "Day by which it was promised", "Día prometido"),
        _text("published_on", "Day on which it was published, by the evidence", "Día de publicación", required=False),
        _text("seen_on", "Day on which somebody looked", "Día en que alguien lo comprobó", required=False),
        _text("evidence", "What shows the two days before", "Lo que lo muestra", required=False),
        _text("assessor", "Who gave the verdict", "Quién dio el dictamen", required=False),
        _text("verdict", "Verdict of the assessor, in one word", "Dictamen, en una palabra", required=False),
        _text("impact", "Potential impact, by the assessor", "Impacto potencial, según el dictamen", required=False),
        _CITE,
        _text("link", "Page on which anybody can verify it", "Página donde se puede comprobar"),
    ),
    ("register", "commitment"),
    "commitments of institutions, with their days, evidence and the verdicts of reviewers",
    "compromisos de las instituciones, con sus fechas, evidencias y dictámenes",
)
MILESTONE = Table(
    "milestone",
    "milestones.parquet",
    (
        _REGISTER,
        _COMMITMENT,
        _whole("step", "Number of the step", "Número del paso"),
        _text("title_en", "What is to be done, in English", "Lo que se hará, en inglés"),
        _text("title_es", "What is to be done, in Spanish", "Lo que se hará, en español"),
        _text("due_on", "Day by which", "Día límite"),
        _text("done_on", "Day on which it was done, by the evidence", "Día en que se hizo", required=False),
        _CITE,
    ),
    ("register", "commitment", "step"),
    "dated steps of commitments",
    "pasos fechados de los compromisos",
)
TABLES = (COMMITMENT, MILESTONE)
"""All tables, in the order of the lists of a release."""
BY_FILE = {table.file: table for table in TABLES}
