"""Aims: numbers that a spec asks for, each with how it is measured in the rows that were made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from rowmill.model.spec import Spec

AimForm = Literal["count", "share", "number"]
"""How people read the number."""


@dataclass(frozen=True, slots=True)
class Aim:
    """One number that was asked for, of all windows together."""

    what: str
    """A few words, such as ``fraudulent payments``."""
    table: str
    asked: float
    measured: str
    """An aggregate in standard SQL over the columns of the table, NULL where the rows do not tell."""
    columns: tuple[str, ...] = ()
    """Those that it needs."""
    form: AimForm = "count"
    tolerance: float = 0.0
    """Largest difference that chance or rounding may make."""


@runtime_checkable
class HasAims(Protocol):
    """A domain that can say what its specs ask for."""

    def aims(self, spec: Spec) -> tuple[Aim, ...]:
        """Return the numbers that a spec asks for, without building anything; they hold for whole periods."""
