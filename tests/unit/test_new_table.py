"""``sdg new table``: the first draft of a table, read off its file, with a mark for each decision of a person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.made_files import xlsx
from support.records import Records
from support.shelves import put, shelf
from typer.testing import CliRunner

from sdg_pipeline.cli.commands import app
from sdg_pipeline.errors import StagingError, UsageError
from sdg_pipeline.files import sha256_of
from sdg_pipeline.ingest.draft.packing import packed
from sdg_pipeline.ingest.draft.table import Wanted, new_table
from sdg_pipeline.ingest.ignored import renew
from sdg_pipeline.ingest.reading import Reading
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs import ignored, yaml
from sdg_pipeline.specs.table import Table

SURVEY = """\
HOME,CVE_ENT,CVE_MUN,SEXO,EDAD,P1,FAC_HOG,FAC_ELE,EST_DIS,UPM_DIS
a,01,001,1,30,1,10,20,1,1
b,01,002,2,40,2,10,20,1,2
c,02,001,2,50,9,10,20,2,3
"""
FIGURES = """\
Bibliotecas por entidad
Cve_Ent;Año;Bibliotecas;Gasto;Nota
01;2018;900;1;
01;2019;1,001;10.5;x
01;2020;1,002;N/D;
02;2018;6;1;
02;2019;7;-3;y
02;2020;8;4.25;
;;;;
Fuente: ejemplo;;;;
"""


def drafted(records: Records, content: bytes, name: str = "file.csv") -> Path:
    """The draft of a table from the file of the only edition of a source, of 2020."""
    records.source("office_library", {"1": "2020"})
    put(records, "office_library", "1", name, content)
    return new_table(catalogs.load(records.specs), Wanted("office_library", "1"), shelf(records))


def data(path: Path) -> dict[str, Any]:
    """Plain data of a draft, marks taken out."""
    plain: dict[str, Any] = yaml.read(path).data
    return plain


def decided(path: Path, answers: dict[str, str]) -> None:
    """A person answers each mark, and takes what is proposed where there is no answer."""
    text = path.read_text(encoding="utf-8")
    for proposal, answer in answers.items():
        assert f'!decide "{proposal}"' in text
        text = text.replace(f'!decide "{proposal}"', f'"{answer}"')
    path.write_text(text.replace("!decide ", ""), encoding="utf-8")


def test_a_survey_has_its_keys_its_design_and_its_groups(records: Records) -> None:
    spec = data(drafted(records, SURVEY.encode()))
    assert spec["record"] == "unit"
    assert spec["geography"] == {"vintage": "2020", "state": "CVE_ENT", "municipality": "CVE_MUN"}
    assert spec["parts"] == [{"source": "office_library", "edition": "1", "level": "state"}]
    design = {name: spec["design"][name] for name in ("weight", "strata", "psu", "domains")}
    assert design == {"weight": "FAC_HOG", "strata": "EST_DIS", "psu": "UPM_DIS", "domains": ["national", "state"]}
    assert spec["dimensions"]["sex"]["recode"] == {"1": "M", "2": "F"}


def test_only_what_waits_for_a_decision_does_not_pass_check(records: Records) -> None:
    path = drafted(records, SURVEY.encode())
    lines = path.read_text(encoding="utf-8").splitlines()
    marked = [number for number, line in enumerate(lines, start=1) if "!decide" in line and not line.startswith("#")]
    problems = records.problems()
    assert len(problems) == sum(lines[number - 1].count("!decide") for number in marked) > 10
    assert all(": waits for a decision; found " in problem for problem in problems)
    assert {int(problem.split(":")[1]) for problem in problems} == set(marked)
    line = 1 + lines.index('  weight: !decide "FAC_HOG"')
    assert [p for p in problems if ": design.weight: " in p] == [
        f"tables/library.yaml:{line}: design.weight: waits for a decision; "
        "found 'FAC_HOG'; remedy: replace the text after !decide, or leave it, and take the mark out"
    ]


def test_what_was_decided_passes_check_and_stages(records: Records) -> None:
    path = drafted(records, SURVEY.encode())
    decided(path, {"FAC_HOG": "FAC_ELE", "adjust, average, certainty or fail": "adjust"})
    (problem,) = records.problems()
    assert "lists a column that the table uses; found 'FAC_ELE'" in problem, "the list had it before it was chosen"
    (one,) = renew(path, shelf(records))
    assert one.changes == "appeared: FAC_HOG; went: FAC_ELE"
    path.write_text(path.read_text(encoding="utf-8").replace(one.named, one.now.hash), encoding="utf-8")
    records.write("tables/library.yaml", path.read_text(encoding="utf-8"))
    assert records.problems() == []
    assert records.stage_table("library").rows == 3


def test_figures_of_areas_have_types_tokens_and_years(records: Records) -> None:
    path = drafted(records, FIGURES.encode("latin-1"))
    spec = data(path)
    assert spec["record"] == "aggregate"
    assert spec["format"] == {
        "encoding": "latin-1", "delimiter": ";", "preamble": "1", "footer": "2", "missing": ["", "N/D"], "thousands": ",",
    }  # fmt: skip
    assert spec["period"] == {"column": "Año", "years": ["2018", "2020"]}
    measures = {name: (m["column"], m.get("type", "count")) for name, m in spec["measures"].items()}
    assert measures == {"bibliotecas": ("Bibliotecas", "count"), "gasto": ("Gasto", "amount")}
    assert [one.columns for one in ignored.read(path)] == [("Nota",)]
    decided(path, {})
    records.write("tables/library.yaml", path.read_text(encoding="utf-8"))
    assert records.problems() == []
    assert records.stage_table("library").rows == 6


def test_a_sheet_has_its_header_and_ends_before_its_notes(records: Records) -> None:
    rows = [
        ["Bibliotecas", None, None],
        ["Clave", "Entidad federativa", "Total"],
        ["x", "Norte", 5],
        ["y", "Sur", 7],
        ["Fuente: ejemplo", None, None],
    ]
    path = drafted(records, xlsx({"Notas": [["a"]], "Datos": rows}), "book.xlsx")
    spec = data(path)
    assert spec["format"] == {"kind": "workbook", "sheet": "Datos", "header_rows": ["2"], "last_row": "4"}
    assert "# other sheets of the file: Notas" in path.read_text(encoding="utf-8")
    assert spec["geography"]["state_name"] == "Entidad federativa"
    assert all(": waits for a decision; " in problem for problem in records.problems())


FORMATS = [
    ("a.csv", "a,b\n1,ñ\n".encode(), {}),
    ("a.csv", "a|b\n1|ñ\n".encode("latin-1"), {"delimiter": "|", "encoding": "latin-1"}),
    ("a.csv", "a\tb\n1\t“x”\n".encode("cp1252"), {"delimiter": "\t", "encoding": "cp1252"}),
    ("a.csv", b"a,b,\n1,2,\n3,4,\n", {"unnamed": ("",)}),
    ("a.csv", b"a,b,\n1,2,x\n3,4,\n", {"unnamed": ("column_3",)}),
    ("a.csv", b"a,b,a\n1,2,x\n3,4,y\n", {"header": ("a", "b", "a_3"), "preamble": 1}),
    ("a.csv", b'\na,b\n"=CONCATENAR(0,01)",2\n', {"excel_concatenar": ("a",), "preamble": 1}),
]


@pytest.mark.parametrize(("name", "content", "expected"), FORMATS)
def test_delimited_text_is_read_as_it_is(records: Records, name: str, content: bytes, expected: dict[str, Any]) -> None:
    path = records.folder / name
    path.write_bytes(content)
    form = packed(Reading(records.con, (path,), name, records.folder), "tried").form
    assert form.model_dump(exclude_defaults=True) == expected


def test_damaged_text_is_refused_and_not_guessed(records: Records) -> None:
    with pytest.raises(StagingError, match="is double-encoded"):
        drafted(records, "a,b\n1,Ã±\n".encode())


@pytest.mark.parametrize(("wanted", "message"), [
    (Wanted("office_libraries", "1"), "no source 'office_libraries'; did you mean 'office_library'"),
    (Wanted("office_library", "3"), "source office_library has no edition '3'; valid: 1; remedy: add it"),
    (Wanted("office_library", "1", "people"), "'people' is the id of tables/people.yaml; remedy: name the table"),
    (Wanted("office_library", "1", "X"), "'X' is no id"),
])  # fmt: skip
def test_what_cannot_be_written_is_reported(records: Records, wanted: Wanted, message: str) -> None:
    records.source("office_library", {"1": "2020"})
    with pytest.raises(UsageError, match=message):
        new_table(catalogs.load(records.specs), wanted, shelf(records))


ENVIPE = """\
name: shared
root: {root}
others: only what this test reads
entries:
  - {{source: inegi_envipe, edition: "2021", path: {path}, sha256: {sha256}, container: zip}}
