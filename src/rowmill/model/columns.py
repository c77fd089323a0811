"""A table as a list of small functions, one a column.

A column says what it needs by name: columns, hidden steps or inputs of the tile. The engine orders the functions,
computes only what a projection needs and prints the lineage. A column may be declared as data, a ``Column``; or by a
Python function whose parameters are the names of what it needs, ``draw`` standing for its own stream of words.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.core.keys import Key
from rowmill.draw.words import Words, words
from rowmill.model.frame import Cells
from rowmill.model.schema import Field, Schema
from rowmill.model.types import FieldType

Function = Callable[..., Any]
Identity = Callable[[], NDArray[np.generic]]
"""Identity of each row of a tile, any 64-bit integers; asked for where a column draws."""

DRAW = "draw"
_NO_KEY = Key(bytes(16))


@dataclass(frozen=True, slots=True)
class Draw:
    """The random words of one column, keyed by the column's name and the identity of each row."""

    key: Key
    identity: NDArray[np.generic]

    def __call__(self, purpose: str | None = None) -> Words:
        """Return one word a row; another purpose is another stream."""
        return words(self.key if purpose is None else self.key.child(purpose), self.identity)


@dataclass(frozen=True, slots=True)
class Column:
    """One function of a table, and what is known of it."""

    field: Field | None
    """The column that it makes; None for a hidden step, which serves columns and reaches no file."""
    yields: tuple[str, ...]
    """Names of what it makes: several for a joint draw, which returns as many values."""
    needs: tuple[str, ...]
    """Names of the columns, steps and inputs whose values it is called with, in this order."""
    make: Function
    """What makes the values; a ``Draw`` comes before what it needs where it draws."""
    draws: bool = False
    """Whether it has words of its own, keyed by the first name that it yields."""

    def __post_init__(self) -> None:
        if self.field is not None and self.yields != (self.field.name,):
            raise ValueError(f"{self.field.name}: yields {', '.join(self.yields)}; a column yields itself alone")
        if not self.yields:
            raise ValueError("a step that yields nothing: name what it makes")

    @classmethod
    def of(cls, field: Field, function: Function) -> Column:
        """Return the column that a function makes; its parameters are what it needs."""
        return cls(field, (field.name,), *_signature(field.name, function))

    @classmethod
    def step(cls, function: Function, *yields: str) -> Column:
        """Return a hidden step: of its function's name, or of several names for a joint draw."""
        return cls(None, yields or (function.__name__,), *_signature(function.__name__, function))


def _signature(name: str, function: Function) -> tuple[tuple[str, ...], Function, bool]:
    """Return what a function needs, the function, and whether it draws."""
    found = inspect.signature(function).parameters
    for parameter in found.values():
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            raise ValueError(f"{name}: takes {parameter}; name each column that it needs as a plain parameter")
    parameters = tuple(found)
    if DRAW in parameters[1:]:
        raise ValueError(f"{name}: draw is not its first parameter; put it first")
    draws = parameters[:1] == (DRAW,)
    return parameters[draws:], function, draws


