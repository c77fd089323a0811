"""What a digest sees of a text: 64 bits, worked out for whole columns of texts at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.draw.arrays import Ints
from rowmill.draw.words import Words, mix

_START = np.uint64(0x9E3779B97F4A7C15)
_WORD = 8
_MASKS = np.array([(1 << (8 * n)) - 1 for n in range(_WORD + 1)], np.uint64)
"""What to keep of a word of which only the first n bytes belong to a text."""


def text_hashes(texts: pa.Array) -> NDArray[np.uint64]:
    """Return 64 bits for each text of a string array, uint64[len]; a null counts as the empty text.

    ``h`` starts as 0x9E3779B97F4A7C15. For every eight bytes of the UTF-8 text, little-endian and the last ones filled
    up with zeros, ``h = mix(h ^ word)``; at the end ``mix(h ^ length)``, with ``mix`` of ``rowmill.draw.words``.
    """
    array = texts.fill_null("").cast(pa.large_binary())
    start = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
    length = np.diff(start)
    held = array.buffers()[2]
    data = np.frombuffer(held, np.uint8) if held is not None else np.zeros(0, np.uint8)
    hashes = np.full(len(array), _START, np.uint64)
    longest = int(length.max(initial=0))
    if longest and (length == longest).all():
        cells = np.zeros((len(array), -(-longest // _WORD) * _WORD), np.uint8)
        cells[:, :longest] = data[start[0] : start[-1]].reshape(len(array), longest)
        for column in cells.view("<u8").T:
            hashes = mix(hashes ^ column)
    else:
        _mix_words(hashes, data, start[:-1], length)
    return mix(hashes ^ length.view(np.uint64))


def _mix_words(hashes: Words, data: NDArray[np.uint8], start: Ints, length: Ints) -> None:
    """Mix the words of texts of any lengths into their hashes, in place."""
    padded = np.zeros(len(data) // _WORD + 2, "<u8")
    padded.view(np.uint8)[: len(data)] = data
    rows = np.flatnonzero(length > 0)
    done = 0
    while len(rows):
        at = start[rows] + done
        shift = ((at & 7) << 3).view(np.uint64)
        at >>= 3
        word = padded.take(at) >> shift
        at += 1
        # Two shifts, as one by all 64 bits means nothing.
        word |= padded.take(at) << (np.uint64(63) - shift) << np.uint64(1)
        word &= _MASKS.take(np.minimum(length[rows] - done, _WORD))
        hashes[rows] = mix(hashes[rows] ^ word)
        done += _WORD
        rows = rows[length[rows] > done]
