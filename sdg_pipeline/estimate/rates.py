"""The query of a rate: events joined from the population, years pooled, ages standardised.

What belongs here: the chain of queries between the two cubes and the columns of the indicator table. What does not:
cubes and columns (compile), exact limits (intervals: DuckDB has no quantiles of the chi-square distribution).
"""

from __future__ import annotations

from sdg_pipeline.duck import text as literal
from sdg_pipeline.estimate import marks, missing, withheld
from sdg_pipeline.estimate.cube import has_amounts
from sdg_pipeline.estimate.nodes import RatePlan
from sdg_pipeline.estimate.survey.sums import ordered
from sdg_pipeline.specs.base import UNKNOWN

PLACE = ("geo_level", "ref_area", "time_period")


def shared_dimensions(plan: RatePlan) -> tuple[str, ...]:
    """Dimensions that both sides have; a rate is broken down by these alone."""
    return tuple(d for d in plan.events.dimensions if d in plan.population.dimensions)


def chain(plan: RatePlan) -> str:
    """Common table expressions from ``event`` and ``population`` (cubes of the two tables) to ``cube``.

    ``cube`` has numerator, denominator, n_missing, the sources, and ``per_person`` with its ``variance``. That is the
    rate of one person and year, standardised where the method says so. A standardised rate also has ``unknown``, its
    events of unknown age.
    """
    steps = [_covered(), f"met AS ({_met(plan)})"]
    last = "met"
    if plan.method.pool_years > 1:
        steps.append(f"pooled AS ({_pooled(plan, last)})")
        last = "pooled"
    steps.append(f"cube AS ({_standardised(plan, last) if plan.weights else _crude(last)})")
    return ", ".join(steps)


def values(plan: RatePlan) -> dict[str, str | None]:
    """SQL of value, status and precision of a row of ``cube c``, by column; None where a column is empty.

    Rates of small numbers are withheld with their reason.
    """
    rules, stock = plan.method.small_numbers, plan.method.quantity == "stock"
    chance = (
        f"WHEN c.denominator < {rules.min_population * plan.method.pool_years} THEN 'small_population' "
        f"WHEN c.numerator > 0 AND c.numerator < {rules.min_events} THEN 'few_events' "
    )
    standard = plan.method.standard
    lost = f"WHEN c.unknown > {standard.max_unknown} * c.numerator THEN 'unknown_age' " if standard else ""
    absent = (
        "CASE WHEN c.n_missing > 0 THEN 'missing_component' WHEN c.denominator IS NULL THEN 'unknown_group' "
        f"WHEN c.denominator = 0 THEN 'zero_denominator' {lost}{'' if stock else chance}END"
    )
    shown = f"({absent}) IS NULL"
    status, note = marks.status_and_reason(plan.events)
    if standard:
        status = f"CASE WHEN c.unknown > 0 THEN 'E' ELSE {status} END"
        note = f"CASE WHEN c.unknown > 0 THEN 'unknown_age_allocated' ELSE {note or 'NULL'} END"
    unstable = "1 = 0" if stock else f"c.numerator < {rules.unstable_below}"
    return {
        "obs_value": f"CASE WHEN {shown} THEN {plan.multiplier} * c.per_person END",
        "std_error": None if stock else f"CASE WHEN {shown} THEN {plan.multiplier} * SQRT(c.variance) END",
        "numerator": "CASE WHEN c.n_missing = 0 THEN c.numerator END",
        "denominator": "c.denominator",
        "denominator_source": "c.denominator_source",
        "n_missing": "c.unknown" if standard else None,
        "n_obs": f"c.{withheld.SITES}" if plan.events.table.sites else None,
        "precision": f"CASE WHEN {unstable} THEN 'unstable' ELSE 'full_count' END",
        "obs_status": f"CASE WHEN {shown} THEN {status} ELSE {missing.status(absent)} END",
        "obs_reason": f"COALESCE({absent}, {note})" if note is not None else absent,
        "geo_vintage": literal(plan.population.table.geography.vintage),
    }


def _sites(plan: RatePlan, value: str) -> str:
    """The column that counts the sites behind the events, after others; nothing of a table that has none."""
    return f", {value.format(withheld.SITES)} AS {withheld.SITES}" if plan.events.table.sites else ""


