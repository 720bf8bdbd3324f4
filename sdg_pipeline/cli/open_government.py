"""``sdg commitments | gaps | peers``: what the warehouse of the release in force knows of open government.

What belongs here: arguments and what is printed. What does not: rules and figures (``open_government``, warehouse).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sdg_pipeline import clock, duck
from sdg_pipeline.cli.console import line, styled
from sdg_pipeline.cli.contribute import app as contribute_app
from sdg_pipeline.cli.portal import portal_app
from sdg_pipeline.cli.sources import sources_app
from sdg_pipeline.cli.terminal import number
from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import Settings

if TYPE_CHECKING:
    import duckdb

app = typer.Typer()
app.add_typer(contribute_app, name="contribute")
app.add_typer(portal_app, name="portal")
app.add_typer(sources_app, name="sources")
request_app = typer.Typer(help="Ask for data, and see what is asked for.", no_args_is_help=True)
app.add_typer(request_app, name="request")


@request_app.command("new")
def new_request(
    request: Annotated[str, typer.Argument(help="Id in English, words joined by _.")],
    indicator: Annotated[str, typer.Option(help="Indicator that lacks what is asked for.")],
) -> None:
    """Write the skeleton of a request for data, which people review as any other spec."""
    from sdg_pipeline.specs import catalog, skeleton

    specs = catalog.load(Settings.from_environment().specs)
    day = clock.now().date().isoformat()
    line(str(skeleton.new_request(specs, request, indicator, day)))


@request_app.command("list")
def list_requests() -> None:
    """Say what is asked for, most wanted first, with the gaps that it is about."""
    with warehouse() as con:
        for row in rows_of(con, "FROM demand()", []):
            gap = f"{row['cells']:,.0f} areas without a value" if row["cells"] else "no area without a value"
            newest = f", newest {row['time_period']}" if row["time_period"] else ""
            asked = f"since {row['since']}, supporters: {row['supporters']}"
            line(styled(row["status"], "bold", f": {row['title_en']} ({asked})"))
            line(f"    {row['about']}, {row['geo_level']}: {gap}{newest}; {row['answered_by'] or 'no dataset yet'}")


@app.command()
def commitments(
    goal: Annotated[int | None, typer.Option(help="Only those that serve this goal.")] = None,
    institution: Annotated[str | None, typer.Option(help="Only those of institutions with this in their name.")] = None,
    on: Annotated[str | None, typer.Option(help="Day on which they are judged; today if none.")] = None,
) -> None:
    """Say what institutions promised by when, and whether it is met, late, overdue, not yet due or unknown."""
    today = day(on) if on else clock.now().date()
    where = "($1 IS NULL OR goal = $1) AND ($2 IS NULL OR institution ILIKE '%' || $2 || '%')"
    query = f"FROM commitments(DATE '{today}') WHERE {where} ORDER BY promised_on DESC, register, commitment"
    with warehouse() as con:
        rows = rows_of(con, query, [goal, institution])
    if not rows:
        raise UsageError("no commitment fits; remedy: leave out --goal and --institution")
    for row in rows:
        verdict = f", {row['verdict']} by its reviewer" if row["verdict"] else ""
        line(styled(row["status"].replace("_", " "), "bold", f"{verdict}: {row['title_en'] or row['title_es']}"))
        line(f"    {row['register']} {row['commitment']}, {row['institution']}, by {row['promised_on']}")
    counts = Counter((row["verdict"] or row["status"]).replace("_", " ") for row in rows)
    line(f"{len(rows)} commitments on {today}: {', '.join(f'{n} {word}' for word, n in counts.items())}")


@app.command()
def gaps(
    about: Annotated[str | None, typer.Argument(help="An area (key, code or name) or an indicator id.")] = None,
) -> None:
    """Say which values are missing, why, and what would close the gap; of an area, of an indicator, or of all."""
    with warehouse() as con:
        indicator = rows_of(con, "SELECT indicator FROM indicator_name WHERE name = $1", [about])
        if about is None:
            _gaps_of_all(con)
        elif indicator:
            _gaps_of_indicator(con, indicator[0]["indicator"])
        else:
            _gaps_of_area(con, about)


def _gaps_of_all(con: duckdb.DuckDBPyConnection) -> None:
    query = (
        "SELECT geo_level, class, count(DISTINCT indicator) AS indicators, sum(cells) AS cells FROM gap_grid "
        "WHERE dimension = '_T' GROUP BY ALL ORDER BY min(cells), geo_level, cells DESC"
    )
    for row in rows_of(con, query, []):
        line(f"{row['geo_level']:<13} {row['class']:<17} {row['cells']:>9,} cells, {row['indicators']} indicators")
    for row in rows_of(con, "SELECT why, count(*) AS number FROM un_gap GROUP BY ALL ORDER BY number DESC", []):
        line(f"{row['number']} indicators of the UN without any here: {row['why'].replace('_', ' ')}")


def _gaps_of_indicator(con: duckdb.DuckDBPyConnection, indicator: str) -> None:
    query = "FROM gap_grid WHERE indicator = $1 ORDER BY geo_level, dimension, class"
    for row in rows_of(con, query, [indicator]):
        people = f", {row['people']:,.0f} people" if row["people"] else ""
        what = row["class"] if row["dimension"] == "_T" else f"{row['class']} ({row['dimension']})"
        line(f"{row['geo_level']}: {what}, {row['cells']:,} areas{people}")
        if row["closes_with_en"]:
            line(f"    closes with: {row['closes_with_en']}")
    reasons = (
        "SELECT reason, count(*) AS cells, min(closes_with_en) AS closes FROM gap WHERE indicator = $1 "
        "GROUP BY reason ORDER BY cells DESC, reason"
    )
    for row in rows_of(con, reasons, [indicator]):
        line(f"empty, {row['reason']}: {row['cells']:,} areas; closes with: {row['closes'] or '?'}")


def _gaps_of_area(con: duckdb.DuckDBPyConnection, area: str) -> None:
    rows = rows_of(con, "FROM gaps($1)", [area])
    for row in rows:
        why = row["reason"] or row["class"]
        line(f"goal {row['goal']}, {row['indicator']}: {why}; closes with: {row['closes_with_en'] or '?'}")
    line(f"{len(rows)} indicators without a value")


@app.command()
def peers(
    area: Annotated[str, typer.Argument(help="Municipality: key, code or name.")],
    indicator: Annotated[str | None, typer.Option(help="Compare this indicator with the peers.")] = None,
) -> None:
    """Name the municipalities that are most like one, and what the best of them have otherwise."""
    with warehouse() as con:
        rows = rows_of(con, "FROM peers($1)", [area])
        if not rows:
            raise UsageError(f"{area!r} has no peers; remedy: name a municipality of a national run")
        for row in rows:
            parts = ", ".join(f"{name} {share:.0f} %" for name, share in row["contributions"].items() if share)
            where = f"{row['ref_area']} {row['area_name']}, {row['state_name']}"
            line(f"{row['rank']:>2}. {where}: distance {row['distance']:.3f}, stays {row['stability']:.0%} ({parts})")
        if rows[0]["inherited"]:
            line("By the figures of the municipalities that it was split from.")
        if indicator:
            for row in rows_of(con, "FROM peer_compare($1, $2)", [indicator, area]):
                figures = ("obs_value", "peers_median", "state_median", "nation_median")
                texts = [f"{name.replace('_', ' ')} {number(row[name], 2)}" for name in figures]
                line(f"{indicator} {row['time_period'] or ''}: {', '.join(texts)}; {row['shown']} shown")
            return
        for row in rows_of(con, "FROM peer_lessons($1) LIMIT 5", [area]):
            figures_ = f"{number(row['obs_value'], 2)} against {number(row['best_value'], 2)}"
            line(f"{row['title_en']}: {figures_}, in {', '.join(row['best_peers'])}")


@contextmanager
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of the release in force, to be read; UsageError where there is none."""
    import duckdb

    path = Layout(Settings.from_environment().home).warehouse
    if not path.is_file():
        raise UsageError(f"no warehouse at {path}; remedy: `sdg run`")
    with duckdb.connect(str(path), read_only=True) as con:
        duck.require_format(con, path)
        yield con


def rows_of(con: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    """The rows of a query by column; what its macros refuse is a UsageError."""
    import duckdb

    from sdg_pipeline.publish import headline

    try:
        cursor = con.execute(query, values)
    except duckdb.InvalidInputException as error:
        remedy = "name an area or indicator that is there; `sdg check --list` names the indicators"
        raise UsageError(str(error).removeprefix("Invalid Input Error: "), remedy=remedy) from error
    return headline.rows_of(cursor)


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--on {text!r} is no day; remedy: write 2026-09-30") from None
