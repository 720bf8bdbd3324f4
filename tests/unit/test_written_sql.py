"""SQL that a person wrote: hostile queries are refused when read, and DuckDB stops those that reach it all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from support.country import Country

from sdg_pipeline.duck import scratch_catalogue, text
from sdg_pipeline.errors import SpecErrors
from sdg_pipeline.estimate import confined
from sdg_pipeline.quality.contribution import examine
from sdg_pipeline.settings import Settings
from sdg_pipeline.specs import expressions

COLUMNS = "geo_level, state, municipality, time_period, 1 AS numerator, 2 AS denominator"
FROM = "FROM staged.people"
METHOD = "method: {kind: sql, table: people, rows_of: state, file: written.sql}\nbreakdowns: [[state]]"


def value(sql: str) -> str:
    """A SELECT whose value is this."""
    return f"SELECT {COLUMNS}, {sql} AS obs_value {FROM}"


def rows(sql: str, before: str = "") -> str:
    """A SELECT that reads these rows besides those of its table."""
    return f"{before} SELECT {COLUMNS}, 1 AS obs_value {sql}"


OTHER_TABLES = {
    "a file by its name": rows("FROM '/etc/hostname'"),
    "a quoted file": rows('FROM staged.people, "/etc/hostname"'),
    "a glob": rows("FROM staged.people, '/etc/*.csv'"),
    "an address": rows("FROM staged.people, 'https://example.org/x.parquet'"),
    "read_text": rows("FROM staged.people, read_text('/etc/hostname')"),
    "read_csv in a join": rows("FROM staged.people JOIN read_csv('/etc/hostname') ON true"),
    "read_blob in a subquery": value("(SELECT max(content) FROM read_blob('/etc/hostname'))"),
    "read_json in IN": f"{value('1')} WHERE state IN (SELECT x FROM read_json('/etc/hostname'))",
    "read_parquet in EXISTS": f"{value('1')} WHERE EXISTS(FROM read_parquet('/etc/*'))",
    "glob": rows("FROM staged.people, glob('/etc/*')"),
    "a CTE like a file, outside its scope": rows(
        "FROM staged.people, '/etc/hostname'", "WITH x AS (WITH \"/etc/hostname\" AS (SELECT 1) SELECT 2) "
    ),
    "a CTE of a subquery, outside it": rows(
        "FROM staged.people, inner_one WHERE EXISTS(WITH inner_one AS (SELECT 1 AS a) SELECT * FROM inner_one)"
    ),
    "a CTE in its own text": rows("FROM staged.people", "WITH area AS (SELECT * FROM area) "),
    "a CTE before it is there": rows(
        "FROM staged.people", "WITH a AS (SELECT * FROM part), part AS (SELECT 1 AS x FROM staged.people) "
    ),
    "a table of the engine": rows("FROM staged.people, area"),
    "the parts": rows("FROM staged.people, part"),
    "another staged table": rows("FROM staged.people, staged.census"),
    "another catalogue": rows("FROM scratch_1.staged.people"),
    "a schema of the system": rows("FROM staged.people, information_schema.tables"),
    "settings": rows("FROM staged.people, duckdb_settings()"),
    "secrets": rows("FROM staged.people, duckdb_secrets()"),
    "query": rows("FROM staged.people, query('SELECT 1')"),
    "query_table": rows("FROM staged.people, query_table('people')"),
    "a pragma as a table": rows("FROM staged.people, pragma_database_list()"),
    "a variable of Python": rows("FROM staged.people, inputs"),
    "rows without end": rows("FROM staged.people, range(1000000000000)"),
    "a series without end": rows("FROM staged.people, generate_series(1, 1000000000000)"),
}  # fmt: skip
NOT_ADMITTED = {
    "lateral": rows("FROM staged.people, LATERAL read_text('/etc/hostname')"),
    "lateral in a CTE": rows(
        "FROM staged.people", "WITH x AS (SELECT * FROM staged.people, LATERAL read_text('/etc/hostname')) "
    ),
    "summarize a file": rows("FROM (SUMMARIZE '/etc/hostname')"),
    "describe": rows("FROM (DESCRIBE staged.people)"),
    "recursion": rows(
        "FROM staged.people, r", "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 AS n FROM staged.people) "
    ),
    "random": value("random()"),
    "random, quoted": value('"random"()'),
    "random of a schema": value("main.random()"),
    "uuid": value("uuid()"),
    "current_date": value("current_date"),
    "current_timestamp": value("current_timestamp"),
    "now": value("now()"),
    "today": value("today()"),
    "the version": value("version()"),
    "a setting": value("current_setting('temp_directory')"),
    "a variable": value("getvariable('x')"),
    "the environment": value("getenv('HOME')"),
    "a sequence": value("nextval('s')"),
    "a user": value("current_user"),
    "any value": value("any_value(population)"),
    "first": value("first(population)"),
    "arg_max": value("arg_max(population, state)"),
    "a list of rows": value("array_agg(population)"),
    "row_number": value("row_number() OVER ()"),
    "lag without an order": value("lag(population) OVER ()"),
    "a sample": rows("FROM staged.people TABLESAMPLE 10 PERCENT"),
    "a limit": f"{value('1')} LIMIT 1",
    "an offset": f"{value('1')} OFFSET 1",
    "distinct on": f"SELECT DISTINCT ON (state) {COLUMNS}, 1 AS obs_value {FROM}",
    "rows by position": rows("FROM staged.people POSITIONAL JOIN staged.people AS b"),
    "a long text": value("length(repeat('x', 4000000000))"),
    "a list": value("list_sum([1, 2])"),
    "unnest": value("unnest([1, 2])"),
    "a table of values": rows("FROM staged.people, (VALUES (1)) AS t(x)"),
    "a parameter": value("$1"),
    "columns by pattern": value("COLUMNS('pop.*')"),
    "json": value("CAST(population AS JSON)"),
    "an unheard function": value("read_everything('/etc/hostname')"),
    "a pivot": rows("FROM (PIVOT staged.people ON sex USING sum(population))"),
}
NO_SELECT = {
    "attach": "ATTACH '/tmp/x.db' AS x",
    "copy out": "COPY (SELECT 1) TO '/tmp/x.csv'",
    "copy in": "COPY staged.people FROM '/etc/hostname'",
    "set": "SET enable_external_access = true",
    "pragma": "PRAGMA database_list",
    "summarize": "SUMMARIZE '/etc/hostname'",
    "describe": "DESCRIBE staged.people",
    "install": "INSTALL httpfs",
    "load": "LOAD httpfs",
    "call": "CALL pragma_version()",
    "create": "CREATE TABLE x AS SELECT 1",
    "export": "EXPORT DATABASE '/tmp/x'",
    "delete": "DELETE FROM staged.people",
    "two statements": f"{value('1')}; ATTACH '/tmp/x.db'",
    "a set operation": f"{value('1')} UNION ALL {value('2')}",
}
TOO_DEEP = {"parentheses": value("(" * 300 + "1" + ")" * 300), "a long sum": value("+".join(["1"] * 500))}
WELL = {
    "a CTE": f"WITH one AS (SELECT * {FROM}) SELECT {COLUMNS}, 1 AS obs_value FROM one",
    "a CTE in capitals": f"WITH one AS (SELECT * {FROM}) SELECT {COLUMNS}, 1 AS obs_value FROM ONE",
    "a CTE of a subquery": f"{value('1')} WHERE state IN (WITH s AS (SELECT state {FROM}) SELECT state FROM s)",
    "a join": f"SELECT a.geo_level, a.state, a.municipality, a.time_period, 1 AS numerator, 2 AS denominator, "
    f"b.population AS obs_value {FROM} AS a JOIN staged.people AS b ON a.state = b.state",
    "a window": value("lag(population) OVER (PARTITION BY state ORDER BY time_period)"),
    "a rounded average": value("round(avg(population) OVER (), 2)"),
}


def problems(country: Country, sql: str) -> list[str]:
    country.indicator("written", METHOD)
    country.write("goal_01/written.sql", sql)
    return country.problems()


@pytest.mark.parametrize("sql", OTHER_TABLES.values(), ids=OTHER_TABLES)
def test_every_table_is_a_cte_in_scope_or_the_staged_table(country: Country, sql: str) -> None:
    [problem] = problems(country, sql)
    assert "method.file: reads another table than staged.people; found " in problem


@pytest.mark.parametrize("sql", NOT_ADMITTED.values(), ids=NOT_ADMITTED)
def test_what_is_on_no_list_is_refused(country: Country, sql: str) -> None:
    [problem] = problems(country, sql)
    assert problem.startswith("goal_01/written.yaml:10: method.file: ")
    assert "which is not allowed; allowed: SELECT with CTEs" in problem or "is not SQL" in problem


@pytest.mark.parametrize("sql", NO_SELECT.values(), ids=NO_SELECT)
def test_nothing_but_one_select_is_read(country: Country, sql: str) -> None:
    [problem] = problems(country, sql)
    assert "holds something other than one SELECT" in problem or "is not SQL" in problem


@pytest.mark.parametrize("sql", TOO_DEEP.values(), ids=TOO_DEEP)
def test_what_is_nested_too_deep_is_refused(country: Country, sql: str) -> None:
    [problem] = problems(country, sql)
    assert "is nested more than 200 deep" in problem or "cannot be read" in problem


@pytest.mark.parametrize("sql", WELL.values(), ids=WELL)
def test_what_is_admitted_is_sound(country: Country, sql: str) -> None:
    assert problems(country, sql) == []


def test_a_contribution_that_reads_a_file_is_not_sound(country: Country, tmp_path: Path) -> None:
    proposed = tmp_path / "proposed" / "goal_01"
    proposed.mkdir(parents=True)
    country.indicator("written", METHOD)
    (country.specs / "goal_01" / "written.yaml").rename(proposed / "written.yaml")
    (proposed / "written.sql").write_text(NOT_ADMITTED["lateral"], encoding="utf-8")
    with pytest.raises(SpecErrors, match="uses LATERAL, which is not allowed"):
        examine(country.specs, proposed.parent)


WALLS = {
    "another file": ("SELECT content FROM read_text('/etc/hostname')", "Cannot access file"),
    "a table file by its name": ("SELECT * FROM '{other}'", "Cannot access file"),
    "a table file beside its own": ("SELECT * FROM read_parquet('{other}')", "Cannot access file"),
    "a folder": ("SELECT * FROM glob('{folder}/*')", "Cannot access file"),
    "the way up": ("SELECT * FROM read_text('{folder}/../../../../../../../../etc/hostname')", "Cannot access file"),
    "a variable of Python": ("SELECT * FROM secret", "does not exist"),
    "more memory than it may use": (
        "SELECT a, hash(a) AS h, CAST(a AS VARCHAR) || repeat('x', 900) AS b FROM range(2000000) AS t(a) ORDER BY h",
        "Out of Memory",
    ),
    "no number": ("SELECT CAST('x' AS DOUBLE)", "Could not convert"),
}


@pytest.mark.parametrize(("sql", "why"), WALLS.values(), ids=WALLS)
def test_duckdb_stops_what_the_lists_let_pass(tmp_path: Path, sql: str, why: str) -> None:
    own, other = tmp_path / "own.parquet", tmp_path / "other.parquet"
    for path in (own, other):
        duckdb.sql(f"COPY (SELECT 1 AS a) TO {text(path)}")
    query = confined.WrittenQuery(sql.format(other=other, folder=tmp_path), "written.sql", (own,))
    with pytest.raises(confined.WrittenSqlFailed, match=f"^written.sql: cannot be run; found .*{why}"):
        confined.result(query, lambda con: None)


def test_a_written_query_reads_its_own_table_and_cannot_unlock_the_database(tmp_path: Path) -> None:
    own = tmp_path / "own.parquet"
    duckdb.sql(f"COPY (SELECT 7 AS a) TO {text(own)}")
    refused: list[str] = []

    def offer(con: duckdb.DuckDBPyConnection) -> None:
        con.execute(f"CREATE VIEW own AS SELECT * FROM read_parquet({text(own)})")
        for statement in ("SET enable_external_access = true", "SET threads = 9", f"COPY own TO {text(own)}"):
            with pytest.raises(duckdb.Error) as error:
                con.execute(statement)
            refused.append(str(error.value))

    query = confined.WrittenQuery("SELECT a FROM own", "written.sql", (own,))
    assert confined.result(query, offer).to_pydict() == {"a": [7]}
    assert len(refused) == 3


def test_a_query_without_end_is_stopped_at_its_deadline() -> None:
    endless = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r"
    expected = (
        "^written.sql: was stopped: it takes more than 0.2 seconds; "
        "remedy: make the SELECT do less, or set SDG_SQL_SECONDS to more$"
    )
    with pytest.raises(confined.WrittenSqlFailed, match=expected):
        confined.result(confined.WrittenQuery(endless, "written.sql", (), 0.2), lambda con: None)


def test_the_deadline_is_a_setting(tmp_path: Path) -> None:
    assert Settings.from_environment({"SDG_HOME": str(tmp_path)}).sql_seconds == confined.SECONDS
    assert Settings.from_environment({"SDG_HOME": str(tmp_path), "SDG_SQL_SECONDS": "5"}).sql_seconds == 5


@pytest.fixture
def scratch_settings(tmp_path: Path) -> Settings:
    """A home and specs of a test, and a file outside of both."""
    for name in ("home/data/scratch", "specs", "outside"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "outside" / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    return Settings(home=tmp_path / "home", specs=tmp_path / "specs", warehouse_sql=tmp_path)


def attempts(folder: Path) -> dict[str, Callable[[duckdb.DuckDBPyConnection], object]]:
    outside = text(folder / "outside" / "secret.csv")
    return {
        "read": lambda con: con.execute(f"SELECT * FROM read_csv({outside})"),
        "write": lambda con: con.execute(f"COPY (SELECT 1) TO {text(folder / 'outside' / 'new.csv')}"),
        "attach": lambda con: con.execute(f"ATTACH {text(folder / 'outside' / 'new.db')} AS x"),
        "unlock": lambda con: con.execute("SET enable_external_access = true"),
        "widen": lambda con: con.execute("SET allowed_directories = ['/']"),
    }


@pytest.mark.parametrize("what", ["read", "write", "attach", "unlock", "widen"])
def test_the_database_of_a_run_reaches_its_home_and_no_further(
    scratch_settings: Settings, tmp_path: Path, what: str
) -> None:
    with scratch_catalogue(scratch_settings, scratch_settings.home / "data" / "scratch") as con:
        con.execute(f"COPY (SELECT 5 AS a) TO {text(scratch_settings.home / 'x.parquet')}")
        assert con.execute(f"FROM read_parquet({text(scratch_settings.home / 'x.parquet')})").fetchall() == [(5,)]
        with pytest.raises(duckdb.Error):
            attempts(tmp_path)[what](con)
    assert not (tmp_path / "outside" / "new.csv").exists()


HOSTILE_EXPRESSIONS = (
    "random() > 0.5",
    "current_date > '2020'",
    "now() IS NULL",
    "a = (SELECT 1)",
    "a IN (FROM read_text('/etc/hostname'))",
    "getenv('HOME') = 'x'",
    "main.random() > 1",
    "a = $1",
    "lag(a) OVER () = 1",
    "a; DROP TABLE x",
    "regexp_matches(a, 'x')",
    "staged.people.a = 1",
    "CAST(a AS JSON) = 1",
)


@pytest.mark.parametrize("sql", HOSTILE_EXPRESSIONS)
def test_an_expression_of_a_spec_computes_from_its_columns_alone(sql: str) -> None:
    with pytest.raises(expressions.ExpressionError):
        expressions.read(sql)
