"""What must hold of an indicator: its spec's ``checks`` and the fields of the table, as rules over frames.

A rule names a DuckDB query, the column of it that is judged, and the expectation of Great Expectations that judges it.
The queries read two tables that the caller makes. ``observation`` is the indicator's Parquet. ``expected_area(ref_area,
geo_level)`` is the register in the vintage of the data, within the coverage of the run. What belongs here: which rules
there are, what they say and what they look at. No data is read, so that the names of checks are known before anything
is computed. What does not: running them (gx), sums over levels (coherence).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from sdg_pipeline import duck
from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import missing
from sdg_pipeline.estimate.universe import is_total
from sdg_pipeline.quality.results import Border, Severity
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.base import PUBLISHED_LEVELS, TOTAL, Level
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.methods import Count, Ratio, Surveyed

Coverage = Literal["full", "partial"]
UNANSWERED = 0.2
"""Share of a domain that may be without an answer; a larger one means that the question was not asked of all."""
KEY_SHOWN: tuple[str, ...] = tuple(name for name in fields.KEY if name != "indicator")
AREAS_WORDS = {
    Level.NATIONAL: "the nation",
    Level.STATE: "every state",
    Level.MUNICIPALITY: "every municipality",
}


@dataclass(frozen=True)
class Rule:
    """One rule: ``expectation`` (a class of Great Expectations) with ``arguments``, on ``column``.

    ``owner`` answers for it, ``reason`` says what goes wrong where it does not hold.

    Only column map expectations that say nothing of nulls, or that expect null, may be used: a null in
    ``column`` means "not judged". ``shows`` are the columns of the frame that tell a person which row failed
    and how. Rules with the same ``frame_sql`` share one query.
    """

    check: str
    severity: Severity
    description: str
    owner: str
    reason: str
    frame_sql: str
    column: str
    shows: tuple[str, ...]
    expectation: str
    arguments: tuple[tuple[str, Any], ...] = ()
    border: Border = "indicator"


def rules_for(indicator: Indicator, coverage: Coverage = "full") -> tuple[Rule, ...]:
    """The rules of an indicator, in the order of ``check_names``.

    In a ``full`` run no official figure and no level may go without its areas. In a ``partial`` one, what
    ``expected_area`` leaves out is not asked for.
    """
    areas, officials = _area_rules(indicator, coverage), _official_rules(indicator, coverage)
    return (*_value_rules(indicator), *areas, *officials)


def check_names(indicator: Indicator) -> tuple[tuple[str, Severity, str], ...]:
    """Name, severity and description of each rule, without data."""
    return tuple((rule.check, rule.severity, rule.description) for rule in rules_for(indicator))


def _value_rules(indicator: Indicator) -> Iterator[Rule]:
    low, high = indicator.checks.range
    frame = _values_sql()
    yield Rule(
        "required_columns",
        "blocking",
        "No column that every row must fill is empty, no dimension among them.",
        indicator.owner,
        "A value without its area, year, group or source cannot be found again, nor told from another.",
        frame,
        "empty_columns",
        (*KEY_SHOWN, "empty_columns"),
        "ExpectColumnValuesToBeNull",
    )
    yield Rule(
        "unique_key",
        "blocking",
        f"No two rows have the same key ({', '.join(fields.KEY)}).",
        indicator.owner,
        "Whoever joins by the key would count a doubled value twice.",
        frame,
        "row_key",
        (*KEY_SHOWN, "obs_value"),
        "ExpectColumnValuesToBeUnique",
    )
    yield Rule(
        "missing_has_reason",
        "blocking",
        "A row without a value has an obs_reason and the obs_status that goes with it; no row with a value has one.",
        indicator.owner,
        "An empty cell that does not say why is read as zero, or as forgotten.",
        frame,
        "conflict",
        (*KEY_SHOWN, "obs_value", "obs_status", "obs_reason", "conflict"),
        "ExpectColumnValuesToBeNull",
    )
    yield Rule(
        "range",
        "blocking",
        f"Every value lies between {low:,.12g} and {high:,.12g} (unit: {indicator.unit}).",
        indicator.owner,
        "A value that cannot be comes from a wrong unit, a wrong denominator or a shifted column.",
        frame,
        "obs_value",
        (*KEY_SHOWN, "obs_value", "numerator", "denominator"),
        "ExpectColumnValuesToBeBetween",
        (("min_value", low), ("max_value", high)),
    )
    if isinstance(indicator.method, Ratio | Count | Surveyed):
        yield Rule(
            "answered",
            "blocking",
            f"Of the records behind every value of a survey, at most {UNANSWERED:.0%} are without an answer.",
            indicator.owner,
            "Who was not asked is left out as if nobody knew; say where of the method, or empty: zero of the measure.",
            frame,
            "unanswered",
            (*KEY_SHOWN, "obs_value", "n_obs", "n_missing", "unanswered"),
            "ExpectColumnValuesToBeBetween",
            (("max_value", UNANSWERED),),
        )


def _values_sql() -> str:
    """Every row with its key, its value, and what is wrong with its emptiness.

    ``row_key`` is one text because Great Expectations compares one column many times faster than ten. It is
    null where a part is, which required_columns tells of. Both texts are guarded by a test for null, since
    making them for every row takes twice the time.
    """
    required = tuple(f.name for f in fields.OBSERVATION if f.required)
    empty = ", ".join(f"CASE WHEN {name} IS NULL THEN '{name}' END" for name in required)
    return f"""\
