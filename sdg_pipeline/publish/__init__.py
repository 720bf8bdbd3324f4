"""Writes releases, one module per format: each takes values and a folder, and writes files."""
