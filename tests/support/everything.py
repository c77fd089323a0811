"""A domain of one table with every type, null and not, at the ends of what each holds."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.core.units import MICROS_PER_DAY, day_number
from rowmill.model.calendar import Days
from rowmill.model.dataset import Dataset
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, Schema
from rowmill.model.spec import Spec
from rowmill.model.table import Tile
from rowmill.model.types import TYPES

TEXTS = (
    "", " ", "\\N", "\\.", "\\", "NULL", "null", "nan", "a\tb", "two\r\nlines\n", '"', '""', "'", ",", ";", "%s{}$1",
    "0", "\ufeffmark", "ü€😀", "e\u0301", "\u2028", "\x01", "x" * 9_000,
)  # fmt: skip
"""None has a NUL, which PostgreSQL refuses."""
EPOCH = dt.date(1970, 1, 1)
UNITS = [0, 1, -1, 10**18 - 1, 1 - 10**18, 10**9 * 7, 99_999_999, *(10**power for power in range(18))]


def _days(*dates: tuple[int, int, int]) -> list[int]:
    return [(dt.date(*date) - EPOCH).days for date in dates]


VALUES: Mapping[str, Sequence[Any]] = {
    "int8": [-(2**7), 0, 2**7 - 1],
    "int16": [-(2**15), 0, 2**15 - 1],
    "int32": [-(2**31), 0, 2**31 - 1],
    "int64": [-(2**63), 0, 1 - 2**53, 2**53 + 1, 2**63 - 1],
    "float64": [math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308, -0.0, 0.1, 1 / 3, 1e15, 1e-7, 123456.5],
    "bool": [False, True],
    "timestamp": [d * MICROS_PER_DAY + m for d in _days((1, 1, 1), (1582, 10, 10), (1969, 12, 31), (1999, 12, 31),
                  (2000, 1, 1), (2024, 2, 29), (9999, 12, 31)) for m in (0, 1, MICROS_PER_DAY - 1)],
    "date": _days((1, 1, 1), (1582, 10, 10), (1970, 1, 1), (2000, 2, 29), (9999, 12, 31)),
    "time": [0, 1, MICROS_PER_DAY // 2, MICROS_PER_DAY - 1],
    "decimal": UNITS,
    "uuid": [n.to_bytes(16, "big") for n in (0, 1, 2**64, 2**128 - 1, 0x0F8FAD5BD9CB469FA16570867728950E)],
    "string": TEXTS,
    "enum": TEXTS,
    "json": ['{"a": [1, null]}', "[]", '"\\u0041"', "1", '{"b":  2, "b": "ü"}', "null"],
}  # fmt: skip
"""At the ends of each type, as cells hold them."""


def _fields() -> Iterator[Field]:
    for kind in TYPES:
        named = {"values": TEXTS} if kind == "enum" else {}
        for scale in (0, 2, 18) if kind == "decimal" else (None,):
            name = kind if scale is None else f"{kind}_{scale}"
            yield Field(name, kind, "A value.", scale=scale, **named)
            yield Field(f"{name}_or_null", kind, "A value, or none.", True, layout="dictionary", scale=scale, **named)


SCHEMA = Schema(
    "everything",
    "1",
    "Every type.",
    (Field("n", "int64", "Number."), Field("select", "timestamp", "Moment.", layout="delta"), *_fields()),
    ("n",),
    event_time="select",
)
ROWS, BLOCKS, DAYS, START = 53, 2, 3, dt.date(2025, 11, 29)


class EverythingSpec(Spec):
    """Nothing can be asked for."""


@dataclass(frozen=True)
class Everything:
    """The table: 53 rows a tile, each column another way through its values."""

    schema: Schema = SCHEMA
    blocks: int = BLOCKS
    timed: bool = True
    locators: tuple[str, ...] = ("n",)

    def weight(self, block: int, window: int) -> int:  # noqa: ARG002
        return ROWS

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        for window in windows:
            row = np.arange(ROWS)
            n = (block * DAYS + window) * ROWS + row
            frame = {"n": Cells(n), "select": Cells((day_number(START) + window) * MICROS_PER_DAY + row)}
            for place, field in enumerate(self.schema.fields[2:]):
                frame[field.name] = _cells(field, n + place)
            yield Tile(block, window, {name: c for name, c in frame.items() if columns is None or name in columns})

    def lineage(self) -> dict[str, tuple[str, ...]]:
        return {}

    def locate(self, frame: Mapping[str, Cells]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        tile = frame["n"].values.astype(np.int64) // ROWS
        return tile // DAYS, tile % DAYS


def _cells(field: Field, which: NDArray[np.int64]) -> Cells:
    values = VALUES[field.type]
    nulls = which % 5 == 2 if field.nullable else None
    place = which % len(values)
    if field.text:
        return Cells(place.astype(np.int32), nulls, Dictionary(values))
    known = np.frombuffer(b"".join(values), "V16") if field.type == "uuid" else np.array(values, field.facts.cells)
    return Cells(known[place], nulls)


class EverythingDomain:
    """The domain."""

    name, data_version, spec_type = "everything", "1", EverythingSpec

    def build(self, spec: Spec, _inputs: object = None) -> Dataset:
        """Return the dataset."""
        calendar = Days(START, DAYS)
        return Dataset(self.name, "1", spec, {"everything": Everything()}, "everything", calendar, ROWS * BLOCKS * DAYS)


DOMAIN = EverythingDomain()
