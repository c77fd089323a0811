"""Hypothesis strategies for the columns of a tile, of every type that a schema knows."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import numpy as np
from hypothesis import strategies as st

from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, Schema
from rowmill.model.types import FieldType

MICROS = st.integers(-(10**15), 4 * 10**15)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

VALUES: dict[FieldType, tuple[np.dtype, st.SearchStrategy]] = {
    "int8": (np.dtype(np.int8), st.integers(-(2**7), 2**7 - 1)),
    "int16": (np.dtype(np.int16), st.integers(-(2**15), 2**15 - 1)),
    "int32": (np.dtype(np.int32), st.integers(-(2**31), 2**31 - 1)),
    "int64": (np.dtype(np.int64), st.integers(-(2**63), 2**63 - 1)),
    "float64": (np.dtype(np.float64), st.floats(allow_nan=False)),
    "bool": (np.dtype(np.bool_), st.booleans()),
    "timestamp": (np.dtype(np.int64), MICROS),
    "date": (np.dtype(np.int32), st.integers(-700_000, 700_000)),
    "time": (np.dtype(np.int64), st.integers(0, 86_400_000_000 - 1)),
    "decimal": (np.dtype(np.int64), st.integers(-(10**18) + 1, 10**18 - 1)),
    "uuid": (np.dtype("V16"), st.binary(min_size=16, max_size=16)),
}
CODED: tuple[FieldType, ...] = ("string", "enum", "json")
TRANSPORTED: tuple[FieldType, ...] = ("int8", "int16", "int32", "float64", "string", "enum")
"""Types that a SAS transport file holds."""
TRANSPORTED_TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=8).filter(
    lambda text: text[-1] != " "
)
"""Texts that it holds: not empty, and no blank at the end."""


def python_value(kind: FieldType, scale: int | None, value):
    """Return what a reader sees for a plain value."""
    if kind == "time":
        return (EPOCH + dt.timedelta(microseconds=int(value))).time()
    if kind == "decimal":
        return Decimal(int(value)).scaleb(-(scale or 0))
    if kind == "uuid":
        return str(uuid.UUID(bytes=value.tobytes()))
    if kind == "timestamp":
        return EPOCH + dt.timedelta(microseconds=int(value))
    if kind == "date":
        return EPOCH.date() + dt.timedelta(days=int(value))
    return value.item()


@st.composite
def columns(draw, rows: int | None = None, transport: bool = False):
    """Draw (field, cells, the values that a reader must see), on request such that a SAS transport file holds them."""
    size = draw(st.integers(0, 30)) if rows is None else rows
    kind: FieldType = draw(st.sampled_from(TRANSPORTED if transport else [*VALUES, *CODED]))
    nulls = np.array(draw(st.none() | st.lists(st.booleans(), min_size=size, max_size=size)), bool)
    mask = nulls if nulls.ndim else None
    scale = draw(st.integers(0, 18)) if kind == "decimal" else None
    if kind in CODED:
        texts = draw(st.lists(TRANSPORTED_TEXTS if transport else TEXTS, min_size=1, max_size=6, unique=True))
        codes = np.array(draw(st.lists(st.integers(0, len(texts) - 1), min_size=size, max_size=size)), np.int32)
        seen, cells = [texts[c] for c in codes], Cells(codes, mask, Dictionary(texts))
    else:
        dtype, strategy = VALUES[kind]
        if transport and kind == "float64":
            strategy = st.floats(-1e75, 1e75).filter(lambda x: x == 0 or abs(x) > 1e-78)
        values = np.array(draw(st.lists(strategy, min_size=size, max_size=size)), dtype)
        seen, cells = [python_value(kind, scale, v) for v in values], Cells(values, mask)
    if mask is not None:
        seen = [None if missing else value for missing, value in zip(mask, seen, strict=True)]
    length = 8 if transport and kind in CODED else None
    return Field("x", kind, "A value.", nullable=mask is not None, length=length, scale=scale), cells, seen


def one_column(field: Field) -> Schema:
    """Return a schema of one field, which tells rows apart whether it may be null or not."""
    return Schema("things", "1", "Things.", (field,), unique=((field.name,),))


@st.composite
def frames(draw):
    """Draw a frame of one to four columns of equal length."""
    rows = draw(st.integers(1, 30))
    return {f"c{n}": draw(columns(rows))[1] for n in range(draw(st.integers(1, 4)))}
