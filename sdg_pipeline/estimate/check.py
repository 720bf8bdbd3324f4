"""Every mistake of tables, expressions and breakdowns in all specs, reported at once.

What belongs here: what ``sdg check`` finds beyond the grammar. What does not: grammar and references between files
(specs), and the reasons why a breakdown cannot be made (plan).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sdg_pipeline.errors import Problem, SpecErrors
from sdg_pipeline.estimate import cuts, unexplained, unlike, withheld
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.estimate.written import STAGED_KEYS
from sdg_pipeline.specs import coherence_names, design, expressions, open_government, yaml
from sdg_pipeline.specs.base import TOTAL, Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.columns import Dimension
from sdg_pipeline.specs.contract import AREAS, RECORDS, Contract
from sdg_pipeline.specs.design import Join
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import Sql
from sdg_pipeline.specs.table import Table

_NAME = re.compile(r"[a-z][a-z0-9_]{1,63}")


def check(catalog: Catalog) -> list[Problem]:
    """Every problem of tables, expressions and breakdowns; specs with unknown references are passed over."""
    problems: list[Problem] = []
    for table in catalog.tables.values():
        for examine in (_parts, cuts.problems, withheld.problems, _measures, _dimensions, _columns, _quantiles, _joins):
            problems.extend(examine(table, catalog))
    for contract in catalog.contracts.values():
        problems.extend(_contract(contract, catalog))
    for indicator in catalog.indicators.values():
        if _resolved(indicator, catalog):
            problems.extend(_universe(indicator, catalog))
            try:
                make_plan(indicator, catalog)
            except SpecErrors as error:
                problems.extend(error.problems)
    for every in (coherence_names.problems, open_government.circles, unlike.problems):
        problems.extend(every(catalog))
    return problems


def sound(catalog: Catalog) -> Catalog:
    """The catalogue, or SpecErrors with every problem of all specs; what a run asks for before any work."""
    catalog.problems.extend(check(catalog))
    wrong = {problem.file for problem in catalog.problems}  # what a mistake leaves out needs no other reason
    catalog.problems.extend(p for p in unexplained.problems(catalog) if p.file not in wrong)
    return catalog.sound()


def _resolved(indicator: Indicator, catalog: Catalog) -> bool:
    """Whether all that a plan looks up is there; what is not is a problem of the catalogue already."""
    root = catalog.indicators.get(indicator.base) if indicator.base else indicator
    table = catalog.tables.get((root.table if root else None) or "")
    units = catalog.codelists.get("units")
    if table is None or units is None or indicator.unit not in units.codes:
        return False
    method = indicator.method
    if isinstance(method, Sql) and catalog.sql(indicator, method.file) is None:
        return False
    sources = catalog.sources
    files = (file for part in table.parts for file in table.files_of(part))
    return (
        set(indicator.auxiliary) <= set(catalog.indicators)
        and (table.design is None or (table.design.sample_table or table.id) in catalog.tables)
        and all(source in sources and edition in sources[source].editions for source, edition in files)
        and all(d.codelist in catalog.codelists for d in table.dimensions.values())
        and all(m.by is None or m.by in table.dimensions for m in table.measures.values())
    )


def _universe(indicator: Indicator, catalog: Catalog) -> Iterator[Problem]:
    """A code of the universe is no group of a breakdown: a total could not be told from it."""
    table = catalog.tables.get(indicator.table or "")
    for name, code in indicator.universe.items():
        dimension = table.dimensions.get(name) if table is not None else None
        if table is None or dimension is None or not any(name in names for names in indicator.breakdowns):
            continue
        if any(code in codes for _, codes in _codes(name, dimension, table)):
            message = "is a group of a breakdown, from which the total could not be told"
            yield catalog.document(indicator).problem(("universe", name), message, value=code)


def _contract(contract: Contract, catalog: Catalog) -> Iterator[Problem]:
    """Expressions of a contract speak of the measures and columns of its table."""
    document, table = catalog.document(contract), catalog.tables.get(contract.id)
    if table is None:
        return
    numbers = {*table.measures, RECORDS, AREAS, *(["weight"] if table.design else [])}
    columns = {*STAGED_KEYS, "edition", *table.dimensions, *table.key}
    for name, rule in contract.rules.items():
        measured = (("measure", rule.measure, numbers), ("to", rule.to, numbers))
        for field, text, valid in (*measured, ("where", rule.where, columns), ("to_where", rule.to_where, columns)):
            try:
                strangers = sorted(set(expressions.columns(expressions.read(text))) - valid) if text else []
            except expressions.ExpressionError as error:
                yield document.problem(("rules", name, field), str(error), value=text)
                continue
            for stranger in strangers:
                yield document.problem(
                    ("rules", name, field),
                    "names what the table does not have",
                    value=stranger,
                    valid=tuple(sorted(valid)),
                )


def _parts(table: Table, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(table)
    seen: list[tuple[object, ...]] = []
    for i, part in enumerate(table.parts):
        source = catalog.sources.get(part.source)
        edition = source.editions.get(part.edition) if source else None
        apart = (part.level, sorted(part.codes.items()), *((edition.period, edition.states) if edition else ()))
        stands_in = part.otherwise or (edition is not None and edition.instead_of is not None)
        if apart in seen and not table.vintages and table.period is None and not stands_in:
            message = "has rows of the same level, groups, year and states as an earlier part: they would count twice"
            yield document.problem(("parts", i, "level"), message, value=part.level.value)
        seen.append(apart)
        if part.level != Level.NATIONAL and not table.geography.columns:
            message = "has areas, but geography names no column with their keys"
            yield document.problem(("parts", i, "level"), message, value=part.level.value)
        if any((p.level, p.edition) == (part.level, part.edition) and p.source != part.source for p in table.parts[:i]):
            message = "has the name of another source's edition at this level: values could not tell which they cite"
            yield document.problem(("parts", i, "edition"), message, value=part.edition)
        for place, text in part.expressions.items():
            try:
                expressions.read(text)
            except expressions.ExpressionError as error:
                yield document.problem(("parts", i, *place), str(error), value=text)


def _measures(table: Table, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(table)
    taken = {*STAGED_KEYS, *(design.STAGED if table.design else ())}
    for name in table.measures:
        if not _NAME.fullmatch(name):
            yield document.problem(("measures", name), f"does not have the form {_NAME.pattern}", value=name)
        elif name in taken:
            yield document.problem(("measures", name), "is the name of a key of the staged table", value=name)
    spread = sorted({m.by for m in table.measures.values() if m.by})
    if len(spread) > 1:
        yield document.problem(("measures",), "are spread by more than one dimension", value=", ".join(spread))
    elif spread and spread[0] in table.dimensions and table.dimensions[spread[0]].totals == "computed":
        for name in (n for n, m in table.measures.items() if m.by is None):
            message = f"is not spread by {spread[0]}, the total of which is computed: it would be lost"
            yield document.problem(("measures", name), message)


def _dimensions(table: Table, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(table)
    spread = {m.by for m in table.measures.values() if m.by}
    for name, dimension in table.dimensions.items():
        place = ("dimensions", name)
        if name not in DIMENSIONS:
            message = "is not a dimension of the indicator table"
            yield document.problem(place, message, value=name, valid=DIMENSIONS)
        coded = dimension.column or dimension.quantiles or name in spread
        if not coded and not any(name in part.codes for part in table.parts):
            yield document.problem(place, "has no column, and no measure or part gives its codes", value=name)
        for what, codes in _codes(name, dimension, table):
            if (TOTAL in codes) != (dimension.totals == "published"):
                why = f"does not give {TOTAL}" if TOTAL not in codes else f"gives {TOTAL}, which would count twice"
                message = f"says that totals are {dimension.totals}, but {what} {why}"
                yield document.problem((*place, "totals"), message, value=dimension.totals)


def _columns(table: Table, catalog: Catalog) -> Iterator[Problem]:
    """Expressions that cannot be read; where all can, columns that are both used and ignored."""
    document, sound = catalog.document(table), True
    for place, text in _expressions(table):
        try:
            expressions.read(text)
        except expressions.ExpressionError as error:
            sound = False
            yield document.problem(place, str(error), value=text)
    seen = [table.seen_by(part) for part in table.parts] if sound else []
    for i, (part, own) in enumerate(zip(table.parts, seen, strict=False)):
        for column in part.add_up.loses(own.used_columns) if part.add_up else ():
            message = "keeps neither in by nor in sum what the table reads"
            yield document.problem(("parts", i, "add_up"), message, value=column)
    for column in sorted({c for own in seen for c in set(own.used_columns) & set(own.ignored_columns)}):
        yield document.problem(("ignore",), "lists a column that the table uses", value=column)
    if seen and all(expressions.readable(text) for part in table.parts for text in part.expressions.values()):
        yield from _ruled_and_ignored(table, seen, document)
        yield from _unused(table, seen, document)


def _ruled_and_ignored(table: Table, seen: list[Table], document: yaml.Document) -> Iterator[Problem]:
    """Ignored columns that an expression of a part reads: they are gone when it is applied."""
    for i, (part, own) in enumerate(zip(table.parts, seen, strict=True)):
        for place, text in part.expressions.items():
            for column in expressions.columns(expressions.read(text)):
                if column in own.ignored_columns:
                    remedy = "take it off the ignored columns"
                    message = "reads a column that the table ignores"
                    yield document.problem(("parts", i, *place), message, value=column, remedy=remedy)


def _unused(table: Table, seen: list[Table], document: yaml.Document) -> Iterator[Problem]:
    """Joined columns that nothing reads."""
    for number, (part, own) in enumerate(zip(table.parts, seen, strict=True)):
        used = {*own.used_columns, *(column for join in own.joins for column in join.by)}
        used |= {c for text in part.expressions.values() for c in expressions.columns(expressions.read(text))}
        for join in own.joins:
            unused = sorted(set(join.added) - used)
            if unused:
                message = f"joins columns of {join.source} that the table does not use: ignore them there"
                yield document.problem(("parts", number), message, value=", ".join(unused))


def _expressions(table: Table) -> Iterator[tuple[yaml.Place, str]]:
    """Every expression on source columns, besides row rules."""
    for name, measure in table.measures.items():
        texts = {"where": measure.where, "unknown": measure.unknown, "value": measure.value}
        yield from ((("measures", name, key), text) for key, text in texts.items() if text is not None)
    for name, dimension in table.dimensions.items():
        if dimension.quantiles is not None:
            place = ("dimensions", name, "quantiles")
            yield (*place, "value"), dimension.quantiles.value
            if dimension.quantiles.weight is not None:
                yield (*place, "weight"), dimension.quantiles.weight


def _quantiles(table: Table, catalog: Catalog) -> Iterator[Problem]:
    """Groups over the nation need the records of a year in one part of the whole nation."""
    names = [name for name, dimension in table.dimensions.items() if dimension.quantiles]
    years: set[str] = set()
    for part in table.parts if names else ():
        source = catalog.sources.get(part.source)
        edition = source.editions.get(part.edition) if source else None
        if edition is not None and not part.otherwise and (edition.period in years or edition.states):
            message = "are made over the nation, whose records of a year must be in one part"
            yield catalog.document(table).problem(("dimensions", names[0], "quantiles"), message, value=part.edition)
        years |= {edition.period} if edition else set()


def _joins(table: Table, catalog: Catalog) -> Iterator[Problem]:
    """Files of other years, keys that are not there yet, and columns that two files would bring under one name."""
    document = catalog.document(table)
    for number, part in enumerate(table.parts):
        joins = table.joins_of(part)
        added = _added(joins)
        for column in sorted({column for column in added if added.count(column) > 1}):
            message = "has two joined columns of one name: rename one of them"
            yield document.problem(("parts", number), message, value=column)
        for join in joins:
            yield from _aggregates(join, ("parts", number), document)
        late = [column for i, join in enumerate(joins) for column in join.by if column in _added(joins[i:])]
        for column in late:
            message = "joins by a column that this join or a later one adds: mend the order of joins"
            yield document.problem(("parts", number), message, value=column)
        years = [_year(source, edition, catalog) for source, edition in table.files_of(part)]
        for join, year in zip(joins, years[1:], strict=True):
            if None not in (year, years[0]) and year != years[0]:
                message = f"joins {join.source} of {year} to records of {years[0]}"
                yield document.problem(("parts", number), message, value=join.edition)


def _aggregates(join: Join, place: yaml.Place, document: yaml.Document) -> Iterator[Problem]:
    """Conditions of counted rows that cannot be read; where all can, columns that are both read and ignored."""
    conditions = [(name, aggregate.condition) for name, aggregate in join.aggregate.items() if aggregate.condition]
    unreadable = [(name, text) for name, text in conditions if not expressions.readable(text)]
    for name, text in unreadable:
        try:
            expressions.read(text)
        except expressions.ExpressionError as error:
            yield document.problem(place, f"joins {join.source}, where aggregate {name} {error}", value=text)
    if not unreadable:
        for column in sorted({*join.read} & {*join.ignore}):
            yield document.problem(place, f"joins {join.source}, and both counts by and ignores a column", value=column)


def _added(joins: tuple[Join, ...]) -> list[str]:
    return [column for join in joins for column in join.added]


def _year(source: str, edition: str, catalog: Catalog) -> str | None:
    spec = catalog.sources.get(source)
    return spec.editions[edition].period if spec and edition in spec.editions else None


def _codes(name: str, dimension: Dimension, table: Table) -> Iterator[tuple[str, set[str]]]:
    """Where codes of a dimension come from, and which."""
    if dimension.column is not None:
        yield "recode", set(dimension.recode.values())
    if of_parts := {part.codes[name] for part in table.parts if name in part.codes}:
        yield "codes of parts", of_parts
    if dimension.quantiles is not None:
        yield "quantiles", set(dimension.quantiles.codes)
    for measure, spec in table.measures.items():
        if spec.by == name:
            yield f"measure {measure}", set(spec.columns)
