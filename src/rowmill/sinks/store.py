"""Small documents of a local folder, kept out of sight in ``_rowmill``, and names that processes hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rowmill.sinks import files, locks
from rowmill.sinks.opening import below

BOOKS = "_rowmill"
STAGING = "staging"
_DOCUMENTS = (".json", ".jsonl")
_LOCKS = (".lock", ".locked")
"""Endings of what holds a name: the system's lock, or a file where the disk has none."""


class FolderStore:
    """Small documents in ``_rowmill``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        """Return a document, None if there is none."""
        return files.read(self._place(name))

    def list(self) -> list[str]:
        """Return the names of all documents, sorted."""
        found = (p for place in places(self._folder.parent) for p in place.iterdir())
        documents = (p for p in found if p.suffix in _DOCUMENTS and p.name[0] != ".")
        return sorted(p.relative_to(self._folder).as_posix() for p in documents)

    def _place(self, name: str) -> Path:
        return below(self._folder.parent, f"{self._folder.name}/{name}")

    def create(self, name: str, data: bytes) -> bool:
        """Write a document unless it exists, whole or not at all; return whether it was written."""
        path = self._place(name)
        files.make_folder(path.parent)
        return files.create(path, data)

    def replace(self, name: str, data: bytes) -> None:
        """Write a document whole or not at all, whatever was there."""
        path = self._place(name)
        files.make_folder(path.parent)
        files.write_whole(path, data)

    def append(self, name: str, line: bytes) -> None:
        """Add one line and make it durable; a line that an earlier crash tore off is removed first."""
        path = self._place(name)
        if not files.ends_with(path, b"\n"):
            files.shorten(path, (files.read(path) or b"").rfind(b"\n") + 1)
        files.append(path, line)

    def delete(self, name: str) -> None:
        """Remove a document; nothing happens where there is none."""
        files.remove(self._place(name))

    @contextmanager
    def lock(self, name: str, *, wait: bool = False) -> Iterator[bool]:
        """Hold a name against other processes of this machine; yields False where another one holds it."""
        path = self._place(f"{name}.lock")
        with locks.lock(path, wait=wait) as held:
            yield held
        if held and path.parent != self._folder:
            files.remove_empty_folder(path.parent)

    def lock_holder(self, name: str) -> str | None:
        """Return who holds a name, in words such as ``process 4711``; None where that cannot be told."""
        return locks.holder(self._place(f"{name}.lock"))

    def locks(self, place: str) -> tuple[str, ...]:
        """Return the names right below a place that are held, or were left by a process that was killed, sorted."""
        folder = self._place(f"{place}/x" if place else "x").parent
        found = (path for path in folder.iterdir() if path.suffix in _LOCKS) if is_folder(folder) else ()
        return tuple(sorted({path.relative_to(self._folder).with_suffix("").as_posix() for path in found}))


def places(root: Path) -> list[Path]:
    """Return the folders that may hold documents and stages: the top one, and those right below it."""
    books = below(root, f"{BOOKS}/{STAGING}").parent
    if not is_folder(books):
        return []
    return [books, *(place for place in books.iterdir() if place.name != STAGING and is_folder(place))]


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder and no link to one."""
    return path.is_dir() and not path.is_symlink()
