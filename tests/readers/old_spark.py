"""Opens every table of a destination with an old Spark and compares every cell with what PyArrow reads; exits with 1
if one differs.

Old versions know neither Java 17, which must open its insides to them, nor a way to Arrow for times.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pyarrow.parquet as pq

OPENED = ("java.lang", "java.lang.invoke", "java.nio", "java.util", "sun.nio.ch", "sun.util.calendar")
os.environ["JDK_JAVA_OPTIONS"] = " ".join(
    [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENED] + ["-Dio.netty.tryReflectionSetAccessible=true"]
)


def main(destination: Path) -> int:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("old")
    for option in ("spark.ui.enabled", "spark.ui.showConsoleProgress"):
        builder = builder.config(option, "false")
    session = builder.config("spark.driver.memory", "4g").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    print(f"Spark {session.version}")
    failures = 0
    for folder in sorted(path for path in destination.iterdir() if path.is_dir() and path.name[0] not in "._"):
        truth = pq.read_table(folder)
        key = truth.column_names[0]
        frame = session.read.parquet(str(folder))
        # Times as microseconds: the way of old versions to Python goes through the zone of this machine.
        times = [name for name, kind in frame.dtypes if kind == "timestamp"]
        named = [f"unix_micros(`{name}`) AS `{name}`" if name in times else f"`{name}`" for name in frame.columns]
        found = [tuple(row) for row in frame.selectExpr(*named).orderBy(key).collect()]
        columns = [truth[n].cast("int64") if n in times else truth[n] for n in truth.column_names]
        rows = sorted(zip(*(column.to_pylist() for column in columns), strict=True), key=lambda row: row[0])
        same = found == rows and frame.columns == truth.column_names
        failures += not same
        print(f"{folder.name:14} spark    {len(rows):>9,} rows  {'as written' if same else 'DIFFERENT'}")
    session.stop()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
