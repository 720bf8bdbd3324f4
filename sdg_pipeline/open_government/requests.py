"""Requests for data, a row for each indicator that one is about; the warehouse ranks the gaps by them.

What belongs here: these rows. What does not: requests themselves, which are reviewed data (indicator_specs/requests).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sdg_pipeline.open_government.subject import Material, Row, Subject
from sdg_pipeline.open_government.tables import REQUEST
from sdg_pipeline.specs.requests import Request

NAME = "requests"
IN_USE = "answers_are_in_use"


def work(material: Material) -> Mapping[str, tuple[str, Sequence[Row]]]:
    """Write the table."""
    requests = material.catalog.requests
    rows = [row for _, request in sorted(requests.items()) for row in _rows(request)]
    material.write(REQUEST, rows)
    read = {(part.source, part.edition) for table in material.catalog.tables.values() for part in table.parts}
    answers = {name: r.answer for name, r in sorted(requests.items()) if r.answer is not None}
    idle = [
        {"request": name, "source": answer.source, "edition": answer.edition}
        for name, answer in answers.items()
        if (answer.source, answer.edition) not in read
    ]
    return {IN_USE: (f"{len(requests)} requests, {len(requests) - len(answers)} open", idle)}


def _rows(request: Request) -> Iterator[Row]:
    abouts = [(indicator, None) for indicator in request.indicators] + [(None, code) for code in request.un_indicators]
    for indicator, code in abouts:
        yield {
            "request": request.id,
            "about": indicator or code,
            "indicator": indicator,
            "title_en": request.title.en,
            "title_es": request.title.es,
            "geo_level": request.level.value,
            "asks": request.asks,
            "since": request.since,
            "supporters": request.supporters,
            "status": "closed" if request.answer else "open",
            "answered_by": f"{request.answer.source}/{request.answer.edition}" if request.answer else None,
            "closed_on": request.answer.on if request.answer else None,
        }


REQUESTS = Subject(
    NAME,
    (REQUEST,),
    lambda _: frozenset(),
    all_indicators=False,
    owner="team:data",
    described={
        IN_USE: (
            "warning",
            "The edition that closed a request is read by a table.",
            "Data that answer a request and enter no indicator help nobody who asked.",
        )
    },
    work=work,
)