_IS_COVERED = "(v.states = '' OR CONTAINS(v.states, SUBSTRING(p.ref_area, 3, 2)))"


def _covered() -> str:
    """Levels, years and states that the events cover: there, no event is 0 events; elsewhere there is no figure."""
    return (
        "covered AS (SELECT e.geo_level, e.rows_of, e.time_period, MAX(e.edition) AS edition, MIN(q.states) AS states "
        "FROM event AS e JOIN part AS q ON q.rows_of = e.rows_of AND q.edition = e.edition "
        "GROUP BY e.geo_level, e.rows_of, e.time_period)"
    )


def _met(plan: RatePlan) -> str:
    """Each group of the population with its events, and events of unknown groups, which have no population."""
    shared = shared_dimensions(plan)
    same = " AND ".join(f"e.{k} = p.{k}" for k in (*PLACE, *shared))
    absent = (
        1 if plan.method.quantity == "stock" else 0
    )  # no record of an event is 0 events; of a stock it is no figure
    query = (
        f"SELECT v.rows_of, v.edition, {_listed('p', (*PLACE, *shared))}, COALESCE(e.numerator, 0) AS numerator, "
        "CASE WHEN p.n_missing = 0 THEN p.numerator END AS denominator, "
        f"COALESCE(e.n_missing, {absent}) + p.n_missing AS n_missing, "
        f"CONCAT(q.source, '/', q.edition) AS denominator_source{_sites(plan, 'e.{}')} "
        "FROM population AS p JOIN covered AS v ON v.geo_level = p.geo_level AND v.time_period = p.time_period "
        f"AND {_IS_COVERED} JOIN population_part AS q ON q.rows_of = p.rows_of AND q.edition = p.edition "
        f"LEFT JOIN event AS e ON {same}"
    )
    groups = _groups(plan)
    if plan.weights:
        query = f"{query} UNION ALL {_of_unknown_age(plan)}"
    if not groups:
        return query
    unknown = " OR ".join(f"e.{d} = '{UNKNOWN}'" for d in groups)
    return (
        f"{query} UNION ALL SELECT e.rows_of, e.edition, {_listed('e', (*PLACE, *shared))}, e.numerator, NULL, "
        f"e.n_missing, NULL{_sites(plan, 'e.{}')} FROM event AS e WHERE {unknown}"
    )


def _groups(plan: RatePlan) -> tuple[str, ...]:
    """The shared dimensions that the values are given by: all but the ages of a standard population."""
    return tuple(d for d in shared_dimensions(plan) if not plan.weights or d != plan.standard_dimension)


def _of_unknown_age(plan: RatePlan) -> str:
    """The events of unknown age of every group of the population, 0 where there is none: years are pooled with them."""
    age, kept = plan.standard_dimension, (*PLACE, *_groups(plan))
    same = " AND ".join(f"e.{k} = p.{k}" for k in kept)
    keys = ", ".join(f"'{UNKNOWN}'" if k == age else f"p.{k}" for k in (*PLACE, *shared_dimensions(plan)))
    return (
        f"SELECT v.rows_of, v.edition, {keys}, COALESCE(e.numerator, 0), NULL, COALESCE(e.n_missing, 0), NULL"
        f"{_sites(plan, 'e.{}')} "
        f"FROM (SELECT DISTINCT {', '.join(kept)} FROM population) AS p "
        "JOIN covered AS v ON v.geo_level = p.geo_level AND v.time_period = p.time_period "
        f"AND {_IS_COVERED} LEFT JOIN event AS e ON {same} AND e.{age} = '{UNKNOWN}'"
    )


def _listed(alias: str, columns: tuple[str, ...]) -> str:
    return ", ".join(f"{alias}.{column}" for column in columns)


