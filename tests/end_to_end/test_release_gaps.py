"""What releases do not hold yet, each as the test that will hold; strict, so that a mended one has to lose its mark."""

from __future__ import annotations

import datetime
import json
import re
import shutil
from pathlib import Path
from unittest import mock

import duckdb
import pytest
from end_to_end.product import FEW_INDICATORS, Product, copy_specs, edit

pytestmark = pytest.mark.slow
SPEC = "goal_04/illiteracy_15_plus.yaml"


def gap(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)


@pytest.fixture
def home(tmp_path: Path) -> Product:
    """A published release of few indicators."""
    specs = copy_specs(tmp_path / "specs", FEW_INDICATORS)
    product = Product(tmp_path / "home").with_(SDG_SPECS=specs)
    assert product.call("run").code == 0
    return product


@pytest.fixture
def drafted(home: Product, tmp_path: Path) -> Product:
    """And a draft after it."""
    edit(tmp_path / "specs" / SPEC, "decimals: 1", "decimals: 2")
    own = home.with_(SDG_REVIEW="required", SDG_ACTOR="robot")
    said = own.call("run", "--release", "draft")
    assert said.code == 0, said.err
    return own


def release_of_warehouse(product: Product) -> str:
    with duckdb.connect(str(product.layout.warehouse), read_only=True) as con:
        return str(con.execute("SELECT DISTINCT release FROM sdg.latest").fetchall()[0][0])


@gap("whether a review is needed is read from the environment of whoever publishes, not from the record")
def test_a_draft_made_for_review_is_not_published_without(drafted: Product) -> None:
    assert drafted.with_(SDG_REVIEW="").call("release", "publish", "draft", "--by", "Ana").code == 1


@gap("the default name has the date, and README, release.json, datapackage.json and others hold the name")
def test_the_same_contents_have_the_same_seal_on_two_days(tmp_path: Path) -> None:
    specs, sums = copy_specs(tmp_path / "specs", FEW_INDICATORS), []
    for year in (2031, 2032):
        today = mock.Mock(today=lambda year=year: datetime.date(year, 2, 3))
        product = Product(tmp_path / str(year)).with_(SDG_SPECS=specs)
        with mock.patch("sdg_pipeline.publishing.date", today):
            assert product.call("run").code == 0
        sums.append((product.layout.latest / "SHA256SUMS").read_text(encoding="utf-8"))
    assert sums[0] == sums[1]


@gap("a warehouse that exists, damaged or not, is taken for good while the release of the run is a draft")
def test_a_damaged_warehouse_is_mended_while_a_draft_waits(drafted: Product) -> None:
    drafted.layout.warehouse.write_bytes(b"no database")
    assert drafted.call("run", "--release", "draft").code == 0
    assert drafted.layout.warehouse.read_bytes() != b"no database"
    assert release_of_warehouse(drafted) == drafted.layout.latest.resolve().name


@gap("the release that one was compared with has to lie beside it: one copied alone cannot be rebuilt")
def test_a_release_is_rebuilt_without_its_predecessor(drafted: Product) -> None:
    for folder in drafted.layout.published.iterdir():
        if folder.is_dir() and not folder.is_symlink() and folder.name != "draft":
            shutil.rmtree(folder)
    assert drafted.call("release", "rebuild", "draft").code == 0


@gap("no record counts as published, also of a release that has a version and so had a record")
def test_a_draft_that_lost_its_record_is_not_published(drafted: Product) -> None:
    drafted.layout.events("draft").unlink()
    assert not re.search(r"^draft .*published", drafted.call("release", "list").out, re.MULTILINE)


@gap("the release before is the last by number, not the one in force")
def test_after_an_older_release_is_in_force_again_the_next_is_compared_with_it(home: Product, tmp_path: Path) -> None:
    first, spec = home.layout.latest.resolve().name, tmp_path / "specs" / SPEC
    edit(spec, "decimals: 1", "decimals: 2")
    assert home.call("run", "--release", "second").code == 0
    assert home.call("release", "publish", first, "--by", "Ana").code == 0
    assert release_of_warehouse(home) == first
    edit(spec, "decimals: 2", "decimals: 3")
    assert home.with_(SDG_REVIEW="required").call("run", "--release", "third").code == 0
    facts = json.loads((home.layout.release("third") / "release.json").read_text(encoding="utf-8"))
    assert facts["compared_with"] == first
