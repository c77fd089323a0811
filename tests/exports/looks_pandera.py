"""Run by the environment of the exports: what pandera finds in the tables of a folder, as JSON."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pandera.errors
import polars as pl

if __name__ == "__main__":
    module, folder = sys.argv[1:]
    found = {}
    for table, schema in runpy.run_path(module)["SCHEMAS"].items():
        frame = pl.read_parquet(f"{Path(folder, table)}/**/*.parquet", hive_partitioning=True)
        if "simulation_year" in frame.columns:
            frame = frame.with_columns(pl.col("simulation_year").cast(pl.Int32))
        try:
            schema.validate(frame, lazy=True)
        except pandera.errors.SchemaErrors as errors:
            found[table] = [
                [str(each["check"]), str(each["column"])] for each in errors.failure_cases.iter_rows(named=True)
            ]
    sys.stdout.write(json.dumps({t: sorted({tuple(pair) for pair in pairs}) for t, pairs in found.items()}))
