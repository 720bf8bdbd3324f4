"""The release as an editor of an open data portal wants it: in CKAN, and as the federal ``data.json``."""
