"""Spec tests of series: cuts of the same series and their revisions, and municipalities whose borders changed."""

from __future__ import annotations

import pytest
from support.ascii import assert_rows
from support.records import Records

from sdg_pipeline.release.tables import REVISION

LABEL = 'label: {en: "Cases", es: "Casos"}'
CUTS = f"""
vintages: true
geography: {{vintage: 2020, state: ENT}}
parts:
  - {{source: office, edition: "2020-10", level: state}}
  - {{source: office, edition: "2021-03", level: state}}
  - {{source: office, edition: "2022-03", level: state}}
period: {{column: YEAR, years: [2019, 2021]}}
dimensions:
  sex: {{codelist: sex, totals: computed, levels: [state], column: SEX, recode: {{F: F, M: M}}}}
key: {{month: MONTH}}
measures: {{cases: {{{LABEL}, column: N}}}}
"""
FIRST = """
    ENT | YEAR | MONTH | SEX | N
    01  | 2019 | 1     | F   | 10
    01  | 2019 | 2     | F   | 20
    01  | 2020 | 1     | M   | 30
    01  | 2020 | 2     | M   |
"""


@pytest.fixture
def cuts(records: Records) -> Records:
    """A series in three cuts: the second revises 2019 and fills a month, the third adds a year and changes it back."""
    records.source("office", {"2020-10": "2020", "2021-03": "2021", "2022-03": "2022"})
    records.table("cases", CUTS)
    method = "{kind: count, table: cases, value: cases}"
    records.indicator("count_of_cases", f"method: {method}\nbreakdowns: [[national], [state]]", unit="NUMBER")
    records.file("office", "2020-10", FIRST)
    records.file("office", "2021-03", FIRST.replace("20\n", "25\n", 1).replace("M   |\n", "M   | 40\n"))
    records.file("office", "2022-03", FIRST.replace("M   |\n", "M   | 41\n") + "    01 | 2021 | 1 | F | 50\n")
    return records


def test_only_the_newest_cut_is_in_use(cuts: Records) -> None:
    assert_rows(
        [v for v in cuts.values("count_of_cases") if v["geo_level"] == "state"],
        """ref_area | time_period | obs_value | source_edition
           MX01     | 2019        | 30        | 2022-03
           MX01     | 2020        | 71        | 2022-03
           MX01     | 2021        | 50        | 2022-03
        """,
    )


def test_the_newest_cut_at_hand_is_in_use_where_a_newer_one_is_absent(cuts: Records) -> None:
    del cuts.files["office", "2022-03"]
    assert_rows(
        [v for v in cuts.values("count_of_cases") if v["geo_level"] == "national"],
        """ref_area | time_period | obs_value | source_edition
           MX       | 2019        | 35        | 2021-03
           MX       | 2020        | 70        | 2021-03
        """,
    )


def test_each_cut_gives_the_values_as_of_then(cuts: Records) -> None:
    cuts.values("count_of_cases")
    assert_rows(
        [v for v in cuts.as_of("count_of_cases") if v["geo_level"] == "state"],
        """ref_area | time_period | obs_value | obs_reason        | source_edition
           MX01     | 2019        | 30        |                   | 2020-10
           MX01     | 2020        |           | missing_component | 2020-10
           MX01     | 2019        | 35        |                   | 2021-03
           MX01     | 2020        | 70        |                   | 2021-03
           MX01     | 2019        | 30        |                   | 2022-03
           MX01     | 2020        | 71        |                   | 2022-03
           MX01     | 2021        | 50        |                   | 2022-03
        """,
    )


def test_revisions_are_listed_by_area_year_and_key(cuts: Records) -> None:
    """A month that was blank before, and a year that only the newer cut reaches, are new and not revised."""
    cuts.stage_table("cases")
    assert_rows(
        cuts.revisions("cases"),
        """measure | edition_from | edition_to | ref_area | time_period | detail                 | old_value | new_value
           cases   | 2020-10      | 2021-03    | MX01     | 2019        | {"sex":"F","month":"2"} | 20        | 25
           cases   | 2021-03      | 2022-03    | MX01     | 2019        | {"sex":"F","month":"2"} | 25        | 20
           cases   | 2021-03      | 2022-03    | MX01     | 2020        | {"sex":"M","month":"2"} | 40        | 41
        """,
    )


