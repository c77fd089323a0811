"""The ``run`` section of a configuration: how and where rows land. Nothing here changes a row or a fingerprint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, field_validator

from rowmill.core.paths import at_home, local_path
from rowmill.llm.settings import LlmSettings
from rowmill.model.engine import EARLIER, OWN
from rowmill.model.spec import Section
from rowmill.sinks.filetypes.formats import compressions, file_formats
from rowmill.sinks.registry import placed
from rowmill.sinks.remote import DEFAULT_REMOTE, Remote

if TYPE_CHECKING:
    FormatName = str
    CompressionName = str
else:
    FormatName = Literal[file_formats()]
    CompressionName = Literal[compressions()]


class RunSettings(Section):
    """Destination, workers, files and logs of a run."""

    out: str | None = None
    """Destination: a folder, s3://BUCKET/PREFIX or az://CONTAINER/PREFIX, with one folder a table below it and
    bookkeeping in _rowmill/, or a database, with one table a table and bookkeeping in tables whose names begin with
    _rowmill_. Here and in every other path, ~ is your home, and a relative path lies in the working directory, wherever
    this file is."""
    inputs: dict[Annotated[str, StringConstraints(to_lower=True)], str] = Field(default_factory=dict)
    """Your own files, by the names that the domain has for them, as name: path; the section data keeps digests of
    them."""
    tables: tuple[str, ...] | None = None
    """Tables to write, as a list or as a,b; unset means those that the domain writes by default."""
    workers: int | None = Field(default=None, ge=1, le=1024)
    """Worker processes; unset means one for each usable core."""
    executor: str = "local"
    """Who makes the parts: local has worker processes on this machine, inline makes one after the other in this one."""
    engine: str = OWN
    """What makes the rows: arrays computes them tile by tile; the domain says which others there are, such as sql. The
    rows are the same. An earlier name, polars, means arrays."""
    batch_size: int = Field(default=65_536, ge=1, le=16_000_000)
    """Most rows handed to an encoder at once; changes memory, never a row."""
    format: FormatName | None = None
    """File format; xpt (SAS transport, version 5) takes only tables made for it. Unset means parquet. A database takes
    rows and no files: there it stays unset, as compression and partition_by do."""
    compression: CompressionName | None = None
    """Compression of the files; unset means snappy for Parquet, or what the domain says, and none for CSV (which takes
    gzip, zstd or none) and XPT (which takes no other)."""
    encoding: Literal["default", "compact", "plain"] = "default"
    """Parquet encodings: the default opens in every reader of today, compact makes smaller files for recent ones, and
    plain larger ones that older ones open too, such as Spark 3.2."""
    partition_by: str | None = None
    """Hive folders by UTC date down to this level (year=2025/month=11/day=30) for tables with time; no column moves.
    Data in days takes year, month, day or none, data in whole years year, none or what the domain says. Unset means
    none, or what the domain says; where its level is a column too, Parquet files below the folders leave it out."""
    single_file: bool = False
    """Write each table as one file (one for each partition folder); such a table is made by one worker."""
    row_group_rows: int = Field(default=600_000, ge=1, le=1_000_000_000)
    """Most rows in one Parquet row group."""
    part_rows: int = Field(default=1_000_000, ge=1, le=1_000_000_000_000)
    """Rows that a part aims at: a part is one file and the unit of work, retry and resume."""
    name: str | None = None
    """File name template over {domain} {table} {rows} {date} {part} {_part}, without the ending; unset means
    {domain}_{rows}_{date}_{part}, or what the domain says. FOLDER/NAME names the folder of each table too, over
    {domain} and {table}; without FOLDER it is that of the table's name.

    {domain} reads domain_table outside the main table unless {table} is used; {rows} counts the main table over the
    whole period ("daily" where it is open; refused where rows are known once they are made);
    {date} is the last day of the slice (for tables without time: the period's last day, or the first one where it is
    open) and of data in whole years the year; {date:%Y%m%d} writes it by the codes %Y %y %m %d %j (a year by %Y %y);
    {part} counts from 00000, and {_part} is _ with that number where a table has several parts, nothing where it has
    one."""
    against: str | None = None
    """Earlier data that a slice is held against once it is committed, as by `rowmill drift AGAINST OUT`: a destination,
    which may be that of the run, or slices of one, or files of others. What drifted is told, and the exit code is 3;
    the slice stays. Unset for none."""
    llm: LlmSettings = LlmSettings()
    """A language model that the domain may ask before anything is made."""
    remote: Remote = DEFAULT_REMOTE
    """How a destination behind a network is reached."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """Least severe log line to print."""
    log_format: Literal["text", "json"] = "text"
    """Form of log lines."""
    metrics_file: str | None = None
    """File for Prometheus metrics of the run, text format; unset for none."""

    def placed(self) -> Self:
        """Return the settings with absolute paths: ``~`` expanded, relative ones below the working directory.

        Raises:
            UsageError: for a path that is a URL of something else.
        """
        changed: dict[str, Any] = {
            "inputs": {name: local_path(text, f"run.inputs.{name}") for name, text in self.inputs.items()}
        }
        if self.out is not None:
            changed["out"] = placed(self.out, "run.out")
        if self.metrics_file is not None:
            changed["metrics_file"] = at_home(self.metrics_file, "run.metrics_file")
        if self.against is not None and self.against.startswith("~"):
            changed["against"] = at_home(self.against, "run.against")
        return self.model_copy(update=changed)

    @field_validator("engine", mode="after")
    @classmethod
    def _by_its_name(cls, value: str) -> str:
        return EARLIER.get(value, value)

    @field_validator("tables", mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value
