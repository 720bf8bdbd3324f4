"""Spec tests of the methods: shares, counts, published figures, comparisons of groups, SQL written by hand.

Columns that a table leaves out are empty cells. ENT is the state, MUN the municipality, POP people, LIT those who
read, DWE dwellings, WAT those with piped water, SCH a published mean.
"""

from __future__ import annotations

from support.ascii import assert_rows
from support.country import Country

STATES = """
    ENT | POP | POP_F | POP_M | LIT | LIT_F | LIT_M | DWE | WAT | SCH | SCH_F | SCH_M
    ----+-----+-------+-------+-----+-------+-------+-----+-----+-----+-------+------
    01  | 100 |    60 |    40 |  80 |    45 |    35 |  30 |  27 | 9.5 |  9.25 | 9.9
    02  | 300 |   140 |   160 | 270 |   119 |   151 |  90 |  81 | 7.1 |  6.8  | 7.4
"""
MUNICIPALITIES = """
    ENT | MUN | POP | POP_F | POP_M | LIT | LIT_F | LIT_M | DWE | WAT | SCH  | SCH_F | SCH_M
    ----+-----+-----+-------+-------+-----+-------+-------+-----+-----+------+-------+------
    01  | 001 |  70 |    40 |    30 |  60 |    34 |    26 |  20 |  20 | 10.1 | 10    | 10.2
    01  | 002 |  30 |    20 |    10 |  20 |    11 |     9 |  10 |   7 |  8.1 |  8    |  8.3
    02  | 001 | 200 |   100 |   100 | 180 |    88 |    92 |  60 |  60 |  7.5 |  7.2  |  7.8
    02  | 002 | 100 |    40 |    60 |  90 |    31 |    59 |  30 |  21 |  6.3 |  6     |  6.5
"""
LOCALITIES = """
    ENT | MUN | LOC  | SIZE | POP | POP_F | POP_M | LIT | LIT_F | LIT_M | DWE | WAT
    ----+-----+------+------+-----+-------+-------+-----+-------+-------+-----+----
    01  | 001 | 0001 | 2    |  50 |    30 |    20 |  45 |    27 |    18 |  14 |  14
    01  | 001 | 0002 | 1    |  15 |     8 |     7 |  12 |     6 |     6 |   4 |   4
    01  | 001 | 9998 | *    |   5 |     2 |     3 |   3 |     1 |     2 |   2 |   2
    01  | 002 | 0001 | 1    |  30 |    20 |    10 |  20 |    11 |     9 |  10 |   7
"""


def full(country: Country) -> Country:
    country.give("state", STATES)
    country.give("municipality", MUNICIPALITIES)
    country.give("locality", LOCALITIES)
    return country


RATIO = """
method: {kind: ratio, table: people, numerator: literate, denominator: population}
breakdowns: [[national], [state], [municipality], [national, sex], [state, sex], [municipality, sex]]
"""


def test_ratio_at_the_three_levels_takes_the_published_totals_of_sex(country: Country) -> None:
    country.indicator("literacy", RATIO)
    assert_rows(
        full(country).values("literacy"),
        """ref_area | sex | urbanisation | numerator | denominator | obs_value | obs_status
           ---------+-----+--------------+-----------+-------------+-----------+-----------
           MX       | _T  | _T           | 350       | 400         | 87.5      | A
           MX       | F   | _T           | 164       | 200         | 82        | A
           MX       | M   | _T           | 186       | 200         | 93        | A
           MX01     | _T  | _T           | 80        | 100         | 80        | A
           MX01     | F   | _T           | 45        | 60          | 75        | A
           MX01     | M   | _T           | 35        | 40          | 87.5      | A
           MX01001  | _T  | _T           | 60        | 70          | 85.714286 | A
           MX01001  | F   | _T           | 34        | 40          | 85        | A
           MX01001  | M   | _T           | 26        | 30          | 86.666667 | A
           MX01002  | _T  | _T           | 20        | 30          | 66.666667 | A
           MX01002  | F   | _T           | 11        | 20          | 55        | A
           MX01002  | M   | _T           | 9         | 10          | 90        | A
           MX02     | _T  | _T           | 270       | 300         | 90        | A
           MX02     | F   | _T           | 119       | 140         | 85        | A
           MX02     | M   | _T           | 151       | 160         | 94.375    | A
           MX02001  | _T  | _T           | 180       | 200         | 90        | A
           MX02001  | F   | _T           | 88        | 100         | 88        | A
           MX02001  | M   | _T           | 92        | 100         | 92        | A
           MX02002  | _T  | _T           | 90        | 100         | 90        | A
           MX02002  | F   | _T           | 31        | 40          | 77.5      | A
           MX02002  | M   | _T           | 59        | 60          | 98.333333 | A
        """,
    )


