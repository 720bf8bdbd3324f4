"""Budgets by target: programmes matched by branch, key and name, each counted once in a scope, direct and indirect apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
import release_fixture
from hypothesis import given
from hypothesis import strategies as st
from support import ascii

from sdg_pipeline.errors import InputError
from sdg_pipeline.open_government.budget import ADDS_UP, BUDGETS, MATCHED, ONE_YEAR, Account, Programme, rows_of, words
from sdg_pipeline.open_government.subject import Material
from sdg_pipeline.open_government.sum_tables import BUDGET
from sdg_pipeline.quality.results import CheckResult
from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs import open_government
from sdg_pipeline.specs.catalog import Catalog

LINKS = """
department | department_name | modality | programme | programme_name  | goal | target | direct
1          | Salud           | E        | 1         | Vacunación      | 3    | 8      | 1
1          | Salud           | E        | 1         | Vacunación      | 3    | 13     | 0
1          | Salud           | E        | 1         | Vacunación      | 4    | 1      | 0
1          | Salud           | E        | 2         | <b>Atención</b> | 3    | 8      | 0
1          | Salud           | S        | 72        | Prospera        | 1    | 6      | 0
1          | Caminos         | K        | 3         | Puentes         | 9    | 1      | 1
1          | Poder Electoral | R        | 1         | Votar           | 16   | 7      | 1
1          | Petróleo        | E        | 9         | Pozos           | 7    | 1      | 1
"""
"""3.13 is 3.d, and 1.6 is 1.a."""
ACCOUNT = """
power     | unit            | branch          | programme | stage      | amount
Ejecutivo | Ramos           | Salud           | TOTAL     | Aprobado   | 100.10
Ejecutivo | Ramos           | Salud           | TOTAL     | Ejercicio  | 90
Ejecutivo | Ramos           | Salud           | E001      | VACUNACIÓN | 0
Ejecutivo | Ramos           | Salud           | E001      | Aprobado   | 40.10
Ejecutivo | Ramos           | Salud           | E001      | Ejercicio  | 40
Ejecutivo | Ramos           | Salud           | E002      | Atención   | 0
Ejecutivo | Ramos           | Salud           | E002      | Aprobado   | 30
Ejecutivo | Ramos           | Salud           | E002      | Ejercicio  | 25
Ejecutivo | Ramos           | Salud           | S072      | Becas      | 0
Ejecutivo | Ramos           | Salud           | S072      | Aprobado   | 30
Ejecutivo | Ramos           | Salud           | S072      | Ejercicio  | 25
Ejecutivo | Ramos           | Obras y Caminos | TOTAL     | Aprobado   | 50
Ejecutivo | Ramos           | Obras y Caminos | K003      | Puentes    | 0
Ejecutivo | Ramos           | Obras y Caminos | K003      | Aprobado   | 50
Órganos   | -               | -               | TOTAL     | Aprobado   | 10
Órganos   | Poder Electoral | -               | R001      | Votar      | 0
Órganos   | Poder Electoral | -               | R001      | Aprobado   | 10
Judicial  | -               | -               | TOTAL     | Aprobado   | 39.90
"""
ROWS = """
scope | link     | only_indirect | programmes | matched | other_name | absent | approved | spent
1     | indirect | yes           | 1          | 0       | 1          | 0      | 0        | 0
1.a   | indirect | yes           | 1          | 0       | 1          | 0      | 0        | 0
16    | direct   | no            | 1          | 1       | 0          | 0      | 10       | 0
16.7  | direct   | no            | 1          | 1       | 0          | 0      | 10       | 0
3     | direct   | no            | 1          | 1       | 0          | 0      | 40.1     | 40
3     | indirect | no            | 1          | 1       | 0          | 0      | 30       | 25
3.8   | direct   | no            | 1          | 1       | 0          | 0      | 40.1     | 40
3.8   | indirect | no            | 1          | 1       | 0          | 0      | 30       | 25
3.d   | indirect | yes           | 1          | 1       | 0          | 0      | 40.1     | 40
4     | indirect | yes           | 1          | 1       | 0          | 0      | 40.1     | 40
4.1   | indirect | yes           | 1          | 1       | 0          | 0      | 40.1     | 40
7     | direct   | no            | 1          | 0       | 0          | 1      | 0        | 0
7.1   | direct   | no            | 1          | 0       | 0          | 1      | 0        | 0
9     | direct   | no            | 1          | 1       | 0          | 0      | 50       | 0
9.1   | direct   | no            | 1          | 1       | 0          | 0      | 50       | 0
total | direct   | no            | 4          | 3       | 0          | 1      | 100.1    | 40
total | indirect | no            | 2          | 1       | 1          | 0      | 30       | 25
total | none     | no            |            |         |            |        | 69.9     | 25
"""
"""Vaccination is indirect in 3.d and in goal 4, and direct in goal 3 and in the total, where it counts once."""


def staged(path: Path, table: str, year: str, number: str) -> Path:
    """A staged table: all columns text but its measure, and ``-`` is empty."""
    selects = []
    for row in ascii.rows(table):
        cells = [f"{'NULL' if v == '-' else repr(v)} AS {k}" for k, v in row.items() if k != number]
        selects.append(f"SELECT '{year}' AS time_period, {', '.join(cells)}, {row[number]}::DOUBLE AS {number}")
    duckdb.sql(f"COPY ({' UNION ALL BY NAME '.join(selects)}) TO '{path}' (FORMAT parquet)")
    return path


@pytest.fixture
def specs(tmp_path: Path, catalog: Catalog) -> Catalog:
    federal = catalog.budgets["federal"]
    [renamed] = federal.renamed
    ours = renamed.model_copy(update={"linked": "Caminos", "account": "Obras y Caminos"})
    own = federal.model_copy(update={"direct": "direct", "renamed": (ours,)})
    return replace(release_fixture.catalog(tmp_path), budgets={"federal": own})


Judge = Callable[..., dict[str, CheckResult]]


@pytest.fixture
def judge(tmp_path: Path, specs: Catalog) -> Judge:
    """Writes the table ``budget`` from links of 2019 and an account, and says the verdicts."""

    def judged(account: str | None = ACCOUNT, year: str = "2023", links: str = LINKS) -> dict[str, CheckResult]:
        tables = {"budget_links": staged(tmp_path / "links.parquet", links, "2019", "direct")}
        if account is not None:
            tables["public_account"] = staged(tmp_path / "account.parquet", account, year, "amount")
        with duckdb.connect() as con:
            material = Material(con, specs, release_fixture.REGISTER, {}, tables, lambda t: tmp_path / t.file)
            return {check.check: check for check in BUDGETS.judge(material)}

    return judged


def written(folder: Path) -> list[dict[str, Any]]:
    cursor = duckdb.execute(f"FROM '{folder / BUDGET.file}'")
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def test_amounts_by_target_goal_and_total(judge: Judge, tmp_path: Path) -> None:
    checks = judge()
    ascii.assert_rows(written(tmp_path), ROWS)
    assert {(row["account_year"], row["link_year"], row["same_year"]) for row in written(tmp_path)} == {
        ("2023", "2019", "no")
    }
    [direct] = [row for row in written(tmp_path) if (row["scope"], row["link"]) == ("total", "direct")]
    assert (direct["share_of_approved"], direct["matched_share"]) == (pytest.approx(100.1 / 200), 0.75)
    assert checks[ADDS_UP].passed and checks[MATCHED].passed and not checks[ONE_YEAR].passed
    assert checks[MATCHED].observed == "2023: 4 of 6 linked programmes matched, 1 under another name, 1 absent"
    assert checks[ONE_YEAR].observed == "links of 2019, account of 2023"


def test_without_an_account_there_are_counts_alone(judge: Judge, tmp_path: Path) -> None:
    checks = judge(account=None)
    rows = written(tmp_path)
    assert {row["account_year"] for row in rows} == {"none"}
    assert {(row["scope"], row["link"], row["programmes"]) for row in rows if row["scope"] == "total"} == {
        ("total", "direct", 4), ("total", "indirect", 2),
    }  # fmt: skip
    assert all(row[name] is None for row in rows for name in ("matched", "approved", "spent", "share_of_approved"))
    assert checks[MATCHED].observed == "no account is at hand"


def test_an_account_of_the_year_of_the_links_says_so(judge: Judge, tmp_path: Path) -> None:
    assert judge(year="2019")[ONE_YEAR].passed
    assert {row["same_year"] for row in written(tmp_path)} == {"yes"}


def test_a_programme_that_is_lost_stops_the_release(judge: Judge) -> None:
    check = judge(ACCOUNT.replace("| 40.10", "| 40.08"))[ADDS_UP]
    assert (check.passed, check.severity) == (False, "blocking")
    [row] = check.failing_rows
    assert (row["branch"], row["stage"], row["total"], row["added"]) == ("Salud", "approved", 100.1, 100.08)


def test_few_matched_programmes_are_a_warning(judge: Judge) -> None:
    check = judge(ACCOUNT.replace("Atención ", "Otra     ").replace("VACUNACIÓN", "Otra      "))[MATCHED]
    assert (check.passed, check.failing_rows[0]["matched"]) == (False, 2)


@pytest.mark.parametrize("target", ["3    | 14", "18   | 1 ", "3    | 0 ", "3    | x "])
def test_a_target_that_no_goal_has_is_refused(target: str, judge: Judge) -> None:
    with pytest.raises(InputError, match="links a programme with a target that no goal has; found '1, E, 1, "):
        judge(links=LINKS.replace("3    | 8 ", target, 1))


def test_names_are_compared_without_tags_signs_and_accents() -> None:
    assert words('<p align="LEFT">Atención, a  la\nSalud</p>') == words("ATENCION A LA SALUD") == "atencion a la salud"


TARGETS = ("1.1", "1.2", "1.a", "2.1", "2.2")
LINKED = st.dictionaries(
    st.integers(1, 9), st.dictionaries(st.sampled_from(TARGETS), st.booleans(), min_size=1), max_size=6
)


@given(LINKED, st.lists(st.integers(0, 10**6), min_size=9, max_size=9), st.sets(st.integers(1, 9)))
def test_a_programme_is_never_counted_twice_in_a_scope(
    linked: Mapping[int, dict[str, bool]], pesos: list[int], here: set[int]
) -> None:
    """In each scope direct and indirect are the programmes linked there, each once; the total leaves the rest."""
    programmes = {("x", f"E{n:03}"): Programme(f"p{n}", targets) for n, targets in linked.items()}
    account = Account(
        {(("x", f"E{n:03}"), f"p{n}"): {"approved": float(pesos[n - 1])} for n in here},
        {("x", ""): {"approved": float(sum(pesos[n - 1] for n in here) + 5)}},
    )
    rows = list(rows_of(programmes, account))

    def inside(scope: str) -> Iterable[int]:
        return (n for n, t in linked.items() if scope == "total" or any(scope in (x, x.split(".")[0]) for x in t))

    for scope in {row["scope"] for row in rows}:
        own = [row for row in rows if row["scope"] == scope and row["link"] != "none"]
        assert sum(row["programmes"] for row in own) == len(list(inside(scope)))
        assert sum(row["approved"] for row in own) == sum(pesos[n - 1] for n in inside(scope) if n in here)
    totals = [row for row in rows if row["scope"] == "total"]
    assert sum(row["approved"] for row in totals) == account.whole["approved"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, None),
        ({"links": "budget_link"}, "did you mean 'budget_links'?"),
        ({"links": "census"}, "names a table without key"),
        ({"amount": "amounts"}, "names an unknown measure"),
    ],
)
def test_a_budget_names_tables_that_are_there(change: dict[str, str], message: str | None, catalog: Catalog) -> None:
    federal = catalog.budgets["federal"].model_copy(update=change)
    said = [str(p) for p in open_government.problems(replace(catalog, budgets={"federal": federal}))]
    assert len(said) == (message is not None), said
    assert message is None or message in said[0]


def test_targets_with_letters_follow_those_with_numbers() -> None:
    federal = catalogs.load(PROJECT / "indicator_specs").sound().budgets["federal"]
    assert [federal.target(*pair) for pair in ((1, 5), (1, 6), (8, 12), (17, 19), (16, 12))] == [
        "1.5", "1.a", "8.b", "17.19", "16.b",
    ]  # fmt: skip
