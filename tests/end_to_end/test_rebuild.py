"""A release is the same bytes from its locks on any day and with any number of threads; a full disk leaves the last."""

from __future__ import annotations

import resource
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest
from end_to_end.product import Product, Run, Said, copy_home, edit

from sdg_pipeline import clock
from sdg_pipeline.publish import locks
from sdg_pipeline.release import events

pytestmark = pytest.mark.slow

ANOTHER_DAY = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def product(starter: Run, tmp_path_factory: pytest.TempPathFactory) -> Product:
    return copy_home(starter.product, tmp_path_factory.mktemp("rebuild") / "home")


def on_another_day(product: Product, *arguments: str) -> Said:
    """The home comes from another process, with another order of its sets."""
    with mock.patch.object(clock, "now", lambda: ANOTHER_DAY):
        return product.call(*arguments)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_release_is_rebuilt_byte_by_byte_on_another_day(threads: int, few: Product) -> None:
    before = few.published()
    done = on_another_day(few.with_(SDG_THREADS=threads), "release", "rebuild")
    assert done.code == 0, done
    assert "is rebuilt byte by byte" in done.out
    assert few.published() == before
    assert list(few.layout.scratch.glob("rebuild-*")) == []


def test_two_homes_on_two_days_with_other_threads_have_the_same_release(product: Product, tmp_path: Path) -> None:
    """By name as well: it is the default one, which has no date."""
    other = Product(tmp_path / "home").with_(SDG_THREADS=1, SDG_STEPS=1, SDG_ACTOR="Ana")
    done = on_another_day(other, "run")
    assert done.code == 0, done
    name = product.layout.latest.resolve().name
    assert other.layout.latest.resolve().name == name
    days = [events.read(home.layout, name)[-1].when[:10] for home in (product, other)]
    assert days[0] != days[1] == "2031-02-03"
    assert (other.layout.latest / "SHA256SUMS").read_bytes() == (product.layout.latest / "SHA256SUMS").read_bytes()


def test_a_rebuild_needs_the_bytes_that_the_release_names(product: Product, tmp_path: Path) -> None:
    own = copy_home(product, tmp_path / "home")
    [lock] = [one for one in locks.read(own.layout.latest) if one.source == "inegi_iter"]
    [raw] = own.layout.raw_folder("inegi_iter", "2020").glob(f"{lock.sha256[:12]}.*")
    raw.write_bytes(b"other bytes")
    said = own.call("release", "rebuild")
    assert said.code == 2
    assert f"the raw store lacks inegi_iter/2020 sha256 {lock.sha256}; remedy: " in said.err


def test_a_review_is_required_through_the_command_line(own_few: Product, tmp_path: Path) -> None:
    edit(tmp_path / "specs" / "goal_04" / "illiteracy_15_plus.yaml", "decimals: 1", "decimals: 2")
    own = own_few.with_(SDG_REVIEW="required", SDG_ACTOR="robot")
    before, warehouse = own.layout.latest.resolve(), own.layout.warehouse.stat().st_mtime_ns
    said = own.call("run", "--release", "draft")
    assert said.code == 0, said.err
    assert "(not published)" in said.out
    assert (own.layout.latest.resolve(), own.layout.warehouse.stat().st_mtime_ns) == (before, warehouse)
    refused = own.call("release", "publish", "draft", "--by", "Ana")
    assert (refused.code, "another person than Ana has to review it" in refused.err) == (1, True)
    assert own.call("release", "review", "draft", "--by", "Luis", "--note", "compared").code == 0
    assert own.call("release", "publish", "draft", "--by", "Ana").code == 0
    assert own.layout.latest.resolve() == own.layout.release("draft")
    assert own.layout.warehouse.stat().st_mtime_ns != warehouse
    listed = own.call("release", "list").out
    assert "draft  2.0.0  published  (latest)" in listed
    assert "reviewed " in listed and "Luis" in listed
    assert own.call("run", "--release", "draft").code == 0
    assert own.call("release", "publish", "draft", "--by", "").code == 2
    assert own.call("release", "approve", "draft", "--by", "Eva", "--reason", "none").code == 2


@pytest.mark.parametrize("limit", [20_000, 120_000, 300_000], ids=lambda n: f"{n} bytes a file")
def test_a_full_disk_is_reported_and_leaves_the_last_release(own_few: Product, tmp_path: Path, limit: int) -> None:
    own = own_few.with_(SDG_CSV_BOM=0)
    if limit == 20_000:
        _stage_anew(tmp_path / "specs")
    done = subprocess.run(
        [sys.executable, "-m", "sdg_pipeline", "run", "--release", "full"],
        env=own.environment(),
        cwd=own.home.parent,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "no room to write: " in done.stderr
    assert "remedy: free space" in done.stderr
    assert own.call("release", "verify").code == 0
    assert list(own.layout.scratch.glob("release-*")) == []
    assert own.call("run", "--release", "full").code == 0


def _stage_anew(specs: Path) -> None:
    """Change the specs so that the tables are staged anew."""
    for path in (specs / "sources").glob("inegi_iter*.yaml"):
        path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + "\n    max_megabytes: 401\n", encoding="utf-8")
