"""Rules that rows keep beside types, ranges and keys: data, whoever states them, a domain or a user's YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that holds of every row, of every row and the one before it, or of every group of rows.

    What ``check`` may say stands in ``docs/how-to/validate.md``. A row breaks it only where it is false: where a value
    is missing, nothing is said.
    """

    name: str
    """What it is called in reports; told apart from the others of its table."""
    check: str
    """An expression over the columns; ``cards.customer_id`` is of the row that the foreign key to ``cards`` names."""
    by: tuple[str, ...] = ()
    """Columns of an entity, whose rows ``previous(…)`` and the counts of a group are about; none: each row alone."""
    order: tuple[str, ...] = ()
    """Columns that put the rows of an entity in order, ascending; none: the rows of a group are in none."""
    begins: bool = False
    """Whether it holds of the first row of an entity too, where the data go back to their beginning."""


@dataclass(frozen=True, slots=True)
class LinkRule:
    """Columns that name a row of another table, or of this one; where one of them is null, none."""

    columns: tuple[str, ...]
    table: str
    references: tuple[str, ...]
    earlier: bool = False
    """Whether that row may lie in an earlier window, which a slice need not hold."""
    where: str = ""
    """An expression that chooses the rows which must name one; empty for all."""
    there: str = ""
    """An expression that chooses the rows of the other table which count; empty for all."""

    @property
    def name(self) -> str:
        """Return what it is called in reports."""
        where = f" where {self.where}" if self.where else ""
        return f"({', '.join(self.columns)}) names a row of {self.table} ({', '.join(self.references)}){where}"


@runtime_checkable
class HasRules(Protocol):
    """A domain whose rows keep rules that its schemas have no words for."""

    @property
    def rules(self) -> Mapping[str, tuple[Rule | LinkRule, ...]]:
        """Return the rules by table. They hold of every dataset of the domain, whatever its spec."""
