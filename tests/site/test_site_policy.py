"""Open data as a policy on the site: openness, charter, requests and contributions, beside the warehouse's rows."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser
from site_pages import Page

from sdg_pipeline.layout import Layout
from sdg_pipeline.site import openness, policy, reading
from sdg_pipeline.site.model import LANGUAGES, Contents, Policy
from sdg_pipeline.site.rendering import Site
from sdg_pipeline.site.words import word

HOSTILE = "\"><script>alert(1)</script>{{ 7 * 7 }}'<img src=x onerror=alert(1)>"
KINDS = ("openness", "charter", "requests", "contributions", "peers")
PAGES = (
    "apertura.html",
    "carta.html",
    "solicitudes.html",
    "aportaciones.html",
    "parecidos.html",
    "datos-abiertos.html",
    "apertura/own_release.html",
)


@pytest.fixture(scope="module")
def con(layout: Layout) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(layout.warehouse), read_only=True)


def text_of(page: Path) -> str:
    return " ".join(Page(page).text.split())


def test_each_source_has_its_page_with_each_item_and_its_evidence(site: Path, con: duckdb.DuckDBPyConnection) -> None:
    sources = [name for (name,) in con.execute("SELECT DISTINCT source FROM openness ORDER BY ALL").fetchall()]
    assert {path.stem for path in (site / "apertura").iterdir()} == set(sources)
    for source in (sources[0], sources[-1], "own_release"):
        html = (site / "en" / "openness" / f"{source}.html").read_text("utf-8")
        rows = re.findall(r'<td><span class="v v-(\w+)">.*?<td class="num">(.*?) / (.*?)<td class="evidence">', html)
        expected = con.execute(
            "SELECT framework, count(*), count(points), sum(\"of\"), sum(points) FROM openness WHERE source = ? "
            "AND edition = (SELECT edition FROM openness WHERE source = ? GROUP BY edition ORDER BY edition DESC LIMIT 1) "
            "GROUP BY ALL ORDER BY framework",
            [source, source],
        ).fetchall()  # fmt: skip
        assert len(rows) == sum(count for _, count, *_ in expected)
        assert sum(verdict != "unknown" for verdict, *_ in rows) == sum(row[2] for row in expected)
        assert sum(points != "–" for _, points, _ in rows) == sum(row[2] for row in expected)
        assert sum(float(row[2]) for row in rows) == pytest.approx(sum(row[3] for row in expected))
        assert all(re.search(r"<span lang=\"en\">[^<]+", row) for row in html.split('<td class="evidence">')[1:])


def test_a_score_stands_beside_the_share_that_is_known(site: Path, con: duckdb.DuckDBPyConnection) -> None:
    html = (site / "apertura.html").read_text("utf-8")
    for framework, heading, points, known_of, possible in con.execute(
        "SELECT framework, heading, points, known_of, \"of\" FROM openness_score WHERE source = 'own_release' ORDER BY ALL"
    ).fetchall():
        score = openness.Score(points, known_of, possible)
        shown = f"<b>{score.share} %</b>" if known_of else word("es", "score_unknown")
        assert f"{shown} <i>{word('es', 'score_known', share=score.share_known)}</i>" in html, (framework, heading)


def test_items_of_the_charter_and_priority_data_are_those_of_the_warehouse(
    site: Path, con: duckdb.DuckDBPyConnection
) -> None:
    text, html = text_of(site / "carta.html"), (site / "carta.html").read_text("utf-8")
    day = con.execute("SELECT published_on[:10] FROM release WHERE latest").fetchall()[0][0]
    items = con.execute(f"SELECT title_es, verdict FROM charter(DATE '{day}')").fetchall()
    assert day in text
    assert [title for title, _ in items if title not in text] == []
    shown = re.findall(r'<li><span class="v v-(\w+)">', html)
    assert sorted(shown) == sorted(verdict for _, verdict in items)
    covered, every = con.execute("SELECT count(DISTINCT item) FILTER (source IS NOT NULL), count(DISTINCT item) FROM priority_data").fetchall()[0]  # fmt: skip
    assert word("es", "priority_count", covered=covered, all=every) in text
    assert html.count('class="v v-missing"') == every - covered


def test_requests_stand_in_the_order_of_demand_with_their_gaps(site: Path, con: duckdb.DuckDBPyConnection) -> None:
    page = Page(site / "solicitudes.html")
    rows = con.execute("SELECT request, indicator FROM demand()").fetchall()
    inside = {name for (name,) in con.execute("SELECT id FROM indicator").fetchall()}
    assert [i for i in page.ids if i in {request for request, _ in rows}] == list(dict.fromkeys(r for r, _ in rows))
    links = {link for link in page.links if link.startswith("indicador/")}
    assert links == {f"indicador/{name}.html" for _, name in rows if name in inside}
    assert page.text.count("Lo pide:") == len({request for request, _ in rows})


def test_nobody_has_contributed_anything_and_the_page_says_so(site: Path) -> None:
    assert word("es", "contributions_none") in text_of(site / "aportaciones.html")
    assert word("en", "contributions_none") in text_of(site / "en/contributions.html")


def test_peers_and_dated_steps_are_those_of_the_warehouse(layout: Layout, site: Path) -> None:
    """The starter data have no peers, so figures are put in."""
    assert word("es", "peers_none") in text_of(site / "parecidos.html")
    assert word("en", "peers_none") in text_of(site / "en/peers.html")
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        contents = reading.contents(con)
        steps = con.execute("SELECT title_en, due_on FROM milestone").fetchall()
    page = text_of(site / "en/open-data.html")
    assert steps and [title for title, day in steps if f"{title}: by {day}" not in page] == []
    quality = [
        {"indicator": name, "areas": 2478, "gap_peers": 1.25, "gap_state": 1.5, "gap_nation": 2.5, "shown": shown, "role": role}
        for name, shown, role in (("illiteracy_15_plus", "peers", "outcome"), ("literacy_15_plus", "state", "circular"))
    ]  # fmt: skip
    place = {"variable": "population", "title_es": HOSTILE, "title_en": HOSTILE, "places": 2478, "heirs": 9}
    own = replace(contents.policy, peer_places=(place,), peer_quality=tuple(quality), stability=(15, 0.548))
    html = rendered(replace(contents, policy=own), "peers", "en")
    assert (
        "2,478 municipalities are compared" in html and "names the 15 that" in html and "55% of the peers stay" in html
    )
    assert word("en", "peers_ratio", peers="50", state="60") in html.replace("&#39;", "'")
    assert '<td class="num"><b>1.25</b><td class="num">1.50<td class="num">2.50<td>peers<td>judges the choice' in html
    assert '<td class="num">1.25<td class="num"><b>1.50</b><td class="num">2.50<td>state<td>shares a component' in html
    assert "<script>alert" not in html


def contributed(**other: Any) -> dict[str, Any]:
    row = {
        "contribution": "abc123def456", "indicator": "illiteracy_15_plus", "ref_area": "MX01001", "time_period": "2020",
        "value": 1.9, "unit": "PT", "official_value": 1.75, "difference": 0.15, "contributor": "Aguascalientes",
        "origin": "Padrón municipal", "note": None, "source": "local_abc123def456", "source_level": "local",
        "sha256": "a" * 64, "accepted_by": "Ana", "accepted_at": "2026-10-01T10:00:00",
    }  # fmt: skip
    return row | other


def rendered(contents: Contents, kind: str, language: Any) -> str:
    shown = policy.shown(contents, language) | {"disclosure": contents.disclosure, "places": contents.places}
    return Site(contents).render(kind, language, title="t", summary="s", **shown)[1].decode()


def test_a_contributed_figure_stands_beside_the_official_one(layout: Layout) -> None:
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        contents = reading.contents(con)
    rows = (contributed(), contributed(ref_area="MX20067", official_value=None, difference=None, note="conteo"))
    contents = replace(contents, policy=Policy(contributed=rows))
    html = rendered(contents, "contributions", "es")
    first, second = re.findall(r"<tr><th scope=\"row\">.*", html)
    assert [re.sub("<[^>]+>", "", cell) for cell in first.split('<td class="num">')[1:]] == [
        "2020", "1.9", "1.8", "0.1Padrón municipal"]  # fmt: skip
    assert 'href="municipio/MX01001.html"' in first
    assert "municipio/MX20067.html" not in second, "the starter data have no page of it"
    assert second.split('<td class="num">')[3:] == ["–", "–<td>Padrón municipal<br><small>conteo</small>"]
    assert "a" * 64 in html and "aceptado por Ana el 2026-10-01" in html


def test_a_closed_request_and_an_expired_statement_say_so(layout: Layout) -> None:
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        contents = reading.contents(con)
    own = contents.policy
    closed = {**own.requests[0], "status": "closed", "answered_by": "a_source/2026", "closed_on": "2026-11-01"}
    signed = {**own.charter[0], "rule": None, "verdict": "expired", "signer": "Ana, INEGI", "signed_on": "2024-01-01",
              "expires_on": "2025-01-01", "evidence": "DOF"}  # fmt: skip
    changed = replace(own, requests=(closed, *own.requests[1:]), charter=(signed,))
    contents = replace(contents, policy=changed)
    assert word("es", "request_answered", by="a_source/2026", day="2026-11-01") in rendered(contents, "requests", "es")
    html = rendered(contents, "charter", "en")
    assert 'class="v v-expired"' in html
    assert "Signed by Ana, INEGI on 2024-01-01; counts until 2025-01-01." in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_any_row_each_page_is_whole(layout: Layout, language: Any) -> None:
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        contents = replace(reading.contents(con), policy=Policy())
    for kind in KINDS:
        html = rendered(contents, kind, language)
        assert "<h1>t</h1>" in html
        assert "<table" not in html
    assert word(language, "requests_none") in rendered(contents, "requests", language)


def test_a_hostile_text_stays_a_text_there_too(layout: Layout) -> None:
    with duckdb.connect(str(layout.warehouse), read_only=True) as con:
        contents = reading.contents(con)
    own = contents.policy

    def hostile(rows: tuple[Any, ...], *columns: str) -> tuple[Any, ...]:
        return tuple({**row, **dict.fromkeys(columns, HOSTILE)} for row in rows)

    contents = replace(
        contents,
        policy=replace(
            own,
            openness=hostile(own.openness, "evidence", "item"),
            charter=hostile(own.charter, "title_es", "title_en", "evidence", "signer"),
            priority=hostile(own.priority, "title_es", "title_en", "covers_es", "covers_en"),
            requests=hostile(own.requests, "title_es", "title_en", "asks"),
            contributed=(contributed(contributor=HOSTILE, origin=HOSTILE, note=HOSTILE, accepted_by=HOSTILE),),
        ),
    )
    every = [rendered(contents, kind, language) for kind in KINDS[1:-1] for language in LANGUAGES]
    every += [content.decode() for _, content in openness.pages(Site(contents), "es")]
    for html in every:
        assert "<script>alert" not in html and "<img" not in html
        assert "&lt;script&gt;alert" in html


@pytest.mark.browser
def test_these_pages_are_no_wider_than_a_small_screen(site: Path, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 700})
    for name in (
        *PAGES,
        *(f"en/{n}" for n in ("openness.html", "charter.html", "requests.html", "contributions.html")),
    ):
        page.goto((site / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
    page.close()
