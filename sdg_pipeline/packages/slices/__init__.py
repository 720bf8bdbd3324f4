"""Parts of a release: the values of an area, and archives by goal and by state."""
