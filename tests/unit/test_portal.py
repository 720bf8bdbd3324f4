"""What portals answered as evidence: the table, days of commitments, facts of openness, and what `sdg check` refuses."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from release_fixture import REGISTER, catalog

from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government import asked, portal
from sdg_pipeline.open_government.asked import Named, Record
from sdg_pipeline.open_government.charter import RULES, Observed
from sdg_pipeline.open_government.commitments import COMMITMENTS, dates_of, status
from sdg_pipeline.open_government.openness import OPENNESS
from sdg_pipeline.open_government.portal import PORTALS
from sdg_pipeline.open_government.subject import Material, Subject
from sdg_pipeline.run.steps.open_government import OpenGovernmentKind
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.catalog import Catalog, load
from sdg_pipeline.specs.commitments import Commitment, Commitments
from sdg_pipeline.specs.on_portal import OnPortal

THERE = OnPortal(portal="open", dataset="fires", cite="its page")
DUE = "2026-09-30"
VOCABULARY = load(PROJECT / "indicator_specs").vocabularies["vocabulary"]


def commitment(resource: str | None = None, **other: Any) -> Commitment:
    there = {"portal": "open", "dataset": "fires", "cite": "its page"} | ({"resource": resource} if resource else {})
    base: dict[str, Any] = {
        "id": "fires_2026",
        "title": {"en": "Fires", "es": "Incendios"},
        "institution": "CONAFOR",
        "level": "state",
        "due": DUE,
        "cite": "a decree",
        "link": "https://example.org",
        "on_portal": there,
    }
    return Commitment.model_validate(base | other)


def file(name: str, **days: str) -> dict[str, Any]:
    return {"name": name, "url": f"https://x.mx/{name}.csv", "format": "csv", **days}


def record(answered: str | None = "2026-11-30", reason: Any = None, **result: Any) -> Record:
    whole = {"name": "fires", "resources": [file("fires 2026")], **result} if answered else None
    return Record(
        portal="open", dataset="fires", link="https://p.mx/dataset/fires", asked_at="2026-11-30T10:00:00+00:00",
        reason=reason, answered_at=f"{answered}T10:00:00+00:00" if answered else None, result=whole,
    )  # fmt: skip


def shown(one: Commitment, kept: Record) -> tuple[str, str | None, str | None]:
    """The status on the day of the record, the day of publication, and which kind of evidence."""
    records = {("open", "fires"): kept}
    evidence, kind = portal.shown(one, records)
    return status(dates_of(one, None, records), date(2026, 11, 30)), evidence.on if evidence else None, kind


@pytest.mark.parametrize(
    ("resource", "kept", "expected"),
    [
        pytest.param(None, record(None, reason="refused"), ("unknown", None, None), id="a failure is not late"),
        pytest.param(None, record(), ("unknown", None, None), id="no day"),
        pytest.param(None, record(metadata_created="2026-09-30T23:00:00.1"), ("met", DUE, "portal"), id="the last day"),
        pytest.param(
            None, record(metadata_created="2026-10-01T00:00:00"), ("met_late", "2026-10-01", "portal"), id="late"
        ),
        pytest.param(
            None,
            record(metadata_modified="2026-10-09T00:00:00"),
            ("unknown", None, None),
            id="a later change says nothing",
        ),
        pytest.param(
            None, record(metadata_modified="2026-09-09T00:00:00"), ("met", "2026-09-09", "portal"), id="there by then"
        ),
        pytest.param(
            "*2026*", record(resources=[file("f 2025", created="2025-01-01")]), ("unknown", None, None), id="no file"
        ),
        pytest.param(
            "*2026*",
            record(
                metadata_created="2020-01-01T00:00:00",
                resources=[file("f 2025", created="2025-01-01"), file("F 2026", created="2026-09-01T10:00:00")],
            ),
            ("met", "2026-09-01", "portal"),
            id="the file, not the dataset",
        ),
        pytest.param(
            "*2026*",
            record(resources=[file("f 2026", created="2026-10-05", last_modified="2026-09-02")]),
            ("met", "2026-09-02", "portal"),
            id="changed before it was moved here",
        ),
        pytest.param(
            "*2026*",
            record(resources=[file("f 2026", last_modified="2026-10-05")]),
            ("unknown", None, None),
            id="changed",
        ),
        pytest.param(None, record(resources=[], metadata_created="2026-01-01"), ("unknown", None, None), id="empty"),
        pytest.param(None, record(metadata_created="2027-01-01"), ("unknown", None, None), id="a day to come"),
        pytest.param(None, record(metadata_created="0001-01-01"), ("unknown", None, None), id="a day of long ago"),
        pytest.param(None, record(metadata_created=["x"]), ("unknown", None, None), id="no text"),
        pytest.param(None, record(metadata_created="soon"), ("unknown", None, None), id="no day at all"),
    ],
)
def test_days_of_a_portal_are_evidence(
    resource: str | None, kept: Record, expected: tuple[str, str | None, str]
) -> None:
    assert shown(commitment(resource), kept) == expected


def test_evidence_names_its_day_its_page_and_when_somebody_asked() -> None:
    kept = record("2026-11-20", reason="failing", metadata_created="2026-09-01T00:00:00")
    evidence, _ = portal.shown(commitment(), {("open", "fires"): kept})
    assert evidence is not None, "the last good answer counts, though the portal failed since"
    assert (evidence.on, evidence.seen) == ("2026-09-01", "2026-11-20")
    assert evidence.cite == "metadata_created of the dataset: 2026-09-01; https://p.mx/dataset/fires, asked 2026-11-20"


def test_what_a_person_cites_comes_before_the_portal() -> None:
    kept = record(metadata_created="2026-09-01T00:00:00")
    cited = commitment(published={"on": "2026-08-01", "seen": "2026-08-02", "cite": "the gazette"})
    assert shown(cited, kept) == ("met", "2026-08-01", "cite")
    not_there = commitment(published={"seen": "2026-10-02", "cite": "somebody looked"})
    assert shown(not_there, kept) == ("met", "2026-09-01", "portal"), "it was there, where the portal says so"
    assert shown(not_there, record(None)) == ("overdue", None, "cite")


@given(
    st.dictionaries(
        st.sampled_from(
            ["metadata_created", "metadata_modified", "issued", "title", "organization", "extras", "tags", "theme"]
        ),
        st.recursive(
            st.none() | st.text(max_size=12) | st.floats() | st.dates().map(str), lambda x: st.lists(x, max_size=3)
        ),
    ),
    st.lists(
        st.dictionaries(st.sampled_from(["name", "url", "created", "format"]), st.text(max_size=12) | st.integers()),
        max_size=3,
    ),
)
def test_no_answer_makes_a_commitment_overdue_or_stops_a_run(
    result: dict[str, Any], files: list[dict[str, Any]]
) -> None:
    kept = record(**{**result, "name": "fires", "resources": files})
    assert shown(commitment("*a*"), kept)[0] in ("met", "met_late", "unknown")
    row = portal._row(Named(THERE, source="s"), kept)
    assert (row["verdict"], row["files"]) == ("listed", len(files))
    texts = [value for value in row.values() if isinstance(value, str)]
    assert all(value.isprintable() and len(value) <= 500 for value in texts)
    facts = portal.facts(Named(THERE, source="s"), {("open", "fires"): kept}, VOCABULARY)
    assert set(facts) == set(portal.DATASET_FACTS) and all(fact.kind == "portal" for fact in facts.values())


def material(folder: Path, con: duckdb.DuckDBPyConnection, *kept: Record, **shelves: Any) -> Material:
    """The small country with a source and a register on a portal, and what the home keeps of it."""
    whole = catalog(folder)
    source = whole.sources["census"].model_copy(update={"on_portal": THERE})
    register = {"id": "plan", "title": {"en": "P", "es": "P"}, "owner": "team:data", "commitments": [commitment()]}
    specs = replace(
        whole, sources={"census": source}, commitments={"plan": Commitments.model_validate(register)}, **shelves
    )
    for one in kept:
        asked.put(one, Layout(folder))
    files = tuple(asked.files(Layout(folder)))
    return Material(con, specs, REGISTER, {}, {}, lambda table: folder / table.file, files)


def rows(
    subject: Subject, folder: Path, query: str, *kept: Record, **shelves: Any
) -> tuple[Any, list[tuple[Any, ...]]]:
    with duckdb.connect() as con:
        [check] = subject.judge(material(folder, con, *kept, **shelves))
        return check, con.execute(query.format(folder=folder)).fetchall()


TABLE = "SELECT about, source, verdict, reason, title, formats, files, asked_on, answered_on FROM '{folder}/portal.parquet' ORDER BY ALL"


def test_the_table_where_nobody_has_asked(tmp_path: Path) -> None:
    check, table = rows(PORTALS, tmp_path, TABLE)
    assert table == [
        ("census", "census", "unknown", "never_asked", None, None, None, None, None),
        ("plan/fires_2026", None, "unknown", "never_asked", None, None, None, None, None),
    ]
    assert (check.passed, check.observed) == (True, "2 datasets: 0 listed, 0 unknown, 2 never asked")


def test_the_table_of_an_answer_and_of_a_portal_that_failed_since(tmp_path: Path) -> None:
    good = record(
        title="Fires\x1b[2J \u202e2026", resources=[file("a"), file("b") | {"format": "XLSX "}, {"format": 5}]
    )
    check, table = rows(PORTALS, tmp_path, TABLE, good)
    said = ("Fires [2J 2026", "CSV, XLSX", 3, "2026-11-30", "2026-11-30")
    assert table[0] == ("census", "census", "listed", None, *said)
    assert check.observed == "2 datasets: 2 listed, 0 unknown, 0 never asked"
    failed = good.model_copy(update={"reason": "failing", "detail": "503", "asked_at": "2026-12-07T00:00:00+00:00"})
    _, table = rows(PORTALS, tmp_path, TABLE, failed)
    assert table[0] == ("census", "census", "unknown", "failing", *said[:3], "2026-12-07", "2026-11-30")


def test_an_answer_about_something_else_is_a_warning(tmp_path: Path) -> None:
    check, _ = rows(PORTALS, tmp_path, TABLE, record(None, reason="other_dataset"))
    assert (check.passed, check.severity, [row["about"] for row in check.failing_rows]) == (
        False,
        "warning",
        ["census", "plan/fires_2026"],
    )


def test_the_table_of_commitments_has_the_day_of_the_portal(tmp_path: Path) -> None:
    query = "SELECT published_on, seen_on, evidence_kind FROM '{folder}/commitments.parquet'"
    assert rows(COMMITMENTS, tmp_path, query)[1] == [(None, None, None)]
    kept = record(metadata_created="2026-09-01T00:00:00")
    assert rows(COMMITMENTS, tmp_path, query, kept)[1] == [("2026-09-01", "2026-11-30", "portal")]


def test_a_day_of_a_portal_counts_for_the_charter(tmp_path: Path) -> None:
    def share(*kept: Record) -> float | None:
        with duckdb.connect() as con:
            there = material(tmp_path, con, *kept)
            promised = commitment(source="census", edition="2020")
            register = there.catalog.commitments["plan"].model_copy(update={"commitments": (promised,)})
            specs = replace(there.catalog, commitments={"plan": register})
            return RULES["publication_days"](Observed(replace(there, catalog=specs))).share

    assert share() == 0.0
    assert share(record(metadata_created="2026-09-01T00:00:00")) == 1.0


def test_a_portal_answers_items_of_openness_that_nothing_else_does(tmp_path: Path) -> None:
    specs = load(PROJECT / "indicator_specs")
    shelves = {"frameworks": specs.frameworks, "vocabularies": specs.vocabularies}
    query = """SELECT item, verdict, points, evidence_kind FROM '{folder}/openness.parquet'
        WHERE source = 'census' AND framework = 'mqa' AND item IN ('keyword', 'modified', 'spatial') ORDER BY item"""
    assert {row[1] for row in rows(OPENNESS, tmp_path, query, **shelves)[1]} == {"unknown"}
    kept = record(
        metadata_modified="2026-09-01T00:00:00",
        tags=[{"name": "fire"}],
        extras=[{"key": "spatial_coverage", "value": ""}],
    )
    assert rows(OPENNESS, tmp_path, query, kept, **shelves)[1] == [
        ("keyword", "yes", 30.0, "portal"),
        ("modified", "yes", 5.0, "portal"),
        ("spatial", "no", 0.0, "portal"),
    ]


def test_the_real_shape_of_ckan_with_dcat(shared_data: Path) -> None:
    """Sample of ckanext-dcat: of a dataset with all fields, all facts but the vocabulary of access rights hold."""
    sample = json.loads(
        (shared_data / "open_government" / "ckan_full_dataset_dcat_ap.json").read_text(encoding="utf-8")
    )
    days = {"asked_at": "2026-11-30", "answered_at": "2026-11-30"}
    kept = Record(portal="open", dataset="fires", link="l", **days, result={**sample, "name": "fires"})
    facts = portal.facts(Named(THERE, source="s"), {("open", "fires"): kept}, VOCABULARY)
    assert {name for name, fact in facts.items() if fact.share != 1.0} == {"access_rights_vocabulary"}
    assert [d.on for d in portal.days(kept, "Resource*")] == ["2024-05-01", "2024-05-05", "2024-05-05"]
    assert portal._row(Named(THERE, source="s"), kept)["formats"] == "CSV"


def test_what_is_kept_is_an_input_of_the_run(tmp_path: Path, catalog: Catalog) -> None:
    from sdg_pipeline.run.graph import Step
    from sdg_pipeline.run.model import Run
    from sdg_pipeline.run.state import StateStore
    from sdg_pipeline.settings import Settings

    layout = Layout(tmp_path)
    run = Run(Settings.from_environment({"SDG_HOME": str(tmp_path)}), layout, catalog, None, ())
    steps = [Step(("open_government", name), ()) for name in ("portal", "commitments", "openness", "charter", "peers")]
    kind, state = OpenGovernmentKind(), StateStore(layout)
    before = [kind.identity(run, state, step) for step in steps]
    asked.put(record(), layout)
    after = [kind.identity(run, state, step) for step in steps]
    assert [old != new for old, new in zip(before, after, strict=True)] == [True, True, True, True, False]


@pytest.mark.parametrize(
    ("file_name", "old", "new", "message"),
    [
        ("sources/conafor_fires.yaml", "portal: datos_gob_mx", "portal: datos_gob", "did you mean 'datos_gob_mx'?"),
        ("sources/conafor_fires.yaml", '"incendios_forestales"', '"../../etc"', "on_portal.dataset"),
        ("sources/conafor_fires.yaml", '"incendios_forestales"', '"https://x/y"', "on_portal.dataset"),
        ("portals/datos_gob_mx.yaml", "interval_seconds: 10", "interval_seconds: 0", "interval_seconds"),
        ("portals/datos_gob_mx.yaml", "url_status: documented", "url_status: unknown", "address.url_status"),
    ],
)
def test_check_refuses(file_name: str, old: str, new: str, message: str, tmp_path: Path) -> None:
    root = tmp_path / "specs"
    shutil.copytree(PROJECT / "indicator_specs", root)
    text = (root / file_name).read_text(encoding="utf-8")
    assert old in text
    (root / file_name).write_text(text.replace(old, new), encoding="utf-8")
    said = [str(p) for p in load(root).problems if p.file == file_name]
    assert said and message in said[0], said
