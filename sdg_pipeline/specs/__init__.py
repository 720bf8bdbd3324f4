"""The grammar: frozen models of sources, tables, code lists and indicators, and the catalogue that holds them.

What belongs here: what a spec file may say and how its mistakes are told. What does not: reading data.
"""
