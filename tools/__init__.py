"""Generators of docs, starter data and pictures; none of them is part of the product."""
