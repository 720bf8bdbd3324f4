"""Cells of measures and dimensions: which are missing, which are wrong, and what they are worth.

What belongs here: one cell's meaning as SQL, and the refusal of cells without one. What does not: keys of areas.
"""

from __future__ import annotations

import re

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.duck import text as literal
from sdg_pipeline.ingest.parts import OpenPart
from sdg_pipeline.ingest.readers import ROW
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.columns import Icd10, Measure
from sdg_pipeline.specs.formats import Format

GROUP = "__group_{}"
"""Column with the code of a quantile dimension (samples)."""
FORMS = {
    "count": r"-?[0-9]+(\.0+)?",
    "amount": r"-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?",
    "mean": r"-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?",
}
"""What a number looks like by type of measure; a cast alone would round 12.5 persons."""


def is_missing(column: str, form: Format) -> str:
    """SQL: whether a cell says "no figure"."""
    tokens = ", ".join(literal(t) for t in form.missing)
    return f"({quoted(column)} IS NULL OR {quoted(column)} IN ({tokens}))"


def missing_cells(part: OpenPart) -> dict[str, int]:
    """Empty and withheld cells by source column, where there are any."""
    columns = [column for column, _ in _numeric_columns(part)]
    if not columns:
        return {}
    counts = ", ".join(f"count(*) FILTER (WHERE {is_missing(c, part.form)})" for c in columns)
    numbers = part.rows(f"SELECT {counts} FROM {part.view}")[0]
    return {column: n for column, n in zip(columns, numbers, strict=True) if n}


def check_numbers(part: OpenPart) -> None:
    """Every cell of a measure is missing or a number of its type; one scan for all."""
    columns = _numeric_columns(part)
    if not columns:
        return
    counts = ", ".join(f"count(*) FILTER (WHERE {_is_wrong(c, kind, part.form)})" for c, kind in columns)
    wrong = zip(columns, part.rows(f"SELECT {counts} FROM {part.view}")[0], strict=True)
    for column, kind in (about for about, n in wrong if n):
        row, cell = part.rows(
            f"SELECT {ROW}, {quoted(column)} FROM {part.view} "
            f"WHERE {_is_wrong(column, kind, part.form)} ORDER BY {ROW} LIMIT 1"
        )[0]
        what = "is negative" if re.fullmatch(r"-[0-9.]+", cell) else f"is not a {'whole ' * (kind == 'count')}number"
        raise part.fail(
            f"a cell {what}",
            place=f"row {row}, column {column}",
            value=cell,
            remedy="get a sound copy, or list the token under format.missing in the table spec",
        )


def check_values(part: OpenPart) -> None:
    """Every computed number is one, and none that counts is negative; or StagingError with row and value."""
    for name, measure in part.table.measures.items():
        if measure.value is None:
            continue
        value = f"CAST({numeric(part, measure.value, measure.empty)} AS DOUBLE)"
        negative = f" OR {value} < 0" if measure.type == "count" else ""
        rows = part.rows(
            f"SELECT {ROW}, {value} FROM {part.view} WHERE NOT isfinite({value}){negative} ORDER BY {ROW} LIMIT 1"
        )
        if rows:
            place = f"row {rows[0][0]}, measure {name}"
            what = f"a computed number is {'negative' if rows[0][1] < 0 else 'not finite'}"
            remedy = f"mend value in tables/{part.table.id}.yaml, or get a sound copy"
            raise part.fail(what, place=place, value=rows[0][1], remedy=remedy)


def _numeric_columns(part: OpenPart) -> list[tuple[str, str]]:
    """Columns of numbers with the type of their measure; those that quantiles are made by may be of any size."""
    table, measures = part.table, part.table.measures.values()
    kinds: dict[str, str] = {c: "amount" for d in table.dimensions.values() for c in table.quantile_columns(d)}
    kinds |= {c: "amount" for m in measures for c in table.value_columns(m)}
    kinds |= {
        c: "amount" if m.below_zero else m.type
        for m in measures
        for c in (m.by_code.values() if m.records is None else ())
    }
    return list(kinds.items())


