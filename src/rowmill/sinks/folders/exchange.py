"""Two folders change places in one step, where the system and the file system can do that."""

from __future__ import annotations

import ctypes
import errno
import os
from functools import cache
from pathlib import Path
from typing import Any

from rowmill.sinks.folders import files
from rowmill.sinks.folders.opening import explained

_HERE = -100
"""Paths are as the process sees them (``AT_FDCWD``)."""
_EXCHANGE = 2
"""``RENAME_EXCHANGE``."""
_NOT_POSSIBLE = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EPERM})


def exchange(one: Path, other: Path) -> bool:
    """Let two folders of one file system change places at once; durable on return.

    Returns:
        False where that cannot be done here; both are as they were then.
    """
    rename = _renameat2()
    if rename is None:
        return False
    with explained(other):
        if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) != 0:
            number = ctypes.get_errno()
            if number in _NOT_POSSIBLE:
                return False
            raise OSError(number, os.strerror(number))
    files.sync_folder(one.parent)
    files.sync_folder(other.parent)
    return True


def link(source: Path, target: Path) -> bool:
    """Give a file a second name, whose folders are made; return False where the file system has no such names."""
    files.make_folder(target.parent)
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        return True
    except OSError:
        return False
    return True


@cache
def _renameat2() -> Any:
    """Return the function of the system's library; None where it has none."""
    found = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if found is not None:
        found.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    return found
