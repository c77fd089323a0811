"""The flags of the section ``run``: those that every command has, and those of domains that ask a language model."""

from __future__ import annotations

from rowmill.cli.flags import Flag
from rowmill.sinks.filetypes.formats import compressions, file_formats

RUN_FLAGS: tuple[Flag, ...] = (
    Flag("--out", "run.out", "DIR|URL", "Directory to write to, s3://BUCKET/PREFIX or az://CONTAINER/PREFIX."),
    Flag("--tables", "run.tables", "A,B", "Tables to write; without it those that the domain writes by default."),
    Flag("--workers", "run.workers", "N", "Worker processes; without it one a usable core."),
    Flag("--batch-size", "run.batch_size", "N", "Most rows handed to an encoder at once."),
    Flag("--format", "run.format", "|".join(file_formats()), "File format."),
    Flag("--compression", "run.compression", "|".join(compressions()), "Compression of the files."),
    Flag(
        "--encoding",
        "run.encoding",
        "default|compact|plain",
        "Parquet encodings: usual, small, or for old readers.",
    ),
    Flag(
        "--partition-by",
        "run.partition_by",
        "LEVEL",
        "Hive folders by time: none, year, month, day, or what the domain has.",
    ),
    Flag("--single-file", "run.single_file", None, "One file a table."),
    Flag("--row-group-rows", "run.row_group_rows", "N", "Most rows in a Parquet row group."),
    Flag(
        "--name",
        "run.name",
        "TEMPLATE",
        "File names over {domain} {table} {rows} {date} {part} {_part}; FOLDER/NAME too.",
    ),
    Flag("--against", "run.against", "PATH", "Hold the slice against earlier data; exit code 3 where it drifted."),
    Flag("--unsafe-commit", "run.remote.unsafe_commit", None, "Write to a store that cannot keep two runs apart too."),
)
REPORT_FLAGS: tuple[Flag, ...] = (
    Flag("--metrics-file", "run.metrics_file", "FILE", "Write Prometheus metrics of the run to a file."),
    Flag("--log-level", "run.log_level", "debug|info|warning|error", "Least severe log line on standard error."),
    Flag("--log-format", "run.log_format", "text|json", "Form of the log lines."),
)
LLM_FLAGS: tuple[Flag, ...] = (
    Flag("--endpoint", "run.llm.endpoint", "URL", "OpenAI-compatible endpoint; its key is ROWMILL_LLM_API_KEY."),
    Flag("--llm-model", "run.llm.model", "NAME", "Language model, as the endpoint knows it."),
    Flag(
        "--llm-mode", "run.llm.mode", "parameters|rows", "Ask once for parameters, or for a few subjects to resample."
    ),
    Flag("--prompt", "run.llm.prompt", "TEXT", "What the trial is about: disease, population, treatment."),
    Flag("--llm-rows", "run.llm.rows", "N", "Rows to ask for in the mode rows, 2000 at most [200]."),
    Flag("--max-requests", "run.llm.max_requests", "N", "Most requests that go out, with repeated ones [20]."),
    Flag("--max-tokens", "run.llm.max_tokens", "N", "Most tokens, asked and answered [100_000]."),
    Flag("--max-cost", "run.llm.max_cost", "MONEY", "Most money; needs both prices."),
    Flag("--max-seconds", "run.llm.max_seconds", "S", "Most seconds of asking, with pauses [300]."),
    Flag("--price-input", "run.llm.price_input", "MONEY", "Price of a million tokens asked."),
    Flag("--price-output", "run.llm.price_output", "MONEY", "Price of a million tokens answered."),
    Flag("--llm-cache", "run.llm.cache", "DIR|none", "Folder of known answers; without it the user's cache folder."),
    Flag("--allow-real-rows", "run.llm.allow_real_rows", None, "Send a few subjects of the pilot as examples."),
)
