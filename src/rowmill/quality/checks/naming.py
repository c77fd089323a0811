"""Columns that rules of a user name: one that no table has is a mistake of the rules, not of the data."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from rowmill.core.errors import UsageError
from rowmill.model.mistakes import in_lines, nearest
from rowmill.quality.rules.book import RuleBook, TableRules
from rowmill.quality.rules.checks import columns_of
from rowmill.quality.rules.parsing import parsed


def refuse_strange_columns(book: RuleBook, known: Mapping[str, Collection[str]]) -> None:
    """Refuse rules that name a column which is not known, so that no check is left out for a slip of the pen.

    Args:
        book: rules of a user; the columns that it declares are known, for it is said where they are not there.
        known: columns by table, whether they were written or not; what rules say of other tables is let be.

    Raises:
        UsageError: naming table, rule and column, and the column that was meant.
    """
    lines = []
    for table, rules in book.tables.items():
        for where, other, column in _named(table, rules):
            declared = book.tables[other].columns if other in book.tables else {}
            names = {*known.get(other, ()), *declared}
            if other in known and column not in names:
                lines.append(f"rules of {table}: {where}: {other} has no column {column!r}; {nearest(column, names)}")
    if lines:
        raise UsageError(in_lines(dict.fromkeys(lines)))


def _named(table: str, rules: TableRules) -> Iterator[tuple[str, str, str]]:
    """Yield (place in the rules, table, column) of each column that rules name."""
    for key in rules.keys:
        yield from ((f"key ({', '.join(key)})", table, name) for name in key)
    if rules.event_time is not None:
        yield "event_time", table, rules.event_time
    for link in rules.foreign_keys:
        where = f"foreign key ({', '.join(link.columns)})"
        yield from ((where, table, name) for name in link.columns)
        yield from ((where, link.table, name) for name in link.references)
        for text, home in ((link.where, table), (link.there, link.table)):
            yield from ((where, each.table or home, each.name) for each in (columns_of(parsed(text)) if text else ()))
    for rule in rules.rules:
        where = f"rule {rule.name!r}"
        yield from ((where, table, name) for name in (*rule.by, *rule.order))
        yield from ((where, each.table or table, each.name) for each in columns_of(parsed(rule.check)))
