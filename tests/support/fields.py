"""Every field of a section, those of nested sections, tables and lists too: for tests that turn each setting once."""

from __future__ import annotations

import copy
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from rowmill.model.spec import Section

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Leaf:
    """One place of a section's plain data that can be given another value."""

    path: Path
    """Keys and positions that lead to it."""
    kind: Any
    """What may stand there, without None and annotations."""
    rules: tuple[Any, ...]
    """Declared bounds, as pydantic keeps them: ge, gt, le, lt, min_length, pattern."""
    value: Any
    """What stands there, as plain data."""
    optional: bool
    """Whether None may stand there."""

    @property
    def key(self) -> str:
        """Return the dotted name that messages and ``--set`` use."""
        return ".".join(map(str, self.path))

    @property
    def scalar(self) -> bool:
        """Return whether it holds one value rather than a section, a table or a list."""
        return get_origin(self.kind) not in (dict, tuple) and not _is_section(self.kind)

    def bound(self, *names: str) -> Any:
        """Return the first declared bound of some names, such as ge; None where there is none."""
        found = (getattr(rule, name, None) for rule in self.rules for name in names)
        return next((value for value in found if value is not None), None)


def leaves(section: type[Section], values: Mapping[str, Any]) -> Iterator[Leaf]:
    """Yield every field below a section; of a table or an open list, the first entry stands for all.

    Args:
        section: the model.
        values: plain data of it with every key; what an unset section or an empty table holds is not walked.
    """
    for name, info in section.model_fields.items():
        yield from _walk((name,), info.annotation, tuple(info.metadata), values.get(name))


def replaced(values: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """Return a copy of plain data with another value at a path."""
    copied: Any = copy.deepcopy(dict(values))
    at = copied
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return copied


def _walk(path: Path, kind: Any, rules: tuple[Any, ...], value: Any) -> Iterator[Leaf]:
    kind, rules, optional = _bare(kind, rules)
    yield Leaf(path, kind, rules, value, optional)
    if value is None:
        return
    if _is_section(kind):
        for name, info in kind.model_fields.items():
            yield from _walk((*path, name), info.annotation, tuple(info.metadata), value.get(name))
    elif get_origin(kind) is dict and value:
        key = next(iter(value))
        yield from _walk((*path, key), get_args(kind)[1], (), value[key])
    elif get_origin(kind) is tuple and value:
        kinds = get_args(kind)
        for place, inner in enumerate(kinds[:1] if kinds[1:] == (...,) else kinds):
            yield from _walk((*path, place), inner, (), value[place])


def _bare(kind: Any, rules: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...], bool]:
    """Return a kind without None and annotations, with the rules of these, and whether None may be."""
    optional = False
    while True:
        if get_origin(kind) is Annotated:
            kind, *more = get_args(kind)
            rules = (*rules, *(rule for found in more for rule in getattr(found, "metadata", [found])))
        elif get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind):
            kind = next(choice for choice in get_args(kind) if choice is not type(None))
            optional = True
        else:
            return kind, rules, optional


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)
