"""The sampling design of a staged part: its weights, strata and PSUs, and groups of equal weight.

What belongs here: refusing a damaged design, and quantile dimensions. What does not: what is estimated with it.
"""

from __future__ import annotations

from sdg_pipeline.duck import name as quoted
from sdg_pipeline.ingest import cells
from sdg_pipeline.ingest.parts import OpenPart
from sdg_pipeline.ingest.readers import ROW
from sdg_pipeline.specs.base import UNKNOWN
from sdg_pipeline.specs.columns import Dimension
from sdg_pipeline.specs.design import Design, Quantiles

WEIGHT = "DECIMAL(27, 9)"
"""Type that weights are added up in to make groups: exact, whatever the order of the sum."""
LEAST_WEIGHT = 0.001
"""Below this a weight has fewer than nine digits among the decimals that estimate.survey.sums adds."""


def check_design(part: OpenPart) -> None:
    """Every record has a weight that is not negative, a stratum and a PSU; or StagingError with row and value."""
    design = part.table.design
    if design is None:
        return
    _require_number(part, design.weight, "weight", required=True)
    _refuse_tiny_weights(part, design.weight)
    for what, column in (("stratum", design.strata), ("primary sampling unit", design.psu)):
        cell = quoted(column)
        empty = f"coalesce({cell}, '') = '' OR {cells.is_missing(column, part.form)}"
        rows = part.rows(f"SELECT {ROW}, {cell} FROM {part.view} WHERE {empty} ORDER BY {ROW} LIMIT 1")
        if rows:
            raise part.fail(f"a record has no {what}", place=f"row {rows[0][0]}, column {column}", value=rows[0][1])
    if design.population_psus is not None:
        _require_number(part, design.population_psus, "number of PSUs", required=False)
        _check_population(part, design, design.population_psus)


def _require_number(part: OpenPart, column: str, what: str, *, required: bool) -> None:
    number = f"try_cast({cells.plain(column, part.form)} AS DOUBLE)"
    missing = cells.is_missing(column, part.form)
    wrong = f"(NOT {missing} AND coalesce(NOT isfinite({number}) OR {number} < 0, true))"
    wrong = f"({missing} OR {wrong})" if required else wrong
    rows = part.rows(
        f"SELECT {ROW}, {quoted(column)}, {missing}, coalesce({number} < 0, false) FROM {part.view} "
        f"WHERE {wrong} ORDER BY {ROW} LIMIT 1"
    )
    if rows:
        row, cell, is_missing, is_negative = rows[0]
        state = "is missing" if is_missing else "is negative" if is_negative else "is not a number"
        raise part.fail(f"a {what} {state}", place=f"row {row}, column {column}", value=cell)


def _refuse_tiny_weights(part: OpenPart, column: str) -> None:
    """Weights are added up to 12 decimals, so that one far below 1 would lose the digits that it has."""
    weight = f"CAST({cells.plain(column, part.form)} AS DOUBLE)"
    rows = part.rows(
        f"SELECT {ROW}, {quoted(column)} FROM {part.view} WHERE {weight} > 0 AND {weight} < {LEAST_WEIGHT} "
        f"ORDER BY {ROW} LIMIT 1"
    )
    if rows:
        remedy = "use weights that add up to the population, not to 1 or to the sample"
        place = f"row {rows[0][0]}, column {column}"
        raise part.fail(f"a weight is below {LEAST_WEIGHT}", place=place, value=rows[0][1], remedy=remedy)


def _check_population(part: OpenPart, design: Design, column: str) -> None:
    """A stratum has one number of PSUs, and not more in the sample than in the population."""
    number = f"CAST({cells.number(column, part.form)} AS DOUBLE)"
    rows = part.rows(
        f"SELECT {quoted(design.strata)}, min({number}), max({number}), count(DISTINCT {quoted(design.psu)}) AS n "
        f"FROM {part.view} GROUP BY 1 HAVING min({number}) <> max({number}) OR n > min({number}) ORDER BY 1 LIMIT 1"
    )
    if rows:
        stratum, low, high, sampled = rows[0]
        what = "differs within a stratum" if low != high else f"is less than the {sampled} of the sample"
        value = f"{low:g} and {high:g}" if low != high else f"{low:g}"
        raise part.fail(f"the number of PSUs {what}", place=f"stratum {stratum}, column {column}", value=value)


def selected(part: OpenPart) -> list[str]:
    """SQL of the staged columns of the design, named."""
    design = part.table.design
    if design is None:
        return []
    numbers = ("weight", "population_psus")
    return [
        f"{cells.number(column, part.form) if staged in numbers else quoted(column)} AS {staged}"
        for staged, column in design.columns.items()
    ]


def add_groups(part: OpenPart) -> None:
    """Add a column with the code of each quantile dimension that the part carries."""
    for name, dimension in part.table.dimensions.items():
        if dimension.quantiles is not None and part.part.level in dimension.levels and name not in part.part.codes:
            _add_group(part, name, dimension, dimension.quantiles)


def _add_group(part: OpenPart, name: str, dimension: Dimension, quantiles: Quantiles) -> None:
    if part.raw.states or part.edition.states:
        remedy = "groups over the nation need its whole file: leave the table out of this mirror"
        raise part.fail(f"covers some states only, but {name} is made over the nation", remedy=remedy)
    groups = len(quantiles.codes)
    whens = " ".join(f"WHEN {number} THEN '{code}'" for number, code in enumerate(quantiles.codes))
    weight = cells.numeric(part, quantiles.weight) if quantiles.weight else cells.number(_weight(part), part.form)
    placed = f"floor(CAST((2 * upto - w) * {groups} AS DOUBLE) / CAST(2 * whole AS DOUBLE))"
    part.con.execute(
        f"CREATE OR REPLACE TEMP TABLE {part.view} AS WITH valued AS ("
        f"SELECT {ROW} AS r, CAST({cells.numeric(part, quantiles.value)} AS DOUBLE) AS v, "
        f"CAST({weight} AS {WEIGHT}) AS w "
        f"FROM {part.view}), placed AS (SELECT r, w, "
        f"sum(w) OVER (ORDER BY v, r ROWS UNBOUNDED PRECEDING) AS upto, sum(w) OVER () AS whole "
        f"FROM valued WHERE isfinite(v) AND w IS NOT NULL), "
        f"grouped AS (SELECT r, CASE greatest(0, least({groups - 1}, {placed})) {whens} END AS code FROM placed) "
        f"SELECT t.*, coalesce(g.code, '{UNKNOWN}') AS {quoted(cells.GROUP.format(name))} "
        f"FROM {part.view} AS t LEFT JOIN grouped AS g ON g.r = t.{ROW}"
    )


def _weight(part: OpenPart) -> str:
    assert part.table.design is not None, "Table: quantiles go with a design"
    return part.table.design.weight
