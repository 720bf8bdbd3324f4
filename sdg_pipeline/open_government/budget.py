"""Budgets: amounts of the public account by the targets that programmes are linked with.

A programme counts whole and once in each target, once in each goal and once in the total, so that scopes never add up.
It is direct in a scope where any of its links there is; rows of direct and of indirect links stay apart. What belongs
here: matching programmes and adding their amounts. What does not: which files these are (indicator_specs/budget).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sdg_pipeline import duck
from sdg_pipeline.errors import InputError
from sdg_pipeline.open_government.subject import Material, Row, Subject
from sdg_pipeline.open_government.sum_tables import BUDGET
from sdg_pipeline.specs.area_names import plain
from sdg_pipeline.specs.budget import Budget
from sdg_pipeline.specs.catalog import Catalog

NAME = "budget"
ADDS_UP, MATCHED, ONE_YEAR = "programmes_add_up_to_account", "programmes_are_matched", "link_and_account_of_one_year"
TOTAL, NO_ACCOUNT = "total", "none"
STAGES = ("approved", "modified", "accrued", "spent")
ROUNDING = 0.01
"""Pesos that the cents of a sum can be off."""
TAG = re.compile(r"<[^>]*>")
Key = tuple[str, str]
"""Branch and key of a programme, such as R001."""
Amounts = Mapping[str, float]
Match = Literal["matched", "other_name", "absent"]


def words(name: str) -> str:
    """A name without case, accents, signs and the tags of web pages that the links have."""
    return " ".join(re.findall(r"\w+", plain(TAG.sub(" ", name))))


@dataclass
class Programme:
    """A linked programme: its name, and by target whether a link is direct."""

    name: str
    targets: dict[str, bool] = field(default_factory=dict)


@dataclass
class Account:
    """The public account of a year: amounts of programmes by key and name, totals of branches, and their programmes."""

    programmes: dict[tuple[Key, str], dict[str, float]] = field(default_factory=dict)
    totals: dict[Key, dict[str, float]] = field(default_factory=dict)
    added: dict[Key, dict[str, float]] = field(default_factory=dict)

    def match(self, key: Key, programme: Programme) -> Match:
        """Whether a linked programme is there under its key, and under its name."""
        if (key, programme.name) in self.programmes:
            return "matched"
        return "other_name" if any(other == key for other, _ in self.programmes) else "absent"

    @property
    def whole(self) -> Amounts:
        """What all branches have together."""
        return summed(self.totals.values())


def summed(amounts: Iterable[Amounts]) -> dict[str, float]:
    """The sum of amounts, by stage; cents are added whole."""
    cents: dict[str, int] = dict.fromkeys(STAGES, 0)
    for each in amounts:
        for stage, amount in each.items():
            cents[stage] += round(100 * amount)
    return {stage: amount / 100 for stage, amount in cents.items()}


def _records(material: Material, table: str, measure: str) -> Iterator[dict[str, Any]]:
    if table in material.staged:
        cursor = material.con.execute(
            f"SELECT *, {measure} AS figure FROM read_parquet($1)", [str(material.staged[table])]
        )
        names = [column[0] for column in cursor.description or ()]
        yield from (dict(zip(names, row, strict=True)) for row in cursor.fetchall())


def _linked(material: Material, spec: Budget) -> dict[str, dict[Key, Programme]]:
    """The linked programmes by year and key."""
    names = {words(entry.linked): words(entry.account) for entry in spec.renamed}
    years: dict[str, dict[Key, Programme]] = defaultdict(dict)
    for row in _records(material, spec.links, duck.name(spec.direct)):
        branch = words(row["department_name"])
        try:
            key = (names.get(branch, branch), f"{row['modality']}{int(row['programme']):03}")
            target = spec.target(int(row["goal"]), int(row["target"]))
        except ValueError:
            seen = ", ".join(str(row[name]) for name in ("department", "modality", "programme", "goal", "target"))
            remedy = "correct the file by indicator_specs/corrections, or numbered_targets of the budget"
            path = material.staged[spec.links]
            raise InputError(
                path, "links a programme with a target that no goal has", value=seen, remedy=remedy
            ) from None
        programme = years[row["time_period"]].setdefault(key, Programme(words(row["programme_name"])))
        programme.targets[target] = programme.targets.get(target, False) or bool(row["figure"])
    return years


def _accounts(material: Material, spec: Budget) -> dict[str, Account]:
    """The account of each year. A row that names a programme comes before its amounts or after them."""
    stages = {text: stage for stage, text in spec.stages.model_dump().items()}
    years: dict[str, Account] = defaultdict(Account)
    lines: dict[tuple[str, str | None, str | None, str | None, str], tuple[list[str], dict[str, float]]] = {}
    for row in _records(material, spec.account, duck.name(spec.amount)):
        place = (row["time_period"], row["power"], row["unit"], row["branch"], row["programme"])
        named, amounts = lines.setdefault(place, ([], {}))
        if row["stage"] in stages:
            amounts[stages[row["stage"]]] = float(row["figure"])
        else:
            named.append(words(row["stage"]))
    for (year, power, unit, branch, code), (named, amounts) in lines.items():
        account, head = years[year], (power or "", branch or "")
        if code == spec.total:
            account.totals[head] = summed((account.totals.get(head, {}), amounts))
            continue
        account.added[head] = summed((account.added.get(head, {}), amounts))
        for label in dict.fromkeys(words(text) for text in (branch, unit, power) if text):
            for name in named:
                place_there = ((label, code), name)
                account.programmes[place_there] = summed((account.programmes.get(place_there, {}), amounts))
    return years


def _scopes(programme: Programme) -> dict[str, bool]:
    """The scopes of a programme, and whether it is direct in each."""
    scopes = {TOTAL: any(programme.targets.values())}
    for target, direct in programme.targets.items():
        goal = target.partition(".")[0]
        scopes[goal] = scopes.get(goal, False) or direct
        scopes[target] = direct
    return scopes


def rows_of(programmes: Mapping[Key, Programme], account: Account | None) -> Iterator[dict[str, Any]]:
    """A row for each scope and kind of link, and one of what is not linked; without an account, counts alone."""
    members: dict[tuple[str, str], list[Key]] = defaultdict(list)
    for key, programme in programmes.items():
        for scope, direct in _scopes(programme).items():
            members[scope, "direct" if direct else "indirect"].append(key)
    linked: list[Amounts] = []
    for (scope, link), keys in sorted(members.items()):
        goal, _, number = scope.partition(".")
        row: dict[str, Any] = {
            "scope": scope,
            "goal": None if scope == TOTAL else int(goal),
            "target": scope if number else None,
            "link": link,
            "only_indirect": "no" if (scope, "direct") in members else "yes",
            "programmes": len(keys),
        }
        if account is not None:
            how = [(key, account.match(key, programmes[key])) for key in keys]
            amounts = summed(account.programmes[key, programmes[key].name] for key, match in how if match == "matched")
            linked += [amounts] if scope == TOTAL else []
            row |= {kind: sum(match == kind for _, match in how) for kind in ("matched", "other_name", "absent")}
            row |= {"matched_share": row["matched"] / len(keys), **_money(amounts, account)}
        yield row
    if account is not None:
        rest = summed((account.whole, *({stage: -amount for stage, amount in each.items()} for each in linked)))
        yield {"scope": TOTAL, "link": "none", "only_indirect": "no", **_money(rest, account)}


def _money(amounts: Amounts, account: Account) -> dict[str, float | None]:
    approved = account.whole["approved"]
    return {**amounts, "share_of_approved": amounts["approved"] / approved if approved else None}


def work(material: Material) -> Mapping[str, tuple[str, Sequence[Row]]]:
    """Write the table."""
    rows: list[dict[str, Any]] = []
    uneven: list[Row] = []
    compared = 0
    for name, spec in sorted(material.catalog.budgets.items()):
        links, accounts = _linked(material, spec), _accounts(material, spec)
        for year in sorted(accounts) or [NO_ACCOUNT]:
            account = accounts.get(year)
            link_year = max((y for y in links if y <= year), default=min(links, default=None))
            if link_year is None:
                continue
            own = {"budget": name, "account_year": year, "link_year": link_year}
            own["same_year"] = "yes" if year == link_year else "no"
            rows += [{**own, **row} for row in rows_of(links[link_year], account)]
            if account is not None:
                compared += len(account.added)
                uneven += [{**own, **row} for row in _uneven(account)]
    material.write(BUDGET, rows)
    linked = [row for row in rows if row["scope"] == TOTAL and row["link"] != "none"]
    return {
        ADDS_UP: (f"the programmes of {compared} branches and powers", uneven),
        MATCHED: _matched(linked, material.catalog),
        ONE_YEAR: (
            "; ".join(sorted({f"links of {r['link_year']}, account of {r['account_year']}" for r in linked}))
            or "no links",
            [row for row in linked if row["same_year"] == "no" and row["link"] == "direct"],
        ),
    }


def _uneven(account: Account) -> Iterator[Row]:
    """Branches whose programmes are not together what the account says of the branch."""
    for head, amounts in account.added.items():
        for stage, total in account.totals.get(head, {}).items():
            if abs(total - amounts[stage]) > ROUNDING:
                yield {"power": head[0], "branch": head[1], "stage": stage, "total": total, "added": amounts[stage]}


def _matched(linked: Sequence[Row], catalog: Catalog) -> tuple[str, Sequence[Row]]:
    """The share of linked programmes that the account has, against the bound of the register."""
    said, wrong = [], []
    for budget, year in dict.fromkeys((str(r["budget"]), str(r["account_year"])) for r in linked if "matched" in r):
        own = [row for row in linked if (row["budget"], row["account_year"]) == (budget, year)]
        counts = {name: sum(row[name] for row in own) for name in ("programmes", "matched", "other_name", "absent")}
        said.append(
            f"{year}: {counts['matched']} of {counts['programmes']} linked programmes matched, "
            f"{counts['other_name']} under another name, {counts['absent']} absent"
        )
        if counts["matched"] < catalog.budgets[budget].least_matched * counts["programmes"]:
            wrong.append({"budget": budget, "account_year": year, **counts})
    return "; ".join(said) or "no account is at hand", wrong


BUDGETS = Subject(
    NAME,
    (BUDGET,),
    lambda catalog: frozenset(t for spec in catalog.budgets.values() for t in (spec.links, spec.account)),
    all_indicators=False,
    owner="team:economy",
    described={
        ADDS_UP: (
            "blocking",
            "The programmes of a branch add up to its total in the account, at each stage.",
            "A programme that is lost or counted twice moves the amount of its targets.",
        ),
        MATCHED: (
            "warning",
            "The account has the share of the linked programmes that the register asks for, by key and name.",
            "With few programmes matched, amounts say more of renamed programmes than of targets.",
        ),
        ONE_YEAR: (
            "warning",
            "Links and amounts are of the same year.",
            "Programmes of another year may serve other targets: each row says whose links it follows.",
        ),
    },
    work=work,
)
