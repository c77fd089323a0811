"""Small documents of a local folder, kept out of sight in ``_rowmill``, and names that processes hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xxhash import xxh3_64_hexdigest

from rowmill.sinks.documents import Document
from rowmill.sinks.folders import files, locks
from rowmill.sinks.folders.making import in_folder
from rowmill.sinks.folders.opening import below

BOOKS = "_rowmill"
STAGING = "staging"
_DOCUMENTS = (".json", ".jsonl")
_LOCKS = (".lock", ".locked")
"""Endings of what holds a name: the system's lock, or a file where the disk has none."""
_STEP = "."
"""Between slice and share in the name of a lock file."""


class FolderDocuments:
    """Small documents in ``_rowmill``. The version of one is the digest of what it says."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> Document | None:
        """Return a document, None if there is none; so is an empty one, which only claims a name."""
        data = files.read(self._place(name))
        return Document(data, _version(data)) if data else None

    def create(self, name: str, data: bytes) -> bool:
        """Write a document unless it exists, whole or not at all; return whether it was written."""
        path = self._place(name)
        made = in_folder(path, lambda: files.create(path, data))
        if made or (made is False and self.read(name) is not None):
            return made
        with locks.lock(_lock_of(path), wait=True):
            free = self.read(name) is None
            if free:
                files.write_whole(path, data)
            return free

    def replace(self, name: str, data: bytes, expected: str) -> str | None:
        """Write a document if the one that is there has a version; return its new version, None otherwise."""
        path = self._place(name)
        with locks.lock(_lock_of(path), wait=True):
            found = self.read(name)
            if found is None or found.version != expected:
                return None
            files.write_whole(path, data)
        return _version(data)

    def list(self, prefix: str) -> list[str]:
        """Return the names that begin with a text, sorted; files of stages are no documents."""
        top = self._place(f"{prefix}x").parent
        found = []
        for folder, folders, names in os.walk(top):
            folders[:] = [name for name in folders if name != STAGING]
            place = Path(folder).relative_to(self._folder).as_posix()
            inside = "" if place == "." else f"{place}/"
            found += [f"{inside}{name}" for name in names if name.endswith(_DOCUMENTS) and name[0] != "."]
        return sorted(name for name in found if name.startswith(prefix))

    def delete(self, name: str) -> None:
        """Remove a document, and the folders that held nothing else; nothing happens where there is none."""
        path = self._place(name)
        files.remove(path)
        for folder in path.parents:
            if folder == self._folder or not files.remove_empty_folder(folder):
                break

    def _place(self, name: str) -> Path:
        return below(self._folder.parent, f"{self._folder.name}/{name}")


class FolderLocks:
    """Names that processes of this machine hold, each a file in ``_rowmill`` that the system locks.

    The files lie side by side: a folder of its own for a lock would be one more thing that the killed leave behind.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, name: str, *, wait: bool = False) -> Iterator[bool]:
        """Hold a name against other processes of this machine; yields False where another one holds it."""
        with locks.lock(self._place(name), wait=wait) as held:
            yield held

    def names(self, place: str) -> tuple[str, ...]:
        """Return the names right below a place that are held, or were left by a process that was killed, sorted."""
        parted = (stem.partition(_STEP) for stem in self.all())
        return tuple(sorted({f"{place}/{name}" for label, _, name in parted if label == place and name}))

    def all(self) -> tuple[str, ...]:
        """Return every name that is held, or was left by a process that was killed, sorted."""
        folder = self._place("x").parent
        found = {path.stem for path in folder.iterdir() if path.suffix in _LOCKS} if is_folder(folder) else ()
        return tuple(sorted(found))

    def holder(self, name: str) -> str | None:
        """Return who holds a name, in words such as ``process 4711``; None where that cannot be told."""
        return locks.holder(self._place(name))

    def _place(self, name: str) -> Path:
        return below(self._folder.parent, f"{self._folder.name}/{name.replace('/', _STEP)}.lock")


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder and no link to one."""
    return path.is_dir() and not path.is_symlink()


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _version(data: bytes) -> str:
    return xxh3_64_hexdigest(data)
