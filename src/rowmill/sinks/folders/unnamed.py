"""Files under names that say who writes them, until they get their own: so those of the killed can be swept."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import xxhash

from rowmill.core.processes import lives


def beside(path: Path) -> Path:
    """Return an unused hidden name in a path's folder, never longer than the longest name that a file may have."""
    return path.with_name(f".{os.getpid()}-{_machine()}-{secrets.token_hex(8)}")


def sweep(paths: Iterable[Path]) -> bool:
    """Remove the files of such names whose processes, of this machine, have ended; return whether there were any."""
    parted = [(path, path.name.split("-")) for path in paths if path.name.startswith(".")]
    mine = [(path, name[0][1:]) for path, name in parted if len(name) == 3 and name[1] == _machine()]
    left = [path for path, process in mine if process.isdecimal() and not lives(int(process))]
    for path in left:
        removed(path)
    return bool(left)


def removed(path: Path) -> None:
    """Remove a file if that can be done."""
    with suppress(OSError):
        path.unlink()


def _machine() -> str:
    return xxhash.xxh3_64_hexdigest(socket.gethostname().encode())[:8]