"""


@pytest.fixture
def home(records: Records, shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Records]:
    """A home that reads one real file of ENVIPE 2021 through a mirror."""

    def of_file(name: str) -> Records:
        path = f"inegi_envipe2021/{name}"
        manifest = ENVIPE.format(root=shared_data, path=path, sha256=sha256_of(shared_data / path))
        edition = '{url_status: unknown, period: "2021", container: zip, member: "conjunto_de_datos/*.csv"}'
        records.source("inegi_envipe", {"2021": "2021"})
        line = '{url: "https://example.org/inegi_envipe_2021.csv", period: "2021", url_status: from_memory}'
        records.edit("sources/inegi_envipe.yaml", line, edition)
        monkeypatch.setenv("SDG_SPECS", str(records.specs))
        monkeypatch.setenv("SDG_HOME", str(records.folder))
        monkeypatch.setenv("SDG_MIRROR", str(records.write("../mirror.yaml", manifest)))
        return records

    return of_file


@pytest.mark.parametrize(("name", "weights", "columns"), [
    ("envipe2021_TPer_Vic2_csv.zip", ["FAC_HOG", "FAC_ELE", "FAC_HOG_AM", "FAC_ELE_AM"], 149),
    ("envipe2021_THogar_csv.zip", ["FAC_HOG", "FAC_HOG_AM"], 18),
])  # fmt: skip
def test_a_real_survey_is_drafted(home: Callable[[str], Records], name: str, weights: list[str], columns: int) -> None:
    records = home(name)
    result = CliRunner().invoke(app, ["new", "table", "inegi_envipe", "2021"])
    assert result.exit_code == 0, result.output
    path = records.specs / "tables" / "envipe.yaml"
    text, spec = path.read_text(encoding="utf-8"), data(path)
    assert f'  # other weights: {", ".join(weights[1:])}\n  weight: !decide "{weights[0]}"' in text
    assert (spec["design"]["strata"], spec["design"]["psu"]) == ("EST_DIS", "UPM_DIS")
    assert spec["geography"]["state"] == "CVE_ENT"
    assert spec["dimensions"]["urbanisation"]["recode"] == {"C": "U", "R": "R", "U": "U"}
    decided(path, {"adjust, average, certainty or fail": "adjust"})
    (one,) = ignored.read(path)
    table = Table.model_validate(data(path), context=ignored.context(path))
    assert len(one.columns) + len(table.used_columns) == columns
    assert result.output.count("waits for a decision") == text.count('!decide "')
