"""The second engine of the spec tests: an indicator from its staged rows in plain Python, without SQL or a plan.

It reads the spec itself, so that a mistake of plan or SQL does not stand in both. What belongs here: counts, ratios,
rates, published figures and comparisons. What does not: see ``NOT_HERE``; random countries have ``oracle``.
"""

from __future__ import annotations

import ast
import math
import operator
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scipy.stats import chi2

from sdg_pipeline.ingest.raw import RawFile
from sdg_pipeline.specs.base import Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.fields import DIMENSIONS, OBSERVATION
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.table import Table

Row = dict[str, Any]
KINDS = ("count", "ratio", "rate", "published", "parity", "gap")
NOT_HERE = {
    "mean": "of surveys, whose oracle is R (tests/agreement/test_r_survey.py)",
    "quantile": "of surveys, whose oracle is R (tests/agreement/test_r_survey.py)",
    "gini": "of surveys, whose oracle is R (tests/agreement/test_r_survey.py)",
    "share": "of surveys, whose oracle is R (tests/agreement/test_r_survey.py)",
    "fgt": "of surveys, whose oracle is R (tests/agreement/test_r_survey.py)",
    "small_area": "a model, whose oracle is samplics (tests/unit/test_fay_herriot.py)",
    "sql": "is SQL itself, which needs an engine of SQL",
    "survey": "a ratio or count of a survey has a standard error, whose oracle is R (tests/agreement/test_r_survey.py)",
    "harmonised": "units of changed borders are those of the register, which tests/unit/test_geography.py holds",
}
"""Kinds of method, of table and of level that this engine does not compute, and why."""


class NotHere(Exception):
    """The engine does not compute this; the text is a key of NOT_HERE."""


@dataclass(frozen=True)
class Staged:
    """A staged table in memory: its rows, and the files of its parts by level."""

    table: Table
    rows: Sequence[Row]
    parts: Sequence[tuple[Level, RawFile]]

    def file(self, level: Level, edition: str) -> RawFile:
        return next(raw for of_level, raw in self.parts if of_level == level and raw.edition == edition)

    def covers_nation(self, level: Level) -> bool:
        return any(not raw.states for of_level, raw in self.parts if of_level == level)


@dataclass(frozen=True)
class Cell:
    """Sums of one area, year and group: of each expression, None where a component is missing."""

    level: Level
    rows_level: Level
    area: str
    period: str
    groups: Mapping[str, str]
    sums: tuple[Any, ...]
    edition: str
    more: Mapping[str, Any] = field(default_factory=dict)
    measures: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.level, self.area, self.period, *sorted(self.groups.items()))


def values(indicator: Indicator, catalog: Catalog, staged: Sequence[Staged], names: Mapping[str, str]) -> list[Row]:
    """Rows of the indicator table; NotHere where the engine does not compute it. ``names`` are those of areas."""
    kind = indicator.method.kind
    if kind not in KINDS:
        raise NotHere(kind)
    if any(table.table.design is not None for table in staged):
        raise NotHere("survey")
    if any(breakdown[0] == "harmonised" for breakdown in indicator.breakdowns):
        raise NotHere("harmonised")
    if kind == "rate":
        rows = _rates(indicator, catalog, staged[0], staged[-1])
    else:
        rows = [_figure(indicator, catalog, staged[0], cell) for cell in _figures(indicator, staged[0])]
    filled = {f.name: None for f in OBSERVATION} | dict.fromkeys(DIMENSIONS, "_T") | _constants(indicator, catalog)
    whole = [filled | row | {"area_name": names[row["ref_area"]]} for row in rows]
    return [row | {d: code for d, code in indicator.universe.items() if row[d] == "_T"} for row in whole]


