"""Destinations and file formats by name. Modules load when they are asked for."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from rowmill.core.errors import UsageError
from rowmill.sinks.base import Format, Sink

SINKS: dict[str, str] = {
    "file": "rowmill.sinks.directory:DirectorySink",
}
"""By URL scheme; a path without one is a local folder."""

_OBJECT_STORES = ("abfs", "abfss", "az", "gcs", "gs", "r2", "s3", "s3a", "s3n", "wasb", "wasbs")

FORMATS: dict[str, str] = {
    "csv": "rowmill.sinks.delimited:CsvFormat",
    "parquet": "rowmill.sinks.parquet:ParquetFormat",
    "xpt": "rowmill.sinks.xpt:XptFormat",
}


def sink(location: str) -> Sink:
    """Return the sink of a destination as the user wrote it.

    Raises:
        UsageError: if its scheme is unknown.
    """
    scheme, separator, rest = location.partition("://")
    if not separator:
        scheme, rest = "file", location
    if scheme not in SINKS:
        if scheme in _OBJECT_STORES:
            raise UsageError(
                f"destination {location!r}: object stores are not supported by this version; give a folder"
            )
        known = ", ".join(f"{name}://" for name in sorted(SINKS))
        raise UsageError(f"destination {location!r}: unknown scheme {scheme!r}; give a folder, or a URL of {known}")
    return cast(Sink, _load(SINKS[scheme])(rest))


def file_format(name: str) -> Format:
    """Return a file format by name."""
    return cast(Format, _load(FORMATS[name])())


def _load(target: str) -> type:
    module, _, attribute = target.partition(":")
    return cast(type, getattr(import_module(module), attribute))
