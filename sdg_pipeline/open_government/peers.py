"""Peers of a municipality: the nearest by variables that describe the place, and how well they predict its figures.

A municipality without figures of its own inherits the mean of the places that it was split from, and says so. Where the
median of the state predicts an indicator better than that of the peers, the state is shown. What belongs here: figures
in and rows out. What does not: distances (nearest), variables and outcomes (indicator_specs/peers).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sdg_pipeline import duck
from sdg_pipeline.estimate import universe
from sdg_pipeline.ingest.geography import NATION, Area
from sdg_pipeline.open_government.nearest import Nearest, gap, medians, nearest, positions
from sdg_pipeline.open_government.subject import Material, Row, Subject
from sdg_pipeline.open_government.tables import PEER, PEER_PLACE, PEER_QUALITY
from sdg_pipeline.specs import fields
from sdg_pipeline.specs import peers as specs
from sdg_pipeline.specs.base import TOTAL, Level
from sdg_pipeline.specs.catalog import Catalog
from sdg_pipeline.specs.peers import Peers, PlaceVariable

if TYPE_CHECKING:
    from sdg_pipeline.open_government.nearest import Array

NAME, REGISTER = "peers", "municipalities"
HAVE_PEERS, PREDICT = "municipalities_have_peers", "peers_predict"
FEWEST = 100
"""Municipalities below which a run is too partial to judge the choice of peers."""
NEWEST = """
SELECT indicator, ref_area, arg_max(obs_value, time_period) FROM read_parquet([{files}])
SEMI JOIN {totals} AS k USING (indicator, {dimensions})
WHERE geo_level = 'municipality' AND obs_value IS NOT NULL AND obs_status <> '{forecast}' GROUP BY ALL
"""


@dataclass(frozen=True)
class Places:
    """Municipalities of today with a value of each variable, by code; ``heirs`` have those of their parents."""

    codes: tuple[str, ...]
    values: Array
    heirs: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]
    """Codes of those without one."""


def _staged(catalog: Catalog) -> frozenset[str]:
    return frozenset(v.table for spec in catalog.peers.values() for v in spec.variables.values())


def work(material: Material) -> Mapping[str, tuple[str, Sequence[Row]]]:
    """Write the three tables."""
    spec = material.catalog.peers.get(REGISTER)
    places = places_of(material, spec) if spec else None
    if spec is None or places is None:
        for table in (PEER, PEER_PLACE, PEER_QUALITY):
            material.write(table, [])
        return dict.fromkeys((HAVE_PEERS, PREDICT), ("the run has not the variables of places", []))
    ranked, chosen = choose(places, spec.number)
    own = [code for code in places.codes if code not in places.heirs]
    material.write(PEER, list(_peers(places, own, chosen)))
    material.write(PEER_PLACE, list(_described(places, ranked, spec)))
    quality = list(_quality(material, spec, places, chosen))
    material.write(PEER_QUALITY, quality)
    kept = ", ".join(f"{n} {share:.0%}" for n, share in zip(spec.variables, chosen.by_variable, strict=True))
    observed = f"{len(places.codes):,} municipalities, {len(places.heirs)} by their parents; without one stay: {kept}"
    return {
        HAVE_PEERS: (observed, [{"ref_area": code} for code in places.missing]),
        PREDICT: _judged(quality, spec, len(own)),
    }


def places_of(material: Material, spec: Peers) -> Places | None:
    """The municipalities that can be compared; None where the run has not all tables, or too few places."""
    import numpy as np

    if not all(v.table in material.staged for v in spec.variables.values()):
        return None
    columns = [_values(material, variable) for variable in spec.variables.values()]
    figures = {code: [c[code] for c in columns] for code in sorted(columns[0]) if all(code in c for c in columns)}
    if len(figures) <= spec.number:
        return None
    rows, heirs, missing = dict(figures), {}, []
    for area in material.register.existing(material.register.newest_vintage, Level.MUNICIPALITY):
        if area.code not in figures:
            parents = _parents(area, figures)
            if parents:
                heirs[area.code] = parents
                rows[area.code] = list(np.mean([figures[p] for p in parents], axis=0))
            else:
                missing.append(area.code)
    codes = (*figures, *heirs)
    whole = () if len(figures) < FEWEST else tuple(missing)
    return Places(codes, np.array([rows[code] for code in codes], dtype=float), heirs, whole)


def _parents(area: Area, figures: Mapping[str, Sequence[float]]) -> tuple[str, ...]:
    parents = tuple(NATION + key for key in area.parents)
    return parents if parents and all(p in figures for p in parents) else ()


def _values(material: Material, variable: PlaceVariable) -> dict[str, float]:
    """A variable by code of the municipality."""
    table = material.catalog.tables[variable.table]
    totals = "".join(f" AND {duck.name(d)} = '{TOTAL}'" for d in table.dimensions)
    value = duck.name(variable.numerator)
    if variable.denominator:
        value = f"{value} / nullif({duck.name(variable.denominator)}, 0)"
    query = (
        f"SELECT '{NATION}' || municipality, CAST({value} AS DOUBLE) "
        f"FROM read_parquet({duck.text(material.staged[variable.table])}) "
        f"WHERE geo_level = 'municipality' AND edition = {duck.text(variable.edition)}{totals}"
    )
    return {code: value for code, value in material.con.execute(query).fetchall() if value is not None}


def choose(places: Places, number: int) -> tuple[Array, Nearest]:
    """The positions of all places, and the nearest of each among those with figures of their own."""
    import numpy as np

    first = len(places.codes) - len(places.heirs)
    ranked = positions(places.values, places.values[:first])
    own = np.array([n if n < first else -1 for n in range(len(places.codes))], dtype=np.int64)
    return ranked, nearest(ranked, ranked[:first], own, number)


def _peers(places: Places, own: Sequence[str], chosen: Nearest) -> Iterator[Row]:
    for place, code in enumerate(places.codes):
        for rank, peer in enumerate(chosen.peers[place]):
            yield {
                "ref_area": code,
                "rank": rank + 1,
                "peer": own[int(peer)],
                "distance": round(float(chosen.distance[place, rank]), 6),
                "stability": round(float(chosen.stays[place, rank]), 9),
            }


def _described(places: Places, ranked: Array, spec: Peers) -> Iterator[Row]:
    for place, code in enumerate(places.codes):
        for number, (name, variable) in enumerate(spec.variables.items()):
            yield {
                "ref_area": code,
                "variable": name,
                "title_en": variable.title.en,
                "title_es": variable.title.es,
                "value": float(places.values[place, number]),
                "position": round(float(ranked[place, number]), 9),
                "inherited_from": ", ".join(places.heirs.get(code, ())) or None,
            }


def _quality(material: Material, spec: Peers, places: Places, chosen: Nearest) -> Iterator[Row]:
    """How far the medians of peers, state and nation are from the values, by indicator."""
    import numpy as np

    catalog, own = material.catalog, len(places.codes) - len(places.heirs)
    number = {code: n for n, code in enumerate(places.codes[:own])}
    states = np.array([code[2:4] for code in places.codes[:own]])
    inside = [np.flatnonzero(states == state) for state in np.unique(states)]
    for indicator, values in sorted(_newest(material, number).items()):
        peers, state = medians(values[chosen.peers[:own]]), np.full(own, np.nan)
        for members in inside:
            state[members] = medians(values[members][None, :])[0]
        nation = np.full(own, medians(values[None, :])[0])
        judged = np.isfinite(values) & np.isfinite(peers) & np.isfinite(state) & np.isfinite(nation)
        gaps = [gap(values, predicted, judged) for predicted in (peers, state, nation)]
        item = catalog.indicators[indicator]
        shared = specs.circular(item, catalog.root_of(item), catalog.tables, spec)
        if judged.any():
            yield {
                "indicator": indicator,
                "areas": int(judged.sum()),
                **{f"gap_{group}": round(g, 9) for group, g in zip(("peers", "state", "nation"), gaps, strict=True)},
                "shown": "peers" if gaps[0] <= gaps[1] else "state",
                "role": "circular" if shared else "outcome" if indicator in spec.outcomes else "other",
            }


def _newest(material: Material, number: Mapping[str, int]) -> dict[str, Array]:
    """The newest own totals of municipalities, by indicator, in the order of the places."""
    import numpy as np

    indicators = [material.catalog.indicators[i] for i in material.indicators]
    files = ", ".join(duck.text(path) for path in material.indicators.values())
    query = NEWEST.format(
        files=files,
        totals=universe.totals(indicators),
        dimensions=", ".join(fields.DIMENSIONS),
        forecast=fields.FORECAST,
    )
    series: dict[str, Array] = {}
    for indicator, code, value in material.con.execute(query).fetchall():
        if code in number:
            series.setdefault(indicator, np.full(len(number), np.nan))[number[code]] = value
    return series


def _judged(quality: Sequence[Row], spec: Peers, places: int) -> tuple[str, Sequence[Row]]:
    """Mean gap to the peers' median in parts of that to the nation's, over the outcomes, against the bound."""
    outcomes = [row for row in quality if row["role"] == "outcome" and row["gap_nation"]]
    if places < FEWEST or len(outcomes) < len(spec.outcomes):
        return f"{places} municipalities and {len(outcomes)} outcomes are too few to judge the choice", []
    ratio = sum(row["gap_peers"] / row["gap_nation"] for row in outcomes) / len(outcomes)
    state = sum(row["gap_state"] / row["gap_nation"] for row in outcomes) / len(outcomes)
    observed = f"gap to the peers' median {ratio:.3f} of that to the nation's, to the state's {state:.3f}"
    return observed, [] if ratio <= spec.bound else [{"ratio": ratio, "bound": spec.bound}]


PEERS = Subject(
    NAME,
    (PEER, PEER_PLACE, PEER_QUALITY),
    _staged,
    all_indicators=True,
    owner="team:statistics",
    described={
        HAVE_PEERS: (
            "warning",
            "Every municipality of today has peers, by its own figures or its parents'.",
            "A municipality without peers cannot be compared with places like it.",
        ),
        PREDICT: (
            "warning",
            "The medians of peers are nearer to the outcomes than the nation's, by the bound of the register.",
            "Peers that predict nothing are no peers.",
        ),
    },
    work=work,
)
