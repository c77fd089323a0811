"""Every field of a section, those of nested sections, tables and lists too: for tests that turn each setting once."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Iterator, Mapping
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
        return get_origin(self.kind) not in (dict, tuple) and not self.is_section

    @property
    def is_section(self) -> bool:
        """Return whether it is a section, which may be given in part; a table or a list is given as a whole."""
        return _is_section(self.kind)

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


def replaced(values: Any, path: Path, value: Any) -> Any:
    """Return a copy of plain data, a table or a list, with another value at a path."""
    copied = copy.deepcopy(values)
    at = copied
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return copied


def merged(section: type[Section], values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain data of a section with other data laid over it, key by key in the sections below it too."""
    out = dict(values)
    for key, value in over.items():
        kind = _bare(section.model_fields[key].annotation, ())[0] if key in section.model_fields else None
        if _is_section(kind) and isinstance(value, Mapping) and isinstance(out.get(key), Mapping):
            out[key] = merged(kind, out[key], value)
        else:
            out[key] = value
    return out


def setting(leaf: Leaf, found: Mapping[Path, Leaf]) -> Callable[[Any], dict[str, Any]]:
    """Return how to write a configuration that sets one leaf: a section in part, a table or a list as a whole.

    Args:
        leaf: what to set.
        found: all leaves by path.
    """
    steps = range(1, len(leaf.path) + 1)
    whole = next(n for n in steps if n == len(leaf.path) or not found[leaf.path[:n]].is_section)
    head, rest = leaf.path[:whole], leaf.path[whole:]

    def written(value: Any) -> dict[str, Any]:
        new = replaced(found[head].value, rest, value) if rest else value
        for step in reversed(head):
            new = {step: new}
        return dict(new)

    return written


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
