"""Sums of states and amounts by target, computed a second time in plain pandas: from the values, and from the files."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from end_to_end.product import Run

pytestmark = pytest.mark.national

DIMENSIONS = ["sex", "age", "urbanisation", "disability", "indigenous", "income_quantile", "education"]
STAGES = {"Aprobado": "approved", "Modificado": "modified", "Devengado": "accrued", "Ejercicio": "spent"}
NUMBERED = {
    1: 5,
    2: 5,
    3: 9,
    4: 7,
    5: 6,
    6: 6,
    7: 3,
    8: 10,
    9: 5,
    10: 7,
    11: 7,
    12: 8,
    13: 3,
    14: 7,
    15: 9,
    16: 10,
    17: 19,
}
"""Targets with a number, by goal, of resolution A/RES/70/1."""


@pytest.fixture(scope="module")
def con(national: Run) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(national.product.layout.warehouse), read_only=True) as con:
        yield con


# ---- how municipalities add up to their state -----------------------------------------------------------------------


def test_sums_of_states_are_those_of_pandas(con: duckdb.DuckDBPyConnection) -> None:
    """Every row of the table, and no other, from the published values of states and municipalities."""
    columns = "indicator, ref_area, geo_level, time_period, obs_status, numerator"
    values = con.sql(
        f"SELECT {columns} FROM observation NATURAL JOIN total_key WHERE geo_level IN ('state', 'municipality') "
        "AND numerator IS NOT NULL AND indicator IN (SELECT DISTINCT indicator FROM state_sum)"
    ).df()
    values = values[values["obs_status"] != "F"]
    values["state"] = values["ref_area"].str[:4]
    keys = ["indicator", "state", "time_period"]
    parts = values[values["geo_level"] == "municipality"].groupby(keys)["numerator"].agg(["sum", "size"]).reset_index()
    both = values[values["geo_level"] == "state"].merge(parts, on=keys)
    newest = both.sort_values("time_period").groupby(["indicator", "state"]).tail(1).set_index(["indicator", "state"])
    table = con.sql("FROM state_sum").df().set_index(["indicator", "ref_area"])
    assert sorted(table.index) == sorted(newest.index)
    newest = newest.loc[table.index]
    assert (table["time_period"] == newest["time_period"]).all()
    assert (table["state_value"] == newest["numerator"]).all()
    assert (table["with_value"] == newest["size"]).all()
    assert max(abs(table["municipal_sum"] / newest["sum"] - 1).dropna()) < 1e-12
    rest = newest["numerator"] - newest["sum"]
    assert ((abs(rest) > 1e-9 * newest["numerator"]) == (table["uneven"] == "yes")).all()
    assert len(table) > 1500 and 0 < (table["uneven"] == "yes").sum() < 100


def test_what_is_in_no_municipality_are_the_records_without_one(national: Run, con: duckdb.DuckDBPyConnection) -> None:
    """Deaths of newborns in Chiapas, counted in the staged records, whose municipality is ``_U``."""
    records = pd.read_parquet(national.product.layout.staged("child_deaths"))
    unknown = records[(records["municipality"] == "_U") & (records["time_period"] == "2021")]
    for indicator, measure in (
        ("neonatal_deaths_chiapas", "neonatal_deaths"), ("infant_deaths_chiapas", "infant_deaths"),
    ):  # fmt: skip
        [(difference,)] = con.execute("SELECT difference FROM state_sum WHERE indicator = ?", [indicator]).fetchall()
        assert difference == unknown[measure].sum() > 0


def test_every_deviation_below_the_nation_is_a_finding(con: duckdb.DuckDBPyConnection) -> None:
    """Once, with its state; of the two kinds, sources that disagree are seen in every state."""
    [below] = con.execute("SELECT count(*) FROM deviation WHERE geo_level <> 'national'").fetchall()
    [findings] = con.execute("SELECT count(*) FROM state_finding WHERE kind IN ('sources', 'rule')").fetchall()
    assert findings == below
    kinds = dict(con.execute("SELECT kind, count(DISTINCT state) FROM state_finding GROUP BY kind").fetchall())
    assert kinds["sources"] == 32
    kind_of = dict(con.execute("SELECT DISTINCT rule, kind FROM state_finding WHERE kind <> 'official'").fetchall())
    assert kind_of["food_deprivation_published_and_computed"] == "sources"
    assert kind_of["intercensal_against_conapo_2015_municipal"] == "sources"
    assert kind_of["surprising_change"] == "rule"
    wrong = "SELECT * FROM state_finding WHERE kind = 'official' AND status <> 'agrees'"
    assert con.execute(wrong).fetchall() == []


# ---- amounts by target ----------------------------------------------------------------------------------------------


def _same(name: str) -> str:
    letters = unicodedata.normalize("NFKD", re.sub(r"<[^>]*>", " ", name).casefold())
    return " ".join(re.findall(r"\w+", "".join(x for x in letters if not unicodedata.combining(x))))


def _programmes(shared: Path) -> pd.DataFrame:
    """Each linked programme with each target, its goal and the kind of the link."""
    links = pd.read_excel(shared / "shcp/Vinculacion_ODS-Pp_PEF2019.xlsx", dtype=str, engine="openpyxl")
    branch = links["DESC_RAMO"].replace("Comunicaciones y Transportes", "Infraestructura, Comunicaciones y Transportes")
    goal, number = links["ID_ODS"].astype(int), links["ID_METAODS"].astype(int)
    letters = [str(n) if n <= NUMBERED[g] else "abcd"[n - NUMBERED[g] - 1] for g, n in zip(goal, number, strict=True)]
    return pd.DataFrame(
        {
            "branch": branch.map(_same),
            "code": links["ID_MODALIDAD"] + links["ID_PP"].str.zfill(3),
            "name": links.groupby(["ID_RAMO", "ID_MODALIDAD", "ID_PP"])["DESC_PP"].transform("first").map(_same),
            "goal": goal.astype(str),
            "target": goal.astype(str) + "." + pd.Series(letters),
            "direct": links["ID_TCONTRIBUCION"] == "1",
        }
    )


def _account(shared: Path) -> tuple[pd.DataFrame, dict[str, float]]:
    """Amounts by branch, code and name of a programme, and those of the whole account."""
    lines = pd.read_csv(shared / "shcp/cuenta_publica_2023.csv", dtype=str)
    lines["amount"] = lines["TOTAL"].astype(float)
    heads = lines[(lines["PROGRAMA"] == "TOTAL") & ((lines["ENTE"] == "Poder Ejecutivo") | lines["RAMO"].isna())]
    whole = {ours: math.fsum(heads[heads["PRESUPUESTO"] == theirs]["amount"]) for theirs, ours in STAGES.items()}
    lines = lines[(lines["PROGRAMA"] != "TOTAL") & ~lines["PRESUPUESTO"].str.startswith("Porcentaje")]
    place = ["ENTE", "RAMO", "SUBRAMO", "PROGRAMA"]
    named = ~lines["PRESUPUESTO"].isin(STAGES)
    names = lines[named].drop_duplicates(place).set_index(place)["PRESUPUESTO"].rename("name")
    amounts = lines[~named].join(names, on=place)
    amounts["stage"] = amounts["PRESUPUESTO"].map(STAGES)
    legislature = amounts["ENTE"] == "Poder Legislativo"
    amounts["branch"] = amounts["SUBRAMO"].fillna(amounts["RAMO"]).where(~legislature, amounts["ENTE"]).map(_same)
    amounts["name"] = amounts["name"].map(_same)
    wide = amounts.pivot_table(
        index=["branch", "PROGRAMA", "name"], columns="stage", values="amount", aggfunc="sum"
    ).reset_index()
    return wide.rename(columns={"PROGRAMA": "code"}), whole


def test_amounts_are_those_of_the_shared_files(shared_data: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Programmes, matches and pesos of every target, goal and total, direct and indirect."""
    links = _programmes(shared_data)
    account, whole = _account(shared_data)
    key = ["branch", "code", "name"]
    expected = []
    for scope in ("target", "goal", "total"):
        each = links.assign(total="total").groupby([scope, *key])["direct"].any().reset_index()
        joined = each.merge(account, on=key, how="left")
        joined["link"] = joined["direct"].map({True: "direct", False: "indirect"})
        sums = joined.groupby([scope, "link"]).agg(
            programmes=("code", "size"), matched=("approved", "count"), **{s: (s, "sum") for s in STAGES.values()}
        )
        sums.index = sums.index.set_names(["scope", "link"])
        expected.append(sums)
    computed = pd.concat(expected).sort_index()
    table = con.sql("FROM budget WHERE link <> 'none'").df().set_index(["scope", "link"]).sort_index()
    assert list(table.index) == list(computed.index)
    for column in ("programmes", "matched"):
        assert (table[column] == computed[column]).all(), column
    for stage in STAGES.values():
        assert max(abs(table[stage] - computed[stage])) < 0.01, stage
    rest = con.sql("FROM budget WHERE link = 'none'").df().iloc[0]
    total = computed.loc["total"]
    for stage in STAGES.values():
        assert rest[stage] == pytest.approx(whole[stage] - total[stage].sum(), abs=0.01)
    assert (int(total["programmes"].sum()), int(total["matched"].sum())) == (693, 343)
    assert con.sql("SELECT DISTINCT link_year, account_year, same_year FROM budget").fetchall() == [
        ("2019", "2023", "no")
    ]


def test_a_target_that_is_linked_indirectly_alone_says_so(con: duckdb.DuckDBPyConnection) -> None:
    rows = con.execute(
        "SELECT scope, count(*) AS kinds, any_value(link), max(only_indirect) FROM budget WHERE link <> 'none' GROUP BY scope"
    ).fetchall()
    assert all((marked == "yes") == (kinds == 1 and link == "indirect") for _, kinds, link, marked in rows)
    assert sum(marked == "yes" for *_, marked in rows) == 20
