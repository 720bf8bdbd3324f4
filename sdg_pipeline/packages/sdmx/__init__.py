"""SDMX: a national data structure that extends the global one of the SDGs, and the values in SDMX-CSV and SDMX-ML."""
