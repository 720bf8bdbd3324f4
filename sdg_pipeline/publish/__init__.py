"""Pure writers, one module a format: each takes values and a folder, and writes files."""
