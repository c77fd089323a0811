"""What columns of two sides mean: their types, and the texts that the digests of enums count by their places."""

from __future__ import annotations

from collections.abc import Sequence

from rowmill.api.compare_rows import Pair, alike
from rowmill.model.schema import Field, Schema


def other_meanings(left: Schema, right: Schema, columns: Sequence[str]) -> list[Pair]:
    """Return the columns whose cells are others on the two sides wherever their digests agree, with what differs first.

    A value that one side's list has behind the end of the other's is not used where the digests agree.

    Args:
        left: of one side.
        right: of the other.
        columns: that both sides hold.
    """
    found = ((name, _first(left[name], right[name])) for name in columns)
    return [Pair(name, *pair) for name, pair in found if pair is not None]


def _first(one: Field, other: Field) -> tuple[str, str] | None:
    if not alike(one, other):
        return _type(one), _type(other)
    if one.values is None or other.values is None:
        return None if one.values == other.values else (_list(one), _list(other))
    return next((pair for pair in zip(one.values, other.values, strict=False) if pair[0] != pair[1]), None)


def _type(field: Field) -> str:
    return field.type if field.scale is None else f"{field.type} of scale {field.scale}"


def _list(field: Field) -> str:
    return "any text" if field.values is None else f"one of {len(field.values)} texts"
