"""Small documents beside the data: plans, receipts, manifests. What a bucket can promise, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol


class Document(NamedTuple):
    """A document as it was read."""

    data: bytes
    version: str
    """Equal as long as nobody changes the document."""


class Documents(Protocol):
    """Documents by name, with forward slashes. Each is written whole or not at all, and none is ever added to."""

    def read(self, name: str) -> Document | None:
        """Return a document, None if there is none."""

    def create(self, name: str, data: bytes) -> bool:
        """Write a document unless it exists; return whether it was written: of many who try, one succeeds."""

    def replace(self, name: str, data: bytes, expected: str) -> str | None:
        """Write a document if the one that is there has a version; return its new version.

        Returns:
            None where it is gone, or was changed since it was read; nothing is written then.
        """

    def list(self, prefix: str) -> list[str]:
        """Return the names that begin with a text, sorted."""

    def delete(self, name: str) -> None:
        """Remove a document; nothing happens where there is none."""


Chosen = Callable[[str], bool]
"""Says of the name of a document whether it is meant."""


def none(name: str) -> bool:  # noqa: ARG001
    """Choose no document."""
    return False


def remove(documents: Documents, prefix: str, chosen: Chosen) -> None:
    """Remove the documents that are chosen of those whose names begin with a text."""
    for name in documents.list(prefix) if chosen is not none else ():
        if chosen(name):
            documents.delete(name)


class JsonText(str):
    """JSON that is made already."""

    __slots__ = ()


def json_document(data: Mapping[str, Any]) -> bytes:
    """Return plain data as a JSON object with one key on each line, equal for equal data."""
    texts = {key: value if isinstance(value, JsonText) else json.dumps(value) for key, value in data.items()}
    members = (f"{json.dumps(key)}: {text}" for key, text in texts.items())
    return ("{\n " + ",\n ".join(members) + "\n}\n").encode()
