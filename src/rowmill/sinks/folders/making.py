"""Making files in folders that others may remove at any moment, because they are empty."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rowmill.core.errors import DiskError
from rowmill.sinks.folders import files

_TRIES = 20
"""How often a folder is made again."""

T = TypeVar("T")


def in_folder(path: Path, write: Callable[[], T]) -> T:
    """Make a file in a folder that is made first, and again where others find it empty and remove it."""
    tries = 0
    while True:
        files.make_folder(path.parent)
        try:
            return write()
        except DiskError as error:
            tries += 1
            if tries == _TRIES or not isinstance(error.__cause__, FileNotFoundError):
                raise
