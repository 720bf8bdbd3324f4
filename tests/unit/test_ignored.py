"""Lists of ignored columns: written from the file, reviewed by hash, and an error as soon as either differs."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from support.records import Records
from support.shelves import shelf

from sdg_pipeline.errors import InputError, SpecErrors, StagingError, UsageError
from sdg_pipeline.ingest import ignored as lists
from sdg_pipeline.publish import definitions
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs import ignored
from sdg_pipeline.specs.catalog import Catalog

TABLE = """\
geography: {vintage: 2020, state: ENT}
parts:
  - {source: poll, edition: "1", level: state}
measures:
  people: {column: POP, label: {en: People, es: Personas}}
ignore:
  - {reason: a name, columns: [NAME]}
  - {reason: not needed yet, columns: IGNORED}
"""
FILE = "ENT | NAME | POP | A | B | C\n 01 | Norte | 10 | 1 | 2 | 3\n 02 | Sur | 20 | 1 | 2 | 3"
LIST = "tables/ignored/polled.yaml"


def table(records: Records, columns: str) -> Path:
    records.source("poll", {"1": "2020"})
    records.table("polled", TABLE.replace("IGNORED", columns))
    return records.specs / "tables" / "polled.yaml"


@pytest.fixture
def reviewed(records: Records) -> Records:
    """A table with a list that was written from its file, and the hash of which is in the spec."""
    path = table(records, "{rest: new}")
    records.file("poll", "1", FILE)
    (one,) = lists.renew(path, shelf(records))
    table(records, f'{{rest: "{one.now.hash}"}}')
    assert records.problems() == []
    return records


def test_a_list_is_resolved_to_the_same_table_as_names(reviewed: Records) -> None:
    with_list = catalogs.load(reviewed.specs).tables["polled"]
    table(reviewed, "[A, B, C]")
    (reviewed.specs / LIST).unlink()
    by_name = catalogs.load(reviewed.specs).tables["polled"]
    assert with_list.model_dump_json() == by_name.model_dump_json()
    assert with_list.spec_hash == by_name.spec_hash


def test_a_list_says_which_file_has_its_columns_one_a_line(reviewed: Records) -> None:
    text = (reviewed.specs / LIST).read_text(encoding="utf-8")
    digest = ignored.hash_of(["A", "B", "C"])
    assert text.endswith(f'- files: [poll/1]\n  hash: "{digest}"\n  columns:\n    - A\n    - B\n    - C\n')


def test_without_its_list_a_table_says_how_to_write_it(records: Records) -> None:
    table(records, "{rest: new}")
    assert records.problems() == [
        "tables/polled.yaml:13: ignore[1].columns: there is no list tables/ignored/polled.yaml; "
        "remedy: `sdg new ignored polled` writes it"
    ]


def test_a_hash_that_was_not_reviewed_is_refused(reviewed: Records) -> None:
    table(reviewed, "{rest: 0123456789ab}")
    (problem,) = reviewed.problems()
    assert problem.startswith("tables/polled.yaml:13: ignore[1].columns: '0123456789ab' is not the hash of a list in ")
    assert "remedy: review the list, then write its hash here" in problem


def test_a_list_that_was_edited_is_refused(reviewed: Records) -> None:
    reviewed.edit(LIST, "    - B\n", "    - BB\n")
    (problem,) = reviewed.problems()
    assert f"{LIST} was edited: the list" in problem
    assert "remedy: `sdg new ignored polled` writes it again" in problem


def test_a_list_of_no_table_and_one_that_the_spec_does_not_name_are_reported(reviewed: Records) -> None:
    reviewed.write("tables/ignored/nobody.yaml", "- x\n")
    table(reviewed, "[A, B, C]")
    assert [re.sub("found.*?; ", "", problem) for problem in reviewed.problems()] == [
        "tables/ignored/nobody.yaml: is the list of no table; remedy: remove the file",
        f"{LIST}: holds a list that the table spec does not name; remedy: write the hash into tables/polled.yaml, "
        "or run `sdg new ignored polled`",
    ]


def test_drift_names_file_column_nearest_name_and_remedy(reviewed: Records) -> None:
    reviewed.file("poll", "1", FILE.replace("NAME |", "NAMES |").replace("| C\n", "| WATER\n"))
    with pytest.raises(StagingError) as raised:
        reviewed.stage_table("polled")
    assert str(raised.value) == (
        "poll_1.csv (poll/1): header: has other columns than the table spec says; appeared: NAMES (like NAME), WATER; "
        "went: C, NAME (like NAMES); remedy: use or ignore each column in tables/polled.yaml (`sdg new ignored polled` "
        "writes the lists that it names under rest, and prints what changed), or get the right file"
    )


def test_the_command_says_what_changed_and_keeps_the_order_of_the_review(reviewed: Records) -> None:
    reviewed.file("poll", "1", "ENT | NAME | POP | D | C | B\n 01 | Norte | 10 | 1 | 2 | 3")
    path = reviewed.specs / "tables" / "polled.yaml"
    (one,) = lists.renew(path, shelf(reviewed))
    assert one.changes == "appeared: D; went: A"
    assert one.now.columns == ("B", "C", "D")
    assert (one.place, one.line) == ("ignore[1].columns", 13)
    assert one.now.hash != one.named
    with pytest.raises(SpecErrors, match="is not the hash of a list"):
        reviewed.catalog()
    table(reviewed, f'{{rest: "{one.now.hash}"}}')
    assert lists.renew(path, shelf(reviewed))[0].changes == ""
    assert reviewed.problems() == []


def test_a_copy_with_the_used_columns_says_nothing_of_the_others(reviewed: Records) -> None:
    reviewed.file("poll", "1", "ENT | POP\n 01 | 10")
    reviewed.files["poll", "1"] = replace(reviewed.files["poll", "1"], columns="used")
    path = reviewed.specs / "tables" / "polled.yaml"
    assert lists.renew(path, shelf(reviewed))[0].now.columns == ("A", "B", "C")
    (reviewed.specs / LIST).unlink()
    with pytest.raises(InputError, match="copies that have the used columns only"):
        lists.renew(path, shelf(reviewed))


def test_parts_of_one_list_have_the_same_columns(records: Records) -> None:
    records.source("poll", {"1": "2020", "2": "2021"})
    two = '  - {source: poll, edition: "1", level: state}\n  - {source: poll, edition: "2", level: state}\n'
    first, _, last = TABLE.partition('  - {source: poll, edition: "1", level: state}\n')
    records.table("polled", (first + two + last).replace("IGNORED", "{rest: new}"))
    records.file("poll", "1", FILE)
    records.file("poll", "2", FILE.replace("| C\n", "| WATER\n"))
    with pytest.raises(
        InputError, match=r"poll_2.csv .* has other columns than poll_1.csv .* appeared: WATER; went: C"
    ):
        lists.renew(records.specs / "tables" / "polled.yaml", shelf(records))


def test_a_joined_file_has_a_list_of_its_own(records: Records) -> None:
    records.source("poll", {"1": "2020"})
    records.source("homes", {"1": "2020"})
    body = """\
