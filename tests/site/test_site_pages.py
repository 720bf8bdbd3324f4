"""The pages of the starter site: whole, in two languages, without an outside host, the same bytes twice."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
import pytest
from site_pages import Page, pages

from sdg_pipeline.errors import UsageError
from sdg_pipeline.layout import Layout
from sdg_pipeline.release.manifest import in_force
from sdg_pipeline.run.runner import Runner
from sdg_pipeline.settings import Settings
from sdg_pipeline.site.addresses import FILES, FOLDERS
from sdg_pipeline.site.build import build

NAME_THE_RELEASE = {"index.html", "versiones.html", "acerca.html", "en/index.html", "en/releases.html", "en/about.html"}
LARGEST_MUNICIPALITY = 6_144


@pytest.fixture(scope="session")
def every(site: Path) -> list[Page]:
    return pages(site)


def relative(site: Path, page: Page) -> str:
    return page.path.relative_to(site).as_posix()


def test_every_kind_of_page_is_there_in_both_languages(site: Path) -> None:
    for spanish, english in FILES.values():
        assert (site / f"{spanish}.html").is_file()
        assert (site / f"en/{english}.html").is_file()
    for spanish, english in FOLDERS.values():
        names = [{path.name for path in (site / folder).iterdir()} for folder in (spanish, f"en/{english}")]
        assert names[0] == names[1]
        assert names[0]
    assert (site / "municipio/MX01001.html").is_file()


def test_every_link_leads_to_a_file_and_every_fragment_to_a_place(site: Path, every: list[Page]) -> None:
    places = {page.path: set(page.ids) for page in every}
    broken = []
    for page in every:
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
            chosen = "=" in parts.fragment  # which place, year and group a script shows there
            if not target.exists() or (
                parts.fragment and not chosen and parts.fragment not in places.get(target, set())
            ):
                broken.append(f"{relative(site, page)}: {link}")
    assert broken == []


def test_a_page_loads_nothing_from_another_host(site: Path, every: list[Page]) -> None:
    """Links to the institutions are links; what a browser asks for by itself lies in the folder."""
    outside = [load for page in every for load in page.loads if urlsplit(load).scheme not in ("", "data")]
    absent = [
        load
        for page in every
        for load in page.loads
        if not load.startswith("data:") and not (page.path.parent / load.partition("#")[0]).resolve().is_file()
    ]
    assert (outside, absent) == ([], [])
    for file in (path for path in (site / "static").iterdir() if path.suffix in (".css", ".js")):
        assert not re.search(r"https?://(?!www\.w3\.org)|@import|fetch\(|XMLHttpRequest", file.read_text("utf-8")), file


def test_languages_lead_to_one_another(site: Path, every: list[Page]) -> None:
    by_path = {page.path: page for page in every}
    for page in every:
        assert page.language == ("en" if relative(site, page).startswith("en/") else "es")
        assert set(page.languages) == {"es", "en", "x-default"}
        there = {name: (page.path.parent / href).resolve() for name, href in page.languages.items()}
        assert there[page.language] == page.path == (page.path.parent / page.canonical).resolve()
        assert there["x-default"] == there["es"]
        for language in ("es", "en"):
            other = by_path[there[language]]
            assert (other.path.parent / other.languages[page.language]).resolve() == page.path


def test_a_partial_release_says_so_on_every_page(every: list[Page]) -> None:
    assert [page.path for page in every if ("aside", {"class": "partial"}) not in page.tags] == []


def test_few_pages_name_the_release(site: Path, layout: Layout, every: list[Page]) -> None:
    """Otherwise every page would change with every release."""
    name = in_force(layout)
    assert name is not None
    assert {relative(site, page) for page in every if name in page.path.read_text("utf-8")} == NAME_THE_RELEASE


def test_headings_fields_and_tables_have_names(every: list[Page]) -> None:
    for page in every:
        headings = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
        assert headings.count(1) == 1, page.path
        assert [(a, b) for a, b in itertools.pairwise(headings) if b > a + 1] == [], page.path
        assert len(page.ids) == len(set(page.ids)), page.path
        for tag, named in page.tags:
            assert tag != "img" or "alt" in named, page.path
            assert tag != "table" or "class" in named
            assert "tabindex" not in named or named.get("role") == "region", page.path


def test_a_proxy_never_looks_like_the_indicator_of_the_un(site: Path) -> None:
    proxy = Page(site / "indicador/dwellings_with_piped_water.html")
    kind = next(named for tag, named in proxy.tags if tag == "p" and named.get("class", "").startswith("kind"))
    assert kind == {"class": "kind proxy"}
    assert "no es el indicador 6.1.1 de la ONU" in proxy.text


def test_a_target_names_the_indicators_of_the_un_that_it_lacks_and_why(site: Path) -> None:
    """Also a target of which there is no indicator at all."""
    spanish, english = Page(site / "meta/5.a.html").text, Page(site / "en/target/5.a.html").text
    assert "5.a.1 Derechos sobre tierras agrícolas por sexo: aún no se ha examinado ninguna fuente." in spanish
    assert "5.a.2 Equal rights of women to own land in law: it rates or counts countries" in english
    goal = Page(site / "objetivo/5.html")
    assert "5.a.1" in goal.text
    assert "../meta/5.a.html" in goal.links
    covered = Page(site / "meta/6.1.html").text
    assert "Indicadores de la ONU que aquí no hay" not in covered


def test_the_values_of_a_state_and_an_indicator_lead_to_their_explanation(site: Path) -> None:
    state, indicator = Page(site / "en/state/MX01.html"), Page(site / "indicador/literacy_15_plus.html")
    assert "../../en/explain/literacy_15_plus.html#a=MX01" in [
        link.replace("../explain", "../../en/explain") for link in state.links
    ]
    assert {f"../explica/literacy_15_plus.html#a=MX{n:02d}&p=2020" for n in range(1, 33)} <= set(indicator.links)
    assert "../explica/literacy_15_plus.html#a=MX&p=2020" in indicator.links


def test_a_unit_of_constant_borders_has_a_page_and_its_municipalities_lead_there(site: Path) -> None:
    unit = Page(site / "unidad/MX02001H.html")
    assert "Ensenada + Mexicali + San Quintín" in unit.text or "Ensenada" in unit.text
    assert unit.languages["en"].endswith("en/unit/MX02001H.html")


def test_a_municipality_fits_six_kilobytes(site: Path) -> None:
    import gzip

    sizes = {path.name: len(gzip.compress(path.read_bytes(), 9)) for path in (site / "municipio").iterdir()}
    assert max(sizes.values()) <= LARGEST_MUNICIPALITY


def test_a_second_build_changes_nothing(settings: Settings, layout: Layout, tmp_path: Path) -> None:
    other = copied(layout, tmp_path)
    catalog = Runner.load(settings).run.catalog
    shutil.rmtree(other.site)
    build(other, replace(settings, home=tmp_path), catalog)
    ours, theirs = (
        {p.relative_to(s): p.read_bytes() for p in s.rglob("*") if p.is_file()} for s in (layout.site, other.site)
    )
    assert ours == theirs
    again = build(other, replace(settings, home=tmp_path), catalog)
    assert (again.changed, again.removed) == (0, 0)


def test_a_run_leaves_a_site_alone_that_stands(settings: Settings, layout: Layout) -> None:
    runner = Runner.load(settings)
    assert [step.key for step in runner.stale()] == []
    page = layout.site / "index.html"
    text = page.read_bytes()
    page.unlink()
    assert [step.kind for step in runner.stale()] == ["site"]
    outcome = next(o for o in runner.walk() if o.step.kind == "site")
    assert (outcome.computed, outcome.report.changed, page.read_bytes()) == (True, 1, text)  # type: ignore[attr-defined]


def test_one_changed_value_rewrites_the_pages_that_show_it(settings: Settings, layout: Layout, tmp_path: Path) -> None:
    other = copied(layout, tmp_path)
    before = {path: path.stat().st_ino for path in other.site.rglob("*") if path.is_file()}
    with duckdb.connect(str(other.warehouse)) as con:
        con.execute(
            "UPDATE observation SET obs_value = 12.3 WHERE indicator = 'literacy_15_plus' AND ref_area = 'MX01001' "
            "AND sex = '_T' AND urbanisation = '_T' AND indigenous = '_T'"
        )
    build(other, replace(settings, home=tmp_path), Runner.load(settings).run.catalog)
    changed = {
        path.relative_to(other.site).as_posix()
        for path in other.site.rglob("*")
        if path.is_file() and before.get(path) != path.stat().st_ino
    }
    assert "municipio/MX01001.html" in changed
    assert "en/municipality/MX01001.html" in changed
    assert "data/literacy_15_plus.2020.js" in changed
    inside = re.compile(r"(en/)?(municipio|municipality)/MX01\d{3}\.html|data/(literacy_15_plus\.2020|peers-\d+)\.js")
    assert [path for path in changed if not inside.fullmatch(path)] == [], "only ranks of its state move besides"


def copied(layout: Layout, home: Path) -> Layout:
    """A home of its own with the site, the warehouse and the release."""
    other = Layout(home)
    shutil.copytree(layout.published, other.published, symlinks=True)
    shutil.copytree(layout.site, other.site)
    other.warehouse.parent.mkdir(parents=True)
    shutil.copy2(layout.warehouse, other.warehouse)
    return other


def test_the_address_of_the_site_is_in_its_links_once_it_is_set(
    settings: Settings, layout: Layout, tmp_path: Path
) -> None:
    other = copied(layout, tmp_path)
    public = replace(settings, home=tmp_path, site_url="https://example.org/ods/")
    build(other, public, Runner.load(settings).run.catalog)
    page = Page(other.site / "en/state/MX01.html")
    assert page.canonical == "https://example.org/ods/en/state/MX01.html"
    assert page.languages["es"] == "https://example.org/ods/estado/MX01.html"
    assert "https://example.org/ods/latest/indicators/literacy_15_plus.csv" in (
        other.site / "indicador/literacy_15_plus.html"
    ).read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "address"), [("https://a.mx/x", "https://a.mx/x/"), ("", ""), (" http://a/ ", "http://a/")]
)
def test_an_address_of_the_site_ends_with_a_slash(text: str, address: str) -> None:
    assert Settings.from_environment({"SDG_SITE_URL": text}).site_url == address


@pytest.mark.parametrize("text", ["a.mx", "javascript:alert(1)", 'https://a.mx/"><script>'])
def test_what_is_no_address_of_a_site_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"SDG_SITE_URL=.* is no web address; remedy: "):
        Settings.from_environment({"SDG_SITE_URL": text})


def test_the_snippets_of_a_page_run_as_they_stand(site: Path, layout: Layout) -> None:
    """In DuckDB and pandas, from the folder of the project; R is not asked for by this test."""
    html = (site / "en/indicator/literacy_15_plus.html").read_text("utf-8")
    snippets = [unescape(code) for code in re.findall(r"<pre><code>(.*?)</code></pre>", html, re.DOTALL)]
    sql = next(code for code in snippets if code.startswith("-- DuckDB"))
    python = next(code for code in snippets if code.startswith("# pandas"))
    script = f"import duckdb\nassert len(duckdb.sql({sql!r}).fetchall()) > 30\n{python}\n"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=layout.home, capture_output=True, text=True, check=False, timeout=540
    )
    assert done.returncode == 0, done.stderr
    assert "Aguascalientes" in done.stdout
