"""What a release keeps through the command line: its review, its bytes, its record, its place among the others."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from end_to_end.product import STARTER, Product, copy_chosen, edit

from sdg_pipeline.release.manifest import sealed

pytestmark = pytest.mark.slow
SPEC = "goal_04/illiteracy_15_plus.yaml"


@pytest.fixture
def home(own_few: Product) -> Product:
    """A published release of few indicators."""
    return own_few


@pytest.fixture(scope="module")
def with_draft(few: Product, tmp_path_factory: pytest.TempPathFactory) -> Product:
    """And a draft after it, for looking only."""
    own = copy_chosen(few, tmp_path_factory.mktemp("drafted")).with_(SDG_REVIEW="required", SDG_ACTOR="robot")
    edit(Path(own.variables["SDG_SPECS"]) / SPEC, "decimals: 1", "decimals: 2")
    said = own.call("run", "--release", "draft")
    assert said.code == 0, said.err
    return own


@pytest.fixture
def drafted(with_draft: Product, tmp_path: Path) -> Product:
    return copy_chosen(with_draft, tmp_path)


def release_of_warehouse(product: Product) -> str:
    with duckdb.connect(str(product.layout.warehouse), read_only=True) as con:
        return str(con.execute("SELECT DISTINCT release FROM sdg.latest").fetchall()[0][0])


def sealed_names(product: Product) -> list[str]:
    return [manifest.release for manifest in sealed(product.layout)]


def test_a_draft_made_for_review_is_not_published_without(drafted: Product) -> None:
    forgetful = drafted.with_(SDG_REVIEW="")
    assert forgetful.call("release", "publish", "draft", "--by", "Ana").code == 1
    assert forgetful.call("release", "waive", "--by", "Eva", "--reason", "a trial").code == 0
    assert forgetful.call("release", "publish", "draft", "--by", "Ana").code == 0


def test_a_damaged_warehouse_is_mended_while_a_draft_waits(drafted: Product) -> None:
    drafted.layout.warehouse.write_bytes(b"no database")
    assert drafted.call("run", "--release", "draft").code == 0
    assert drafted.layout.warehouse.read_bytes() != b"no database"
    assert release_of_warehouse(drafted) == drafted.layout.latest.resolve().name


def test_a_release_is_rebuilt_without_its_predecessor(drafted: Product) -> None:
    before = drafted.layout.latest.resolve().name
    for folder in drafted.layout.published.iterdir():
        if folder.is_dir() and not folder.is_symlink() and folder.name != "draft":
            shutil.rmtree(folder)
    said = drafted.call("release", "rebuild", "draft")
    assert said.code == 0, said
    assert f"changes and version are taken as sealed: {before}, which it was compared with, is gone" in said.out


def test_a_run_may_end_with_a_draft_that_needs_no_review(home: Product, tmp_path: Path) -> None:
    before = home.layout.latest.resolve()
    edit(tmp_path / "specs" / SPEC, "decimals: 1", "decimals: 2")
    said = home.call("run", "--draft", "--release", "draft")
    assert (said.code, "(not published)" in said.out) == (0, True), said.err
    assert home.layout.latest.resolve() == before
    assert (
        (home.layout.release("draft") / "changes.md").read_text(encoding="utf-8").startswith("# Changes from release")
    )
    assert home.call("release", "publish", "draft", "--by", "Ana").code == 0
    assert release_of_warehouse(home) == "draft"


def test_a_draft_that_lost_its_record_is_not_published(drafted: Product) -> None:
    drafted.layout.events("draft").unlink()
    assert not re.search(r"^draft .*published", drafted.call("release", "list").out, re.MULTILINE)


def test_after_an_older_release_is_in_force_again_the_next_is_compared_with_it(home: Product, tmp_path: Path) -> None:
    first, spec = home.layout.latest.resolve().name, tmp_path / "specs" / SPEC
    edit(spec, "decimals: 1", "decimals: 2")
    assert home.call("run", "--release", "second").code == 0
    assert home.call("release", "publish", first, "--by", "Ana").code == 0
    assert release_of_warehouse(home) == first
    edit(spec, "decimals: 2", "decimals: 3")
    assert home.call("run", "--draft", "--release", "third").code == 0
    facts = json.loads((home.layout.release("third") / "release.json").read_text(encoding="utf-8"))
    assert facts["compared_with"] == first


def test_what_changes_no_value_and_is_sealed_gives_the_next_number(home: Product, tmp_path: Path) -> None:
    """A comment in a spec, and a key of the mirror: both are in the files of a release. The home is not stuck."""
    names = [home.layout.latest.resolve().name]
    with (tmp_path / "specs" / SPEC).open("a", encoding="utf-8") as spec:
        spec.write("# looked at again\n")
    mirror = shutil.copytree(STARTER, tmp_path / "mirror") / "mirror.yaml"
    edit(mirror, "name: starter", "name: package")  # the notes on coverage name it
    for variables in ({}, {"SDG_MIRROR": mirror}):
        for _ in range(2):  # the second finds nothing to do
            said = home.with_(**variables).call("run")
            assert said.code == 0, said
        names.append(home.layout.latest.resolve().name)
    assert [name[:3] for name in names] == ["r1.", "r2.", "r3."]
    assert sealed_names(home) == names
    values = [(home.layout.release(name) / "observations.parquet").read_bytes() for name in names]
    assert len(set(values)) == 1
    assert release_of_warehouse(home) == names[-1]


def test_an_outdated_draft_is_not_published_by_a_run_of_its_name(drafted: Product, tmp_path: Path) -> None:
    open_home = drafted.with_(SDG_REVIEW="")
    assert open_home.call("release", "waive", "--by", "Eva", "--reason", "a trial").code == 0
    edit(tmp_path / "specs" / SPEC, "decimals: 2", "decimals: 3")
    assert open_home.call("run", "--release", "newer").code == 0
    edit(tmp_path / "specs" / SPEC, "decimals: 3", "decimals: 2")
    said = open_home.call("run", "--release", "draft")
    assert (said.code, "release draft is a draft, and another release was published" in said.err) == (2, True), said
    assert open_home.layout.latest.resolve().name == "newer"
    assert open_home.call("run").code == 0
    assert open_home.layout.latest.resolve().name.startswith("r4.")


def test_a_release_that_was_approved_with_findings_stops_no_later_run(home: Product, tmp_path: Path) -> None:
    edit(tmp_path / "specs" / SPEC, "range: [0, 100]", "range: [0, 1]")
    blocked = home.call("run")
    assert (blocked.code, "is blocked, nothing was published" in blocked.err) == (1, True), blocked
    assert home.call("run", "--draft", "--release", "odd").code == 1
    assert home.call("release", "approve", "odd", "--by", "Eva", "--reason", "a trial").code == 0
    assert home.call("release", "publish", "odd", "--by", "Ana").code == 0
    before = home.published()
    for arguments in ((), ("--draft",), ("--release", "odd")):
        said = home.call("run", *arguments)
        assert (said.code, "blocked" in said.out + said.err) == (0, False), said
    home.layout.state(("publication", "release")).unlink()
    said = home.call("run")
    now = home.published()
    assert said.code == 0, said
    changed = {name for name in {*before, *now} if before.get(name) != now.get(name)}
    assert [name for name in changed if not name.endswith(".duckdb")] == []