def test_a_published_total_of_sex_is_not_the_sum_of_its_groups(country: Country) -> None:
    """Persons whose sex was not specified are in the total only."""
    country.indicator("literacy", RATIO.replace("[municipality], ", "").replace(", [municipality, sex]", ""))
    country.give(
        "state",
        """ENT | POP | POP_F | POP_M | LIT | LIT_F | LIT_M
           01  | 100 |    50 |    40 |  50 |    30 |    10
           02  | 100 |    50 |    50 |  50 |    20 |    30
        """,
    )
    assert_rows(
        country.values("literacy"),
        """ref_area | sex | numerator | denominator | obs_value
           MX       | _T  | 100       | 200         | 50
           MX       | F   | 50        | 100         | 50
           MX       | M   | 40        | 90          | 44.444444
           MX01     | _T  | 50        | 100         | 50
           MX01     | F   | 30        | 50          | 60
           MX01     | M   | 10        | 40          | 25
           MX02     | _T  | 50        | 100         | 50
           MX02     | F   | 20        | 50          | 40
           MX02     | M   | 30        | 50          | 60
        """,
    )


def test_the_unit_multiplies_a_ratio(country: Country) -> None:
    body = """
    method: {kind: ratio, table: people, numerator: literate, denominator: population}
    breakdowns: [[national]]
    """.replace("    ", "")
    for unit in ("RO", "PT", "PER_1000_POP"):
        country.indicator(f"by_{unit.lower()}", body, unit=unit)
    full(country).stage()
    rows = [row for unit in ("ro", "pt", "per_1000_pop") for row in country.computed(f"by_{unit}")]
    assert_rows(
        rows,
        """indicator       | unit_measure | obs_value
           by_ro           | RO           | 0.875
           by_pt           | PT           | 87.5
           by_per_1000_pop | PER_1000_POP | 875
        """,
    )


def test_expressions_are_computed_record_by_record_and_then_added_up(country: Country) -> None:
    country.indicator(
        "illiteracy",
        """
method: {kind: ratio, table: people, numerator: population - literate, denominator: population}
breakdowns: [[national], [state]]
""",
    )
    assert_rows(
        full(country).values("illiteracy"),
        """ref_area | numerator | denominator | obs_value
           MX       | 50        | 400         | 12.5
           MX01     | 20        | 100         | 20
           MX02     | 30        | 300         | 10
        """,
    )


def test_count(country: Country) -> None:
    country.indicator(
        "without_water",
        """
method: {kind: count, table: people, value: dwellings - piped_water}
breakdowns: [[national], [state], [municipality]]
""",
        unit="NUMBER",
    )
    assert_rows(
        full(country).values("without_water"),
        """ref_area | obs_value | numerator | denominator | denominator_source | obs_status | precision
           MX       | 12        | 12        |             |                    | A          | full_count
           MX01     | 3         | 3         |             |                    | A          | full_count
           MX01001  | 0         | 0         |             |                    | A          | full_count
           MX01002  | 3         | 3         |             |                    | A          | full_count
           MX02     | 9         | 9         |             |                    | A          | full_count
           MX02001  | 0         | 0         |             |                    | A          | full_count
           MX02002  | 9         | 9         |             |                    | A          | full_count
        """,
    )


def test_a_published_mean_is_taken_over_and_never_added_up(country: Country) -> None:
    country.indicator(
        "schooling_years",
        """
method: {kind: published, table: people, value: schooling}
breakdowns: [[state], [municipality], [state, sex]]
""",
        unit="YR",
    )
    assert_rows(
        full(country).values("schooling_years"),
        """ref_area | sex | obs_value | numerator | denominator | precision
           MX01     | _T  | 9.5       |           |             | published
           MX01     | F   | 9.25      |           |             | published
           MX01     | M   | 9.9       |           |             | published
           MX01001  | _T  | 10.1      |           |             | published
           MX01002  | _T  | 8.1       |           |             | published
           MX02     | _T  | 7.1       |           |             | published
           MX02     | F   | 6.8       |           |             | published
           MX02     | M   | 7.4       |           |             | published
           MX02001  | _T  | 7.5       |           |             | published
           MX02002  | _T  | 6.3       |           |             | published
        """,
    )


