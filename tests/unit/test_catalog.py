"""``sdg check``: every mistake of every file at once, with file, line, place, value, valid values and nearest name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import jsonschema
import pytest
from support.country import Country

from sdg_pipeline.errors import InputError, SpecErrors, UsageError
from sdg_pipeline.estimate import check
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs import yaml
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.kinds import KINDS, Kind, kind_at

LIT, PEOPLE, STATES = "goal_01/lit.yaml", "tables/people.yaml", "sources/people_states.yaml"
METHOD = "method: {kind: ratio, table: people, numerator: literate, denominator: population}"
PARITY = "method: {kind: parity, indicator: lit, dimension: sex, compare: F, reference: M}"
TITLE = 'title: {en: "lit", es: "lit"}'
LISTS = PROJECT / "indicator_specs" / "codelists"


def choices(valid: Iterable[str]) -> str:
    """Valid values as errors tell them."""
    names = sorted(valid)
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


REGISTERS = {Path(kind.file).stem for kind in KINDS if kind.file}
CODELISTS = choices(p.stem for p in LISTS.glob("*.yaml") if p.stem not in REGISTERS)
SERIES = choices(yaml.read(LISTS / "series.yaml", "series.yaml").data["codes"])
UNITS = choices(yaml.read(LISTS / "units.yaml", "units.yaml").data["codes"])


@pytest.fixture
def specs(country: Country) -> Country:
    """The small country with a ratio (lines 1 to 11) and its parity, all sound."""
    country.indicator("lit", f"{METHOD}\nbreakdowns: [[national], [state], [state, sex]]")
    country.indicator("par", f"{PARITY}\nbreakdowns: [[state]]", unit="RO")
    assert country.problems() == []
    return country


# One edit of one file, and the problem as `sdg check` prints it.
GRAMMAR = [
    # indicator: keys
    (LIT, "decimals: 1", "decimal: 1", [
        "goal_01/lit.yaml:1: decimals: is missing; remedy: add the key 'decimals'",
        "goal_01/lit.yaml:6: decimal: is not a key of this kind of spec; found 'decimal'; valid: id, title, former, "
        "catalogue, sdg, description, unit, decimals, direction, nature, owner, method and 5 more; "
        "did you mean 'decimals'?",
    ]),
    (LIT, "denominator:", "denominador:", [
        "goal_01/lit.yaml:10: method.denominador: is not a key of this kind of spec; found 'denominador'; "
        "valid: kind, table, numerator, denominator, where; did you mean 'denominator'?",
        "goal_01/lit.yaml:10: method.denominator: is missing; remedy: add the key 'denominator'",
    ]),
    (LIT, METHOD + "\n", "", ["goal_01/lit.yaml:1: method: is missing; remedy: add the key 'method'"]),
    (LIT, TITLE, 'title: {en: "lit"}', ["goal_01/lit.yaml:2: title.es: is missing; remedy: add the key 'es'"]),
    (LIT, TITLE, 'title: {en: "lit", es: ""}', ["goal_01/lit.yaml:2: title.es: is empty; found ''"]),
    (LIT, "owner: team:tests", "owner:", ["goal_01/lit.yaml:8: owner: is not text; found '(nothing)'"]),
    # indicator: shapes
    (LIT, TITLE, "title: lit", [
        "goal_01/lit.yaml:2: title: is not a mapping of keys; found 'lit'; valid: en, es"]),
    (LIT, METHOD, "method: ratio", ["goal_01/lit.yaml:10: method: is not a mapping of keys; found 'ratio'"]),
    (LIT, "[-1000000, 1000000]", "3", ["goal_01/lit.yaml:9: checks.range: is not a list; found '3'"]),
    (LIT, "breakdowns: [[national]", "breakdowns: [3, [national]", [
        "goal_01/lit.yaml:11: breakdowns[0]: is not a list; found '3'"]),
    (LIT, "breakdowns: [[national], [state], [state, sex]]", "breakdowns: [3]", [
        "goal_01/lit.yaml:11: breakdowns[0]: is not a list; found '3'"]),
    (LIT, "[-1000000, 1000000]", "[1]", [
        "goal_01/lit.yaml:9: checks.range: has too few items: number 2 is missing"]),
    (LIT, "[-1000000, 1000000]", "[1, 2, 3]", [
        "goal_01/lit.yaml:9: checks.range: has too many items; found 'a list'"]),
    (LIT, "[[national], [state], [state, sex]]", "[]", [
        "goal_01/lit.yaml:11: breakdowns: has too few items; found 'a list'"]),
    # indicator: values
    (LIT, "decimals: 1", "decimals: one", ["goal_01/lit.yaml:6: decimals: is not a whole number; found 'one'"]),
    (LIT, "decimals: 1", "decimals: 9", [
        "goal_01/lit.yaml:6: decimals: must be less than or equal to 6; found '9'"]),
    (LIT, "[-1000000, 1000000]", "[low, 1]", ["goal_01/lit.yaml:9: checks.range[0]: is not a number; found 'low'"]),
    (LIT, "[-1000000, 1000000]", "[nan, 1]", [
        "goal_01/lit.yaml:9: checks.range[0]: is not a finite number; found 'nan'"]),
    (LIT, "direction: up", "direction: upp", [
        "goal_01/lit.yaml:7: direction: is not one of the valid values; found 'upp'; "
        "valid: up, down, parity, context; did you mean 'up'?"]),
    (LIT, "kind: ratio", "kind: ratios", [
        "goal_01/lit.yaml:10: method.kind: is not a known kind; found 'ratios'; "
        "valid: ratio, rate, count, published, parity, gap, sql, mean, quantile, gini, share, fgt and 1 more; did you mean 'ratio'?"]),
    (LIT, "kind: ratio, ", "", [
        "goal_01/lit.yaml:10: method.kind: is missing; valid: ratio, rate, count, published, parity, gap, sql, mean, quantile, gini, share, fgt and 1 more"]),
    (LIT, 'target: "1.1"', "target: 18.1", [
        r"goal_01/lit.yaml:4: sdg.target: does not have the form ^([1-9]|1[0-7])\.([1-9][0-9]?|[a-d])$; found '18.1'"]),
    # source
    (STATES, "url_status: from_memory", "url_status: memory, stats: ['01']", [
        "sources/people_states.yaml:12: editions.2020.stats: is not a key of this kind of spec; found 'stats'; valid: "
        "url, url_status, url_cite, url_seen, period, until, forecast_from, layout, container, member, several, states "
        "and 15 more; did you mean 'states'?",
        "sources/people_states.yaml:12: editions.2020.url_status: is not one of the valid values; found 'memory'; "
        "valid: verified, documented, from_memory, unknown; did you mean 'from_memory'?"]),
    (STATES, '"https://example.org/states.csv"', "ftp://example.org", [
        r"sources/people_states.yaml:12: editions.2020.url: does not have the form ^https?://[^\s]+$; "
        "found 'ftp://example.org'"]),
    (STATES, "url_status: from_memory", "url_status: documented", [
        "sources/people_states.yaml:12: editions.2020: url_cite says where a documented url was read, and goes with no "
        "other url_status"]),
    (STATES, "url_status: from_memory", "url_status: verified, url_cite: a page", [
        "sources/people_states.yaml:12: editions.2020: url_cite says where a documented url was read, and goes with no "
        "other url_status"]),
    (STATES, "url_status: from_memory", "url_status: unknown", [
        "sources/people_states.yaml:12: editions.2020: url_status is unknown where there is no url, and only there"]),
    (STATES, "url_status: from_memory", "url_status: from_memory, layout: cut", [
        "sources/people_states.yaml:12: editions.2020.layout: is not one of the valid values; found 'cut'; "
        "valid: official, copy"]),
    (STATES, "dictionary: {url_status: unknown, note: The small country is made up.}\n", "", [
        "sources/people_states.yaml:1: dictionary: is missing; remedy: add the key 'dictionary'"]),
    (STATES, ", note: The small country is made up.", "", [
        "sources/people_states.yaml:6: dictionary: a dictionary without url has a note that says why"]),
    (STATES, '{url: "https://example.org/people", url_status: verified}', "{url_status: unknown}", [
        "sources/people_states.yaml:5: landing_page.url: is missing; remedy: add the key 'url'",
        "sources/people_states.yaml:5: landing_page.url_status: is not one of the valid values; found 'unknown'; "
        "valid: verified, documented, from_memory"]),
    (STATES, "url_status: from_memory", "url_status: from_memory, container: zip", [
        "sources/people_states.yaml:12: editions.2020: a zip container names its member, and a plain file has none"]),
    (STATES, "url_status: from_memory", "url_status: from_memory, states: [1]", [
        "sources/people_states.yaml:12: editions.2020.states[0]: does not have the form ^[0-9]{2}$; found '1'"]),
    # table
    (PEOPLE, "column: DWE", "column: DWE, by: sex", [
        "tables/people.yaml:30: measures.dwellings: by and columns go together"]),
    (PEOPLE, ", column: DWE", "", [
        "tables/people.yaml:30: measures.dwellings: a measure needs one of column, by with columns, records, and value"]),
    (PEOPLE, '    recode: {"1": R, "2": U, "*": R}\n', "", [
        "tables/people.yaml:20: dimensions.urbanisation: a dimension read from a column needs recode, and only such a "
        "one has it"]),
    (PEOPLE, "record: aggregate", "record: agregate", [
        "tables/people.yaml:5: record: is not one of the valid values; found 'agregate'; valid: aggregate, unit; "
        "did you mean 'aggregate'?"]),
    (PEOPLE, "totals: computed", "totals: yes", [
        "tables/people.yaml:22: dimensions.urbanisation.totals: is not one of the valid values; found 'yes'; "
        "valid: published, computed"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "old", "new", "problems"), GRAMMAR, ids=lambda v: str(v)[:30].replace("/", ":"))
def test_grammar(specs: Country, path: str, old: str, new: str, problems: list[str]) -> None:
    specs.edit(path, old, new)
    assert specs.problems() == problems


REFERENCES = [
    (LIT, "table: people", "table: peopel", [
        "goal_01/lit.yaml:10: method.table: names an unknown table; found 'peopel'; valid: people; "
        "did you mean 'people'?"]),
    (LIT, "unit: PT", "unit: PTT", [
        "goal_01/lit.yaml:5: unit: names an unknown unit; found 'PTT'; "
        f"valid: {UNITS}; did you mean 'PT'?"]),
    (LIT, "id: lit\n", "id: litt\n", [
        "goal_01/lit.yaml:1: id: differs from the file name; found 'litt'; "
        "remedy: rename the file to litt.yaml or set id: lit",
        "goal_01/par.yaml:10: method.indicator: names an unknown indicator; found 'lit'; valid: litt; did you mean 'litt'?"]),
    (LIT, 'target: "1.1"', 'target: "4.6"', [
        "goal_01/lit.yaml:4: sdg.target: belongs to goal 4, but the file lies in goal_01; found '4.6'; "
        "remedy: move the file to goal_04 or mend the target"]),
    (LIT, 'target: "1.1", relation: national', 'target: "1.1", code: "1.2.1", relation: proxy', [
        "goal_01/lit.yaml:4: sdg.code: is not of target 1.1; found '1.2.1'"]),
    (LIT, "relation: national", "relation: proxy", [
        "goal_01/lit.yaml:4: sdg.relation: does not go with code; found 'proxy'; "
        "remedy: national indicators have no UN code; global and proxy ones name it"]),
    (LIT, "[-1000000, 1000000]", "[100, 0]", [
        "goal_01/lit.yaml:9: checks.range: is empty; found '100.0..0.0'; remedy: write [low, high]"]),
    (LIT, "[-1000000, 1000000]",
     '[0, 1], agrees_with: [{area: MX01009, period: "2020", value: 1, tolerance: 1, cite: x}]', [
        "goal_01/lit.yaml:9: checks.agrees_with[0].area: is not an area of the register; found 'MX01009'"]),
    ("goal_01/par.yaml", "indicator: lit", "indicator: par", [
        "goal_01/par.yaml:10: method.indicator: names an unknown indicator; found 'par'; valid: lit"]),
    (LIT, 'target: "1.1", relation: national', 'target: "1.1", code: "1.1.1", relation: global', [
        "goal_01/lit.yaml:4: sdg.series: does not go with relation; found '(none)'; remedy: global indicators name the "
        "series of the UN that they are; proxy and national ones name none"]),
    (LIT, "relation: national", "relation: national, series: SI_POV_NMPI", [
        "goal_01/lit.yaml:4: sdg.series: does not go with relation; found 'SI_POV_NMPI'; remedy: global indicators name "
        "the series of the UN that they are; proxy and national ones name none"]),
    (LIT, 'target: "1.1", relation: national', 'target: "1.1", code: "1.1.1", relation: global, series: SI_POV_NMP', [
        "goal_01/lit.yaml:4: sdg.series: names an unknown code; found 'SI_POV_NMP'; "
        f"valid: {SERIES}; did you mean 'SI_POV_NMPI'?"]),
    (LIT, "decimals: 1", "decimals: 1\nuniverse: {ages: Y_GE15}", [
        "goal_01/lit.yaml:7: universe.ages: names an unknown dimension; found 'ages'; "
        "valid: activity, age, composite_breakdown, disability, education, income_quantile, indigenous, occupation, "
        "product, sex, urbanisation; did you mean 'age'?"]),
    (LIT, "decimals: 1", "decimals: 1\nuniverse: {occupation: X}", [
        "goal_01/lit.yaml:7: universe.occupation: names an unknown code list; found 'occupation'; "
        f"valid: {CODELISTS}; did you mean 'education'?"]),
    (LIT, "decimals: 1", "decimals: 1\nuniverse: {urbanisation: _T}", [
        "goal_01/lit.yaml:7: universe.urbanisation: names an unknown code; found '_T'; valid: R, U"]),
    (LIT, "decimals: 1", "decimals: 1\nuniverse: {sex: F}", [
        "goal_01/lit.yaml:7: universe.sex: is a group of a breakdown, from which the total could not be told; "
        "found 'F'"]),
    (LIT, "decimals: 1", "decimals: 1\nuniverse: {age: Y_GE15}", [
        "goal_01/par.yaml:1: universe: is not that of lit; remedy: write universe: {age: Y_GE15}"]),
    (PEOPLE, "people_localities, edition", "people_localitie, edition", [
        "tables/people.yaml:16: parts[2].source: names an unknown source; found 'people_localitie'; "
        "valid: people_localities, people_municipalities, people_states; did you mean 'people_localities'?"]),
    (PEOPLE, "edition: 2020-01", "edition: 2020-02", [
        "tables/people.yaml:16: parts[2].edition: names an unknown edition; found '2020-02'; valid: 2020-01; "
        "did you mean '2020-01'?"]),
    (PEOPLE, "{codelist: sex", "{codelist: sexo", [
        "tables/people.yaml:19: dimensions.sex.codelist: names an unknown code list; found 'sexo'; "
        f"valid: {CODELISTS}; did you mean 'sex'?"]),
    (PEOPLE, '"2": U', '"2": X', [
        "tables/people.yaml:25: dimensions.urbanisation.recode.2: names an unknown code; found 'X'; "
        "valid: R, U, _T, _U"]),
    (PEOPLE, "F: LIT_F", "W: LIT_F", [
        "tables/people.yaml:29: measures.literate.columns.W: names an unknown code; found 'W'; valid: F, M, _T, _U"]),
    (PEOPLE, '"Que leen"}, by: sex', '"Que leen"}, by: sexo', [
        "tables/people.yaml:27: measures: are spread by more than one dimension; found 'sex, sexo'",
        "tables/people.yaml:29: measures.literate.by: names an unknown dimension; found 'sexo'; "
        "valid: sex, urbanisation; did you mean 'sex'?"]),
    (PEOPLE, "columns: [NAME]", "columns: [NAME, POP]", [
        "tables/people.yaml:38: ignore: lists a column that the table uses; found 'POP'"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "old", "new", "problems"), REFERENCES, ids=lambda v: str(v)[:30].replace("/", ":"))
def test_references_between_files(specs: Country, path: str, old: str, new: str, problems: list[str]) -> None:
    specs.edit(path, old, new)
    assert specs.problems() == problems


RULES = """
id: rules
title: {en: r, es: r}
owner: team:x
rules:
  - {id: over, kind: equal, left: par, right: women / men, why: so,
     terms: {women: {indicator: lit, codes: {sex: [F]}}, men: {indicator: lit, codes: {sex: [M]}}}}
  - {id: un, kind: reference, indicator: lit, table: people, measure: literate, series: {x: y}, tolerance: 0, why: so}
