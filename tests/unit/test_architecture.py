"""The shape of the code: who may know whom, how long a file may be, and what opening the project may cost."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from sdg_pipeline.settings import PROJECT
from sdg_pipeline.specs.catalog import Catalog

LAYERS = (
    ("errors", "clock", "settings", "layout", "files", "duck"),
    ("specs",),
    ("ingest",),
    ("estimate",),
    ("quality",),
    ("open_government",),
    ("publish",),
    ("packages",),
    ("release",),
    ("charts",),
    ("site",),
    ("run",),
    ("explain",),
    ("serve",),
    ("cli", "__main__"),
)
"""Modules and folders of ``sdg_pipeline`` in the order of the datum: each knows its own layer and those before it."""
ONLY_IN = {
    "great_expectations": {"sdg_pipeline/quality/gx.py"},
    "dagster": {f"assets/{p.name}" for p in (PROJECT / "assets").glob("*.py")},
}
HEAVY = ("pandas", "duckdb", "pyarrow", "sqlglot", "great_expectations", "requests")
MAX_LINES = 300
MAX_PARAMETERS = 5
MANY_PARAMETERS = {
    "sdg_pipeline/ingest/fetch.py:fetch": "three are options by keyword, which the command line and tests of servers set",
    "sdg_pipeline/ingest/download.py:download": "four are options by keyword, each with a default",
}
"""Functions that are allowed to take more, each with its reason."""
NO_NAMES = frozenset({"told", "found", "made", "given", "known", "held", "beside", "kin", "of"})
"""Words that say what happened to a thing and not what it is."""
LONG_FILES: frozenset[str] = frozenset()
"""Files that are allowed to be longer, each with its reason. There is none."""
SQL = re.compile(r"\b(SELECT|INSERT INTO|GROUP BY|ORDER BY|CREATE (TABLE|VIEW)|COPY \(|read_parquet)\b")

MODULES = {
    str(path.relative_to(PROJECT)): ast.parse(path.read_text(encoding="utf-8"))
    for folder in ("sdg_pipeline", "assets", "tools")
    for path in sorted((PROJECT / folder).rglob("*.py"))
}


def imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every module that is imported anywhere in a file, inside functions and for types too, and its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or "", node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def layer(module: str) -> int | None:
    """Number of the layer of ``sdg_pipeline.x.y``; None for the package itself."""
    part = module.split(".")[1] if "." in module else ""
    return next((i for i, names in enumerate(LAYERS) if part in names), None)


def test_every_module_of_the_package_has_its_layer() -> None:
    parts = {p.stem for p in (PROJECT / "sdg_pipeline").glob("*.py")} | {
        p.parent.name for p in (PROJECT / "sdg_pipeline").glob("*/__init__.py")
    }
    assert parts - {"__init__"} == {name for names in LAYERS for name in names}


def test_each_layer_knows_only_those_before_it() -> None:
    wrong = []
    for file, tree in MODULES.items():
        own = layer(file.removesuffix(".py").replace("/", "."))
        for module, line in imports(tree):
            other = layer(module) if module.startswith("sdg_pipeline.") else None
            if file.startswith("sdg_pipeline/") and own is not None and other is not None and other > own:
                wrong.append(f"{file}:{line} imports {module}")
    assert wrong == []


def test_the_root_holds_what_all_use() -> None:
    """A new module belongs into a folder; at most eight lie at the root."""
    assert {p.stem for p in (PROJECT / "sdg_pipeline").glob("*.py")} == {*LAYERS[0], "__init__", "__main__"}


def edges() -> dict[str, set[str]]:
    """What each module imports of the project, for types and inside functions too."""
    names = {
        file.removesuffix(".py").replace("/", ".").removesuffix(".__init__"): tree for file, tree in MODULES.items()
    }
    named = {name: {module for module, _ in imports(tree)} for name, tree in names.items()}
    return {name: {m for m in modules if m in names and m != name} for name, modules in named.items()}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Modules that import one another, in order; none where the graph has no circle."""
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_modules_import_one_another() -> None:
    assert circle(edges()) == []


def test_the_test_for_circles_would_see_one() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": set()})
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("folder", ["sdg_pipeline", "assets", "tools", "benchmarks", "tests"])
def test_names_are_terms_and_not_what_happened_to_them(folder: str) -> None:
    wrong = [
        f"{path.relative_to(PROJECT)}:{line} {name}"
        for path in sorted((PROJECT / folder).rglob("*.py"))
        for name, line in names(ast.parse(path.read_text(encoding="utf-8")))
        if name.strip("_") in NO_NAMES
    ]
    assert wrong == []


def names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Names that a file gives: of variables, parameters, functions, classes and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno


