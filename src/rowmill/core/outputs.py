"""What a command writes is never what it reads: one rule for every command that leaves files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from rowmill.core.errors import UsageError

FilesRead = Mapping[str, str | Path]
"""Files that a command reads, by what the user calls them: ``--pilot``, ``--catalog customers``."""
_BEGINNING = 512
"""Bytes of a file that tell whether a report of ours made it."""


def refuse_inputs(flag: str, target: str | Path, inputs: FilesRead) -> None:
    """Refuse to write a file that is one of those that are read, under any of its names.

    Args:
        flag: what the user calls the output.
        target: where it would be written.
        inputs: what is read.

    Raises:
        UsageError: naming both.
    """
    for name, path in inputs.items():
        if _same(Path(target), Path(path)):
            raise UsageError(f"{flag} {target}: is the file that {name} reads; name another one to write")


def refuse_inputs_within(flag: str, folder: str | Path, inputs: FilesRead) -> None:
    """Refuse to replace what a folder holds where a file that is read lies in one of its own folders.

    What lies at its top no run replaces; tables and records lie deeper.

    Raises:
        UsageError: naming the first such file.
    """
    home = Path(folder).resolve()
    for name, path in inputs.items():
        if home in Path(path).resolve().parent.parents:
            raise UsageError(
                f"{flag} {folder}: may replace {path}, which {name} reads; write elsewhere, or move that file first"
            )


def refuse_existing(flag: str, target: str | Path, content: bytes, *, overwrite: bool) -> None:
    """Refuse to replace a file that is not what would be written anyway, unless that is asked for.

    Raises:
        UsageError: if something else is there.
    """
    path = Path(target)
    if path.is_dir() or (path.exists() and not path.is_file()):
        raise UsageError(f"{flag} {target}: is no ordinary file; name a file")
    if path.is_file() and not overwrite and path.read_bytes() != content:
        raise UsageError(f"{flag} {target}: is there already, with another content; name a new file or add --overwrite")


def refuse_others(flag: str, target: str | Path, ours: Callable[[bytes], bool], what: str) -> None:
    """Refuse to replace a file that no report of ours made, or to write where there is no place for one.

    An empty file has nothing to lose; a device or a pipe is written to.

    Args:
        flag: what the user calls the output.
        target: where it would be written.
        ours: tells by the first bytes of a file whether a report of ours made it.
        what: what such a file is, for the message: ``page``.

    Raises:
        UsageError: naming what is there.
    """
    path = Path(target)
    if path.is_dir():
        raise UsageError(f"{flag} {target}: is a folder; name a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"{flag} {target}: there is no folder {path.parent}; make it, or name another one")
    if path.is_file():
        try:
            with path.open("rb") as handle:
                beginning = handle.read(_BEGINNING)
        except OSError as error:
            raise UsageError(f"{flag} {target}: cannot be looked at: {error.strerror or error}") from None
        if beginning and not ours(beginning):
            raise UsageError(f"{flag} {target}: is there already, and is no {what} of rowmill's; name another file")


def write_whole(flag: str, target: str | Path, text: str) -> None:
    """Write a file whole or not at all, in place of what is there; a device or a pipe is written to.

    Raises:
        UsageError: if it cannot be written.
    """
    path = Path(target)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")
            return
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UsageError(f"{flag} {target}: cannot be written: {error.strerror or error}") from None


def _same(one: Path, other: Path) -> bool:
    try:
        return one.resolve() == other.resolve() or one.samefile(other)
    except OSError:
        return False
