"""SDG indicators from a country's open government data.

The folders read as the way of the datum. ``specs`` says what is asked, and ``ingest`` turns official bytes into typed
tables. ``estimate`` computes values from tables, and ``quality`` judges the values. ``publish`` has one writer per
format, and ``release`` holds what is sealed and served. ``run`` holds the graph of steps. ``explain``, ``site``,
``serve`` and ``cli`` speak to people. This package knows no Dagster.
"""

__version__ = "0.1.0"