def check_conditions(part: OpenPart) -> dict[str, int]:
    """Of a survey, every record is in or out of what a measure counts, or has no answer; an empty cell is neither.

    Records without an answer by measure, where there are any.
    """
    measures = part.table.measures if part.table.design else {}
    undecided = {name: _undecided(m) for name, m in measures.items() if m.where or m.unknown}
    if not undecided:
        return {}
    tests = [*undecided.values(), *(_has_no_answer(measures[name]) for name in undecided)]
    counts = ", ".join(f"count(*) FILTER (WHERE {test})" for test in tests)
    try:
        numbers = part.rows(f"SELECT {counts} FROM {part.view}")[0]
    except Exception as error:  # cells are text here, and a condition may take them for numbers
        what = str(error).splitlines()[0]
        remedy = f"mend where and unknown in tables/{part.table.id}.yaml; cells are text: compare them with 'text'"
        raise part.fail("a condition of a measure cannot be applied", value=what, remedy=remedy) from error
    name = next((name for name, n in zip(undecided, numbers[: len(undecided)], strict=True) if n), None)
    if name is not None:
        row = part.rows(f"SELECT min({ROW}) FROM {part.view} WHERE {undecided[name]}")[0][0]
        remedy = (
            "if it is no answer, name these records under unknown of the measure (IS NULL), and they are left out; if "
            "the question was not asked, which counts as no, write empty: zero; or get a sound copy"
        )
        message = "a measure counts neither yes nor no of an empty cell"
        value = measures[name].where
        raise part.fail(message, place=f"row {row}, measure {name}", value=value, remedy=remedy)
    return {name: n for name, n in zip(undecided, numbers[len(undecided) :], strict=True) if n}


def _undecided(measure: Measure) -> str:
    where = expressions.sql(expressions.read(measure.where)) if measure.where else "true"
    if measure.empty == "zero":
        return "false"
    return f"(({where}) IS NULL AND NOT {_has_no_answer(measure)})"


def _has_no_answer(measure: Measure) -> str:
    unknown = expressions.sql(expressions.read(measure.unknown)) if measure.unknown else "false"
    return f"coalesce({unknown}, false)"


def number(column: str, form: Format) -> str:
    """SQL: a cell as a number, empty where it says "no figure"."""
    return f"CASE WHEN NOT {is_missing(column, form)} THEN CAST({plain(column, form)} AS DOUBLE) END"


def numeric(part: OpenPart, text: str, empty: str | None = None) -> str:
    """SQL of an expression on source columns as numbers; with ``empty`` zero, a cell without one is 0."""
    tree = expressions.read(text)
    numbers = {column: number(column, part.form) for column in expressions.columns(tree)}
    if empty == "zero":
        numbers = {column: f"coalesce({cell}, 0)" for column, cell in numbers.items()}
    return expressions.replaced(tree, numbers)


def plain(column: str, form: Format) -> str:
    """The cell without signs between thousands."""
    return quoted(column) if form.thousands is None else f"replace({quoted(column)}, {literal(form.thousands)}, '')"


def _is_wrong(column: str, kind: str, form: Format) -> str:
    cell = plain(column, form)
    cast = f"try_cast({cell} AS {'BIGINT' if kind == 'count' else 'DOUBLE'})"
    positive = "" if kind == "amount" else f" AND {cast} >= 0"
    number = f"({cast} IS NOT NULL AND regexp_full_match(lower({cell}), {literal(FORMS[kind])}){positive})"
    return f"(NOT {is_missing(column, form)} AND NOT {number})"


def measure_value(part: OpenPart, name: str, measure: Measure, code: str) -> str:
    """SQL of a measure for one code of the spread dimension, named; empty where the file has nothing for the code."""
    whole = measure.type == "count" and measure.scale == 1 and measure.value is None
    kind = "BIGINT" if whole else "DOUBLE"
    value = _value(part, measure, code, kind)
    if measure.unknown is not None:
        value = f"CASE WHEN NOT {_has_no_answer(measure)} THEN {value} END"
    return f"{value} AS {quoted(name)}"