SELECT {", ".join(KEY_SHOWN)},
       obs_value, numerator, denominator, obs_status, obs_reason, n_obs, n_missing,
       CASE WHEN obs_value IS NOT NULL AND n_missing > 0 AND n_obs IS NOT NULL
            THEN n_missing / (n_obs + n_missing) END AS unanswered,
       CASE WHEN {_any_null(fields.KEY)} THEN NULL
            ELSE concat_ws('|', {", ".join(fields.KEY)}) END AS row_key,
       CASE WHEN {_any_null(required)}
            THEN concat_ws(', ', {empty}) END AS empty_columns,
       CASE WHEN isnan(obs_value) THEN 'obs_value is not a number'
            WHEN obs_value IS NOT NULL AND obs_status IN ({", ".join(map(literal, missing.CODES))})
            THEN 'obs_status is ' || obs_status || ', but there is a value'
            WHEN obs_value IS NULL AND trim(coalesce(obs_reason, '')) = '' THEN 'no value and no obs_reason'
            WHEN obs_value IS NULL AND obs_status IS DISTINCT FROM {missing.status("obs_reason", *missing.STATUS)}
            THEN 'no value, and obs_status is not that of its obs_reason'
       END AS conflict
FROM observation"""


def _any_null(names: tuple[str, ...]) -> str:
    return " OR ".join(f"{name} IS NULL" for name in names)


def _area_rules(indicator: Indicator, coverage: Coverage) -> Iterator[Rule]:
    complete = indicator.checks.complete
    levels = [level for level in PUBLISHED_LEVELS if getattr(complete, level.value)]
    frame = _areas_sql(indicator, levels, coverage) if levels else ""
    for level in levels:
        yield Rule(
            f"complete_{level}",
            "blocking",
            f"Within the coverage of the run, {AREAS_WORDS[level]} has a row of totals in every period.",
            indicator.owner,
            "An area that is lost on the way is lost without a sound: no sum of what is left shows it.",
            frame,
            f"n_rows_{level}",
            ("geo_level", "ref_area", "time_period"),
            "ExpectColumnValuesToBeBetween",
            (("min_value", 1),),
        )


def _areas_sql(indicator: Indicator, levels: list[Level], coverage: Coverage) -> str:
    """Every expected area in every period with its number of total rows, in the column of its level.

    In a full run a level without one expected area is a row without an area, which fails. An empty register must not
    pass for a complete one.
    """
    values = ", ".join(f"('{level}')" for level in levels)
    columns = ",\n       ".join(
        f"CASE WHEN level.geo_level = '{level}' THEN coalesce(o.n_totals, 0) END AS n_rows_{level}" for level in levels
    )
    return f"""\
