"""SDG indicators from a country's open government data.

The folders read as the way of the datum: ``specs`` (what is asked), ``ingest`` (official bytes to typed tables),
``estimate`` (tables to values), ``quality`` (values to verdicts), ``publish`` (one writer per format), ``release``
(what is sealed and served). ``pipeline`` holds the graph of steps; ``explain`` and ``cli`` speak to people.
This package knows no Dagster.
"""

__version__ = "0.1.0"
