"""What one indicator withholds, no other of the same sums gives away."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pyarrow
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import attack
from test_disclosure import INTERVAL, table

from sdg_pipeline.estimate.disclosure import cells_of
from sdg_pipeline.estimate.survey.protection import LinkedPlans, protected

STATES, SEXES = ("MX01", "MX02", "MX03"), ("F", "M")
LEAST = 30
Counts = dict[tuple[str, str], int]


def totals(counts: Counts) -> Counts:
    """The counts with those of states, of both sexes and of the nation."""
    counts_: Counts = {}
    for (area, sex), count in counts.items():
        for key in ((area, sex), (area, "_T"), ("MX", sex), ("MX", "_T")):
            counts_[key] = counts_.get(key, 0) + count
    return counts_


def values(above: Counts, below: Counts | None, sample: Counts) -> pyarrow.Table:
    """The table of a ratio, or of a total where nothing is below, with small samples marked."""
    rows = []
    for (area, sex), count in totals(above).items():
        whole = totals(below)[area, sex] if below else None
        n = totals(sample)[area, sex]
        small = n < LEAST
        rows.append({
            "ref_area": area, "sex": sex, "numerator": float(count), "n_obs": n,
            "denominator": None if whole is None else float(whole),
            "obs_value": float(count) if whole is None else count / whole if whole else None,
            "obs_status": "Q" if small else "A", "obs_reason": "small_sample" if small else None,
        })  # fmt: skip
    return table(rows)


def published(
    tables: dict[str, pyarrow.Table], linked: dict[str, tuple[list[str], list[str]]]
) -> dict[str, pyarrow.Table]:
    """What becomes of the tables; ``linked`` names those with its numerator, and those whose numerator is below."""
    policy = SimpleNamespace(protection=SimpleNamespace(interval=INTERVAL))
    plans: dict[str, Any] = {name: SimpleNamespace(policy=policy, name=name) for name in tables}

    def table_of(name: str) -> pyarrow.Table:
        above, below = ((plans[other] for other in names) for names in linked[name])
        return protected(
            plans[name], LinkedPlans(tuple(above), tuple(below)), lambda plan: tables[cast(Any, plan).name]
        )

    return {name: table_of(name) for name in tables}


def rows_of(table: pyarrow.Table, above: str, below: str | None) -> list[attack.Row]:
    columns = (table[name].to_pylist() for name in ("obs_value", "numerator", "denominator"))
    return [
        attack.Row(above, below, cell, value, (n, d))
        for cell, value, n, d in zip(cells_of(table), *columns, strict=True)
    ]


PERSONS = {(area, sex): 1000 for area in STATES for sex in SEXES}
USERS = {(area, sex): 400 + 10 * i for i, (area, sex) in enumerate(PERSONS)}
BUYERS = {key: users // 4 for key, users in USERS.items()}
LINKED = {
    "buyers of users": (["buyers of persons"], ["users"]),
    "buyers of persons": (["buyers of users"], []),
    "users": ([], []),
}
count = st.integers(0, 120)
samples = st.fixed_dictionaries(dict.fromkeys(PERSONS, count))


def released(
    small: Counts, large: Counts, linked: dict[str, tuple[list[str], list[str]]] = LINKED
) -> tuple[dict[str, pyarrow.Table], list[attack.Row]]:
    tables = {
        "buyers of users": values(BUYERS, USERS, small),
        "buyers of persons": values(BUYERS, PERSONS, large),
        "users": values(USERS, None, large),
    }
    out = published(tables, linked)
    rows = rows_of(out["buyers of users"], "buyers", "users") + rows_of(out["buyers of persons"], "buyers", "persons")
    return out, rows + rows_of(out["users"], "users", None)


def test_a_numerator_withheld_as_a_share_of_few_is_withheld_as_a_share_of_many() -> None:
    small = dict.fromkeys(PERSONS, 100) | {("MX01", "F"): 10}
    out, rows = released(small, dict.fromkeys(PERSONS, 500))
    hidden = [
        {
            cell[0] + cell[2]
            for cell, status in zip(cells_of(t), t["obs_status"].to_pylist(), strict=True)
            if status == "Q"
        }
        for t in out.values()
    ]
    assert hidden[0] == hidden[1] and "MX01F" in hidden[0] and hidden[2] == set()
    assert attack.opened(rows) == []
    _, alone = released(small, dict.fromkeys(PERSONS, 500), dict.fromkeys(LINKED, ([], [])))
    assert attack.opened(alone), "each protected for itself, the share of few follows from the other two"


def test_a_denominator_withheld_as_a_total_goes_out_with_the_numerator_and_the_share_stays() -> None:
    large = dict.fromkeys(PERSONS, 100) | {("MX02", "M"): 10}
    out, _ = released(dict.fromkeys(PERSONS, 500), large)
    pairs = zip(cells_of(out["buyers of users"]), out["buyers of users"].to_pylist(), strict=True)
    row = next(row for cell, row in pairs if cell[0] == "MX02" and cell[2] == "F")
    assert row["denominator"] is None and row["numerator"] is None
    assert row["obs_status"] == "Q" or row["obs_value"] == 410 // 4 / 410


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small=samples, large=samples)
def test_no_share_is_opened_whatever_the_samples(small: Counts, large: Counts) -> None:
    _, rows = released(small, large)
    withheld = {("buyers", cell(key)) for key, n in totals(small).items() if n < LEAST}
    opened = {(row.numerator, row.cell) for row in attack.opened(rows) if row.denominator == "users"}
    assert not opened & withheld


def cell(key: tuple[str, str]) -> tuple[str, ...]:
    return (key[0], "2020", key[1], *["_T"] * 6)
