"""Gathering: the statistics of a table while its tiles pass, from a bounded number of rows of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.words import Words, mix
from rowmill.model.frame import Cells, Dictionary, unsigned_zeros, word_columns
from rowmill.model.schema import Field, Schema, Values
from rowmill.model.statistics import uniques
from rowmill.model.statistics.bins import Bins
from rowmill.model.statistics.records import HOURS, ColumnStatistics, TableStatistics
from rowmill.model.table import Tile
from rowmill.model.texthash import text_hashes

_LOOKED_ROWS = 6_400
"""Rows that are looked at of a tile that has so many, and fewer than twice as many of any."""
_AT_ONCE_ROWS = 1 << 18
_PAIRS = 1 << 16
"""Codes of one byte from which on counting them by twos is quicker."""
_MICROS_PER_HOUR = 3_600_000_000
_MONDAY_HOUR = 72
"""Hour of the week, from Monday 0:00, that 1970-01-01 0:00 is."""


class Gatherer:
    """Takes the tiles of a table; the same tiles in any order, in any company, have the same statistics.

    Args:
        schema: of the table.
        rows_at_once: how many rows wait until they are looked at.
    """

    def __init__(self, schema: Schema, rows_at_once: int = _AT_ONCE_ROWS) -> None:
        self._schema = schema
        self._limit = rows_at_once
        self._waiting: list[Tile] = []
        self._held = self._rows = self._looked = 0
        self._columns: dict[str, _Gathered] = {}
        self._hours: Ints | None = None

    def add(self, tile: Tile) -> None:
        """Take a tile; it may wait for others."""
        if tile.rows:
            self._waiting.append(tile)
            self._held += tile.rows
        if self._held >= self._limit:
            self._look()

    def finish(self) -> TableStatistics:
        """Return the statistics of all tiles so far."""
        self._look()
        columns = {name: column.record() for name, column in self._columns.items()}
        hours = None if self._hours is None else tuple(self._hours.tolist())
        return TableStatistics(self._rows, self._looked, columns, hours)

    def _look(self) -> None:
        looks = [_Look.of(tile.rows) for tile in self._waiting]
        for name in self._waiting[0].frame if self._waiting else ():
            if name not in self._columns:
                self._columns[name] = _Gathered.of(self._schema, name)
            pieces = [(tile.frame[name], look) for tile, look in zip(self._waiting, looks, strict=True)]
            for some, looked, stride in _alike(pieces):
                self._columns[name].add(some, looked, stride)
            if name == self._schema.event_time and self._schema[name].type == "timestamp":
                self._hours = _hours(pieces) + (0 if self._hours is None else self._hours)
        self._rows += self._held
        self._looked += sum(look.count for look in looks)
        self._waiting, self._held = [], 0


@dataclass(slots=True)
class _Coded:
    """Codes of one dictionary that are counted and not looked up yet."""

    dictionary: Dictionary
    counted: Ints
    """Rows of each code, of those that are looked at."""
    used: Flags
    """Which codes occur in any row."""


@dataclass(slots=True)
class _Gathered:
    """What is known of a column so far."""

    field: Field
    identifies: bool
    """Whether its values tell rows apart, so that there are as many as rows."""
    binned: bool
    """Whether it has bins."""
    nulls: int = 0
    trues: int = 0
    least: int | float | None = None
    greatest: int | float | None = None
    counts: Ints | None = None
    bins: Bins = dataclass_field(default_factory=Bins)
    coded: _Coded | None = None
    registers: uniques.Registers = dataclass_field(default_factory=uniques.no_values)

    @classmethod
    def of(cls, schema: Schema, name: str) -> _Gathered:
        """Return what is known of a column before any row."""
        field = schema[name]
        keys = {*schema.row_key, *(column for key in schema.foreign_keys for column in key.columns)}
        # A number that counts nothing in no unit is a name.
        named = name in keys or (field.type == "int64" and field.unit is None)
        number = field.type not in ("timestamp", "bool", "uuid") and not field.text
        return cls(field, schema.row_key == (name,), number and not named)

    def add(self, some: Sequence[Cells], looked: Cells, stride: int) -> None:
        """Add cells.

        Args:
            some: those of each tile; all have one dictionary, or none.
            looked: one in ``stride`` of each tile.
            stride: how many rows each of these stands for.
        """
        self.nulls += sum(int(np.count_nonzero(cells.nulls)) for cells in some if cells.nulls is not None)
        if self.field.type == "bool":
            self.trues += sum(int(np.count_nonzero(_present(cells))) for cells in some)
        elif self.field.values is not None:
            counted = _by_place(_joined(some), self.field.values)
            self.counts = counted if self.counts is None else self.counts + counted
        elif looked.dictionary is not None:
            self._add_codes(looked if stride == 1 else _joined(some), looked, looked.dictionary, stride)
        else:
            self._add_values(some, _present(looked), stride)

    def _add_codes(self, whole: Cells, looked: Cells, dictionary: Dictionary, stride: int) -> None:
        if self.coded is None or self.coded.dictionary is not dictionary:
            self.settle()
            self.coded = _Coded(dictionary, np.zeros(len(dictionary), np.int64), np.zeros(len(dictionary), np.bool_))
        counted = _counted(_present(looked), len(dictionary))
        self.coded.counted += counted * stride
        if stride > 1 and not self.field.text:
            counted = _counted(_present(whole), len(dictionary))
        self.coded.used |= counted > 0

    def settle(self) -> None:
        """Add what is known of codes."""
        if self.coded is None:
            return
        canonical, counted = self.coded.dictionary.canonical, self.coded.counted
        seen = np.flatnonzero(counted)
        if not self.identifies:
            hashes = canonical[seen].view(np.uint64) if self.field.text else _hashes(canonical[seen])
            uniques.note(self.registers, hashes)
        if self.binned:
            self.bins += Bins.of(canonical[seen], counted[seen])
        if not self.field.text:
            self._widen(canonical[self.coded.used])
        self.coded = None

    def _add_values(self, some: Sequence[Cells], looked: NDArray[np.generic], stride: int) -> None:
        if not self.identifies and len(looked):
            uniques.note(self.registers, _hashes(looked))
        if self.binned:
            self.bins += Bins.of(looked).times(stride)
        if looked.dtype.kind in "if":
            for cells in some:
                self._widen(_present(cells))

    def _widen(self, numbers: NDArray[np.generic]) -> None:
        if numbers.dtype.kind == "f":
            numbers = numbers[np.isfinite(cast("NDArray[np.float64]", numbers))]
        if len(numbers):
            # Zero has two signs and one value: which of them is the least is up to the order.
            least, greatest = numbers.min().item() + 0, numbers.max().item() + 0
            self.least = least if self.least is None else min(self.least, least)
            self.greatest = greatest if self.greatest is None else max(self.greatest, greatest)

    def record(self) -> ColumnStatistics:
        """Return the record of it."""
        self.settle()
        flag, listed = self.field.type == "bool", self.counts is not None
        return ColumnStatistics(
            nulls=self.nulls,
            trues=self.trues if flag else None,
            least=self.least,
            greatest=self.greatest,
            counts=None if self.counts is None else tuple(self.counts.tolist()),
            bins=self.bins if self.binned and not listed else None,
            registers=None if flag or listed or self.identifies else uniques.stored(self.registers),
        )


@dataclass(frozen=True, slots=True)
class _Look:
    """Which rows of a tile are looked at: one of each so many neighbours, not the same one of all of them.

    What recurs in a tile, such as the visits of a subject or the hours of a day, would else be seen at one place alone.
    """

    stride: int
    """A power of two."""
    count: int
    rows: Ints | slice

    @classmethod
    def of(cls, rows: int) -> _Look:
        """Return which rows of so many are looked at."""
        stride = 1 << max(0, (rows // _LOOKED_ROWS).bit_length() - 1)
        if stride == 1:
            return cls(1, rows, slice(None))
        starts = np.arange(0, rows, stride)
        places = mix(np.arange(len(starts), dtype=np.uint64)) % np.uint64(stride)
        return cls(stride, len(starts), np.minimum(starts + places.astype(np.int64), rows - 1))


def _alike(pieces: Sequence[tuple[Cells, _Look]]) -> Iterator[tuple[Sequence[Cells], Cells, int]]:
    """Yield the cells of tiles of one dictionary and stride, and those that are looked at in one."""
    groups: dict[tuple[int, int], list[tuple[Cells, _Look]]] = {}
    for cells, look in pieces:
        groups.setdefault((id(cells.dictionary), look.stride), []).append((cells, look))
    for (_, stride), some in groups.items():
        looked = [cells if stride == 1 else cells.take(look.rows) for cells, look in some]
        yield [cells for cells, _ in some], _joined(looked), stride


def _joined(pieces: Sequence[Cells]) -> Cells:
    if len(pieces) == 1:
        return pieces[0]
    nulls = None
    if any(piece.nulls is not None for piece in pieces):
        nulls = np.concatenate([np.zeros(len(p), np.bool_) if p.nulls is None else p.nulls for p in pieces])
    return Cells(np.concatenate([piece.values for piece in pieces]), nulls, pieces[0].dictionary)


def _present(cells: Cells) -> NDArray[Any]:
    """Return the values, or codes, that are not missing."""
    return cells.values if cells.nulls is None else cells.values.compress(~cells.nulls)


def _counted(codes: NDArray[Any], size: int) -> Ints:
    """Return how often each code occurs, int64[size]."""
    if codes.dtype.itemsize > 1 or len(codes) < _PAIRS:
        return np.bincount(codes, minlength=size)
    # Two codes of a byte each are counted as one: half the work.
    even = len(codes) & ~1
    pairs = np.bincount(np.ascontiguousarray(codes[:even]).view(np.uint16), minlength=1 << 16).reshape(256, 256)
    counted = pairs.sum(axis=0) + pairs.sum(axis=1) + np.bincount(codes[even:].astype(np.uint8), minlength=256)
    counts: Ints = counted[:size]
    return counts


def _by_place(cells: Cells, known: Values) -> Ints:
    """Return the rows of each value of an enum, int64[len(known)]."""
    dictionary = cells.dictionary
    if dictionary is None:
        raise TypeError("an enum has a dictionary")
    ranks, _ = dictionary.ranks(known)
    counted = _counted(_present(cells), len(dictionary))
    return np.bincount(ranks, counted, len(known) + 1).astype(np.int64)[: len(known)]


def _hashes(values: NDArray[np.generic]) -> Words:
    """Return 64 bits for each of some values that are no codes: the same for a number in any width."""
    if values.dtype.kind in "OSTU":
        return text_hashes(pa.array(values, pa.string()))
    if values.dtype.kind == "V":
        first, second = (cast("Words", words) for words in word_columns(values))
        return mix(mix(first) ^ second)
    numbers = unsigned_zeros(values) if values.dtype.kind == "f" else values.astype(np.int64)
    return mix(numbers.view(np.uint64))


def _hours(pieces: Sequence[tuple[Cells, _Look]]) -> Ints:
    """Return the rows in each hour of the week, int64[168]."""
    total = np.zeros(HOURS, np.int64)
    for _, looked, stride in _alike(pieces):
        hours = _present(looked) // _MICROS_PER_HOUR
        if not len(hours):
            continue
        first = int(hours.min())
        counted = np.bincount(hours - first)
        found = np.flatnonzero(counted)
        np.add.at(total, (found + first + _MONDAY_HOUR) % HOURS, counted[found] * stride)
    return total
