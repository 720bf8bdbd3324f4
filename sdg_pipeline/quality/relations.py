"""Rules of coherence on figures of the same area, year and group, as SQL over ``figure``.

A query returns one row per comparison: indicator, area, year and group, ``quantity`` (what was compared), ``observed``,
``expected`` and whether it ``deviates``. What belongs here: relations, groups, denominators, foreign series. What does
not: changes over time and neighbours (changes), running the queries and explaining what deviates (deviations).
"""

from __future__ import annotations

import math
from pathlib import Path

from sdg_pipeline import duck
from sdg_pipeline.quality.figures import CELL, KEYS, among, codes, totals
from sdg_pipeline.specs import expressions
from sdg_pipeline.specs.base import TOTAL
from sdg_pipeline.specs.coherence import Denominators, Groups, Reference, Relation, Term
from sdg_pipeline.specs.coherence_names import sides
from sdg_pipeline.specs.fields import DIMENSIONS

ROUNDING = 1e-9
"""Relative difference of two sums of the same numbers in another order, or of a quotient and its product."""
_KEYS = ", ".join(KEYS)


def relation(rule: Relation) -> str:
    """Left and right for every area, year and group that all figures of both have."""
    parts = [(duck.name(name), rule.terms.get(name) or Term(indicator=name)) for name in sides(rule)]
    terms = ",\n".join(f"{name} AS ({_term(name, term)})" for name, term in parts)
    (first, first_term), *others = parts
    joined = "".join(f" JOIN {name} USING (cell)" for name, _ in others)
    keys = ", ".join(f"{first}.{key}" for key in KEYS)
    left, right = (expressions.sql(expressions.read(text)) for text in (rule.left, rule.right))
    return f"""
    WITH {terms},
    sides AS (SELECT {keys}, {left} AS observed, {right} AS expected FROM {first}{joined})
    SELECT {duck.text(first_term.indicator)}::indicator_id AS indicator, {_KEYS}, {duck.text(rule.left)} AS quantity,
           observed, expected, {_deviates(rule)} AS deviates
    FROM sides WHERE observed IS NOT NULL AND expected IS NOT NULL AND {_levels(rule)}
          AND {totals(DIMENSIONS) if rule.totals_only else "true"}
    """


def _term(name: str, term: Term) -> str:
    """The figures of a term; codes of a dimension are added up where all of them have one."""
    own = f"indicator = {duck.text(term.indicator)} AND {term.column} IS NOT NULL"
    if not term.codes:
        return f"SELECT {_KEYS}, cell, {term.column} AS {name} FROM figure WHERE {own}"
    kept = ", ".join(f"'{TOTAL}' AS {key}" if key in term.codes else key for key in KEYS)
    grouped = ", ".join(key for key in KEYS if key not in term.codes)
    chosen = " AND ".join(f"{key} IN ({codes(values)})" for key, values in term.codes.items())
    n = math.prod(len(set(values)) for values in term.codes.values())
    summed = f"SELECT {kept}, sum({term.column}) AS {name} FROM figure WHERE {own} AND {chosen}"
    return f"SELECT *, {CELL} AS cell FROM ({summed} GROUP BY {grouped} HAVING count(*) = {n})"


def _deviates(rule: Relation) -> str:
    allowed = f"{rule.tolerance!r} + {rule.relative!r} * abs(expected)"
    allowed += f" + {ROUNDING!r} * greatest(abs(observed), abs(expected))"
    difference = "observed - expected" if rule.kind == "at_most" else "abs(observed - expected)"
    return f"{difference} > {allowed}"


def _levels(rule: Relation | Groups | Denominators | Reference) -> str:
    return among("geo_level", tuple(level.value for level in rule.levels))


def groups(rule: Groups, means: tuple[str, ...]) -> str:
    """The groups of a dimension against their total; a total of which a group has no figure is not compared.

    ``means`` are the indicators whose total is a mean of its groups, with whatever weights.
    """
    broken_down = f"indicator IN (SELECT indicator FROM figure WHERE {rule.dimension} <> '{TOTAL}')"
    chosen = f"{broken_down} AND {among('indicator', rule.indicators, rule.leave_out)} AND {_levels(rule)}"
    if rule.kind == "surround":
        bound = "least(greatest(f.value, low), high)"
        return _compared(rule, "value", "f.value", bound, f"{chosen} AND {among('indicator', means or ('',))}")
    added = (_compared(rule, column, "total", f"f.{column}", chosen) for column in ("numerator", "denominator"))
    return " UNION ALL ".join(added)


