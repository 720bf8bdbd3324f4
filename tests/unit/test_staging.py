"""Official text to a typed table: what comes out, and for each malformed file one error and nothing written."""

from __future__ import annotations

import pytest
from support.ascii import assert_rows
from support.country import COLUMNS, Country

from sdg_pipeline.errors import GeographyError, StagingError
from sdg_pipeline.specs.catalog import Catalog

HEADER = ",".join(COLUMNS)
DRIFT_REMEDY = (
    "remedy: use or ignore each column in tables/people.yaml (`sdg new ignored people` writes the lists that it names "
    "under rest, and prints what changed), or get the right file"
)
SOUND_COPY = "remedy: get a sound copy of the file"
TOKENS = "remedy: get a sound copy, or list the token under format.missing in the table spec"
STATE = "state.csv (people_states/2020)"


def line(**cells: str) -> str:
    """A row of a file; columns not given are empty, keys that of state 01."""
    filled = {"ENT": "01", "MUN": "000", "LOC": "0000", "SIZE": "*", "NAME": "Norte", "POP": "10", **cells}
    return ",".join(filled.get(c, "") for c in COLUMNS)


def content(*lines: str, header: str = HEADER) -> bytes:
    return ("\n".join((header, *lines)) + "\n").encode()


def test_a_staged_row_is_an_area_and_a_code_of_each_dimension(country: Country) -> None:
    country.give("state", "ENT | POP | POP_F | POP_M | DWE | SCH | SCH_F\n 01 | 10 | 6 | 4 | 3 | 9.5 | 9.25")
    country.give("locality", "ENT|MUN|LOC|SIZE|POP|POP_F|POP_M|DWE\n 1|1|0001|2|7|4|3|2\n 1|999|9998|*|3|2|1|1")
    staged = country.staged()
    assert_rows(
        staged,
        """geo_level | state | municipality | locality | sex | urbanisation | time_period | population | dwellings
           state     | 01    | _T           | _T       | _T  | _T           | 2020        | 10         | 3
           state     | 01    | _T           | _T       | F   | _T           | 2020        | 6          |
           state     | 01    | _T           | _T       | M   | _T           | 2020        | 4          |
           locality  | 01    | 01001        | 0001     | _T  | U            | 2020        | 7          | 2
           locality  | 01    | 01001        | 0001     | F   | U            | 2020        | 4          |
           locality  | 01    | 01001        | 0001     | M   | U            | 2020        | 3          |
           locality  | 01    | _U           | 9998     | _T  | R            | 2020        | 3          | 1
           locality  | 01    | _U           | 9998     | F   | R            | 2020        | 2          |
           locality  | 01    | _U           | 9998     | M   | R            | 2020        | 1          |
        """,
    )
    assert {type(row["population"]) for row in staged} == {int}
    assert sorted(row["schooling"] for row in staged if row["schooling"] is not None) == [9.25, 9.5]


def test_keys_are_text_with_their_zeros(country: Country) -> None:
    country.give("municipality", "ENT | MUN | POP\n 1 | 1 | 10\n 02 | 001 | 20\n 2 | 02 | 5")
    assert_rows(
        [row for row in country.staged() if row["sex"] == "_T"],
        """state | municipality | population
           01    | 01001        | 10
           02    | 02001        | 20
           02    | 02002        | 5
        """,
    )


def test_missing_tokens_are_empty_and_counted(country: Country) -> None:
    cells = [{"ENT": "01", "POP": "*", "LIT": " N/D ", "SCH": ""}, {"ENT": "02", "POP": "0", "LIT": "*", "SCH": "7.5"}]
    country.give_rows("state", cells)
    report = country.stage().parts[0]
    assert {c: report["missing_cells"].get(c) for c in ("POP", "LIT", "SCH", "DWE")} == {
        "POP": 1, "LIT": 2, "SCH": 1, "DWE": 2}  # fmt: skip
    assert_rows(
        [row for row in country.staged() if row["sex"] == "_T"],
        """state | population | literate | schooling
           01    |            |          |
           02    | 0          |          | 7.5
        """,
    )


