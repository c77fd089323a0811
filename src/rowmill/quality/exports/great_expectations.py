"""Rules as suites of Great Expectations, for data frames of pandas with types of Arrow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rowmill.quality.exports.export import Export, Exported, NoWordsError, types_of
from rowmill.quality.exports.pandas_text import where_false
from rowmill.quality.rules.book import ColumnRule
from rowmill.quality.rules.parsing import parsed


def great_expectations(tables: Mapping[str, Exported]) -> Export:
    """Return a suite for each table, as JSON that ``ExpectationSuite(**suite)`` takes."""
    files, left_out = dict[str, str](), list[str]()
    for table in tables.values():
        suite = {"name": f"rowmill.{table.name}", "expectations": list(_expectations(table, left_out))}
        files[f"{table.name}.json"] = json.dumps(suite, indent=2, ensure_ascii=False) + "\n"
    return Export(files, tuple(left_out))


def _said(kind: str, rule: str, **kwargs: Any) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "meta": {"rule": rule}}


def _expectations(table: Exported, left_out: list[str]) -> Iterator[dict[str, Any]]:
    rules = table.rules
    left_out.append(f"{table.name}: types of columns: it compares no types of Arrow")
    left_out += [f"{table.name}: {link.name}: a suite is of one table" for link in rules.foreign_keys]
    if not rules.others:
        yield _said("expect_table_columns_to_match_set", "columns", column_set=list(rules.columns), exact_match=True)
    for name, rule in rules.columns.items():
        yield from _column(name, rule)
    for key in rules.keys:
        what = f"({', '.join(key)})"
        if len(key) == 1 and not rules.columns.get(key[0], ColumnRule()).nullable:
            yield _said("expect_column_values_to_be_unique", what, column=key[0])
        elif any(rules.columns.get(name, ColumnRule()).nullable for name in key):
            left_out.append(f"{table.name}: {what}: two missing values do not count as equal there")
        else:
            yield _said("expect_compound_columns_to_be_unique", what, column_list=list(key))
    types = types_of(table)
    for said in rules.rules:
        if said.by:
            left_out.append(f"{table.name}: {said.name}: a suite looks at rows one by one")
            continue
        try:
            condition = where_false(parsed(said.check), types)
        except NoWordsError as error:
            left_out.append(f"{table.name}: {said.name}: {error}")
            continue
        # No row may be in the condition: the values of those that are would have to be missing.
        asked = {"column": table.never_missing, "row_condition": condition, "condition_parser": "pandas"}
        yield _said("expect_column_values_to_be_null", said.name, **asked)


def _column(name: str, rule: ColumnRule) -> Iterator[dict[str, Any]]:
    yield _said("expect_column_to_exist", name, column=name)
    if not rule.nullable:
        yield _said("expect_column_values_to_not_be_null", name, column=name)
    bounds = {"min_value": rule.minimum, "max_value": rule.maximum}
    if any(bound is not None for bound in bounds.values()):
        yield _said("expect_column_values_to_be_between", name, column=name, **bounds)
    if rule.values is not None:
        yield _said("expect_column_values_to_be_in_set", name, column=name, value_set=list(rule.values))
    if rule.pattern is not None:
        yield _said("expect_column_values_to_match_regex", name, column=name, regex=rf"^(?:{rule.pattern})\Z")
    if rule.length is not None:
        yield _said("expect_column_value_lengths_to_be_between", name, column=name, max_value=rule.length)
