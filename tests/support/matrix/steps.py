"""Steps: every operation on files, every request and every statement is two, before it and after it."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

from support.matrix.apart import CRASHED

Step = Callable[[], None]
_WRITES_A_STEP = 11
"""A file is written in many small pieces; one in so many is torn."""


def die() -> None:
    """End this process, as if it was killed."""
    os._exit(CRASHED)


def steps_to(number: int, happens: Callable[[], None] = die) -> Step:
    """Return what counts a step, at one of which something happens."""
    left = [number]

    def step() -> None:
        left[0] -= 1
        if left[0] == 0:
            happens()

    return step


def arm(step: Step, *places: str) -> None:
    """Put a step around functions and methods, such as ``module:Class.method``, for the rest of this process."""
    for place in places:
        module, _, path = place.partition(":")
        *owners, name = path.split(".")
        owner: Any = import_module(module)
        for each in owners:
            owner = getattr(owner, each)
        setattr(owner, name, _around(step, getattr(owner, name)))


def armed(step: Step, places: tuple[str, ...], work: Callable[[], Any]) -> Any:
    """Do work with a step around some functions."""
    arm(step, *places)
    return work()


def _around(step: Step, operation: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(operation)
    def counted(*arguments: Any, **named: Any) -> Any:
        step()
        result = operation(*arguments, **named)
        step()
        return result

    return counted


def tear(step: Step) -> None:
    """Let writes to files stop half-way."""
    from rowmill.sinks.folders.files import Checked

    written, writes = Checked.write, [0]

    def halved(checked: Checked, data: bytes) -> int:
        writes[0] += 1
        if writes[0] % _WRITES_A_STEP:
            return written(checked, data)
        step()
        half = memoryview(data)[: len(data) // 2]
        first = written(checked, half)
        step()
        return first + written(checked, memoryview(data)[len(half) :])

    Checked.write = halved  # type: ignore[method-assign]


class Counting:
    """A connection to DuckDB whose statements are steps."""

    def __init__(self, connection: Any, step: Step) -> None:
        self._connection = connection
        self.execute = _around(step, connection.execute)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def arm_duckdb(step: Step) -> None:
    """Put a step around the statements to a file of DuckDB."""
    from rowmill.sinks.databases.duck.opening import DuckFile

    attached = DuckFile._attached
    DuckFile._attached = lambda *given, **named: Counting(attached(*given, **named), step)  # type: ignore[method-assign, assignment, return-value]
