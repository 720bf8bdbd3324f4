"""The structure messages: data structure, its lists and concepts, dataflows and content constraints, in ML 2.1 and 3.0.

pysdmx writes them. It has one language, no parents of codes and no concept roles. These are put into what it
wrote. The Spanish name of an artefact stands in its description until then.
What belongs here: the messages. What does not: codes (``codelists``), values (``values``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from lxml import etree
from pysdmx.io.format import Format as SdmxFormat
from pysdmx.io.writer import write_sdmx
from pysdmx.model import (
    Annotation,
    Codelist,
    Component,
    Components,
    Concept,
    ConceptScheme,
    Dataflow,
    DataStructureDefinition,
    DataType,
    ItemReference,
    Organisation,
    Role,
)
from pysdmx.model.constraint import (
    AvailabilityConstraint,
    ConstraintAttachment,
    CubeKeyValue,
    CubeRegion,
    CubeTimeRange,
    CubeValue,
    TimePeriodBoundary,
)
from pysdmx.model.message import Header

from sdg_pipeline.duck import text as literal
from sdg_pipeline.packages.format import Tables
from sdg_pipeline.packages.sdmx import components as parts
from sdg_pipeline.packages.sdmx.codelists import parent
from sdg_pipeline.packages.sdmx.components import AGENCY, COMPONENTS, ENUMERATED, KEY, VERSION, flow_of
from sdg_pipeline.publish import describe, parquet
from sdg_pipeline.specs.indicator import Indicator

VERSIONS = {"2.1": SdmxFormat.STRUCTURE_SDMX_ML_2_1, "3.0": SdmxFormat.STRUCTURE_SDMX_ML_3_0}
"""SDMX-ML in which the structure is written."""
NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""When a message was prepared: SDMX wants a time, and a release has none, so that it has the same bytes on any day."""
ROLE_SCHEME = ("SDMX", "SDMX_CONCEPT_ROLES", "1.0")
TYPES = {"text": DataType.STRING, "number": DataType.DOUBLE, "integer": DataType.LONG}
PARTS = {"dimension": Role.DIMENSION, "measure": Role.MEASURE, "attribute": Role.ATTRIBUTE}
COM = "{http://www.sdmx.org/resources/sdmxml/schemas/v%s/common}"
STR = "{http://www.sdmx.org/resources/sdmxml/schemas/v%s/structure}"


def header(name: str) -> Header:
    """The header of a message."""
    sender = Organisation(AGENCY, name=parts.AGENCY_NAME)
    return Header(id=name, prepared=NO_TIME, sender=sender)


def messages(tables: Tables, lists: dict[str, Codelist], structure: DataStructureDefinition) -> dict[str, bytes]:
    """The structure, with its lists, in each version of SDMX-ML."""
    artefacts = [
        *{f"{c.agency}:{c.id}": c for c in lists.values()}.values(),
        *concept_schemes(),
        structure,
        *dataflows(tables, structure),
        *constraints(tables),
    ]
    return {
        version: _completed(write_sdmx(artefacts, form, header=header("SDG_MX_STRUCTURE"), prettyprint=False) or "")
        for version, form in VERSIONS.items()
    }


def concept_schemes() -> tuple[ConceptScheme, ConceptScheme]:
    """The concepts of the global structure that are used, as a part of its scheme; and those of the project."""

    def scheme(name: str, texts: tuple[str, str], agency: str) -> ConceptScheme:
        own = agency == AGENCY
        items = tuple(
            Concept(c.id, name=c.en, description=c.es, dtype=None if c.codes else _type(c))
            for c in COMPONENTS
            if c.is_global != own
        )
        title, title_es = texts
        return ConceptScheme(
            name, name=title, description=title_es, agency=agency, version="1.0", items=items, is_partial=not own
        )

    return (
        scheme(parts.GLOBAL_CONCEPTS, ("SDG Concept Scheme", "Conceptos de los ODS"), parts.GLOBAL_AGENCY),
        scheme(parts.CONCEPTS, ("Concepts that Mexico adds", "Conceptos que México añade"), AGENCY),
    )


def data_structure(lists: dict[str, Codelist]) -> DataStructureDefinition:
    """The national data structure."""
    series = ",".join(KEY)
    return DataStructureDefinition(
        id=parts.STRUCTURE,
        agency=AGENCY,
        version=VERSION,
        name="SDG indicators of Mexico",
        description="Indicadores de los ODS de México",
        annotations=(Annotation(type="EXTENDS", title=parts.GLOBAL_STRUCTURE),),
        components=Components([_component(c, lists.get(c.id), series) for c in COMPONENTS]),
    )


def _type(component: parts.Component) -> DataType:
    return DataType.PERIOD if component.id == parts.TIME else TYPES[component.kind]


def _component(component: parts.Component, codes: Codelist | None, series: str) -> Component:
    agency, scheme = (parts.GLOBAL_AGENCY, parts.GLOBAL_CONCEPTS) if component.is_global else (AGENCY, parts.CONCEPTS)
    level = (series if component.of_series else "O") if component.part == "attribute" else None
    return Component(
        component.id,
        component.required,
        PARTS[component.part],
        ItemReference("Concept", agency, scheme, "1.0", component.id),
        local_dtype=None if codes else _type(component),
        local_codes=codes,
        attachment_level=level,
    )


