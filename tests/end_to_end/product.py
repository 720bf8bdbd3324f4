"""The product as its users start it: the command line in a process of its own or in this one, and what it leaves.

What belongs here: starting it, copies of specs and homes, and their fingerprints. What does not: anything that a test
asserts.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import pytest
from support.chosen_specs import FEW_INDICATORS, SPECS, chosen_specs

from sdg_pipeline.cli import commands as cli
from sdg_pipeline.files import sha256_of
from sdg_pipeline.layout import Layout
from sdg_pipeline.settings import PROJECT, STARTER_MIRROR

NO_NETWORK = Path(__file__).parent / "no_network"
STARTER = STARTER_MIRROR.parent
WIDE = "400"
"""Columns of the terminal, so that nothing that a test looks for is broken over two lines."""
SHARED_MIRROR = PROJECT / "tests" / "shared_mirror.yaml"


@dataclass(frozen=True)
class Said:
    """How a call of the command line ended, and its two outputs."""

    code: int
    out: str
    err: str

    @property
    def problems(self) -> list[str]:
        return self.err.splitlines()


@dataclass(frozen=True)
class Product:
    """The product with a home; ``variables`` are those of the environment besides."""

    home: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        return Layout(self.home)

    @property
    def specs(self) -> Path:
        return Path(self.variables.get("SDG_SPECS", SPECS))

    @property
    def network_log(self) -> Path:
        return self.home.parent / f"{self.home.name}.network"

    def with_(self, **variables: object) -> Product:
        """The same home under other variables."""
        return Product(self.home, self.variables | {name: str(value) for name, value in variables.items()})

    def moved(self, home: Path) -> Product:
        """Another home under the same variables."""
        return Product(home, self.variables)

    def environment(self) -> dict[str, str]:
        """Nothing of SDG_* comes from the outside; connections to other machines are refused."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SDG_")}
        paths = [str(NO_NETWORK), str(PROJECT), *filter(None, [clean.get("PYTHONPATH")])]
        return clean | {
            "PYTHONPATH": os.pathsep.join(paths),
            "SDG_TEST_NETWORK_LOG": str(self.network_log),
            "SDG_HOME": str(self.home),
            "SDG_MIRROR": "starter",
            "COLUMNS": WIDE,
            **self.variables,
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """``sdg …`` in a process of its own, outside of the checkout."""
        return subprocess.Popen(
            [sys.executable, "-m", "sdg_pipeline", *arguments],
            env=self.environment(),
            cwd=self.home.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_heed_interrupts,
        )

    def sdg(self, *arguments: str) -> Said:
        """``sdg …`` in a process of its own, to its end."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=540)
        return Said(process.returncode, out, err)

    def call(self, *arguments: str) -> Said:
        """``sdg …`` in this process: no start-up, and an exception that is not told to the user fails the test."""
        out, err = io.StringIO(), io.StringIO()
        code: object = 0
        with contextlib.ExitStack() as stack:
            stack.enter_context(mock.patch.dict(os.environ, self.environment(), clear=True))
            stack.enter_context(mock.patch.object(sys, "argv", ["sdg", *arguments]))
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(contextlib.redirect_stderr(err))
            try:
                cli.main()
            except SystemExit as end:
                code = end.code
        return Said(code if isinstance(code, int) else 0 if code is None else 1, out.getvalue(), err.getvalue())

    def published(self) -> dict[str, str]:
        """What users read: every published file and link, and the warehouse, with its content."""
        return contents_of(self.layout.published) | contents_of(self.layout.warehouse.parent)


def _heed_interrupts() -> None:
    """A shell in the background has its children ignore Ctrl-C, and so do their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def contents_of(folder: Path) -> dict[str, str]:
    """sha256 of every file and target of every link below a folder."""
    return {
        str(path): f"-> {path.readlink()}" if path.is_symlink() else sha256_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def copy_home(product: Product, target: Path) -> Product:
    """The same home elsewhere, with the times of its files."""
    shutil.copytree(product.home, target, symlinks=True)
    return Product(target, product.variables)


def copy_specs(target: Path) -> Path:
    """The project's specs in a folder that a test may change."""
    shutil.copytree(SPECS, target)
    return target


def edit(path: Path, old: str, new: str) -> None:
    """Replace a text that a file holds once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8")


@dataclass(frozen=True)
class Run:
    """A whole first run, made once for all workers: the product, what it said, and the memory of its process."""

    product: Product
    said: Said
    peak_rss_bytes: int


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """The folder of this session of tests, which all its workers see."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def first_run(factory: pytest.TempPathFactory, name: str, **variables: str) -> Run:
    """``sdg run`` in a fresh home; the worker that comes first makes it, the others wait and share it."""
    shared = shared_folder(factory)
    product, note = Product(shared / name, variables), shared / f"{name}.json"
    with locked(shared / f"{name}.lock"):
        if not note.exists():
            note.write_text(json.dumps(_measured(product)), encoding="utf-8")
    note_ = json.loads(note.read_text(encoding="utf-8"))
    return Run(product, Said(note_["code"], note_["out"], note_["err"]), note_["peak_rss_bytes"])


def chosen_run(
    factory: pytest.TempPathFactory, name: str = "few", indicators: tuple[str, ...] = FEW_INDICATORS
) -> Product:
    """``sdg run`` of some indicators, as ``first_run``; its specs lie next to its home. For looking only."""
    specs = shared_folder(factory) / name / "specs"
    with locked(shared_folder(factory) / f"{name}_specs.lock"):
        if not specs.exists():
            chosen_specs(specs, indicators)
    run = first_run(factory, f"{name}/home", SDG_SPECS=str(specs))
    assert run.said.code == 0, run.said
    return run.product


def copy_chosen(product: Product, folder: Path) -> Product:
    """The home of ``chosen_run`` and its specs in a folder that a test may change."""
    shutil.copytree(product.home, folder / "home", symlinks=True)
    shutil.copytree(product.specs, folder / "specs")
    return product.with_(SDG_SPECS=folder / "specs").moved(folder / "home")


def national_run(factory: pytest.TempPathFactory, shared_data: Path) -> Run:
    """``sdg run`` over the whole national table, as ``first_run``."""
    return first_run(factory, "national_home", SDG_SHARED_DATA=str(shared_data), SDG_MIRROR=str(SHARED_MIRROR))


def national_product(request: pytest.FixtureRequest) -> Product:
    """The home that SDG_NATIONAL_HOME names, of a national run of this checkout; else the one that tests share."""
    named = os.environ.get("SDG_NATIONAL_HOME", "")
    product: Product = Product(Path(named)) if named else request.getfixturevalue("national").product
    return product


def _measured(product: Product) -> dict[str, object]:
    """Outputs go to files, so that the process can be waited for by ``wait4``, which tells its memory."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "sdg_pipeline", "run"],
            env=product.environment(),
            cwd=product.home.parent,
            stdout=out,
            stderr=err,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        # ru_maxrss is in kibibytes on Linux, in bytes on macOS.
        peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return {"code": process.returncode, "out": out.read(), "err": err.read(), "peak_rss_bytes": peak}


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