geography: {vintage: 2020, state: ENT}
parts: [{source: poll, edition: "1", level: state}]
joins:
  - source: homes
    edition: "1"
    by: [HOME]
    columns: [POP]
    ignore: {rest: new}
measures:
  people: {column: POP, label: {en: People, es: Personas}}
"""
    records.table("polled", body, record="unit")
    records.file("poll", "1", "ENT | HOME\n 01 | 1\n 02 | 2")
    records.file("homes", "1", "HOME | POP | ROOMS | DOORS\n 1 | 3 | 2 | 1\n 2 | 4 | 2 | 1")
    (one,) = lists.renew(records.specs / "tables" / "polled.yaml", shelf(records))
    assert (one.place, one.now.files, one.now.columns) == ("joins[0].ignore", ("homes/1",), ("ROOMS", "DOORS"))
    records.edit("tables/polled.yaml", "{rest: new}", f'{{rest: "{one.now.hash}"}}')
    assert records.problems() == []


@pytest.mark.parametrize(("name", "edition", "message"), [
    ("nobody", None, "no table 'nobody'; valid: "),
    ("polled", "2", "table polled names no list of ignored columns of edition 2; remedy: "),
])  # fmt: skip
def test_what_cannot_be_written_is_reported(reviewed: Records, name: str, edition: str | None, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        lists.renew(reviewed.specs / "tables" / f"{name}.yaml", shelf(reviewed), edition)


def test_two_lists_in_one_place_are_refused(reviewed: Records) -> None:
    reviewed.edit("tables/polled.yaml", "columns: [NAME]", "columns: {rest: other}")
    with pytest.raises(SpecErrors, match="names a second list"):
        lists.renew(reviewed.specs / "tables" / "polled.yaml", shelf(reviewed))


def test_a_release_carries_the_lists_and_is_read_from_what_it_carries(catalog: Catalog, tmp_path: Path) -> None:
    definitions.write(cast(Contents, SimpleNamespace(catalog=catalog)), tmp_path)
    again = catalogs.load(tmp_path / definitions.FOLDER)
    assert len(list((tmp_path / definitions.FOLDER / "tables" / ignored.FOLDER).glob("*.yaml"))) >= 16
    assert {t.id: t.spec_hash for t in again.tables.values()} == {t.id: t.spec_hash for t in catalog.tables.values()}