def test_a_series_of_one_cut_has_no_revisions(cuts: Records) -> None:
    for cut in ("2021-03", "2022-03"):
        del cuts.files["office", cut]
    cuts.stage_table("cases")
    assert cuts.revisions("cases") == []
    written = cuts.con.execute(f"DESCRIBE FROM read_parquet('{cuts.folder}/cases.revisions.parquet')").fetchall()
    assert [(c[0], c[1]) for c in written] == [(c.name, c.sql_type) for c in REVISION.columns], (
        "as the warehouse has them"
    )


def test_cuts_out_of_order_are_refused_since_the_last_is_in_use(cuts: Records) -> None:
    swapped = CUTS.replace('"2022-03", level', '"X", level').replace('"2021-03", level', '"2022-03", level')
    text = (cuts.specs / "tables/cases.yaml").read_text(encoding="utf-8")
    cuts.write("tables/cases.yaml", text.replace(CUTS, swapped.replace('"X", level', '"2021-03", level')))
    [problem] = cuts.problems()
    place, _, said = problem.partition(": ")
    assert place.startswith("tables/cases.yaml:")
    assert said == (
        "parts[2].edition: reaches 2021-12, no further than the cut before it, 2022-03 (2022-12): the last cut is in "
        "use, and old figures would replace new ones; found '2021-03'; remedy: list the cuts from the oldest to the "
        "newest; `until` of an edition is its last month"
    )


def test_cuts_of_one_year_are_ordered_by_their_last_month(cuts: Records) -> None:
    cuts.edit("sources/office.yaml", '2022-03.csv", period: "2022"', '2022-03.csv", period: "2021", until: "2021-09"')
    [problem] = cuts.problems()
    assert "parts[2].edition: reaches 2021-09, no further than the cut before it, 2021-03 (2021-12)" in problem
    cuts.edit("sources/office.yaml", '2021-03.csv", period: "2021"', '2021-03.csv", period: "2021", until: "2021-03"')
    assert cuts.problems() == []


def test_two_files_of_the_same_rows_that_are_no_cuts_are_refused(cuts: Records) -> None:
    cuts.edit("tables/cases.yaml", "vintages: true", "vintages: false")
    cuts.edit("tables/cases.yaml", "period: {column: YEAR, years: [2019, 2021]}\n", "")
    for edition, year in (("2021-03", "2021"), ("2022-03", "2022")):
        cuts.edit("sources/office.yaml", f'{edition}.csv", period: "{year}"', f'{edition}.csv", period: "2020"')
    cuts.edit("tables/cases.yaml", "key: {month: MONTH}", "key: {month: MONTH, year: YEAR}")
    assert [p.partition(": ")[2] for p in cuts.problems()] == [
        f"parts[{n}].level: has rows of the same level, groups, year and states as an earlier part: "
        "they would count twice; found 'state'"
        for n in (1, 2)
    ]


REGISTER = """\
key,name,first_vintage,last_vintage,parents
01001,Alba,2010,,
01002,Brisa,2010,,
01003,Calma,2015,,01001
02001,Cima,2010,,
02002,Dunas,2010,,
02003,Erial,2020,,02001|02002
02004,Faro,2010,,
"""
BORDERS = f"""
geography: {{vintage: 2020, key: KEY}}
parts: [{{source: office, edition: "2020", level: municipality}}]
period: {{column: YEAR, years: [2010, 2020]}}
measures:
  cases: {{{LABEL}, column: N}}
  people: {{{LABEL}, column: P}}
"""
SERIES = """
    KEY   | YEAR | N  | P
    01001 | 2010 | 10 | 100
    01002 | 2010 | 5  | 50
    02001 | 2010 | 8  | 80
    02002 | 2010 | 4  | 80
    02004 | 2010 | 1  | 10
    01001 | 2015 | 6  | 40
    01003 | 2015 | 6  | 60
    01002 | 2015 | 5  | 50
    02001 | 2015 | 9  | 80
    02002 | 2015 | 5  | 80
    02004 | 2015 | 1  | 10
    01001 | 2020 | 7  | 40
    01003 | 2020 | 8  | 60
    01002 | 2020 | 6  | 50
    02001 | 2020 | 3  | 40
    02002 | 2020 | 4  | 40
    02003 | 2020 | 10 | 80
    02004 | 2020 | 2  | 10
    01999 | 2020 | 1  | 0
"""


