"""Malformed input, of people and of institutions: one clear error, exit code 2, and nothing published changes.

Every case runs through the command line on a home with a release; ``run`` and ``check`` say the same of specs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from end_to_end import faulty_data as data
from end_to_end.product import Product, Said, copy_chosen, edit
from support.chosen_specs import chosen_specs

ILLITERACY = "goal_04/illiteracy_15_plus.yaml"
PARITY = "goal_04/literacy_parity.yaml"
TABLE = "tables/census.yaml"
RATIO = "{kind: ratio, table: census, numerator: illiterate_15_plus, denominator: population_15_plus}"

Mistake = Callable[[Path], None]


def replaced(file: str, old: str, new: str) -> Mistake:
    return lambda specs: edit(specs / file, old, new)


def written(file: str, content: bytes) -> Mistake:
    def mistake(specs: Path) -> None:
        (specs / file).parent.mkdir(exist_ok=True)
        (specs / file).write_bytes(content)

    return mistake


def all_of(*mistakes: Mistake) -> Mistake:
    def mistake(specs: Path) -> None:
        for one in mistakes:
            one(specs)

    return mistake


def moved(file: str, target: str) -> Mistake:
    def mistake(specs: Path) -> None:
        (specs / target).parent.mkdir(exist_ok=True)
        (specs / file).rename(specs / target)

    return mistake


def in_latin_1(specs: Path) -> None:
    path = specs / ILLITERACY
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))


def alone(specs: Path) -> None:
    """A comparison whose base is itself."""
    edit(specs / PARITY, "indicator: literacy_15_plus", "indicator: literacy_parity")


@dataclass(frozen=True)
class Case:
    """A mistake in the specs, and what each line of the error says."""

    name: str
    mistake: Mistake
    lines: tuple[tuple[str, ...], ...]


def case(name: str, mistake: Mistake, *says: str) -> Case:
    return Case(name, mistake, (says,))


SPECS = (
    case(
        "wrong type",
        replaced(ILLITERACY, "decimals: 1", "decimals: many"),
        f"{ILLITERACY}:14: decimals: ", "whole number", "'many'",
    ),
    case(
        "unknown key",
        replaced(ILLITERACY, "decimals: 1", "decimals: 1\ndecimal: 2"),
        f"{ILLITERACY}:15: decimal: ", "not a key", "did you mean 'decimals'?",
    ),
    case(
        "duplicate key",
        replaced(ILLITERACY, "decimals: 1", "decimals: 1\ndecimals: 2"),
        f"{ILLITERACY}:15: decimals: ", "duplicate key, first used on line 14", "remedy: keep one",
    ),
    case("missing key", replaced(ILLITERACY, "unit: PT\n", ""), f"{ILLITERACY}:", "unit: is missing", "remedy: add"),
    case(
        "bracket left open",
        replaced(ILLITERACY, "decimals: 1", "decimals: [1"),
        f"{ILLITERACY}:15: ", "is not YAML", "']'",
    ),
    case("two documents", replaced(ILLITERACY, "unit: PT", "---\nunit: PT"), f"{ILLITERACY}:13: ", "another document"),
    case("control character", written(ILLITERACY, b"id: x\0\n"), f"{ILLITERACY}:", "is not YAML", "#x0000"),
    case("empty file", written(ILLITERACY, b""), f"{ILLITERACY}:1: ", "is empty"),
    case("list for a spec", written(ILLITERACY, b"- id\n"), f"{ILLITERACY}:1: ", "a list"),
    case("not UTF-8", in_latin_1, f"{ILLITERACY}: ", "UTF-8", "0xf3"),
    Case(
        "alias of itself",
        replaced(ILLITERACY, "direction: down", "direction: &again [*again]"),
        ((f"{ILLITERACY}:15: direction: ", "a list"), (f"{ILLITERACY}:15: direction[0]: ", "alias", "remedy: write it out")),
    ),
    case(
        "unknown kind",
        replaced(ILLITERACY, "kind: ratio", "kind: ratios"),
        f"{ILLITERACY}:17: method.kind: ", "'ratios'", "did you mean 'ratio'?",
    ),
    case(
        "unknown table",
        replaced(ILLITERACY, "table: census", "table: cencus"),
        f"{ILLITERACY}:17: method.table: ", "'cencus'", "did you mean 'census'?",
    ),
    case(
        "unknown measure",
        replaced(ILLITERACY, "numerator: illiterate_15_plus", "numerator: iliterate_15_plus"),
        f"{ILLITERACY}:17: method.numerator: ", "'iliterate_15_plus'", "did you mean 'illiterate_15_plus'?",
    ),
    case(
        "unknown unit",
        replaced(ILLITERACY, "unit: PT", "unit: percent"),
        f"{ILLITERACY}:13: unit: ", "'percent'", "valid: DAY, GPERM3",
    ),
    case(
        "unknown code list",
        replaced(TABLE, "codelist: sex", "codelist: sexo"),
        f"{TABLE}:", "dimensions.sex.codelist", "'sexo'", "did you mean 'sex'?",
    ),
    case(
        "unknown code",
        replaced(TABLE, '"1": R', '"1": Q'),
        f"{TABLE}:", "dimensions.urbanisation.recode.1", "'Q'", "valid: R, U",
    ),
    case(
        "unknown source",
        replaced(TABLE, "- source: inegi_iter\n", "- source: inegi_itr\n"),
        f"{TABLE}:", "parts[1].source", "'inegi_itr'", "did you mean 'inegi_iter'?",
    ),
    case(
        "unknown edition",
        replaced(TABLE, 'edition: "2020-01"', 'edition: "2021-01"'),
        f"{TABLE}:", "parts[2].edition", "'2021-01'", "did you mean '2020-01'?",
    ),
    case(
        "column used and ignored",
        replaced(TABLE, "columns: [REL_H_M]", "columns: [REL_H_M, POBTOT]"),
        f"{TABLE}:", "ignore", "'POBTOT'",
    ),
    case(
        "folder of another goal",
        moved("goal_04/literacy_15_plus.yaml", "goal_05/literacy_15_plus.yaml"),
        "goal_05/literacy_15_plus.yaml:4: sdg.target: ", "belongs to goal 4", "remedy: move the file to goal_04",
    ),
    case("folder of no goal", written("goal_18/x.yaml", b"id: x\n"), "goal_18/x.yaml: ", "holds no specs", "goal_17"),
    case(
        "id is not the file name",
        replaced(ILLITERACY, "id: illiteracy_15_plus", "id: illiteracy_15"),
        f"{ILLITERACY}:2: id: ", "'illiteracy_15'", "remedy: rename the file to illiteracy_15.yaml",
    ),
    case(
        "function that reads files",
        replaced(ILLITERACY, "numerator: illiterate_15_plus", "numerator: read_text('/etc/passwd')"),
        f"{ILLITERACY}:17: method.numerator: ", "not allowed", "allowed: + - * /",
    ),
    case(
        "subquery",
        replaced(ILLITERACY, "numerator: illiterate_15_plus", "numerator: (SELECT 1)"),
        f"{ILLITERACY}:17: method.numerator: ", "SUBQUERY", "not allowed",
    ),
    case(
        "breakdown that no rows can make",
        replaced(ILLITERACY, "[[national], ", "[[national, urbanisation], "),
        f"{ILLITERACY}:19: breakdowns[0]: ", "the locality rows cover only the states 01", "[national, urbanisation]",
    ),
    case(
        "unknown level",
        replaced(ILLITERACY, "[[national], ", "[[county], "),
        f"{ILLITERACY}:19: breakdowns[0]", "'county'", "valid: national, state, harmonised, municipality",
    ),
    case(
        "empty range",
        replaced(ILLITERACY, "range: [0, 100]", "range: [100, 0]"),
        f"{ILLITERACY}:22: checks.range: ", "is empty", "remedy: write [low, high]",
    ),
    case(
        "range that compares with nothing",
        replaced(ILLITERACY, "range: [0, 100]", "range: [nan, 100]"),
        f"{ILLITERACY}:22: checks.range[0]: ", "finite", "'nan'",
    ),
    case(
        "target that the UN has not",
        replaced(ILLITERACY, 'target: "4.6"', 'target: "18.1"'),
        f"{ILLITERACY}:5: sdg.target: ", "form", "'18.1'",
    ),
    case(
        "official figure of no area",
        replaced(ILLITERACY, "{area: MX01, ", "{area: MX99, "),
        f"{ILLITERACY}:", "checks.agrees_with[1].area: ", "'MX99'",
    ),
    case(
        "comparison of an unknown indicator",
        replaced(PARITY, "indicator: literacy_15_plus", "indicator: literacy_15"),
        f"{PARITY}:15: method.indicator: ", "'literacy_15'", "did you mean 'literacy_15_plus'?",
    ),
    case("comparison of itself", alone, f"{PARITY}:15: method.indicator: ", "'literacy_parity'", "did you mean"),
    case(
        "SQL file that is not there",
        replaced(ILLITERACY, RATIO, "{kind: sql, table: census, rows_of: state, file: nowhere.sql}"),
        f"{ILLITERACY}:", "method.file: ", "'nowhere.sql'", "not beside the spec",
    ),
    Case(
        "three mistakes in two files, told at once",
        all_of(
            replaced(ILLITERACY, "decimals: 1", "decimals: many"),
            replaced(ILLITERACY, "direction: down", "direction: sideways"),
            replaced(PARITY, "unit: RO", "unit: ROO"),
        ),
        (
            (f"{ILLITERACY}:14: decimals: ", "'many'"),
            (f"{ILLITERACY}:15: direction: ", "'sideways'", "valid: up, down"),
            (f"{PARITY}:", "unit: ", "'ROO'", "did you mean 'RO'?"),
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """A fault in a mirror, and what the error says of it. ``sealed`` as in ``faulty_mirror``."""

    name: str
    fault: data.Fault
    says: tuple[str, ...]
    sealed: bool = True


def fault(name: str, how: data.Fault, *says: str) -> Fault:
    return Fault(name, how, says)


def manifest(name: str, how: data.Fault, *says: str) -> Fault:
    return Fault(name, how, says, sealed=False)


HTML = "<!DOCTYPE html><html><head><title>Sitio en mantenimiento</title></head></html>"
XML = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>'
FAULTS = (
    fault("truncated ZIP", data.in_zip(damage=lambda packed: packed[:900]), ".zip: ", "truncated or damaged ZIP",
          "remedy: fetch it again"),
    fault("bomb of a gigabyte", data.bomb, ".zip: ", data.MEMBER, "1,000,000,000 bytes", "bomb", "remedy: do not use"),
    fault("ZIP that writes elsewhere", data.in_zip("../../evil.csv"), ".zip: ", "../../evil.csv", "leads out",
          "remedy: do not use"),
    fault("ZIP without the member", data.in_zip("other.csv"), ".zip: ", "no member matches", "members: other.csv",
          "remedy: mend member"),
    fault("plain file for a ZIP", data.in_entry(container="zip"), data.MUNICIPALITIES, "does not begin with PK",
          "remedy: "),
    fault("HTML for CSV", data.content(HTML), data.MUNICIPALITIES, "HTML", "'Sitio en mantenimiento'", "remedy: look"),
    fault("XML for CSV", data.content(XML), data.MUNICIPALITIES, "XML", "remedy: look"),
    fault("JSON for CSV", data.content('{"error": "not found"}\n'), "inegi_iter/2020", "header", "not found", "remedy"),
    fault("empty file", data.content(b""), data.MUNICIPALITIES, "is empty", "remedy: "),
    fault("one endless line", data.content("a" * 300_000), "inegi_iter/2020", "header", "remedy: get a sound copy"),
    fault("latin-1 for UTF-8", data.text(lambda text: text.replace(",", ",ñ", 1).encode("latin-1")),
          "inegi_iter/2020", "line 1", "is not utf-8", "f1", "remedy: set format.encoding"),
    fault("UTF-16 for UTF-8", data.text(lambda text: text.encode("utf-16")), "inegi_iter/2020", "is not utf-8", "ff fe",
          "remedy: "),
    fault("encoded twice", data.cell("TAMLOC", "peñas".encode().decode("latin-1")), "inegi_iter/2020", "line 2",
          "double-encoded", "remedy: get a sound copy"),
    fault("header only", data.rows(data.header_alone), "inegi_iter/2020", "a header and no rows", "remedy: "),
    fault("cut in the middle of a row", data.text(lambda text: text[:-300]), "inegi_iter/2020", "line 105",
          "expected number of columns", "remedy: "),
    fault("row with a cell too many", data.rows(data.one_cell_more), "inegi_iter/2020", "line 2",
          "expected number of columns", "remedy: "),
    fault("quote left open", data.text(lambda text: text.replace("\n", '\n"', 1)), "inegi_iter/2020", "line 2",
          "unterminated quote", "remedy: "),
    fault("missing column", data.column_dropped("POBTOT"), "inegi_iter/2020", "header", "went: POBTOT",
          "remedy: use or ignore"),
    fault("extra column", data.column_added("POBLACION"), "inegi_iter/2020", "header", "appeared: POBLACION",
          "remedy: use or ignore"),
    fault("column twice", data.column_added("POBTOT"), "inegi_iter/2020", "header", "twice", "'POBTOT'", "remedy: "),
    fault("negative count", data.cell("POBTOT", "-5"), "inegi_iter/2020", "row 2, column POBTOT", "negative", "'-5'",
          "remedy: "),
    fault("decimals in a count", data.cell("POBTOT", "12.5"), "inegi_iter/2020", "row 2, column POBTOT",
          "not a whole number", "'12.5'", "remedy: "),
    fault("text for a number", data.cell("POBTOT", "12a", row=7), "inegi_iter/2020", "row 7, column POBTOT",
          "not a whole number", "'12a'", "remedy: "),
    fault("thousands separated", data.cell("POBTOT", "1,234"), "inegi_iter/2020", "row 2, column POBTOT", "'1,234'",
          "remedy: "),
    fault("nan for a mean", data.cell("PROM_HNV", "nan"), "inegi_iter/2020", "row 2, column PROM_HNV", "not a number",
          "'nan'", "remedy: "),
    fault("municipality twice", data.rows(data.first_area_again), "inegi_iter/2020", "rows 2 and 106", "twice",
          "'01001'", "remedy: "),
    fault("state twice", data.rows(data.first_area_again, data.STATES), "inegi_iter_state/2020", "rows 2 and 34",
          "twice", "'01'", "remedy: "),
    fault("municipality without a key", data.cell("MUN", ""), "inegi_iter/2020", "row 2", "neither yes nor no",
          "remedy: get a sound copy"),
    fault("municipality that never was", data.cell("MUN", "777"), "inegi_iter/2020", "register of 2020", "'01777'",
          "remedy: mend the keys"),
    fault("key with a digit too many", data.cell("MUN", "0011"), "inegi_iter/2020", "register of 2020", "'010011'",
          "remedy: mend the keys"),
    fault("state that the copy does not cover", data.cell("ENTIDAD", "02"), "inegi_iter/2020", "outside the states",
          "'02'", "remedy: mend states"),
    fault("unknown code of urban and rural", data.first_locality("TAMLOC", "99"), "inegi_iter_localities/2020-01",
          "row 2, column TAMLOC", "'99'", "remedy: add it to dimensions.urbanisation.recode"),
    manifest("file that is not there", data.missing_file, data.MANIFEST, "inegi_iter/2020", "nowhere.csv",
             "remedy: put the file there"),
    manifest("hash of another file", data.other_hash, data.MUNICIPALITIES, "inegi_iter/2020",
             "expected sha256 " + "0" * 64, "remedy: bring the right copy"),
    manifest("hash that is none", data.in_entry(sha256="abc"), f"{data.MANIFEST}:", "entries[1].sha256", "'abc'"),
    manifest("variable that is not set", data.in_manifest(root="${SDG_NOWHERE}"), f"{data.MANIFEST}:", "root: ",
             "SDG_NOWHERE", "not set", "remedy: export SDG_NOWHERE"),
    manifest("root that is no folder", data.in_manifest(root="nowhere"), f"{data.MANIFEST}:", "root: ", "'nowhere'",
             "remedy: "),
    manifest("unknown key in the manifest", data.in_manifest(rot="."), f"{data.MANIFEST}:", "'rot'",
             "did you mean 'root'?"),
    manifest("no entry for an edition", data.without_entry, data.MANIFEST, "inegi_iter/2020", "no entry",
             "remedy: add it to entries"),
    manifest("path that leaves the root", data.in_entry(path="../x.csv"), f"{data.MANIFEST}:", "entries[1].path",
             "'../x.csv'", "leads out", "remedy: "),
    manifest("absolute path", data.in_entry(path="/etc/passwd"), f"{data.MANIFEST}:", "entries[1].path",
             "'/etc/passwd'", "leads out", "remedy: "),
    manifest("no manifest", data.no_manifest, data.MANIFEST, "no such mirror manifest", "remedy: set SDG_MIRROR"),
)  # fmt: skip


@pytest.fixture(scope="module")
def published(few: Product, tmp_path_factory: pytest.TempPathFactory) -> Product:
    """A home with a release, which all cases run on one after another: none may leave a trace in it."""
    return copy_chosen(few, tmp_path_factory.mktemp("malformed"))


@pytest.fixture
def unharmed(published: Product) -> Iterator[Product]:
    """The published home, compared afterwards with what it was."""
    before = published.published()
    yield published
    assert published.published() == before, "the release, latest or the warehouse changed"
    assert not list(published.layout.published.glob(".*")), "something half-made lies among the releases"


def require_error(said: Said, lines: tuple[tuple[str, ...], ...]) -> None:
    assert said.code == 2, said
    assert "Traceback" not in said.err + said.out
    assert len(said.problems) == len(lines), said.err
    for line, says in zip(said.problems, lines, strict=True):
        missing = [text for text in says if text not in line]
        assert not missing, f"{missing} not in: {line}"


@pytest.mark.parametrize("case", [pytest.param(c, id=c.name) for c in SPECS])
def test_mistake_in_a_spec(case: Case, unharmed: Product, tmp_path: Path) -> None:
    specs = chosen_specs(tmp_path / "specs")
    case.mistake(specs)
    product = unharmed.with_(SDG_SPECS=specs)
    require_error(product.call("check"), case.lines)
    require_error(product.call("run"), case.lines)


@pytest.mark.parametrize("fault", [pytest.param(f, id=f.name) for f in FAULTS])
def test_fault_in_data(fault: Fault, unharmed: Product, tmp_path: Path) -> None:
    mirror = data.faulty_mirror(tmp_path / "mirror", fault.fault, sealed=fault.sealed)
    require_error(unharmed.with_(SDG_MIRROR=mirror).call("run"), (fault.says,))


def test_enough_kinds_of_malformed_input() -> None:
    assert len(SPECS) + len(FAULTS) >= 34


def test_specs_without_the_register_of_areas(unharmed: Product, tmp_path: Path) -> None:
    specs = chosen_specs(tmp_path / "specs")
    (specs / "geography" / "states.csv").unlink()
    require_error(unharmed.with_(SDG_SPECS=specs).call("run"), (("geography", "states.csv", "remedy: "),))


def test_specs_without_the_list_of_units(unharmed: Product, tmp_path: Path) -> None:
    specs = chosen_specs(tmp_path / "specs")
    (specs / "codelists" / "units.yaml").unlink()
    require_error(unharmed.with_(SDG_SPECS=specs).call("run"), (("codelists/units.yaml", "not there", "remedy: "),))


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("SDG_SPECS", "nowhere", ("no folder of specs", "nowhere", "remedy: set SDG_SPECS")),
        ("SDG_MIRROR", "nowhere.yaml", ("nowhere.yaml", "no such mirror manifest", "remedy: ")),
        ("SDG_THREADS", "two", ("SDG_THREADS", "'two'", "remedy: ")),
        ("SDG_THREADS", "nan", ("SDG_THREADS", "'nan'", "remedy: ")),
        ("SDG_MEMORY_GB", "-1", ("SDG_MEMORY_GB", "'-1'", "remedy: ")),
        ("SDG_HOME", "/tmp/year=2020/home", ("SDG_HOME=/tmp/year=2020/home", "'year=2020'", "remedy: ")),
        ("SDG_HOME", "/dev/null", ("SDG_HOME=/dev/null", "remedy: ")),
    ],
)
def test_mistake_in_the_environment(variable: str, value: str, says: tuple[str, ...], unharmed: Product) -> None:
    require_error(unharmed.with_(**{variable: value}).call("run"), (says,))


def test_damaged_provenance(unharmed: Product) -> None:
    """A file of the product itself that somebody edited is named as well."""
    current = unharmed.layout.raw_current("inegi_iter", "2020")
    sound = current.read_text(encoding="utf-8")
    current.write_text(sound[:40], encoding="utf-8")
    try:
        require_error(unharmed.call("run"), ((str(current), "damaged provenance", "remedy: "),))
    finally:
        current.write_text(sound, encoding="utf-8")


def test_sound_input_runs_again_afterwards(published: Product, few: Product) -> None:
    before = few.published()
    said = published.call("run")
    assert said.code == 0, said.err
    home, first = str(published.home), str(few.home)
    assert published.published() == {path.replace(first, home): content for path, content in before.items()}