def _compared(rule: Groups, column: str, observed: str, expected: str, chosen: str) -> str:
    """The total of ``column`` in each cell and what its groups say of it: their sum, the smallest, the largest."""
    others = ", ".join(key for key in ("indicator", *KEYS) if key != rule.dimension)
    group = f"FILTER ({rule.dimension} <> '{TOTAL}')"
    return f"""
    SELECT indicator, {_KEYS}, '{column}' AS quantity, {observed} AS observed, {expected} AS expected,
           abs({observed} - {expected}) > {rule.tolerance!r} + {ROUNDING!r} * abs({expected}) AS deviates
    FROM (SELECT max(rowid) FILTER ({rule.dimension} = '{TOTAL}' AND {column} IS NOT NULL) AS id,
                 sum({column}) {group} AS total, min({column}) {group} AS low, max({column}) {group} AS high
          FROM figure WHERE {chosen} GROUP BY hash({others})
          HAVING count(*) {group} > 1 AND count(*) {group} = count({column}) {group}) AS parts
    JOIN figure AS f ON f.rowid = parts.id
    """


def denominators(rule: Denominators, rates: tuple[str, ...]) -> str:
    """The populations of rates against one another; ``rates`` are the indicators that are rates."""
    chosen = f"{among('indicator', rule.indicators or rates)} AND denominator IS NOT NULL AND {_levels(rule)}"
    return _editions(chosen) if rule.kind == "one_edition" else _populations(rule, chosen)


def _editions(chosen: str) -> str:
    """For each rate how many of its values cite another edition of a source than most rates do.

    An edition may come in several files, ``2023-women`` and ``2023-men``: what stands before the dash is the edition.
    """
    return f"""
    WITH cited AS (
      SELECT indicator, {_KEYS}, split_part(denominator_source, '/', 1) AS source,
             split_part(split_part(denominator_source, '/', 2), '-', 1) AS edition
      FROM figure WHERE {chosen}
    ), main AS (SELECT source, mode(edition ORDER BY edition) AS edition FROM cited GROUP BY source)
    SELECT indicator, 'MX' AS ref_area, 'national' AS geo_level, min(time_period) AS time_period,
           {", ".join(f"'{TOTAL}' AS {name}" for name in DIMENSIONS)}, source || '/' || cited.edition AS quantity,
           count(*) FILTER (cited.edition <> main.edition)::DOUBLE AS observed, 0::DOUBLE AS expected,
           observed > 0 AS deviates
    FROM cited JOIN main USING (source) GROUP BY indicator, source, cited.edition
    """


def _populations(rule: Denominators, chosen: str) -> str:
    return f"""
    WITH population AS (SELECT indicator, {_KEYS}, denominator FROM figure WHERE {chosen}),
    usual AS (SELECT {_KEYS}, mode(denominator ORDER BY denominator) AS expected FROM population
              GROUP BY {_KEYS} HAVING count(*) > 1)
    SELECT indicator, {_KEYS}, 'denominator' AS quantity, denominator AS observed, expected,
           abs(observed - expected) > {rule.relative!r} * greatest(observed, expected) AS deviates
    FROM population JOIN usual USING ({_KEYS})
    """


def reference(rule: Reference, staged: Path) -> str:
    """National values against a series of the staged table, in the same year or the nearest one."""
    group = " AND ".join(f"{name} = {duck.text(rule.codes.get(name, TOTAL))}" for name in DIMENSIONS)
    named = " AND ".join(f"{duck.name(column)} = {duck.text(text)}" for column, text in rule.series.items())
    years = "abs(series.time_period::INT - own.time_period::INT)"
    return f"""
    WITH own AS (SELECT indicator, {_KEYS}, value FROM figure
                 WHERE indicator = {duck.text(rule.indicator)} AND ref_area = 'MX' AND value IS NOT NULL AND {group}),
    series AS (SELECT time_period, {duck.name(rule.measure)}::DOUBLE AS expected FROM read_parquet({duck.text(staged)})
               WHERE {named} AND {duck.name(rule.measure)} IS NOT NULL)
    SELECT indicator, {", ".join(f"own.{key}" for key in KEYS)}, 'value of ' || series.time_period AS quantity,
           value AS observed, expected,
           abs(observed - expected) > {rule.tolerance!r} + {ROUNDING!r} * abs(expected) AS deviates
    FROM own JOIN series ON {years} <= {rule.years_apart}
    QUALIFY row_number() OVER (PARTITION BY {", ".join(f"own.{key}" for key in KEYS)}
                               ORDER BY {years}, series.time_period) = 1
    """
