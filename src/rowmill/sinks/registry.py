"""Destinations and file formats by name. Modules load when they are asked for."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from rowmill.core.paths import local_path
from rowmill.sinks.base import Format, Sink

SINKS: dict[str, str] = {
    "file": "rowmill.sinks.directory:DirectorySink",
}
"""By URL scheme; a path without one is a local folder."""

FORMATS: dict[str, str] = {
    "csv": "rowmill.sinks.delimited:CsvFormat",
    "parquet": "rowmill.sinks.parquet:ParquetFormat",
    "xpt": "rowmill.sinks.xpt:XptFormat",
}


def sink(location: str) -> Sink:
    """Return the sink of a destination as the user wrote it.

    Raises:
        UsageError: if it is a URL of something else.
    """
    scheme = location.partition("://")[0]
    if scheme == "file" or scheme not in SINKS:
        scheme, location = "file", local_path(location, "destination")
    return cast(Sink, _load(SINKS[scheme])(location))


def file_format(name: str) -> Format:
    """Return a file format by name."""
    return cast(Format, _load(FORMATS[name])())


def _load(target: str) -> type:
    module, _, attribute = target.partition(":")
    return cast(type, getattr(import_module(module), attribute))
