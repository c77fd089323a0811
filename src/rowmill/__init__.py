"""Rowmill: deterministic synthetic data at columnar speed.

``rowmill.dataset("payments", rows=1_000_000, seed=42)`` is where a library user starts. What it raises on purpose is a
``rowmill.RowmillError``, one of whose kinds is ``rowmill.UsageError``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rowmill.core.errors import RowmillError, UsageError
from rowmill.core.version import __version__

if TYPE_CHECKING:
    from rowmill.api.dataset import LazyDataset, LazyTable, dataset

__all__ = ["LazyDataset", "LazyTable", "RowmillError", "UsageError", "__version__", "dataset"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from rowmill.api import dataset as api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