def compared(indicator: Indicator, catalog: Catalog, base: Sequence[Row]) -> list[Row]:
    """Rows of a comparison from those of its base."""
    method = indicator.method
    others = [d for d in DIMENSIONS if d != method.dimension]

    def group(code: str) -> dict[tuple[str, ...], Row]:
        return {
            tuple(r[k] for k in ("ref_area", "time_period", *others)): r for r in base if r[method.dimension] == code
        }

    wanted = {frozenset(names) for names in indicator.breakdowns}
    result, reference = [], group(method.reference)
    for key, row in group(method.compare).items():
        by = frozenset((row["geo_level"], *(d for d in others if row[d] != indicator.universe.get(d, "_T"))))
        if key not in reference or by not in wanted:
            continue
        one, other = row["obs_value"], reference[key]["obs_value"]
        missing, parity = one is None or other is None, method.kind == "parity"
        value = None if missing or (parity and other == 0) else one / other if parity else one - other
        source = f"{reference[key]['source']}/{reference[key]['source_edition']}"
        result.append(row | _constants(indicator, catalog) | {
            method.dimension: "_T", "obs_value": value, "numerator": one if parity else None,
            "denominator": other if parity else None, "denominator_source": source if parity else None,
            **_of_groups(row, reference[key], value),
        })  # fmt: skip
    return result


def _of_groups(one: Row, other: Row, value: float | None) -> Row:
    """The group without a value says why; else the mark of either."""
    first = next((r for r in (one, other) if r["obs_value"] is None), None)
    if first is None and value is None:
        return _without("zero_denominator")
    first = first or next((r for r in (one, other) if r["obs_status"] != "A"), one)
    return {k: first[k] for k in ("obs_status", "obs_reason")}


def _constants(indicator: Indicator, catalog: Catalog) -> Row:
    return {
        "indicator": indicator.id, "series": indicator.sdg.series or f"_L_MX_{indicator.id.upper()}",
        "sdg_indicator": indicator.sdg.code or indicator.sdg.target,
        "unit_measure": indicator.unit, "nature": indicator.nature, "spec_hash": catalog.spec_hash(indicator),
    }  # fmt: skip


# ---- sums ----------------------------------------------------------------------------------------------------------

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip


def _evaluated(node: ast.AST, row: Row) -> Any:
    """An arithmetic expression on the measures of a row; None where one of them is missing."""
    if isinstance(node, ast.BinOp):
        left, right = _evaluated(node.left, row), _evaluated(node.right, row)
        return None if left is None or right is None else _OPERATORS[type(node.op)](left, right)
    if isinstance(node, ast.Name):
        return row[node.id]
    assert isinstance(node, ast.Constant), f"the oracle reads arithmetic alone, not {ast.dump(node)}"
    return node.value


def _total(numbers: Iterable[Any]) -> Any:
    listed = list(numbers)
    return None if None in listed else sum(listed)


