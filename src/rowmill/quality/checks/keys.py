"""Keys: whether they tell rows apart, counted over groups that spill to the disk where memory has no room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rowmill.model import ddl
from rowmill.quality.checks.counting import tried
from rowmill.quality.checks.report import EXAMPLES, CheckResult
from rowmill.quality.checks.subject import WHOLE, Subject, shown

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def keys(connection: DuckDBPyConnection, subject: Subject) -> Iterator[CheckResult]:
    """Yield each key of a table; a row that shares its key with an earlier one breaks it."""
    for group in subject.rules.keys:
        what = "primary key" if group == subject.rules.primary_key else "unique"
        told = CheckResult(subject.name, "key", f"{what} ({', '.join(group)})", group)
        why = subject.lacks(group)
        if why is not None:
            yield replace(told, unchecked=why)
        else:
            yield from tried(
                [told], lambda each: each, subject.rows, lambda some: [_counted(connection, subject, some[0])]
            )


def _counted(connection: DuckDBPyConnection, subject: Subject, told: CheckResult) -> CheckResult:
    names, single = ddl.names(told.columns), hashed(subject, told.columns)
    counts = f"SELECT count(*) AS n FROM {subject.view} GROUP BY {single}"
    rows, repeated = connection.execute(
        f"SELECT coalesce(sum(n), 0), coalesce(sum(n) - count(*), 0) FROM ({counts})"
    ).fetchall()[0]
    if not repeated:
        return replace(told, rows=int(rows))
    # Two keys may share a hash, so the few that do are counted by their values.
    many = f"SELECT {single} AS h FROM {subject.view} GROUP BY h HAVING count(*) > 1"
    exact = (
        f"SELECT {names}, count(*) AS n FROM {subject.view} WHERE {single} IN ({many}) GROUP BY {names} HAVING n > 1"
    )
    (repeated,) = connection.execute(f"SELECT coalesce(sum(n - 1), 0) FROM ({exact})").fetchall()[0]
    first = connection.execute(f"{exact} LIMIT {EXAMPLES}").fetchall() if repeated else []
    found = tuple(
        {name: shown(value) for name, value in zip((*told.columns, "rows"), row, strict=True)} for row in first
    )
    return replace(told, rows=int(rows), failed=int(repeated), examples=found)


def hashed(subject: Subject, columns: Sequence[str], prefix: str = "") -> str:
    """Return one number that stands for some columns: a whole number for itself, others by their hash."""
    names = [prefix + ddl.name(name) for name in columns]
    if len(columns) == 1 and subject.kinds[columns[0]] == WHOLE:
        return names[0]
    return f"hash({', '.join(names)})"
