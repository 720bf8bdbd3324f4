"""The tables of open government in which figures are added up and held against one another, defined once.

What belongs here: the columns of states against their municipalities, and of budgets by target. What does not: the
other tables and the list of all (tables), and how these are filled (levels, budget).
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
BUDGET = Table(
    "budget",
    "budget.parquet",
    (
        text("budget", "Budget, see indicator_specs/budget", "Presupuesto"),
        text("account_year", "Year of the amounts; none: no account is at hand", "Año de los montos, o none"),
        text("link_year", "Year of the links of programmes with targets", "Año de la vinculación"),
        text("same_year", "yes; no: amounts of one year by the links of another", "yes o no"),
        text("scope", "total, a goal (4) or a target (4.1)", "total, objetivo (4) o meta (4.1)"),
        whole("goal", "Goal; empty of the total", "Objetivo", required=False),
        text("target", "Target; empty of totals and goals", "Meta", required=False),
        text(
            "link",
            "direct, where any link within the scope is; indirect: by intermediate results alone; none: not linked",
            "direct (directa), indirect (sólo indirecta) o none (sin vínculo)",
        ),
        text("only_indirect", "yes: nothing in the scope is linked directly; else no", "yes: nada se vincula directo"),
        whole("programmes", "Linked programmes, each once in a scope; of none empty", "Programas vinculados", False),
        whole("matched", "Those in the account with the same branch, key and name", "Hallados en la cuenta", False),
        whole("other_name", "Key there under another name; not in the amounts", "Clave con otro nombre", False),
        whole("absent", "Those whose branch or key the account does not have", "Ausentes de la cuenta", False),
        number("matched_share", "Matched among linked programmes, 0 to 1", "Proporción hallada"),
        number("approved", "Pesos as first approved, of matched programmes", "Pesos aprobados"),
        number("modified", "Pesos after changes within the year", "Pesos modificados"),
        number("accrued", "Pesos owed for what was received", "Pesos devengados"),
        number("spent", "Pesos spent", "Pesos ejercidos"),
        number("share_of_approved", "Approved pesos in parts of all that the account approves", "Parte de lo aprobado"),
    ),
    ("budget", "account_year", "scope", "link"),
    "amounts of budget programmes by the target, goal or total that they are linked with; scopes do not add up",
    "montos de programas presupuestarios por meta, objetivo o total vinculado; no se suman entre sí",
)
