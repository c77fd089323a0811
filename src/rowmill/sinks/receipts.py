"""Receipts of a stage: one small document for each part, which is what makes the part count."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rowmill.sinks.base import FileWriter, Stage
from rowmill.sinks.documents import Documents
from rowmill.sinks.layout import FileSpec

_FOLDER = "parts"
_SUFFIX = ".json"


def sealed(documents: Documents, stage: Stage) -> set[str]:
    """Return the names of the parts of a run that have receipts."""
    place = _place(stage)
    return {name.removeprefix(place).removesuffix(_SUFFIX) for name in documents.list(place)}


def read(documents: Documents, stage: Stage, parts: Iterable[str]) -> dict[str, bytes]:
    """Return the receipts of some parts of a run, of those that have one."""
    found = {part: documents.read(_name(stage, part)) for part in parts}
    return {part: document.data for part, document in found.items() if document is not None}


def withdraw(documents: Documents, stage: Stage, part: str) -> None:
    """Remove the receipt of a part."""
    documents.delete(_name(stage, part))


def forget(documents: Documents, stage: Stage) -> None:
    """Remove the receipts of a run, or of all runs of the slice."""
    for name in documents.list(_place(stage)):
        documents.delete(name)


class SealedPart:
    """A part of which files become durable one by one; they count from the moment that its receipt is there."""

    def __init__(self, documents: Documents, stage: Stage, part: str, opened: Callable[[FileSpec], FileWriter]) -> None:
        self._documents = documents
        self._name = _name(stage, part)
        self._opened = opened

    def open(self, file: FileSpec) -> FileWriter:
        """Return a writer of one file."""
        return self._opened(file)

    def seal(self, receipt: bytes) -> bytes:
        """Make the part count; return the receipt that does."""
        while not self._documents.create(self._name, receipt):
            found = self._documents.read(self._name)
            if found is not None:
                return found.data
        return receipt


def _name(stage: Stage, part: str) -> str:
    return f"{_place(stage)}{part}{_SUFFIX}"


def _place(stage: Stage) -> str:
    return "/".join(step for step in (stage.slice, _FOLDER, stage.run) if step) + "/"
