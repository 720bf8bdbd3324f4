"""Spec tests of surveys: estimates of samples that can be worked out by hand, staged and computed as any indicator."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from scipy.stats import t
from support.ascii import assert_rows
from support.records import Records

from sdg_pipeline.errors import SdgError
from sdg_pipeline.estimate import engine
from sdg_pipeline.estimate.nodes import SurveyPlan
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.estimate.survey import differences

DESIGN = """
geography: {vintage: 2020, state: ENT}
parts: [{source: people_sample, edition: "2020", level: state}]
design: {weight: W, strata: H, psu: U, single_psu: adjust, sample: whole, domains: [national, state], why: the small country says so}
dimensions:
  sex: {codelist: sex, totals: computed, levels: [state], column: SEX, recode: {"1": M, "2": F}}
measures:
  persons: {label: {en: Persons, es: Personas}, records: all}
  literate: {label: {en: Literate, es: Alfabetas}, records: all, where: "LIT = '1'", unknown: "LIT = '9'"}
  income: {label: {en: Income, es: Ingreso}, type: amount, column: INC}
"""
SAMPLE = """
    ENT | H | U | W | SEX | LIT | INC
    ----+---+---+---+-----+-----+----
    01  | a | 1 | 2 | 1   | 1   | 10
    01  | a | 1 | 2 | 2   | 0   | 20
    01  | a | 2 | 4 | 1   | 1   | 30
    02  | b | 1 | 1 | 2   | 1   | 40
    02  | b | 2 | 3 | 2   | 9   |
    02  | b | 2 | 3 | 1   | 0   | 60
"""
LITERACY = "method: {kind: ratio, table: survey, numerator: literate, denominator: persons}"
NEEDS = """
geography: {vintage: 2020, state: ENT}
parts: [{source: needs_sample, edition: "2020", level: state}]
design: {weight: W, strata: H, psu: U, single_psu: adjust, sample: survey, domains: [national, state], why: the small country says so}
dimensions:
  sex: {codelist: sex, totals: computed, levels: [state], column: SEX, recode: {"1": M, "2": F}}
measures:
  needs: {label: {en: Needs, es: Necesidades}, records: all}
  urgent: {label: {en: Urgent needs, es: Urgentes}, records: all, where: "URG = '1'"}
"""
"""Records of some units of the sample: those who have a need."""
NEEDED = """
    ENT | H | U | W | SEX | URG
    ----+---+---+---+-----+----
    01  | a | 1 | 2 | 1   | 1
    01  | a | 1 | 2 | 2   | 0
    01  | a | 2 | 4 | 1   | 1
    01  | a | 2 | 4 | 1   | 0
"""
THREE_PSUS = SAMPLE.rstrip() + "\n    01  | a | 3 | 5 | 1   | 1   | 10"
TOTAL = "method: {kind: count, table: needs, value: needs}\nbreakdowns: [[national], [state], [state, sex]]"
Make = Callable[..., Records]


@pytest.fixture
def sample(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> Make:
    """The small country with a sample; the policy withholds nothing unless a test wants it to."""

    def make(table: str = SAMPLE, design: str = DESIGN, **policy: str) -> Records:
        country = Records(tmp_path, duck)
        country.source("people_sample", {"2020": "2020"})
        country.table("survey", design, record="unit")
        country.file("people_sample", "2020", table)
        for old, new in {"records: 30": "records: 1", "psus: 2": "psus: 1", "df: 10": "df: 1"}.items():
            country.edit("policies/surveys.yaml", old, new)
        for key, value in policy.items():
            expected = {
                "records": "records: 1",
                "df": "df: 1",
                "when_low": "when_low: caution",
                "psus": "psus: 1",
                "low": "low: 30",
            }
            country.edit("policies/surveys.yaml", expected[key], f"{key}: {value}")
        return country

    return make


def test_a_ratio_leaves_records_without_an_answer_out_and_counts_them(sample: Make) -> None:
    country = sample()
    country.indicator("literacy", f"{LITERACY}\nbreakdowns: [[national], [state]]")
    assert_rows(
        country.values("literacy"),
        """
        ref_area | sex | numerator | denominator | obs_value | n_obs | n_missing | n_psu | df
        MX       | _T  | 7         | 12          | 58.333333 | 5     | 1         | 4     | 2
        MX01     | _T  | 6         | 8           | 75        | 3     | 0         | 2     | 1
        MX02     | _T  | 1         | 4           | 25        | 2     | 1         | 2     | 1
        """,
    )


def test_the_sample_of_a_ratio_is_the_records_that_have_a_part_in_it(sample: Make) -> None:
    """Of the six records three are men, one of them in state 02: too few there, whoever else was asked."""
    men = """
  men: {label: {en: Men, es: Hombres}, records: all, where: "SEX = '1'"}
  literate_men: {label: {en: Literate men, es: Hombres}, records: all, where: "SEX = '1' AND LIT = '1'"}
