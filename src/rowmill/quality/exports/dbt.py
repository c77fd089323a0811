"""Rules as data tests of dbt on DuckDB: sources with their tests, and the test that takes a query."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rowmill.model import ddl
from rowmill.model.rules import LinkRule, Rule
from rowmill.quality.checks.columns import column_counts
from rowmill.quality.checks.counting import Alone, Scan, condition
from rowmill.quality.checks.duck import sql
from rowmill.quality.checks.entities import group_query, sequence_query
from rowmill.quality.checks.subject import Past, Subject, family
from rowmill.quality.exports.export import Export, Exported
from rowmill.quality.rules.parsing import parsed

_MODEL: Final = "%model%"
_PLAIN: Final = re.compile(r"[\w .-]+")
"""Names of tables that stand in a template."""
_MACRO: Final = """{% test rowmill_finds_none(model, query) %}
{{ query | replace('%model%', model | string) }}
{% endtest %}
"""


def dbt(tables: Mapping[str, Exported]) -> Export:
    """Return sources with tests, and a macro, for a project that has dbt-duckdb."""
    odd = [name for name in tables if not _PLAIN.fullmatch(name)]
    tables = {name: table for name, table in tables.items() if name not in odd}
    alone: Alone = frozenset((name, key) for name, table in tables.items() for key in table.rules.keys)
    lines, left_out = (
        ["version: 2", "sources:", "  - name: rowmill", "    tables:"],
        [f"{name}: all of it: dbt takes no such name" for name in odd],
    )
    subjects = {name: _subject(table, f"{{{{ source('rowmill', {name!r}) }}}}") for name, table in tables.items()}
    for name, table in tables.items():
        lines.append(f"      - name: {_json(name)}")
        if table.relation is not None:
            # Columns are cast outside; a brace would be for dbt or its adapter to fill in.
            place = re.sub(r", hive_types = \{[^{}]*\}", "", table.relation)
            if "{" in place:
                left_out.append(f"{name}: where it lies: dbt takes no braces there; set external_location yourself")
            else:
                lines.append(f"        config: {_json({'meta': {'external_location': place}})}")
        own = _Tests(table, subjects, alone, left_out)
        lines += ["        columns:", *own.columns(), "        data_tests:", *own.rows()]
    text = "\n".join(lines) + "\n"
    return Export({"models/rowmill.yml": text, "macros/rowmill_tests.sql": _MACRO}, tuple(left_out))


def _subject(table: Exported, view: str) -> Subject:
    kinds = {name: family(kind) for name, kind in table.kinds.items()}
    return Subject(table.name, view, kinds, table.rules, Past(begins=table.begins), 0)


class _Tests:
    """The tests of one table."""

    def __init__(self, table: Exported, subjects: Mapping[str, Subject], alone: Alone, left_out: list[str]) -> None:
        self._table, self._subjects, self._alone, self._left_out = table, subjects, alone, left_out
        self._subject = _subject(table, _MODEL)
        self._count = 0

    def columns(self) -> Iterator[str]:
        """Yield the columns with the tests that dbt has words for."""
        rules = self._table.rules
        for name, rule in rules.columns.items():
            tests: list[Any] = [] if rule.nullable else ["not_null"]
            if (name,) in rules.keys:
                tests.append("unique")
            if rule.values is not None:
                tests.append({"accepted_values": {"arguments": {"values": [_escaped(value) for value in rule.values]}}})
            for link in rules.foreign_keys:
                if link.columns == (name,) and not link.where and not link.there and link.table in self._subjects:
                    to = f"source('rowmill', {link.table!r})"
                    tests.append({"relationships": {"arguments": {"to": to, "field": link.references[0]}}})
            yield f"          - name: {_json(name)}"
            if tests:
                yield "            data_tests:"
                yield from (f"              - {_json(test)}" for test in tests)

    def rows(self) -> Iterator[str]:
        """Yield the tests that are queries."""
        rules, subject = self._table.rules, self._subject
        for counted in column_counts(subject):
            if counted.check.kind != "null":
                yield self._query(counted.check.rule, f"SELECT * FROM {_MODEL} AS t WHERE {counted.broken}")
        for name, rule in rules.columns.items():
            if rule.pattern is not None and rule.repeats and name in subject.kinds:
                matched = f"regexp_full_match({ddl.name(name)}, {ddl.literal(rule.pattern)})"
                yield self._query(f"{name} matches {rule.pattern}", f"SELECT * FROM {_MODEL} WHERE NOT {matched}")
        for key in rules.keys:
            if len(key) > 1:
                names = ddl.names(key)
                query = f"SELECT {names} FROM {_MODEL} GROUP BY {names} HAVING count(*) > 1"
                yield self._query(f"unique ({', '.join(key)})", query)
        for link in rules.foreign_keys:
            yield from self._link(link)
        for said in rules.rules:
            yield from self._rule(said)

    def _link(self, link: LinkRule) -> Iterator[str]:
        target = self._subjects.get(link.table)
        if target is None:
            self._left_out.append(f"{self._table.name}: {link.name}: {link.table} is not there")
        elif len(link.columns) > 1 or link.where or link.there:
            own = " AND ".join(f"t.{ddl.name(name)} IS NOT NULL" for name in link.columns)
            where = condition(link.where, lambda column: f"t.{ddl.name(column.name)}")
            equal = " AND ".join(
                f"t.{ddl.name(one)} = o.{ddl.name(other)}"
                for one, other in zip(link.columns, link.references, strict=True)
            )
            there = f"(SELECT {ddl.names(link.references)} FROM {target.view} WHERE {condition(link.there)})"
            asked = f"(SELECT * FROM {_MODEL} AS t WHERE {own} AND {where})"
            yield self._query(link.name, f"SELECT * FROM {asked} AS t ANTI JOIN {there} AS o ON {equal}")

    def _rule(self, rule: Rule) -> Iterator[str]:
        check, subject = parsed(rule.check), self._subject
        scan = Scan(subject, self._subjects, self._alone)
        why = subject.lacks((*rule.by, *rule.order)) or subject.missing(check, self._subjects)
        if why is not None:
            self._left_out.append(f"{subject.name}: {rule.name}: {why}")
        elif rule.order:
            source, broken, _ = sequence_query(subject, scan, [rule], exact=True)
            yield self._query(rule.name, f"SELECT * FROM {source} WHERE {broken[0]}")
        elif rule.by:
            found = group_query(scan, rule)
            if found is not None:
                yield self._query(rule.name, f"SELECT * FROM {found[0]} WHERE {found[1]}")
        else:
            broken_rows = f"NOT {sql(check, scan.column)}"
            yield self._query(rule.name, f"SELECT t.* FROM {scan.source()} WHERE {broken_rows}")

    def _query(self, rule: str, query: str) -> str:
        """Return a test of a query that must find no row; what dbt would take for a template is kept from it."""
        self._count += 1
        words = re.sub(r"\W+", "_", rule.lower(), flags=re.ASCII).strip("_")[:60]
        table = re.sub(r"\W+", "_", self._table.name, flags=re.ASCII)
        name = f"rowmill_{table}_{self._count}_{words}"
        test = {
            "rowmill_finds_none": {"name": name, "description": _escaped(rule), "arguments": {"query": _escaped(query)}}
        }
        return f"          - {_json(test)}"


def _json(value: Any) -> str:
    """Return plain data as JSON, which is YAML of every version: in that of dbt, a plain NO is false."""
    return json.dumps(value, ensure_ascii=False)


def _escaped(query: str) -> str:
    """Return a query in which only the names of sources are templates."""
    parts = re.split(r"(\{\{ source\('rowmill', '[^'{}]*'\) \}\})", query)
    return "".join(part if n % 2 else re.sub(r"\{(?=[{%#])", "{{ '{' }}", part) for n, part in enumerate(parts))
