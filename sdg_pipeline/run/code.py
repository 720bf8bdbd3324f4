"""The code that decides the result of a kind of step: the closure of the imports of its module.

A change in one of these modules makes the steps of the kind stale. What belongs here: finding them, and what is left
out with its reason. What does not: the other things that decide a result (runner).
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from sdg_pipeline import __version__

PACKAGE = "sdg_pipeline"
FOLDER = Path(__file__).resolve().parents[1]
IMPORT = re.compile(rf"^ *from (?P<package>{PACKAGE}[.\w]*) import (?P<names>\([^)]*\)|[^\n#]*)", re.MULTILINE)
FOR_TYPES = re.compile(r"^if TYPE_CHECKING:\n(?:(?: +[^\n]*)?\n)+", re.MULTILINE)
DATA_FILE = re.compile(
    r"""Path\(__file__\)\.with_name\("(?P<name>[^"]+)"\)|PackageLoader\("(?P<loader>[.\w]+)"\)"""
    r"""|resources\.files\("(?P<package>[.\w]+)"\) / "(?P<part>[^"]+)\""""
    r"""|PROJECT(?P<below>(?: / "\w+")+ / "\w+\.\w+")"""
)
"""How a module names a file of this package that it reads, or a folder of them: their bytes decide as its text does."""
LIBRARIES = ("duckdb", "sqlglot", "pydantic", "pyarrow", "great-expectations")
"""Packages whose version decides results; releases name them."""
WRITERS = {"sdg_pipeline.packages.registry": ("pysdmx",)}
"""Packages whose version decides the results of those kinds alone whose code has this module."""
WITHOUT_EFFECT = {
    "sdg_pipeline.errors": "texts of messages",
    "sdg_pipeline.clock": "times are in records, never in results",
    "sdg_pipeline.settings": "what of them decides a result enters the identity of a step",
    "sdg_pipeline.layout": "names of folders",
    "sdg_pipeline.run.graph": "which files a run reaches enters the inputs of a step",
    "sdg_pipeline.run.model": "data that is handed over; its parts enter the identity of a step",
    "sdg_pipeline.run.state": "what is remembered of a result",
    "sdg_pipeline.run.code": "this module",
}
"""Modules that no result depends on, each with its reason; the closure does not go through them."""


def release_hash() -> str:
    """sha256 of the source text that decides what a release holds."""
    kinds = ("raw", "staged", "indicator", "coherence", "open_government", "publication")
    modules = sorted({module for kind in kinds for module in closure(f"{PACKAGE}.run.steps.{kind}")})
    return _hash(modules)


@cache
def version(module: str) -> str:
    """Hash of the code behind the step kind of a module, and of the versions of the libraries that compute."""
    writers = (name for part, names in WRITERS.items() if part in closure(module) for name in names)
    versions = [__version__, *(metadata.version(name) for name in (*LIBRARIES, *writers))]
    return hashlib.sha256(" ".join([*versions, _hash(sorted(closure(module)))]).encode()).hexdigest()


def _hash(modules: list[str]) -> str:
    digest = hashlib.sha256()
    for module in modules:
        path = _path(module)
        digest.update(f"{module}\n".encode() + (_text(path) if path else b""))
    return digest.hexdigest()


def _text(path: Path) -> bytes:
    """The source text of a module, with the bytes of the files of this package that it reads."""
    text = path.read_bytes()
    return b"\n".join(
        [text, *(file.read_bytes() for m in DATA_FILE.finditer(text.decode()) for file in _read(path, m))]
    )


def _read(module: Path, named: re.Match[str]) -> list[Path]:
    if named["name"]:
        return [module.with_name(named["name"])]
    if named["below"]:
        return [FOLDER.parent.joinpath(*re.findall(r'"(.+?)"', named["below"]))]
    package, part = (named["loader"], "templates") if named["loader"] else (named["package"], named["part"])
    path = FOLDER.joinpath(*package.split(".")[1:], part)
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())


@cache
def closure(module: str) -> frozenset[str]:
    """The modules of this package that a module imports, at any depth and inside functions too, and itself.

    Imports for types alone do not count.
    """
    modules, waiting = {module}, [module]
    while waiting:
        for imported in imports(waiting.pop()):
            if imported not in modules and imported not in WITHOUT_EFFECT:
                modules.add(imported)
                waiting.append(imported)
    return frozenset(modules)


@cache
def imports(module: str) -> frozenset[str]:
    """The modules of this package that a module of it imports itself.

    A pattern reads them, since parsing all modules would take half a second at every start.
    """
    path = _path(module)
    if path is None:
        return frozenset()
    text = FOR_TYPES.sub("", path.read_text(encoding="utf-8"))
    return frozenset(name for match in IMPORT.finditer(text) for name in _imported(match["package"], match["names"]))


def _imported(package: str, names: str) -> Iterator[str]:
    """``from package import names``: the modules among these, and the package where one of them is no module."""
    words = [word.split(" as ")[0].strip() for word in names.strip("()").split(",")]
    modules = [name for word in words if word and _path(name := f"{package}.{word}")]
    yield from modules
    if len(modules) < len([word for word in words if word]):
        yield package


@cache
def _path(module: str) -> Path | None:
    """The file of a module; None where the name is that of something in one."""
    if module == PACKAGE:
        return FOLDER / "__init__.py"
    if not module.startswith(f"{PACKAGE}."):
        file = getattr(sys.modules.get(module), "__file__", None)  # a kind of step of somebody else
        return Path(file) if file else None
    path = FOLDER.joinpath(*module.split(".")[1:])
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((candidate for candidate in candidates if candidate.is_file()), None)
