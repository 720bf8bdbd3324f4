"""The tables of open government: their columns, keys and files in a release, defined once.

Release, warehouse, dictionary and data package derive from here. What belongs here: what stands in each table. What
does not: how it is filled (the module of its subject).
"""

from __future__ import annotations

from sdg_pipeline.open_government.portal_table import PORTAL
from sdg_pipeline.open_government.progress_table import PROGRESS
from sdg_pipeline.open_government.sum_tables import BUDGET, STATE_FINDING, STATE_SUM
from sdg_pipeline.open_government.table import Table, number, text, whole
from sdg_pipeline.specs import fields

_OBSERVED = {field.name: field for field in fields.OBSERVATION}
_REGISTER = text("register", "Register or plan that it stands in", "Registro o plan en que está")
_COMMITMENT = text("commitment", "Its id or number there", "Su clave o número en él")
_CITE = text("cite", "Where that can be read", "Dónde se puede leer", required=False)

COMMITMENT = Table(
    "commitment",
    "commitments.parquet",
    (
        _REGISTER,
        _COMMITMENT,
        text("title_en", "What was promised, in English", "Lo prometido, en inglés", required=False),
        text("title_es", "What was promised, in Spanish", "Lo prometido, en español"),
        text("institution", "Institution of government that answers for it", "Institución responsable"),
        text("society", "Organisations of society that answer for it", "Organizaciones responsables", required=False),
        text("geo_level", "Finest level that was promised", "Nivel más fino que se prometió"),
        whole("goal", "Goal that it serves", "Objetivo al que sirve", required=False),
        text("source", "Source that it would be an edition of", "Fuente de la que sería edición", required=False),
        text("edition", "That edition, where the source has it", "Esa edición, si la fuente la tiene", required=False),
        text("begins_on", "Day from which it ran", "Día en que empezó", required=False),
        text("promised_on", "Day by which it was promised", "Día prometido"),
        text("published_on", "Day on which it was published, by the evidence", "Día de publicación", required=False),
        text("seen_on", "Day on which somebody looked", "Día en que alguien lo comprobó", required=False),
        text("evidence", "What shows the two days before", "Lo que lo muestra", required=False),
        text("evidence_kind", "cite, or portal: a portal was asked", "cite o portal (se preguntó)", required=False),
        text("assessor", "Who gave the verdict", "Quién dio el dictamen", required=False),
        text("verdict", "Verdict of the assessor, in one word", "Dictamen, en una palabra", required=False),
        text("impact", "Potential impact, by the assessor", "Impacto potencial, según el dictamen", required=False),
        _CITE,
        text("link", "Page on which anybody can verify it", "Página donde se puede comprobar"),
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
        whole("step", "Number of the step", "Número del paso"),
        text("title_en", "What is to be done, in English", "Lo que se hará, en inglés"),
        text("title_es", "What is to be done, in Spanish", "Lo que se hará, en español"),
        text("due_on", "Day by which", "Día límite"),
        text("done_on", "Day on which it was done, by the evidence", "Día en que se hizo", required=False),
        _CITE,
    ),
    ("register", "commitment", "step"),
    "dated steps of commitments",
    "pasos fechados de los compromisos",
)
_CLOSES = (
    text("closes_with_en", "Which source or edition would close it, in English", "Qué la cerraría, en inglés", False),
    text("closes_with_es", "Which source or edition would close it, in Spanish", "Qué la cerraría", required=False),
)
_PEOPLE = number("people", "People who live in the areas; empty where no figure is known", "Población de las áreas")

