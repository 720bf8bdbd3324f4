"""The release as a DCAT-AP 3 catalogue: a dataset for all values, and one for each indicator.

Shapes: SEMIC, DCAT-AP 3.0.0. Addresses are relative to the catalogue. Goals and targets are concepts of the UN
(http://metadata.un.org/sdg). There is no ``dcat:byteSize``: one edition of the shapes wants it as decimal, the next as
nonNegativeInteger. Where the sources have several licences, a statement of rights names them. What belongs
here: what the catalogue says. What does not: Turtle and JSON-LD (``linked``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sdg_pipeline import duck
from sdg_pipeline.files import sha256_of
from sdg_pipeline.packages.catalogue.linked import Node, in_language, iri, typed
from sdg_pipeline.packages.format import Tables
from sdg_pipeline.publish import csv, describe, parquet, wide
from sdg_pipeline.publish.citation import AUTHOR
from sdg_pipeline.publish.contents import Contents
from sdg_pipeline.publish.datapackage import EMAIL
from sdg_pipeline.specs.base import Bilingual
from sdg_pipeline.specs.indicator import Indicator
from sdg_pipeline.specs.source import Source

EU = "http://publications.europa.eu/resource/authority"
SDG = "http://metadata.un.org/sdg"
MEDIA = "http://www.iana.org/assignments/media-types"
TITLE = Bilingual(en="SDG indicators for Mexico", es="Indicadores ODS de México")
ALL = Bilingual(
    en="All values by nation, state and municipality, one row each",
    es="Todos los valores por nación, estado y municipio, uno por fila",
)
WHAT = Bilingual(
    en="Indicators of the UN Sustainable Development Goals computed from Mexico's open government data.",
    es="Indicadores de los Objetivos de Desarrollo Sostenible de la ONU calculados con datos abiertos de México.",
)
KEYWORDS = Bilingual(en="Sustainable Development Goals", es="Objetivos de Desarrollo Sostenible")
TERMS = Bilingual(en="Terms of the sources", es="Términos de las fuentes")
TYPES: dict[str, tuple[str, str | None]] = {
    ".csv": ("text/csv", "CSV"),
    ".parquet": ("application/vnd.apache.parquet", None),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"),
    ".csv.gz": ("application/gzip", "GZIP"),
    ".xml.gz": ("application/gzip", "GZIP"),
}
"""By ending the media type of IANA and the file type of the EU; its list has none for Parquet."""
SHA256 = "http://spdx.org/rdf/terms#checksumAlgorithm_sha256"
PUBLISHER = {"@id": "#publisher"}
MEXICO = {"@id": f"{EU}/country/MEX", "@type": "dct:Location"}
LANGUAGES = [{"@id": f"{EU}/language/{code}", "@type": "dct:LinguisticSystem"} for code in ("ENG", "SPA")]


def graph(tables: Tables) -> list[Node]:
    """The nodes of the catalogue."""
    contents = tables.contents
    ids = [i.id for i in contents.indicators]
    terms = _rights(contents.used_sources)
    years = _years(tables)
    whole = _dataset("#all", TITLE, WHAT if not contents.partial else partial(contents))
    whole |= {
        "dct:identifier": contents.release,
        "dcat:version": contents.version,
        "dcat:keyword": _texts(KEYWORDS),
        "dcat:theme": [_concept(str(goal)) for goal in sorted({i.goal for i in contents.indicators})],
        "dcat:distribution": [_distribution(parquet.OBSERVATIONS, ALL, tables, terms)],
        **_temporal((min(s[0] for s in years.values()), max(s[1] for s in years.values())) if years else None),
    }
    catalogue: dict[str, Any] = {
        "@id": "",
        "@type": "dcat:Catalog",
        "dct:title": _texts(TITLE),
        "dct:description": _texts(WHAT),
        "dct:publisher": PUBLISHER,
        "dct:language": LANGUAGES,
        "dct:spatial": MEXICO,
        "dcat:themeTaxonomy": {"@id": SDG, "@type": "skos:ConceptScheme", "dct:title": "Sustainable Development Goals"},
        "dcat:dataset": [{"@id": f"#{name}"} for name in ("all", *ids)],
    }
    agent = {"@id": "#publisher", "@type": "foaf:Agent", "foaf:name": AUTHOR}
    described = [_indicator(i, years.get(i.id), tables) for i in contents.indicators]
    algorithm = {"@id": SHA256, "@type": "spdx:ChecksumAlgorithm"}
    return [catalogue, agent, algorithm, *_concepts(contents), *_documents(contents), whole, *described]


def partial(contents: Contents) -> Bilingual:
    """What a release that does not cover the whole country is, with what its run left out."""
    notes = " ".join(contents.coverage_notes)
    return Bilingual(en=f"PARTIAL: {notes} {WHAT.en}", es=f"PARCIAL: {notes} {WHAT.es}")


def _years(tables: Tables) -> dict[str, tuple[str, str]]:
    """First and last period of each indicator."""
    path = duck.text(tables.folder / parquet.OBSERVATIONS)
    rows = tables.con.execute(
        f"SELECT indicator, min(time_period), max(time_period) FROM read_parquet({path}) GROUP BY indicator"
    ).fetchall()
    return {str(row[0]): (str(row[1]), str(row[2])) for row in rows}


def _indicator(indicator: Indicator, years: tuple[str, str] | None, tables: Tables) -> Node:
    contents, catalog = tables.contents, tables.contents.catalog
    sources = [catalog.sources[name] for name in describe.sources_of(indicator, catalog)]
    terms = _rights(sources)
    contacts = dict.fromkeys(email.group() for s in sources if (email := EMAIL.search(s.contact)))
    return {
        **_dataset(f"#{indicator.id}", indicator.title, indicator.description),
        "dct:identifier": indicator.id,
        "dcat:version": contents.catalog.spec_hash(indicator),
        "dcat:keyword": [*_texts(KEYWORDS), indicator.sdg_indicator],
        "dcat:theme": [_concept(str(indicator.goal)), _concept(indicator.sdg.target)],
        "dct:provenance": {
            "@type": "dct:ProvenanceStatement",
            "rdfs:label": _texts(
                Bilingual(en=" ".join(s.citation.en for s in sources), es=" ".join(s.citation.es for s in sources))
            ),
        },
        "prov:wasDerivedFrom": [{"@id": iri(s.landing_page.url)} for s in sources],
        **({"dcat:contactPoint": [_contact(email) for email in contacts]} if contacts else {}),
        **_temporal(years),
        "dcat:distribution": [
            _distribution(name, indicator.title, tables, terms)
            for name in _files(indicator.id)
            if (tables.folder / name).exists()
        ],
    }


def _files(indicator: str) -> Iterator[str]:
    yield f"{csv.FOLDER}/{indicator}.csv"
    yield f"{parquet.FOLDER}/{indicator}.parquet"
    yield f"{wide.FOLDER}/{indicator}.csv"
    yield f"{parquet.FOLDER}/{indicator}.xlsx"
    yield f"sdmx/{indicator}.csv.gz"
    yield f"sdmx/{indicator}.xml.gz"


def _dataset(name: str, title: Bilingual, description: Bilingual) -> dict[str, Any]:
    return {
        "@id": name,
        "@type": "dcat:Dataset",
        "dct:title": _texts(title),
        "dct:description": _texts(description),
        "dct:publisher": PUBLISHER,
        "dct:spatial": MEXICO,
        "dct:language": LANGUAGES,
        "dct:accessRights": {"@id": f"{EU}/access-right/PUBLIC", "@type": "dct:RightsStatement"},
    }


def _distribution(name: str, title: Bilingual, tables: Tables, terms: Node) -> Node:
    path = tables.folder / name
    ending = next(e for e in sorted(TYPES, key=len, reverse=True) if name.endswith(e))
    media, file_type = TYPES[ending]
    return {
        "@id": f"#file-{name}",
        "@type": "dcat:Distribution",
        "dct:title": name,
        "dct:description": _texts(title),
        "dcat:accessURL": {"@id": name},
        "dcat:downloadURL": {"@id": name},
        "dcat:mediaType": {"@id": f"{MEDIA}/{media}", "@type": "dct:MediaType"},
        **(
            {"dct:format": {"@id": f"{EU}/file-type/{file_type}", "@type": "dct:MediaTypeOrExtent"}}
            if file_type
            else {}
        ),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": SHA256},
            "spdx:checksumValue": typed(sha256_of(path), "hexBinary"),
        },
        **terms,
    }


def _rights(sources: Sequence[Source]) -> Node:
    """One licence, where the sources have one; else a statement that names them all."""
    licences = sorted({(s.licence.id, s.licence.url) for s in sources})
    if len({url for _, url in licences}) == 1:
        return {"dct:license": {"@id": iri(licences[0][1])}}
    named = "; ".join(f"{name} <{url}>" for name, url in licences)
    statement = Bilingual(en=f"{TERMS.en}: {named}", es=f"{TERMS.es}: {named}")
    return {"dct:rights": {"@type": "dct:RightsStatement", "rdfs:label": _texts(statement)}}


def _documents(contents: Contents) -> Iterator[Node]:
    """The licences that distributions refer to."""
    catalog = contents.catalog
    licences = {catalog.sources[n].licence for i in contents.indicators for n in describe.sources_of(i, catalog)}
    by_address: Mapping[str, list[str]] = {
        url: sorted({li.id for li in licences if li.url == url}) for url in sorted({li.url for li in licences})
    }
    for address, names in by_address.items():
        yield {"@id": iri(address), "@type": "dct:LicenseDocument", "rdfs:label": ", ".join(names)}


def _concept(code: str) -> Node:
    return {"@id": f"{SDG}/{code}"}


def _concepts(contents: Contents) -> Iterator[Node]:
    """Goals by their names, targets by their numbers."""
    for goal in sorted({i.goal for i in contents.indicators}):
        labels = [in_language(describe.GOALS[goal][language], language) for language in describe.LANGUAGES]
        yield {**_concept(str(goal)), "@type": "skos:Concept", "skos:prefLabel": labels, "skos:inScheme": {"@id": SDG}}
    for target in sorted({i.sdg.target for i in contents.indicators}):
        yield {**_concept(target), "@type": "skos:Concept", "skos:prefLabel": target, "skos:inScheme": {"@id": SDG}}


def _contact(email: str) -> Node:
    return {
        "@type": "vcard:Kind",
        "vcard:fn": email,
        "vcard:hasEmail": {"@id": f"mailto:{email}"},
    }


def _temporal(years: tuple[str, str] | None) -> Node:
    if years is None:
        return {}
    first, last = (year[:4] for year in years)
    period = {
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": typed(first, "gYear"),
        "dcat:endDate": typed(last, "gYear"),
    }
    return {"dct:temporal": period}


def _texts(text: Bilingual) -> list[dict[str, str]]:
    return [in_language(text.en, "en"), in_language(text.es, "es")]


def names(folder: Path) -> tuple[Path, Path]:
    """Where the catalogue lies, as Turtle and as JSON-LD."""
    return folder / "catalog.ttl", folder / "catalog.jsonld"
