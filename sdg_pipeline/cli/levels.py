"""``sdg coherence | budget``: how states add up, and what the budget spends on targets, by the release in force.

What belongs here: arguments and what is printed. What does not: sums (``open_government.levels``, ``budget``).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sdg_pipeline.cli.console import line, styled
from sdg_pipeline.cli.open_government import rows_of, warehouse
from sdg_pipeline.cli.openness import app
from sdg_pipeline.cli.terminal import number
from sdg_pipeline.errors import UsageError

if TYPE_CHECKING:
    import duckdb
    from rich.text import Text

__all__ = ["app"]


@app.command()
def coherence(
    area: Annotated[str | None, typer.Argument(help="A state or a municipality (key, code or name).")] = None,
) -> None:
    """Say how the municipalities of a state add up to it, and what disagrees there; without an area of all states."""
    with warehouse() as con:
        if area is None:
            _coherence_of_all(con)
            return
        added = "SELECT uneven, count(*) AS sums FROM state_sum WHERE ref_area = known_area($1) GROUP BY uneven"
        sums = {row["uneven"]: row["sums"] for row in rows_of(con, added, [area])}
        rows = rows_of(con, "FROM coherence($1)", [area])
    for row in rows:
        if row["status"] == "agrees":
            continue
        figures = f"{number(row['value'], 2)} against {number(row['other_value'], 2)}"
        what = [row[key] for key in ("group_codes", "quantity") if row[key] not in ("_T", "value", row["indicator"])]
        group = f" ({', '.join(what)})" if what else ""
        where = f"{row['area_name']}, {row['time_period']}"
        what_differs = f": {row['indicator']}{group}, {where}: {figures}"
        line(styled(f"{row['kind']}, {row['status']}", "bold", what_differs))
        line(f"    {row['rule']}{': ' + row['why'] if row['why'] else ''}")
    if sums:
        line(f"{sum(sums.values())} sums of municipalities, {sums.get('yes', 0)} with a part in none of them")
    agreeing = Counter(row["kind"] for row in rows if row["status"] == "agrees")
    for kind, times in sorted(agreeing.items()):
        line(f"{times} {kind} figures agree")


def _coherence_of_all(con: duckdb.DuckDBPyConnection) -> None:
    query = (
        "SELECT a.name, s.sums, s.uneven, s.share, f.open, f.explained, f.contributed FROM area AS a LEFT JOIN ("
        "SELECT ref_area, count(*) AS sums, count(*) FILTER (uneven = 'yes') AS uneven, "
        "max(unallocated_share) AS share FROM state_sum GROUP BY ref_area) AS s USING (ref_area) LEFT JOIN ("
        "SELECT state AS ref_area, count(*) FILTER (status = 'open') AS open, "
        "count(*) FILTER (status = 'explained') AS explained, count(*) FILTER (kind = 'contributed') AS contributed "
        "FROM state_finding GROUP BY state) AS f USING (ref_area) "
        "WHERE a.level = 'state' AND (s.ref_area IS NOT NULL OR f.ref_area IS NOT NULL) ORDER BY ref_area"
    )
    for row in rows_of(con, query, []):
        share = f", at most {row['share']:.1%}" if row["uneven"] else ""
        sums = f"{row['sums'] or 0} sums, {row['uneven'] or 0} with a part in no municipality{share}"
        findings = ", ".join(f"{row[name] or 0} {name}" for name in ("open", "explained", "contributed"))
        line(f"{row['name']}: {sums}; findings: {findings}")


@app.command()
def budget(
    scope: Annotated[str | None, typer.Argument(help="A goal (4) or a target (4.1); all goals if none.")] = None,
) -> None:
    """Say what the programmes linked with goals and targets are approved and spend; direct and indirect apart."""
    query = (
        "FROM budget WHERE $1 IS NULL AND target IS NULL OR scope = $1 OR $1 = CAST(goal AS VARCHAR) "
        "ORDER BY account_year, scope <> 'total', goal, target NULLS FIRST, link"
    )
    with warehouse() as con:
        rows = rows_of(con, query, [scope])
    if not rows:
        raise UsageError(f"no programme is linked with {scope or 'any goal'}; remedy: a national run, 4 or 4.1")
    for row in rows:
        line(_spending(row))
    line("A programme counts whole in each target and goal that it is linked with, so that they do not add up.")
    for row in {(r["link_year"], r["account_year"]): r for r in rows if r["same_year"] == "no"}.values():
        account = f"amounts of {row['account_year']}" if row["matched"] is not None else "no account is at hand"
        note = f"Links of {row['link_year']}, {account}: programmes are matched by branch, key and name."
        line(styled(note, "yellow"))


def _spending(row: dict[str, Any]) -> Text:
    """A scope and kind of link in one line; millions of pesos."""
    scope = row["scope"] if row["scope"] == "total" else f"{'target' if row['target'] else 'goal'} {row['scope']}"
    mark = ", nothing is linked directly" if row["only_indirect"] == "yes" else ""
    link = "not linked or not matched" if row["link"] == "none" else f"{row['link']}{mark}"
    if row["approved"] is None:
        return styled(scope, "bold", f", {link}: {row['programmes']} programmes")
    counts = "" if row["programmes"] is None else f", {row['matched']} of {row['programmes']} programmes"
    pesos = f"{number(row['approved'] / 1e6, 0)} approved, {number(row['spent'] / 1e6, 0)} spent"
    share = f"{row['share_of_approved']:.1%} of the budget"
    return styled(scope, "bold", f", {link}: {pesos} (million pesos), {share}{counts}")
