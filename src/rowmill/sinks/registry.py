"""Destinations and file formats by name. Modules load when they are asked for."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from rowmill.core.paths import local_path
from rowmill.sinks.base import Destination
from rowmill.sinks.format import Format

DESTINATIONS: dict[str, str] = {
    "file": "rowmill.sinks.folder:Folder",
}
"""By URL scheme; a path without one is a local folder."""

FORMATS: dict[str, str] = {
    "csv": "rowmill.sinks.delimited:CsvFormat",
    "parquet": "rowmill.sinks.parquet:ParquetFormat",
    "xpt": "rowmill.sinks.xpt:XptFormat",
}


def destination(location: str) -> Destination:
    """Return a destination by what the user called it.

    Raises:
        UsageError: if it is a URL of something else.
    """
    scheme = location.partition("://")[0]
    if scheme == "file" or scheme not in DESTINATIONS:
        scheme, location = "file", local_path(location, "destination")
    return cast(Destination, _load(DESTINATIONS[scheme])(location))


def file_format(name: str) -> Format:
    """Return a file format by name."""
    return cast(Format, _load(FORMATS[name])())


def _load(target: str) -> type:
    module, _, attribute = target.partition(":")
    return cast(type, getattr(import_module(module), attribute))
