"""Open government: what is promised, what is missing, and who is comparable, each a subject with its own tables."""
