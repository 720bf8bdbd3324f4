"""Releases: collect what the writers wrote, seal it, compare it, and build the warehouse from it."""
