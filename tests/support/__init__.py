"""Helpers of the tests: ASCII tables, a small country to run the real pipeline on, and an oracle in plain Python."""