def test_rows_left_out_are_counted_with_the_reason(country: Country) -> None:
    country.give("municipality", "ENT | MUN | POP\n 01 | 000 | 30\n 01 | 001 | 10\n 01 | 002 | 20")
    report = country.stage()
    assert (report.rows, report.parts[0]["rows_read"], report.parts[0]["rows_kept"]) == (6, 3, 2)
    assert report.parts[0]["left_out"] == [
        {"rows": 1, "keep": "MUN <> '000'", "reason": "totals of states would count everybody again"}
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_with_and_without_bom(country: Country, encoding: str) -> None:
    country.give_bytes("state", content(line(NAME="México, Ñoñería".replace(",", ""))).decode().encode(encoding))
    assert [row["population"] for row in country.staged() if row["sex"] == "_T"] == [10]


def test_latin_1(country: Country) -> None:
    country.edit("tables/people.yaml", "format: {missing", "format: {encoding: latin-1, missing")
    country.edit("tables/people.yaml", '{"1": R, "2": U, "*": R}', '{"pequeña": R, "*": R}')
    rows = content(line(MUN="001", LOC="0001", SIZE="pequeña")).decode().encode("latin-1")
    country.give_bytes("locality", rows)
    assert {row["urbanisation"] for row in country.staged()} == {"R"}


def test_quoted_cells_and_windows_line_ends(country: Country) -> None:
    text = content(line(NAME='"Norte, ""El Grande"""', POP='"12"'), line(ENT="02", NAME='"two\nlines"'))
    country.give_bytes("state", text.replace(b"\n", b"\r\n"))
    assert [row["population"] for row in country.staged() if row["sex"] == "_T"] == [12, 10]


def test_a_copy_may_hold_the_used_columns_only(country: Country) -> None:
    used = ",".join(c for c in COLUMNS if c != "NAME")
    row = ",".join(c for i, c in enumerate(line().split(",")) if COLUMNS[i] != "NAME")
    country.give_bytes("state", content(row, header=used), columns="used")
    assert country.stage().rows == 3


def test_staging_twice_gives_the_same_bytes(country: Country) -> None:
    country.give("state", "ENT | POP\n 02 | 20\n 01 | 10")
    country.stage()
    first = country.staged_file.read_bytes()
    country.stage()
    assert country.staged_file.read_bytes() == first


MALFORMED: list[tuple[str, bytes, str]] = [
    ("state", content(line(NAME="México")).decode().encode("latin-1"), f"{STATE}: line 2: is not utf-8; "
     "found 'e9 78 69 63'; remedy: set format.encoding in the table spec to the real encoding (latin-1?)"),
    ("state", content(line(), line(ENT="02", NAME="México".encode().decode("latin-1"))), f"{STATE}: line 3: "
     f"is double-encoded (UTF-8 twice); found '0,0000,*,MÃ©xico,10,'; {SOUND_COPY}"),
    ("state", content(line(NAME="M\ufffdxico")), f"{STATE}: line 2: holds U+FFFD, a lost character; "
     f"found '0,0000,*,M\ufffdxico,10,,'; {SOUND_COPY}"),
    ("state", content(line(), header=HEADER.replace("DWE", "HOUSES").replace("WAT", "WATER")),
     f"{STATE}: header: has other columns than the table spec says; appeared: HOUSES, WATER (like WAT); "
     "went: DWE, WAT (like WATER); "
     f"{DRIFT_REMEDY}"),
    ("state", content(line() + ",1", header=HEADER + ",EXTRA"),
     f"{STATE}: header: has other columns than the table spec says; appeared: EXTRA; {DRIFT_REMEDY}"),
    ("state", content(line(), header=HEADER.replace("NAME", "NOMBRE")),  # which nobody reads
     f"{STATE}: header: has other columns than the table spec says; appeared: NOMBRE (like NAME); "
     f"went: NAME (like NOMBRE); {DRIFT_REMEDY}"),
    ("state", content(line(), header=HEADER.replace("NAME", "POP")),
     f"{STATE}: header: has a column twice; found 'POP'; {SOUND_COPY}"),
    ("state", content(), f"{STATE}: holds a header and no rows; {SOUND_COPY}"),
    ("state", b"", f"{STATE}: header: has other columns than the table spec says; went: "
     f"{', '.join(sorted(COLUMNS))}; {DRIFT_REMEDY}"),
    ("municipality", content(line()), "municipality.csv (people_municipalities/2020): has no row that the part keeps; "
     "remedy: mend the row rules of tables/people.yaml"),
    ("state", content(line(POP="-3")), f"{STATE}: row 2, column POP: a cell is negative; found '-3'; {TOKENS}"),
    ("state", content(line(), line(ENT="02", LIT_F="many")),
     f"{STATE}: row 3, column LIT_F: a cell is not a whole number; found 'many'; {TOKENS}"),
    ("state", content(line(POP="12.5")),
     f"{STATE}: row 2, column POP: a cell is not a whole number; found '12.5'; {TOKENS}"),
    ("state", content(line(POP="1e3")),
     f"{STATE}: row 2, column POP: a cell is not a whole number; found '1e3'; {TOKENS}"),
    ("state", content(line(POP='"1,000"')),
     f"{STATE}: row 2, column POP: a cell is not a whole number; found '1,000'; {TOKENS}"),
    ("state", content(line(POP="99999999999999999999")),
     f"{STATE}: row 2, column POP: a cell is not a whole number; found '99999999999999999999'; {TOKENS}"),
    ("state", content(line(SCH="nan")), f"{STATE}: row 2, column SCH: a cell is not a number; found 'nan'; {TOKENS}"),
    ("state", content(line(), line()), f"{STATE}: rows 2 and 3: has an area twice; found '01'; {SOUND_COPY}"),
    ("state", content(line(), line(ENT="1")), f"{STATE}: rows 2 and 3: has an area twice; found '01'; {SOUND_COPY}"),
    ("municipality", content(line(MUN="999"), line(MUN="999")), "municipality.csv (people_municipalities/2020): "
     f"rows 2 and 3: has an area twice; found '01999'; {SOUND_COPY}"),
    ("locality", content(line(MUN="001", LOC="0001", SIZE="3")), "locality.csv (people_localities/2020-01): row 2, "
     "column SIZE: has a code that the table spec does not know; found '3'; remedy: add it to "
     "dimensions.urbanisation.recode in tables/people.yaml"),
    ("locality", content(line(ENT="02", MUN="001", LOC="0001")), "locality.csv (people_localities/2020-01): has areas "
     "outside the states that its edition covers; found '02'; remedy: mend states in the source spec or the mirror "
     "manifest, or get the right file"),
]  # fmt: skip


@pytest.mark.parametrize(("level", "text", "message"), MALFORMED, ids=lambda v: str(v)[-60:-20])
def test_a_malformed_file_is_one_clear_error_and_nothing_is_written(
    country: Country, level: str, text: bytes, message: str
) -> None:
    country.give("state", "ENT | POP\n 01 | 1")
    country.stage()
    before = country.staged_file.read_bytes()
    country.give_bytes(level, text)
    with pytest.raises(StagingError) as caught:
        country.stage()
    assert str(caught.value) == message
    assert country.staged_file.read_bytes() == before
    assert [p.name for p in country.staged_file.parent.glob("*.aside")] == []


KEYS = [
    ("state", line(ENT="03"), "03"),
    ("state", line(ENT="00"), "00"),
    ("state", line(ENT=""), "(empty)"),
    ("state", line(ENT="012"), "012"),
    ("state", line(ENT="N1"), "N1"),
    ("municipality", line(MUN="009"), "01009"),
    ("municipality", line(MUN="0011"), "010011"),
    ("municipality", line(MUN=""), "(empty)"),
    ("municipality", line(ENT="02", MUN="003"), "02003"),
    ("municipality", line(ENT="03", MUN="999"), "03"),
]


@pytest.mark.parametrize(("level", "row", "key"), KEYS)
def test_an_unknown_key_is_refused(country: Country, level: str, row: str, key: str) -> None:
    """02003 exists, but only from 2025 on; 012 and 0011 are not cut to fit."""
    if level == "municipality" and not row.split(",")[1]:
        country.edit("tables/people.yaml", "MUN <> '000'", "coalesce(MUN, '') <> '000'")
    country.give_bytes(level, content(row))
    with pytest.raises(GeographyError) as caught:
        country.stage()
    edition = "people_states/2020" if level == "state" else "people_municipalities/2020"
    assert str(caught.value) == (
        f"{level}.csv ({edition}): area keys that the register of 2020 does not know (1 in all); found '{key}'; "
        "remedy: mend the keys, or add the area to indicator_specs/geography with its vintage"
    )
    assert not country.staged_file.exists()


RAGGED = [line() + ",7", ",".join(line().split(",")[:-3]), line(NAME='"no end'), line(NAME='a"b"c,"d')]


@pytest.mark.parametrize("row", RAGGED)
def test_a_ragged_row_is_refused_with_its_line(country: Country, row: str) -> None:
    country.give_bytes("state", content(line(ENT="02"), row))
    with pytest.raises(StagingError) as caught:
        country.stage()
    message = str(caught.value)
    assert message.startswith(f"{STATE}: cannot be read as CSV: ")
    assert message.endswith(SOUND_COPY)
    assert "3" in message and "\n" not in message
    assert not country.staged_file.exists()


def test_a_copy_of_some_states_holds_no_others(country: Country) -> None:
    country.give("state", "ENT | POP\n 01 | 1\n 02 | 2", states=("01",))
    with pytest.raises(StagingError, match="has areas outside the states that its edition covers; found '02'"):
        country.stage()


def test_a_row_rule_that_takes_cells_for_numbers_is_an_error_of_the_spec(country: Country) -> None:
    country.edit("tables/people.yaml", "MUN <> '000'", "POP > 5")
    [problem] = country.problems()
    assert problem == (
        "tables/people.yaml:15: parts[1].rows[0].keep: compares in POP > 5 a text with a number; found 'POP > 5'; "
        "remedy: cells are texts here: compare them with 'text', and compute in value of a measure"
    )


def test_the_columns_of_a_real_table_are_used_or_ignored_once(catalog: Catalog) -> None:
    for table in catalog.tables.values():
        assert not set(table.used_columns) & set(table.ignored_columns)
        assert len(set(table.ignored_columns)) == len(table.ignored_columns)