def _pooled(plan: RatePlan, source: str) -> str:
    """Sums over the last years; a window that is not whole gives nothing."""
    shared, years = shared_dimensions(plan), plan.method.pool_years
    keys = ("geo_level", "ref_area", *shared)
    same = " AND ".join(f"w.{k} = y.{k}" for k in keys)
    kept = ("rows_of", "edition", *PLACE, *shared, "denominator_source")
    events = ordered("w.numerator") if has_amounts(plan.events, plan.events.numerator) else "SUM(w.numerator)"
    return (
        f"SELECT {_listed('y', kept)}, {events} AS numerator, "
        f"CASE WHEN COUNT(w.denominator) = {years} THEN SUM(w.denominator) END AS denominator, "
        f"SUM(w.n_missing) AS n_missing{_sites(plan, 'MAX(w.{})')} FROM {source} AS y JOIN {source} AS w ON {same} "
        f"AND CAST(w.time_period AS INT) > CAST(y.time_period AS INT) - {years} AND w.time_period <= y.time_period "
        f"GROUP BY {_listed('y', kept)} HAVING COUNT(DISTINCT w.time_period) = {years}"
    )


def _crude(source: str) -> str:
    """Events over population; the variance is that of a Poisson count."""
    return (
        f"SELECT *, 1.0 * numerator / NULLIF(denominator, 0) AS per_person, "
        f"1.0 * numerator / (NULLIF(denominator, 0) * NULLIF(denominator, 0)) AS variance FROM {source}"
    )


def _standardised(plan: RatePlan, source: str) -> str:
    """The mean of the rates by age, weighted by the standard population, with its Poisson variance.

    S is the sum of w d / n over the sum of w. Its variance A is the sum of w^2 d / n^2 over the square of the sum of w.
    Source: Ahmad et al. (2001). Age standardization of rates. WHO GPE discussion paper 31. U events of unknown age are
    taken to be as the K others: the rate is f S with f = (K + U) / K. If every age is as often unknown, d and U are
    Poisson counts. By the delta method the variance is then f (f (A - S^2 / K) + S^2 / K), which is A where U is 0.
    """
    age, kept = plan.standard_dimension, _groups(plan)
    whole = sum(weight for _, weight in plan.weights)
    weights = ", ".join(f"({literal(code)}, CAST({weight / whole!r} AS DOUBLE))" for code, weight in plan.weights)
    keys = _listed("a", ("rows_of", "edition", *PLACE, *kept))
    all_ages = " OR ".join((f"COUNT(s.code) = {len(plan.weights)}", *(f"a.{d} = '{UNKNOWN}'" for d in kept)))
    lost = "CASE WHEN a.denominator = 0 AND a.numerator > 0 THEN 1 ELSE 0 END"  # events of an age without people
    of_ages = (
        f"SELECT {keys}, MIN(a.denominator_source) AS denominator_source, SUM(a.numerator) AS numerator, "
        f"SUM(CASE WHEN a.{age} = '{UNKNOWN}' THEN a.numerator ELSE 0 END) AS unknown, "
        "CASE WHEN COUNT(a.denominator) = COUNT(s.code) THEN SUM(a.denominator) END AS denominator, "
        f"SUM(a.n_missing + {lost}) AS n_missing, "
        f"{ordered('s.weight * a.numerator / NULLIF(a.denominator, 0)')} AS per_person, "
        f"{ordered('s.weight * s.weight * a.numerator / (NULLIF(a.denominator, 0) * NULLIF(a.denominator, 0))')} "
        f"AS variance{_sites(plan, 'MAX(a.{})')} "
        f"FROM {source} AS a LEFT JOIN (VALUES {weights}) AS s(code, weight) ON s.code = a.{age} "
        f"WHERE NOT s.code IS NULL OR a.{age} = '{UNKNOWN}' GROUP BY {keys} HAVING {all_ages}"
    )
    square = "per_person * per_person / NULLIF(known, 0)"
    return (
        f"SELECT * EXCLUDE (f, known, per_person, variance), f * per_person AS per_person, CASE WHEN unknown = 0 "
        f"THEN variance ELSE f * (f * (variance - {square}) + {square}) END AS variance FROM (SELECT *, "
        "CASE WHEN unknown = 0 THEN 1.0 ELSE 1.0 * numerator / NULLIF(known, 0) END AS f "
        f"FROM (SELECT *, numerator - unknown AS known FROM ({of_ages}) AS of_ages) AS counted) AS factor"
    )