GAP_GRID = Table(
    "gap_grid",
    "gap_grid.parquet",
    (
        _OBSERVED["indicator"],
        whole("goal", "Goal of the indicator", "Objetivo del indicador"),
        _OBSERVED["geo_level"],
        text("dimension", "_T: the totals; else a dimension without groups here", "_T o dimensión sin grupos"),
        text(
            "class",
            "value; empty (see gap); no_level, not_in_register, by_group_only, partial_coverage; no_group",
            "Clase de la celda",
        ),
        whole("cells", "Areas of today in this class", "Áreas actuales en esta clase"),
        _PEOPLE,
        text("time_period", "Newest period of the indicator and level", "Periodo más reciente", required=False),
        whole("vintage", "Vintage of the areas that the data know", "Versión de las áreas de los datos"),
        text("source", "Source of the indicator at this level", "Fuente del indicador a este nivel"),
        text("institution", "Institution that publishes it", "Institución que la publica"),
        *_CLOSES,
    ),
    ("indicator", "geo_level", "dimension", "class"),
    "cells of the grid of indicators and areas of today, by class; those of one level add up",
    "celdas de la cuadrícula de indicadores y áreas actuales, por clase; las de un nivel se suman",
)
GAP = Table(
    "gap",
    "gaps.parquet",
    (
        _OBSERVED["indicator"],
        _OBSERVED["ref_area"],
        _OBSERVED["geo_level"],
        _OBSERVED["time_period"],
        text("reason", "Why there is no value (obs_reason)", "Por qué no hay valor (obs_reason)"),
        _PEOPLE,
        *_CLOSES,
    ),
    ("indicator", "ref_area"),
    "cells of the newest period that the sources leave without a value, with one reason each",
    "celdas del periodo más reciente sin valor, con un motivo cada una",
)
UN_GAP = Table(
    "un_gap",
    "un_gaps.parquet",
    (
        text("sdg_indicator", "Code of the UN", "Código de la ONU"),
        whole("goal", "Goal", "Objetivo"),
        text("title_en", "What it measures, in English", "Lo que mide, en inglés"),
        text("title_es", "What it measures, in Spanish", "Lo que mide"),
        text(
            "why",
            "countries: it rates whole countries; donors: flows between countries; not_examined: nobody looked",
            "countries (califica países), donors (flujos entre países) o not_examined (sin examinar)",
        ),
    ),
    ("sdg_indicator",),
    "indicators of the United Nations without any of this project, and why",
    "indicadores de la ONU sin ninguno de este proyecto, y por qué",
)
PEER = Table(
    "peer",
    "peers.parquet",
    (
        text("ref_area", "Municipality", "Municipio"),
        whole("rank", "1 is the nearest", "1 es el más cercano"),
        text("peer", "Municipality that is like it", "Municipio semejante"),
        number("distance", "Mean difference of positions, 0 to 1", "Diferencia media de posiciones, de 0 a 1"),
        number(
            "stability", "Share of runs without one variable that keep the peer", "Proporción de corridas en que sigue"
        ),
    ),
    ("ref_area", "rank"),
    "nearest municipalities by variables that describe the place",
    "municipios más cercanos según variables que describen el lugar",
)
PEER_PLACE = Table(
    "peer_place",
    "peer_places.parquet",
    (
        text("ref_area", "Municipality", "Municipio"),
        text("variable", "Variable that describes the place", "Variable que describe el lugar"),
        text("title_en", "What it is, in English", "Lo que es, en inglés"),
        text("title_es", "What it is, in Spanish", "Lo que es"),
        number("value", "Its value; shares from 0 to 1", "Su valor"),
        number("position", "Its position among all municipalities, 0 to 1", "Su posición, de 0 a 1"),
        text("inherited_from", "Parents whose mean it is; empty: its own", "Municipios de origen", required=False),
    ),
    ("ref_area", "variable"),
    "what describes a municipality, and where it stands among all",
    "lo que describe a un municipio, y su posición entre todos",
)
PEER_QUALITY = Table(
    "peer_quality",
    "peer_quality.parquet",
    (
        _OBSERVED["indicator"],
        whole("areas", "Municipalities that were judged", "Municipios evaluados"),
        number("gap_peers", "Mean distance of values to the median of the peers", "Distancia media a la de los pares"),
        number("gap_state", "Mean distance to the median of the state", "Distancia media a la mediana del estado"),
        number("gap_nation", "Mean distance to the median of the nation", "Distancia media a la mediana nacional"),
        text("shown", "Which of the first two is nearer: peers or state", "Cuál está más cerca: peers o state"),
        text(
            "role",
            "outcome: judges the choice; circular: has a component of a variable; other",
            "outcome (evalúa), circular (comparte componente) u other",
        ),
    ),
    ("indicator",),
    "how well peers predict an indicator, against state and nation",
    "qué tan bien predicen los pares un indicador, frente al estado y la nación",
)
CONTRIBUTION = Table(
    "contribution",
    "contributions.parquet",
    (
        text("contribution", "Id of the accepted file, as on its receipt", "Clave del archivo aceptado"),
        _OBSERVED["indicator"],
        _OBSERVED["ref_area"],
        _OBSERVED["time_period"],
        number("value", "The figure of the contributor, no official value", "La cifra de quien aporta, no oficial"),
        text("unit", "Its unit", "Su unidad"),
        number("official_value", "The official value of the same area and period", "El valor oficial"),
        number("difference", "Figure of the contributor less the official value", "Cifra aportada menos la oficial"),
        text("contributor", "Institution whose figure it is", "Institución que aporta la cifra"),
        text("origin", "Where it comes from, by the contributor", "De dónde proviene, según quien aporta"),
        text("note", "Remark of the contributor", "Nota de quien aporta", required=False),
        text("source", "Source of the file: local_ and its id", "Fuente del archivo: local_ y su clave"),
        text("source_level", "local: of a municipality or another contributor", "local: de quien aporta"),
        text("sha256", "Hash of the file", "Huella del archivo"),
        text("accepted_by", "Person who accepted the file", "Persona que aceptó el archivo"),
        text("accepted_at", "When", "Cuándo"),
    ),
    ("contribution", "indicator", "ref_area", "time_period"),
    "figures that municipalities and others contributed, beside the official values and never among them",
    "cifras aportadas por municipios y otros, junto a las oficiales y nunca entre ellas",
)
REQUEST = Table(
    "request",
    "requests.parquet",
    (
        text("request", "Id of the request", "Clave de la solicitud"),
        text("about", "Indicator, or code of the UN, that lacks it", "Indicador o código de la ONU al que le falta"),
        text("indicator", "That indicator, where it is ours", "Ese indicador, si es nuestro", required=False),
        text("title_en", "What is asked for, in English", "Lo que se pide, en inglés"),
        text("title_es", "What is asked for, in Spanish", "Lo que se pide"),
        text("geo_level", "Level that is asked for", "Nivel que se pide"),
        text("asks", "Who asks, in general terms", "Quién lo pide, en términos generales"),
        text("since", "Day on which it was first asked", "Día en que se pidió por primera vez"),
        whole("supporters", "How many people or organisations ask", "Cuántas personas u organizaciones lo piden"),
        text("status", "open, or closed by a dataset", "open (abierta) o closed (atendida)"),
        text("answered_by", "Source and edition that closed it", "Fuente y edición que la atendió", required=False),
        text("closed_on", "Day on which it closed", "Día en que se atendió", required=False),
    ),
    ("request", "about"),
    "requests for data, by the indicators that they are about",
    "solicitudes de datos, por los indicadores de que tratan",
)
OPENNESS = Table(
    "openness",
    "openness.parquet",
    (
        text("source", "Source id; own_release: the release of this project", "Clave de la fuente u own_release"),
        text("edition", "Edition of the source; current of the own release", "Edición de la fuente"),
        text("framework", "Framework by whose rules it is judged here", "Marco cuyas reglas se aplican aquí"),
        text("heading", "availability, accessibility or reuse", "availability, accessibility o reuse"),
        text("item", "Item of the framework", "Elemento del marco"),
        text("verdict", "yes, partly, no or unknown", "yes, partly, no o unknown"),
        number("points", "Points; empty where the verdict is unknown", "Puntos; vacío si el dictamen es unknown"),
        number("of", "Points of an item that holds in full", "Puntos posibles"),
        text("evidence", "What was looked at", "Lo que se examinó"),
        text(
            "evidence_kind", "spec, lock, bytes, portal, release or none", "spec, lock, bytes, portal, release o none"
        ),
        text("as_of", "Newest year of the run, from which years are counted back", "Año más reciente de la corrida"),
    ),
    ("source", "edition", "framework", "item"),
    "openness of each edition of each source and of the own release, item by item, by the rules of frameworks",
    "apertura de cada edición de cada fuente y de la publicación propia, según las reglas de varios marcos",
)
CHARTER = Table(
    "charter_item",
    "charter_items.parquet",
    (
        text("charter", "Charter", "Carta"),
        text("principle", "Principle of it", "Principio"),
        text("item", "Item of the principle", "Elemento del principio"),
        text("title_en", "What is asked or stated, in English", "Lo que se pide o declara, en inglés"),
        text("title_es", "What is asked or stated, in Spanish", "Lo que se pide o declara"),
        text("rule", "Rule that computes it; empty of a statement", "Regla que lo calcula", required=False),
        text("verdict", "yes, partly, no or unknown of a rule; see sdg.charter(day)", "Dictamen de la regla", False),
        number("share", "Share for which the rule holds", "Proporción en que se cumple la regla"),
        text("evidence", "What the rule observed, or where the statement stands", "Lo observado", required=False),
        text("signer", "Who signed the statement", "Quién firmó la declaración", required=False),
        text("signed_on", "Day of the signature", "Fecha de la firma", required=False),
        text("expires_on", "Last day on which it counts", "Último día en que vale", required=False),
    ),
    ("charter", "principle", "item"),
    "items of charters of open data: what rules compute, and statements with their signatures",
    "elementos de cartas de datos abiertos: lo que calculan las reglas y las declaraciones con sus firmas",
)
PRIORITY_DATA = Table(
    "priority_data",
    "priority_data.parquet",
    (
        text("list", "List of priority data", "Lista de datos prioritarios"),
        text("item", "Kind of data", "Tipo de datos"),
        text("title_en", "What it is, in English", "Lo que es, en inglés"),
        text("title_es", "What it is, in Spanish", "Lo que es"),
        text("source", "Source that covers a part; empty: missing", "Fuente que cubre una parte", required=False),
        text("covers_en", "The part that it covers, in English", "La parte que cubre, en inglés", required=False),
        text("covers_es", "The part that it covers, in Spanish", "La parte que cubre", required=False),
    ),
    ("list", "item", "source"),
    "priority data, and which source covers them",
    "datos prioritarios y la fuente que los cubre",
)
TABLES = (
    COMMITMENT, MILESTONE, GAP_GRID, GAP, UN_GAP, PEER, PEER_PLACE, PEER_QUALITY, OPENNESS, CHARTER, PRIORITY_DATA,
    CONTRIBUTION, REQUEST, PORTAL, STATE_SUM, STATE_FINDING, BUDGET, PROGRESS,
)  # fmt: skip
"""All tables, in the order of the lists of a release."""
BY_FILE = {table.file: table for table in TABLES}
