"""Rules of an entity's rows: each row and the one before it, and groups of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rowmill.model import ddl
from rowmill.model.rules import Rule
from rowmill.quality.checks.counting import Scan, tried
from rowmill.quality.checks.duck import sql
from rowmill.quality.checks.keys import hashed
from rowmill.quality.checks.report import EXAMPLES, CheckResult
from rowmill.quality.checks.subject import Subject, shown
from rowmill.quality.rules.checks import Called, columns_of, inside
from rowmill.quality.rules.parsing import parsed
from rowmill.quality.rules.words import AGGREGATES, PREVIOUS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Scans = Callable[[], Scan]


def entity_rules(
    connection: DuckDBPyConnection, subject: Subject, subjects: Mapping[str, Subject], scans: Scans
) -> Iterator[CheckResult]:
    """Yield the rules over the rows of entities; those of the same entities and order share a query.

    Args:
        connection: that has the tables.
        subject: the table.
        subjects: all tables by name.
        scans: makes a scan of the table.
    """
    alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Rule]] = {}
    for rule in subject.rules.rules:
        if rule.by:
            why = _why_not(rule, subject, subjects)
            if why is not None:
                yield replace(_told(rule, subject), unchecked=why)
            else:
                alike.setdefault((rule.by, rule.order), []).append(rule)
    for (_, order), rules in alike.items():
        yield from (_sequences if order else _groups)(connection, subject, scans, rules)


def _told(rule: Rule, subject: Subject) -> CheckResult:
    columns = (*rule.order, *(each.name for each in columns_of(parsed(rule.check)) if not each.table))
    return CheckResult(subject.name, "rule", rule.name, tuple(dict.fromkeys(columns)))


def _why_not(rule: Rule, subject: Subject, subjects: Mapping[str, Subject]) -> str | None:
    why = subject.lacks((*rule.by, *rule.order)) or subject.missing(parsed(rule.check), subjects)
    if why is None and rule.order and subject.past.spans and subject.rules.event_time not in subject.kinds:
        return "there are gaps between the slices"
    return why


def _stretch(subject: Subject) -> str:
    """Return the number of the stretch of time that a row lies in."""
    assert subject.rules.event_time is not None
    time = f"t.{ddl.name(subject.rules.event_time)}"
    begun = [f"CAST({time} >= {_day(span.first)} AS INTEGER)" for span in subject.past.spans[1:]]
    return " + ".join(begun)


def _day(text: str) -> str:
    return f"DATE {ddl.literal(text if len(text) > 4 else f'{text}-01-01')}"


def _sequences(
    connection: DuckDBPyConnection, subject: Subject, scans: Scans, rules: list[Rule]
) -> Iterator[CheckResult]:
    def called(rule: Rule) -> CheckResult:
        return _told(rule, subject)

    def quick(some: Sequence[Rule]) -> list[CheckResult]:
        return _counts(connection, subject, some, *sequence_query(subject, scans(), some, exact=False))

    def exact(some: Sequence[Rule]) -> list[CheckResult]:
        source, broken, among = sequence_query(subject, scans(), some, exact=True)
        (told,) = _counts(connection, subject, some, source, broken, among)
        return [replace(told, examples=_shown(connection, told, source, broken[0]))]

    for rule, found in zip(rules, tried(rules, called, subject.rows, quick), strict=True):
        if not found.failed or found.message:
            yield found
        else:
            # Entities that share a hash would be taken for one, so what seems broken is looked at by its values.
            yield from tried([rule], called, subject.rows, exact)


def sequence_query(
    subject: Subject, scan: Scan, rules: Sequence[Rule], *, exact: bool
) -> tuple[str, list[str], list[str]]:
    """Return a query with each row's past, the conditions of rows that break rules, and of those looked at.

    What rows say by themselves is worked out below the window: there, texts still come as dictionaries. Rows that the
    order leaves side by side are put in order by what is asked of them, or counts would tell which thread came first;
    those of no entity have no past.
    """
    by = rules[0].by
    row: dict[str, str] = {} if exact else {"entity": hashed(subject, by, "t.")}
    past: dict[str, str] = {"first": "lag(1) OVER w IS NULL"}
    own = dict.fromkeys(column for rule in rules for column in columns_of(parsed(rule.check), PREVIOUS))
    place = {column: chosen_as(row, scan.column(column)) for column in own}

    def before(call: Called) -> str | None:
        if call.function != PREVIOUS:
            return None
        return chosen_as(past, f"lag({chosen_as(row, sql(call.values[0], scan.column))}) OVER w")

    checks = [sql(parsed(rule.check), lambda column: place[column], before) for rule in rules]
    entity = [chosen_as(row, f"t.{ddl.name(name)}") for name in by] if exact else ['"entity"']
    if subject.past.spans:
        entity.append(chosen_as(row, _stretch(subject)))
    order = [chosen_as(row, f"t.{ddl.name(name)}") for name in rules[0].order]
    ties = [ddl.name(name) for name in row if name != "entity" and ddl.name(name) not in (*entity, *order)]
    if exact:
        shown = (*subject.key, *by, *_told(rules[0], subject).columns)
        row |= {f"shown {name}": f"t.{ddl.name(name)}" for name in shown if name in subject.kinds}
    rows = ", ".join(f"{text} AS {ddl.name(name)}" for name, text in row.items())
    pasts = ", ".join(f"{text} AS {ddl.name(name)}" for name, text in past.items())
    window = f"WINDOW w AS (PARTITION BY {', '.join(entity)} ORDER BY {', '.join((*order, *ties))})"
    begins = subject.past.begins and not subject.past.spans
    among = ["TRUE" if rule.begins and begins else 'NOT "first"' for rule in rules]
    broken = [f"{asked} AND NOT {check}" for asked, check in zip(among, checks, strict=True)]
    return (
        f"(SELECT *, {pasts} FROM (SELECT {rows} FROM {scan.source()} WHERE {_of_somebody(by)}) {window})",
        broken,
        among,
    )


def _of_somebody(by: Sequence[str]) -> str:
    return " AND ".join(f"t.{ddl.name(name)} IS NOT NULL" for name in by)


def chosen_as(chosen: dict[str, str], text: str) -> str:
    """Return the name of a column of an inner query, which is chosen once."""
    for name, known in chosen.items():
        if known == text and not name.startswith("shown "):
            return ddl.name(name)
    name = f"{'p' if 'first' in chosen else 'c'}{len(chosen)}"
    chosen[name] = text
    return ddl.name(name)


def _groups(connection: DuckDBPyConnection, subject: Subject, scans: Scans, rules: list[Rule]) -> Iterator[CheckResult]:
    def worked_out(some: Sequence[tuple[Rule, str, str]]) -> list[CheckResult]:
        ((rule, source, broken),) = some
        (told,) = _counts(connection, subject, [rule], source, [broken], ["TRUE"])
        return [replace(told, examples=_shown(connection, told, source, broken))]

    for rule in rules:
        found = group_query(scans(), rule)
        if found is None:
            why = "a check of groups names columns of by, and others of its own table inside count(…) or the like"
            yield replace(_told(rule, subject), rows=1, failed=1, message=f"{rule.name}: {why}")
            continue
        yield from tried([(rule, *found)], lambda each: _told(each[0], subject), subject.rows, worked_out)


def group_query(scan: Scan, rule: Rule) -> tuple[str, str] | None:
    """Return a query of the groups of a rule, and the condition of those that break it; None where it has none."""
    check, chosen = parsed(rule.check), dict[str, str]()

    def worked_out(call: Called) -> str | None:
        return chosen_as(chosen, sql(call, scan.column)) if call.function in AGGREGATES else None

    outside = sql(check, lambda column: ddl.name(f"shown {column.name}"), worked_out)
    calls = [each for each in inside(check) if isinstance(each, Called) and each.function in AGGREGATES]
    inner = {column for call in calls for column in columns_of(call)}
    strange = [column for column in columns_of(check) if column not in inner and column.name not in rule.by]
    if strange or any(column.table for column in inner):
        return None
    by = {f"shown {name}": f"t.{ddl.name(name)}" for name in rule.by}
    columns = ", ".join(f"{text} AS {ddl.name(name)}" for name, text in (by | chosen).items())
    rows = f"{scan.source()} WHERE {_of_somebody(rule.by)}"
    return f"(SELECT {columns} FROM {rows} GROUP BY {', '.join(by.values())})", f"NOT {outside}"


def _counts(
    connection: DuckDBPyConnection,
    subject: Subject,
    rules: Sequence[Rule],
    source: str,
    broken: list[str],
    among: list[str],
) -> list[CheckResult]:
    counts = ", ".join(f"count_if({text})" for pair in zip(among, broken, strict=True) for text in pair)
    row = connection.execute(f"SELECT {counts} FROM {source}").fetchall()[0]
    return [
        replace(_told(rule, subject), rows=rows or 0, failed=failed or 0)
        for rule, rows, failed in zip(rules, row[::2], row[1::2], strict=True)
    ]


def _shown(
    connection: DuckDBPyConnection, told: CheckResult, source: str, broken: str
) -> tuple[Mapping[str, object], ...]:
    if not told.failed:
        return ()
    found = connection.execute(f"SELECT COLUMNS('^shown ') FROM {source} WHERE {broken} LIMIT {EXAMPLES}")
    names = [column[0].removeprefix("shown ") for column in found.description]
    return tuple({name: shown(value) for name, value in zip(names, row, strict=True)} for row in found.fetchall())
