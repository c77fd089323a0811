"""Books of rules as YAML: read strictly, and written so that reading gives the same book."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from rowmill.core.errors import UsageError
from rowmill.model.mistakes import in_lines, shown
from rowmill.model.rules import LinkRule, Rule
from rowmill.model.text import inline_yaml, parse_json, parse_yaml
from rowmill.quality.rules.book import ColumnRule, RuleBook, TableRules

_MOST_BYTES: Final = 8 << 20
_LISTS: Final = ("unique", "foreign_keys", "rules")
"""Keys of a table with an entry a line."""


def read_rules(path: str | Path) -> RuleBook:
    """Return the rules of a file: YAML, or JSON where its name ends so.

    Raises:
        UsageError: if it cannot be read, or says what is not known: naming the place, the value and the rule.
    """
    place = Path(path)
    try:
        with place.open("rb") as handle:
            data = handle.read(_MOST_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"{place}: {error.strerror}; give a file of rules, such as `rowmill rules init` writes"
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"{place}: is not UTF-8; save it as that") from None
    if len(data) > _MOST_BYTES:
        raise UsageError(f"{place}: has more than {_MOST_BYTES >> 20} MB; rules are fewer")
    return rules_of((parse_json if place.suffix == ".json" else parse_yaml)(text, str(place)), str(place))


def rules_of(data: Any, name: str) -> RuleBook:
    """Return the rules of plain data.

    Args:
        data: as ``plain_rules`` returns it.
        name: what to call it in messages.

    Raises:
        UsageError: naming the place, the value and the rule.
    """
    try:
        return _adapter().validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        raise UsageError(in_lines(_lines(name, error))) from None
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name}: cannot be read: {error}") from None


def _lines(name: str, error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False):
        where = ".".join(str(step) for step in problem["loc"]) or "the whole"
        if problem["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            yield f"{name}: {where}: unknown key; see `rowmill rules schema`"
        elif problem["type"] in ("missing", "missing_argument"):
            yield f"{name}: {where}: is needed"
        else:
            yield f"{name}: {where}: got {shown(problem['input'])}; {problem['msg']}"


@cache
def _adapter() -> TypeAdapter[RuleBook]:
    return TypeAdapter(RuleBook)


def json_schema() -> str:
    """Return the JSON Schema of a file of rules, as text."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules of data",
        **_adapter().json_schema(),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def plain_rules(value: Any) -> Any:
    """Return rules as plain data; what has its default is left out."""
    if isinstance(value, dict):
        return {key: plain_rules(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain_rules(item) for item in value]
    if not isinstance(value, RuleBook | TableRules | ColumnRule | Rule | LinkRule):
        return value
    return {f.name: plain_rules(item) for f in fields(value) if (item := getattr(value, f.name)) != _default(f)}


def _default(field: Any) -> Any:
    return {} if field.name == "columns" and field.type.startswith("dict") else field.default


def rules_yaml(book: RuleBook) -> str:
    """Return rules as YAML that ``read_rules`` reads back as they are."""
    lines = ["tables:"]
    for table, rules in book.tables.items():
        lines.append(f"  {inline_yaml(table)}:")
        plain = plain_rules(rules)
        for key, value in plain.items():
            if key == "columns":
                lines += [
                    "    columns:",
                    *(f"      {inline_yaml(name)}: {inline_yaml(said)}" for name, said in value.items()),
                ]
            elif key in _LISTS:
                lines += [f"    {key}:", *(f"      - {inline_yaml(each)}" for each in value)]
            else:
                lines.append(f"    {key}: {inline_yaml(value)}")
        if not plain:
            lines[-1] += " {}"
    return "\n".join(lines) + "\n"
