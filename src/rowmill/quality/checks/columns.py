"""What columns say of their values: whether they are there, in range, of a list, of a form, short enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rowmill.model import ddl
from rowmill.quality.checks.counting import Counted, examples, tried
from rowmill.quality.checks.report import CheckResult
from rowmill.quality.checks.subject import NUMBERS, Subject, fits
from rowmill.quality.rules.book import ColumnRule, TableRules

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LISTS_AT_ONCE: Final = 30


def strange_columns(table: str, kinds: dict[str, str], rules: TableRules, rows: int) -> Iterator[CheckResult]:
    """Yield what is wrong with the columns of a table: lost ones, further ones, other types.

    Args:
        table: its name.
        kinds: types of DuckDB by column.
        rules: what the table keeps.
        rows: that it has.
    """
    for name, rule in rules.columns.items():
        if name not in kinds:
            near = [each for each in kinds if each not in rules.columns]
            hint = f"; not declared: {', '.join(near[:5])}" if near and not rules.others else ""
            yield CheckResult(
                table, "column", f"column {name} is there", (name,), 1, 1, message=f"{name} is missing{hint}"
            )
        elif rule.type is not None:
            told = CheckResult(table, "type", f"{name} is of type {rule.type}", (name,), rows)
            if fits(kinds[name], rule):
                yield told
            else:
                said = f"{name} is {kinds[name]}; {rule.type} is needed"
                yield replace(told, failed=rows or 1, message=said)
    for name in kinds if not rules.others else ():
        if name not in rules.columns:
            yield CheckResult(table, "column", "no further columns", (name,), 1, 1, message=f"{name} is not declared")


def column_counts(subject: Subject) -> Iterator[Counted]:
    """Yield what columns say that one pass over the rows counts."""
    for name in dict.fromkeys((*subject.rules.columns, *subject.rules.primary_key)):
        if name in subject.kinds:
            yield from _counts(subject, name, subject.rules.columns.get(name, ColumnRule()))


def _counts(subject: Subject, name: str, rule: ColumnRule) -> Iterator[Counted]:
    column, kind = f"t.{ddl.name(name)}", subject.kinds[name]
    if not rule.nullable or name in subject.rules.primary_key:
        told = CheckResult(subject.name, "null", f"{name} is never missing", (name,))
        yield Counted(told, f"{column} IS NULL", failed=f"count(*) - count({column})")
    bounds = [
        f"{column} {sign} {bound}"
        for sign, bound in (("<", rule.minimum), (">", rule.maximum))
        if bound is not None and kind in NUMBERS
    ]
    there = f"count({column})"
    if bounds:
        low, high = ("…" if bound is None else f"{bound:,}" for bound in (rule.minimum, rule.maximum))
        told = CheckResult(subject.name, "range", f"{name} lies in {low} to {high}", (name,))
        yield Counted(told, f"({' OR '.join(bounds)})", there)
    if rule.length is not None and kind == "text":
        told = CheckResult(subject.name, "length", f"{name} has at most {rule.length} characters", (name,))
        yield Counted(told, f"length({column}) > {rule.length}", there)
    if rule.pattern is not None and kind == "text" and not rule.repeats:
        yield Counted(_patterned(subject, name, rule), f"NOT {_matched(column, rule)}", there)


def _patterned(subject: Subject, name: str, rule: ColumnRule) -> CheckResult:
    return CheckResult(subject.name, "pattern", f"{name} matches {rule.pattern}", (name,))


def _matched(column: str, rule: ColumnRule) -> str:
    return f"regexp_full_match({column}, {ddl.literal(rule.pattern or '')})"


def listed_values(connection: DuckDBPyConnection, subject: Subject) -> Iterator[CheckResult]:
    """Yield what columns say of their different values, which are fewer than the rows."""

    def called(one: tuple[str, ColumnRule]) -> CheckResult:
        return _called(subject, *one)

    def listed(some: Sequence[tuple[str, ColumnRule]]) -> list[CheckResult]:
        return list(_listed(connection, subject, some))

    some = [
        (name, rule)
        for name, rule in subject.rules.columns.items()
        if subject.kinds.get(name) == "text" and (rule.values is not None or (rule.pattern and rule.repeats))
    ]
    for start in range(0, len(some), _LISTS_AT_ONCE):
        yield from tried(some[start : start + _LISTS_AT_ONCE], called, subject.rows, listed)


def _listed(
    connection: DuckDBPyConnection, subject: Subject, some: Sequence[tuple[str, ColumnRule]]
) -> Iterator[CheckResult]:
    names = [ddl.name(name) for name, _ in some]
    chosen = names[0] if len(names) == 1 else f"coalesce({', '.join(names)})"
    values = [(place, value) for place, (_, rule) in enumerate(some) for value in rule.values or ()]
    connection.execute("CREATE OR REPLACE TEMP TABLE listed_values (place INTEGER, text VARCHAR)")
    if values:
        rows = ", ".join(f"({place}, {ddl.literal(value)})" for place, value in values)
        connection.execute(f"INSERT INTO listed_values VALUES {rows}")
    # Each set groups by one column, and grouping() has a bit for each of the others.
    whole = (1 << len(names)) - 1
    place = " ".join(f"WHEN {whole ^ 1 << len(names) - 1 - n} THEN {n}" for n in range(len(names)))
    wrong = ("l.text IS NULL" if rule.values is not None else f"NOT {_matched('g.text', rule)}" for _, rule in some)
    broken = " ".join(f"WHEN {n} THEN {text}" for n, text in enumerate(wrong))
    found = connection.execute(
        f"""WITH g AS (
            SELECT CASE grouping({", ".join(names)}) {place} END AS place, {chosen} AS text, count(*) AS n
            FROM {subject.view} GROUP BY GROUPING SETS ({", ".join(f"({name})" for name in names)}))
        SELECT g.place, sum(n), coalesce(sum(n) FILTER (WHERE CASE g.place {broken} END), 0)
        FROM g LEFT JOIN listed_values l ON g.place = l.place AND g.text = l.text
        WHERE g.text IS NOT NULL GROUP BY g.place"""
    ).fetchall()
    counts = {number: (int(rows), int(failed)) for number, rows, failed in found}
    for n, (name, rule) in enumerate(some):
        looked_at, failed = counts.get(n, (0, 0))
        yield _told(connection, subject, name, rule, looked_at, failed)


def _told(
    connection: DuckDBPyConnection, subject: Subject, name: str, rule: ColumnRule, rows: int, failed: int
) -> CheckResult:
    column = f"t.{ddl.name(name)}"
    if rule.values is None:
        broken = f"NOT {_matched(column, rule)}"
    else:
        broken = f"{column} NOT IN ({', '.join(map(ddl.literal, rule.values))})"
    shown = examples(connection, f"{subject.view} AS t", subject, (name,), broken) if failed else ()
    return replace(_called(subject, name, rule), rows=rows, failed=failed, examples=shown)


def _called(subject: Subject, name: str, rule: ColumnRule) -> CheckResult:
    if rule.values is None:
        return _patterned(subject, name, rule)
    return CheckResult(subject.name, "value", f"{name} is one of {len(rule.values):,} values", (name,))
