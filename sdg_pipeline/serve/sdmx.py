"""SDMX REST: the addresses of 1.5 (SDMX 2.1) and of 2.x (SDMX 3.0), below ``/sdmx``, answered from the warehouse.

What belongs here: addresses, errors in the form of SDMX, what is remembered of a release. What does not: reading a
question (``sdmx_query``), values (``sdmx_data``), structure (``sdmx_structure``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from starlette.datastructures import QueryParams

from sdg_pipeline.packages.sdmx.components import AGENCY, KEY, TIME, VERSION, flow_of
from sdg_pipeline.serve import sdmx_data, sdmx_json, sdmx_structure
from sdg_pipeline.serve.answers import NO_CACHE, Answer, tag
from sdg_pipeline.serve.offers import Offer, Offers, Stamp, stamp
from sdg_pipeline.serve.operations import Described, Operation, Question
from sdg_pipeline.serve.sdmx_query import (
    EVERYTHING,
    MEDIA_TYPES,
    NO_RESULTS,
    SEMANTIC,
    UNAVAILABLE,
    Form,
    Query,
    Refused,
    accepted,
    form_of,
    query,
)
from sdg_pipeline.serve.sdmx_structure import ANY_VERSION, KINDS, Structure
from sdg_pipeline.serve.warehouse import Contents, NoWarehouse, Warehouse

if TYPE_CHECKING:
    import duckdb

BASE = "/sdmx"
STRUCTURE_TYPE = "application/vnd.sdmx.structure+xml;version=2.1"
STRUCTURE_3_TYPE = "application/vnd.sdmx.structure+xml;version=3.0.0"
_STRUCTURE_FORMS = frozenset(
    {
        "application/vnd.sdmx.structure+xml",
        "application/xml",
        "text/xml",
        "text/html",
        "*/*",
        "application/*",
        "text/*",
    }
)
_MESSAGE = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message"
_COMMON = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common"


def refusal(error: Refused, accept: str) -> Answer:
    """An error in the form of SDMX: JSON for who asks for JSON, else SDMX-ML."""
    if any(kind.endswith("json") for kind, _ in accepted(accept)[:1]):
        body = {"errors": [{"code": error.code, "title": error.text, "titles": {"en": error.text}}]}
        return Answer(json.dumps(body).encode(), "application/json", error.status, {"cache-control": NO_CACHE})
    plain = "".join(c if c.isprintable() else "\ufffd" for c in error.text)
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<mes:Error xmlns:mes="{_MESSAGE}" xmlns:com="{_COMMON}">'
        f'<mes:ErrorMessage code="{error.code}"><com:Text xml:lang="en">{escape(plain)}</com:Text></mes:ErrorMessage>'
        "</mes:Error>\n"
    )
    return Answer(text.encode("utf-8", "replace"), "application/xml", error.status, {"cache-control": NO_CACHE})


@dataclass(frozen=True)
class _Kept:
    stamp: Stamp
    structure: Structure


class Sdmx:
    """Answers questions of SDMX REST on the release that the warehouse was built of."""

    def __init__(self, offers: Offers, warehouse: Warehouse) -> None:
        self.offers, self.warehouse = offers, warehouse
        self._kept: dict[str, _Kept] = {}

    def warm(self) -> None:
        """Load libraries and structure before somebody asks, which costs a second."""
        import pyarrow.csv

        with suppress(NoWarehouse), self.warehouse.cursor() as (_, contents):
            self._structure_of(contents.release, "2.1")
            sdmx_data.envelope(flow_of(None))
            assert pyarrow.csv, "it is loaded"

    def operations(self) -> list[Operation]:
        """Every address, the longer one first where one begins as another does."""
        data = partial(Operation, answer=self._guarded(self._data), types=tuple(MEDIA_TYPES.values()), errors=ERRORS)
        named = {"flow": FLOW, **PERIODS, **VALUES}
        filtered = {**named, "c[REF_AREA]": AREA}
        at = {"agency": ID_OF_AGENCY, "version": VERSION_OF}
        values = "Values of a dataflow"
        of_values = [
            data(f"{BASE}/data/dataflow/{{agency}}/{{flow}}/{{version}}/{{key}}",
                 summary=f"{values}, by key (SDMX REST 2)", parameters={**at, "key": KEY_OF, **filtered}),
            data(f"{BASE}/data/dataflow/{{agency}}/{{flow}}/{{version}}", summary=f"{values} (SDMX REST 2)",
                 parameters={**at, **filtered}),
            data(f"{BASE}/data/{{flow}}/{{key}}/{{provider}}", summary=f"{values}, by key and provider",
                 parameters={"key": KEY_OF, "provider": PROVIDER, **named}),
            data(f"{BASE}/data/{{flow}}/{{key}}", summary=f"{values}, by key (SDMX REST 1.5)",
                 parameters={"key": KEY_OF, **named}),
            data(f"{BASE}/data/{{flow}}", summary=f"{values}: all that one answer may have", parameters=named),
        ]  # fmt: skip
        return [*of_values, *self._availabilities(), *self._structures()]

    def _availabilities(self) -> list[Operation]:
        one = partial(
            Operation, answer=self._guarded(self._availability), types=(STRUCTURE_TYPE,), errors=ERRORS,
            summary="Codes and years that the values of a key have",
        )  # fmt: skip
        named = {"flow": FLOW, "key": KEY_OF, **PERIODS}
        component = {"component": Described("path", "A dimension, or all", "REF_AREA", True)}
        at = {"agency": ID_OF_AGENCY, "version": VERSION_OF}
        parts = "{flow}/{key}/{provider}/{component}"
        second = f"{BASE}/availability/dataflow/{{agency}}/{{flow}}/{{version}}/{{key}}"
        return [
            one(f"{second}/{{component}}", parameters={**at, **named, **component}),
            one(second, parameters={**at, **named}),
            one(f"{BASE}/availableconstraint/{parts}", parameters={"provider": PROVIDER, **named, **component}),
            one(f"{BASE}/availableconstraint/{{flow}}/{{key}}", parameters=named),
            one(f"{BASE}/availableconstraint/{{flow}}", parameters={"flow": FLOW, **PERIODS}),
        ]

    def _structures(self) -> list[Operation]:
        parameters = {
            "agency": ID_OF_AGENCY,
            "id": Described("path", "An id, or all", "all", True),
            "version": VERSION_OF,
            "references": Described("query", "What else comes along: none, children, descendants, all …", "none"),
            "detail": Described("query", "How much of each: full", "full"),
        }
        operations = []
        for kind, base in ((k, b) for k in KINDS for b in (f"{BASE}/structure", BASE)):
            one = partial(
                Operation, answer=self._guarded(partial(self._structure, kind)),
                summary=f"Structure: {KINDS[kind]}", types=(STRUCTURE_TYPE, STRUCTURE_3_TYPE), errors=ERRORS,
            )  # fmt: skip
            path, queried = f"{base}/{kind}", {n: d for n, d in parameters.items() if d.place == "query"}
            parts = ("agency", "id", "version")
            for count in range(len(parts), -1, -1):
                inside = {name: parameters[name] for name in parts[:count]}
                operations.append(
                    one("/".join((path, *(f"{{{n}}}" for n in inside))), parameters={**inside, **queried})
                )
        return operations

    def _guarded(self, answer: Callable[[Question], Answer]) -> Callable[[Question], Answer]:
        def guarded(question: Question) -> Answer:
            try:
                return answer(question)
            except Refused as error:
                return refusal(error, question.headers.get("accept", ""))
            except NoWarehouse as error:
                return refusal(Refused(404, UNAVAILABLE, str(error)), question.headers.get("accept", ""))

        return guarded

    def _data(self, question: Question) -> Answer:
        form = form_of(question.headers.get("accept", ""), question.parameters.get("format"))
        with self.warehouse.cursor() as (con, contents):
            structure = self._structure_of(contents.release, "2.1")
            asked = self._query(question, structure, contents)
            body = _written(con, asked, contents, structure, form)
        headers = {"cache-control": NO_CACHE, "vary": "Accept"}
        return Answer(body, MEDIA_TYPES[form], headers=headers, etag=tag(body))

    def _query(self, question: Question, structure: Structure, contents: Contents) -> Query:
        path = question.path
        flow = _flow(path["flow"], contents)
        if path.get("agency", AGENCY) not in (*EVERYTHING, AGENCY) or path.get("version", VERSION) not in ANY_VERSION:
            raise Refused(404, NO_RESULTS, f"there is no such flow; remedy: {AGENCY}:{flow}({VERSION})")
        if path.get("provider", AGENCY) not in (*EVERYTHING, AGENCY):
            raise Refused(404, NO_RESULTS, f"no values of {path['provider'][:80]!r}; remedy: all, or {AGENCY}")
        return query(flow, path.get("key", "all"), question.parameters.multi_items(), structure.codes)

    def _availability(self, question: Question) -> Answer:
        component = question.path.get("component", "all")
        if component not in (*EVERYTHING, *KEY, TIME):
            raise Refused(400, SEMANTIC, f"there is no dimension {component[:80]!r}; remedy: one of {', '.join(KEY)}")
        _structure_form(question.headers.get("accept", ""), ("2.1",))
        own = [(name, text) for name, text in question.parameters.multi_items() if name not in ("mode", "references")]
        with self.warehouse.cursor() as (con, contents):
            structure = self._structure_of(contents.release, "2.1")
            asked = self._query(replace(question, parameters=QueryParams(own)), structure, contents)
            body = sdmx_structure.availability(con, asked, contents, component)
        return Answer(body, STRUCTURE_TYPE, headers={"cache-control": NO_CACHE, "vary": "Accept"}, etag=tag(body))

    def _structure(self, kind: str, question: Question) -> Answer:
        version = _structure_form(question.headers.get("accept", ""), ("2.1", "3.0"))
        path = question.path
        for name in question.parameters:
            if name not in ("references", "detail"):
                raise Refused(400, SEMANTIC, f"there is no parameter {name[:80]!r}; remedy: references or detail")
        if question.parameters.get("detail", "full") != "full":
            raise Refused(400, SEMANTIC, "detail can only be full; remedy: leave it out")
        with self.warehouse.cursor() as (_, contents):
            structure = self._structure_of(contents.release, version)
        reference = (path.get("agency", "all"), path.get("id", "all"), path.get("version", "latest"))
        kind = "contentconstraint" if kind == "dataconstraint" else kind
        body = sdmx_structure.message(structure, kind, reference, question.parameters.get("references", "none"))
        media_type = STRUCTURE_TYPE if version == "2.1" else STRUCTURE_3_TYPE
        return Answer(body, media_type, headers={"cache-control": NO_CACHE, "vary": "Accept"}, etag=tag(body))

    def _structure_of(self, release: str, version: str) -> Structure:
        """The structure of the release that the warehouse was built of, as long as that is published."""
        offer = self.offers.offer(release)
        if offer is None or offer.damaged:
            raise NoWarehouse(f"the release {release}, which the warehouse holds, is not published; remedy: `sdg run`")
        return self._read(offer, version)

    def _read(self, offer: Offer, version: str) -> Structure:
        path = offer.folder / "sdmx" / f"structure-{version}.xml"
        now = stamp(path)
        if now[0] is None or path.is_symlink():
            raise NoWarehouse(f"the release {offer.name} has no SDMX structure; remedy: `sdg run` makes one that has")
        kept = self._kept.get(version)
        if kept is None or kept.stamp != now:
            kept = self._kept[version] = _Kept(now, sdmx_structure.read(path))
        return kept.structure


def _written(
    con: duckdb.DuckDBPyConnection, asked: Query, contents: Contents, structure: Structure, form: Form
) -> bytes:
    if form == "json":
        return sdmx_json.message(con, asked, contents, structure.names)
    return sdmx_data.ml(con, asked, contents) if form == "ml" else sdmx_data.csv(con, asked, contents)


def _flow(text: str, contents: Contents) -> str:
    """The flow of a reference: ``DF_SDG_MX_06`` or ``SDG_MX,DF_SDG_MX_06,1.0``."""
    agency, _, rest = text.partition(",") if "," in text else (AGENCY, "", text)
    name, _, version = rest.partition(",")
    flows = sdmx_data.flows(contents)
    if agency not in (*EVERYTHING, AGENCY) or version not in ANY_VERSION or name not in flows:
        raise Refused(404, NO_RESULTS, f"there is no dataflow {text[:80]!r}; remedy: one of {', '.join(flows)}")
    return name


def _structure_form(accept: str, versions: tuple[str, ...]) -> str:
    """The version of SDMX-ML that is accepted; 2.1 where none is named."""
    for kind, version in accepted(accept):
        for offered in versions:
            if kind in _STRUCTURE_FORMS and (not version or version.startswith(offered)):
                return offered
    types = [STRUCTURE_TYPE, STRUCTURE_3_TYPE][: len(versions)]
    raise Refused(406, SEMANTIC, f"no such form; remedy: Accept {', '.join(types)}")


ERRORS: Mapping[int, str] = {
    304: "The copy of If-None-Match is still valid",
    400: "The question is malformed, or a code is not in its list",
    404: "No value or artefact is so named",
    406: "No such form",
    413: "More values than one answer may have",
    503: "Too much is asked at once",
}
FLOW = Described("path", "A dataflow: DF_SDG_MX has all values, DF_SDG_MX_06 those of goal 6", "DF_SDG_MX_06", True)
KEY_OF = Described(
    "path",
    f"Codes of {'.'.join(KEY)}; an empty part or * admits all codes, + adds one; or all",
    "...MX" + "." * (len(KEY) - 4),
    True,
)
PROVIDER = Described("path", "all, or SDG_MX", "all", True)
ID_OF_AGENCY = Described("path", "An agency, or all", AGENCY, True)
VERSION_OF = Described("path", "A version, or latest", "latest", True)
AREA = Described("query", "Reference areas, commas between", "MX,MX20")
PERIODS = {
    "startPeriod": Described("query", "First year", "2010"),
    "endPeriod": Described("query", "Last year", "2024"),
}
VALUES = {
    "firstNObservations": Described("query", "The first values of each series", "1"),
    "lastNObservations": Described("query", "The last values of each series", "1"),
    "detail": Described("query", "full, dataonly, serieskeysonly or nodata", "full"),
    "format": Described("query", "csv, ml or json, in place of the Accept header", "csv"),
}
