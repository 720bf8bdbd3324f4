"""Which tile a state has on the map of tiles.

What belongs here: places and abbreviations. What does not: colours and figures (tile_map).
"""

from __future__ import annotations

from dataclasses import dataclass

COLUMNS, ROWS = 10, 6


@dataclass(frozen=True)
class Tile:
    """The square of a state, counted from the upper left corner, and its abbreviation."""

    column: int
    row: int
    abbreviation: str


TILES = {
    "MX02": Tile(0, 0, "BC"), "MX26": Tile(1, 0, "SON"), "MX08": Tile(2, 0, "CHIH"), "MX05": Tile(3, 0, "COAH"),
    "MX19": Tile(4, 0, "NL"), "MX28": Tile(5, 0, "TAMPS"), "MX03": Tile(0, 1, "BCS"), "MX25": Tile(1, 1, "SIN"),
    "MX10": Tile(2, 1, "DGO"), "MX32": Tile(3, 1, "ZAC"), "MX24": Tile(4, 1, "SLP"), "MX18": Tile(1, 2, "NAY"),
    "MX14": Tile(2, 2, "JAL"), "MX01": Tile(3, 2, "AGS"), "MX11": Tile(4, 2, "GTO"), "MX22": Tile(5, 2, "QRO"),
    "MX13": Tile(6, 2, "HGO"), "MX06": Tile(2, 3, "COL"), "MX16": Tile(3, 3, "MICH"), "MX15": Tile(4, 3, "MEX"),
    "MX09": Tile(5, 3, "CDMX"), "MX29": Tile(6, 3, "TLAX"), "MX30": Tile(7, 3, "VER"), "MX31": Tile(9, 3, "YUC"),
    "MX12": Tile(4, 4, "GRO"), "MX17": Tile(5, 4, "MOR"), "MX21": Tile(6, 4, "PUE"), "MX27": Tile(7, 4, "TAB"),
    "MX04": Tile(8, 4, "CAMP"), "MX23": Tile(9, 4, "QROO"), "MX20": Tile(6, 5, "OAX"), "MX07": Tile(7, 5, "CHIS"),
}  # fmt: skip
"""A tile a state by REF_AREA, as near its neighbours as squares allow."""
