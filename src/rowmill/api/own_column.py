"""A column that a user adds to a table: a function whose parameters name the columns that it is made from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from math import nan
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rowmill.core.errors import UsageError
from rowmill.model.column_table import ColumnTable
from rowmill.model.columns import Column, Draw, Function
from rowmill.model.frame import Cells, shown
from rowmill.model.schema import Field
from rowmill.model.table import Table
from rowmill.sinks.filetypes.arrays import cells_of


def with_column(table: Table, field: Field, function: Function) -> ColumnTable:
    """Return a table with a user's column at its end; see ``LazyDataset.with_column``.

    Raises:
        UsageError: if the table is not made of columns, the name is taken, or a parameter names nothing that there is.
    """
    name = table.schema.name
    if not isinstance(table, ColumnTable):
        raise UsageError(f"with_column: {name} is not made column by column here, so it takes no more columns")
    try:
        column = Column.of(field, function)
        return table.with_column(_as_cells(column, field, frozenset(table.schema.names)))
    except (TypeError, ValueError) as error:
        raise UsageError(f"with_column: {error}") from None


def _as_cells(column: Column, field: Field, names: frozenset[str]) -> Column:
    """Return a column whose function is given cells for columns, and whose values are checked."""

    def make(draw: Draw, *given: Any) -> Cells:
        values = [
            Cells(value) if name in names and not isinstance(value, Cells) else value
            for name, value in zip(column.needs, given, strict=True)
        ]
        return checked(column.make(draw, *values) if column.draws else column.make(*values), field, len(draw.identity))

    return replace(column, make=make, draws=True)


def checked(made: Any, field: Field, rows: int) -> Cells:
    """Return what a function made as cells of a field.

    Raises:
        UsageError: if there is not one value a row, one is missing that may not, or one is not of the field's type or
            not among the values that the field says may occur.
    """
    try:
        array = made.to_arrow(field) if isinstance(made, Cells) and made.dictionary is None else _array(made, field)
    except (pa.ArrowException, TypeError, ValueError) as error:
        told = " ".join(str(error).split())
        raise UsageError(f"{field.name}: its function returned what is not {field.type}: {told}") from None
    if len(array) != rows:
        raise UsageError(f"{field.name}: its function returned {len(array)} values for {rows} rows; return one a row")
    if array.null_count and not field.nullable:
        raise UsageError(f"{field.name}: its function left a value missing; declare the field nullable")
    for problem in _problems(array.unique().drop_null(), field):
        raise UsageError(f"{field.name}: its function returned {problem}")
    return made if isinstance(made, Cells) and made.dictionary is not None else cells_of(field, array)


def _array(made: Any, field: Field) -> pa.Array:
    """Return values as they came, or codes with their dictionary, as an array of the field's type."""
    if isinstance(made, Cells) and made.dictionary is not None:
        codes = pa.array(made.values, pa.int64(), mask=made.nulls)
        found = made.dictionary.values.cast(field.held)
        if not found.type.equals(made.dictionary.values.type):
            raise TypeError(f"its dictionary has values of type {made.dictionary.values.type}")
        return shown(found, field).take(codes)
    array = pa.array(made)
    if pa.types.is_integer(array.type) and pa.types.is_date32(field.held):
        # Arrow takes days of 32 bits for dates, and no others.
        array = array.cast(pa.int32())
    as_shown = pa.types.is_string(array.type) or pa.types.is_decimal(array.type)
    return array.cast(field.shown if as_shown else field.held)


def _problems(distinct: pa.Array, field: Field) -> Iterator[str]:
    """Yield which of some values a field does not allow, and the rule.

    Args:
        distinct: without nulls, of the type that is held or shown.
        field: the column.
    """
    if field.values is not None:
        for text in set(distinct.to_pylist()).difference(field.values):
            yield f"{text!r}; the field's values are {', '.join(field.values)}"
    if (field.minimum, field.maximum) != (None, None):
        for number in _outside(distinct, field):
            yield f"{number}; the field's range is {_end(field.minimum)} to {_end(field.maximum)}"
    if field.pattern is not None or field.length is not None:
        texts = distinct if pa.types.is_string(distinct.type) else shown(distinct, field)
        rule = re.compile(field.pattern or ".*", re.DOTALL if field.pattern is None else 0)
        for text in texts.to_pylist():
            if field.length is not None and len(text) > field.length:
                yield f"a text of {len(text)} characters; the field has {field.length} at most"
            if rule.fullmatch(text) is None:
                yield f"{text!r}; the whole text must match {field.pattern}"
    if field.type == "json":
        for text in distinct.to_pylist():
            try:
                json.loads(text)
            except ValueError as error:
                yield f"{text!r}, which is no JSON: {error}"


def _outside(distinct: pa.Array, field: Field) -> Iterator[float | Decimal]:
    """Yield values outside the bounds of a field; of a decimal that is held the number, not its minor units."""
    extremes = pc.min_max(distinct).as_py()
    found = [each for each in (extremes["min"], extremes["max"]) if each is not None]
    if pa.types.is_floating(distinct.type) and pc.any(pc.is_nan(distinct)).as_py():
        found.append(nan)
    for each in found:
        number = Decimal(each).scaleb(-(field.scale or 0)) if field.type == "decimal" and type(each) is int else each
        compared = float(number) if isinstance(number, Decimal) else number
        low, high = field.minimum, field.maximum
        if not ((low is None or compared >= low) and (high is None or compared <= high)):
            yield number


def _end(bound: float | None) -> str:
    return "…" if bound is None else f"{bound:,}"
