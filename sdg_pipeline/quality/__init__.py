"""Verdicts on values: rules from specs, Great Expectations, and coherence between levels and groups."""