class ColumnSet:
    """The columns and hidden steps of one table, the columns in their order. It never changes."""

    def __init__(self, table: str, inputs: Iterable[str], columns: Iterable[Column]) -> None:
        """Order the columns of a table.

        Args:
            table: its name, for messages.
            inputs: what every tile brings along, by name.
            columns: columns and steps, in any order of need; columns in the order of the schema.

        Raises:
            ValueError: if a name is declared twice, a need is unknown, or columns need each other in a circle.
        """
        self.table, self.inputs, self.columns = table, frozenset(inputs), tuple(columns)
        self._makers = _by_name(table, self.inputs, self.columns)
        self._order = _ordered(table, self.inputs, self._makers)
        self._plans: dict[tuple[str, ...], tuple[Column, ...]] = {}

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return the fields of the columns, in order."""
        return tuple(column.field for column in self.columns if column.field is not None)

    def with_column(self, column: Column) -> ColumnSet:
        """Return a set with one more column at its end; the values of the others stay as they were."""
        return ColumnSet(self.table, self.inputs, (*self.columns, column))

    def schema(self, template: Schema) -> Schema:
        """Return a schema with this set's fields and everything else of a template."""
        return replace(template, fields=self.fields)

    def lineage(self) -> dict[str, tuple[str, ...]]:
        """Return what each column and step needs directly, in the order of computation."""
        return {name: self._makers[name].needs for name in self._order}

    def words(self) -> dict[str, str]:
        """Return what each function says that it makes, the first line of its docstring; none where it says nothing."""
        said = {name: inspect.getdoc(self._makers[name].make) for name in self._order}
        return {name: text.strip().splitlines()[0] for name, text in said.items() if text and text.strip()}

    def compute(
        self, columns: Iterable[str], inputs: Mapping[str, Any], key: Key, identity: Identity
    ) -> dict[str, Cells]:
        """Compute columns and what they need, each function once.

        Args:
            columns: names to return, in the order wanted.
            inputs: value of every input that may be needed.
            key: key of the table; a function draws from ``key.child(first name it yields)``.
            identity: of each row; asked at most once.
        """
        wanted = tuple(columns)
        values = self._values(wanted, inputs, key, identity)
        return {name: value if isinstance(value := values[name], Cells) else Cells(value) for name in wanted}

    def values(self, names: Iterable[str], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return what some steps make, as they return it; for sets of steps of which none draws."""
        wanted = tuple(names)
        values = self._values(wanted, inputs, _NO_KEY, lambda: np.zeros(0, np.int64))
        return {name: values[name] for name in wanted}

    def _values(
        self, wanted: tuple[str, ...], inputs: Mapping[str, Any], key: Key, identity: Identity
    ) -> dict[str, Any]:
        values: dict[str, Any] = dict(inputs)
        rows: NDArray[np.generic] | None = None
        for column in self._steps(wanted):
            arguments = [values[need] for need in column.needs]
            if column.draws:
                rows = identity() if rows is None else rows
                arguments.insert(0, Draw(key.child(column.yields[0]), rows))
            made = column.make(*arguments)
            if len(column.yields) == 1:
                values[column.yields[0]] = made
            else:
                values.update(zip(column.yields, made, strict=True))
        return values

    def needed(self, columns: Iterable[str]) -> frozenset[str]:
        """Return the names of all columns, steps and inputs that making some columns takes, themselves included."""
        pending, found = list(columns), set[str]()
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending.extend(self._makers[name].needs if name in self._makers else ())
        return frozenset(found)

    def _steps(self, columns: tuple[str, ...]) -> tuple[Column, ...]:
        """Return the functions that columns need, in order; kept, as every tile asks for the same."""
        if columns not in self._plans:
            needed = self.needed(columns)
            makers = {self._makers[name].yields: self._makers[name] for name in self._order if name in needed}
            self._plans[columns] = tuple(makers.values())
        return self._plans[columns]


def _by_name(table: str, inputs: frozenset[str], columns: Iterable[Column]) -> dict[str, Column]:
    makers: dict[str, Column] = {}
    for column in columns:
        for name in column.yields:
            if name in makers or name in inputs:
                raise ValueError(f"{table}.{name}: declared twice; give one of them another name")
            makers[name] = column
    return makers


def _ordered(table: str, inputs: frozenset[str], makers: Mapping[str, Column]) -> tuple[str, ...]:
    """Return all names so that each comes after what it needs."""
    for name, column in makers.items():
        for need in column.needs:
            if need not in makers and need not in inputs:
                raise ValueError(f"{table}.{name}: needs {need!r}, which is no column, step or input")
    try:
        order = TopologicalSorter({name: column.needs for name, column in makers.items()}).static_order()
        return tuple(name for name in order if name in makers)
    except CycleError as error:
        raise ValueError(f"{table}: columns need each other in a circle: {error.args[1]}") from None


class Declaration:
    """Collects the columns of a table as the functions below its decorators are read; ``columns()`` then fixes them."""

    def __init__(self, table: str, inputs: Iterable[str]) -> None:
        self.table, self.inputs = table, tuple(inputs)
        self._found: list[Column] = []

    def column(
        self, type: FieldType, *, nullable: bool = False, like: Field | None = None
    ) -> Callable[[Function], Function]:
        """Take a function as the next column; its docstring is the column's meaning.

        Args:
            type: the field's type.
            nullable: whether values may be missing.
            like: a field to take unit, values, range, source and layout from.
        """

        def take(function: Function) -> Function:
            name, meaning = function.__name__, inspect.cleandoc(function.__doc__ or "")
            base = like or Field(name, type, "")
            field = replace(base, name=name, type=type, meaning=meaning, nullable=nullable)
            self._found.append(Column.of(field, function))
            return function

        return take

    def step(self, *yields: str) -> Callable[[Function], Function]:
        """Take a function as a hidden step; several names make a joint draw."""

        def take(function: Function) -> Function:
            self._found.append(Column.step(function, *yields))
            return function

        return take

    def columns(self) -> ColumnSet:
        """Return the columns taken so far, which from now on are fixed."""
        return ColumnSet(self.table, self.inputs, self._found)


def columns_of(
    schema: Schema, inputs: Iterable[str], functions: Mapping[str, Function], steps: Iterable[Column] = ()
) -> ColumnSet:
    """Return the columns of a schema, each made by the function of its name.

    Args:
        schema: declaration of the fields.
        inputs: what every tile brings along, by name.
        functions: one for each field; their parameters are what they need.
        steps: hidden steps beside them.

    Raises:
        ValueError: if a field has no function, or a function no field.
    """
    others = set(schema.names) ^ set(functions)
    if others:
        raise ValueError(f"{schema.name}: {', '.join(sorted(others))}: a field without function, or one without field")
    made = (Column.of(field, functions[field.name]) for field in schema.fields)
    return ColumnSet(schema.name, inputs, (*steps, *made))
