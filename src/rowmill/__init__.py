"""Rowmill: deterministic synthetic data at columnar speed.

``rowmill.dataset("payments", rows=1_000_000, seed=42)`` is where a library user starts. What it raises on purpose is a
``rowmill.RowmillError``, one of whose kinds is ``rowmill.UsageError``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from rowmill.core.errors import RowmillError, UsageError
from rowmill.core.version import __version__

if TYPE_CHECKING:
    from rowmill.api.dataset import LazyDataset, dataset
    from rowmill.api.table import LazyTable
    from rowmill.model.schema import Field

__all__ = ["Field", "LazyDataset", "LazyTable", "RowmillError", "UsageError", "__version__", "dataset"]


_HOMES = {
    "Field": "rowmill.model.schema",
    "LazyDataset": "rowmill.api.dataset",
    "LazyTable": "rowmill.api.table",
    "dataset": "rowmill.api.dataset",
}
"""What loads when it is first asked for, so that importing the package costs next to nothing."""


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
