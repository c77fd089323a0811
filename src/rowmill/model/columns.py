"""A table as a list of small functions, one a column.

The parameters of a column's function are the names of what it needs: columns, hidden steps or inputs of the tile;
``draw`` stands for the column's own named stream of words. The engine orders the functions, computes only what a
projection needs and prints the lineage.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.core.keys import Key
from rowmill.draw.words import Words, words
from rowmill.model.frame import Cells
from rowmill.model.schema import Field, Schema
from rowmill.model.types import FieldType

Step = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Draw:
    """The random words of one column, keyed by the column's name and the identity of each row."""

    key: Key
    identity: NDArray[np.generic]

    def __call__(self, purpose: str | None = None) -> Words:
        """Return one word a row; another purpose is another stream."""
        return words(self.key if purpose is None else self.key.child(purpose), self.identity)


@dataclass(frozen=True, slots=True)
class _Node:
    """One function: what it yields (several names for a joint draw) and what it needs."""

    function: Step
    yields: tuple[str, ...]
    needs: tuple[str, ...]
    draws: bool


class ColumnSet:
    """The columns of one table in order, as functions. Filled by decorators when its module loads, then only read."""

    def __init__(self, table: str, inputs: Iterable[str]) -> None:
        self.table = table
        self.inputs = frozenset(inputs)
        self.fields: dict[str, Field] = {}
        self._nodes: dict[str, _Node] = {}
        self._plans: dict[tuple[str, ...], tuple[_Node, ...]] = {}

    def column(
        self,
        type: FieldType,
        *,
        nullable: bool = False,
        like: Field | None = None,
    ) -> Callable[[Step], Step]:
        """Register a function as the next column; its docstring is the column's meaning.

        Args:
            type: the field's type.
            nullable: whether values may be missing.
            like: a field to take unit, domain, range, source and layout from.
        """

        def register(function: Step) -> Step:
            name = function.__name__
            base = like or Field(name, type, "")
            meaning = inspect.cleandoc(function.__doc__ or "")
            self.fields[name] = replace(base, name=name, type=type, meaning=meaning, nullable=nullable)
            self._add(function, (name,))
            return function

        return register

    def step(self, *yields: str) -> Callable[[Step], Step]:
        """Register a hidden step: its values serve columns and reach no file. Several names make a joint draw."""

        def register(function: Step) -> Step:
            self._add(function, yields or (function.__name__,))
            return function

        return register

    def _add(self, function: Step, yields: tuple[str, ...]) -> None:
        parameters = tuple(inspect.signature(function).parameters)
        needs = tuple(name for name in parameters if name != "draw")
        node = _Node(function, yields, needs, "draw" in parameters)
        for name in yields:
            if name in self._nodes or name in self.inputs:
                raise ValueError(f"{self.table}.{name}: declared twice; give one of them another name")
            self._nodes[name] = node

    def extended(self, functions: Mapping[str, tuple[Step, Field]]) -> ColumnSet:
        """Return a copy with more columns at the end; the values of the others stay as they were."""
        copy = ColumnSet(self.table, self.inputs)
        copy.fields = dict(self.fields)
        copy._nodes = dict(self._nodes)
        for name, (function, field) in functions.items():
            copy._add(function, (name,))
            copy.fields[name] = field
        return copy

    @cached_property
    def _order(self) -> tuple[str, ...]:
        graph: dict[str, tuple[str, ...]] = {name: node.needs for name, node in self._nodes.items()}
        for name, needs in graph.items():
            for need in needs:
                if need not in self._nodes and need not in self.inputs:
                    raise ValueError(f"{self.table}.{name}: needs {need!r}, which is no column, step or input")
        try:
            return tuple(name for name in TopologicalSorter(graph).static_order() if name in self._nodes)
        except CycleError as error:
            raise ValueError(f"{self.table}: columns need each other in a circle: {error.args[1]}") from None

    def _steps(self, columns: tuple[str, ...]) -> tuple[_Node, ...]:
        """Return the functions that columns need, in order; kept, as every tile asks for the same."""
        if columns not in self._plans:
            needed = self._needed(columns)
            nodes = {self._nodes[name].yields: self._nodes[name] for name in self._order if name in needed}
            self._plans[columns] = tuple(nodes.values())
        return self._plans[columns]

    def _needed(self, columns: Iterable[str]) -> set[str]:
        pending, seen = list(columns), set[str]()
        while pending:
            name = pending.pop()
            if name not in seen and name in self._nodes:
                seen.add(name)
                pending.extend(self._nodes[name].needs)
        return seen

    def compute(
        self, columns: Iterable[str], inputs: Mapping[str, Any], key: Key, identity: NDArray[np.generic]
    ) -> dict[str, Cells]:
        """Compute columns and what they need, each function once.

        Args:
            columns: names to return, in the order wanted.
            inputs: value of every input that may be needed.
            key: key of the table; a function draws from ``key.child(first name it yields)``.
            identity: identity of each row, any 64-bit integers.
        """
        wanted = tuple(columns)
        values: dict[str, Any] = dict(inputs)
        for node in self._steps(wanted):
            arguments = {need: values[need] for need in node.needs}
            if node.draws:
                arguments["draw"] = Draw(key.child(node.yields[0]), identity)
            result = node.function(**arguments)
            values.update(zip(node.yields, result, strict=True) if len(node.yields) > 1 else [(node.yields[0], result)])
        return {name: value if isinstance(value := values[name], Cells) else Cells(value) for name in wanted}

    def lineage(self) -> dict[str, tuple[str, ...]]:
        """Return what each column and step needs directly, in the order of computation."""
        return {name: self._nodes[name].needs for name in self._order}

    def schema(self, template: Schema) -> Schema:
        """Return a schema with this set's fields and everything else of a template."""
        return replace(template, fields=tuple(self.fields.values()))
