"""Open SDG: a repository of data, metadata and translations that the builder of that platform reads (sdg-build)."""
