"""Destinations and file formats by name. Modules load when they are asked for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from rowmill.core.errors import UsageError
from rowmill.core.paths import local_path
from rowmill.sinks.base import Destination
from rowmill.sinks.filetypes.format import Format
from rowmill.sinks.filetypes.formats import FORMATS

DESTINATIONS: dict[str, str | Callable[[str], Destination]] = {
    "file": "rowmill.sinks.folders.folder:Folder",
}
"""By URL scheme, what makes a destination of a location; a path without a scheme is a local folder."""

_LOCAL = "file"
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/{1,2}(?=[^/])")
"""The beginning of a URL of something else than a path; ``Path`` makes one slash of two."""


def placed(location: str | os.PathLike[str], what: str = "destination") -> str:
    """Return where a destination lies, whatever the working directory: an absolute path, or a URL.

    Args:
        location: as the user gave it.
        what: where it was given, for errors.

    Raises:
        UsageError: if it is a URL of something that is not known.
    """
    text = os.fspath(location)
    found = _URL.match(text)
    if found is None or found[1].lower() not in DESTINATIONS:
        return local_path(text, what)
    return f"{found[1].lower()}://{text[found.end() :]}"


def is_local(place: str) -> bool:
    """Return whether a destination that was placed lies in a folder of this machine."""
    return Path(place).is_absolute()


def destination(location: str | os.PathLike[str]) -> Destination:
    """Return a destination by what the user called it.

    Raises:
        UsageError: if it is a URL of something that is not known.
    """
    place = placed(location)
    made = DESTINATIONS[_LOCAL if is_local(place) else place.partition(":")[0]]
    return cast(Destination, _load(made)(place)) if isinstance(made, str) else made(place)


def require_everywhere(location: str) -> None:
    """Refuse a destination that was registered as an object of this process: a fresh interpreter does not know it.

    Raises:
        UsageError: naming it.
    """
    place = placed(location)
    if not is_local(place) and not isinstance(DESTINATIONS[place.partition(":")[0]], str):
        raise UsageError(f"{location}: cannot be reached from another process; use one worker")


def file_format(name: str) -> Format:
    """Return a file format by name."""
    return cast(Format, _load(FORMATS[name].target)())


def _load(target: str) -> type:
    module, _, attribute = target.partition(":")
    return cast(type, getattr(import_module(module), attribute))
