"""The code behind a step: what a change in a module makes stale, compared with what a step imports and what it runs."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from end_to_end.product import copy_home, first_run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdg_pipeline.run import code
from sdg_pipeline.run.steps import KINDS
from sdg_pipeline.settings import PROJECT

PACKAGE = PROJECT / "sdg_pipeline"
MODULES = {
    ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
RUNS_A_STEP = frozenset(
    {
        "sdg_pipeline.run.runner",
        "sdg_pipeline.run.lock",
        "sdg_pipeline.run.landing",
        "sdg_pipeline.run.journal",
        "sdg_pipeline.run.scheduler",
        "sdg_pipeline.release.policy",
    }
)
"""What performs steps: none of it decides what they give."""


def _imports(tree: ast.AST) -> Iterator[str]:
    """The oracle: every import that is executed, read from the syntax tree."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module or ""
        yield from _imports(node)


IMPORTS = {
    name: {m for m in _imports(ast.parse(path.read_text(encoding="utf-8"))) if m in MODULES}
    for name, path in MODULES.items()
}


def _closure(module: str) -> set[str]:
    reached, waiting = {module}, [module]
    while waiting:
        new = IMPORTS[waiting.pop()] - reached - code.WITHOUT_EFFECT.keys()
        reached |= new
        waiting += new
    return reached


BEHIND_WHAT_IS_LEFT_OUT = {
    module for name in code.WITHOUT_EFFECT for module in (name, *_closure(name)) if ".run.steps" not in module
}
"""Laying out a run calls these; what they say enters the identity or the inputs of a step."""


def _module(kind: str) -> str:
    return type(KINDS[kind]).__module__


def test_the_pattern_reads_the_imports_that_the_syntax_tree_has() -> None:
    assert {name: set(code.imports(name)) for name in MODULES} == IMPORTS


@pytest.mark.parametrize("kind", KINDS)
def test_the_code_of_a_kind_is_the_closure_of_its_imports(kind: str) -> None:
    closure = code.closure(_module(kind))
    assert closure == _closure(_module(kind))
    assert len(closure) > 5


def test_what_is_left_out_exists_and_has_a_reason() -> None:
    assert code.WITHOUT_EFFECT.keys() <= MODULES.keys()
    assert all(reason for reason in code.WITHOUT_EFFECT.values())


def test_modules_that_a_list_by_hand_forgot_are_in_it() -> None:
    """Of each of these a change left steps as they were, for ever and unnoticed."""
    assert "sdg_pipeline.quality.freshness" in code.closure(_module("warehouse"))
    assert "sdg_pipeline.release.manifest" in code.closure(_module("publication"))
    assert "sdg_pipeline.estimate.vintages" in code.closure(_module("staged"))


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source text, in which a test may change a module."""
    folder = tmp_path_factory.mktemp("code") / "sdg_pipeline"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__", "starter"))
    shutil.copytree(PROJECT / "warehouse", folder.parent / "warehouse", ignore=shutil.ignore_patterns("*.duckdb*"))
    return folder


def _versions(folder: Path) -> dict[str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(code, "FOLDER", folder)
        for function in (code.version, code.closure, code.imports, code._path):
            function.cache_clear()
        versions = {kind: code.version(_module(kind)) for kind in KINDS}
    for function in (code.version, code.closure, code.imports, code._path):
        function.cache_clear()
    return versions


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(module=st.sampled_from(sorted(MODULES)))
def test_a_change_makes_stale_exactly_the_kinds_whose_closure_has_the_module(module: str, copied: Path) -> None:
    path = copied / MODULES[module].relative_to(PACKAGE)
    before, text = _versions(copied), path.read_text(encoding="utf-8")
    path.write_text(text + "CHANGED = True\n", encoding="utf-8")
    try:
        after = _versions(copied)
    finally:
        path.write_text(text, encoding="utf-8")
    stale = {kind for kind in KINDS if before[kind] != after[kind]}
    assert stale == {kind for kind in KINDS if module in _closure(_module(kind))}


DATA_FILES = {
    "publish/checks_page.html": {"publication"},
    "ingest/draft/usual_names.yaml": set(),
    "charts/templates/trend.svg": {"site"},
    "site/words.yaml": {"site"},
    "site/templates/home.html": {"site"},
    "site/static/site.css": {"site"},
    "../warehouse/views/newest_period.sql": {"indicator", "publication", "warehouse"},
}
"""Files that modules read and that are no modules and no starter data, and the kinds of step whose result they decide.

Of a folder of files one stands for all.
"""


def test_a_change_of_a_template_makes_stale_what_is_written_with_it(copied: Path) -> None:
    """A sealed page is written with a template next to its module; nothing else noticed that it had changed."""
    others = {p.relative_to(copied) for p in copied.rglob("*") if p.is_file() and p.suffix != ".py"}
    folders = ("charts/templates", "site/templates", "site/static")
    single = {str(path) for path in others if str(path.parent) not in folders}
    assert single == {name for name in DATA_FILES if not name.startswith((*folders, ".."))}
    for name, kinds in DATA_FILES.items():
        before, text = _versions(copied), (copied / name).read_text(encoding="utf-8")
        (copied / name).write_text(text + "\n", encoding="utf-8")
        after = _versions(copied)
        (copied / name).write_text(text, encoding="utf-8")
        assert {kind for kind in KINDS if before[kind] != after[kind]} == kinds, name


TRACED = """
import os, sys, threading
import duckdb, great_expectations.expectations, pandas, pyarrow
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings

ran = set()
def trace(frame, event, argument):
    if frame.f_code.co_name != "<module>":
        ran.add(frame.f_globals.get("__name__", ""))
runner = Runner.load(Settings.from_environment({"SDG_HOME": sys.argv[1], "SDG_MIRROR": "starter"}))
for kind, step in {step.kind: step for step in reversed(runner.run.steps)}.items():
    if not (child := os.fork()):
        threading.settrace(trace)
        sys.settrace(trace)
        runner.perform(step, again=True)
        sys.settrace(None)
        print("\\ntraced", kind, *sorted(name for name in ran if name.startswith("sdg_pipeline.")), flush=True)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""
"""A step of each kind in a process of its own, forked from one that has imported what all need."""


@pytest.mark.slow
def test_all_code_that_a_step_runs_is_in_its_closure(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    """The other way: steps of starter data are performed, and every function that is called has its module noted."""
    home = copy_home(first_run(tmp_path_factory, "starter_home").product, tmp_path / "home").home
    done = subprocess.run([sys.executable, "-c", TRACED, str(home)], capture_output=True, text=True, cwd=PROJECT)
    assert done.returncode == 0, done.stderr
    traced = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("traced ")]
    performed = {kind: set(modules) for kind, *modules in traced}
    assert set(KINDS) - performed.keys() == {"geometry"}, "the starter data have no outlines"
    for kind, ran in performed.items():
        # a release is sealed only where the identity of every step behind it stands
        asked = set(map(_module, KINDS)) if kind == "publication" else set()
        allowed = code.closure(_module(kind)) | RUNS_A_STEP | asked
        assert ran - allowed - BEHIND_WHAT_IS_LEFT_OUT == set(), kind
        assert _module(kind) in ran
