"""R's survey package (Lumley; 4.1.1 in Debian 12) as a reference for estimates of samples.

What belongs here: the passage of samples to ``survey.R`` and of its answers back, without loss of a bit. What R does,
read in its sources (``survey:::onestrat`` and others), for scores z = w r of records, z_hi their sums over a PSU:

- A domain is ``subset(design, …)``: rows are dropped, but strata keep the PSUs n_h that they have in the whole sample,
  with those of weight 0; PSUs without a row of the domain count as z = 0. Rows with missing values are dropped alike.
- Variance: sum over strata with rows in the domain of (1 - n_h / N_h) n_h / (n_h - 1) sum_i (z_hi - mean_h)^2. Strata
  with n_h = N_h add nothing, before any rule for lonely PSUs.
- A stratum is lonely where n_h = 1. ``adjust`` adds (1 - 1 / N_h) z_h1^2, the square about zero, without a factor;
  ``certainty`` adds nothing; ``average`` adds nothing and multiplies the sum by H / (H - L), where H and L are the
  strata and the lonely strata *with rows in the domain*, whatever their weight; NaN where H = L. ``fail`` is an error
  where the domain has rows in a lonely stratum. A stratum lonely only within the domain is not lonely.
- Scores: total r = y; mean r = (y - mean) / W; ratio r = (y - R x) / X; W, X of the domain.
- df = PSUs - strata, both of those with a record of positive weight in the domain; also of strata of certainty.
- deff ("replace") = variance / (s^2 W^2 / n of a total, s^2 / n of a mean), s^2 = n / (n - 1) sum w (y - mean)^2 / W,
  n and W of the domain's records of positive weight; of a ratio the deff of the total of r. Quantiles have none; given
  here is that of the mean of [y <= q].
- Limits: value ± t(df) se, NaN where df = 0; logit: expit(logit p ± t(df) se / (p (1 - p))).
- Korn-Graubard ("beta"): n* = p (1 - p) / se^2 (t(n - 1) / t(df))^2 with n the rows, of any weight; quantiles of
  Beta(n* p, n* (1 - p) + 1) at 0.025 and of Beta(n* p + 1, n* (1 - p)) at 0.975. NaN at p = 0 and p = 1.
- Of replicates (JKn, mse) a lonely PSU is left as it is by ``certainty``, which is what is asked for here; by ``adjust``
  its weight goes to all other strata, so that totals of domains without a row in its stratum vary too, and by
  ``average`` the variance is scaled by PSUs over replicates of the whole sample: neither is R's rule of linearisation.
- Quantile: smallest y with F(y) >= p. F is taken at that value, q, with the variance of the mean of [y <= q]; limits
  are the quantiles at F(q) ± t(df) se(F), NaN outside [0, 1]; se = (upper - lower) / (2 t(df)).
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from support.surveys import Answers, Ask, Estimate, Key, Survey

PROGRAM = Path(__file__).with_name("survey.R")
ASKED = ("name", "statistic", "of", "over", "by", "lonely", "p", "deff", "replicated")


@cache
def missing() -> str:
    """Why R cannot be asked; empty where it can."""
    if shutil.which("Rscript") is None:
        return "there is no Rscript: R survey cannot be asked (Debian: r-cran-survey)"
    there = subprocess.run(["Rscript", "-e", "library(survey)"], capture_output=True, text=True, check=False)
    return "" if there.returncode == 0 else f"R has no package survey (Debian: r-cran-survey): {there.stderr.strip()}"


def answers(survey: Survey, asks: Sequence[Ask]) -> Answers:
    """What R says of one sample."""
    return all_answers([(survey, asks)])[0]


def all_answers(asked: Iterable[tuple[Survey, Sequence[Ask]]]) -> list[Answers]:
    """What R says of several samples; R starts once."""
    with tempfile.TemporaryDirectory() as folder:
        codes, folders = [], []
        for i, (survey, asks) in enumerate(asked):
            folders.append(Path(folder, str(i)))
            codes.append(_write(folders[-1], survey, asks))
        said = subprocess.run(
            ["Rscript", str(PROGRAM), *map(str, folders)], capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, said.stderr
        return [_read(at / "estimates.tsv", labels) for at, labels in zip(folders, codes, strict=True)]


def _write(folder: Path, survey: Survey, asks: Sequence[Ask]) -> dict[str, list[list[str]]]:
    """The sample and the questions; returns the labels of the dimensions of each question, by code."""
    folder.mkdir()
    records = survey.records
    columns = {"weight": records["weight"], "fpc": survey.fpc()}
    labels = {}
    for name in sorted({"stratum", "psu"}.union(*(ask.by for ask in asks))):
        codes, uniques = pd.factorize(records[name], use_na_sentinel=False)
        columns[name], labels[name] = codes, [str(label) for label in uniques]
    for name in sorted({n for ask in asks for n in (ask.variable, ask.over) if n}):
        columns[name] = records[name]
    (folder / "columns.txt").write_text("\n".join(columns) + "\n")
    values = [np.asarray(c, dtype="<f8") for c in columns.values()]
    (folder / "records.f64").write_bytes(b"".join(v.tobytes() for v in values))
    with (folder / "asks.tsv").open("w", newline="") as file:
        lines = csv.writer(file, "excel-tab", lineterminator="\n")
        lines.writerow(ASKED)
        for ask in asks:
            deff = "yes" if ask.deff else "no"
            by, replicated = ",".join(ask.by), "yes" if ask.replicated else "no"
            cells = (ask.name, ask.statistic, ask.variable, ask.over, by, ask.lonely, repr(ask.p), deff, replicated)
            lines.writerow(cells)
    return {ask.name: [labels[name] for name in ask.by] for ask in asks}


def _read(path: Path, labels: dict[str, list[list[str]]]) -> Answers:
    estimates: dict[str, dict[Key, Estimate]] = defaultdict(dict)
    for line in path.read_text().splitlines():
        name, key, *cells, error = line.split("\t")
        codes = key.split(",") if labels[name] else []
        domain = tuple(names[int(code)] for names, code in zip(labels[name], codes, strict=True))
        v = [np.nan if cell == "NA" else float(cell) for cell in cells]
        estimates[name][domain] = Estimate(
            v[0],
            v[1],
            v[2],
            v[3],
            (v[4], v[5]),
            (v[6], v[7]),
            (v[8], v[9]),
            (v[10], v[11]),
            int(v[12]),
            int(v[13]),
            error,
        )
    return dict(estimates)
