"""Keys of municipalities by their names, written a second time: pandas, plain text, and nothing of the product.

What belongs here: what tests compare the placing of sites with. What does not: the product's own match (ingest.places).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache

import pandas as pd
from end_to_end.product import PROJECT

REGISTER = PROJECT / "indicator_specs" / "geography"
STATES = {
    "COAHUILA": "05", "MICHOACAN": "16", "VERACRUZ": "30", "ESTADO DE MEXICO": "15", "QUERETARO ARTEAGA": "22",
    "DISTRITO FEDERAL": "09",
}  # fmt: skip
OTHERS = {
    ("07", "PUCHUCALCO"): "07068", ("11", "DOLORES HIDALGO C I N"): "11014", ("17", "VILLA DE AYALA"): "17004",
    ("19", "SAN NICOLAS DE LOS GARZAS"): "19046", ("20", "SAN PEDRO HUAMEMULA"): "20307", ("26", "ACONCCHI"): "26001",
    ("20", "HEROICA VILLA TEZOATLAN DE SEGURA Y LUNA"): "20549", ("26", "SAN FELIPE"): "26053",
    ("20", "H V TEZOATLAN DE SEGURA Y LUNA C DE LA I DE O"): "20549", ("28", "CD MADERO"): "28009",
    ("30", "IXHUATAN DEL CAFE"): "30080", ("30", "POZA RICA"): "30131",
}  # fmt: skip
"""Spellings of files of sites that a person looked at, by state and name."""


def plain(name: str) -> str:
    """Capitals, digits and single blanks."""
    letters = unicodedata.normalize("NFD", name.upper())
    return re.sub("[^A-Z0-9]+", " ", re.sub("[\u0300-\u036f]", "", letters)).strip()


def states_of(names: pd.Series) -> pd.Series:
    """Keys of states; nothing where a name is none."""
    with (REGISTER / "states.csv").open(encoding="utf-8") as file:
        keys = {plain(row["name"]): row["key"] for row in csv.DictReader(file)}
    return names.map(lambda name: {**keys, **STATES}.get(plain(name)))


def keys_of(states: pd.Series, names: pd.Series) -> pd.Series:
    """Keys of municipalities of keys of states and names; nothing where a name is that of none, or of two."""
    return pd.Series([_keys().get((s, plain(n))) for s, n in zip(states, names, strict=True)], index=names.index)


@cache
def _keys() -> dict[tuple[str, str], str]:
    places: dict[tuple[str, str], set[str]] = {place: {key} for place, key in OTHERS.items()}
    for file, chosen in (("municipalities.csv", _of_2020), ("names.csv", _not_reviewed_here)):
        with (REGISTER / file).open(encoding="utf-8") as rows:
            for row in filter(chosen, csv.DictReader(rows)):
                places.setdefault((row["key"][:2], plain(row["name"])), set()).add(row["key"])
    return {place: min(keys) for place, keys in places.items() if len(keys) == 1}


def _of_2020(row: dict[str, str]) -> bool:
    return row["first_vintage"] <= "2020"


def _not_reviewed_here(row: dict[str, str]) -> bool:
    return len(row["key"]) == 5 and row["kind"] != "alias"
