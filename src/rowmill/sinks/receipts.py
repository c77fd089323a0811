"""Receipts of a stage: one small document for each part, which is what makes the part count."""

from __future__ import annotations

from collections.abc import Iterable

from rowmill.sinks.base import Stage
from rowmill.sinks.documents import Documents

_FOLDER = "parts"
_SUFFIX = ".json"


class DocumentReceipts:
    """The receipts of a destination, as documents."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def sealed(self, stage: Stage) -> set[str]:
        """Return the names of the parts of a run that have receipts."""
        place = receipts_of(stage)
        return {name.removeprefix(place).removesuffix(_SUFFIX) for name in self._documents.list(place)}

    def read(self, stage: Stage, parts: Iterable[str]) -> dict[str, bytes]:
        """Return the receipts of some parts of a run, of those that have one."""
        found = {part: self._documents.read(receipt_name(stage, part)) for part in parts}
        return {part: document.data for part, document in found.items() if document is not None}

    def withdraw(self, stage: Stage, part: str) -> None:
        """Take back a part: it counts no more until it is sealed again."""
        self._documents.delete(receipt_name(stage, part))

    def forget(self, stage: Stage) -> None:
        """Remove the receipts of a run, or of all runs of the slice."""
        for name in self._documents.list(receipts_of(stage)):
            self._documents.delete(name)


class SealedPart:
    """A part that counts from the moment that its receipt is there."""

    def __init__(self, documents: Documents, stage: Stage, part: str) -> None:
        self._documents = documents
        self._name = receipt_name(stage, part)

    def seal(self, receipt: bytes) -> bytes:
        """Make the part count; return the receipt that does: another one where somebody sealed it before."""
        while not self._documents.create(self._name, receipt):
            found = self._documents.read(self._name)
            if found is not None:
                return found.data
        return receipt


def receipt_name(stage: Stage, part: str) -> str:
    """Return the name of the document that is a part's receipt."""
    return f"{receipts_of(stage)}{part}{_SUFFIX}"


def receipts_of(stage: Stage) -> str:
    """Return what the names of the receipts of a run begin with, or of all runs of the slice where none is named."""
    return "/".join(step for step in (stage.slice, _FOLDER, stage.run) if step) + "/"
