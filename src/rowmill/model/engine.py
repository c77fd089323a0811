"""Engines: a domain may have rows that something else than its own tables can make, all of them beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from rowmill.model.dataset import Dataset

OWN = "polars"
"""The engine that every domain has: tiles are computed as they are asked for."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where and how an engine makes rows beforehand."""

    folder: Path
    """An empty folder that is gone when the run ends."""
    threads: int


@runtime_checkable
class MakesBeforehand(Protocol):
    """A domain whose rows another engine can make as well, the same to the last bit."""

    @property
    def other_engines(self) -> tuple[str, ...]:
        """Return the names of the engines besides the domain's own."""

    def require(self, engine: str) -> None:
        """Refuse an engine that cannot run here.

        Raises:
            UsageError: saying what to install.
        """

    def make_beforehand(self, dataset: Dataset, engine: str, windows: range, place: Workplace) -> str:
        """Make the rows of some windows; return where they lie.

        Args:
            dataset: what to make.
            engine: which engine makes it.
            windows: windows that are asked for.
            place: where, and on how many threads.

        Raises:
            RowmillError: if the engine fails.
        """

    def with_rows(self, dataset: Dataset, location: str) -> Dataset:
        """Return the dataset with tables that read their tiles from where they were made beforehand."""