def test_parity_is_one_group_over_the_other(country: Country) -> None:
    country.indicator("literacy", RATIO)
    country.indicator(
        "literacy_parity",
        """
method: {kind: parity, indicator: literacy, dimension: sex, compare: F, reference: M}
breakdowns: [[national], [state]]
""",
        unit="RO",
    )
    assert_rows(
        full(country).values("literacy_parity"),
        """ref_area | sex | numerator | denominator | obs_value | unit_measure | denominator_source | obs_status
           MX       | _T  | 82        | 93          | 0.88172   | RO           | people_states/2020 | A
           MX01     | _T  | 75        | 87.5        | 0.857143  | RO           | people_states/2020 | A
           MX02     | _T  | 85        | 94.375      | 0.900662  | RO           | people_states/2020 | A
        """,
    )


def test_gap_is_one_group_less_the_other(country: Country) -> None:
    country.indicator("literacy", RATIO)
    country.indicator(
        "literacy_gap",
        """
method: {kind: gap, indicator: literacy, dimension: sex, compare: F, reference: M}
breakdowns: [[national], [municipality]]
""",
        unit="PP",
    )
    assert_rows(
        full(country).values("literacy_gap"),
        """ref_area | sex | obs_value  | numerator | denominator | obs_status
           MX       | _T  | -11        |           |             | A
           MX01001  | _T  | -1.666667  |           |             | A
           MX01002  | _T  | -35        |           |             | A
           MX02001  | _T  | -4         |           |             | A
           MX02002  | _T  | -20.833333 |           |             | A
        """,
    )


def test_a_comparison_without_one_of_its_groups_is_missing_with_the_reason(country: Country) -> None:
    country.indicator("literacy", RATIO)
    for kind, unit in (("parity", "RO"), ("gap", "PP")):
        method = f"{{kind: {kind}, indicator: literacy, dimension: sex, compare: F, reference: M}}"
        country.indicator(f"of_{kind}", f"method: {method}\nbreakdowns: [[state]]", unit=unit)
    country.give(
        "state",
        """ENT | POP | POP_F | POP_M | LIT | LIT_F | LIT_M
           01  | 100 |    50 |    50 |  60 |    30 |    30
           02  | 100 |   100 |     0 |  60 |    60 |     0
        """,
    )
    country.stage()
    assert_rows(
        [*country.computed("of_parity"), *country.computed("of_gap")],
        """indicator | ref_area | obs_value | obs_status | obs_reason
           of_parity | MX01     | 1         | A          |
           of_parity | MX02     |           | M          | zero_denominator
           of_gap    | MX01     | 0         | A          |
           of_gap    | MX02     |           | M          | zero_denominator
        """,
    )


def test_a_total_carries_the_codes_of_whom_it_is_of(country: Country) -> None:
    """Groups of the same dimension keep their own codes, and the groups of others are of the universe too."""
    country.indicator(
        "literacy",
        """
method: {kind: ratio, table: people, numerator: literate, denominator: population}
universe: {age: Y_GE15}
breakdowns: [[national], [state], [state, sex]]
""",
    )
    assert_rows(
        full(country).values("literacy"),
        """ref_area | sex | age    | disability | obs_value
           MX       | _T  | Y_GE15 | _T         | 87.5
           MX01     | _T  | Y_GE15 | _T         | 80
           MX01     | F   | Y_GE15 | _T         | 75
           MX01     | M   | Y_GE15 | _T         | 87.5
           MX02     | _T  | Y_GE15 | _T         | 90
           MX02     | F   | Y_GE15 | _T         | 85
           MX02     | M   | Y_GE15 | _T         | 94.375
        """,
    )


