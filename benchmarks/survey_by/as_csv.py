"""The columns that R is asked about, as CSV: ``python as_csv.py RECORDS.parquet TARGET.csv``."""

from __future__ import annotations

import sys

import duckdb

from sdg_pipeline.duck import text as literal

COLUMNS = "state, sex, age, stratum, psu, weight, literate"

if __name__ == "__main__":
    source, target = map(literal, sys.argv[1:])
    duckdb.sql(f"COPY (SELECT {COLUMNS} FROM read_parquet({source})) TO {target} (FORMAT csv, HEADER, NULLSTR 'NA')")
    print(0)
