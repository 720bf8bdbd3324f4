"""References of the specs of open government: what they name is there, and fits.

What belongs here: what a register must know of sources, tables and indicators. What does not: references between the
specs of indicators (references).
"""

from __future__ import annotations

from collections.abc import Iterator

from sdg_pipeline.errors import Problem, nearest
from sdg_pipeline.specs import framework, yaml
from sdg_pipeline.specs import peers as made_of
from sdg_pipeline.specs.base import File
from sdg_pipeline.specs.budget import ACCOUNT_KEYS, LINK_KEYS, Budget
from sdg_pipeline.specs.charter import Charter
from sdg_pipeline.specs.commitments import Commitments
from sdg_pipeline.specs.on_portal import OnPortal
from sdg_pipeline.specs.peers import Peers
from sdg_pipeline.specs.references import unknown, unknown_file
from sdg_pipeline.specs.requests import Request
from sdg_pipeline.specs.shelves import Catalog

REVIEWED = ("number", "title", "institution", "society", "verdict", "impact", "begins", "ends")
"""Key columns of a table of reviewed commitments."""


def problems(catalog: Catalog) -> Iterator[Problem]:
    """Every reference that does not lead to what it names."""
    for register in catalog.commitments.values():
        yield from _commitments(register, catalog)
    for gaps in catalog.gaps.values():
        yield from _indicators(gaps, "population", gaps.population, catalog)
    for register_of_peers in catalog.peers.values():
        yield from _indicators(register_of_peers, "outcomes", register_of_peers.outcomes, catalog)
        yield from _variables(register_of_peers, catalog)
    for request in catalog.requests.values():
        yield from _indicators(request, "indicators", request.indicators, catalog)
        yield from _requested(request, catalog)
    for charter in catalog.charters.values():
        yield from _covering(charter, catalog)
    for budget in catalog.budgets.values():
        yield from _budget(budget, catalog)
    yield from _on_portals(catalog)


def _on_portals(catalog: Catalog) -> Iterator[Problem]:
    """Datasets of portals that are not there."""
    named: list[tuple[File, yaml.Place, OnPortal | None]] = [
        (source, ("on_portal", "portal"), source.on_portal) for source in catalog.sources.values()
    ]
    for register in catalog.commitments.values():
        for i, commitment in enumerate(register.commitments):
            named.append((register, ("commitments", i, "on_portal", "portal"), commitment.on_portal))
    for spec, place, on_portal in named:
        if on_portal is not None and on_portal.portal not in {*catalog.portals, *catalog.broken}:
            yield from unknown(catalog.document(spec), place, "portal", on_portal.portal, catalog.portals)


def _requested(request: Request, catalog: Catalog) -> Iterator[Problem]:
    """What a request is about in words of the UN, and the dataset that closes it."""
    document = catalog.document(request)
    codes = {entry.code for entry in framework.un_indicators(catalog.files)} if request.un_indicators else set()
    for i, code in enumerate(request.un_indicators):
        if code not in codes:
            yield from unknown(document, ("un_indicators", i), "code of the UN", code, codes)
    answer = request.answer
    if answer is None or answer.source in catalog.broken:
        return
    source = catalog.sources.get(answer.source)
    if source is None:
        valid = tuple(sorted(catalog.sources))
        place: yaml.Place = ("answer", "source")
        yield document.problem(place, "is closed by an unknown source", value=answer.source, valid=valid)
    elif answer.edition not in source.editions:
        valid = tuple(source.editions)
        place = ("answer", "edition")
        yield document.problem(place, "is closed by an unknown edition", value=answer.edition, valid=valid)


def _covering(charter: Charter, catalog: Catalog) -> Iterator[Problem]:
    """Sources of priority data that are not there."""
    for item, data in charter.priority_data.items():
        for source in data.covered_by:
            if source not in catalog.sources:
                place = ("priority_data", item, "covered_by", source)
                yield from unknown_file(charter, place, "source", source, catalog)


