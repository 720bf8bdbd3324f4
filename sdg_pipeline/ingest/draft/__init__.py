"""The first draft of a table spec, written from an official file."""
