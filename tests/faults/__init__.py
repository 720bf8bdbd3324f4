"""Faults that are seeded into copies of real files, to see which rule catches them and what it says.

``PYTHONPATH=tests python -m faults`` (or ``make faults``) runs all of them and prints the list.
"""