WITH level(geo_level) AS (VALUES {values}),
     observed AS (SELECT ref_area, time_period, count(*) FILTER (WHERE {is_total(indicator, "o")}) AS n_totals
                  FROM observation AS o GROUP BY ref_area, time_period),
     period AS (SELECT DISTINCT time_period FROM observed)
SELECT level.geo_level, area.ref_area, period.time_period,
       {columns}
FROM level {"LEFT JOIN" if coverage == "full" else "JOIN"} expected_area AS area USING (geo_level)
LEFT JOIN period ON true
LEFT JOIN observed AS o ON o.ref_area = area.ref_area AND o.time_period = period.time_period
ORDER BY area.ref_area, period.time_period"""


def _official_rules(indicator: Indicator, coverage: Coverage) -> Iterator[Rule]:
    figures = indicator.checks.figures
    if not figures:
        return
    yield Rule(
        "agrees_with",
        "blocking",
        f"The values equal {_of_official(len(figures))}, each to within its tolerance; "
        "figures of areas outside the coverage of a partial run are listed and not compared.",
        indicator.owner,
        "Who computes otherwise than the institution must see it first, and say why.",
        _official_sql(indicator, coverage),
        "tolerances_off",
        ("ref_area", "time_period", "sex", "official_value", "tolerance", "obs_value", "deviation", "cite"),
        "ExpectColumnValuesToBeBetween",
        (("max_value", 1.0),),
    )


def _of_official(n: int) -> str:
    return f"the {n} official figures that the spec cites" if n > 1 else "the official figure that the spec cites"


def _official_sql(indicator: Indicator, coverage: Coverage) -> str:
    """Every official figure with the computed value and ``tolerances_off``, its distance in tolerances.

    The distance is infinite where there is no value. It is null where the area is outside the coverage or the value is
    of another edition than the figure. It is rounded, since 96.01 - 96.005 is 0.00500000000000966 in binary and half a
    last digit must count as agreement.
    """
    all_of = indicator.totals["sex"]
    rows = ",\n       ".join(
        f"({duck.text(f.area)}, {duck.text(f.period)}, {duck.text(all_of if f.sex == TOTAL else f.sex)},"
        f" {f.value!r}::DOUBLE, {f.tolerance!r}::DOUBLE, {duck.text(f.cite)},"
        f" {duck.text(f.edition) if f.edition else 'NULL'})"
        for f in indicator.checks.figures
    )
    others = tuple(name for name in fields.DIMENSIONS if name != "sex")
    outside = "false" if coverage == "full" else "f.ref_area NOT IN (SELECT ref_area FROM expected_area)"
    return f"""\
WITH figure(ref_area, time_period, sex, official_value, tolerance, cite, edition) AS (
       VALUES {rows})
SELECT f.*, o.obs_value, round(abs(o.obs_value - f.official_value), 9) AS deviation,
       CASE WHEN {outside} OR o.source_edition <> f.edition THEN NULL
            WHEN o.obs_value IS NULL OR isnan(o.obs_value) THEN 'infinity'::DOUBLE
            ELSE round(abs(o.obs_value - f.official_value) / f.tolerance, 6)
       END AS tolerances_off
FROM figure AS f
LEFT JOIN observation AS o ON o.ref_area = f.ref_area AND o.time_period = f.time_period AND o.sex = f.sex
      AND {is_total(indicator, "o", others)}
ORDER BY f.ref_area, f.time_period, f.sex"""
