"""A report on the nation, a state or a municipality: the skeleton of a voluntary review, as one HTML document."""
