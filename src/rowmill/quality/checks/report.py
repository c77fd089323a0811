"""What a validation found: each check, how many rows it looked at, how many broke it, and some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

EXAMPLES: Final = 5
"""Rows that a check shows of those that broke it."""
Kind = Literal[
    "file", "rows", "column", "type", "null", "range", "value", "pattern", "length", "key", "foreign key", "rule",
]  # fmt: skip
"""What a check is about."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of one table."""

    table: str
    kind: Kind
    rule: str
    """What is kept, in words that name it in this table."""
    columns: tuple[str, ...] = ()
    """Columns that it is about."""
    rows: int = 0
    """Rows that were looked at; files, for those of files."""
    failed: int = 0
    """Those of them that break it."""
    examples: tuple[Mapping[str, Any], ...] = ()
    """The first few of these: their key and the values of the columns, as plain data."""
    message: str = ""
    """What is wrong, where counts do not say it."""
    unchecked: str | None = None
    """Why nothing was looked at; None where it was."""

    def __str__(self) -> str:
        if self.message:
            return f"{self.table}: {self.message}"
        shown = "; ".join(", ".join(f"{k} {_short(v)}" for k, v in each.items()) for each in self.examples[:2])
        where = f": {shown}" if shown else ""
        return f"{self.table}: {self.rule}: broken by {self.failed:,} of {self.rows:,} rows{where}"


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """What was checked at a path, and what broke it."""

    path: str
    """As the user wrote it, without secrets."""
    tables: Mapping[str, int]
    """Rows that were read of each table."""
    checks: tuple[CheckResult, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Return whether nothing broke a check."""
        return not self.failures

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """Return the checks that something broke."""
        return tuple(check for check in self.checks if check.failed)

    @property
    def unchecked(self) -> tuple[CheckResult, ...]:
        """Return the checks that could not be made."""
        return tuple(check for check in self.checks if check.unchecked)

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with ``ok``."""
        return {"ok": self.ok, "failures": len(self.failures), **asdict(self)}


def is_report(beginning: bytes) -> bool:
    """Return whether a file begins as the JSON of our reports does."""
    return beginning.startswith((b'{"ok": true, "failures": ', b'{"ok": false, "failures": '))


def _short(value: Any) -> str:
    text = "missing" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
