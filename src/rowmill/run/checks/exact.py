"""Exactness: what the parts of a run hold, compared with what its spec makes, before it is committed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rowmill.core.errors import IntegrityError
from rowmill.model.part import Part
from rowmill.run.books.run import Run
from rowmill.run.events import FileReceipt, Receipt


def refuse_other_counts(location: str, run: Run, receipts: Mapping[str, Receipt]) -> None:
    """Refuse receipts that do not add up to the data of a run.

    Args:
        location: what the user calls the destination.
        run: whose plan knows the rows of its parts wherever the spec tells them.
        receipts: of all parts, by name.

    Raises:
        IntegrityError: if parts overlap or leave tiles out, or if a part holds other tiles or another number of rows
            than planned.
    """
    fix = "nothing was committed; write the data again with --overwrite"
    for table in run.identity.tables:
        parts = [part for part in run.plan.parts if part.table == table]
        windows = range(1) if table in run.identity.catalogs else range(*run.windows)
        if parts and not _cover(parts, windows):
            raise IntegrityError(f"{location}: the parts of {table} do not cover slice {run.label} once; {fix}")
    for part, planned in zip(run.plan.parts, run.plan.rows, strict=True):
        receipt = receipts[part.name]
        rows = sum(file.rows for file in receipt.files)
        if receipt.table != part.table or not all(_inside(part, file) for file in receipt.files):
            raise IntegrityError(f"{location}: part {part.name} holds other tiles than planned; {fix}")
        if planned is not None and rows != planned:
            raise IntegrityError(
                f"{location}: part {part.name} holds {rows:,} rows where the spec makes {planned:,}; {fix}"
            )


def _inside(part: Part, file: FileReceipt) -> bool:
    first, stop, start, end = file.tiles
    return (first, stop) == (part.block_start, part.block_stop) and part.window_start <= start < end <= part.window_stop


def _cover(parts: Sequence[Part], windows: range) -> bool:
    """Return whether parts hold each tile once: groups of blocks follow one another, and so do the windows of each."""
    block, window, stop = 0, windows.stop, 0
    for part in sorted(parts, key=lambda part: (part.block_start, part.window_start)):
        if window == windows.stop:
            block, window, stop = stop, windows.start, part.block_stop
        if (part.block_start, part.block_stop, part.window_start) != (block, stop, window):
            return False
        window = part.window_stop
    return window == windows.stop
