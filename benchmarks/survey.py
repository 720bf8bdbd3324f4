"""Estimates of surveys: our time and memory beside those of R survey, svy and pandas, and on 15 million records.

    python benchmarks/survey.py [--records QUESTIONNAIRE.parquet]

What belongs here: what is run and the tables that are printed. What does not: how each program is asked (survey_by)
and the records (questionnaire). Everybody runs in a process of its own. Seconds are the shortest of three runs within
it, of the estimation alone: of R, svy and pandas with the records in memory and the design declared; of ours from the
staged Parquet file on, with degrees of freedom, limits and precision, which the others are not asked for. The whole
step of a run also compiles the indicator and writes its table. Memory is the peak of the process, interpreter,
libraries and records included. A program that is not installed has a row that says so. ``--records`` names 15 million
records that are there already; otherwise they are made in a temporary folder, which takes half a minute.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEOPLE, QUESTIONNAIRE = 300_000, 15_000_000
PYTHON = sys.executable
BY = ("state", "sex", "age")
WANTED = {"R survey": 50, "svy": 8}
"""How many times as long as ours others should need at least."""
LIMITS = "wanted: under 15 s and 2 GB"


@dataclass(frozen=True)
class Run:
    """What a process needed; where it failed only ``error``."""

    seconds: tuple[float, ...] = ()
    """Of ours of the estimation and of the whole step, of others of the estimation."""
    peak_gb: float = 0.0
    error: str = ""


def run(*command: object) -> Run:
    """Run a program that prints its seconds last. This process stays small: a child's peak begins with its parent's."""
    environment = os.environ | {"PYTHONPATH": f"{HERE.parent}"}
    with tempfile.TemporaryFile("w+") as said:
        try:
            process = subprocess.Popen(
                [str(c) for c in command], stdout=said, stderr=subprocess.STDOUT, env=environment
            )
        except FileNotFoundError:
            return Run(error=f"{command[0]} is not installed")
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = said.read().split("\n")
    if process.returncode:
        return Run(error=next((line for line in reversed(lines) if line.strip()), "failed without a word"))
    return Run(tuple(map(float, lines[-2].split())), used.ru_maxrss / 1e6)


def make(target: Path, *options: object) -> None:
    """Records, by a process of its own."""
    command = [PYTHON, str(HERE / "questionnaire.py"), "--out", str(target), *map(str, options)]
    environment = os.environ | {"PYTHONPATH": f"{HERE.parent}"}
    print(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.strip())


def domains(folder: Path) -> None:
    """256 domains of 300,000 records by four programs."""
    records = folder / "persons.parquet"
    make(records, "--persons", PEOPLE)
    written = run(PYTHON, HERE / "survey_by" / "as_csv.py", records, folder / "persons.csv")
    assert not written.error, written.error
    by, answers = HERE / "survey_by", {name: folder / f"{name}.csv" for name in ("ours", "R survey", "svy", "pandas")}
    runs = {
        "ours": run(PYTHON, by / "ours.py", records, answers["ours"], 3, "literacy_by_domain"),
        "R survey": run("Rscript", by / "r_survey.R", folder / "persons.csv", answers["R survey"], 3),
        "svy": run(PYTHON, by / "svy_package.py", records, answers["svy"], 3),
        "pandas": run(PYTHON, by / "pandas_by_hand.py", records, answers["pandas"], 3),
    }
    print(f"\nShare of literates in 256 domains (state, sex, age) of {PEOPLE:,} records, with standard errors")
    print(f"{'':<10} {'seconds':>9} {'peak, GB':>9} {'times ours':>11}   largest relative difference from ours")
    ours = runs["ours"]
    for name, needed in runs.items():
        if needed.error or ours.error:
            print(f"{name:<10} {needed.error or 'there is nothing of ours to compare with'}")
            continue
        ratio = needed.seconds[0] / ours.seconds[0]
        figures = f"{name:<10} {needed.seconds[0]:>9.3f} {needed.peak_gb:>9.2f} {ratio:>11.1f}"
        if name == "ours":
            figures += f"   the whole step of a run: {ours.seconds[1]:.3f} s"
        else:
            value, error = apart(answers["ours"], answers[name])
            figures += f"   {value:.0e} of the share, {error:.0e} of its error"
        print(figures + (f"   wanted: at least {WANTED[name]} times" if name in WANTED else ""))


def apart(ours: Path, theirs: Path) -> tuple[float, float]:
    """Largest relative difference of values and of errors, infinite where a domain is not in both."""
    one, two = read(ours), read(theirs)
    if set(one) != set(two):
        return float("inf"), float("inf")
    return tuple(max(abs(one[key][i] / two[key][i] - 1) for key in one) for i in (0, 1))  # type: ignore[return-value]


def read(answers: Path) -> dict[tuple[str, ...], tuple[float, float]]:
    with answers.open(newline="") as file:
        return {tuple(row[d] for d in BY): (float(row["value"]), float(row["error"])) for row in csv.DictReader(file)}


def national(folder: Path, records: Path | None) -> None:
    """State by sex, age and area of 15 million records, with all margins, by the pipeline alone."""
    if records is None:
        records = folder / "questionnaire.parquet"
        make(records, "--persons", QUESTIONNAIRE)
    print(f"\nState x sex x age x area with all margins and the nation, {QUESTIONNAIRE:,} records, ours")
    for indicator in ("literacy_with_margins", "income_with_margins"):
        needed = run(PYTHON, HERE / "survey_by" / "ours.py", records, folder / "margins.csv", 1, indicator)
        said = needed.error or f"{needed.seconds[1]:.1f} s, peak {needed.peak_gb:.2f} GB   {LIMITS}"
        print(f"{indicator:<22} {said}")


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--records", type=Path, help="15 million records by questionnaire.py")
    options = asked.parse_args()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        domains(Path(folder))
        national(Path(folder), options.records)
    load = os.getloadavg()[0]
    print(f"\n{time.perf_counter() - started:.0f} s in all, {os.cpu_count()} cores, load {load:.1f} at the end")


if __name__ == "__main__":
    main()
