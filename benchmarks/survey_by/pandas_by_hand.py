"""Taylor linearisation written by hand in pandas: ``python pandas_by_hand.py RECORDS ANSWERS REPEATS``.

What is timed: means and standard errors by domain from the records in memory. No rule for strata of one PSU, no
degrees of freedom, no limits: what an analyst would write once for a sample that has none of the difficult cases.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas as pd

BY, PSU = ["state", "sex", "age"], ["stratum", "psu"]


def estimates(records: pd.DataFrame) -> pd.DataFrame:
    """By domain the mean and its standard error."""
    n_psu = records.groupby("stratum", observed=True)["psu"].nunique().rename("n_psu")
    answered = records.dropna(subset="literate")
    products = answered[BY + PSU].assign(x=answered["weight"], y=answered["weight"] * answered["literate"])
    psus = products.groupby(BY + PSU, observed=True)[["y", "x"]].sum().reset_index()
    domains = psus.groupby(BY, observed=True)[["y", "x"]].sum()
    value = domains["y"] / domains["x"]
    domain = psus[BY].merge(domains.assign(value=value).reset_index(), on=BY, how="left")
    psus["z"] = (psus["y"] - domain["value"] * psus["x"]) / domain["x"]
    psus = psus.join(n_psu, on="stratum")
    in_stratum = [psus[name] for name in (*BY, "stratum")]
    centre = psus["z"].groupby(in_stratum, observed=True).transform("sum") / psus["n_psu"]
    psus["square"], psus["centre_square"] = (psus["z"] - centre) ** 2, centre**2
    strata = psus.groupby([*BY, "stratum"], observed=True).agg(
        square=("square", "sum"), centre_square=("centre_square", "first"), n=("z", "size"), n_psu=("n_psu", "first")
    )
    squares = strata["square"] + (strata["n_psu"] - strata["n"]) * strata["centre_square"]
    variance = (strata["n_psu"] / (strata["n_psu"] - 1) * squares).groupby(level=BY, observed=True).sum()
    return pd.DataFrame({"value": value, "error": variance**0.5}).reset_index()


def main(records: Path, answers: Path, repeats: int) -> None:
    frame = pd.read_parquet(records, columns=[*BY, *PSU, "weight", "literate"])
    frame = frame.astype(dict.fromkeys([*BY, *PSU], "category"))
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        result = estimates(frame)
        seconds.append(time.perf_counter() - started)
    result.to_csv(answers, index=False)
    print(min(seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
