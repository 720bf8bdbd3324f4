"""References between spec files: every id that a spec names is there, and what it names fits.

What belongs here: what one file must know of another. What does not: reading files (catalog), and expressions and
breakdowns, which estimate.check checks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from sdg_pipeline.errors import AN_AREA, ANOTHER_ID, Problem
from sdg_pipeline.specs import area_names, framework, yaml
from sdg_pipeline.specs.base import TOTAL, UNKNOWN, File
from sdg_pipeline.specs.calendar import Calendar
from sdg_pipeline.specs.contract import Contract
from sdg_pipeline.specs.correction import Corrections
from sdg_pipeline.specs.design import UNNAMED, Join
from sdg_pipeline.specs.fields import DIMENSIONS
from sdg_pipeline.specs.indicator import OTHER_CONCEPTS, Indicator
from sdg_pipeline.specs.methods import Comparison, Sql
from sdg_pipeline.specs.shelves import Catalog
from sdg_pipeline.specs.table import Part, Table

STAGED_KEYS = ("edition", "state", "municipality")
"""Columns of every staged table that a contract may make cells by."""


def problems(catalog: Catalog) -> Iterator[Problem]:
    """Every reference that does not lead to what it names."""
    for indicator in catalog.indicators.values():
        yield from _indicator(indicator, catalog)
    yield from _former(catalog)
    yield from framework.problems(catalog.files)
    yield from area_names.problems(catalog.files)
    for table in catalog.tables.values():
        yield from _table(table, catalog)
    for contract in catalog.contracts.values():
        yield from _contract(contract, catalog)
    for register in catalog.corrections.values():
        yield from _corrections(register, catalog)
    for calendar in catalog.calendars.values():
        yield from _calendar(calendar, catalog)


def _former(catalog: Catalog) -> Iterator[Problem]:
    """Former ids that lead to more than one indicator."""
    seen = set(catalog.indicators)
    for indicator in catalog.indicators.values():
        for i, name in enumerate(indicator.former):
            if name in seen:
                message = "is the id of an indicator, or the former id of another"
                yield catalog.document(indicator).problem(("former", i), message, value=name, remedy=ANOTHER_ID)
            seen.add(name)


def unknown(
    document: yaml.Document, place: yaml.Place, what: str, value: str, valid: Collection[str]
) -> Iterator[Problem]:
    """A name that is none of those that are valid."""
    yield document.problem(place, f"names an unknown {what}", value=value, valid=tuple(sorted(valid)))


def unknown_file(spec: File, place: yaml.Place, what: str, value: str, catalog: Catalog) -> Iterator[Problem]:
    """A spec that is not there; one with mistakes of its own is no further mistake."""
    if value not in catalog.broken:
        shelves: dict[str, Collection[str]] = {
            "source": catalog.sources,
            "table": catalog.tables,
            "code list": catalog.codelists,
        }
        yield from unknown(catalog.document(spec), place, what, value, shelves[what])


def _table(table: Table, catalog: Catalog) -> Iterator[Problem]:
    for i, join in enumerate(table.joins):
        yield from _file(join, ("joins", i), table, catalog)
    for i, part in enumerate(table.parts):
        yield from _file(part, ("parts", i), table, catalog)
        for j, join in enumerate(part.joins):
            yield from _file(join, ("parts", i, "joins", j), table, catalog)
        yield from _names_of_part(i, table, catalog)
    yield from _sample(table, catalog)
    yield from _dimensions(table, catalog)
    yield from _measures(table, catalog)


def _sample(table: Table, catalog: Catalog) -> Iterator[Problem]:
    """A part of a sample names the table that holds the whole of it."""
    named = table.design.sample_table if table.design else None
    if named is None:
        return
    whole = {t.id for t in catalog.tables.values() if t.design and t.design.sample == "whole" and not t.vintages}
    if named not in whole | catalog.broken:
        message = "names no table that holds a whole sample (design.sample: whole, without vintages)"
        valid = (*UNNAMED, *sorted(whole))
        yield catalog.document(table).problem(("design", "sample"), message, value=named, valid=valid)


def _file(named: Part | Join, place: yaml.Place, table: Table, catalog: Catalog) -> Iterator[Problem]:
    document, source = catalog.document(table), catalog.sources.get(named.source)
    if source is None:
        at = (*place, "source")
        yield from unknown_file(table, at, "source", named.source, catalog)
    elif named.edition not in source.editions:
        yield from unknown(document, (*place, "edition"), "edition", named.edition, source.editions)


def _dimensions(table: Table, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(table)
    for name, dimension in table.dimensions.items():
        place: yaml.Place = ("dimensions", name)
        codelist = catalog.codelists.get(dimension.codelist)
        if codelist is None:
            at = (*place, "codelist")
            yield from unknown_file(table, at, "code list", dimension.codelist, catalog)
            continue
        coded: list[tuple[yaml.Place, str]] = [((*place, "recode", raw), c) for raw, c in dimension.recode.items()]
        codes = (*dimension.quantiles.codes, UNKNOWN) if dimension.quantiles else ()
        coded += [((*place, "quantiles", "codes", i), code) for i, code in enumerate(codes)]
        for at, code in coded:
            if code not in codelist.codes:
                yield from unknown(document, at, "code", code, codelist.codes)


def _measures(table: Table, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(table)
    for name, measure in table.measures.items():
        if measure.by is None:
            continue
        if measure.by not in table.dimensions:
            yield from unknown(document, ("measures", name, "by"), "dimension", measure.by, table.dimensions)
            continue
        codelist = catalog.codelists.get(table.dimensions[measure.by].codelist)
        for code in measure.columns:
            if codelist is not None and code not in codelist.codes:
                yield from unknown(document, ("measures", name, "columns", code), "code", code, codelist.codes)


def _names_of_part(number: int, table: Table, catalog: Catalog) -> Iterator[Problem]:
    document, part = catalog.document(table), table.parts[number]
    for j, measure in enumerate(part.measures):
        if measure not in table.measures:
            yield from unknown(document, ("parts", number, "measures", j), "measure", measure, table.measures)
    for name, code in part.codes.items():
        place = ("parts", number, "codes", name)
        if name not in table.dimensions:
            yield from unknown(document, place, "dimension", name, table.dimensions)
            continue
        codelist = catalog.codelists.get(table.dimensions[name].codelist)
        if codelist is not None and code not in codelist.codes:
            yield from unknown(document, place, "code", code, codelist.codes)


def _contract(contract: Contract, catalog: Catalog) -> Iterator[Problem]:
    """What a contract names is in its table; its expressions are read by ``estimate.check``."""
    document, table = catalog.document(contract), catalog.tables.get(contract.id)
    if table is None:
        yield from unknown_file(contract, ("id",), "table", contract.id, catalog)
        return
    for i, name in enumerate(contract.percent):
        if name not in table.measures:
            yield from unknown(document, ("percent", i), "measure", name, table.measures)
    for i, name in enumerate(contract.within):
        if name not in table.key:
            yield from unknown(document, ("within", i), "key column", name, table.key)
    columns = dict.fromkeys((*STAGED_KEYS, *table.dimensions, *table.key), 1)
    for name, rule in contract.rules.items():
        for i, column in enumerate(c for c in rule.per if c not in columns):
            yield from unknown(document, ("rules", name, "per", i), "column", column, columns)


def _corrections(register: Corrections, catalog: Catalog) -> Iterator[Problem]:
    document, source = catalog.document(register), catalog.sources.get(register.id)
    if source is None:
        yield from unknown_file(register, ("id",), "source", register.id, catalog)
        return
    for i, entry in enumerate(register.corrections):
        if entry.edition not in source.editions:
            yield from unknown(document, ("corrections", i, "edition"), "edition", entry.edition, source.editions)


def _calendar(calendar: Calendar, catalog: Catalog) -> Iterator[Problem]:
    for i, out in enumerate(calendar.published):
        if out.source not in catalog.sources:
            place = ("published", i, "source")
            yield from unknown_file(calendar, place, "source", out.source, catalog)


def _indicator(indicator: Indicator, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(indicator)
    folder = Path(document.file).parts[0]
    if folder != f"goal_{indicator.goal:02d}":
        yield document.problem(
            ("sdg", "target"),
            f"belongs to goal {indicator.goal}, but the file lies in {folder}",
            value=indicator.sdg.target,
            remedy=f"move the file to goal_{indicator.goal:02d} or mend the target",
        )
    if indicator.sdg.code is not None and not indicator.sdg.code.startswith(indicator.sdg.target + "."):
        message, remedy = f"is not of target {indicator.sdg.target}", "mend the code or the target"
        yield document.problem(("sdg", "code"), message, value=indicator.sdg.code, remedy=remedy)
    if (indicator.sdg.code is None) != (indicator.sdg.relation == "national"):
        remedy = "national indicators have no UN code; global and proxy ones name it"
        yield document.problem(
            ("sdg", "relation"), "does not go with code", value=indicator.sdg.relation, remedy=remedy
        )
    yield from _series(indicator, catalog)
    yield from _universe(indicator, catalog)
    units = catalog.codelists.get("units")
    if units is not None and indicator.unit not in units.codes:
        yield from unknown(document, ("unit",), "unit", indicator.unit, units.codes)
    yield from _method(indicator, catalog)
    low, high = indicator.checks.range
    if low >= high:
        yield document.problem(("checks", "range"), "is empty", value=f"{low}..{high}", remedy="write [low, high]")
    areas = area_names.area_codes(catalog.root, catalog.files)
    for i, official in enumerate(indicator.checks.agrees_with):
        if official.area not in areas:
            place: yaml.Place = ("checks", "agrees_with", i, "area")
            yield document.problem(place, "is not an area of the register", value=official.area, remedy=AN_AREA)


def _series(indicator: Indicator, catalog: Catalog) -> Iterator[Problem]:
    """A global indicator names a series of the UN, and no other does."""
    document, series, place = catalog.document(indicator), indicator.sdg.series, ("sdg", "series")
    codes = catalog.codelists["series"].codes if "series" in catalog.codelists else {}
    if (series is None) == (indicator.sdg.relation == "global"):
        remedy = "global indicators name the series of the UN that they are; proxy and national ones name none"
        yield document.problem(place, "does not go with relation", value=series or "(none)", remedy=remedy)
    elif series is not None and series not in codes and "series" not in catalog.broken:
        yield from unknown(document, place, "code", series, codes)


def _universe(indicator: Indicator, catalog: Catalog) -> Iterator[Problem]:
    """A comparison or a model is of whom its base is."""
    yield from _universe_codes(indicator, catalog)
    base = catalog.indicators.get(indicator.base or "")
    if base is None or any(_universe_codes(base, catalog)):
        return
    compared = indicator.method.dimension if isinstance(indicator.method, Comparison) else None
    wanted = {name: code for name, code in base.universe.items() if name != compared}
    if indicator.universe != wanted:
        written = ", ".join(f"{name}: {code}" for name, code in wanted.items())
        remedy = f"write universe: {{{written}}}" if written else "remove it"
        yield catalog.document(indicator).problem(("universe",), f"is not that of {base.id}", remedy=remedy)


def _universe_codes(indicator: Indicator, catalog: Catalog) -> Iterator[Problem]:
    """Codes are of the list with the name of their dimension."""
    document = catalog.document(indicator)
    for name, code in indicator.universe.items():
        place: yaml.Place = ("universe", name)
        codelist = catalog.codelists.get(name)
        if name not in (*DIMENSIONS, *OTHER_CONCEPTS):
            yield from unknown(document, place, "dimension", name, (*DIMENSIONS, *OTHER_CONCEPTS))
        elif codelist is None:
            yield from unknown_file(indicator, place, "code list", name, catalog)
        elif code not in codelist.codes or code in (TOTAL, UNKNOWN):
            yield from unknown(document, place, "code", code, set(codelist.codes) - {TOTAL, UNKNOWN})


def _method(indicator: Indicator, catalog: Catalog) -> Iterator[Problem]:
    """The table, the indicators and the SQL file that a method names."""
    document = catalog.document(indicator)
    if indicator.table is not None and indicator.table not in catalog.tables:
        yield from unknown_file(indicator, ("method", "table"), "table", indicator.table, catalog)
    named: list[tuple[yaml.Place, str]] = [(("method",), other) for other in indicator.auxiliary]
    if indicator.base is not None:
        named.append((("method", "indicator"), indicator.base))
    for place, other in named:
        spec = catalog.indicators.get(other)
        if (spec is None or spec.base is not None) and other not in catalog.broken:
            of_tables = [i for i, spec in catalog.indicators.items() if spec.base is None]
            yield from unknown(document, place, "indicator", other, of_tables)
    if isinstance(indicator.method, Sql) and catalog.sql(indicator, indicator.method.file) is None:
        message, remedy = "names a file that is not beside the spec", "put it there, or mend the name"
        yield document.problem(("method", "file"), message, value=indicator.method.file, remedy=remedy)
