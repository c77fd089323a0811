"""Wrong values of users' files, in words: which rows have them, and which texts are not known."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from rowmill.draw.arrays import Ints

FIRST_ROWS = 4
"""Rows that an error names beside the first one, and of each text that is not known."""
_UNKNOWN = 8


def all_unknown(texts: pa.Array, numbers: Ints) -> str:
    """Return every text that is not known with its rows, where there is more than one row."""
    return f"; not known: {listed(texts, numbers)}" if len(texts) > 1 else ""


def listed(texts: pa.Array, numbers: Ints) -> str:
    """Return texts with their rows, or how many they are and the first ones, the commonest text first."""
    rows: dict[str, list[int]] = {}
    for text, number in zip(texts.to_pylist(), numbers.tolist(), strict=True):
        rows.setdefault(text, []).append(number)
    common = sorted(rows.items(), key=lambda found: -len(found[1]))
    listed = ", ".join(f"{text} ({_rows(own)})" for text, own in common[:_UNKNOWN])
    return listed + (f" and {len(rows) - _UNKNOWN:,} more" if len(rows) > _UNKNOWN else "")


def _rows(numbers: Sequence[int]) -> str:
    first = ", ".join(f"{number}" for number in numbers[:FIRST_ROWS])
    if len(numbers) > FIRST_ROWS:
        return f"{len(numbers):,} rows, the first {first}"
    return f"row{'s' * (len(numbers) > 1)} {first}"


def plain(value: pa.Scalar) -> object:
    """Return a value for an error; dates beyond the year 9999 have no object of Python's."""
    try:
        return value.as_py()
    except (OverflowError, ValueError):
        return str(value.cast(pa.int64())) if not pa.types.is_date32(value.type) else "a day beyond the year 9999"


def failing(column: pa.Array, target: pa.DataType, most: int) -> list[int]:
    """Return the places of the first values that do not fit into a type, so many at most."""
    found, waiting = list[int](), [(0, len(column))]
    while waiting and len(found) < most:
        low, high = waiting.pop()
        if _fails(column.slice(low, high - low), target):
            middle = (low + high) // 2
            if high - low == 1:
                found.append(low)
            else:
                waiting += [(middle, high), (low, middle)]
    return found


def _fails(column: pa.Array, target: pa.DataType) -> bool:
    try:
        column.cast(target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return True
    return False
