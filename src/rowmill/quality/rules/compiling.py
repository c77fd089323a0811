"""Rules of a schema: what its fields, keys and links say, and what the domain knows besides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from rowmill.model.rules import LinkRule, Rule
from rowmill.model.schema import Field, Schema
from rowmill.quality.rules.book import ColumnRule, RuleBook, TableRules
from rowmill.quality.rules.checks import columns_of
from rowmill.quality.rules.parsing import parsed


def book_of(
    schemas: Mapping[str, Schema],
    more: Mapping[str, Sequence[Rule | LinkRule]],
    held: Mapping[str, Collection[str]] | None = None,
) -> RuleBook:
    """Return the rules of tables, as far as they concern what is there.

    Args:
        schemas: of the tables, by name.
        more: rules of their domain, by table.
        held: columns that were written, by table; tables that are not named have all.
    """
    there = {name: frozenset((held or {}).get(name, schema.names)) for name, schema in schemas.items()}
    return RuleBook({name: _table(schema, more.get(name, ()), there) for name, schema in schemas.items()})


def _table(schema: Schema, more: Sequence[Rule | LinkRule], there: Mapping[str, frozenset[str]]) -> TableRules:
    own = there[schema.name]
    links = [
        *(LinkRule(key.columns, key.table, key.references, key.earlier) for key in schema.foreign_keys),
        *(rule for rule in more if isinstance(rule, LinkRule)),
    ]
    kept = tuple(link for link in links if _linked(link, own, there))
    rules = TableRules(
        {field.name: _column(field) for field in schema.fields if field.name in own},
        others=False,
        primary_key=schema.primary_key if set(schema.primary_key) <= own else (),
        unique=tuple(group for group in schema.unique if set(group) <= own),
        foreign_keys=kept,
        event_time=schema.event_time if schema.event_time in own else None,
    )
    checks = tuple(rule for rule in more if isinstance(rule, Rule) and _possible(rule, rules, there))
    return TableRules(
        rules.columns, rules.others, rules.primary_key, rules.unique, rules.foreign_keys, rules.event_time, checks
    )


def _column(field: Field) -> ColumnRule:
    low, high = (
        None if bound is None else int(bound) if field.facts.json == "integer" else bound
        for bound in (field.minimum, field.maximum)
    )
    return ColumnRule(
        field.type,
        field.nullable,
        low,
        high,
        field.values,
        field.pattern,
        field.length,
        field.scale,
        repeats=field.layout == "dictionary",
    )


def _linked(link: LinkRule, own: frozenset[str], there: Mapping[str, frozenset[str]]) -> bool:
    """Return whether the columns of a foreign key are there on both sides; a table may be away and come back."""
    here = {*link.columns, *_needed(link.where)}
    target = there.get(link.table)
    return here <= own and (target is None or {*link.references, *_needed(link.there)} <= target)


def _needed(text: str) -> Iterable[str]:
    return (column.name for column in columns_of(parsed(text))) if text else ()


def _possible(rule: Rule, rules: TableRules, there: Mapping[str, frozenset[str]]) -> bool:
    """Return whether the columns that a rule needs were written."""
    if not {*rule.by, *rule.order} <= rules.columns.keys():
        return False
    for column in columns_of(parsed(rule.check)):
        held = rules.columns.keys() if not column.table else there.get(column.table, frozenset())
        if column.name not in held or (column.table and rules.link(column.table) is None):
            return False
    return True