@pytest.fixture
def borders(records: Records) -> Records:
    """01003 was split from 01001 in 2015; 02003 from 02001 and 02002 in 2020; 01002 and 02004 are as they were."""
    records.write("geography/municipalities.csv", REGISTER)
    records.write("geography/names.csv", "key,name,kind,source,first,last\n")
    records.source("office", {"2020": "2020"})
    records.table("cases", BORDERS)
    records.file("office", "2020", SERIES)
    return records


def series(borders: Records, breakdowns: str) -> None:
    method = "{kind: ratio, table: cases, numerator: cases, denominator: people}"
    borders.indicator("share", f"method: {method}\nbreakdowns: {breakdowns}")


def test_children_go_back_to_their_parents(borders: Records) -> None:
    """Counts are added up and the ratio is computed again; a child of two parents merges both."""
    series(borders, "[[harmonised]]")
    assert_rows(
        borders.values("share"),
        """ref_area | area_name            | time_period | numerator | denominator | obs_value | obs_status
           MX01001H | Alba + Calma         | 2010        | 10        | 100         | 10        | A
           MX01001H | Alba + Calma         | 2015        | 12        | 100         | 12        | A
           MX01001H | Alba + Calma         | 2020        | 15        | 100         | 15        | A
           MX02001H | Cima + Dunas + Erial | 2010        | 12        | 160         | 7.5       | A
           MX02001H | Cima + Dunas + Erial | 2015        | 14        | 160         | 8.75      | A
           MX02001H | Cima + Dunas + Erial | 2020        | 17        | 160         | 10.625    | A
        """,
    )


def test_municipalities_without_a_unit_do_not_leak_into_the_nation(borders: Records) -> None:
    """01002 and 02004 belong to no unit: they are no row of their own, and the other levels are as ever."""
    breakdowns = "[[national], [state], [municipality]"
    series(borders, f"{breakdowns}]")
    without = [{k: v for k, v in r.items() if k not in ("obs_status", "obs_reason", "spec_hash")}
               for r in borders.values("share")]  # fmt: skip
    series(borders, f"{breakdowns}, [harmonised]]")
    rows = [{k: v for k, v in r.items() if k not in ("obs_status", "obs_reason", "spec_hash")}
             for r in borders.computed("share")]  # fmt: skip
    assert [r for r in rows if r["geo_level"] != "harmonised"] == without
    assert {r["ref_area"] for r in rows if r["geo_level"] == "harmonised"} == {"MX01001H", "MX02001H"}
    assert_rows(
        [r for r in rows if r["geo_level"] == "national"],
        """ref_area | time_period | numerator | denominator
           MX       | 2010        | 28        | 320
           MX       | 2015        | 32        | 320
           MX       | 2020        | 41        | 320
        """,
    )


def test_a_series_is_marked_where_a_municipality_lost_territory(borders: Records) -> None:
    """The first year after the split is the break: 2015 for 01001, 2020 for 02001 and 02002."""
    series(borders, "[[municipality], [harmonised]]")
    assert_rows(
        [r for r in borders.values("share") if r["obs_status"] != "A"],
        """ref_area | time_period | obs_value | obs_status | obs_reason
           MX01001  | 2015        | 15        | B          | borders_changed
           MX02001  | 2020        | 7.5       | B          | borders_changed
           MX02002  | 2020        | 10        | B          | borders_changed
        """,
    )


def test_figures_that_were_recast_to_the_borders_of_one_year_have_no_break(borders: Records) -> None:
    borders.edit("tables/cases.yaml", "vintage: 2020, key", "vintage: 2020, borders: of_vintage, key")
    series(borders, "[[municipality], [harmonised]]")
    assert {r["obs_status"] for r in borders.values("share")} == {"A"}


def test_a_series_that_begins_after_the_split_has_no_break(borders: Records) -> None:
    borders.edit("tables/cases.yaml", "years: [2010, 2020]", "years: [2020, 2020]")
    series(borders, "[[municipality], [harmonised]]")
    assert {r["obs_status"] for r in borders.values("share")} == {"A"}