def _value(part: OpenPart, measure: Measure, code: str, kind: str) -> str:
    if measure.records is not None:
        value = f"CAST(1 AS {kind})" if code == TOTAL else f"CAST(NULL AS {kind})"
    elif measure.value is not None:
        scale = "" if measure.scale == 1 else f" * {measure.scale!r}"
        computed = numeric(part, measure.value, measure.empty)
        value = f"CAST({computed} AS {kind}){scale}" if code == TOTAL else f"CAST(NULL AS {kind})"
    else:
        column = measure.by_code.get(code)
        if column is None:
            return f"CAST(NULL AS {kind})"
        scale = "" if measure.scale == 1 else f" * {measure.scale!r}"
        cell = f"CAST({plain(column, part.form)} AS {kind}){scale}"
        other = f" ELSE CAST(0 AS {kind})" if measure.empty == "zero" else ""
        value = f"CASE WHEN NOT {is_missing(column, part.form)} THEN {cell}{other} END"
    conditions = [f"coalesce({expressions.sql(expressions.read(measure.where))}, false)"] if measure.where else []
    conditions += [icd10_condition(measure.icd10)] if measure.icd10 else []
    if not conditions:
        return value
    other = "0" if measure.additive else "NULL"
    return f"CASE WHEN {' AND '.join(conditions)} THEN {value} ELSE CAST({other} AS {kind}) END"


def icd10_condition(causes: Icd10) -> str:
    """SQL: whether a code lies in one of the ranges.

    Codes are compared by as many characters as the ends have, so that ``X85-Y09`` holds ``Y099``: a plain
    ``BETWEEN 'X85' AND 'Y09'`` on the whole code loses it.
    """
    code = f"replace(upper(coalesce({quoted(causes.column)}, '')), '.', '')"
    tests = []
    for written in causes.ranges:
        low, _, high = written.replace(".", "").partition("-")
        high = high or low
        tests.append(f"(left({code}, {len(low)}) >= {literal(low)} AND left({code}, {len(high)}) <= {literal(high)})")
    return f"({' OR '.join(tests)})"


def dimension_value(part: OpenPart, dimension: str) -> str:
    """SQL of a dimension read from a column, named; every content of the column must be known to the spec."""
    spec = part.table.dimensions[dimension]
    if dimension in part.part.codes:
        return f"{literal(part.part.codes[dimension])} AS {quoted(dimension)}"
    if spec.quantiles is not None and part.part.level in spec.levels:
        return f"{quoted(GROUP.format(dimension))} AS {quoted(dimension)}"
    if spec.column is None or part.part.level not in spec.levels:
        return f"{literal(TOTAL)} AS {quoted(dimension)}"
    cell = f"coalesce({quoted(spec.column)}, '')"
    whens = " ".join(f"WHEN {recoded(cell, raw)} THEN {literal(code)}" for raw, code in spec.recode.items())
    value = f"CASE {whens} END"
    stranger = part.rows(f"SELECT {ROW}, {cell} FROM {part.view} WHERE {value} IS NULL ORDER BY 1 LIMIT 1")
    if stranger:
        raise part.fail(
            "has a code that the table spec does not know",
            place=f"row {stranger[0][0]}, column {spec.column}",
            value=stranger[0][1],
            remedy=f"add it to dimensions.{dimension}.recode in tables/{part.table.id}.yaml",
        )
    return f"{value} AS {quoted(dimension)}"


def recoded(cell: str, raw: str) -> str:
    """SQL: whether a cell is a content; ``a..b`` stands for all contents of that length from a to b."""
    low, between, high = raw.partition("..")
    if not between:
        return f"{cell} = {literal(raw)}"
    return f"length({cell}) = {len(low)} AND {cell} BETWEEN {literal(low)} AND {literal(high)}"
