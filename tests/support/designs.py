"""Random samples with all that makes variances go wrong: the same seed always gives the same sample.

What belongs here: making samples. What does not: asking anything of them (surveys).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from support.surveys import Survey

STATES = ("01", "02")
"""Those of the small country."""


@dataclass(frozen=True)
class Make:
    """What a sample has. Dwellings in PSUs in strata in states, with weights that differ."""

    seed: int
    strata: int = 8
    """Strata of each state; the more strata, the fewer PSUs in each."""
    lonely: int = 0
    """Strata of each state with one PSU."""
    certainty: int = 0
    """Strata of each state that are in the sample with all their PSUs; where there are lonely ones, one of them."""
    fpc: bool = False
    """Whether the number of PSUs of the population is known, but in one stratum."""
    empty: bool = False
    """No dwelling of state 02 is rural with a woman as head."""
    zero_weights: bool = False
    """Records of weight 0: some, all of a PSU, all rural ones of state 01 with a man as head."""
    missing: bool = False
    """Missing measures: some, all of a PSU, all of state 02 of age Y_GE65."""
    whole_weights: bool = True
    """Whether weights are integers."""


def survey(make: Make) -> Survey:
    """A sample: dimensions state, sex, urbanisation and age; measures of counts, of 0 and 1, and of income."""
    random = np.random.default_rng(make.seed)
    psus = _psus(make, random)
    records = psus.loc[np.repeat(psus.index, random.integers(1, 12, len(psus)))].reset_index(drop=True)
    n = len(records)
    weight = records.pop("size") * random.lognormal(0, 0.5, n)
    records["weight"] = np.ceil(weight) if make.whole_weights else np.round(weight, 3) + 0.001
    records["sex"] = np.where(random.random(n) < 0.35, "F", "M")
    records["age"] = random.choice(["Y0T17", "Y_GE18", "Y_GE65"], n, p=[0.2, 0.7, 0.1])
    records["dwellings"] = 1.0
    records["persons"] = random.integers(1, 9, n).astype(float)
    income = records.pop("level") * random.lognormal(8, 0.8, n)
    records["income"] = np.where(random.random(n) < 0.03, 0.0, np.round(income / 50) * 50)  # with ties and zeros
    records["poor"] = (records["income"] < 2000).astype(float)
    records["poor_persons"] = records["poor"] * records["persons"]
    records["adult"] = (records["age"] != "Y0T17").astype(float)
    records["poor_adult"] = records["poor"] * records["adult"]
    _spoil(make, random, records)
    certain = frozenset(psus.loc[psus["certain"], "stratum"]) if make.certainty else frozenset()
    return Survey(records.drop(columns="certain").sample(frac=1, random_state=make.seed, ignore_index=True), certain)


def _psus(make: Make, random: np.random.Generator) -> pd.DataFrame:
    """PSUs with what their records share; codes are reused between strata."""
    rows = []
    for state in STATES:
        for h in range(make.strata):
            sampled = 1 if h < make.lonely else int(random.integers(2, 7))
            urban, size = "U" if random.random() < 0.7 else "R", float(random.integers(5, 60))
            with_fpc = make.fpc and h != make.strata - 1
            for i in range(sampled):
                rows.append({
                    "state": state, "stratum": f"{state}{h:02}", "psu": f"{i + 1:03}", "urbanisation": urban,
                    "size": size, "level": random.lognormal(0.0 if urban == "U" else -0.5, 0.4),
                    "certain": make.lonely - 1 <= h < make.lonely - 1 + make.certainty if make.lonely else h < make.certainty,
                    "population_psus": float(sampled * random.integers(2, 9)) if with_fpc else np.nan,
                })  # fmt: skip
    psus = pd.DataFrame(rows)
    psus["population_psus"] = psus.groupby("stratum")["population_psus"].transform("max")
    return psus if make.fpc else psus.drop(columns="population_psus")


def _spoil(make: Make, random: np.random.Generator, records: pd.DataFrame) -> None:
    """Take away, in place, what the sample is to lack."""

    def rows(**codes: str) -> pd.Series:
        return pd.concat([records[name] == code for name, code in codes.items()], axis=1).all(axis=1)

    last = f"{STATES[0]}{make.strata - 1:02}"
    if make.empty:
        records.loc[rows(state="02", sex="F", urbanisation="R"), "sex"] = "M"
    if make.zero_weights:
        nothing = rows(state="01", sex="M", urbanisation="R") | rows(stratum=last, psu="001")
        records.loc[nothing | (random.random(len(records)) < 0.05), "weight"] = 0.0
    if make.missing:
        for measures, share in (
            (["income"], 0.08),
            (["poor", "poor_persons", "poor_adult"], 0.05),
            (["persons"], 0.03),
        ):
            gone = (
                (random.random(len(records)) < share) | rows(stratum=last, psu="002") | rows(state="02", age="Y_GE65")
            )
            records.loc[gone, measures] = np.nan


MAKES = {
    "plain": Make(1),
    "decimal weights": Make(2, whole_weights=False),
    "lonely": Make(3, lonely=2),
    "certainty": Make(4, certainty=2),
    "lonely certainty": Make(5, lonely=2, certainty=2),
    "fpc": Make(6, fpc=True),
    "fpc lonely": Make(7, fpc=True, lonely=1, certainty=1),
    "empty": Make(8, empty=True, strata=5),
    "zero weights": Make(9, zero_weights=True),
    "missing": Make(10, missing=True),
    "few strata": Make(11, strata=2, missing=True, zero_weights=True),
    "everything": Make(12, lonely=2, certainty=2, fpc=True, empty=True, zero_weights=True, missing=True),
    "decimal everything": Make(
        13, strata=12, lonely=3, certainty=1, empty=True, zero_weights=True, missing=True, whole_weights=False
    ),
}
"""The samples of the tests, by name."""
