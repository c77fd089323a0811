"""Printing a configuration: as YAML with every key's meaning beside it, and as a JSON Schema."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import create_model
from pydantic.fields import FieldInfo

from rowmill.api.keys import plain_defaults
from rowmill.model.spec import Section, Spec
from rowmill.model.text import inline_yaml
from rowmill.run.settings import RunSettings

WIDTH = 120
NEEDED = "Must be given: it has no default."
GROUPED = "^[-+]?[0-9]+(_[0-9]+)*$"


def config_yaml(domain: str, spec_type: type[Spec], values: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a configuration file: both sections, each key under a comment that says what it means.

    Args:
        domain: name of the domain, for the headline.
        spec_type: model of the ``data`` section.
        values: plain data of both sections, with every key; None where one must be given and is not.
    """
    lines = [
        f"# Configuration of `rowmill generate {domain} --config FILE`.",
        "# Flags, and variables such as ROWMILL_DATA__SEED=7, go over it. A key that is left out has its default.",
        "",
        "# What the data is. Every value here is part of its fingerprint.",
        "data:",
        *_section(spec_type, values["data"], 1),
        "",
        "# How and where it is made. Nothing here changes a value.",
        "run:",
        *_section(RunSettings, values["run"], 1),
    ]
    return "\n".join(lines) + "\n"


def config_json_schema(spec_type: type[Spec]) -> str:
    """Return the JSON Schema of a configuration file: what editors complete and check it with."""
    needed = any(field.is_required() for field in spec_type.model_fields.values())
    data = (spec_type, ... if needed else spec_type())
    model = create_model("Configuration", __base__=Section, data=data, run=(RunSettings, RunSettings()))
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **_grouped(model.model_json_schema())}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _grouped(schema: Any) -> Any:
    """Return a JSON Schema that takes whole numbers in groups too: in YAML 1.2, as editors read it, 20_000 is text."""
    if isinstance(schema, list):
        return [_grouped(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _grouped(value) for key, value in schema.items()}
    return inner | {"type": ["integer", "string"], "pattern": GROUPED} if inner.get("type") == "integer" else inner


def _section(section: type[Section], values: Mapping[str, Any], depth: int) -> list[str]:
    lines: list[str] = []
    for name, field in section.model_fields.items():
        needed = f" {NEEDED}" if field.is_required() else ""
        lines += _comment((field.description or "") + needed, depth)
        lines += _entry(name, field, values.get(name), depth)
    return lines


def _entry(name: str, field: FieldInfo, value: Any, depth: int) -> list[str]:
    indent = "  " * depth
    kind = field.annotation
    if isinstance(kind, type) and issubclass(kind, Section):
        return [f"{indent}{name}:", *_section(kind, plain_defaults(kind) if value is None else value, depth + 1)]
    members = _members(get_args(kind)[1], depth) if get_origin(kind) is dict and value else []
    return [*members, *_plain(f"{indent}{name}:", value, depth)]


def _plain(head: str, value: Any, depth: int) -> list[str]:
    """Return a value behind its key: on one line where it fits, else one line for each member."""
    line = f"{head} {inline_yaml(value)}"
    if len(line) <= WIDTH or not isinstance(value, dict | list):
        return [line]
    indent = "  " * (depth + 1)
    if isinstance(value, dict):
        members = [_plain(f"{indent}{inline_yaml(key)}:", item, depth + 1) for key, item in value.items()]
    else:
        members = [[f"{indent}- {inline_yaml(item)}"] for item in value]
    return [head, *(line for lines in members for line in lines)]


def _members(kind: Any, depth: int) -> list[str]:
    """Return comments that say what the keys of a table's rows mean, where the rows are sections."""
    if not (isinstance(kind, type) and issubclass(kind, Section)):
        return []
    return [
        line for name, field in kind.model_fields.items() for line in _comment(f"- {name}: {field.description}", depth)
    ]


def _comment(text: str, depth: int) -> list[str]:
    indent = "  " * depth + "# "
    return textwrap.wrap(" ".join(text.split()), WIDTH, initial_indent=indent, subsequent_indent=indent)
