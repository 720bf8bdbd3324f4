"""The components of the national data structure: dimensions, measure and attributes, each with its concept and codes.

It extends the global structure of the SDGs, ``IAEG-SDGs:SDG(1.5)``. The 16 dimensions of that one come first, in its
order and with its concepts. Its attributes keep their names and levels. It adds the dimension INDIGENOUS, since the
``C01`` of the global CUST_BREAKDOWN means nothing without a label. Every other column of the indicator table is an
attribute. So a row with ``INDIGENOUS`` ``_T`` is a row of the global structure when that dimension is left out.
What belongs here: this table, which a question to the desk loads too. What does not: the codes themselves
(``codelists``), any file, any library for SDMX.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sdg_pipeline.duck import text as literal
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.indicator import Indicator

AGENCY = "SDG_MX"
AGENCY_NAME = "SDG pipeline for Mexico"
"""An id of this project; no registry of SDMX lists it."""
VERSION = "1.0"
STRUCTURE = "SDG_MX"
CONCEPTS = "SDG_MX_CONCEPTS"
FLOW = "DF_SDG_MX"
"""The dataflow of all values; that of a goal has its number behind: ``DF_SDG_MX_06``."""
GLOBAL_AGENCY = "IAEG-SDGs"
GLOBAL_STRUCTURE = f"{GLOBAL_AGENCY}:SDG(1.5)"
GLOBAL_CONCEPTS = "SDG_CONCEPTS"
TIME = "TIME_PERIOD"
MEASURE = "OBS_VALUE"

Part = Literal["dimension", "measure", "attribute"]


@dataclass(frozen=True)
class CodeSource:
    """Where the codes of a component come from: a list of the standard, a list of the specs, or a single code.

    ``standard`` is agency, id and version; None where the standard has no such list. ``fixed`` is the one code of a
    component that the indicator table has no column of.
    """

    standard: tuple[str, str, str] | None = None
    spec: str | None = None
    fixed: tuple[str, str, str] | None = None


@dataclass(frozen=True)
class Component:
    """A component: its concept in both languages, its column where it has one, its codes, its type and its role."""

    id: str
    part: Part
    en: str
    es: str
    column: str | None
    codes: CodeSource | None = None
    kind: fields.Kind = "text"
    required: bool = False
    role: str | None = None

    @property
    def of_series(self) -> bool:
        """Whether an attribute is of a whole series, as in the global structure."""
        return self.id == "UNIT_MEASURE"

    @property
    def is_global(self) -> bool:
        """Whether the concept is one of the global structure."""
        return self.id in GLOBAL_NAMES

    def code_of(self, universe: Mapping[str, str]) -> str:
        """The one code of a component without a column, in the rows of an indicator with this universe."""
        assert self.codes is not None and self.codes.fixed is not None, "a component has a column or one code"
        return universe.get(self.id.lower(), self.codes.fixed[0])

    def expression(self, indicator: Indicator) -> str:
        """The SQL of the component for the rows of an indicator."""
        return self.column or literal(self.code_of(indicator.universe))


GLOBAL_NAMES = {
    "FREQ": ("Frequency of observation", "Frecuencia de observación"),
    "REPORTING_TYPE": ("Reporting type", "Tipo de informe"),
    "SERIES": ("SDG Series", "Serie de los ODS"),
    "REF_AREA": ("Reference area", "Área de referencia"),
    "SEX": ("Sex", "Sexo"),
    "AGE": ("Age", "Edad"),
    "URBANISATION": ("Degree of urbanisation", "Grado de urbanización"),
    "INCOME_WEALTH_QUANTILE": ("Income or wealth quantile", "Cuantil de ingreso o riqueza"),
    "EDUCATION_LEV": ("Education level", "Nivel de escolaridad"),
    "OCCUPATION": ("Occupation", "Ocupación"),
    "CUST_BREAKDOWN": ("Custom Breakdown", "Desglose propio"),
    "COMPOSITE_BREAKDOWN": ("Composite breakdown", "Desglose compuesto"),
    "DISABILITY_STATUS": ("Disability status", "Condición de discapacidad"),
    "ACTIVITY": ("Economic activity", "Actividad económica"),
    "PRODUCT": ("Type of product", "Tipo de producto"),
    TIME: ("Time period", "Periodo"),
    MEASURE: ("Observation value", "Valor de la observación"),
    "OBS_STATUS": ("Observation status", "Estado de la observación"),
    "UNIT_MULT": ("Unit multiplier", "Multiplicador de la unidad"),
    "UNIT_MEASURE": ("Unit of measure", "Unidad de medida"),
    "NATURE": ("Nature of data points", "Naturaleza de los datos"),
    "COMMENT_OBS": ("Observation-level footnotes", "Notas de la observación"),
    "UPPER_BOUND": ("Upper bound value", "Límite superior"),
    "LOWER_BOUND": ("Lower bound value", "Límite inferior"),
    "SOURCE_DETAIL": ("Source details", "Detalle de la fuente"),
}
"""Concepts of ``IAEG-SDGs:SDG_CONCEPTS(1.0)`` that are used here, with its English names."""
NATIONAL_NAMES = {"INDIGENOUS": ("Speakers of an indigenous language", "Hablantes de lengua indígena")}
"""Names of national concepts that are not those of their columns."""

_NO_BREAKDOWN = (TOTAL, "No breakdown", "Sin desglose")
CODES = {
    "FREQ": CodeSource(("SDMX", "CL_FREQ", "2.0"), fixed=("A", "Annual", "Anual")),
    "REPORTING_TYPE": CodeSource((GLOBAL_AGENCY, "CL_REPORTING_TYPE", "1.0"), fixed=("N", "National", "Nacional")),
    "SERIES": CodeSource(),
    "REF_AREA": CodeSource(),
    "SEX": CodeSource((GLOBAL_AGENCY, "CL_SEX", "1.1"), "sex"),
    "AGE": CodeSource((GLOBAL_AGENCY, "CL_AGE", "1.1"), "age"),
    "URBANISATION": CodeSource((GLOBAL_AGENCY, "CL_URBANISATION", "1.0"), "urbanisation"),
    "INCOME_WEALTH_QUANTILE": CodeSource((GLOBAL_AGENCY, "CL_QUANTILE", "1.1"), "income_quantile"),
    "EDUCATION_LEV": CodeSource((GLOBAL_AGENCY, "CL_EDUCATION_LEV", "1.0"), "education"),
    "OCCUPATION": CodeSource((GLOBAL_AGENCY, "CL_OCCUPATION", "1.1"), "occupation", _NO_BREAKDOWN),
    "CUST_BREAKDOWN": CodeSource((GLOBAL_AGENCY, "CL_CUST_BREAKDOWN", "1.4"), fixed=_NO_BREAKDOWN),
    "COMPOSITE_BREAKDOWN": CodeSource(
        (GLOBAL_AGENCY, "CL_COMP_BREAKDOWN", "1.5"), "composite_breakdown", _NO_BREAKDOWN
    ),
    "DISABILITY_STATUS": CodeSource((GLOBAL_AGENCY, "CL_DISABILITY", "1.0"), "disability"),
    "ACTIVITY": CodeSource((GLOBAL_AGENCY, "CL_ACTIVITY", "1.5"), "activity", _NO_BREAKDOWN),
    "PRODUCT": CodeSource((GLOBAL_AGENCY, "CL_PRODUCT", "1.0"), "product", _NO_BREAKDOWN),
    "INDIGENOUS": CodeSource(spec="indigenous"),
    "OBS_STATUS": CodeSource(("SDMX", "CL_OBS_STATUS", "2.1"), "obs_status"),
    "UNIT_MULT": CodeSource(("SDMX", "CL_UNIT_MULT", "1.1"), fixed=("0", "Units", "Unidades")),
    "UNIT_MEASURE": CodeSource((GLOBAL_AGENCY, "CL_UNIT_MEASURE", "1.3"), "units"),
    "NATURE": CodeSource((GLOBAL_AGENCY, "CL_NATURE", "1.0"), "nature"),
    "GEO_LEVEL": CodeSource(spec="geo_level"),
}
"""Codes by component; SERIES and REF_AREA have those of the release."""
ROLES = {"FREQ": "FREQ", "REF_AREA": "GEO"}
"""Concept roles, items of ``SDMX:SDMX_CONCEPT_ROLES(1.0)``; of others no use in a published structure was seen."""
DIMENSIONS = (*[name for name in GLOBAL_NAMES if name != TIME][:15], "INDIGENOUS", TIME)
"""Dimensions in order: those of the global structure, the national one, and time."""
KEY = tuple(name for name in DIMENSIONS if name != TIME)
"""Dimensions of a key, in order."""
REQUIRED = ("OBS_STATUS", "UNIT_MULT", "UNIT_MEASURE")
"""Attributes that the global structure requires."""


def _components() -> tuple[Component, ...]:
    columns = {field.concept or field.name.upper(): field for field in fields.OBSERVATION}
    attributes = [name for name in ("UNIT_MULT", *columns) if name not in (*DIMENSIONS, MEASURE)]
    return (
        *(_component(name, "dimension", columns) for name in DIMENSIONS),
        _component(MEASURE, "measure", columns),
        *(_component(name, "attribute", columns) for name in attributes),
    )


def _component(name: str, part: Part, columns: dict[str, fields.Field]) -> Component:
    field = columns.get(name)
    names = (GLOBAL_NAMES | NATIONAL_NAMES).get(name) or ((field.en, field.es) if field else ("", ""))
    return Component(
        name,
        part,
        *names,
        column=field.name if field else None,
        codes=CODES.get(name),
        kind=field.kind if field else "text",
        required=part == "dimension" or name in REQUIRED,
        role=ROLES.get(name),
    )


COMPONENTS = _components()
"""Every component: dimensions, the measure, attributes."""
ENUMERATED = [c for c in COMPONENTS if c.id in KEY and c.column is not None]
"""The dimensions with codes that the indicator table has a column of."""


def flow_of(goal: int | None) -> str:
    """The dataflow of a goal; of all values where it is None."""
    return FLOW if goal is None else f"{FLOW}_{goal:02}"
