"""Running: write a slice of a dataset into a destination, or finish what several machines wrote."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from rowmill.model.dataset import Dataset
from rowmill.run.request import Slice
from rowmill.run.settings import RunSettings
from rowmill.run.summary import Summary

Mode = Literal["new", "resume", "overwrite"]
Progress = Callable[[int, int], None]


def write(
    dataset: Dataset,
    settings: RunSettings,
    slice: Slice = Slice(),
    *,
    mode: Mode = "new",
    progress: Progress | None = None,
) -> Summary:
    """Write a slice of a dataset to ``settings.out`` and commit it.

    Args:
        dataset: with a seeded spec.
        settings: destination and layout; they change no row.
        slice: windows, columns and share of the parts.
        mode: ``new`` refuses an unfinished run or other data, ``resume`` continues an unfinished one, ``overwrite`` replaces
            what stands in the way once the new data is complete.
        progress: called in this process with (rows of the main table done, rows expected).

    Raises:
        DestinationError: the destination cannot take this run as asked.
        DiskError: it stopped taking bytes; nothing is published, ``resume`` continues.
        Interrupted: Ctrl-C; finished parts are kept for ``resume``.
    """
    raise NotImplementedError


def finalize(out: str | Path) -> Summary:
    """Commit the slices whose parts several machines have journalled.

    Raises:
        DestinationError: naming the parts that are missing.
    """
    raise NotImplementedError