def _budget(budget: Budget, catalog: Catalog) -> Iterator[Problem]:
    """The two tables of a budget are there, with the columns and measures that programmes are matched by."""
    document = catalog.document(budget)
    tables = (("links", budget.links, LINK_KEYS, "direct"), ("account", budget.account, ACCOUNT_KEYS, "amount"))
    for place, name, keys, measure in tables:
        table, chosen = catalog.tables.get(name), str(getattr(budget, measure))
        if table is None:
            yield from unknown_file(budget, (place,), "table", name, catalog)
        elif missing := [key for key in keys if key not in table.key]:
            remedy = f"name the columns of the file under key of tables/{name}.yaml"
            yield document.problem((place,), "names a table without key", value=", ".join(missing), remedy=remedy)
        elif chosen not in table.measures:
            valid = tuple(table.measures)
            yield document.problem((measure,), "names an unknown measure", value=chosen, valid=valid)


def _commitments(register: Commitments, catalog: Catalog) -> Iterator[Problem]:
    document = catalog.document(register)
    for i, commitment in enumerate(register.commitments):
        source = catalog.sources.get(commitment.source or "")
        if commitment.source is None or commitment.source in catalog.broken:
            continue
        if source is None:
            yield from unknown_file(register, ("commitments", i, "source"), "source", commitment.source, catalog)
        elif commitment.edition is not None and commitment.edition not in source.editions:
            valid = tuple(source.editions)
            place: yaml.Place = ("commitments", i, "edition")
            yield document.problem(place, "names an unknown edition", value=commitment.edition, valid=valid)
    if register.review is not None and register.review.table not in catalog.broken:
        table = catalog.tables.get(register.review.table)
        place = ("review", "table")
        if table is None:
            yield from unknown_file(register, place, "table", register.review.table, catalog)
        elif missing := [name for name in REVIEWED if name not in table.key]:
            remedy = "name the columns of the file under key of the table"
            yield document.problem(place, "names a table without key", value=", ".join(missing), remedy=remedy)


def _indicators(spec: File, key: str, names: tuple[str, ...], catalog: Catalog) -> Iterator[Problem]:
    """Indicators that are not there, and what they would be."""
    for i, name in enumerate(names):
        if name not in catalog.indicators and name not in catalog.broken:
            close = nearest(name, catalog.indicators)
            remedy = f"did you mean {close}?" if close else "`sdg check --list` names the indicators"
            place: yaml.Place = (key, i)
            yield catalog.document(spec).problem(place, "names an unknown indicator", value=name, remedy=remedy)


def _variables(spec: Peers, catalog: Catalog) -> Iterator[Problem]:
    """What a variable reads is there."""
    document = catalog.document(spec)
    for name, variable in spec.variables.items():
        table = catalog.tables.get(variable.table)
        if table is None:
            yield from unknown_file(spec, ("variables", name, "table"), "table", variable.table, catalog)
            continue
        for key, measure in (("numerator", variable.numerator), ("denominator", variable.denominator)):
            if measure is not None and measure not in table.measures:
                valid = tuple(table.measures)
                place: yaml.Place = ("variables", name, key)
                yield document.problem(place, "names an unknown measure", value=measure, valid=valid)


def circles(catalog: Catalog) -> Iterator[Problem]:
    """Variables of peers that share a component with an outcome; the expressions of indicators are read for it."""
    for spec in catalog.peers.values():
        for outcome in (catalog.indicators[i] for i in spec.outcomes if i in catalog.indicators):
            root = catalog.indicators.get(outcome.base or outcome.id, outcome)
            for name, column in made_of.circular(outcome, root, catalog.tables, spec).items():
                message = f"goes in a circle: {outcome.id}, an outcome, has the same component {column}"
                remedy = "take a variable that describes the place, or leave out the outcome"
                place: yaml.Place = ("variables", name)
                yield catalog.document(spec).problem(place, message, value=name, remedy=remedy)
