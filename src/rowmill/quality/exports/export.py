"""What an export is: files for another tool, and what of the rules that tool has no words for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from rowmill.quality.rules.book import TableRules
from rowmill.quality.rules.checks import Among, Check, Combined, Constant, Matched, Named

_TRUTHS: Final = frozenset({"and", "or", "not", "null", "distinct", "=", "<>", "<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class Exported:
    """The rules of a table, as an export needs them."""

    name: str
    rules: TableRules
    arrow: pa.Schema
    """The columns that are there."""
    kinds: Mapping[str, str]
    """Their types in DuckDB."""
    relation: str | None
    """What DuckDB reads it by; None where it does not by itself."""
    begins: bool
    """Whether the rows go back to where the data begin, without a gap."""

    @property
    def never_missing(self) -> str:
        """Return a column of which every row has a value, as far as the rules know one."""
        keys = [*self.rules.primary_key, *(name for name, rule in self.rules.columns.items() if not rule.nullable)]
        return next((name for name in keys if name in self.arrow.names), self.arrow.names[0])


@dataclass(frozen=True, slots=True)
class Export:
    """Files, and what is not in them."""

    files: Mapping[str, str]
    """Text by name below where they go; one of no name is the file itself."""
    left_out: tuple[str, ...]
    """What the tool has no words for, a line each."""


class NoWordsError(Exception):
    """A tool cannot say a check."""


Writer = Callable[[Mapping[str, Exported]], Export]


def is_truth(check: Check, types: Mapping[str, str | None]) -> bool:
    """Return whether a check is true or false by itself, rather than a value.

    Args:
        check: a check, or a part of one.
        types: of the table's columns.
    """
    match check:
        case Combined():
            return check.sign in _TRUTHS
        case Among() | Matched():
            return True
        case Named():
            return types.get(check.name) == "bool"
        case Constant():
            return isinstance(check.value, bool)
    return False


def types_of(table: Exported) -> dict[str, str | None]:
    """Return the type of each column that its rules, or else its rows, tell."""
    from rowmill.quality.rules.proposing import kind_of

    told = {field.name: kind_of(field.type) for field in table.arrow}
    return {**told, **{name: rule.type for name, rule in table.rules.columns.items() if rule.type is not None}}
