"""Destinations and file formats by name. Modules load when they are asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from rowmill.core.errors import UsageError
from rowmill.core.paths import local_path, without_secrets
from rowmill.sinks.base import Destination
from rowmill.sinks.filetypes.format import Format
from rowmill.sinks.filetypes.formats import FORMATS
from rowmill.sinks.meant import refuse_near_miss, refuse_other_case
from rowmill.sinks.remote import DEFAULT_REMOTE, Remote

DESTINATIONS: dict[str, str | Callable[..., Destination]] = {
    "az": "rowmill.sinks.objects.azure:az",
    "duckdb": "rowmill.sinks.databases.duck.destination:DuckDestination",
    "file": "rowmill.sinks.folders.folder:Folder",
    "postgresql": "rowmill.sinks.databases.postgres.destination:PostgresDestination",
    "s3": "rowmill.sinks.objects.s3:s3",
}
"""By URL scheme, what makes a destination of a location; a path without a scheme is a local folder."""
_REMOTE = frozenset({"az", "s3"})
"""Those behind a network: what makes them is told too how to reach them."""

_DATABASES = frozenset({"duckdb", "postgresql"})
"""Schemes of destinations that take rows and no files."""
_ALSO = {"postgres": "postgresql"}
"""Other words for a scheme."""
_LOCAL, _DUCKDB = "file", "duckdb"
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/{1,2}")
"""The beginning of a URL of something else than a path; ``Path`` makes one slash of two."""


def placed(location: str | os.PathLike[str], what: str = "destination") -> str:
    """Return where a destination lies, whatever the working directory: an absolute path, or a URL.

    A path that ends in ``.duckdb``, or that ``duckdb://`` stands before, is that of a database; any other of a folder.

    Args:
        location: as the user gave it.
        what: where it was given, for errors.

    Raises:
        UsageError: if it is a URL of something that is not known, or resembles one.
    """
    text = os.fspath(location)
    found = _URL.match(text)
    scheme = "" if found is None else _ALSO.get(found[1].lower(), found[1].lower())
    if found is None or scheme not in DESTINATIONS or scheme == _LOCAL:
        refuse_near_miss(text, what, DESTINATIONS)
        path = local_path(text, what)
        refuse_other_case(path, text, what)
        return path
    rest = text[found.end() :]
    if scheme != _DUCKDB:
        return f"{scheme}://{rest}"
    if found[0].endswith("//") and not rest.startswith("/"):
        raise UsageError(f"{what}: got {without_secrets(text)!r}; a URL of a path begins with duckdb:///")
    path = local_path(f"/{rest.lstrip('/')}", what)
    return path if _scheme(path) == _DUCKDB else f"{_DUCKDB}://{path}"


def is_local(place: str) -> bool:
    """Return whether a destination that was placed lies in a folder of this machine."""
    return Path(place).is_absolute()


def is_remote(place: str) -> bool:
    """Return whether a destination that was placed lies behind a network, and settings say how it is reached."""
    return _scheme(place) in _REMOTE


def takes_rows(location: str | os.PathLike[str] | None) -> bool:
    """Return whether a destination takes rows and no files; None, which is no destination, does not.

    Raises:
        UsageError: if it is a URL of something that is not known.
    """
    return location is not None and _scheme(placed(location)) in _DATABASES


def destination(location: str | os.PathLike[str], remote: Remote = DEFAULT_REMOTE) -> Destination:
    """Return a destination by what the user called it.

    Args:
        location: as the user gave it, or as it was placed.
        remote: how it is reached, if it lies behind a network.

    Raises:
        UsageError: if it is a URL of something that is not known.
    """
    place = placed(location)
    made = DESTINATIONS[_scheme(place)]
    make = cast(Callable[..., Destination], _load(made)) if isinstance(made, str) else made
    return make(place, remote) if is_remote(place) else make(place)


def shown(location: str | os.PathLike[str]) -> str:
    """Return what to call a destination in messages: as the user wrote it, without secrets."""
    text = os.fspath(location)
    return text if is_local(placed(text)) else destination(text).shown


def _scheme(place: str) -> str:
    """Return the scheme of what was placed."""
    if not is_local(place):
        return place.partition(":")[0]
    return _DUCKDB if place.endswith(f".{_DUCKDB}") else _LOCAL


def require_everywhere(location: str) -> None:
    """Refuse a destination that was registered as an object of this process: a fresh interpreter does not know it.

    Raises:
        UsageError: naming it.
    """
    place = placed(location)
    if not is_local(place) and not isinstance(DESTINATIONS[_scheme(place)], str):
        raise UsageError(f"{without_secrets(location)}: cannot be reached from another process; use one worker")


def file_format(name: str) -> Format:
    """Return a file format by name."""
    return cast(Format, _load(FORMATS[name].target)())


def _load(target: str) -> Callable[..., object]:
    module, _, attribute = target.partition(":")
    return cast(Callable[..., object], getattr(import_module(module), attribute))