def test_functions_take_few_parameters() -> None:
    long = {
        f"{file}:{node.name}"
        for file, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and parameters(node) > MAX_PARAMETERS
    }
    assert long == set(MANY_PARAMETERS)


def parameters(node: ast.FunctionDef) -> int:
    """The parameters of a function, without self and cls; options of a command line are read as options."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    if any("command" in ast.unparse(decorator) for decorator in node.decorator_list):
        return 0
    return len([a for a in arguments if a.arg not in ("self", "cls")])


def test_the_package_does_not_know_its_conductor() -> None:
    wrong = [
        f"{file}:{line} imports {module}"
        for file, tree in MODULES.items()
        for module, line in imports(tree)
        if file.startswith("sdg_pipeline/") and module.split(".")[0] in ("dagster", "assets", "tests")
    ]
    assert wrong == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_known_to_few(library: str) -> None:
    users = {file for file, tree in MODULES.items() if any(m.split(".")[0] == library for m, _ in imports(tree))}
    assert users <= ONLY_IN[library]
    assert users


def test_files_are_short() -> None:
    long = {
        file: lines
        for file in MODULES
        if (lines := len((PROJECT / file).read_text(encoding="utf-8").splitlines())) > MAX_LINES
        and file not in LONG_FILES
    }
    assert long == {}, f"split by stage, up to {MAX_LINES} lines each"


def test_every_module_says_what_belongs_in_it() -> None:
    assert [file for file, tree in MODULES.items() if not ast.get_docstring(tree)] == []


def texts(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Literal texts of a file that are no docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    skipped = {
        id(node.value)
        for parent in ast.walk(tree)
        if isinstance(parent, documented)
        for node in parent.body
        if isinstance(node, ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.value, node.lineno


def test_assets_hold_no_sql() -> None:
    numbers = [
        f"{file}:{line} {text!r}"
        for file, tree in MODULES.items()
        for text, line in texts(tree)
        if file.startswith("assets/") and SQL.search(text)
    ]
    assert numbers == []


def test_the_test_for_sql_would_see_it() -> None:
    assert [bool(SQL.search(t)) for t in ("SELECT 1", f"x = '{'a'}' GROUP BY 1", "selected", "Select a run")] == [
        True, True, False, False]  # fmt: skip


def test_source_columns_are_named_in_table_specs_only(catalog: Catalog) -> None:
    """Columns whose name is a plain word (`sex`, `Año`) or a year cannot be told from words of the code."""
    named = {c for t in catalog.tables.values() for c in (*t.used_columns, *t.ignored_columns) if len(c) > 2}
    columns = {c for c in named if re.search(r"[A-Z]{2}|[A-Za-z][0-9]|_", c)}
    assert len(columns) > 250
    words = re.compile(r"\b(" + "|".join(sorted(map(re.escape, columns), key=len, reverse=True)) + r")\b")
    quoted = [
        f"{file}:{number} {match[0]}"
        for file in MODULES
        for number, line in enumerate((PROJECT / file).read_text(encoding="utf-8").splitlines(), start=1)
        if (match := words.search(line))
    ]
    assert quoted == []


def loaded_by(statement: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter holds after a statement."""
    script = f"import sys\n{statement}\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "SDG_MIRROR": "starter"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, cwd=PROJECT, timeout=540
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement", ["import assets.definitions", "import sdg_pipeline.run.runner", "import sdg_pipeline.cli.commands"]
)
def test_opening_the_project_loads_no_library_for_data(statement: str) -> None:
    """Dagster opens the definitions for every page and every run; these libraries cost seconds."""
    assert loaded_by(statement) & set(HEAVY) == set()


def test_importing_does_no_work(tmp_path: Path) -> None:
    """No module writes, reads the environment or opens a file while it is imported, but the entry point of Dagster."""
    names = [f.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for f in MODULES]
    library = [n for n in names if n.startswith("sdg_pipeline")]
    script = f"import importlib\nfor name in {library!r}: importlib.import_module(name)"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT),
        "SDG_HOME": str(tmp_path),
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=540
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", [f for f in MODULES if f.startswith("sdg_pipeline/")])
def test_no_error_is_swallowed(file: str) -> None:
    """An ``except`` that only passes hides what happened."""
    silent = [
        f"{file}:{node.lineno}"
        for node in ast.walk(MODULES[file])
        if isinstance(node, ast.ExceptHandler) and all(isinstance(s, ast.Pass) for s in node.body)
    ]
    assert silent == []


def test_only_the_clock_knows_the_time_of_day() -> None:
    """A release has no time in it: who wants one for a record asks ``clock``, which tests can set."""
    asking = {
        path
        for path, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr)
        in {(c, m) for c in ("datetime", "date", "time") for m in ("now", "today", "time")}
    }
    assert asking == {"sdg_pipeline/clock.py"}
