"""The flags that every run has, whatever the domain."""

from __future__ import annotations

from rowmill.cli.flags import Flag

RUN_FLAGS: tuple[Flag, ...] = (
    Flag("--out", "run.out", "DIR", "Directory to write to."),
    Flag("--tables", "run.tables", "A,B", "Tables to write; without it those that the domain writes by default."),
    Flag("--workers", "run.workers", "N", "Worker processes; without it one a usable core."),
    Flag("--batch-size", "run.batch_size", "N", "Most rows handed to an encoder at once."),
    Flag("--format", "run.format", "parquet|csv|xpt", "File format."),
    Flag("--compression", "run.compression", "snappy|zstd|gzip|none", "Compression of the files."),
    Flag("--encoding", "run.encoding", "default|compact", "Parquet encodings: for every reader, or smaller files."),
    Flag(
        "--partition-by",
        "run.partition_by",
        "LEVEL",
        "Hive folders by time: none, year, month, day, simulation_year.",
    ),
    Flag("--single-file", "run.single_file", None, "One file a table."),
    Flag("--row-group-rows", "run.row_group_rows", "N", "Most rows in a Parquet row group."),
    Flag("--name", "run.name", "TEMPLATE", "File names over {domain} {table} {rows} {date} {part} {_part}."),
)
REPORT_FLAGS: tuple[Flag, ...] = (
    Flag("--metrics-file", "run.metrics_file", "FILE", "Write Prometheus metrics of the run to a file."),
    Flag("--log-level", "run.log_level", "debug|info|warning|error", "Least severe log line on standard error."),
    Flag("--log-format", "run.log_format", "text|json", "Form of the log lines."),
)
