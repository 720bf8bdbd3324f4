"""A run: its graph, what is remembered of its steps, and the work of each kind of step."""
