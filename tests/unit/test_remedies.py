"""Every message of a mistake has a remedy: every construction of one in the code is walked."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from sdg_pipeline.errors import AS_DESCRIBED, ONE_OF_THEM, Problem, UsageError
from sdg_pipeline.settings import PROJECT

PLACES = sorted(path for folder in ("sdg_pipeline", "assets") for path in (PROJECT / folder).rglob("*.py"))
INPUT = ("InputError", "FetchError", "StagingError", "GeographyError", "ModelError")


def named(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def calls(tree: ast.Module, *names: str) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call) and named(node) in names)


def general(call: ast.Call) -> bool:
    """Whether the general remedy would be said: neither one of its own nor valid values."""
    return not any(k.arg in ("remedy", "valid", None) for k in call.keywords)


def with_helpers(call: ast.Call, tree: ast.Module) -> str:
    """The text of a call and of the functions of its module that it calls or whose variables it uses."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    within = [f for f in functions if call in ast.walk(f)]
    used = {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}
    assigned = (n for f in within for n in ast.walk(f) if isinstance(n, ast.Assign))
    texts = [ast.unparse(n) for n in assigned if {t.id for t in n.targets if isinstance(t, ast.Name)} & used]
    texts += [ast.unparse(f) for f in functions if f.name in used]
    return "\n".join([ast.unparse(call), *texts])


@pytest.mark.parametrize("path", PLACES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_message_has_a_remedy(path: object) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]
    usage = [c.lineno for c in calls(tree, "UsageError") if "remedy" not in with_helpers(c, tree)]
    inputs = [c.lineno for c in calls(tree, *INPUT) if not any(k.arg in ("remedy", None) for k in c.keywords)]
    problems = [c.lineno for c in calls(tree, "Problem", "problem") if len(c.args) != 2 and general(c)]
    assert (usage, inputs, problems) == ([], [], []), f"{path}: lines without a remedy"


def test_a_remedy_is_said_once_and_the_general_one_only_where_there_is_no_other() -> None:
    problem = Problem("a.yaml", 1, "x", "is wrong")
    assert str(problem).endswith(f"; remedy: {AS_DESCRIBED}")
    assert str(Problem("a.yaml", 1, "x", "is wrong", valid=("b",))).endswith(f"; remedy: {ONE_OF_THEM}")
    assert str(Problem("a.yaml", 1, "x", "is wrong", valid=("b",), remedy="do so")).endswith(
        "wrong; valid: b; remedy: do so"
    )


def test_a_text_of_any_length_keeps_its_remedy() -> None:
    text = str(UsageError("x" * 50_000, remedy="write a shorter one"))
    assert len(text) < 2_000 and text.endswith("; remedy: write a shorter one")
    assert str(UsageError(f"{'x' * 50_000}; remedy: do so")).endswith("; remedy: do so")
