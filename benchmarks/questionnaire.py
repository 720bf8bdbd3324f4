"""A simulated extended census questionnaire: staged records of persons with their sampling design, of any size.

    python benchmarks/questionnaire.py --persons 15_000_000 --out questionnaire.parquet

What belongs here: making the records. What does not: estimating anything from them (survey). Without arguments a small
sample is made in a temporary folder and forgotten. Every number is a hash of the person, dwelling, PSU or stratum that
it is of: the same count of persons always gives the same records, whatever the threads. Nothing is taken from any
institution, and nothing in the figures is true.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from sdg_pipeline.duck import connect
from sdg_pipeline.duck import text as literal
from sdg_pipeline.settings import Settings

PERSONS = 15_000_000
IN_PSU, IN_STRATUM = 100, 12
"""Persons of a PSU and PSUs of a stratum, about."""
LEAST_STRATA = 64
"""A rural and an urban stratum in each state, however small the sample."""
AGES = {"Y6T14": 0.17, "Y15T29": 0.44, "Y30T59": 0.86, "Y_GE60": 1.0}
"""Age groups, with the share of the persons up to and with each."""


def write(persons: int, target: Path) -> None:
    """Write the records as staging leaves a survey: columns, types and order, see ingest.staging."""
    half = replace(Settings.from_environment(), memory_limit_gb=1)  # sorting takes what it may; the rest goes to disk
    with tempfile.TemporaryDirectory() as scratch, connect(half, Path(scratch)) as con:
        con.execute(f"COPY ({records(persons)} ORDER BY ALL) TO {literal(target)} (FORMAT parquet, COMPRESSION zstd)")


def records(persons: int) -> str:
    """SELECT of the records; of a measure that somebody did not answer the cell is empty.

    PSUs and strata raise or lower what all their persons have, so that the design matters to the errors.
    """
    strata = max(LEAST_STRATA, persons // (IN_PSU * IN_STRATUM))
    psus = max(2 * strata, persons // IN_PSU)
    age = "".join(f"WHEN to_age < {share} THEN {literal(code)} " for code, share in AGES.items())
    return f"""
        WITH placed AS (
            SELECT i, i * {psus} // {persons} AS p, p * {strata} // {psus} AS h FROM range({persons}) AS person(i)
        ), drawn AS (
            SELECT i, p, h, 1 + h * 32 // {strata} AS state, h % 2 = 1 AS is_urban, {_draw("i", "age")} AS to_age,
                {_draw("i", "sex")} < 0.512 AS is_woman,
                0.3 * {_draw("h", "stratum")} + 0.7 * {_draw("p", "psu")} AS place,
                {_draw("i", "literate")} AS to_read, {_draw("i", "answer")} AS to_answer,
                {_draw("i", "internet")} AS to_connect, {_draw("i", "schooling")} AS to_learn,
                {_draw("i // 4", "income")} AS to_earn, {_draw("i // 4", "weight")} AS to_weigh
            FROM placed
        )
        SELECT '2020' AS edition, 'state' AS geo_level, printf('%02d', state) AS state, '_T' AS municipality,
            '_T' AS locality, CASE WHEN is_woman THEN 'F' ELSE 'M' END AS sex,
            CASE {age}END AS age,
            CASE WHEN is_urban THEN 'U' ELSE 'R' END AS urbanisation, '2020' AS time_period,
            CAST(1 + floor(18 * to_weigh * (1 + place)) AS DOUBLE) AS weight, printf('%05d', h) AS stratum,
            printf('%06d', p) AS psu,
            CASE WHEN to_answer > 0.02
                THEN CAST(to_read < 0.8 + 0.15 * place + CASE WHEN is_urban THEN 0.05 ELSE 0 END AS BIGINT) END
                AS literate,
            CASE WHEN to_answer > 0.01
                THEN CAST(to_connect < 0.2 + 0.4 * place + CASE WHEN is_urban THEN 0.3 ELSE 0 END AS BIGINT) END
                AS internet,
            CASE WHEN to_age >= 0.17 THEN floor(to_learn * (8 + 14 * place)) END AS schooling,
            CASE WHEN to_answer < 0.97 THEN round(1500 * exp(2 * place) * -ln(1 - to_earn), 2) END AS income
        FROM drawn
    """


DRAWN = ("age", "sex", "stratum", "psu", "literate", "answer", "internet", "schooling", "income", "weight")


def _draw(name: str, what: str) -> str:
    """A number from 0 to below 1, the same whenever the same is drawn: 53 bits of a hash of one number.

    Not ``hash(i, 'sex')``: DuckDB joins the hashes of its arguments by XOR, so that draws would depend on each other.
    """
    return f"((hash(({name}) * {len(DRAWN)} + {DRAWN.index(what)}) >> 11) / 9007199254740992.0)"


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--persons", type=int, default=PERSONS, help=f"how many records ({PERSONS:,})")
    asked.add_argument(
        "--out", type=Path, help="Parquet file to write; without it, a small sample is made and forgotten"
    )
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as forgotten:
        persons, target = (
            (options.persons, options.out) if options.out else (100_000, Path(forgotten) / "records.parquet")
        )
        started = time.perf_counter()
        write(persons, target)
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        megabytes = target.stat().st_size / 1e6
        print(
            f"{persons:,} simulated persons: {time.perf_counter() - started:.1f} s, {megabytes:,.0f} MB of Parquet, "
            f"peak memory {peak_gb:.2f} GB"
        )


if __name__ == "__main__":
    main()
