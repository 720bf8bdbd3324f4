"""The tables of open government in which figures are added up and held against one another, defined once.

What belongs here: the columns of states against their municipalities. What does not: the other tables and the list of
all (tables), and how these are filled (levels).
"""

from __future__ import annotations

from sdg_pipeline.open_government.table import Table, number, text, whole
from sdg_pipeline.specs import fields

_OBSERVED = {field.name: field for field in fields.OBSERVATION}

STATE_SUM = Table(
    "state_sum",
    "state_sums.parquet",
    (
        text("ref_area", "State", "Entidad federativa"),
        _OBSERVED["indicator"],
        whole("goal", "Goal of the indicator", "Objetivo del indicador"),
        text("time_period", "Newest year that state and municipalities have", "Año más reciente que ambos tienen"),
        text("quantity", "value: of a number; numerator: what was counted of a share or rate", "value o numerator"),
        number("state_value", "Figure of the state", "Cifra de la entidad"),
        number("municipal_sum", "Sum of its municipalities", "Suma de sus municipios"),
        number("difference", "State less sum: what is in no municipality", "Entidad menos suma"),
        number("unallocated_share", "The difference in parts of the state", "La diferencia como parte de la entidad"),
        text("uneven", "yes: a part of the state is in no municipality, beyond rounding; else no", "yes o no"),
        whole("with_value", "Municipalities whose figure is added", "Municipios cuya cifra se suma"),
        whole("without_value", "Municipalities of its register without a figure or case", "Municipios sin cifra"),
        text("state_source", "Source and edition of the state", "Fuente y edición de la entidad"),
        text("municipal_source", "Sources and editions of the municipalities", "Fuentes de los municipios"),
    ),
    ("ref_area", "indicator"),
    "how the municipalities of a state add up to it, in indicators that are sums",
    "cómo suman los municipios de una entidad, en indicadores que son sumas",
)
STATE_FINDING = Table(
    "state_finding",
    "state_findings.parquet",
    (
        text("state", "State in which it was seen", "Entidad en que se observó"),
        text(
            "kind",
            "sources: two of them disagree; rule: one fails; contributed: by governments there; official: compared",
            "sources (dos no coinciden), rule (una falla), contributed (aportada) u official (comparada)",
        ),
        text("rule", "Rule of coherence, id of the contribution, or citation", "Regla, clave del archivo o cita"),
        *(_OBSERVED[name] for name in ("indicator", "ref_area", "geo_level", "time_period")),
        text("group_codes", "Codes in which it is no total, such as sex=F; _T: the total", "Códigos del grupo o _T"),
        text("quantity", "What was compared", "Qué se comparó"),
        number("value", "The value of this release", "El valor de esta publicación"),
        number("other_value", "What it is compared with", "Con qué se compara"),
        number("difference", "The value less the other", "El valor menos el otro"),
        text("status", "open, explained, or agrees within what rounding can make", "open, explained o agrees"),
        text(
            "why",
            "Why they differ; of a contribution its contributor",
            "Por qué difieren, o quién aporta",
            required=False,
        ),
        text("cite", "Where that can be read", "Dónde se puede leer", required=False),
    ),
    ("state", "kind", "rule", "indicator", "ref_area", "time_period", "group_codes", "quantity"),
    "what disagrees in a state or its municipalities: sources, rules, contributed and official figures",
    "lo que no coincide en una entidad o sus municipios: fuentes, reglas, cifras aportadas y oficiales",
)
