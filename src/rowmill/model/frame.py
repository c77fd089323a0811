"""Frames: the rows of one tile as NumPy columns, with categories as codes until they reach a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.model.schema import Field, Schema, Values
from rowmill.model.texthash import text_hashes
from rowmill.model.types import numbers as plain_numbers


class Dictionary:
    """The values that codes 0 … n − 1 stand for: text, or numbers that repeat often.

    Tiles that share a dictionary share the object: an encoder joins their codes without looking at the values.
    """

    def __init__(self, values: Iterable[str] | NDArray[np.generic] | pa.Array) -> None:
        given = isinstance(values, np.ndarray | pa.Array)
        self.values: pa.Array = pa.array(values) if given else pa.array(list(values), pa.string())
        self._ranks: tuple[Values, NDArray[np.integer[Any]], bool] | None = None

    @classmethod
    def joined(cls, first: Dictionary, more: pa.Array) -> Dictionary:
        """Return a dictionary of another one's values followed by more, hashing only what is new."""
        joined = cls(pa.concat_arrays([first.values, more]))
        joined.__dict__["canonical"] = np.concatenate((first.canonical, text_hashes(more)))
        return joined

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def canonical(self) -> NDArray[np.generic]:
        """Return what a digest sees of each value: 64 bits of the UTF-8 text (uint64), or the number itself."""
        if pa.types.is_string(self.values.type) or pa.types.is_large_string(self.values.type):
            return text_hashes(self.values)
        numbers = plain_numbers(self.values)
        return unsigned_zeros(numbers) if numbers.dtype.kind == "f" else numbers

    @cached_property
    def first(self) -> int | None:
        """Return the first of values that are whole numbers, each one more than the last; None where they are not."""
        numbers = self.canonical
        if pa.types.is_string(self.values.type) or numbers.dtype.kind != "i" or not len(numbers):
            return None
        whole = numbers.astype(np.int64)
        return int(whole[0]) if (np.diff(whole) == 1).all() else None

    def ranks(self, known: Values) -> tuple[NDArray[np.integer[Any]], bool]:
        """Return the place of each value among the known ones, and whether code n stands for place n of it.

        A value that is not among them has the place ``len(known)``; uint8 for up to 255 values, else uint16.
        """
        if self._ranks is None or self._ranks[0] is not known:
            places = {text: place for place, text in enumerate(known)}
            found = [places.get(text, len(known)) for text in self.values.to_pylist()]
            kind = np.uint8 if len(known) <= np.iinfo(np.uint8).max else np.uint16
            self._ranks = known, np.array(found, kind), found == list(range(len(found)))
        return self._ranks[1:]

    @cached_property
    def distinct(self) -> tuple[NDArray[np.int32], pa.Array] | None:
        """Return each value's place among the distinct values, and those; None where no value stands twice."""
        wide = self.canonical.dtype.kind == "V"
        encoded = (self.values if wide else pa.array(self.canonical)).dictionary_encode()
        if len(encoded.dictionary) == len(self.values):
            return None
        places: NDArray[np.int32] = encoded.indices.to_numpy()
        first = np.empty(len(encoded.dictionary), np.int64)
        first[places[::-1]] = np.arange(len(places))[::-1]
        return places, self.values.take(pa.array(first))