def test_a_comparison_is_of_whom_its_base_is_of(country: Country) -> None:
    base = f"{RATIO}\nuniverse: {{age: Y_GE15}}"
    country.indicator("literacy", base)
    method = "{kind: gap, indicator: literacy, dimension: sex, compare: F, reference: M}"
    country.indicator("gap", f"method: {method}\nuniverse: {{age: Y_GE15}}\nbreakdowns: [[state]]", unit="PP")
    assert_rows(
        full(country).values("gap"),
        """ref_area | sex | age    | obs_value
           MX01     | _T  | Y_GE15 | -12.5
           MX02     | _T  | Y_GE15 | -9.375
        """,
    )


def test_levels_and_groups_add_up_whomever_the_total_is_of(country: Country) -> None:
    country.indicator("literacy", f"{RATIO}\nuniverse: {{age: Y_GE15}}")
    full(country).values("literacy")
    verdicts = {verdict.check: verdict for verdict in country.coherence("literacy")}
    assert verdicts["coherence_groups"].passed


def test_kind_sql_returns_the_standard_columns(country: Country) -> None:
    method = "{kind: sql, table: people, rows_of: state, file: crowding.sql}"
    country.indicator("crowding", f"method: {method}\nbreakdowns: [[state]]", unit="RO")
    country.write(
        "goal_01/crowding.sql",
        """
        SELECT geo_level, state, municipality, time_period,
               population AS numerator, dwellings AS denominator, population / dwellings AS obs_value
        FROM staged.people WHERE geo_level = 'state' AND sex = '_T'
        """,
    )
    assert_rows(
        full(country).values("crowding"),
        """ref_area | area_name | geo_level | sex | time_period | numerator | denominator | obs_value | source
           MX01     | Norte     | state     | _T  | 2020        | 100       | 30          | 3.333333  | people_states
           MX02     | Sur       | state     | _T  | 2020        | 300       | 90          | 3.333333  | people_states
        """,
    )


def test_urban_and_rural_are_added_up_from_localities(country: Country) -> None:
    country.indicator(
        "literacy",
        """
method: {kind: ratio, table: people, numerator: literate, denominator: population}
breakdowns: [[state, urbanisation], [municipality, urbanisation], [state, sex, urbanisation]]
""",
    )
    assert_rows(
        full(country).values("literacy"),
        """ref_area | sex | urbanisation | numerator | denominator | obs_value | source            | source_edition
           MX01     | _T  | R            | 35        | 50          | 70        | people_localities | 2020-01
           MX01     | _T  | U            | 45        | 50          | 90        | people_localities | 2020-01
           MX01     | F   | R            | 18        | 30          | 60        | people_localities | 2020-01
           MX01     | F   | U            | 27        | 30          | 90        | people_localities | 2020-01
           MX01     | M   | R            | 17        | 20          | 85        | people_localities | 2020-01
           MX01     | M   | U            | 18        | 20          | 90        | people_localities | 2020-01
           MX01001  | _T  | R            | 15        | 20          | 75        | people_localities | 2020-01
           MX01001  | _T  | U            | 45        | 50          | 90        | people_localities | 2020-01
           MX01002  | _T  | R            | 20        | 30          | 66.666667 | people_localities | 2020-01
        """,
    )


def test_every_column_of_a_value(country: Country) -> None:
    country.indicator("literacy", RATIO)
    row = next(r for r in full(country).values("literacy") if r["ref_area"] == "MX01002" and r["sex"] == "F")
    sha256 = country.raws[next(level for level in country.raws if level == "municipality")].sha256
    assert row == {
        "indicator": "literacy", "series": "_L_MX_LITERACY", "sdg_indicator": "1.1",
            "ref_area": "MX01002", "area_name": "Brisa",
        "geo_level": "municipality", "geo_vintage": "2020", "time_period": "2020", "sex": "F", "age": "_T",
        "urbanisation": "_T", "disability": "_T", "indigenous": "_T", "income_quantile": "_T", "education": "_T",
        "obs_value": 55.0, "unit_measure": "PT", "numerator": 11.0, "denominator": 20.0,
        "denominator_source": "people_municipalities/2020", "n_obs": None, "n_missing": None, "n_psu": None, "std_error": None, "cv": None,
        "ci_lower": None, "ci_upper": None, "deff": None, "df": None, "precision": "full_count", "obs_status": "A",
        "obs_reason": None, "nature": "C", "coverage": "full", "source": "people_municipalities",
        "source_edition": "2020", "source_sha256": sha256,
        "spec_hash": country.catalog().spec_hash(country.catalog().indicators["literacy"]),
    }  # fmt: skip
