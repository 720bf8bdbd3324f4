"""Plans: which rows make which breakdown, and the refusal of what cannot be planned, with its reason."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from support.country import Country

from sdg_pipeline.errors import SpecErrors
from sdg_pipeline.estimate import written
from sdg_pipeline.estimate.nodes import Breakdown, ComparisonPlan, SqlPlan, SurveyPlan, TablePlan
from sdg_pipeline.estimate.plan import make_plan, rows_behind
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.methods import SmallArea

RATIO = "method: {kind: ratio, table: people, numerator: literate, denominator: population}"
NATION, STATE, _, TOWN, PLACE = Level
LEVELS = "national, state, harmonised, municipality"


def plan_of(country: Country, breakdowns: str, method: str = RATIO) -> TablePlan:
    country.indicator("literacy", f"{method}\nbreakdowns: {breakdowns}")
    plan = make_plan(country.catalog().indicators["literacy"], country.catalog())
    assert isinstance(plan, TablePlan)
    return plan


def groupings(plan: TablePlan) -> list[tuple[Level, tuple[str, ...], tuple[str, ...], list[str]]]:
    return [(g.rows_of, g.by_code, g.by_total, [str(b) for b in g.breakdowns]) for g in plan.groupings]


def test_one_grouping_for_the_rows_of_a_level_with_the_same_published_totals(country: Country) -> None:
    plan = plan_of(
        country,
        "[[national], [state], [municipality], [national, sex], [state, sex], [municipality, sex], "
        "[state, urbanisation], [municipality, urbanisation], [state, sex, urbanisation]]",
    )
    assert groupings(plan) == [
        (STATE, (), ("sex",), ["[national]", "[state]"]),
        (TOWN, (), ("sex",), ["[municipality]"]),
        (STATE, ("sex",), (), ["[national, sex]", "[state, sex]"]),
        (TOWN, ("sex",), (), ["[municipality, sex]"]),
        (PLACE, (), ("sex",), ["[state, urbanisation]", "[municipality, urbanisation]"]),
        (PLACE, ("sex",), (), ["[state, sex, urbanisation]"]),
    ]
    assert plan.multiplier == 100.0


def test_only_what_is_at_hand_is_planned(country: Country) -> None:
    plan_of(country, "[[national], [state], [municipality], [state, urbanisation]]")
    catalog = country.catalog()
    indicator = catalog.indicators["literacy"]

    def levels(at_hand: dict[Level, Sequence[str]]) -> list[str]:
        plan = make_plan(indicator, catalog, {level: tuple(states) for level, states in at_hand.items()})
        assert isinstance(plan, TablePlan)
        return [str(b) for g in plan.groupings for b in g.breakdowns]

    assert levels({STATE: (), TOWN: (), PLACE: ("01",)}) == [
        "[national]", "[state]", "[municipality]", "[state, urbanisation]"]  # fmt: skip
    assert levels({STATE: (), TOWN: ()}) == ["[national]", "[state]", "[municipality]"]
    assert levels({STATE: ("01",), TOWN: ("01",)}) == ["[state]", "[municipality]"]
    assert levels({TOWN: ()}) == ["[municipality]"]
    assert levels({}) == []


def test_rows_behind_a_level(country: Country) -> None:
    country.indicator("literacy", f"{RATIO}\nbreakdowns: [[national], [state], [state, sex], [state, urbanisation]]")
    gap = "method: {kind: gap, indicator: literacy, dimension: urbanisation, compare: R, reference: U}"
    country.indicator("gap_of_it", f"{gap}\nbreakdowns: [[state]]", unit="PP")
    catalog = country.catalog()
    every: dict[Level, tuple[str, ...]] = {STATE: (), TOWN: (), PLACE: ("01",)}
    assert rows_behind(catalog.indicators["literacy"], catalog, every) == {NATION: STATE, STATE: STATE}
    assert rows_behind(catalog.indicators["gap_of_it"], catalog, every) == {STATE: PLACE}
    assert rows_behind(catalog.indicators["gap_of_it"], catalog, {STATE: (), TOWN: ()}) == {}


NO_ROWS = "no rows of table people can make it: "
REFUSALS = [
    # expressions
    ("method: {kind: ratio, table: people, numerator: literat, denominator: population}", "[[state]]",
     "10: method.numerator: names an unknown measure of table people; found 'literat'; "
     "valid: population, literate, dwellings, piped_water, schooling; did you mean 'literate'?"),
    ("method: {kind: ratio, table: people, numerator: literate, denominator: people.population}", "[[state]]",
     "10: method.denominator: names 'people.population'; a column has no table before it; found 'people.population'"),
    ("method: {kind: count, table: people, value: SUM(population)}", "[[state]]",
     "10: method.value: uses SUM, which is not allowed; allowed: + - * / ( ), comparisons, AND OR NOT, IN, BETWEEN, "
     "IS NULL, CASE, COALESCE, NULLIF, ABS; found 'SUM(population)'"),
    ("method: {kind: count, table: people, value: schooling}", "[[state]]",
     "10: method.value: names a measure that is a published mean and cannot be added up; found 'schooling'"),
    ("method: {kind: published, table: people, value: population}", "[[state]]",
     "10: method.value: names a measure that adds up: use count or ratio; found 'population'"),
    # breakdowns
    (RATIO, "[[country]]",
     f"11: breakdowns[0][0]: does not begin with a level; found 'country'; valid: {LEVELS}"),
    (RATIO, "[[state], [locality]]",
     f"11: breakdowns[1][0]: does not begin with a level; found 'locality'; valid: {LEVELS}; "
     "did you mean 'municipality'?"),
    (RATIO, "[[]]",
     f"11: breakdowns[0][0]: does not begin with a level; found '(nothing)'; valid: {LEVELS}"),
    (RATIO, "[[state, gender]]",
     "11: breakdowns[0][1]: is not a dimension of the table; found 'gender'; valid: sex, urbanisation"),
    (RATIO, "[[state, sex, sex]]", "11: breakdowns[0]: names a dimension twice; found 'state, sex, sex'"),
    # rows
    (RATIO, "[[national, urbanisation]]",
     f"11: breakdowns[0]: {NO_ROWS}the state rows have no urbanisation; the municipality rows have no urbanisation; "
     "the locality rows cover only the states 01; found '[national, urbanisation]'"),
    ("method: {kind: ratio, table: people, numerator: piped_water, denominator: dwellings}", "[[state, sex]]",
     f"11: breakdowns[0]: {NO_ROWS}the measure piped_water is not given by sex; found '[state, sex]'"),
    ("method: {kind: published, table: people, value: schooling}", "[[national]]",
     f"11: breakdowns[0]: {NO_ROWS}a published mean of the state rows cannot be added up; a published mean of the "
     "municipality rows cannot be added up; a published mean of the locality rows cannot be added up; "
     "found '[national]'"),
    ("method: {kind: published, table: people, value: schooling}", "[[state, urbanisation]]",
     f"11: breakdowns[0]: {NO_ROWS}the state rows have no urbanisation; the municipality rows have no urbanisation; a "
     "published mean of the locality rows cannot be added up; found '[state, urbanisation]'"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "breakdowns", "problem"), REFUSALS, ids=lambda v: str(v)[:40])
def test_refusals_have_their_reason(country: Country, method: str, breakdowns: str, problem: str) -> None:
    country.indicator("literacy", f"{method}\nbreakdowns: {breakdowns}")
    assert country.problems() == [f"goal_01/literacy.yaml:{problem}"]
    with pytest.raises(SpecErrors, match=r"goal_01/literacy.yaml:1[01]: "):
        country.catalog()


COMPARISONS = [
    ("{kind: parity, indicator: literacy, dimension: age, compare: F, reference: M}", "[[state]]",
     "10: method.dimension: is not a dimension of literacy; found 'age'; valid: sex, urbanisation"),
    ("{kind: gap, indicator: literacy, dimension: sex, compare: W, reference: M}", "[[state]]",
     "10: method.compare: is not a code of the dimension; found 'W'; valid: _T, F, M, _U"),
    ("{kind: gap, indicator: literacy, dimension: sex, compare: F, reference: H}", "[[state]]",
     "10: method.reference: is not a code of the dimension; found 'H'; valid: _T, F, M, _U"),
    ("{kind: gap, indicator: literacy, dimension: sex, compare: F, reference: M}", "[[municipality]]",
     "11: breakdowns[0]: needs the breakdown ['municipality', 'sex'] of literacy, which has none; "
     "found '[municipality]'"),
    ("{kind: gap, indicator: literacy, dimension: sex, compare: F, reference: M}", "[[state, sex]]",
     "11: breakdowns[0][1]: is not a dimension of the table; found 'sex'; valid: urbanisation"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "breakdowns", "problem"), COMPARISONS, ids=lambda v: str(v)[:60])
def test_refusals_of_comparisons(country: Country, method: str, breakdowns: str, problem: str) -> None:
    country.indicator("literacy", f"{RATIO}\nbreakdowns: [[state], [state, sex]]")
    country.indicator("compared", f"method: {method}\nbreakdowns: {breakdowns}", unit="RO")
    assert country.problems() == [f"goal_01/compared.yaml:{problem}"]


def test_a_comparison_is_planned_from_the_breakdowns_of_its_base(country: Country) -> None:
    country.indicator("literacy", f"{RATIO}\nbreakdowns: [[state, urbanisation, sex]]")
    method = "{kind: parity, indicator: literacy, dimension: sex, compare: F, reference: M}"
    country.indicator("parity", f"method: {method}\nbreakdowns: [[state, urbanisation]]", unit="RO")
    plan = make_plan(country.catalog().indicators["parity"], country.catalog())
    assert isinstance(plan, ComparisonPlan)
    assert plan.breakdowns == (Breakdown(STATE, ("urbanisation",)),)


SELECT = "SELECT geo_level, state, municipality, time_period, 1 AS numerator, 2 AS denominator, {value} AS obs_value"
FROM = "FROM staged.people WHERE geo_level = 'state' AND sex = '_T'"
RETURNS = f"does not return the columns {', '.join(written.COLUMNS)}; found "
OTHER = "reads another table than staged.people; found "
WRITTEN = [
    ("", "holds something other than one SELECT; found 'written.sql'"),
    ("SELECT (", "is not SQL: "),
    ("DROP TABLE staged.people", "holds something other than one SELECT; found 'written.sql'"),
    (f"{SELECT} {FROM}; SELECT 1", "holds something other than one SELECT; found 'written.sql'"),
    (f"{SELECT} {FROM} UNION ALL {SELECT} {FROM}", "holds something other than one SELECT; found 'written.sql'"),
    ("SELECT * FROM staged.people", RETURNS + "'*'"),
    ("SELECT state FROM staged.people", RETURNS + "'state'"),
    (f"{SELECT} FROM staged.census", OTHER + "'staged.census'"),
    (f"{SELECT} FROM area", OTHER + "'area'"),
    (f"{SELECT} FROM read_csv('/etc/passwd')", OTHER + '"READ_CSV(\'/etc/passwd\')"'),
    (f"{SELECT} FROM '/etc/passwd'", OTHER),
    (f"WITH x AS (SELECT * FROM read_text('/etc/passwd')) {SELECT} {FROM}", OTHER),
    (SELECT.replace("{value}", "(SELECT max(content) FROM read_text('/etc/passwd'))") + f" {FROM}", OTHER),
    (SELECT.replace("{value}", "peopel") + f" {FROM}", "Column 'peopel' could not be resolved"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "problem"), WRITTEN, ids=lambda v: str(v)[:60])
def test_refusals_of_written_sql(country: Country, sql: str, problem: str) -> None:
    method = "{kind: sql, table: people, rows_of: state, file: written.sql}"
    country.indicator("written", f"method: {method}\nbreakdowns: [[state]]")
    country.write("goal_01/written.sql", sql.replace("{value}", "population"))
    [refusal] = country.problems()
    assert refusal.startswith(f"goal_01/written.yaml:10: method.file: {problem}")


def test_written_sql_over_a_cte_is_planned(country: Country) -> None:
    method = "{kind: sql, table: people, rows_of: state, file: written.sql}"
    country.indicator("written", f"method: {method}\nbreakdowns: [[national], [state]]")
    sql = SELECT.replace("{value}", "population")
    country.write("goal_01/written.sql", f"WITH one AS (SELECT * {FROM}) {sql} FROM one -- the rest is written")
    catalog = country.catalog()
    plan = make_plan(catalog.indicators["written"], catalog, {STATE: ("01",)})
    assert isinstance(plan, SqlPlan)
    assert plan.breakdowns == (Breakdown(STATE),)


TABLES = [
    ("  dwellings: {", "  state: {", "30: measures.state: is the name of a key of the staged table; found 'state'"),
    ("  dwellings: {", "  Big Thing: {",
     "30: measures.Big Thing: does not have the form [a-z][a-z0-9_]{1,63}; found 'Big Thing'"),
    ("columns: {_T: LIT, F: LIT_F, M: LIT_M}", "columns: {F: LIT_F, M: LIT_M}",
     "19: dimensions.sex.totals: says that totals are published, but measure literate does not give _T; "
     "found 'published'"),
    ('"*": R}', '"*": _T}',
     "22: dimensions.urbanisation.totals: says that totals are computed, but recode gives _T, which would count "
     "twice; found 'computed'"),
    ("urbanisation:\n", "rurality:\n",
     "20: dimensions.rurality: is not a dimension of the indicator table; found 'rurality'; "
     "valid: sex, age, urbanisation, disability, indigenous, income_quantile, education"),
    ("dimensions:\n", "dimensions:\n  age: {codelist: sex, totals: computed, levels: [state]}\n",
     "19: dimensions.age: has no column, and no measure or part gives its codes; found 'age'"),
    ("level: municipality\n", "level: state\n",
     "12: parts[1].edition: has the name of another source's edition at this level: values could not tell which they "
     "cite; found '2020'\n"
     "13: parts[1].level: has rows of the same level, groups, year and states as an earlier part: they would count "
     "twice; found 'state'"),
    ("MUN <> '000'", "MUN <> (SELECT 1)",
     "15: parts[1].rows[0].keep: uses SUBQUERY, which is not allowed; allowed: + - * / ( ), comparisons, AND OR NOT, "
     "IN, BETWEEN, IS NULL, CASE, COALESCE, NULLIF, ABS; found 'MUN <> (SELECT 1)'"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "problem"), TABLES, ids=lambda v: str(v)[:40])
def test_refusals_of_tables(country: Country, old: str, new: str, problem: str) -> None:
    country.edit("tables/people.yaml", old, new)
    assert country.problems() == [f"tables/people.yaml:{line}" for line in problem.splitlines()]


def test_a_measure_that_a_computed_total_would_lose(country: Country) -> None:
    """With sex computed there are no rows of _T, and what is not spread by sex has no place to stand."""
    text = (country.specs / "tables/people.yaml").read_text(encoding="utf-8")
    text = text.replace("{_T: POP, F", "{F").replace("{_T: LIT, F", "{F").replace("{_T: SCH, F", "{F")
    country.write("tables/people.yaml", text.replace("sex, totals: published", "sex, totals: computed"))
    assert country.problems() == [
        f"tables/people.yaml:{line}: measures.{name}: is not spread by sex, the total of which is computed: "
        "it would be lost"
        for line, name in ((30, "dwellings"), (31, "piped_water"))
    ]


def test_every_indicator_of_the_census_has_its_three_levels(catalog: Catalog) -> None:
    """Published means have no national value; what rests on localities has what its base has."""
    of_census = [i for i in catalog.indicators.values() if i.table == "census"]
    assert len(of_census) >= 20
    for indicator in of_census:
        levels = {b[0] for b in indicator.breakdowns}
        assert "state" in levels, indicator.id
        if indicator.method.kind in ("ratio", "count"):
            assert levels == {"national", "state", "municipality"}, indicator.id


def test_a_model_is_compared_with_figures_of_its_own_unit(catalog: Catalog) -> None:
    model = catalog.indicators["food_deprivation_municipal_model"]
    assert isinstance(model.method, SmallArea) and model.method.compared_with == ("food_deprivation_municipal",)
    assert set(model.method.compared_with) < set(model.auxiliary), "a run computes it before the model"
    other = model.model_copy(update={"method": model.method.model_copy(update={"compared_with": ("population",)})})
    with pytest.raises(SpecErrors, match=r"method\.compared_with\[0\]: has the unit NUMBER, not that of the model"):
        make_plan(other, catalog)


def test_a_part_of_a_sample_is_planned_with_the_table_of_the_whole(catalog: Catalog) -> None:
    samples = {name: table.design.sample for name, table in catalog.tables.items() if table.design}
    assert {name: sample for name, sample in samples.items() if sample != "whole"} == {
        "envi_needs": "envi_households", "enigh_jobs": "enigh_households", "envipe_crimes": "envipe_persons",
    }  # fmt: skip
    needed = catalog.indicators["dwellings_needed"]
    assert catalog.tables_of(needed) == ("envi_needs", "envi_households")
    plan = make_plan(needed, catalog)
    assert isinstance(plan, SurveyPlan) and plan.is_part and plan.sample.id == "envi_households"


def test_the_project_has_indicators_of_all_goals_and_of_municipalities(catalog: Catalog) -> None:
    assert {i.goal for i in catalog.indicators.values()} == set(range(1, 18))
    assert len(catalog.indicators) >= 60
    assert sum(any(b[0] == "municipality" for b in i.breakdowns) for i in catalog.indicators.values()) >= 35
