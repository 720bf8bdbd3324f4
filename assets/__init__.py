"""The thin Dagster layer: every step of a run as an asset with its checks. No SQL, no formulas."""

import gc

gc.set_threshold(100_000, 20, 20)
"""Loading the definitions makes a million objects that all stay; to look for garbage among them takes a third more."""
