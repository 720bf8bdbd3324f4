"""Variances from replicates: equal to those of R's survey where R has them, and near to those of linearisation."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy
import pytest
from support.records import Records

SCRIPT = """
suppressMessages(library(survey)); options(digits = 17, survey.lonely.psu = "certainty")
d <- read.csv(commandArgs(TRUE)[1], colClasses = c(ENT = "character", H = "character", U = "character", SEX = "character"))
design <- svydesign(ids = ~U, strata = ~H, weights = ~W, data = d, nest = TRUE)
whole <- as.svrepdesign(design, type = "JKn", mse = TRUE)
poorest <- function(w, v, p) { o <- order(v); c <- cumsum(w[o]); q <- v[o][which(c >= p * sum(w))[1]]; q }
gini <- function(w, data) { v <- data$INC; o <- order(v); w <- w[o]; v <- v[o]; m <- cumsum(w) - w / 2
  sum(v * w * (2 * m - sum(w))) / (sum(w) * sum(v * w)) }
median <- function(w, data) poorest(w, data$INC, 0.5)
for (s in c("_T", "1", "2")) {
  r <- if (s == "_T") whole else subset(whole, SEX == s)
  cat(s, "ratio", SE(svyratio(~LIT, ~N, r)), "\\n")
  cat(s, "total", SE(svytotal(~LIT, r)), "\\n")
  cat(s, "mean", SE(svymean(~INC, r)), "\\n")
  cat(s, "gini", SE(withReplicates(r, gini)), "\\n")
  cat(s, "median", SE(withReplicates(r, median)), "\\n")
}
"""
DESIGN = """
geography: {{vintage: 2020, state: ENT}}
parts: [{{source: people_sample, edition: "2020", level: state}}]
design:
  {{weight: W, strata: H, psu: U, single_psu: certainty, domains: [national, state], why: test, replication: {replication}}}
dimensions:
  sex: {{codelist: sex, totals: computed, levels: [state], column: SEX, recode: {{"1": M, "2": F}}}}
measures:
  persons: {{label: {{en: Persons, es: Personas}}, records: all}}
  literate: {{label: {{en: Literate, es: Alfabetas}}, column: LIT}}
  rooms: {{label: {{en: Rooms, es: Cuartos}}, column: N}}
  income: {{label: {{en: Income, es: Ingreso}}, type: amount, column: INC}}
"""
METHODS = {
    "ratio": "{kind: ratio, table: survey, numerator: literate, denominator: rooms}",
    "total": "{kind: count, table: survey, value: literate}",
    "mean": "{kind: mean, table: survey, value: income}",
    "gini": "{kind: gini, table: survey, value: income}",
    "median": "{kind: quantile, table: survey, value: income}",
    "top": "{kind: share, table: survey, value: income, of: [0.8, 1], over: [0, 0.2]}",
}
CODES = {"_T": "_T", "1": "M", "2": "F"}
Errors = dict[tuple[str, str], float]


def sample(seed: int = 7) -> str:
    """Records of ten strata of two to five PSUs and of one lonely PSU; men are absent from many PSUs."""
    draw = numpy.random.default_rng(seed)
    lines = ["ENT | H | U | W | SEX | LIT | N | INC"]
    for stratum in range(11):
        for psu in range(1 if stratum == 10 else int(draw.integers(2, 6))):
            effect = draw.normal()
            for _ in range(int(draw.integers(3, 9))):
                sex = "2" if draw.random() < 0.8 else "1"
                income = numpy.exp(3 + effect / 3 + draw.normal())
                row = (
                    f"0{1 + stratum % 2}",
                    f"h{stratum}",
                    psu,
                    draw.integers(1, 90),
                    sex,
                    draw.integers(0, 2),
                    draw.integers(1, 5),
                )
                lines.append(" | ".join(map(str, (*row, f"{income:.6f}"))))
    return "\n".join(lines)


@pytest.fixture
def errors(tmp_path: Path, duck: duckdb.DuckDBPyConnection) -> Callable[[str], Errors]:
    """Standard errors by statistic and sex, for a way of replication."""
    country = Records(tmp_path, duck)
    country.source("people_sample", {"2020": "2020"})
    for old, new in {"records: 30": "records: 1", "psus: 2": "psus: 1", "df: 10": "df: 1"}.items():
        country.edit("policies/surveys.yaml", old, new)
    unit = {"ratio": "RO", "gini": "RO", "top": "RO", "mean": "MXN", "median": "MXN", "total": "NUMBER"}

    def made(replication: str) -> Errors:
        country.table("survey", DESIGN.format(replication=replication), record="unit")
        country.file("people_sample", "2020", sample())
        found: dict[tuple[str, str], Any] = {}
        for name, method in METHODS.items():
            country.indicator(f"of_{name}", f"method: {method}\nbreakdowns: [[national], [national, sex]]", unit[name])
            for row in country.values(f"of_{name}"):
                found[name, row["sex"]] = row["std_error"]
        return found

    return made


def test_the_jackknife_is_that_of_r(errors: Callable[[str], Errors], tmp_path: Path) -> None:
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not on this machine: no survey package to compare with")
    ours = errors("{kind: jackknife}")
    script = tmp_path / "jackknife.R"
    script.write_text(SCRIPT, encoding="utf-8")
    data = next((tmp_path / "files").glob("people_sample_*.csv"))
    done = subprocess.run(["Rscript", script, data], capture_output=True, text=True, timeout=120, check=True)
    theirs = [line.split() for line in done.stdout.splitlines()]
    assert len(theirs) == 15
    for code, name, error in theirs:
        assert ours[name, CODES[code]] == pytest.approx(float(error), rel=1e-9), (code, name)


@pytest.mark.parametrize("replication", ["{kind: jackknife}", "{kind: bootstrap, replicates: 2000, seed: 3}"])
def test_replicates_come_near_to_linearisation(errors: Callable[[str], Errors], replication: str) -> None:
    linear, replicated = errors("~"), errors(replication)
    smooth = {key: replicated[key] / error for key, error in linear.items() if key[0] not in ("median", "top")}
    assert all(0.8 < ratio < 1.25 for ratio in smooth.values()), smooth


def test_a_seed_draws_the_same_replicates(errors: Callable[[str], Errors]) -> None:
    one, two, other = (errors(f"{{kind: bootstrap, replicates: 50, seed: {seed}}}") for seed in (1, 1, 2))
    assert one == two
    assert one != other


@pytest.mark.parametrize(
    ("design", "message"),
    [
        ("single_psu: adjust, replication: {kind: jackknife}", "single_psu is certainty or fail"),
        ("single_psu: fail, population_psus: N, replication: {kind: bootstrap}", "it takes no population_psus"),
    ],
)
def test_what_cannot_be_replicated_is_a_mistake(
    tmp_path: Path, duck: duckdb.DuckDBPyConnection, design: str, message: str
) -> None:
    country = Records(tmp_path, duck)
    country.source("people_sample", {"2020": "2020"})
    text = DESIGN.format(replication="~").replace("single_psu: certainty", design).replace(", replication: ~", "")
    country.table("survey", text, record="unit")
    problems = country.problems()
    assert any(message in problem for problem in problems), problems
