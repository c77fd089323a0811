"""Rowmill: deterministic synthetic data at columnar speed.

``rowmill.dataset("payments", rows=1_000_000, seed=42)`` is where a library user starts; ``rowmill.fit`` fits a domain's
model to real data. What they raise on purpose is a ``rowmill.RowmillError``, one of whose kinds is
``rowmill.UsageError``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from rowmill.core.errors import RowmillError, UsageError
from rowmill.core.version import __version__

if TYPE_CHECKING:
    from rowmill.api.copy import copy
    from rowmill.api.dataset import LazyDataset, dataset
    from rowmill.api.fit import fit
    from rowmill.api.table import LazyTable
    from rowmill.model.schema import Field
    from rowmill.run.copying import CopySource

__all__ = [
    "CopySource",
    "Field",
    "LazyDataset",
    "LazyTable",
    "RowmillError",
    "UsageError",
    "__version__",
    "copy",
    "dataset",
    "fit",
]


_HOMES = {
    "Field": "rowmill.model.schema",
    "LazyDataset": "rowmill.api.dataset",
    "LazyTable": "rowmill.api.table",
    "CopySource": "rowmill.run.copying",
    "copy": "rowmill.api.copy",
    "dataset": "rowmill.api.dataset",
    "fit": "rowmill.api.fit",
}
"""Modules that load when they are first used."""


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
