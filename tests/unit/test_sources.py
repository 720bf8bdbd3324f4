"""The openness of the chain: what every source states, and what a run over official addresses therefore fetches."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.country import Country

from sdg_pipeline.errors import FetchError
from sdg_pipeline.ingest.fetch import fetch
from sdg_pipeline.ingest.mirror import Entry, Mirror
from sdg_pipeline.layout import Layout
from sdg_pipeline.run.graph import Reach
from sdg_pipeline.run.runner import laid_out
from sdg_pipeline.run.steps import KINDS
from sdg_pipeline.specs import catalog as catalogs
from sdg_pipeline.specs import skeleton
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.source import Address, Source
from tools import reference_sources

STATES = "sources/people_states.yaml"
MUNICIPALITIES = "sources/people_municipalities.yaml"
LOCALITIES = "sources/people_localities.yaml"
ENIGH_2016 = ("coneval_deprivations", "inegi_enigh_households", "inegi_enigh_jobs")
NOWHERE = re.compile(
    r"GitHub files? [0-9]|stored (file|index)|\b[0-9]{10,11} *\)|thin_goals|reference_values\.csv|official_addresses\.tsv"
    r"|index of the data|catalogue entry|catalogue of (files|candidates|addresses)|(project's|the) catalogue of sources"
)
KNOWN = "url_status: from_memory"


def addresses(source: Source) -> list[Address]:
    return [source.licence, source.landing_page, source.dictionary, *source.editions.values()]


def test_every_source_states_where_it_is_offered_and_what_describes_it(catalog: Catalog) -> None:
    assert len(catalog.sources) >= 32
    for source in catalog.sources.values():
        assert source.landing_page.url.startswith("http"), source.id
        assert source.licence.url.startswith("http"), source.id
        assert source.contact, source.id
        assert source.dictionary.url or len(source.dictionary.note or "") > 40, f"{source.id}: say what was looked for"


def test_a_documented_address_names_the_place_where_it_was_read(catalog: Catalog) -> None:
    urls = [(s.id, a) for s in catalog.sources.values() for a in addresses(s)]
    cites = {name: a.url_cite for name, a in urls if a.url_status == "documented"}
    assert set(catalog.sources) - set(cites) == {"ogp_commitments"}, "its page is from memory, and said to be"
    assert [name for name, cite in cites.items() if len((cite or "").split()) < 3] == []
    assert [name for name, a in urls if a.url_status == "verified"] == [], "nobody has fetched any"


def test_a_cite_can_be_followed_or_says_that_it_cannot(catalog: Catalog) -> None:
    """Numbers of an index of public code, and files that only those who began the project had, lead nobody anywhere."""
    paths = [p for p in catalog.root.rglob("*.yaml") if "schema" not in p.parts]
    assert len(paths) > 500
    texts = {path.name: " ".join(path.read_text(encoding="utf-8").split()) for path in paths}
    assert {name: hit[0] for name, text in texts.items() if (hit := NOWHERE.search(text))} == {}


@pytest.mark.parametrize(
    "cite", ["stored file 52137632023", "GitHub file 123", "thin_goals.tsv", "the index of the data"]
)
def test_what_leads_nowhere_is_recognised(cite: str) -> None:
    assert NOWHERE.search(f"read in {cite}, and elsewhere")
    assert not NOWHERE.search("read in GitHub CentroFuturoCiudades/mxcensus (376f948), src/_enigh_catalog.py")


def test_every_indicator_of_the_enigh_2016_says_by_which_weights_it_counts(catalog: Catalog) -> None:
    tables = {t.id for t in catalog.tables.values() if any(p.source in ENIGH_2016 for p in t.parts)}
    assert tables == {"enigh_persons", "enigh_members", "enigh_incomes", "enigh_households", "enigh_jobs"}
    read = [i for i in catalog.indicators.values() if tables & set(catalog.tables_of(catalog.root_of(i)))]
    assert len(read) >= 51
    assert [i.id for i in read if not any("(factor_np)" in a.text.en for a in i.assumptions)] == []


def test_the_default_job_reads_no_copy_and_no_column_from_memory(catalog: Catalog) -> None:
    read = [step.key[1:] for step in laid_out(Reach(catalog, None), KINDS) if step.kind == "raw"]
    assert ("inegi_iter", "2020") in read
    for source, edition in read:
        spec = catalog.sources[source]
        assert spec.columns_status != "memory", source
        assert spec.editions[edition].layout == "official", (source, edition)
        assert spec.editions[edition].url is not None, (source, edition)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (KNOWN, f"{KNOWN}, layout: copy"),
        ("columns_status: verified", "columns_status: memory"),
        (r'url: "[^"]+", period: (.*), url_status: from_memory', r"period: \1, url_status: unknown"),
    ],
    ids=["copies", "columns from memory", "unknown addresses"],
)
def test_a_run_over_official_addresses_leaves_out_what_it_cannot_read(country: Country, old: str, new: str) -> None:
    skeleton.new_indicator(catalogs.load(country.specs), "water_at_home", "6.1", "people")
    assert len(Reach(catalogs.load(country.specs), None).indicators()) == 1
    for path in (STATES, MUNICIPALITIES, LOCALITIES):
        text = (country.specs / path).read_text(encoding="utf-8")
        country.write(path, re.sub(old, new, text))
    reach = Reach(catalogs.load(country.specs).sound(), None)
    assert reach.indicators() == []
    assert reach.notes() == (
        "1 of 1 indicators are left out: no official address is known of the files of their tables, or the file there "
        "has another layout than the copy that the tables describe.",
    )


def test_no_run_reads_an_edition_that_nobody_has_seen(catalog: Catalog) -> None:
    unseen = {(s.id, name) for s in catalog.sources.values() for name, e in s.editions.items() if not e.probed}
    declared = {"inegi_enigh", "inegi_endutih", "inegi_envipe", "inegi_deaths", "inegi_intercensal_2025"}
    assert {source for source, _ in unseen} == declared
    assert not any(Reach(catalog, None).has(*edition) for edition in unseen)
    assert not any(Reach(catalog, Mirror("m", "m", "/")).has(*edition) for edition in unseen), "it need not be named"


def test_a_probe_or_a_mirror_brings_a_declared_edition_into_runs(country: Country) -> None:
    country.edit(STATES, KNOWN, f"{KNOWN}, columns_status: memory")
    catalog, edition = country.catalog(), ("people_states", "2020")
    assert not Reach(catalog, None).has(*edition)
    entry = Entry(source=edition[0], edition=edition[1], path="a.csv", sha256="0" * 64)
    assert Reach(catalog, Mirror("m", "m", "/", {edition: entry})).has(*edition)
    country.edit(STATES, f"{KNOWN}, columns_status", "url_status: verified, columns_status")
    assert Reach(country.catalog(), None).has(*edition)


def test_documented_columns_say_where_they_were_read(country: Country) -> None:
    country.edit(STATES, KNOWN, f"{KNOWN}, columns_status: documented")
    assert "columns_cite says where documented columns were read" in "".join(country.problems())


def test_one_copy_leaves_out_its_part_alone(country: Country) -> None:
    country.edit(STATES, KNOWN, f"{KNOWN}, layout: copy")
    catalog = country.catalog()
    reach = Reach(catalog, None)
    sources = {part.source for part in reach.parts(catalog.tables["people"])}
    assert sources == {"people_municipalities", "people_localities"}
    assert reach.notes() == ()


def test_a_copy_is_not_fetched_from_the_official_address(country: Country, tmp_path: Path) -> None:
    country.edit(STATES, KNOWN, f"{KNOWN}, layout: copy")
    with pytest.raises(FetchError) as caught:
        fetch(country.catalog().sources["people_states"], "2020", Layout(tmp_path), None)
    message = str(caught.value)
    assert "the file at its official address has another layout" in message
    assert "https://example.org/states.csv" in message
    assert "SDG_MIRROR" in message


def test_the_page_of_sources_groups_editions_of_which_the_same_is_known(catalog: Catalog) -> None:
    page = reference_sources.page(catalog)
    assert "| 2019-01 to 2019-32 | Not known. | official |" in page
    assert [s for s in catalog.sources if f"## `{s}`\n" not in page or f"| [{s}](#{s}) |" not in page] == []
