"""A local folder whose documents are counted as they are read and written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rowmill.sinks.folders import books

VERBS = ("read", "create", "replace", "list", "delete")


@contextmanager
def counted(monkeypatch) -> Iterator[Counter[str]]:
    """Count every call to the documents of any folder, by verb."""
    calls: Counter[str] = Counter()
    with monkeypatch.context() as patch:
        for verb in VERBS:
            patch.setattr(books.FolderDocuments, verb, _noted(calls, verb))
        yield calls


def _noted(calls, verb):
    plain = getattr(books.FolderDocuments, verb)

    def noted(documents, *arguments):
        # What a folder does to replace a document is its own affair.
        calls[verb] += 1
        before = calls.copy()
        result = plain(documents, *arguments)
        calls.clear()
        calls.update(before)
        return result

    return noted
