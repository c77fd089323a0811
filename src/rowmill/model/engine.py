"""Engines and models: what else can make the rows of a domain beforehand, and what can be built over them after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from rowmill.core.processes import Cost
from rowmill.model.dataset import Dataset

OWN = "arrays"
"""The engine that every domain has: tiles are computed as they are asked for, in arrays."""
EARLIER = MappingProxyType({"polars": OWN})
"""Names that engines had, which are still taken."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """Where and how an engine makes rows beforehand."""

    folder: Path
    """An empty folder that is gone when the run ends."""
    threads: int


@dataclass(frozen=True, slots=True)
class MadeBeforehand:
    """Rows that an engine made."""

    location: str
    """Where they lie."""
    cost: Cost
    """What the engine's process took."""


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

    def make_beforehand(self, dataset: Dataset, engine: str, windows: range, place: Workplace) -> MadeBeforehand:
        """Make the rows of some windows.

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


@dataclass(frozen=True, slots=True)
class WrittenTables:
    """What lies at a destination."""

    spec: Mapping[str, Any]
    folders: Mapping[str, Path]
    """Folder of each table that was written whole, in Parquet."""
    windows: tuple[int, int]
    """First window, and the one after the last; all between are there."""


@dataclass(frozen=True, slots=True)
class ModelRun:
    """How the models of a destination shall be built."""

    command: str
    """Which of the domain's commands."""
    database: Path
    """Where to."""
    threads: int


@dataclass(frozen=True, slots=True)
class ModelResults:
    """What was built, and what did not do what it should."""

    models: int
    tests: int
    failures: tuple[str, ...]
    """One line each."""


@runtime_checkable
class HasModels(Protocol):
    """A domain with SQL models over what a run wrote."""

    @property
    def model_database(self) -> str:
        """Return the name of the DuckDB file that the models are built in, where no other is asked for."""

    @property
    def model_commands(self) -> Mapping[str, str]:
        """Return the commands by name, with what each does in a line."""

    def run_models(self, written: WrittenTables, asked: ModelRun) -> ModelResults:
        """Build the models over what lies at a destination.

        Raises:
            UsageError: if something is missing there or here.
            RowmillError: if building could not begin.
        """

    def copy_models(self, written: WrittenTables, folder: Path) -> None:
        """Copy the project out, ready to be run by hand over what lies at a destination.

        Raises:
            UsageError: if something is missing, or the folder is not empty.
        """
