"""Rules that rows keep beside types, ranges and keys: data, whoever states them, a domain or a user's YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Protocol, runtime_checkable

from annotated_types import MaxLen, MinLen
from pydantic import ConfigDict

RULE_CONFIG: Final = ConfigDict(extra="forbid", strict=True)
"""What pydantic reads rules with: no key is unknown, and no value of another kind."""
LONGEST_CHECK: Final = 2_000
"""Characters of a check."""
Columns = Annotated[tuple[Annotated[str, MinLen(1), MaxLen(200)], ...], MaxLen(64)]


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that holds of every row, of every row and the one before it, or of every group of rows.

    What ``check`` may say stands in ``docs/how-to/validate.md``. A row breaks it only where it is false: where a value
    is missing, nothing is said.
    """

    __pydantic_config__ = RULE_CONFIG

    name: Annotated[str, MinLen(1), MaxLen(200)]
    """What it is called in reports; told apart from the others of its table."""
    check: Annotated[str, MinLen(1), MaxLen(LONGEST_CHECK)]
    """An expression over the columns; ``cards.customer_id`` is of the row that the foreign key to ``cards`` names."""
    by: Columns = ()
    """Columns of an entity, whose rows ``previous(…)`` and the counts of a group are about; none: each row alone."""
    order: Columns = ()
    """Columns that put the rows of an entity in order, ascending; none: the rows of a group are in none."""
    begins: bool = False
    """Whether it holds of the first row of an entity too, where the data go back to their beginning."""


@dataclass(frozen=True, slots=True)
class LinkRule:
    """Columns that name a row of another table, or of this one; where one of them is null, none."""

    __pydantic_config__ = RULE_CONFIG

    columns: Columns
    table: Annotated[str, MinLen(1), MaxLen(200)]
    references: Columns
    earlier: bool = False
    """Whether that row may lie in an earlier window, which a slice need not hold."""
    where: Annotated[str, MaxLen(LONGEST_CHECK)] = ""
    """An expression that chooses the rows which must name one; empty for all."""
    there: Annotated[str, MaxLen(LONGEST_CHECK)] = ""
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
