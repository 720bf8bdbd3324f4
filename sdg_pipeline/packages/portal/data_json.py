"""The federal ``data.json``: the datasets of the release with the fields of ADELA and of the official template.

Fields: https://github.com/mxabierto/adela (serializers of catalogue, dataset and distribution) and the template
``catalogo_v3.0.csv``. A field that nobody knows here is left out: ADELA's own numbers, its rating, the kind of
government. What belongs here: that form. What does not: which datasets there are (offers).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sdg_pipeline import duck
from sdg_pipeline.packages.portal.offers import Offer, OfferedFile
from sdg_pipeline.publish import parquet
from sdg_pipeline.publish.citation import AUTHOR
from sdg_pipeline.specs import fields
from sdg_pipeline.specs.source import Source

if TYPE_CHECKING:
    import duckdb

INTERVALS = {
    "monthly": "R/P1M",
    "quarterly": "R/P3M",
    "annual": "R/P1Y",
    "biennial": "R/P2Y",
    "quinquennial": "R/P5Y",
    "decennial": "R/P10Y",
}
"""Repeating intervals of ISO 8601, the most frequent first; sources that come once have none."""
Years = dict[str, tuple[str, str]]
"""First and last year by indicator."""


@dataclass(frozen=True)
class Publisher:
    """Who publishes: name, address for mail where there is one, the day if known, where release and site are served."""

    day: str | None
    base: str
    site: str = ""
    name: str = AUTHOR
    mbox: str | None = None


def years_of(con: duckdb.DuckDBPyConnection, folder: Path) -> Years:
    """First and last year of the observed values of each indicator of a release."""
    path = duck.text(folder / parquet.OBSERVATIONS)
    observed = f"obs_value IS NOT NULL AND obs_status <> '{fields.FORECAST}'"
    query = "SELECT indicator, min(time_period)[:4], max(time_period)[:4] FROM read_parquet({}) WHERE {} GROUP BY ALL"
    return {name: (first, last) for name, first, last in con.execute(query.format(path, observed)).fetchall()}


def text(offers: Sequence[Offer], years: Years, publisher: Publisher) -> str:
    """The file."""
    catalogue = _without_gaps(
        {
            "title": f"Catálogo de datos abiertos de {publisher.name}",
            "description": offers[0].description.es if offers else "",
            "homepage": publisher.site,
            "language": "es",
            "modified": publisher.day,
            "dataset": [_dataset(offer, years, publisher) for offer in offers],
        }
    )
    return json.dumps(catalogue, ensure_ascii=False, indent=1) + "\n"


def _dataset(offer: Offer, years: Years, publisher: Publisher) -> dict[str, Any]:
    return _without_gaps(
        {
            "identifier": offer.name,
            "title": offer.title.es,
            "description": offer.description.es,
            "keyword": list(offer.keywords),
            "modified": publisher.day,
            "publishDate": publisher.day,
            "contactPoint": publisher.name if publisher.mbox else None,
            "mbox": publisher.mbox,
            "temporal": _temporal([i.id for i in offer.indicators], years),
            "spatial": "México",
            "language": "es",
            "landingPage": publisher.site,
            "accrualPeriodicity": _interval(offer.sources),
            "accessLevel": "Público",
            "public": True,
            "publisher": _without_gaps({"name": publisher.name, "mbox": publisher.mbox}),
            "distribution": [_distribution(file, offer, years, publisher) for file in offer.files],
        }
    )


def _distribution(file: OfferedFile, offer: Offer, years: Years, publisher: Publisher) -> dict[str, Any]:
    licences = sorted({source.licence.url for source in file.sources})
    own = [i.id for i in offer.indicators if file.path.endswith(f"/{i.id}.csv")]
    return _without_gaps(
        {
            "title": f"{file.title.es} ({file.format})",
            "description": file.title.es,
            "license": licences[0] if len(licences) == 1 else None,
            "rights": "; ".join(licences) if len(licences) > 1 else None,
            "downloadURL": publisher.base + quote(file.path),
            "mediaType": file.media,
            "format": file.format,
            "byteSize": file.bytes,
            "modified": publisher.day,
            "temporal": _temporal(own or [i.id for i in offer.indicators], years),
            "spatial": "México",
        }
    )


def _temporal(indicators: Sequence[str], years: Years) -> str | None:
    """First and last day, as ADELA wrote them; None where there are no values."""
    spans = [years[name] for name in indicators if name in years]
    return f"{min(s[0] for s in spans)}-01-01/{max(s[1] for s in spans)}-12-31" if spans else None


def _interval(sources: Sequence[Source]) -> str | None:
    """How often new figures come: as often as those of the source that comes most often."""
    present = {source.periodicity for source in sources}
    return next((interval for name, interval in INTERVALS.items() if name in present), None)


def _without_gaps(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}
