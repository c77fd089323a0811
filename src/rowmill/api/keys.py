"""Dotted keys of a section: what it declares at one, and what stands there by default."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from rowmill.model.spec import Section
from rowmill.model.text import parse_yaml


def plain_defaults(section: type[Section]) -> dict[str, Any]:
    """Return the declared defaults of a section as plain data, before any rule fills one from another."""
    return section.model_construct().model_dump(mode="json")


def leaves(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the dotted keys of a group of settings, each with its value as plain data."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from leaves(f"{key}.{name}", inner)
    else:
        yield key, _listed(value)


def _listed(value: Any) -> Any:
    """Return a value as JSON has it: lists for tuples, and sections in them as plain data."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [_listed(member) for member in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def set_keys(section: type[Section], values: Mapping[str, Any], name: str) -> dict[str, str]:
    """Return the dotted keys of plain data, or of sections, that differ from their defaults; all without a place."""
    defaults = dict(leaves(name, plain_defaults(section)))
    missing = object()
    return {key: "" for key, value in leaves(name, values) if value != defaults.get(key, missing)}


def annotation(kind: Any, path: list[str]) -> Any:
    """Return what a section declares at a path of keys, None where it declares nothing."""
    for step in path:
        if get_origin(kind) is dict:
            kind = get_args(kind)[1]
            continue
        section = inner_section(kind)
        if section is None or step not in section.model_fields:
            return None
        kind = section.model_fields[step].annotation
    return kind


def inner_section(kind: Any) -> type[BaseModel] | None:
    """Return the section that an annotation is of, or may be of beside None."""
    choices = () if get_origin(kind) is dict else get_args(kind) or (kind,)
    return next((c for c in choices if isinstance(c, type) and issubclass(c, BaseModel)), None)


def as_typed(section: type[Section], key: str, value: Any) -> Any:
    """Return a value of a key, or what a text for it stands for where somebody types one: ``2e3`` is a number.

    Raises:
        UsageError: if the text cannot be read.
    """
    kind = annotation(section, [key])
    typed = isinstance(value, str) and value.strip()
    return parse_yaml(value, key) if typed and kind is not None and not is_text(kind) else value


def is_text(kind: Any) -> bool:
    """Return whether an annotation is of text alone, which is never read as anything else."""
    return get_origin(kind) is not dict and set(get_args(kind) or (kind,)) - {type(None)} == {str}
