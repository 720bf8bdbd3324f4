"""The columns of the indicator table, defined once; schemas, dictionary, datapackage and comments derive from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "integer"]


@dataclass(frozen=True)
class Field:
    """One column: its name, type, whether it may be empty, its SDMX concept and what it means."""

    name: str
    kind: Kind
    required: bool
    en: str
    es: str
    concept: str | None = None

    @property
    def sql_type(self) -> str:
        return {"text": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT"}[self.kind]

    @property
    def table_schema_type(self) -> str:
        return {"text": "string", "number": "number", "integer": "integer"}[self.kind]


def _text(name: str, en: str, es: str, concept: str | None = None, required: bool = True) -> Field:
    return Field(name, "text", required, en, es, concept)


def _number(name: str, en: str, es: str, concept: str | None = None) -> Field:
    return Field(name, "number", False, en, es, concept)


OBSERVATION: tuple[Field, ...] = (
    _text("indicator", "Indicator id of this project", "Clave del indicador en este proyecto"),
    _text(
        "series",
        "Series of the UN where the definition is the UN's, else _L_MX_ and the id",
        "Serie de la ONU si la definición es la suya; si no, _L_MX_ y la clave",
        "SERIES",
    ),
    _text(
        "sdg_indicator",
        "UN SDG indicator, or the target for national indicators",
        "Indicador ODS de la ONU, o la meta",
    ),
    _text(
        "ref_area",
        "Area: MX, MX and state key, MX and municipality key",
        "Área: MX y clave del INEGI",
        "REF_AREA",
    ),
    _text("area_name", "Name of the area in the vintage of its keys", "Nombre del área"),
    _text("geo_level", "national, state, harmonised (municipalities added up) or municipality", "Nivel geográfico"),
    _text("geo_vintage", "Edition of the area register", "Edición del registro de áreas"),
    _text("time_period", "Year that the value refers to", "Año de referencia", "TIME_PERIOD"),
    _text("sex", "_T total, F women, M men; F where all are women", "_T total, F mujeres, M hombres", "SEX"),
    _text("age", "Age group; of a total _T, or the ages that it is of", "Grupo de edad", "AGE"),
    _text(
        "urbanisation",
        "_T total, U urban, R rural (under 2,500 inhabitants)",
        "_T, U urbano, R rural",
        "URBANISATION",
    ),
    _text(
        "disability",
        "_T total, PD with disability, PWD without",
        "Condición de discapacidad",
        "DISABILITY_STATUS",
    ),
    _text("indigenous", "_T total; national extension", "_T total; extensión nacional"),
    _text("income_quantile", "_T total", "_T total", "INCOME_WEALTH_QUANTILE"),
    _text("education", "_T total", "_T total", "EDUCATION_LEV"),
    _number("obs_value", "The value, in full precision; round only to show it", "El valor, sin redondear", "OBS_VALUE"),
    _text("unit_measure", "Unit, code list units", "Unidad de medida", "UNIT_MEASURE"),
    _number("numerator", "What was counted", "Numerador"),
    _number("denominator", "Out of how many", "Denominador"),
    _text(
        "denominator_source",
        "Source and edition of the denominator",
        "Fuente del denominador",
        required=False,
    ),
    Field(
        "n_obs",
        "integer",
        False,
        "Sample size, or sites behind the value; empty for full counts",
        "Tamaño de muestra, o sitios",
    ),
    Field(
        "n_missing",
        "integer",
        False,
        "Records without an answer, left out; of a standardised rate, events of unknown age, which are allocated",
        "Registros sin respuesta, omitidos; en tasas estandarizadas, eventos de edad desconocida, asignados",
    ),
    Field("n_psu", "integer", False, "Primary sampling units with an answer", "Unidades primarias de muestreo"),
    _number("std_error", "Standard error; empty for full counts", "Error estándar"),
    _number("cv", "Coefficient of variation, per cent", "Coeficiente de variación, por ciento"),
    _number("ci_lower", "Lower limit of the confidence interval", "Límite inferior de confianza", "LOWER_BOUND"),
    _number("ci_upper", "Upper limit of the confidence interval", "Límite superior de confianza", "UPPER_BOUND"),
    _number("deff", "Design effect", "Efecto de diseño"),
    _number("df", "Degrees of freedom", "Grados de libertad"),
    _text(
        "precision", "full_count, unstable (few events or none), published, or class of the CV", "Clase de precisión"
    ),
    _text(
        "obs_status",
        "A normal; E, F, P, B, U marked values; O, M, L, Q missing; code list obs_status",
        "A normal; E, F, P, B, U valores marcados; O, M, L, Q sin valor; catálogo obs_status",
        "OBS_STATUS",
    ),
    _text("obs_reason", "Why a value is missing or marked", "Motivo", "COMMENT_OBS", required=False),
    _text("nature", "C country data; CA adjusted; E estimated", "Naturaleza del dato", "NATURE"),
    _text("coverage", "full, or partial where the run did not see the whole country", "full o partial"),
    _text("source", "Source id", "Clave de la fuente", "SOURCE_DETAIL"),
    _text("source_edition", "Edition of the source", "Edición de la fuente"),
    _text("source_sha256", "sha256 of the bytes that the value was computed from", "sha256 de los bytes usados"),
    _text("spec_hash", "Hash of the indicator's definition", "Huella de la definición"),
)

_BY_NAME = {f.name: f for f in OBSERVATION}

FORECAST, BREAK = "F", "B"
"""Statuses (CL_OBS_STATUS) of a forecast, and of the first value after a break of the series."""

DIFFERENCE: tuple[Field, ...] = (
    _BY_NAME["indicator"],
    _text("comparison", "gap (groups), nation (a state and the nation) or change (years)", "Tipo de comparación"),
    *(
        _BY_NAME[name]
        for name in ("ref_area", "geo_level", "time_period", "sex", "age", "urbanisation", "disability", "indigenous")
    ),
    *(_BY_NAME[name] for name in ("income_quantile", "education")),
    _text("dimension", "Column in which the two values differ", "Columna en que difieren los dos valores"),
    _text("reference", "What it is compared with: a group, an area or a year", "Con qué se compara"),
    _BY_NAME["obs_value"],
    _number("reference_value", "The value that it is compared with", "El valor con que se compara"),
    _number("difference", "The value less the one it is compared with", "Diferencia de los dos valores"),
    _number("std_error", "Standard error of the difference, by the design", "Error estándar de la diferencia"),
    _number("df", "Degrees of freedom of the difference", "Grados de libertad de la diferencia"),
    _number("ci_lower", "Lower limit of its confidence interval", "Límite inferior de confianza"),
    _number("ci_upper", "Upper limit of its confidence interval", "Límite superior de confianza"),
    _number("p_value", "Probability of as large a difference if there were none", "Valor p"),
)
"""Columns of the table of differences between estimates of surveys."""

MODEL: tuple[Field, ...] = (
    _BY_NAME["indicator"],
    _text("ref_area", "Municipality, or MX for figures of the whole fit", "Municipio, o MX para el ajuste completo"),
    _text("term", "beta and its covariate, sigma2_v, gamma (weight of the direct estimate), residual …", "Término"),
    _number("value", "Its value", "Su valor"),
    _number("std_error", "Standard error of an estimated term", "Error estándar del término"),
)
"""Columns of the table of models of small areas."""
MODEL_KEY: tuple[str, ...] = ("indicator", "ref_area", "term")

DIMENSIONS: tuple[str, ...] = (
    "sex",
    "age",
    "urbanisation",
    "disability",
    "indigenous",
    "income_quantile",
    "education",
)
"""Dimensions besides area and time; where an indicator is not broken down by one, it is ``_T`` or the code of
its universe."""

KEY: tuple[str, ...] = ("indicator", "ref_area", "time_period", *DIMENSIONS)
"""Columns that identify a row."""


DEVIATION: tuple[Field, ...] = (
    _text("rule", "Rule of coherence, see the coherence specs", "Regla de coherencia"),
    _BY_NAME["indicator"],
    *(_BY_NAME[name] for name in ("ref_area", "geo_level", "time_period", *DIMENSIONS)),
    _text("quantity", "What was compared: value, numerator, denominator, an expression …", "Qué se comparó"),
    _number("observed", "What was found", "Lo observado"),
    _number("expected", "What the rule expects; the bound, where it sets one", "Lo esperado, o el límite"),
    _number("difference", "Observed less expected", "Lo observado menos lo esperado"),
    _text("severity", "blocking or warning, of the rule", "Gravedad de la regla"),
    _text("status", "explained, or open where nobody has explained it yet", "explained (explicada) u open (abierta)"),
    _text("explanation", "Why the two differ, reviewed", "Por qué difieren", required=False),
    _text("cite", "Where that can be read or seen", "Dónde se puede comprobar", required=False),
)
"""Columns of the table of deviations from the rules of coherence."""
DEVIATION_KEY: tuple[str, ...] = ("rule", *KEY, "quantity")
"""Columns that identify a deviation."""

REVISION: tuple[Field, ...] = (
    _text("table_id", "Staged table of the series", "Tabla de la serie"),
    _text("measure", "Measure of that table", "Medida de esa tabla"),
    _text("edition_from", "The older cut", "El corte anterior"),
    _text("edition_to", "The newer cut", "El corte más reciente"),
    _text("ref_area", "Area, as in observation", "Área, como en observation"),
    _text("time_period", "Year that the figure refers to", "Año de la cifra"),
    _text("detail", "Other keys of the record as JSON: month, kind of crime", "Otras llaves del registro, en JSON"),
    _number("old_value", "Figure in the older cut", "Cifra del corte anterior"),
    _number("new_value", "Figure in the newer cut", "Cifra del corte más reciente"),
)
"""Columns of the table of what a cut of a series changed of the one before."""

PROFILE: tuple[Field, ...] = (
    _text("table_id", "Staged table", "Tabla preparada"),
    _text("edition", "Edition of the source", "Edición de la fuente"),
    _text("geo_level", "Level of the rows", "Nivel de los renglones"),
    _text("time_period", "Year of the rows; empty for codes", "Año de los renglones; vacío en códigos", required=False),
    _text(
        "column_name",
        "Measure or dimension; records, or file for the file itself",
        "Medida o dimensión; records, o file para el archivo",
    ),
    _text(
        "code",
        "State, code of the dimension, or _T for all rows; of a file its source",
        "Estado, código de la dimensión o _T para todos; de un archivo, su fuente",
    ),
    _text(
        "statistic",
        "records, sum, nulls, min, max, mean; cells_… are of sums by state or municipality",
        "Estadístico; los cells_… son de sumas por estado o municipio",
    ),
    _number("value", "Its value, in ten digits", "Su valor, en diez dígitos"),
)
"""Columns of the table of profiles of the staged tables."""

DIFFERENCE_KEY: tuple[str, ...] = ("indicator", "comparison", "dimension", "reference", *KEY[1:])
"""Columns that identify a difference."""


def names() -> tuple[str, ...]:
    return tuple(f.name for f in OBSERVATION)
