"""Hostile inputs: files, specs, manifests and texts that try to kill, hang or mislead the product."""
