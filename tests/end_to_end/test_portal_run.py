"""From an answer of a portal to the table, the page and a rebuild: a run takes in what was kept, and asks nobody."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator

import duckdb
import pytest
from end_to_end.product import Product
from support.chosen_specs import SPECS
from support.ckan_server import HTML, Portal, Reply, served

from sdg_pipeline.ingest.ckan import Reader


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    quick = functools.partial(Reader, sleep=lambda _: None)
    monkeypatch.setattr("sdg_pipeline.cli.portal.Reader", quick)
    with served(Portal()) as there:
        yield there


def with_portal(product: Product) -> Product:
    """The home with the portal among its specs, and two sources of which these say where they are on it."""
    for part in ("portals", "sources/conafor_fires.yaml", "sources/conapo_municipal.yaml"):
        source = SPECS / part
        shutil.copytree(source, product.specs / part) if source.is_dir() else shutil.copy(source, product.specs / part)
    said = product.call("run")
    assert said.code == 0, said
    return product


@pytest.mark.slow
def test_what_a_portal_answered_enters_the_next_run_and_its_rebuild(own_few: Product, portal: Portal) -> None:
    product = with_portal(own_few)
    page = product.layout.site / "datos-abiertos.html"
    assert "Nadie le ha preguntado todavía al portal." in page.read_text(encoding="utf-8")
    assert "Nobody has asked the portal yet." in (product.layout.site / "en/open-data.html").read_text(encoding="utf-8")
    title = "<script>alert(1)</script> Incendios"
    portal.put(
        name="incendios_forestales",
        title=title,
        resources=[{"name": "2025", "url": "https://x/1.csv", "format": "csv"}],
    )
    first = product.layout.latest.resolve()
    assert product.call("portal", "read", "--to", portal.address).code == 0
    asked = len(portal.asked)
    said = product.call("run")
    assert said.code == 0, said
    assert len(portal.asked) == asked, "a run asks nobody"
    second = product.layout.latest.resolve()
    assert second != first
    text = page.read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Incendios" in text and "<script>alert" not in text
    assert "el portal no lo tiene con ese nombre" in text
    query = "SELECT verdict, reason, formats FROM portal WHERE about IN ('conafor_fires', 'conapo_municipal') ORDER BY about"
    with duckdb.connect(str(product.layout.warehouse), read_only=True) as con:
        assert con.execute(query).fetchall() == [("listed", None, "CSV"), ("unknown", "absent", None)]
    portal.bad_day = lambda action, data: Reply(503, HTML, {"Content-Type": "text/html"})
    assert product.call("portal", "read", "--to", portal.address).code == 0
    rebuilt = product.call("release", "rebuild")
    assert rebuilt.code == 0 and "is rebuilt byte by byte" in rebuilt.out, "from the records of its own day"
    portal.bad_day = lambda action, data: None
    record = next(
        p
        for p in product.layout.portal_records("datos_gob_mx", "incendios_forestales").glob("*.json")
        if "alert" in p.read_text()
    )
    for path in record.parent.glob("*.json"):
        path.unlink()
    assert "a record of portal datos_gob_mx is gone; remedy: restore " in product.call("release", "rebuild").err
