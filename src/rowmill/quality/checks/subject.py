"""A table that is being checked: what stands for it in SQL, which columns it has, and what of its past is there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rowmill.model import ddl
from rowmill.model.rules import LinkRule
from rowmill.quality.checks.report import CheckResult
from rowmill.quality.rules.book import ColumnRule, TableRules
from rowmill.quality.rules.checks import Check, Named, columns_of

_FAMILIES: Final = {
    "whole": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"),
    "number": ("FLOAT", "DOUBLE"),
    "text": ("VARCHAR", "UUID", "JSON"),
    "bool": ("BOOLEAN",),
    "timestamp": ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"),
    "date": ("DATE",),
    "time": ("TIME", "TIME_NS"),
}
_OF: Final = {kind: family for family, kinds in _FAMILIES.items() for kind in kinds}
WHOLE: Final = "whole"
NUMBERS: Final = frozenset({WHOLE, "number", "decimal"})
_WANTED: Final = {
    "int8": "whole", "int16": "whole", "int32": "whole", "int64": "whole", "float64": "number", "bool": "bool",
    "string": "text", "enum": "text", "json": "text", "uuid": "text", "timestamp": "timestamp", "date": "date",
    "time": "time", "decimal": "decimal",
}  # fmt: skip
"""Family of each type of fields."""
_CAST: Final = {
    "whole": "BIGINT", "number": "DOUBLE", "text": "VARCHAR", "bool": "BOOLEAN", "timestamp": "TIMESTAMPTZ",
    "date": "DATE", "time": "TIME",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive windows that are there, by their days, ISO 8601."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Past:
    """What of a table's past is there."""

    begins: bool = True
    """Whether the rows go back to where the data begin."""
    spans: tuple[Span, ...] = ()
    """Stretches of time that are there with gaps between them; none where there is no gap."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A table that is being checked."""

    name: str
    view: str
    """What stands after FROM; a column of another type than asked for is cast there, to NULL where it cannot be."""
    kinds: Mapping[str, str]
    """Family of the type of each column, as it is in the view."""
    rules: TableRules
    past: Past
    rows: int
    strange: tuple[CheckResult, ...] = ()
    """What is wrong with the columns themselves."""

    @property
    def key(self) -> tuple[str, ...]:
        """Return columns that tell a row to a person: a key, as far as it is there."""
        keys = [key for key in self.rules.keys if set(key) <= self.kinds.keys()]
        return keys[0] if keys else tuple(self.kinds)[:1]

    def lacks(self, columns: Iterable[str]) -> str | None:
        """Return why a check that needs some columns cannot be made; None where it can."""
        lost = [name for name in columns if name not in self.kinds]
        return f"column {lost[0]} is not there" if lost else None

    def apart(self, link: LinkRule, target: Subject) -> str | None:
        """Return why the columns of a foreign key and those that it names cannot be compared; None where they can."""
        for own, other in zip(link.columns, link.references, strict=True):
            kinds = {self.kinds[own], target.kinds[other]}
            if len(kinds) > 1 and not kinds <= NUMBERS:
                return f"{own} is {self.kinds[own]}, {other} of {link.table} is {target.kinds[other]}"
        return None

    def missing(self, check: Check, subjects: Mapping[str, Subject]) -> str | None:
        """Return why a check cannot be made of what is there; None where it can."""
        for column in columns_of(check):
            if not column.table:
                why = self.lacks((column.name,))
            elif column.table not in subjects:
                why = f"{column.table} is not there"
            else:
                link = self.rules.link(column.table)
                assert link is not None
                target = subjects[column.table]
                why = self.lacks(link.columns) or target.lacks((column.name, *link.references))
                why = why or self.apart(link, target)
            if why is not None:
                return why
        return None


def family(kind: str) -> str:
    """Return the family of a type of DuckDB."""
    if kind.startswith("DECIMAL"):
        return "decimal"
    return "text" if kind.startswith("ENUM") else _OF.get(kind, kind.lower())


def wanted(rule: ColumnRule) -> str | None:
    """Return the family of types that a column should be of; None for any."""
    return None if rule.type is None else _WANTED[rule.type]


def fits(kind: str, rule: ColumnRule) -> bool:
    """Return whether a type of DuckDB is one that a column may have."""
    family_asked, found = wanted(rule), family(kind)
    if family_asked is None or found == family_asked:
        return found != "decimal" or rule.scale is None or kind.endswith(f",{rule.scale})")
    # A CSV file tells dates by their looks, and whole numbers are numbers.
    return family_asked == "number" and found in (WHOLE, "decimal")


def projected(name: str, kind: str, rule: ColumnRule | None) -> tuple[str, str]:
    """Return (SQL, family) of a column as checks see it."""
    quoted = ddl.name(name)
    if rule is None or fits(kind, rule):
        return (f"CAST({quoted} AS VARCHAR) AS {quoted}" if kind.startswith("ENUM") else quoted), family(kind)
    asked = wanted(rule)
    assert asked is not None
    cast = f"DECIMAL(18,{rule.scale or 0})" if asked == "decimal" else _CAST[asked]
    return f"TRY_CAST({quoted} AS {cast}) AS {quoted}", asked


def linked(link: LinkRule) -> Collection[str]:
    """Return the columns of this table that a foreign key needs."""
    from rowmill.quality.rules.parsing import parsed

    return [*link.columns, *((c.name for c in columns_of(parsed(link.where))) if link.where else ())]


def plain(column: Named) -> str:
    """Return the SQL of a column of the one table of a query."""
    return ddl.name(column.name)


def shown(value: Any) -> Any:
    """Return a value as plain data, short."""
    if value is None or isinstance(value, bool | int | float):
        return value if value == value and value not in (float("inf"), float("-inf")) else str(value)  # noqa: PLR0124
    text = str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
