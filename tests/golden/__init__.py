"""The SQL of the indicators, as reviewed: an index of all, and one whole file for each shape of plan."""