def dataflows(tables: Tables, structure: DataStructureDefinition) -> Iterator[Dataflow]:
    """A flow of all values, and one of each goal."""
    for goal in (None, *_goals(tables)):
        names = describe.GOALS[goal] if goal else {"en": "SDG indicators of Mexico", "es": "Indicadores ODS de México"}
        yield Dataflow(
            flow_of(goal),
            agency=AGENCY,
            version=VERSION,
            name=names["en"],
            description=names["es"],
            structure=structure,
        )


def _goals(tables: Tables) -> list[int]:
    return sorted({indicator.goal for indicator in tables.contents.indicators})


def constraints(tables: Tables) -> Iterator[AvailabilityConstraint]:
    """What each flow holds: the codes of every dimension that occur in it, its years, its series and its rows.

    Areas are listed for the flow of all values alone: of each goal they would be two thirds of the message. A goal
    whose indicators have no rows has no constraint.
    """
    for goal in (None, *_goals(tables)):
        indicators = [i for i in tables.contents.indicators if goal in (None, i.goal)]
        *codes, first, last, series, values = tables.con.execute(_extent(tables, indicators)).fetchall()[0]
        if not values:
            continue
        codes_of = dict(zip(ENUMERATED, codes, strict=True))
        keys = {
            c.id: codes_of.get(c) or _fixed(c, indicators)
            for c in COMPONENTS
            if c.id in KEY and (c.id != "REF_AREA" or goal is None)
        }
        yield constraint(flow_of(goal), {**keys, parts.TIME: (first, last)}, series, values)


def constraint(flow: str, keys: Mapping[str, Sequence[str]], series: int, values: int) -> AvailabilityConstraint:
    """What there is of a flow: codes by dimension, first and last year by ``TIME_PERIOD``; its series, its values."""
    reference = f"urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow={AGENCY}:{flow}({VERSION})"
    return AvailabilityConstraint(
        constraint_attachment=ConstraintAttachment(None, dataflows=[reference]),
        cube_region=CubeRegion([_key_value(name, codes) for name, codes in keys.items()]),
        series_count=series,
        obs_count=values,
    )


def _key_value(name: str, codes: Sequence[str]) -> CubeKeyValue:
    if name != parts.TIME:
        return CubeKeyValue(name, [CubeValue(code) for code in codes])
    first, last = (TimePeriodBoundary(year) for year in codes)
    return CubeKeyValue(name, [], CubeTimeRange(start_period=first, end_period=last))


def _extent(tables: Tables, indicators: Iterable[Indicator]) -> str:
    """The query of the codes by dimension, the first and last year, and the numbers of series and rows."""
    ids = ", ".join(literal(i.id) for i in indicators)
    listed = ", ".join(f"list(DISTINCT {c.column} ORDER BY {c.column})" for c in ENUMERATED)
    key = ", ".join(str(c.column) for c in ENUMERATED)
    return (
        f"SELECT {listed}, min(time_period), max(time_period), count(DISTINCT ({key})), count(*) "
        f"FROM read_parquet({literal(tables.folder / parquet.OBSERVATIONS)}) WHERE indicator IN ({ids})"
    )


def _fixed(component: parts.Component, indicators: Iterable[Indicator]) -> list[str]:
    return sorted({component.code_of(indicator.universe) for indicator in indicators})


def _completed(message: str) -> bytes:
    """A message with names in Spanish, parents of areas and concept roles."""
    root = etree.fromstring(message.encode())
    version = "3_0" if "v3_0" in root.nsmap["str"] else "2_1"
    common, structure = COM % version, STR % version
    for description in root.iter(f"{common}Description"):
        description.tag = f"{common}Name"
        description.set("{http://www.w3.org/XML/1998/namespace}lang", "es")
    for codelist in root.iter(f"{structure}Codelist"):
        if codelist.get("id") == "CL_REF_AREA":
            _add_parents(codelist.iterchildren(f"{structure}Code"), structure, version)
    for dimension in root.iter(f"{structure}Dimension"):
        role = parts.ROLES.get(dimension.get("id", ""))
        if role is not None:
            _add_role(etree.SubElement(dimension, f"{structure}ConceptRole"), role, version)
    completed: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return completed + b"\n"


def _add_parents(areas: Iterable[etree._Element], structure: str, version: str) -> None:
    for area in areas:
        inside = parent(str(area.get("id")))
        if inside is None:
            continue
        element = etree.SubElement(area, f"{structure}Parent")
        if version == "2_1":
            etree.SubElement(element, "Ref", id=inside)
        else:
            element.text = inside


def _add_role(element: etree._Element, role: str, version: str) -> None:
    agency, scheme, number = ROLE_SCHEME
    if version == "2_1":
        reference = {
            "maintainableParentID": scheme,
            "maintainableParentVersion": number,
            "agencyID": agency,
            "id": role,
        }
        etree.SubElement(element, "Ref", {**reference, "package": "conceptscheme", "class": "Concept"})
    else:
        element.text = f"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept={agency}:{scheme}({number}).{role}"
