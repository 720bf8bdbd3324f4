"""A geometry of two oblongs."""

OUTLINES = {
    "size": [100, 60],
    "states": {"MX01": "M0 0l50 0 0 60-50 0z", "MX06": "M50 0l50 0 0 60-50 0z"},
    "municipalities": {"MX01001": "M0 0l50 0 0 60-50 0z", "MX06001": "M50 0l50 0 0 60-50 0z"},
    "boxes": {"MX01": [0, 0, 50, 60], "MX06": [50, 0, 50, 60]},
    "source": "drawn_for_tests",
    "edition": "2020",
}
"""Two states as two oblongs: the starter data have no geometry, and a map must be tried without national data."""