@dataclass(frozen=True, slots=True)
class Cells:
    """One column of one tile."""

    values: NDArray[np.generic]
    """Values, of the NumPy type ``TypeFacts.cells``, or codes into ``dictionary``.

    Timestamps are int64 microseconds UTC, dates int32 days since 1970-01-01, times int64 microseconds of the day,
    decimals int64 minor units, UUIDs V16.

    At a null stands an arbitrary value, or an arbitrary code that the dictionary has.
    """
    nulls: NDArray[np.bool_] | None = None
    """True where the value is missing; None where none is."""
    dictionary: Dictionary | None = None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: NDArray[np.generic] | slice) -> Cells:
        """Return the cells of some rows (indices, a mask or a slice)."""
        return Cells(self.values[rows], None if self.nulls is None else self.nulls[rows], self.dictionary)

    def canonical(self, known: Values | None = None) -> NDArray[np.generic]:
        """Return the values that a digest is made of: contiguous, codes resolved, zero at nulls.

        Args:
            known: values of an enum; its texts count as their places there.

        Raises:
            ValueError: if a text is not among them.
        """
        if known is not None:
            return self._places(known)
        if self.dictionary is not None:
            codes = cast("NDArray[np.integer[Any]]", self.values)
            kind, first = self.dictionary.canonical.dtype, self.dictionary.first
            # A look-up of small codes costs most by widening them; numbers in a row need none.
            values = self.dictionary.canonical.take(codes) if first is None else codes.astype(kind) + kind.type(first)
        elif self.values.dtype.kind == "f":
            values = unsigned_zeros(self.values)
        else:
            values = np.ascontiguousarray(self.values)
        return values if self.nulls is None else masked(values, self.nulls)

    def _places(self, known: Values) -> NDArray[np.integer[Any]]:
        if self.dictionary is None:
            raise TypeError("an enum has a dictionary")
        codes = cast("NDArray[np.integer[Any]]", self.values)
        ranks, same = self.dictionary.ranks(known)
        places = codes.astype(ranks.dtype) if same else ranks.take(codes)
        if self.nulls is not None:
            places = masked(places, self.nulls)
        if int(ranks.max(initial=0)) == len(known) and (strange := places == len(known)).any():
            text = self.dictionary.values[int(codes[strange.argmax()])].as_py()
            raise ValueError(f"{text!r} is not one of {', '.join(known[:20])}{' …' if len(known) > 20 else ''}")
        return places

    def to_arrow(self, field: Field) -> pa.Array:
        """Return the cells as Arrow: a dictionary array where there is a dictionary, else the type of the field."""
        if self.dictionary is not None:
            codes = self.values
            indices = fixed_width(codes, self.nulls, pa.from_numpy_dtype(codes.dtype))
            return pa.DictionaryArray.from_arrays(indices, shown(self.dictionary.values, field), safe=False)
        if field.text:
            return pa.array(self.values, field.held, mask=self.nulls)
        if self.values.dtype == field.facts.cells:
            return shown(fixed_width(self.values, self.nulls, field.held), field)
        stored = pa.from_numpy_dtype(np.dtype(field.facts.cells))
        return shown(pa.array(self.values, stored, mask=self.nulls).view(field.held), field)


def shown(values: pa.Array, field: Field) -> pa.Array:
    """Return values in the type that readers see, narrow numbers wide."""
    return values if field.held.equals(field.shown) else field.facts.show(values, field.shown)


def fixed_width(values: NDArray[np.generic], nulls: NDArray[np.bool_] | None, kind: pa.DataType) -> pa.Array:
    """Return values as an Arrow array of a type of their width: they are not copied, and masks are packed at once.

    ``pa.array(values, mask=nulls)`` means the same, a value at a time.
    """
    missing = None if nulls is None else pa.py_buffer(np.packbits(~nulls, bitorder="little"))
    flat = np.packbits(values.view(np.uint8), bitorder="little") if pa.types.is_boolean(kind) else values
    return pa.Array.from_buffers(kind, len(values), [missing, pa.py_buffer(np.ascontiguousarray(flat))])


def masked(values: NDArray[Any], nulls: NDArray[np.bool_]) -> NDArray[Any]:
    """Return a copy in which the bits of missing values are zero.

    Multiplied rather than put: no branch a row, which random nulls would mispredict.
    """
    if values.dtype.kind == "V":
        words = values.view(np.uint64).reshape(-1, values.dtype.itemsize // 8) * ~nulls[:, None]
        return words.view(values.dtype).reshape(-1)
    bits = values.view(f"u{values.dtype.itemsize}") * ~nulls
    return bits.view(values.dtype)


def word_columns(values: NDArray[np.generic]) -> list[NDArray[np.generic]]:
    """Return canonical values as columns of 64 bits at most, the first of them the highest: one, or two of a UUID."""
    if values.dtype.kind != "V":
        return [values]
    words = values.view(">u8").reshape(-1, values.dtype.itemsize // 8).astype(np.uint64)
    return list(words.T)


def unsigned_zeros(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return a copy of floats in which −0 is 0: they are equal, and some files hold only the one."""
    # A NaN that signals would say so; it becomes one that does not.
    with np.errstate(invalid="ignore"):
        whole: NDArray[np.generic] = np.add(values, 0.0)
    return whole


Frame = Mapping[str, Cells]
"""Columns of equal length by name, in the order of the schema."""


def frame_length(frame: Frame) -> int:
    """Return the rows of a frame; 0 for one without columns."""
    return next((len(cells) for cells in frame.values()), 0)


def take_rows(frame: Frame, rows: NDArray[np.generic] | slice) -> dict[str, Cells]:
    """Return some rows of every column."""
    return {name: cells.take(rows) for name, cells in frame.items()}


def record_batch(frame: Frame, schema: Schema) -> pa.RecordBatch:
    """Return a frame as an Arrow record batch; dictionary columns stay dictionary-encoded."""
    arrays = [cells.to_arrow(schema[name]) for name, cells in frame.items()]
    fields = [pa.field(name, array.type, schema[name].nullable) for name, array in zip(frame, arrays, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
