"""UUIDs: 16 bytes in memory, in the order of the text; 36 characters for readers, which every one of them opens."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

BYTES: Final = 16
_LENGTH: Final = 36
_DASHES = (8, 13, 18, 23)
_DIGITS = np.array([place for place in range(_LENGTH) if place not in _DASHES])
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_NONE = "00000000-0000-0000-0000-000000000000"
_NO_DIGIT = 255
_VALUE = np.full(256, _NO_DIGIT, np.uint8)
_VALUE[_HEX] = np.arange(16)


def of_words(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.void]:
    """Return UUIDs, V16[n], of their first and last 64 bits."""
    return np.stack((high, low), axis=1).astype(">u8").view(f"V{BYTES}").reshape(-1)


def texts(values: pa.Array, kind: pa.DataType) -> pa.Array:  # noqa: ARG001 - they are always text
    """Return 16 bytes each as texts such as 0f8fad5b-d9cb-469f-a165-70867728950e."""
    count = len(values)
    raw = np.zeros((count, BYTES), np.uint8)
    if count:
        data = np.frombuffer(values.buffers()[1], np.uint8).reshape(-1, BYTES)
        raw = data[values.offset : values.offset + count]
    text = np.full((count, _LENGTH), ord("-"), np.uint8)
    text[:, _DIGITS[::2]], text[:, _DIGITS[1::2]] = _HEX[raw >> 4], _HEX[raw & 15]
    offsets = np.arange(count + 1, dtype=np.int32) * _LENGTH
    missing = pa.py_buffer(np.packbits(values.is_valid().to_numpy(zero_copy_only=False), bitorder="little"))
    return pa.StringArray.from_buffers(
        count, pa.py_buffer(offsets), pa.py_buffer(text), missing if values.null_count else None
    )


def parsed(values: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return texts as 16 bytes each; zero at nulls.

    Raises:
        ValueError: if a text is no UUID in lower case.
    """
    if isinstance(values, pa.DictionaryArray):
        values = values.dictionary_decode()
    whole = values.fill_null(_NONE)
    if not len(whole):
        return pa.array([], kind)
    offsets = np.frombuffer(whole.buffers()[1], np.int32)[whole.offset : whole.offset + len(whole) + 1]
    wrong = np.diff(offsets) != _LENGTH
    if not wrong.any():
        text = np.frombuffer(whole.buffers()[2], np.uint8)[offsets[0] : offsets[-1]].reshape(-1, _LENGTH)
        digits = _VALUE[text[:, _DIGITS]]
        wrong = (digits == _NO_DIGIT).any(axis=1) | (text[:, _DASHES] != ord("-")).any(axis=1)
    if wrong.any():
        raise ValueError(f"{whole[int(wrong.argmax())].as_py()!r} is no UUID of 36 characters in lower case")
    # Fancy indexing leaves another order in memory, in which Arrow would read.
    raw = np.ascontiguousarray(digits[:, ::2] << 4 | digits[:, 1::2])
    return pa.Array.from_buffers(kind, len(whole), [None, pa.py_buffer(raw)])
