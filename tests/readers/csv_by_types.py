"""Reads CSV files with what ``rowmill schema --format pandas|spark`` printed, and compares with the Parquet files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal
from pyspark.sql import SparkSession


def main(csv: Path, parquet: Path) -> int:
    os.chdir(csv)
    session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    session.sparkContext.setLogLevel("ERROR")
    for file in sorted(Path().glob("*.py")):
        table, _, reader = file.stem.partition("-")
        names: dict[str, Any] = {"spark": session}
        exec(file.read_text(), names)
        frame = names[table]
        found = pl.from_pandas(frame.toPandas() if reader == "spark" else frame)
        truth = pl.read_parquet(parquet / table).sort(pl.first())
        instants = [name for name, kind in truth.schema.items() if isinstance(kind, pl.Datetime)]
        zoned = [pl.col(name).cast(pl.Datetime("us")).dt.replace_time_zone("UTC") for name in instants]
        found = found.with_columns(zoned).cast(dict(truth.schema)).sort(pl.first())
        assert_frame_equal(found.fill_nan(None), truth.fill_nan(None))
        print(f"{table:14} {reader:8} {truth.height:>9,} rows  CSV as written")
    session.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(*(Path(text).resolve() for text in sys.argv[1:])))
