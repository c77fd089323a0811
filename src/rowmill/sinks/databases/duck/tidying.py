"""Tidying: once nothing waits beside a file of DuckDB, bookkeeping lies in the file alone, which can be moved then."""

from __future__ import annotations

from pathlib import Path

from rowmill.core.errors import RowmillError
from rowmill.core.logs import log
from rowmill.sinks.databases.duck.books import CHANGING, DuckDocuments
from rowmill.sinks.databases.duck.opening import WRITING, DuckFile
from rowmill.sinks.folders import files
from rowmill.sinks.folders.books import BOOKS, STAGING
from rowmill.sinks.folders.folder import Folder, remove_empty
from rowmill.sinks.folders.locks import lock

_log = log(__name__)


def tidy(beside: Folder, file: DuckFile, documents: DuckDocuments) -> None:
    """Bring documents into a file, and remove the folder beside it; nothing happens where parts wait there."""
    books = beside.local_folder / BOOKS
    if not books.is_dir():
        return
    try:
        with documents.unchanged():
            if any(books.glob(f"*/{STAGING}")) or _is_at_work(books) or not documents.settle():
                return
            with beside.locks.hold(WRITING) as alone:
                if alone:
                    file.discard()
            _sweep(books)
    except RowmillError as error:
        _log.warning("beside", f"{beside.shown}: stays for now: {error}", place=beside.shown)
        return
    remove_empty(beside.local_folder)
    files.remove_empty_folder(beside.local_folder)


def _is_at_work(books: Path) -> bool:
    """Return whether a process holds a name; remove what those that were killed left of theirs."""
    for path in books.rglob("*.lock"):
        if path.name != f"{CHANGING}.lock":
            with lock(path, wait=False) as held:
                if not held:
                    return True
    return False


def _sweep(books: Path) -> None:
    """Remove what processes that were killed had begun to write."""
    for path in books.rglob(".*"):
        files.remove(path)
