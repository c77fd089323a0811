"""A column that a user adds to a table: a function whose parameters name the columns that it is made from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa

from rowmill.core.errors import UsageError
from rowmill.model.column_table import ColumnTable
from rowmill.model.columns import Column, Draw, Function
from rowmill.model.frame import Cells
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
        UsageError: if there is not one value a row, one is missing that may not, or one is not of the field's type.
    """
    try:
        if isinstance(made, Cells):
            array = made.to_arrow(field)
        else:
            array = pa.array(made)
            as_shown = pa.types.is_string(array.type) or pa.types.is_decimal(array.type)
            array = array.cast(field.shown if as_shown else field.held)
    except (pa.ArrowException, TypeError, ValueError) as error:
        told = " ".join(str(error).split())
        raise UsageError(f"{field.name}: its function returned what is not {field.type}: {told}") from None
    if len(array) != rows:
        raise UsageError(f"{field.name}: its function returned {len(array)} values for {rows} rows; return one a row")
    if array.null_count and not field.nullable:
        raise UsageError(f"{field.name}: its function left a value missing; declare the field nullable")
    return made if isinstance(made, Cells) and made.dictionary is not None else cells_of(field, array)
