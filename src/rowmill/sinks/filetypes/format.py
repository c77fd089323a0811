"""What a file format must offer. A new one is a module with a ``Format`` and one line in ``formats.FORMATS``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple, Protocol

import pyarrow as pa

from rowmill.model.frame import Frame
from rowmill.model.schema import Schema
from rowmill.sinks.layout import FileSpec, Layout


class Tally(NamedTuple):
    """Counts of values by column."""

    nulls: Mapping[str, int]
    """Columns that may be missing, and how often they are."""
    trues: Mapping[str, int]
    """Truth values, and how often they are true."""


class Encoder(Protocol):
    """Turns frames into the bytes of one file format."""

    def write(self, frame: Frame) -> None:
        """Add rows."""

    def finish(self) -> None:
        """Write what is still held and the end of the file; the handle stays open."""

    def discard(self) -> None:
        """Let go of everything without caring what the file holds."""


class Format(Protocol):
    """A file format: how to write one and how to read it back."""

    def check(self, schema: Schema, columns: Sequence[str]) -> None:
        """Accept a table of which a file would hold some columns.

        Raises:
            UsageError: if the format cannot hold it.
        """

    def encoder(self, handle: BinaryIO, file: FileSpec, layout: Layout) -> Encoder:
        """Return an encoder that writes to an open file."""

    def count(self, handle: BinaryIO) -> int | None:
        """Return the rows that a finished file says it holds, None where the format does not say."""

    def tally(self, handle: BinaryIO) -> Tally | None:
        """Return how many values of a file are missing and true, None where only reading all of it would tell.

        Raises:
            ValueError: if the file is damaged.
        """

    def facts(self, handle: BinaryIO) -> dict[str, str]:
        """Return the facts that were stored in a file; none where the format has no place for them.

        Raises:
            ValueError: if the file is damaged.
        """

    def batches(
        self, handle: BinaryIO, schema: Schema, columns: Sequence[str], layout: Layout
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a file in order, in the Arrow types of the schema; text may come as dictionaries.

        Raises:
            ValueError: if the file is damaged, or has other columns.
        """


class Untold:
    """What a file of plain rows does not tell of itself: only reading all of it would."""

    def count(self, handle: BinaryIO) -> None:
        """Return None: no file says how many rows it holds."""

    def tally(self, handle: BinaryIO) -> None:
        """Return None."""

    def facts(self, handle: BinaryIO) -> dict[str, str]:  # noqa: ARG002
        """Return no facts: there is no place for them."""
        return {}