"""
NO_KEY = "coherence/rules.yaml:8: rules[1].series.x: is not a key column of the table; found 'x'"
OF_RULES = [
    ("left: par", "left: pra", ["coherence/rules.yaml:6: rules[0].left: names an unknown indicator; found 'pra'; "
                                "valid: lit, par; did you mean 'par'?"]),
    ("left: par", "left: par +", ["coherence/rules.yaml:6: rules[0].left: is not an expression: "]),
    ("women / men", "women", ["coherence/rules.yaml:7: rules[0].terms.men: is not used; found 'men'"]),
    ("{sex: [F]}", "{sexo: [F]}", ["coherence/rules.yaml:7: rules[0].terms.women.codes.sexo: is not a dimension"]),
    ("id: un", "id: over", ["coherence/rules.yaml:2: names a rule twice: over"]),
    ("measure: literate", "measure: literat", ["coherence/rules.yaml:8: rules[1].measure: names an unknown measure"]),
    ("table: people", "table: peple", ["coherence/rules.yaml:8: rules[1].table: names an unknown table"]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "problems"), OF_RULES)
def test_names_in_rules_of_coherence(specs: Country, old: str, new: str, problems: list[str]) -> None:
    specs.write("coherence/rules.yaml", RULES)
    assert [p[: len(NO_KEY)] for p in specs.problems()] == [NO_KEY]
    specs.write("coherence/rules.yaml", RULES.replace(old, new))
    refusals = specs.problems()
    assert any(problem.startswith(problems[0]) for problem in refusals), refusals


BROKEN = [
    (LIT, "decimals: 1", "decimals: x", "goal_01/lit.yaml:6"),
    (PEOPLE, "record: aggregate", "record: x", "tables/people.yaml:5"),
    (STATES, "periodicity: decennial", "periodicity: x", "sources/people_states.yaml:8"),
    ("codelists/sex.yaml", "id: sex\n", "id: sex\nidd: x\n", "codelists/sex.yaml:3"),
    ("codelists/units.yaml", "id: units\n", "id: units\nidd: x\n", "codelists/units.yaml:3"),
]


@pytest.mark.parametrize(("path", "old", "new", "place"), BROKEN)
def test_a_mistake_is_reported_once_and_not_again_in_files_that_refer_to_it(
    specs: Country, path: str, old: str, new: str, place: str
) -> None:
    specs.edit(path, old, new)
    [problem] = specs.problems()
    assert problem.startswith(place + ": ")


STRAYS: list[tuple[str, str, str]] = [
    ("goal_18/x.yaml", "id: x", "goal_18/x.yaml: lies in a folder that holds no specs; found 'goal_18'; valid: "),
    ("goal_01/sub/x.yaml", "id: x", "goal_01/sub/x.yaml: lies in a folder that holds no specs; found 'goal_01'; valid"),
    ("x.yaml", "id: x", "x.yaml: lies in a folder that holds no specs; found 'x.yaml'; valid: sources, tables, codeli"),
    ("goal_01/water.yml", "id: water", "goal_01/water.yml: would not be read; found '.yml'; "
     "remedy: rename the file to water.yaml"),
    ("goal_01/water.yaml", "", "goal_01/water.yaml:1: is empty"),
    ("goal_01/water.yaml", "- id", "goal_01/water.yaml:1: is not a mapping of keys; found 'a list'; valid: id, title,"),
    ("goal_01/water.yaml", "water", "goal_01/water.yaml:1: is not a mapping of keys; found 'water'; valid: id, title,"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "problem"), STRAYS)
def test_files_that_hold_no_spec(specs: Country, path: str, text: str, problem: str) -> None:
    specs.write(path, text)
    [refusal] = specs.problems()
    assert refusal.startswith(problem)


def test_an_id_used_twice(specs: Country) -> None:
    text = (specs.specs / STATES).read_text(encoding="utf-8")
    specs.write("sources/people.yaml", text.replace("id: people_states", "id: people"))
    [problem] = specs.problems()
    assert problem == "tables/people.yaml:2: id: is also the id of sources/people.yaml; found 'people'"


def test_a_sql_file_that_is_not_there(specs: Country) -> None:
    specs.indicator(
        "written", "method: {kind: sql, table: people, file: written.sql, rows_of: state}\nbreakdowns: [[state]]"
    )
    assert specs.problems() == [
        "goal_01/written.yaml:10: method.file: names a file that is not beside the spec; found 'written.sql'"
    ]


def test_all_mistakes_of_all_files_come_at_once(specs: Country) -> None:
    specs.edit(LIT, "direction: up", "direction: sideways\nunits: PT")
    specs.edit(STATES, "periodicity: decennial", "periodicity: never")
    specs.edit(PEOPLE, "{codelist: sex", "{codelist: sexes")
    specs.edit("goal_01/par.yaml", "unit: RO", "unit: ROO\nunit: RO")
    specs.indicator("third", f"{METHOD}\nbreakdowns: [[state, county]]")
    catalog = catalogs.load(specs.specs)
    catalog.problems.extend(check.check(catalog))
    with pytest.raises(SpecErrors) as caught:
        catalog.sound()
    assert [(p.file, p.path) for p in caught.value.problems] == [
        ("goal_01/lit.yaml", "direction"),
        ("goal_01/lit.yaml", "units"),
        ("goal_01/par.yaml", "unit"),
        ("goal_01/par.yaml", "unit"),
        ("sources/people_states.yaml", "periodicity"),
        ("tables/people.yaml", "dimensions.sex.codelist"),
    ]
    assert len(str(caught.value).splitlines()) == 6
    assert caught.value.exit_code == 2


def test_no_folder_and_no_register(tmp_path: Path, country: Country) -> None:
    with pytest.raises(UsageError, match=r"no folder of specs at .*nowhere; remedy: set SDG_SPECS"):
        catalogs.load(tmp_path / "nowhere")
    country.indicator("lit", f"{METHOD}\nbreakdowns: [[state]]")
    (country.specs / "geography" / "states.csv").unlink()
    with pytest.raises(UsageError, match=r"no register of areas at .*states.csv; remedy: "):
        catalogs.load(country.specs)
    (country.specs / "geography" / "states.csv").write_bytes(b"key,name\n" + b"a," * catalogs.MOST_BYTES)
    with pytest.raises(InputError, match=r"states.csv: cannot be read, or is too large .*remedy: write key,name"):
        catalogs.load(country.specs)


def test_an_unknown_indicator_is_answered_with_the_nearest(specs: Country) -> None:
    catalog = specs.catalog()
    with pytest.raises(UsageError, match="no indicator 'litt'; did you mean 'lit'"):
        catalog.indicator("litt")
    with pytest.raises(
        UsageError, match="no indicator 'zzz'; remedy: write the id of an indicator; `sdg check --list` names them"
    ):
        catalog.indicator("zzz")


def test_the_hash_of_a_spec_is_that_of_its_meaning(specs: Country) -> None:
    def hash_now() -> str:
        catalog = specs.catalog()
        return catalog.spec_hash(catalog.indicators["lit"])

    first = hash_now()
    specs.edit(LIT, "decimals: 1", "# a comment\ndecimals:   '1'")
    assert hash_now() == first
    specs.edit(LIT, "numerator: literate", "numerator: population")
    second = hash_now()
    assert second != first
    specs.edit("codelists/units.yaml", '"Porcentaje", multiplier: 100', '"Porcentaje", multiplier: 10')
    assert hash_now() != second


def test_comparisons_come_after_what_they_compare(catalog: Catalog) -> None:
    seen: set[str] = set()
    for indicator in catalog.in_order():
        assert indicator.base is None or indicator.base in seen, indicator.id
        seen.add(indicator.id)
    assert seen == set(catalog.indicators)


def test_the_specs_of_the_project_are_sound() -> None:
    catalog = catalogs.load(PROJECT / "indicator_specs")
    assert [str(p) for p in (*catalog.problems, *check.check(catalog))] == []
    assert len(catalog.indicators) >= 24


def test_the_committed_schemas_are_those_of_the_models() -> None:
    folder = PROJECT / "indicator_specs" / "schema"
    committed = {p.name: json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.json"))}
    assert committed == catalogs.schemas(), "remedy: `sdg schema`, then commit indicator_specs/schema"


EDITED = [k for k in KINDS if k.file or k.name in ("source", "table", "codelist", "indicator")]
"""Kinds whose numbers a plain reader of YAML 1.1 takes as we do; `48e6` of a contract is text to it."""


@pytest.mark.parametrize("kind", EDITED, ids=lambda kind: kind.name)
def test_every_spec_is_valid_for_an_editor(kind: Kind) -> None:
    """An editor reads plain YAML, where 1.1 is a number: what it must accept is what the files say after that."""
    import yaml as plain

    schema = catalogs.schemas()[f"{kind.name}.schema.json"]
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    root = PROJECT / "indicator_specs"
    files = [p for p in root.rglob("*.yaml") if kind_at(p.relative_to(root)) is kind]
    assert files
    wrong = {
        f"{path.parent.name}/{path.name}": [f"{e.json_path}: {e.message[:200]}" for e in validator.iter_errors(data)]
        for path in files
        if (data := plain.safe_load(path.read_text(encoding="utf-8"))) is not None
    }
    assert {name: errors for name, errors in wrong.items() if errors} == {}


def test_every_spec_names_its_schema() -> None:
    root = PROJECT / "indicator_specs"
    for path in (*root.glob("*.yaml"), *root.glob("*/*.yaml")):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        named = first.removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / named).is_file(), f"{path}: {first}"


def test_no_id_of_the_project_carries_a_year_and_those_that_did_are_found(catalog: Catalog) -> None:
    assert [i for i in catalog.indicators if re.search(r"(^|_)(19|20)\d\d(_|$)", i)] == []
    former = [old for spec in catalog.indicators.values() for old in spec.former]
    assert len(former) >= 66 and all(catalog.indicator(old).id != old for old in former)
    assert catalog.indicator("dwellings_needed_2020").id == "dwellings_needed"
