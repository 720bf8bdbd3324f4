"""Every mistake of tables, expressions and breakdowns in all specs, reported at once.

What belongs here: what ``sdg check`` finds beyond the grammar. What does not: grammar and references between files
(specs), and the reasons why a breakdown cannot be made (plan).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sdg_pipeline.errors import AN_EXPRESSION, Problem, SpecErrors
from sdg_pipeline.estimate import cuts, joined, unexplained, unlike, withheld
from sdg_pipeline.estimate.plan import make_plan
from sdg_pipeline.estimate.written import STAGED_KEYS
from sdg_pipeline.specs import coherence_names, design, expressions, open_government, yaml
from sdg_pipeline.specs.base import TOTAL, Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.columns import Dimension
from sdg_pipeline.specs.contract import AREAS, RECORDS, Contract
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import Sql
from sdg_pipeline.specs.table import Table

_NAME = re.compile(r"[a-z][a-z0-9_]{1,63}")


def check(catalog: Catalog) -> list[Problem]:
    """Every problem of tables, expressions and breakdowns; specs with unknown references are passed over."""
    problems: list[Problem] = []
    for table in catalog.tables.values():
        for examine in (
            _parts,
            cuts.problems,
            withheld.problems,
            _measures,
            _dimensions,
            _columns,
            _quantiles,
            joined.problems,
        ):
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
            remedy = "leave this dimension out of the breakdowns, or take the code off the universe"
            yield catalog.document(indicator).problem(("universe", name), message, value=code, remedy=remedy)


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
                yield document.problem(("rules", name, field), str(error), value=text, remedy=AN_EXPRESSION)
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
            remedy = "take one of the parts out, or tell them apart by codes"
            yield document.problem(("parts", i, "level"), message, value=part.level.value, remedy=remedy)
        seen.append(apart)
        if part.level != Level.NATIONAL and not table.geography.columns:
            message = "has areas, but geography names no column with their keys"
            remedy = "name the column under geography, or write level: national"
            yield document.problem(("parts", i, "level"), message, value=part.level.value, remedy=remedy)
        if any((p.level, p.edition) == (part.level, part.edition) and p.source != part.source for p in table.parts[:i]):
            message = "has the name of another source's edition at this level: values could not tell which they cite"
            remedy = "give one of the two editions another name in its source spec"
            yield document.problem(("parts", i, "edition"), message, value=part.edition, remedy=remedy)
        for place, text in part.expressions.items():
            try:
                expressions.read(text)
            except expressions.ExpressionError as error:
                yield document.problem(("parts", i, *place), str(error), value=text, remedy=AN_EXPRESSION)


def _measures(table: Table, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(table)
    taken = {*STAGED_KEYS, *(design.STAGED if table.design else ())}
    for name in table.measures:
        if not _NAME.fullmatch(name):
            remedy = "write small letters, digits and _, a letter first"
            message = f"does not have the form {_NAME.pattern}"
            yield document.problem(("measures", name), message, value=name, remedy=remedy)
        elif name in taken:
            remedy = "give the measure another name"
            message = "is the name of a key of the staged table"
            yield document.problem(("measures", name), message, value=name, remedy=remedy)
    spread = sorted({m.by for m in table.measures.values() if m.by})
    if len(spread) > 1:
        message, remedy = "are spread by more than one dimension", "make a table for each of them"
        yield document.problem(("measures",), message, value=", ".join(spread), remedy=remedy)
    elif spread and spread[0] in table.dimensions and table.dimensions[spread[0]].totals == "computed":
        for name in (n for n, m in table.measures.items() if m.by is None):
            message = f"is not spread by {spread[0]}, the total of which is computed: it would be lost"
            yield document.problem(("measures", name), message, remedy="spread it too, or put it into another table")


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
            message, remedy = "has no column, and no measure or part gives its codes", "name its column"
            yield document.problem(place, message, value=name, remedy=remedy)
        for what, codes in _codes(name, dimension, table):
            if (TOTAL in codes) != (dimension.totals == "published"):
                why = f"does not give {TOTAL}" if TOTAL not in codes else f"gives {TOTAL}, which would count twice"
                message = f"says that totals are {dimension.totals}, but {what} {why}"
                remedy = "write totals: published where the files have them, else totals: computed"
                yield document.problem((*place, "totals"), message, value=dimension.totals, remedy=remedy)


def _columns(table: Table, catalog: Catalog) -> Iterator[Problem]:
    """Expressions that cannot be read; where all can, columns that are both used and ignored."""
    document, sound = catalog.document(table), True
    for place, text in _expressions(table):
        try:
            expressions.read(text)
        except expressions.ExpressionError as error:
            sound = False
            yield document.problem(place, str(error), value=text, remedy=AN_EXPRESSION)
    seen = [table.seen_by(part) for part in table.parts] if sound else []
    for i, (part, own) in enumerate(zip(table.parts, seen, strict=False)):
        for column in part.add_up.loses(own.used_columns) if part.add_up else ():
            message = "keeps neither in by nor in sum what the table reads"
            yield document.problem(("parts", i, "add_up"), message, value=column, remedy="name it in one of them")
    for column in sorted({c for own in seen for c in set(own.used_columns) & set(own.ignored_columns)}):
        message, remedy = "lists a column that the table uses", "take it off the list"
        yield document.problem(("ignore",), message, value=column, remedy=remedy)
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
                message, remedy = f"joins columns of {join.source} that the table does not use", "ignore them there"
                yield document.problem(("parts", number), message, value=", ".join(unused), remedy=remedy)


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
            place, remedy = ("dimensions", names[0], "quantiles"), "make a table of that part alone"
            yield catalog.document(table).problem(place, message, value=part.edition, remedy=remedy)
        years |= {edition.period} if edition else set()


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
