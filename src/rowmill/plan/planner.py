"""Cutting a dataset into parts: rectangles of tiles of about one size, blocks first, so that none is advanced twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.model.dataset import Dataset
from rowmill.model.part import Part
from rowmill.model.table import Table, exact_rows

_SMALL = 250_000
"""A table is not cut finer than this for the sake of a second worker."""
_SLACK = 1.2
"""A part may be this much heavier than asked, so that a million rows do not become a part more for one row too many."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of every table for one range of windows."""

    parts: tuple[Part, ...]
    """Grouped by table, in the order of the dataset."""
    weights: tuple[int, ...]
    """About how many rows each part holds."""
    rows: tuple[int | None, ...]
    """How many rows each part holds; None where only making it tells."""

    @property
    def heaviest_first(self) -> tuple[Part, ...]:
        """Return the parts in the order of work that leaves no worker with a long last part."""
        order = sorted(range(len(self.parts)), key=lambda i: (-self.weights[i], i))
        return tuple(self.parts[i] for i in order)

    def count(self, table: str) -> int:
        """Return the number of parts of a table."""
        return sum(part.table == table for part in self.parts)

    def share(self, i: int, n: int) -> tuple[Part, ...]:
        """Return the parts of the i-th of n machines, 1-based: every n-th of them, heaviest first."""
        return self.heaviest_first[i - 1 :: n]

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain data from which ``from_json`` makes an equal plan."""
        members = zip(self.parts, self.weights, self.rows, strict=True)
        return [{**part.to_json(), "weight": weight, "rows": rows} for part, weight, rows in members]

    @classmethod
    def from_json(cls, data: list[Mapping[str, Any]]) -> Plan:
        """Read what ``to_json`` wrote."""
        parts = tuple(Part(**{k: value for k, value in item.items() if k not in ("weight", "rows")}) for item in data)
        return cls(parts, tuple(int(item["weight"]) for item in data), tuple(item.get("rows") for item in data))


def plan(
    dataset: Dataset,
    windows: range,
    *,
    part_rows: int,
    single_file: bool = False,
    without: frozenset[str] = frozenset(),
) -> Plan:
    """Cut every table of a dataset into parts of about ``part_rows`` rows.

    Args:
        dataset: whose tables say how heavy each tile is.
        windows: windows to write of tables with time; catalogs come whole.
        part_rows: rows that a part aims at.
        single_file: one part a table, whatever its size.
        without: tables to leave out.
    """
    parts: list[Part] = []
    weights: list[int] = []
    for name, table in dataset.tables.items():
        if name in without:
            continue
        span = windows if table.timed else range(1)
        tiles = _weights(table, span)
        limit = int(tiles.sum()) if single_file else _aim(int(tiles.sum()), part_rows)
        for index, (blocks, cut) in enumerate(_rectangles(tiles, limit)):
            start, stop = span.start + cut.start, span.start + cut.stop
            parts.append(Part(name, index, blocks.start, blocks.stop, start, stop))
            weights.append(int(tiles[blocks.start : blocks.stop, cut.start : cut.stop].sum()))
    rows = (exact_rows(dataset.tables[part.table], part.blocks, part.windows) for part in parts)
    return Plan(tuple(parts), tuple(weights), tuple(rows))


def _aim(rows: int, part_rows: int) -> int:
    """Return the rows that parts of a table aim at: a table of few parts is halved, so that two workers share it."""
    return min(part_rows, max(-(-rows // 2), _SMALL))


def _weights(table: Table, windows: range) -> NDArray[np.int64]:
    """Return the weight of each tile, int64[blocks, windows]."""
    weights = [table.weight(b, w) for b in range(table.blocks) for w in windows]
    return np.array(weights, np.int64).reshape(table.blocks, len(windows))


def _rectangles(tiles: NDArray[np.int64], part_rows: int) -> list[tuple[range, range]]:
    """Return (blocks, windows) of each part: groups of blocks, and spans of windows where one block is too heavy.

    A table without blocks is one part without tiles: it becomes an empty file.
    """
    blocks = tiles.sum(axis=1)
    if len(blocks) == 0:
        return [(range(0), range(tiles.shape[1]))]
    found: list[tuple[range, range]] = []
    for group in cut(blocks, part_rows):
        heavy = blocks[group.start : group.stop].sum() > _SLACK * part_rows
        for some in (range(b, b + 1) for b in group) if heavy else (group,):
            found.extend((some, span) for span in cut(tiles[some.start : some.stop].sum(axis=0), part_rows))
    return found


def cut(weights: NDArray[np.int64], target: int) -> list[range]:
    """Cut consecutive positions into ranges that weigh about ``target``, at most 1.2 × on average; none is empty."""
    total, count = int(weights.sum()), len(weights)
    exact = total / max(target, 1)
    pieces = min(count, max(1, round(exact), ceil(exact / _SLACK)))
    middle = np.cumsum(weights) * 2 - weights
    ends = np.searchsorted(middle, np.arange(1, pieces) * 2 * total // pieces)
    bounds = np.unique(np.concatenate(([0], ends, [count])))
    return [range(int(a), int(b)) for a, b in pairwise(bounds)]
