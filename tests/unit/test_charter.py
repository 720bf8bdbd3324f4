"""Charters: statements by their days, rules by what they observe, and sources of priority data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest
from release_fixture import REGISTER, catalog
from typer.testing import CliRunner

from sdg_pipeline.cli.commands import app
from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.layout import Layout
from sdg_pipeline.open_government import charter
from sdg_pipeline.open_government.charter import CHARTER, RULES, RULES_HOLD, statements, verdict
from sdg_pipeline.open_government.openness import OPENNESS
from sdg_pipeline.open_government.subject import Material
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import open_government
from sdg_pipeline.specs.catalog import Catalog, load
from sdg_pipeline.specs.charter import Charter, RuleName, Signature

SIGNATURE = Signature.model_validate(
    {"signer": "Ana, director", "signed": "2026-01-10", "expires": "2026-12-31", "cite": "minutes of the council"}
)
DAYS = {
    "2026-01-09": "unsigned",
    "2026-01-10": "signed",
    "2026-12-31": "signed",
    "2027-01-01": "expired",
}


@pytest.fixture(scope="module")
def specs() -> Catalog:
    return load(PROJECT / "indicator_specs")


def written(**items: Any) -> Charter:
    principles = {"timely": {"title": {"en": "Timely", "es": "Oportunos"}, "items": items}}
    title = {"en": "A charter", "es": "Una carta"}
    return Charter.model_validate(
        {"id": "written", "title": title, "owner": "team:data", "cite": "here", "principles": principles}
    )


def asked(**other: Any) -> dict[str, Any]:
    return {"title": {"en": "It holds", "es": "Se cumple"}, **other}


def judged(folder: Path, spec: Charter, raw: dict[tuple[str, str], RawFile] | None = None) -> list[tuple[Any, ...]]:
    """Verdict and share of each item, and whether the check passed."""
    whole = replace(catalog(folder), charters={"written": spec})
    with duckdb.connect() as con:
        (check,) = CHARTER.judge(Material(con, whole, REGISTER, {}, {}, lambda t: folder / t.file, raw=raw or {}))
        query = f"SELECT item, verdict, share, {check.passed} FROM '{folder / 'charter_items.parquet'}' ORDER BY ALL"
        return con.sql(query).fetchall()


@pytest.mark.parametrize("day", DAYS)
def test_a_statement_counts_from_its_signature_to_its_last_day(day: str) -> None:
    assert verdict(SIGNATURE, date.fromisoformat(day)) == DAYS[day]
    assert verdict(None, date.fromisoformat(day)) == "unsigned"


def test_the_macro_of_the_warehouse_is_the_twin_of_the_function() -> None:
    macro = (PROJECT / "warehouse/macros/charter.sql").read_text(encoding="utf-8")
    columns = "'c' AS charter, 'p' AS principle, 'i' AS item, NULL AS rule, NULL AS verdict"
    with duckdb.connect() as con:
        con.execute(
            f"CREATE TABLE charter_item AS SELECT {columns}, '{SIGNATURE.signed}' AS signed_on, "
            f"'{SIGNATURE.expires}' AS expires_on"
        )
        con.execute(macro)
        for days in range(-3, 800, 7):
            day = date(2026, 1, 10) + timedelta(days=days)
            assert con.execute(f"SELECT verdict FROM charter(DATE '{day}')").fetchall() == [(verdict(SIGNATURE, day),)]
        for text, expected in DAYS.items():
            assert con.execute(f"SELECT verdict FROM charter(DATE '{text}')").fetchall() == [(expected,)]


def test_nobody_is_said_to_have_signed(specs: Catalog) -> None:
    """Principles 1, 5 and 6 need statements: they stand, unsigned, until somebody signs."""
    stated = dict(statements(specs))
    assert len(stated) == 3
    assert {verdict(item.signature, date(2026, 11, 30)) for item in stated.values()} == {"unsigned"}
    assert len(specs.charters["open_data_charter"].principles) == 6


def test_each_rule_has_its_work_and_is_asked_for(specs: Catalog) -> None:
    named = {i.rule for p in specs.charters["open_data_charter"].principles.values() for i in p.items.values()}
    assert named - {None} == set(RULES) == set(get_args(RuleName))


def test_bytes_of_an_institution_make_the_rule_of_copies_hold(tmp_path: Path) -> None:
    spec = written(copies=asked(rule="unmodified_copies"), signed=asked(signature=SIGNATURE.model_dump()))
    (source,) = catalog(tmp_path).sources.values()
    (edition,) = source.editions
    raw = RawFile(source.id, edition, str(tmp_path / "none"), "ab" * 32, 1, "", "official", "")
    assert judged(tmp_path, spec) == [("copies", "no", 0.0, False), ("signed", None, None, False)]
    assert judged(tmp_path, spec, {(source.id, edition): raw})[0] == ("copies", "yes", 1.0, True)


def test_what_is_unknown_fails_nothing(tmp_path: Path) -> None:
    spec = written(shapes=asked(rule="dcat_shapes"))
    assert judged(tmp_path, spec) == [("shapes", "unknown", None, True)]
    assert CHARTER.described[RULES_HOLD][0] == "warning"


def test_priority_data_without_a_source_are_missing(tmp_path: Path, specs: Catalog) -> None:
    rows = list(charter.priority(specs))
    missing = {row["item"] for row in rows if row["source"] is None}
    assert missing == {"contracts", "audits", "assets", "land", "companies", "lobbying"}
    assert {row["item"] for row in rows} - missing == {"budgets", "spending"}
    assert all(row["source"] in specs.sources for row in rows if row["source"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rule: open_terms", "rule: open_term", "open_terms"),
        ("rule: open_terms", "signature: {signer: A, signed: 2026-02-01, expires: 2026-01-01, cite: b}", "before signed"),
        ("rule: open_terms", "rule: open_terms\n        signature: {signer: A, signed: 2026-02-01, expires: 2026-03-01, "
         "cite: b}", "needs no signature"),
    ],
)  # fmt: skip
def test_a_charter_that_says_nonsense_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = (PROJECT / "indicator_specs/charter/open_data_charter.yaml").read_text(encoding="utf-8")
    path = tmp_path / "charter" / "open_data_charter.yaml"
    path.parent.mkdir()
    new = new.replace("2026-02-01", '"2026-02-01"').replace("2026-01-01", '"2026-01-01"')
    path.write_text(text.replace(old, new.replace("2026-03-01", '"2026-03-01"')), encoding="utf-8")
    assert message in "\n".join(str(problem) for problem in load(tmp_path).problems)


def test_a_source_that_is_not_there_is_refused(specs: Catalog) -> None:
    changed = replace(specs, sources={k: v for k, v in specs.sources.items() if k != "shcp_sdg_links"})
    problems = [str(problem) for problem in open_government.problems(changed)]
    assert any("names an unknown source" in p and "shcp_sdg_links" in p for p in problems)


def test_the_commands_print_verdicts_and_an_expired_statement_ends_in_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, specs: Catalog
) -> None:
    """A warehouse of the tables of openness and charters alone, with their views and macros."""
    monkeypatch.setenv("SDG_HOME", str(tmp_path))
    layout = Layout(tmp_path)
    layout.warehouse.parent.mkdir(parents=True)
    signed = written(signed=asked(signature=SIGNATURE.model_dump()), shapes=asked(rule="dcat_shapes"))
    lists = {"written": signed, "g20_priority_data": specs.charters["g20_priority_data"]}
    plain = catalog(tmp_path)
    whole = replace(plain, charters=lists, frameworks=specs.frameworks, vocabularies=specs.vocabularies)
    with duckdb.connect() as con:
        material = Material(con, whole, REGISTER, {}, {}, lambda t: tmp_path / t.file)
        CHARTER.judge(material)
        OPENNESS.judge(material)
    with duckdb.connect(str(layout.warehouse)) as con:
        for table in (*CHARTER.tables, *OPENNESS.tables):
            con.execute(f"CREATE TABLE {table.name} AS FROM '{tmp_path / table.file}'")
        for file in ("macros/charter", "views/openness_score"):
            con.execute((PROJECT / f"warehouse/{file}.sql").read_text(encoding="utf-8"))
    run = CliRunner()
    in_force = run.invoke(app, ["charter", "--on", "2026-12-31"])
    assert (in_force.exit_code, "signed: It holds" in in_force.output) == (0, True), in_force.output
    assert "Lobbying: missing" in in_force.output and "shcp_sdg_links" in in_force.output
    expired = run.invoke(app, ["charter", "--on", "2027-01-01"])
    assert (expired.exit_code, "expired: It holds" in expired.output) == (1, True)
    (source,) = plain.sources
    shown = run.invoke(app, ["openness", source, "--framework", "five_stars"])
    assert shown.exit_code == 0, shown.output
    assert "accessibility: " in shown.output and "known points" in shown.output
    assert run.invoke(app, ["openness", "nothing"]).exit_code != 0