"""
    country = sample(design=DESIGN + men.strip("\n") + "\n", records="2")
    method = "method: {kind: ratio, table: survey, numerator: literate_men, denominator: men}"
    country.indicator("literacy", f"{method}\nbreakdowns: [[national], [state]]")
    assert_rows(
        country.values("literacy"),
        """
        ref_area | numerator | denominator | obs_value | n_obs | n_psu | df | obs_status | obs_reason
        MX       | 6         | 9           | 66.666667 | 3     | 3     | 1  | U          | low_precision
        MX01     |           |             |           | 2     | 2     |    | Q          | complementary
        MX02     |           |             |           | 1     | 1     |    | Q          | small_sample
        """,
    )


def test_the_standard_error_is_that_of_the_scores_of_psus(sample: Make) -> None:
    """State 01: PSU 1 has y 2 and x 4, PSU 2 has 4 and 4; R is 0.75, scores are -1 / 8 and 1 / 8, and n / (n - 1) is 2."""
    country = sample()
    country.indicator("literacy", f"{LITERACY}\nbreakdowns: [[national], [state]]")
    of_state = next(r for r in country.values("literacy") if r["ref_area"] == "MX01")
    assert of_state["std_error"] == pytest.approx(100 * math.sqrt(2 * (2 * (1 / 8) ** 2)), rel=1e-12)
    assert of_state["cv"] == pytest.approx(100 * of_state["std_error"] / 75, rel=1e-12)


def test_a_total_a_mean_and_a_median(sample: Make) -> None:
    country = sample()
    country.indicator(
        "literates", "method: {kind: count, table: survey, value: literate}\nbreakdowns: [[national]]", "NUMBER"
    )
    country.indicator(
        "mean_income", "method: {kind: mean, table: survey, value: income}\nbreakdowns: [[national]]", "MXN"
    )
    country.indicator(
        "median", "method: {kind: quantile, table: survey, value: income}\nbreakdowns: [[national]]", "MXN"
    )
    assert [country.values(i)[0]["obs_value"] for i in ("literates", "mean_income", "median")] == [7.0, 400 / 12, 30.0]


def test_inequality_of_four_equal_weights(sample: Make) -> None:
    """Incomes 0, 0, 0 and 1: the Gini coefficient is 3 / 4, and the richest quarter has all."""
    rows = "\n".join(f"01 | a | {u} | 1 | 1 | 1 | {income}" for u, income in enumerate((0, 0, 0, 1)))
    country = sample("ENT | H | U | W | SEX | LIT | INC\n" + rows)
    country.indicator("gini", "method: {kind: gini, table: survey, value: income}\nbreakdowns: [[national]]", "RO")
    top = "method: {kind: share, table: survey, value: income, part: [0.75, 1]}\nbreakdowns: [[national]]"
    country.indicator("top", top)
    assert country.values("gini")[0]["obs_value"] == pytest.approx(0.75)
    assert country.values("top")[0]["obs_value"] == pytest.approx(100)


@pytest.mark.parametrize(("alpha", "value"), [(0, 50.0), (1, 100 * (0.5 + 0.25) / 4), (2, 100 * (0.25 + 0.0625) / 4)])
def test_poverty_below_a_line(sample: Make, alpha: int, value: float) -> None:
    """Incomes 5, 7.5, 10 and 20 with a line of 10: whoever is at the line is not poor."""
    rows = "\n".join(f"01 | a | {u} | 1 | 1 | 1 | {income}" for u, income in enumerate((5, 7.5, 10, 20)))
    country = sample("ENT | H | U | W | SEX | LIT | INC\n" + rows)
    method = f'{{kind: fgt, table: survey, value: income, line: "10", alpha: {alpha}}}'
    country.indicator("poverty", f"method: {method}\nbreakdowns: [[national]]")
    assert country.values("poverty")[0]["obs_value"] == pytest.approx(value)


def test_negative_incomes_have_no_share(sample: Make) -> None:
    country = sample(SAMPLE.replace("| 10", "| -1"))
    country.indicator("gini", "method: {kind: gini, table: survey, value: income}\nbreakdowns: [[national]]", "RO")
    row = country.values("gini")[0]
    assert (row["obs_value"], row["obs_status"], row["obs_reason"]) == (None, "M", "negative_values")


@pytest.mark.parametrize(
    ("policy", "status", "reason"),
    [
        ({"records": "4"}, "Q", "small_sample"),
        ({"psus": "3"}, "Q", "few_psus"),
        ({"df": "2"}, "Q", "few_df"),
        ({"low": "40", "when_low": "withhold"}, "A", None),
    ],
)
def test_the_policy_withholds_and_says_why(
    sample: Make, policy: dict[str, str], status: str, reason: str | None
) -> None:
    country = sample(**policy)
    country.indicator("literacy", f"{LITERACY}\nbreakdowns: [[state]]")
    row = next(r for r in country.values("literacy") if r["ref_area"] == "MX01")
    assert (row["obs_status"], row["obs_reason"]) == (status, reason)
    emptied = ("obs_value", "numerator", "denominator", "std_error", "cv", "ci_lower", "ci_upper", "deff", "df")
    assert {row[name] is None for name in emptied} == {status == "Q"}
    assert row["n_obs"] == 3, "the size of the sample is the reason, and stays"


def test_low_precision_is_marked_or_withheld_by_the_policy(sample: Make) -> None:
    country = sample(low="40")
    country.indicator("literacy", f"{LITERACY}\nbreakdowns: [[state]]")
    assert {r["obs_status"]: r["precision"] for r in country.values("literacy")} == {"A": "moderate", "U": "low"}
    country.edit("policies/surveys.yaml", "when_low: caution", "when_low: withhold")
    of_02 = next(r for r in country.values("literacy") if r["ref_area"] == "MX02")
    assert (of_02["obs_status"], of_02["obs_reason"], of_02["obs_value"]) == ("Q", "low_precision", None)


def test_the_policy_is_part_of_the_definition(sample: Make) -> None:
    country = sample()
    country.indicator("literacy", f"{LITERACY}\nbreakdowns: [[national]]")
    before = country.catalog().spec_hash(country.catalog().indicators["literacy"])
    country.edit("policies/surveys.yaml", "low: 30", "low: 25")
    assert country.catalog().spec_hash(country.catalog().indicators["literacy"]) != before


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (f"{LITERACY}\nbreakdowns: [[municipality]]", "is no domain of the survey, which was designed for national and state: the small country says so"),
        ("method: {kind: gini, table: people, value: population}\nbreakdowns: [[national]]", "has no sampling design, which this method needs"),
        ("method: {kind: published, table: survey, value: income}\nbreakdowns: [[national]]", "is not for the records of a survey"),
        ("method: {kind: share, table: survey, value: income, part: [0.9, 0.1]}\nbreakdowns: [[national]]", "from a lower to a higher share"),
    ],
)  # fmt: skip
def test_what_a_survey_cannot_give_is_a_mistake_of_the_spec(sample: Make, body: str, message: str) -> None:
    country = sample()
    country.indicator("literacy", body)
    problems = country.problems()
    assert len(problems) == 1 and message in problems[0], problems


def test_a_stratum_with_one_psu_can_be_refused(sample: Make) -> None:
    country = sample(SAMPLE.replace("| b | 2", "| c | 2"), DESIGN.replace("adjust", "fail"))
    country.indicator("literacy", f"{LITERACY}\nbreakdowns: [[national]]")
    with pytest.raises(
        SdgError,
        match=r"one primary sampling unit; found 'stratum b, PSU 1'.*in design.sample, or choose adjust, average or certainty",
    ):
        country.values("literacy")


@pytest.fixture
def needs(sample: Make) -> Callable[[str], Records]:
    """The small country with needs, a part of a sample of three PSUs in state 01."""

    def make(design: str = NEEDS) -> Records:
        country = sample(THREE_PSUS)
        country.source("needs_sample", {"2020": "2020"})
        country.table("needs", design, record="unit")
        country.file("needs_sample", "2020", NEEDED)
        return country

    return make


def test_units_without_a_record_in_a_part_of_the_sample_count_with_zero(needs: Callable[..., Records]) -> None:
    """PSUs of state 01 have 4, 8 and nothing: 3 / 2 (0 + 16 + 16) is 48. Of the part alone it would be 16, with df 1."""
    country = needs()
    country.indicator("total", TOTAL, "NUMBER")
    rows = country.values("total")
    assert_rows(
        [row for row in rows if row["ref_area"] == "MX01"],
        """
        ref_area | sex | obs_value | n_obs | n_psu | df | std_error
        MX01     | _T  | 12        | 4     | 2     | 2  | 6.928203
        MX01     | F   | 2         | 1     | 1     | 2  | 2
        MX01     | M   | 10        | 3     | 2     | 2  | 7.211103
        """,
    )
    country.indicator(
        "urgent", "method: {kind: ratio, table: needs, numerator: urgent, denominator: needs}\nbreakdowns: [[state]]"
    )
    [of_state] = country.values("urgent")  # scores of both PSUs are 0, and the third has none
    assert (of_state["obs_value"], of_state["std_error"], of_state["df"]) == (50, 0, 1)


def test_differences_of_a_part_have_the_design_of_the_whole_sample(needs: Callable[..., Records]) -> None:
    """Women 2, 0, 0 and men 2, 8, 0: the difference by PSU is 0, -8 and 0, with variance 64."""
    country = needs()
    country.indicator("total", TOTAL, "NUMBER")
    country.values("total")
    plan = make_plan(country.catalog().indicators["total"], country.catalog())
    assert isinstance(plan, SurveyPlan)
    engine.view(country.con, "observation", country.folder / "total.parquet")
    target = country.folder / "differences.parquet"
    assert differences.write(country.con, plan, target) == 1
    [gap] = country.con.sql(f"SELECT difference, std_error, df FROM read_parquet('{target}')").fetchall()
    assert gap == pytest.approx((-8, 8, 2))


def test_replicates_of_a_part_leave_out_units_without_a_record_too(needs: Callable[..., Records]) -> None:
    country = needs(NEEDS.replace("why:", "replication: {kind: jackknife}, why:"))
    country.indicator("total", TOTAL, "NUMBER")
    of_state = next(r for r in country.values("total") if r["ref_area"] == "MX01" and r["sex"] == "_T")
    assert of_state["std_error"] == pytest.approx(math.sqrt(48), rel=1e-12), "of a total the jackknife is exact"


def test_a_total_of_a_part_that_names_no_sample_is_refused(needs: Callable[..., Records]) -> None:
    country = needs(NEEDS.replace("sample: survey", "sample: part"))
    country.indicator("total", TOTAL, "NUMBER")
    [problem] = country.problems()
    assert problem.startswith(
        "goal_01/total.yaml:10: method.kind: is a total of needs, a part of a sample that it does not name"
    )
    assert "name it in tables/needs.yaml, design.sample: <id>; found 'count'" in problem
    country.indicator(
        "total", "method: {kind: ratio, table: needs, numerator: urgent, denominator: needs}\nbreakdowns: [[state]]"
    )
    assert country.problems() == [], "a share hardly depends on units without a record"


@pytest.mark.parametrize(
    ("design", "message"),
    [
        (NEEDS.replace("sample: survey", "sample: hole"), "design.sample: names no table that holds a whole sample (design.sample: whole, without vintages); found 'hole'; valid: whole, part, survey; did you mean 'whole'?"),
        (NEEDS.replace("sample: survey", "sample: needs"), "design.sample: names no table that holds a whole sample (design.sample: whole, without vintages); found 'needs'"),
        (NEEDS.replace("sample: survey, ", ""), "design.sample: is missing"),
        (NEEDS.replace("why:", 'certainty_strata: ["a"], why:'), "population_psus and certainty_strata of a part stand in the table of its sample"),
    ],
)  # fmt: skip
def test_a_sample_that_cannot_be_is_a_mistake_of_the_table(
    needs: Callable[..., Records], design: str, message: str
) -> None:
    problems = needs(design).problems()
    assert any(message in problem for problem in problems), problems


def test_a_record_of_a_unit_that_the_sample_has_not_is_refused(needs: Callable[..., Records]) -> None:
    country = needs()
    country.file("needs_sample", "2020", NEEDED + "    01  | a | 9 | 4 | 1   | 0\n")
    country.indicator("total", TOTAL, "NUMBER")
    with pytest.raises(
        SdgError, match=r"table survey, has not; found '2020, stratum a, PSU 9'; remedy: name the table"
    ):
        country.values("total")


@pytest.mark.parametrize("age", ["_T", "Y_GE15"])
def test_a_difference_counts_that_both_sides_share_psus(sample: Make, age: str) -> None:
    """A state against the nation, which holds it: the nation's scores are taken off the state's, PSU by PSU.

    Whomever the indicator is of, whose code its differences carry.
    """
    country = sample()
    universe = "" if age == "_T" else f"\nuniverse: {{age: {age}}}"
    country.indicator("literacy", f"{LITERACY}{universe}\nbreakdowns: [[national], [state], [state, sex]]")
    country.values("literacy")
    indicator, catalog = country.catalog().indicators["literacy"], country.catalog()
    engine.view(country.con, "observation", country.folder / "literacy.parquet")
    plan = make_plan(indicator, catalog)
    assert isinstance(plan, SurveyPlan)
    target = country.folder / "differences.parquet"
    n = differences.write(country.con, plan, target)
    rows = country.con.sql(f"SELECT * FROM read_parquet('{target}')")
    records = [dict(zip(rows.columns, row, strict=True)) for row in rows.fetchall()]
    assert n == len(records) > 0 and {r["age"] for r in records} == {age}
    state = next(r for r in records if r["comparison"] == "nation" and r["ref_area"] == "MX01" and r["sex"] == "_T")
    assert (state["obs_value"], state["reference"]) == (75.0, "MX")
    assert state["difference"] == pytest.approx(75 - 100 * 7 / 12)
    # scores of PSUs: state 01 (-1, 1) / 8; nation (y - 7 / 12 x) / 12; strata b has scores of the nation alone
    ratio = 7 / 12
    nation = {
        "a1": (2 - ratio * 4) / 12,
        "a2": (4 - ratio * 4) / 12,
        "b1": (1 - ratio * 1) / 12,
        "b2": (0 - ratio * 3) / 12,
    }
    apart = {"a1": -1 / 8 - nation["a1"], "a2": 1 / 8 - nation["a2"], "b1": -nation["b1"], "b2": -nation["b2"]}
    variance = sum(
        2 * sum((z - (one + two) / 2) ** 2 for z in (one, two))
        for one, two in [(apart["a1"], apart["a2"]), (apart["b1"], apart["b2"])]
    )
    assert state["std_error"] == pytest.approx(100 * math.sqrt(variance), rel=1e-12)
    assert state["df"] == 2
    assert state["p_value"] == pytest.approx(2 * t.sf(abs(state["difference"]) / state["std_error"], 2))
