"""From the frames of many tiles to Arrow arrays and back, keeping categories as codes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.model.frame import Cells, Dictionary, fixed_width, shown
from rowmill.model.schema import Field
from rowmill.model.types import numbers

_SMALL_DOMAIN = 128
"""Values that codes of one byte tell apart, negative ones left out."""
_ROWS_A_VALUE = 256
"""Rows for each value of a dictionary from which on it stays whole."""
_USED_SHARE = 0.95
"""Share of used values from which on the others stay too: new codes for every row would cost more."""
_LOOK_ROWS = 1 << 14
"""Codes to look at before asking whether all of a dictionary has been seen."""


class Joiner:
    """Puts pieces of one column together. Dictionaries that meet again and again are united once.

    Args:
        distinct: whether a value that two dictionaries have stands once in the united one. Text that is stored plain
            needs no such care, and finding it is dear where hardly any value meets another.
    """

    def __init__(self, *, distinct: bool = True) -> None:
        self._distinct = distinct
        self._parents: tuple[Dictionary, ...] = ()
        self._union: Dictionary | None = None
        self._codes: list[NDArray[np.int32]] = []

    def join(self, pieces: Sequence[Cells]) -> Cells:
        """Return the pieces, at least one, one after the other; all of them with a dictionary or none."""
        if len(pieces) == 1:
            return pieces[0]
        nulls = None
        if any(piece.nulls is not None for piece in pieces):
            nulls = np.concatenate(
                [np.zeros(len(piece), np.bool_) if piece.nulls is None else piece.nulls for piece in pieces]
            )
        first = pieces[0].dictionary
        if all(piece.dictionary is first for piece in pieces):
            return Cells(np.concatenate([piece.values for piece in pieces]), nulls, first)
        self._unite([piece.dictionary for piece in pieces])
        place = {id(parent): codes for parent, codes in zip(self._parents, self._codes, strict=True)}
        joined = [place[id(piece.dictionary)].take(_codes(piece)) for piece in pieces]
        return Cells(np.concatenate(joined), nulls, self._union)

    def _unite(self, dictionaries: Sequence[Dictionary | None]) -> None:
        known = {id(parent) for parent in self._parents}
        fresh = {id(d): d for d in dictionaries if id(d) not in known}
        if not fresh:
            return
        if any(d is None for d in fresh.values()):
            raise ValueError("a column comes with a dictionary in one tile and without one in another")
        parents = list({id(d): d for d in dictionaries if d is not None}.values())
        values = pa.concat_arrays([d.values for d in parents])
        codes = np.arange(len(values), dtype=np.int32)
        if self._distinct:
            encoded = values.dictionary_encode()
            values, codes = encoded.dictionary, encoded.indices.to_numpy()
        self._union = Dictionary(values)
        self._codes = np.split(codes, np.cumsum([len(d) for d in parents])[:-1])
        self._parents = tuple(parents)


def arrow_array(field: Field, cells: Cells, *, encode: bool) -> pa.Array:
    """Return cells as Arrow.

    Args:
        field: the column.
        cells: its values or codes.
        encode: True for a dictionary array with codes of ``code_type`` and few unused values, False for plain values.
    """
    if cells.dictionary is None:
        plain = cells.to_arrow(field)
        return plain.dictionary_encode().cast(pa.dictionary(code_type(field), plain.type)) if encode else plain
    if not encode:
        indices = fixed_width(_codes(cells).astype(np.int32, copy=False), cells.nulls, pa.int32())
        return shown(cells.dictionary.values, field).take(indices)
    kind = code_type(field)
    most = 1 << (kind.bit_width - 1)
    codes, values = _used_values(cells, cells.dictionary, most)
    if len(values) > most:
        raise ValueError(f"column {field.name} has {len(values)} values; its field names {len(field.values or ())}")
    indices = fixed_width(codes.astype(f"i{kind.bit_width // 8}", copy=False), cells.nulls, kind)
    return pa.DictionaryArray.from_arrays(indices, shown(values, field), safe=False)


def arrow_file(handle: BinaryIO) -> BinaryIO | pa.NativeFile:
    """Return an open file as one of Arrow's own, where it has a name.

    Arrow reads in threads of its own; one that lets go of a Python file while Python ends aborts the process. So of any
    other file, which is not ``is_native``, no thread of Arrow may read.
    """
    name = getattr(handle, "name", None)
    return pa.OSFile(os.fsencode(name)) if isinstance(name, str) else handle


def is_native(file: BinaryIO | pa.NativeFile) -> bool:
    """Return whether a file is one of Arrow's own, which its threads may read."""
    return isinstance(file, pa.NativeFile)


def code_type(field: Field) -> pa.DataType:
    """Return the type of codes that a writer gets: statistics of codes in one byte cost it half as much."""
    return pa.int8() if field.values is not None and len(field.values) <= _SMALL_DOMAIN else pa.int32()


def _used_values(cells: Cells, dictionary: Dictionary, most: int) -> tuple[NDArray[np.integer[Any]], pa.Array]:
    """Return codes and distinct values without most of those that no cell uses; the order of the others stays.

    A value that stands twice would be stored right, but Arrow ends such a dictionary page with bytes of unset memory.
    A few values that are not used cost less there than finding them in many rows; more than ``most`` are always looked
    for.
    """
    codes = _codes(cells)
    places, values = dictionary.distinct or (None, dictionary.values)
    if len(values) > most or len(dictionary) * _ROWS_A_VALUE > len(codes):
        kept = _used(codes, cells.nulls, len(dictionary))
        if places is not None:
            kept = np.bincount(places, kept, len(values)) > 0
        if len(values) > most or np.count_nonzero(kept) < _USED_SHARE * len(kept):
            numbers = np.cumsum(kept, dtype=np.int32) - kept
            places = numbers if places is None else numbers.take(places)
            values = values.take(pa.array(np.flatnonzero(kept)))
    return codes if places is None else places.take(codes), values


def _used(codes: NDArray[np.integer[Any]], nulls: NDArray[np.bool_] | None, size: int) -> NDArray[np.bool_]:
    """Return which of ``size`` codes occur, bool[size]; the first rows of a small dictionary tell it already."""
    used = np.zeros(size, np.bool_)
    step = max(_LOOK_ROWS, size)
    for start in range(0, len(codes), step):
        piece = codes[start : start + step]
        if nulls is not None:
            piece = piece.compress(~nulls[start : start + step])
        used[piece.astype(np.intp)] = True
        if used.all():
            break
    return used


def cells_of(field: Field, array: pa.Array, last: Dictionary | None = None) -> Cells:
    """Return what a reader got from a file as the cells that a tile would hold: the digests of both agree.

    Args:
        field: the column.
        array: plain or dictionary-encoded, of the field's Arrow type.
        last: dictionary of the rows before; it is used again where the values are the same, as those of a row group
            come with each of its batches.
    """
    nulls = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    if field.text:
        encoded = array if isinstance(array, pa.DictionaryArray) else array.dictionary_encode()
        codes = (encoded.indices if nulls is None else encoded.indices.fill_null(0)).to_numpy()
        values = encoded.dictionary.cast(field.held) if len(encoded.dictionary) else pa.array([""], field.held)
        return Cells(codes, nulls, last if last is not None and last.values.equals(values) else Dictionary(values))
    if not array.type.equals(field.held):
        array = field.facts.hold(array, field.held)
    return Cells(numbers(array), nulls)


def _codes(cells: Cells) -> NDArray[np.integer[Any]]:
    return cast("NDArray[np.integer[Any]]", cells.values)
