"""The Python package svy: ``python svy_package.py RECORDS ANSWERS REPEATS``.

What is timed: the means by domain, with the records in memory and the design declared.
"""

from __future__ import annotations

import csv
import sys
import time
from pathlib import Path

import polars
import svy

BY = ("state", "sex", "age")


def main(records: Path, answers: Path, repeats: int) -> None:
    columns = [*BY, "stratum", "psu", "weight", "literate"]
    frame = polars.read_parquet(records, columns=columns).with_columns(polars.col("literate").cast(polars.Float64))
    seconds = []
    for _ in range(repeats):
        sample = svy.Sample(frame, svy.Design(stratum="stratum", psu="psu", wgt="weight"))
        started = time.perf_counter()
        result = sample.estimation.mean("literate", by=list(BY), drop_nulls=True)
        seconds.append(time.perf_counter() - started)
    with answers.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow([*BY, "value", "error"])
        lines.writerows([*row.by_level, row.est, row.se] for row in result.estimates)
    print(min(seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
