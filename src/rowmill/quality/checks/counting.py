"""Counts of rows that break checks: many checks in one query over one scan, and examples of those that are broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from rowmill.model import ddl
from rowmill.model.rules import LinkRule
from rowmill.quality.checks.duck import Resolve, sql
from rowmill.quality.checks.report import EXAMPLES, CheckResult
from rowmill.quality.checks.subject import Subject, plain, shown
from rowmill.quality.rules.checks import Named, columns_of
from rowmill.quality.rules.parsing import parsed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Alone = frozenset[tuple[str, tuple[str, ...]]]
"""Tables and keys of theirs of which none stands twice, so that joining by them repeats no row."""
T = TypeVar("T")
_AT_ONCE = 200
"""Checks of one query."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A check as counts over the rows of a query."""

    check: CheckResult
    broken: str
    """Condition of the rows that break it."""
    among: str = ""
    """Count of the rows that it looks at; empty for all."""
    failed: str = ""
    """Count of the rows that break it, where there is a cheaper one than counting ``broken``."""


class Scan:
    """A table with the rows of other tables that its own ones name, as one query.

    Args:
        subject: the table.
        subjects: all tables by name.
        alone: keys by which a join repeats no row.
    """

    def __init__(self, subject: Subject, subjects: Mapping[str, Subject], alone: Alone) -> None:
        self._subject = subject
        self._subjects = subjects
        self._alone = alone
        self._joins: dict[LinkRule, str] = {}
        self._used: dict[LinkRule, dict[str, None]] = {}

    def column(self, column: Named) -> str:
        """Return the SQL of a column, of this table or of the row that it names in another one."""
        if not column.table:
            return f"t.{ddl.name(column.name)}"
        link = self._subject.rules.link(column.table)
        assert link is not None
        self._used.setdefault(link, {})[column.name] = None
        return f"{self.joined(link)}.{ddl.name(column.name)}"

    def joined(self, link: LinkRule) -> str:
        """Return what stands for the row that a foreign key names."""
        return self._joins.setdefault(link, f"j{len(self._joins)}")

    def source(self) -> str:
        """Return what stands after FROM, with the rows that are named."""
        parts = [f"{self._subject.view} AS t"]
        for link, alias in self._joins.items():
            where = " AND ".join(
                f"t.{ddl.name(own)} = {alias}.{ddl.name(other)}"
                for own, other in zip(link.columns, link.references, strict=True)
            )
            parts.append(f"LEFT JOIN {self._target(link)} AS {alias} ON {where}")
        return " ".join(parts)

    def _target(self, link: LinkRule) -> str:
        view, key = self._subjects[link.table].view, ddl.names(link.references)
        if (link.table, link.references) in self._alone:
            return view
        # Of rows that share a key, the same one counts whichever thread comes first.
        chosen = ddl.names(dict.fromkeys((*link.references, *self._used.get(link, ()))))
        return f"(SELECT DISTINCT ON ({key}) {chosen} FROM {view} ORDER BY {chosen})"


def counted(connection: DuckDBPyConnection, scan: Scan, subject: Subject, some: Sequence[Counted]) -> list[CheckResult]:
    """Return checks with their counts, and examples of those that are broken."""
    found = list[CheckResult]()
    for start in range(0, len(some), _AT_ONCE):
        found += _counted(connection, scan, subject, some[start : start + _AT_ONCE])
    return found


def _counted(
    connection: DuckDBPyConnection, scan: Scan, subject: Subject, some: Sequence[Counted]
) -> list[CheckResult]:
    def worked_out(some: Sequence[Counted]) -> list[CheckResult]:
        chosen = ", ".join(f"{_failed(each)}, {_looked_at(each)}" for each in some)
        row = connection.execute(f"SELECT {chosen} FROM {scan.source()}").fetchall()[0]
        counts = list(zip(row[::2], row[1::2], strict=True))
        return [
            replace(
                each.check,
                rows=int(rows or 0),
                failed=int(failed or 0),
                examples=examples(connection, scan.source(), subject, each.check.columns, each.broken)
                if failed
                else (),
            )
            for each, (failed, rows) in zip(some, counts, strict=True)
        ]

    return tried(some, lambda each: each.check, subject.rows, worked_out)


def _failed(each: Counted) -> str:
    return each.failed or f"count_if({each.broken})"


def _looked_at(each: Counted) -> str:
    return each.among or "count(*)"


def tried(
    some: Sequence[T],
    check: Callable[[T], CheckResult],
    rows: int,
    worked_out: Callable[[Sequence[T]], list[CheckResult]],
) -> list[CheckResult]:
    """Return what some checks find, worked out together; where that fails, each by itself, so that it stops no other.

    Args:
        some: what is checked.
        check: tells what a check is called.
        rows: of the table.
        worked_out: asks the database.
    """
    import duckdb

    try:
        return worked_out(some)
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        if len(some) == 1:
            return [_cannot(check(some[0]), rows, error)]
        return [found for each in some for found in tried([each], check, rows, worked_out)]


def _cannot(check: CheckResult, rows: int, error: BaseException) -> CheckResult:
    """Return a check that cannot be worked out for what is there: that breaks it too."""
    line = (str(error).splitlines() or [""])[0].partition(": ")[2] or "it fails"
    return replace(check, rows=rows, failed=rows or 1, message=f"{check.rule}: cannot be worked out: {line[:200]}")


def examples(
    connection: DuckDBPyConnection, source: str, subject: Subject, columns: Iterable[str], broken: str
) -> tuple[Mapping[str, Any], ...]:
    """Return the first rows that break a check: their key, and the columns that it is about."""
    names = [name for name in dict.fromkeys((*subject.key, *columns)) if name in subject.kinds]
    chosen = ", ".join(f"t.{ddl.name(name)}" for name in names)
    rows = connection.execute(f"SELECT {chosen} FROM {source} WHERE {broken} LIMIT {EXAMPLES}").fetchall()
    return tuple({name: shown(value) for name, value in zip(names, row, strict=True)} for row in rows)


def row_rules(subject: Subject, subjects: Mapping[str, Subject], scan: Scan) -> Iterator[Counted | CheckResult]:
    """Yield what a table says of its rows one by one."""
    for rule in subject.rules.rules:
        if rule.by:
            continue
        check = parsed(rule.check)
        columns = tuple(dict.fromkeys(each.name for each in columns_of(check) if not each.table))
        told = CheckResult(subject.name, "rule", rule.name, columns)
        why = subject.missing(check, subjects)
        if why is not None:
            yield replace(told, unchecked=why)
        else:
            yield Counted(told, f"NOT {sql(check, scan.column)}")


def condition(text: str, resolve: Resolve = plain) -> str:
    """Return a check as a condition of SQL; true where none is given."""
    return sql(parsed(text), resolve) if text else "TRUE"
