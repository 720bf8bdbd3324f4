"""Serves published releases over HTTP."""
