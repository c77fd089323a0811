"""Rowmill: deterministic synthetic data at columnar speed.

``rowmill.dataset("payments", rows=1_000_000, seed=42)`` is where a library user starts; ``rowmill.fit`` fits a domain's
model to real data; ``info``, ``read``, ``verify``, ``diff``, ``copy`` and ``finalize`` are about what lies at a
destination, ``profile``, ``validate`` and ``drift`` about any table, and ``evaluate`` holds synthetic rows against real
ones. What they raise on purpose is a ``rowmill.RowmillError``, one of whose kinds is ``rowmill.UsageError``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from rowmill.core.errors import RowmillError, UsageError
from rowmill.core.version import __version__

if TYPE_CHECKING:
    from rowmill.api.compare import compare as diff
    from rowmill.api.copy import copy
    from rowmill.api.dataset import LazyDataset, dataset
    from rowmill.api.fit import fit
    from rowmill.api.profile import profile
    from rowmill.api.table import LazyTable
    from rowmill.model.schema import Field
    from rowmill.quality.checks.validating import validate
    from rowmill.quality.compare.asking import Inquiry
    from rowmill.quality.compare.evaluate import evaluate
    from rowmill.quality.drift.comparing import drift
    from rowmill.run.books.manifest import read as info
    from rowmill.run.checks.verify import verify
    from rowmill.run.copying import CopySource
    from rowmill.run.reading import batches as read
    from rowmill.run.runner import finalize

__all__ = [
    "CopySource",
    "Field",
    "Inquiry",
    "LazyDataset",
    "LazyTable",
    "RowmillError",
    "UsageError",
    "__version__",
    "copy",
    "dataset",
    "diff",
    "drift",
    "evaluate",
    "finalize",
    "fit",
    "info",
    "profile",
    "read",
    "validate",
    "verify",
]


_HOMES = {
    "CopySource": "rowmill.run.copying:CopySource",
    "Field": "rowmill.model.schema:Field",
    "Inquiry": "rowmill.quality.compare.asking:Inquiry",
    "LazyDataset": "rowmill.api.dataset:LazyDataset",
    "LazyTable": "rowmill.api.table:LazyTable",
    "copy": "rowmill.api.copy:copy",
    "dataset": "rowmill.api.dataset:dataset",
    "diff": "rowmill.api.compare:compare",
    "drift": "rowmill.quality.drift.comparing:drift",
    "evaluate": "rowmill.quality.compare.evaluate:evaluate",
    "finalize": "rowmill.run.runner:finalize",
    "fit": "rowmill.api.fit:fit",
    "info": "rowmill.run.books.manifest:read",
    "read": "rowmill.run.reading:batches",
    "profile": "rowmill.api.profile:profile",
    "validate": "rowmill.quality.checks.validating:validate",
    "verify": "rowmill.run.checks.verify:verify",
}
"""What loads when it is first used, and where it is at home."""


def __getattr__(name: str) -> object:
    if name in _HOMES:
        module, _, attribute = _HOMES[name].partition(":")
        return getattr(import_module(module), attribute)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