def _counting(table: Table, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows that add up: of instruments, the readings of those that have enough."""
    rule = table.readings
    if rule is None:
        return rows
    read = [row for row in rows if row[rule.value] is not None and row[rule.value] >= rule.floor]
    n = Counter(row[rule.instrument] for row in read)
    return [row for row in read if n[row[rule.instrument]] >= rule.least]


def _named(trees: Iterable[ast.AST]) -> frozenset[str]:
    return frozenset(node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name))


def _editions_without(table: Table, level: Level, used: frozenset[str]) -> set[str]:
    """Editions of which a part of a level does not give all that is added up; of cuts the newest has to."""
    return {
        part.edition for part in table.parts
        if part.level == level and part.measures and not used <= set(part.measures) and not table.vintages
    }  # fmt: skip


def _cells(
    staged: Staged,
    texts: Sequence[str],
    breakdown: Sequence[str],
    national: bool = True,
    published_figures: bool = False,
) -> list[Cell]:
    """Sums of expressions by a breakdown, from the coarsest rows that carry its dimensions."""
    level, dimensions = Level(breakdown[0]), tuple(breakdown[1:])
    specs = staged.table.dimensions
    carrying = sorted({p.level for p in staged.table.parts if all(p.level in specs[d].levels for d in dimensions)},
                      key=lambda rows_level: rows_level.depth)  # fmt: skip
    rows_level = next(rows_level for rows_level in carrying if rows_level.depth >= level.depth)
    if level == Level.NATIONAL and national and not staged.covers_nation(rows_level):
        return []
    at_level = [raw.edition for of_level, raw in staged.parts if of_level == rows_level]
    in_use = set(at_level[-1:]) if staged.table.vintages else set(at_level)
    published = [d for d, spec in specs.items() if spec.totals == "published" and rows_level in spec.levels]
    trees = [ast.parse(text.strip(), mode="eval").body for text in texts]
    without = set() if published_figures else _editions_without(staged.table, rows_level, _named(trees))
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in staged.rows:
        if row["geo_level"] != rows_level or row["edition"] not in in_use - without:
            continue
        if all((row[d] != "_T") == (d in dimensions) for d in published):
            area = {"national": "", "state": row["state"], "municipality": row["municipality"]}[level]
            groups[(area, row["time_period"], *(row[d] for d in dimensions))].append(row)
    return [
        Cell(
            level, rows_level, f"MX{area}", period, dict(zip(dimensions, codes, strict=True)),
            tuple(_total(_evaluated(tree, row) for row in _counting(staged.table, rows)) for tree in trees),
            max(row["edition"] for row in rows), {"rows": rows}, _named(trees),
        )
        for (area, period, *codes), rows in groups.items() if not area.endswith("_U")
    ]  # fmt: skip


# ---- counts, ratios and published figures --------------------------------------------------------------------------


def _figures(indicator: Indicator, staged: Staged) -> list[Cell]:
    method = indicator.method
    texts = [method.numerator, method.denominator] if method.kind == "ratio" else [method.value]
    of_institution = method.kind == "published"
    cells = [
        cell for breakdown in indicator.breakdowns
        for cell in _cells(staged, texts, breakdown, published_figures=of_institution)
    ]  # fmt: skip
    return [_published(method, cell) for cell in cells] if method.kind == "published" else cells


def _published(method: Any, cell: Cell) -> Cell:
    """The one figure of a cell, and its precision; other files may give other measures of the same cell."""
    rows = cell.more["rows"]
    columns = {column: getattr(method, column) for column in ("cv", "std_error", "ci_lower", "ci_upper")}
    rows_ = [row for row in rows if row[method.value] is not None]
    more = {c: next((r[m] for r in rows if r[m] is not None), None) for c, m in columns.items() if m is not None}
    value = rows_[0][method.value] if len(rows_) == 1 else None
    return replace(cell, sums=(value,), edition=rows_[0]["edition"] if rows_ else cell.edition, more=more)


def _figure(indicator: Indicator, catalog: Catalog, staged: Staged, cell: Cell) -> Row:
    method, whole = indicator.method, None not in cell.sums
    reason = None if whole else "missing_component"
    texts = [method.numerator, method.denominator] if method.kind == "ratio" else []
    row: Row = {"obs_value": cell.sums[0], "precision": "full_count"}
    if method.kind == "ratio":
        above, below = cell.sums if whole else (None, None)
        reason = _withheld(staged, cell) if whole else reason
        reason = "zero_denominator" if below == 0 and reason is None else reason
        value = catalog.multiplier(indicator) * above / below if reason is None else None
        file = staged.file(cell.rows_level, cell.edition)
        row |= {"obs_value": value, "numerator": above, "denominator": below,
                "denominator_source": f"{file.source}/{file.edition}"}  # fmt: skip
    elif method.kind == "count":
        row["numerator"] = cell.sums[0]
        reason = _withheld(staged, cell) if whole else reason
    else:
        reason = _withheld(staged, cell) if whole else "not_published"
        row |= {"precision": _class(method, cell.more.get("cv")), **cell.more}
    row |= {"obs_value": None} if reason else {}
    row |= {"n_obs": _sites(staged, cell, texts[1:])} if staged.table.sites else {}
    return _placed(staged, cell) | row | (_without(reason) if reason else _marked(staged, cell, catalog, texts[1:]))


def _sites(staged: Staged, cell: Cell, divisor: Sequence[str]) -> int:
    """How many sites stand behind a cell: those with a divisor, where there is one."""
    trees = [ast.parse(text, mode="eval").body for text in divisor]
    rows = [row for row in cell.more["rows"] if all(_evaluated(tree, row) not in (None, 0) for tree in trees)]
    site = staged.table.sites.site
    return len({row[site] for row in rows}) if site else len(rows)


CODES = {
    "missing_component": "O", "not_published": "O", "zero_denominator": "M", "unknown_group": "M",
    "incomplete_enumeration": "L", "few_readings": "Q", "few_events": "Q", "small_population": "Q",
    "unknown_age": "Q",
}  # fmt: skip
"""CL_OBS_STATUS by reason, written down once more: a mistake of ``estimate.missing`` must not stand in both."""


def _without(reason: str) -> Row:
    return {"obs_status": CODES[reason], "obs_reason": reason}


def _withheld(staged: Staged, cell: Cell) -> str | None:
    """Why too little is known of a cell: of its area, or by its instruments."""
    rule = staged.table.readings
    if rule is not None:
        by_instrument: dict[str, list[float]] = defaultdict(list)
        for row in cell.more["rows"]:
            by_instrument[row[rule.instrument]] += [] if row[rule.value] is None else [row[rule.value]]
        counts = [sum(v >= rule.floor for v in values) for values in by_instrument.values() if values]
        if not counts:
            return "missing_component"
        if sum(n >= rule.least for n in counts) < rule.share * len(counts):
            return "few_readings"
    judged = [(share < rule.withheld_below) for rule, share in _shares(staged, cell)]
    return "incomplete_enumeration" if any(judged) else None


def _shares(staged: Staged, cell: Cell) -> list[tuple[Any, float]]:
    """The rules on what is known that judge the figures of a cell, with the share that its area has."""
    result = []
    published = [d for d, spec in staged.table.dimensions.items() if spec.totals == "published"]
    for rule in staged.table.known_share:
        if cell.level in rule.levels and cell.measures & set(rule.measures):
            rows = [
                row for row in staged.rows
                if row["geo_level"] == cell.level and row["time_period"] == cell.period
                and cell.area in (f"MX{row['state']}", f"MX{row['municipality']}")
                and all(row[d] == "_T" for d in published)
            ]  # fmt: skip
            above, below = (
                _total(_evaluated(ast.parse(text, mode="eval").body, row) for row in rows)
                for text in (rule.answered, rule.whole)
            )
            if rows and above is not None and below:
                result.append((rule, above / below))
    return result


def _marked(staged: Staged, cell: Cell, catalog: Catalog, divisor: Sequence[str] = ()) -> Row:
    """The mark of a value that is there."""
    edition = catalog.sources[staged.file(cell.rows_level, cell.edition).source].editions[cell.edition]
    if edition.forecast_from is not None and cell.period >= edition.forecast_from:
        return {"obs_status": "F", "obs_reason": "projection"}
    if any(share < rule.marked_below for rule, share in _shares(staged, cell)):
        return {"obs_status": "U", "obs_reason": "incomplete_enumeration"}
    for rule in staged.table.caveats:
        if (
            (not rule.areas or cell.area in rule.areas)
            and cell.period in rule.periods
            and cell.measures & set(rule.measures)
        ):
            return {"obs_status": "U" if rule.reason == "incomplete_enumeration" else "I", "obs_reason": rule.reason}
    if staged.table.sites and _sites(staged, cell, divisor) < staged.table.sites.marked_below:
        return {"obs_status": "U", "obs_reason": "few_sites"}
    if edition.not_comparable is not None:
        return {"obs_status": "B", "obs_reason": "methodology_changed"}
    return {"obs_status": "A", "obs_reason": None} | _provisional(staged, cell, True)


def _class(method: Any, cv: float | None) -> str:
    if cv is None or method.cv_classes is None:
        return "published"
    moderate, low = method.cv_classes
    return "high" if cv < moderate else "moderate" if cv < low else "low"


def _provisional(staged: Staged, cell: Cell, whole: bool) -> Row:
    period = staged.table.period
    if not whole or period is None or period.provisional_from is None or cell.period < str(period.provisional_from):
        return {}
    return {"obs_status": "P", "obs_reason": "late_registration"}


def _placed(staged: Staged, cell: Cell) -> Row:
    file = staged.file(cell.rows_level, cell.edition)
    return {
        "ref_area": cell.area, "geo_level": cell.level.value, "time_period": cell.period, **cell.groups,
        "geo_vintage": str(staged.table.geography.vintage), "coverage": "partial" if file.partial else "full",
        "source": file.source, "source_edition": file.edition, "source_sha256": file.sha256,
    }  # fmt: skip


# ---- rates ---------------------------------------------------------------------------------------------------------


def _rates(indicator: Indicator, catalog: Catalog, counted: Staged, people: Staged) -> list[Row]:
    """Events over population: areas, years and groups are those of the population, where the events cover them."""
    method, result = indicator.method, []
    standard = method.standard
    weights = (
        {c: s.weight for c, s in catalog.codelists[standard.codelist].codes.items() if s.weight} if standard else {}
    )
    also = (standard.dimension,) if standard else ()
    for names in indicator.breakdowns:
        events = _cells(counted, [method.events], (*names, *also))
        residents = _cells(people, [method.population.measure], (*names, *also), national=False)
        covered = {cell.period: cell for cell in events}
        cells = {cell.key: cell for cell in events}
        met: dict[tuple[Any, ...], tuple[Cell, Any, Any]] = {}
        for cell in residents:
            like = covered.get(cell.period)
            if like and _is_covered(counted, like, cell.area):
                none = None if method.quantity == "stock" else 0
                above = cells[cell.key].sums[0] if cell.key in cells else none
                met[cell.key] = replace(cell, rows_level=like.rows_level, edition=like.edition,
                                        more={"people": cell}), above, cell.sums[0]  # fmt: skip
        pooled = _pooled(met, method.pool_years)
        for cell, parts in _by_age(pooled, standard.dimension if standard else None, len(weights)):
            unknown = _of_unknown_age(cells, cell, method) if standard else 0
            result.append(_rate(indicator, catalog, (counted, people), cell, parts, weights, unknown))
        result += [
            _unknown(counted, people, cell) for cell in _without_age(events, also) if "_U" in cell.groups.values()
        ]
    return result


def _without_age(events: Sequence[Cell], also: Sequence[str]) -> Iterable[Cell]:
    """The cells with the ages of a standard population added up; events of unknown age are in ``n_missing``."""
    if not also:
        return events
    summed: dict[tuple[Any, ...], tuple[Cell, list[Any], list[Any]]] = {}
    for cell in events:
        whole = replace(cell, groups={d: c for d, c in cell.groups.items() if d not in also})
        _, sums, unknown = summed.setdefault(whole.key, (whole, [], []))
        sums.append(cell.sums[0])
        unknown += [cell.sums[0]] if cell.groups[also[0]] == "_U" else []
    return [
        replace(cell, sums=(_total(sums),), more={"unknown": _total(unknown)})
        for cell, sums, unknown in summed.values()
    ]


def _is_covered(counted: Staged, like: Cell, area: str) -> bool:
    states = counted.file(like.rows_level, like.edition).states
    return not states or area[2:4] in states


Met = tuple[Cell, Any, Any]


def _pooled(met: Mapping[tuple[Any, ...], Met], years: int) -> list[Met]:
    """Sums over the years of a window, where all of them are there."""
    result = []
    for cell, _, _ in met.values():
        window = [replace(cell, period=str(int(cell.period) - back)).key for back in range(years)]
        if all(key in met for key in window):
            result.append((cell, _total(met[k][1] for k in window), _total(met[k][2] for k in window)))
    return result


def _by_age(pooled: Sequence[Met], dimension: str | None, ages: int) -> list[tuple[Cell, dict[str, tuple[Any, Any]]]]:
    """Events and persons by age group, where each group of the standard is there; ``_T`` without a standard."""
    if dimension is None:
        return [(cell, {"_T": (above, below)}) for cell, above, below in pooled]
    parts: dict[tuple[Any, ...], tuple[Cell, dict[str, tuple[Any, Any]]]] = {}
    for cell, above, below in pooled:
        whole = replace(cell, groups={d: c for d, c in cell.groups.items() if d != dimension})
        if cell.groups[dimension] != "_U":
            parts.setdefault(whole.key, (whole, {}))[1][cell.groups[dimension]] = (above, below)
    return [(cell, by_age) for cell, by_age in parts.values() if len(by_age) == ages]


def _of_unknown_age(cells: Mapping[tuple[Any, ...], Cell], cell: Cell, method: Any) -> Any:
    """Events of unknown age in the window of a cell."""
    groups = {**cell.groups, method.standard.dimension: "_U"}
    years = [str(int(cell.period) - back) for back in range(method.pool_years)]
    keys = [replace(cell, period=year, groups=groups).key for year in years]
    return _total(cells[key].sums[0] for key in keys if key in cells)


def _rate(
    indicator: Indicator, catalog: Catalog, sides: tuple[Staged, Staged], cell: Cell,
    parts: Mapping[str, tuple[Any, Any]], weights: Mapping[str, float], unknown: Any,
) -> Row:  # fmt: skip
    counted, people = sides
    method, multiplier, rules = indicator.method, catalog.multiplier(indicator), indicator.method.small_numbers
    aged, below = _total(n for n, _ in parts.values()), _total(n for _, n in parts.values())
    above = _total([aged, unknown])
    stock, lost = method.quantity == "stock", weights and any(n and not size for n, size in parts.values())
    reason = (
        "missing_component" if above is None or below is None or lost
        else "zero_denominator" if below == 0
        else "unknown_age" if weights and unknown > method.standard.max_unknown * above
        else None if stock
        else "small_population" if below < rules.min_population * method.pool_years
        else "few_events" if 0 < above < rules.min_events
        else None
    )  # fmt: skip
    row: Row = {"numerator": None if reason == "missing_component" else above, "denominator": below}
    row |= {"n_missing": unknown} if weights else {}
    if reason is None:
        whole = sum(weights.values()) or 1
        shares = {age: weights.get(age, whole) / whole for age in parts}
        value = multiplier * math.fsum(shares[a] * n / size for a, (n, size) in parts.items() if size)
        variance = multiplier**2 * math.fsum(shares[a] ** 2 * n / size**2 for a, (n, size) in parts.items() if size)
        if unknown:  # allocated as the others are; the variance by the delta method, of Poisson counts by age
            by_age = [(n, multiplier * shares[a] / size) for a, (n, size) in parts.items() if size]
            mean, more = value / aged, unknown / aged
            variance = math.fsum(n * (r + more * (r - mean)) ** 2 for n, r in by_age) + unknown * mean**2
            value *= above / aged
        error = math.sqrt(variance)
        row["obs_value"] = value
        if not stock:
            scale = error / math.sqrt(above) if above else multiplier / below
            low = chi2.ppf(0.025, 2 * above) / 2 if above else 0.0
            high = chi2.ppf(0.975, 2 * above + 2) / 2
            row |= {"std_error": error, "ci_lower": value + scale * (low - above),
                    "ci_upper": value + scale * (high - above)}  # fmt: skip
    unstable = not stock and above is not None and above < rules.unstable_below
    residents: Cell = cell.more["people"]
    file = people.file(residents.rows_level, residents.edition)
    return _placed(counted, cell) | row | {
        "geo_vintage": str(people.table.geography.vintage), "denominator_source": f"{file.source}/{file.edition}",
        "precision": "unstable" if unstable else "full_count",
    } | (_without(reason) if reason else _marked(counted, cell, catalog) | (_ALLOCATED if unknown else {}))  # fmt: skip


_ALLOCATED = {"obs_status": "E", "obs_reason": "unknown_age_allocated"}


def _unknown(counted: Staged, people: Staged, cell: Cell) -> Row:
    """Events of an unknown group, which have no population."""
    reason = "unknown_group" if cell.sums[0] is not None else "missing_component"
    return _placed(counted, cell) | {
        "geo_vintage": str(people.table.geography.vintage), "numerator": cell.sums[0], "precision": "full_count",
        "n_missing": cell.more.get("unknown"),
    } | _without(reason)  # fmt: skip
