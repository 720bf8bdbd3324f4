"""What must hold of a staged table and of the files that it is made of, as rules over its profile.

Rules that follow from the specs are made here, for every table alike; those of the contract are compiled to the same
form. They read ``cells``, ``codes``, ``parts``, ``expected`` and ``strata`` (profile), never records. What belongs
here: which rules a table has, and their queries. What does not: judging them (gx).
"""

from __future__ import annotations

from sdg_pipeline.quality import bounds
from sdg_pipeline.quality import derived as limits
from sdg_pipeline.quality.derived import Queries, Query
from sdg_pipeline.quality.profile import counts_municipalities, measures
from sdg_pipeline.quality.results import Border
from sdg_pipeline.quality.rules import Rule
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.contract import Contract, Derived
from sdg_pipeline.specs.table import Table

DATA_TEAM = "team:data"
"""Who answers for rules of tables that have no contract."""


def names(table: Table, contract: Contract | None) -> tuple[tuple[str, str], ...]:
    """Name and description of each rule of a table, without data and without its queries."""
    described: list[tuple[str, str]] = [(name, WORDS[name][0]) for name in _derived(table, contract)]
    if contract is not None:
        described += [("period", WORDS["period"][0])] if contract.period else []
        described += list(PERCENT.items()) if contract.percent else []
        described += [(name, bounds.described(rule)) for name, rule in contract.rules.items()]
    return tuple(described)


def _derived(table: Table, contract: Contract | None) -> list[Derived]:
    """Names of the derived rules that the table has."""
    levels = {p.level for p in table.parts}
    editions = {(p.source, p.edition) for p in table.parts}
    cuts = len(editions) > 1 and (table.vintages or len({s for s, _ in editions}) < len(editions))
    additive = any(measures(table).values())
    repeats = additive and table.design is None and (table.period is not None or len(editions) > 1)
    asked: dict[Derived, bool] = {
        "own_bytes": len(editions) > 1,
        "size": cuts,
        "rows": cuts,
        "repeated_records": table.record == "unit",
        "placed": table.geography.municipality_name is not None and Level.MUNICIPALITY in levels,
        "states": levels != {Level.NATIONAL},
        "municipalities": counts_municipalities(table),
        "codes": bool(table.dimensions),
        "filled": table.design is None,
        "zero_totals": additive,
        "same_totals": repeats,
        "steps": repeats,
        "cuts": table.vintages,
        "weights": table.design is not None,
        "psus": table.design is not None,
    }
    return [name for name, yes in asked.items() if yes and (contract is None or contract.excused(name) is not None)]


WORDS: dict[Derived, tuple[str, str]] = {
    "own_bytes": (
        "No two editions are the same file.",
        "A file that was saved under the name of another edition gives old figures a new year, or men for women.",
    ),
    "size": (
        f"A file has between half and {limits.BYTES:.0f} times the bytes of the edition before.",
        "A download that broke off, or a file of another dataset, is smaller or larger by far.",
    ),
    "rows": (
        f"A file has no more than {limits.ROWS} times the rows of the edition before, and no fewer in that proportion.",
        "A truncated edition, or one with every row twice, is smaller or larger by far.",
    ),
    "repeated_records": (
        f"At most {limits.REPEATED:.1%} of the records of a file are the same in every column.",
        "Records that were appended twice count their persons or events twice.",
    ),
    "placed": (
        f"Of the records that name a municipality, at most {limits.UNPLACED:.0%} name none of the register.",
        "A misspelt municipality loses what is in it; geography/names.csv has the spellings that people reviewed.",
    ),
    "states": (
        "Every state that an edition covers has rows in each of its years.",
        "A state that was lost on the way is no state without cases.",
    ),
    "municipalities": (
        "Every municipality of the register in the year has a row, state by state.",
        "A municipality that was lost, or a file of another year's borders, shows in the number of areas.",
    ),
    "codes": (
        "Every code that the spec names occurs in each edition.",
        "A group that vanished was recoded, or swapped with another.",
    ),
    "filled": (
        "A measure has a figure in every row of a year and group, or in none, and in some row.",
        "Empty cells among filled ones are figures that were lost, in a shifted column or a cut line.",
    ),
    "zero_totals": (
        "No total of the whole table is exactly zero.",
        "A year or month without a single case is one that was not reported: blanks were read as zeros.",
    ),
    "same_totals": (
        f"No two years have the same totals in all measures, to {limits.SAME} digits.",
        "A year that repeats another is a copy of it under another name, even where last digits were rounded anew.",
    ),
    "steps": (
        f"No total of a state or municipality changes by a factor of {limits.STEP:.0f} from one year to the next.",
        "Thousands in place of units, a comma in the wrong place, or another area's figure.",
    ),
    "cuts": (
        f"A later cut revises the total of a closed year, and of a month, by no more than {limits.REVISION:.0%}.",
        "Years or months that stand in each other's place, or another classification: institutions revise by little.",
    ),
    "weights": (
        f"Every record has a positive weight, none of more than {limits.WEIGHT} times the mean.",
        "A weight of another file, or one read without its decimals, moves every estimate.",
    ),
    "psus": (
        f"At most {limits.SINGLE:.0%} of the strata have one PSU, "
        f"and a PSU has {limits.CLUSTER} records or more on average.",
        "A column that is not the stratum or the PSU gives standard errors that mean nothing.",
    ),
    "period": (
        "The year that the file itself tells is that of its edition.",
        "A file of another year under the name of this edition gives every value a wrong year.",
    ),
}
"""What each derived rule says, and why."""
SOURCE: tuple[str, ...] = ("own_bytes", "size", "rows", "repeated_records", "period")
"""Rules on the files, which stand at the border of the sources."""
PERCENT = {
    "percent_range": "Measures in per cent lie between 0 and 100.",
    "percent_not_share": f"No measure in per cent is below {limits.SHARE} in all rows of a year: shares are times 100.",
}


def rules_for(table: Table, contract: Contract | None) -> list[Rule]:
    """The rules of a table, in the order of ``names``."""
    owner = contract.owner if contract else DATA_TEAM
    queries = Queries(table, contract)
    rules = [_rule(name, *WORDS[name], owner, getattr(queries, name)()) for name in _derived(table, contract)]
    if contract is None:
        return rules
    if contract.period:
        rules.append(_rule("period", *WORDS["period"], owner, queries.period(contract.period.which == "only")))
    if contract.percent:
        why = "A figure in another unit than the spec says is wrong by a factor, and looks like a figure."
        rules += [_rule(name, text, why, owner, queries.percent(name)) for name, text in PERCENT.items()]
    rules += [bounds.rule(name, rule, table, owner) for name, rule in contract.rules.items()]
    return rules


def _rule(name: str, description: str, reason: str, owner: str, query: Query) -> Rule:
    """A rule whose query tells in ``fault`` what is wrong with a row; it is empty where nothing is."""
    frame, shown = query
    border: Border = "source" if name in SOURCE else "table"
    shows = (*shown, "fault")
    expected = "ExpectColumnValuesToBeNull"
    return Rule(name, "blocking", description, owner, reason, frame, "fault", shows, expected, border=border)
