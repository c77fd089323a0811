"""What object stores can do, and nothing that some of them cannot: no rename, no lock, no append."""

from __future__ import annotations

from typing import IO, BinaryIO, Protocol

from rowmill.sinks.documents import Document


class Bucket(Protocol):
    """What object stores can do. Keys use forward slashes."""

    def get(self, key: str) -> Document | None:
        """Return a small object with its version, None if there is none."""

    def put(self, key: str, data: bytes) -> str:
        """Write an object, whatever was there; return its version."""

    def put_new(self, key: str, data: bytes) -> str | None:
        """Write an object if there is none; return its version, None otherwise."""

    def put_over(self, key: str, data: bytes, expected: str) -> str | None:
        """Write an object if the one that is there has a version; return the new one, None otherwise."""

    def delete(self, *keys: str) -> None:
        """Remove objects, in whatever order; nothing happens where there are none."""

    def list(self, prefix: str, most: int | None = None) -> dict[str, int]:
        """Return key and bytes of the objects whose keys begin with a text; of the first ``most`` at least."""

    def download(self, key: str) -> BinaryIO | None:
        """Return an object to be read from its start, None if there is none."""

    def upload(self, key: str, content: IO[bytes]) -> str:
        """Send an object without showing it; return what completes or aborts the upload. One that fails is dropped."""

    def complete(self, key: str, token: str) -> bool:
        """Show an object that was sent, in the place of what was there; may be repeated.

        Returns:
            False where neither the upload nor the object that it made is there.
        """

    def abort(self, key: str, token: str) -> None:
        """Drop an upload; nothing happens where it is gone."""
