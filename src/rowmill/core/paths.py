"""Where a user's text points: an absolute path, made once at the edge, in which nothing is left to be interpreted."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import unquote

from rowmill.core.errors import UsageError

_OF_AZURE = frozenset({"abfs", "abfss", "adl", "azure", "wasb", "wasbs"})
OBJECT_STORES = frozenset({"gcs", "gs", "oss", "r2", "s3a", "s3n"}) | _OF_AZURE
_ELSEWHERE = frozenset(
    {
        "az",
        "dbfs",
        "file",
        "ftp",
        "ftps",
        "hdfs",
        "http",
        "https",
        "jdbc",
        "memory",
        "postgres",
        "postgresql",
        "s3",
        "sftp",
        "ssh",
    }
)
"""Schemes, besides the object stores, that other tools take for more than the beginning of a name."""
_BEGINNING = re.compile(r"(?:jdbc:)?(?:[A-Za-z][A-Za-z0-9+.-]*:)?/{0,2}", re.IGNORECASE)
"""Of a URL, or of one whose slashes were forgotten."""
_VALUE = re.compile(
    r"""((?:pass\w*|pwd|\w*key|\w*secret\w*|\w*token|sig\w*)\s*=\s*)('[^']*'|[^\s&;]+)""", re.IGNORECASE
)
_PARAMETER = re.compile(r"=[^&]*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)


def without_secrets(location: str) -> str:
    """Return a location as messages may show it, however it is mistyped.

    What stands before an @, the values of a query, and those of words like ``password=`` give way to an ellipsis.
    """
    begins = _BEGINNING.match(location)
    start = location[: begins.end()] if begins else ""
    user, at, rest = location[len(start) :].rpartition("@")
    if at and re.search(r"[?&;]\w+=", user):
        # An @ in a value, or a question mark in a password: nobody knows where a secret ends.
        return f"{start}…"
    address, mark, query = rest.partition("?")
    shown = _VALUE.sub(r"\1…", address) + mark + _PARAMETER.sub("=…", query)
    return start + ("…@" if at else "") + shown


def local_path(text: str | os.PathLike[str], what: str = "path") -> str:
    """Return the absolute path of what a user gave; the same for what this function returned.

    ``~`` and ``~user`` stand for home folders, ``file:///`` begins a URL whose ``%20`` is a blank; all else is a name,
    and a relative one lies in the working directory.

    Args:
        text: as given.
        what: where it was given, for errors.

    Raises:
        UsageError: for a URL of something else, a home that is not known, and a text that can be no path.
    """
    given = os.fspath(text)
    path = at_home(_unwrapped(given, what), what)
    if not path or "\0" in path:
        raise UsageError(f"{what}: got {without_secrets(given)!r}; give a path")
    try:
        return str(Path(path).absolute())
    except FileNotFoundError:
        raise UsageError(f"{what}: got {given!r}, and the working directory is gone; give an absolute path") from None


def _unwrapped(text: str, what: str) -> str:
    """Return the path of a file URL, and any other text that is no URL."""
    found = _SCHEME.fullmatch(text)
    if found is None:
        return text
    scheme, rest = found[1].lower(), found[2]
    said = without_secrets(text)
    if scheme == "file" and rest.startswith(("///", "//localhost/")):
        return unquote(rest.removeprefix("//localhost" if rest[2] != "/" else "//"), errors="surrogateescape")
    name = "" if "//" in text or said != text else f", or ./{said} for such a name"
    if len(scheme) == 1:
        if rest[:1] in ("", "\\", "/"):
            raise UsageError(f"{what}: got {said!r}, a path of Windows; give one of this machine{name}")
        return text
    if scheme in OBJECT_STORES:
        known = "Azure's is az://CONTAINER/PREFIX" if scheme in _OF_AZURE else "s3:// and az:// alone are supported"
        raise UsageError(f"{what}: got {said!r}; of the object stores {known}; give a path here{name}")
    if scheme == "file":
        raise UsageError(f"{what}: got {said!r}; a URL of a path begins with file:///{name}")
    if scheme in _ELSEWHERE or rest.startswith("//"):
        raise UsageError(f"{what}: got {said!r}; unknown scheme {scheme!r}; give a path here, or file:///{name}")
    return text


def at_home(path: str, what: str) -> str:
    """Return a path with the home in the place of ``~`` or ``~user``, and any other as it is.

    Raises:
        UsageError: if the home is not known.
    """
    if not path.startswith("~"):
        return path
    # An empty HOME would make ~/x into /x.
    homeless = path.partition("/")[0] == "~" and os.environ.get("HOME") == ""
    found = path if homeless else os.path.expanduser(path)  # noqa: PTH111 - Path raises where a user is unknown
    if found.startswith("~"):
        raise UsageError(f"{what}: got {path!r}; whose home that is, is not known; for a name write ./{path}")
    return found
