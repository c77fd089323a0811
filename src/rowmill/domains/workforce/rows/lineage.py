"""What the columns of the tables are made from: read off their functions as they make the rows of a small company."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from functools import cached_property
from types import FunctionType, MemberDescriptorType, MethodType
from typing import Any

from rowmill.domains.workforce.parameters.integers import Parameters
from rowmill.domains.workforce.random.rng import Drawer
from rowmill.domains.workforce.rows.events import Events
from rowmill.domains.workforce.rows.snapshots import Snapshots
from rowmill.domains.workforce.rows.texts import Names, Texts
from rowmill.domains.workforce.simulation import Staff
from rowmill.domains.workforce.year.career import Career, career
from rowmill.domains.workforce.year.contributions import Contributions, contributions
from rowmill.domains.workforce.year.dates import YearDays
from rowmill.domains.workforce.year.leaving import Leaving, leaving
from rowmill.domains.workforce.year.people import People
from rowmill.domains.workforce.year.saving import Saving, saving
from rowmill.domains.workforce.year.year import YearRows

Lineage = dict[str, tuple[str, ...]]

STEPS: dict[str, Callable[..., object]] = {
    "left": leaving,
    "career": career,
    "saving": saving,
    "paid": contributions,
}
"""What happens in a year, by the name that it has in the rows of the year."""
_MADE: dict[object, str] = {
    Parameters: "parameters",
    YearDays: "days",
    Drawer: "draws",
    People: "before",
    Leaving: "left",
    Career: "career",
    Saving: "saving",
    Contributions: "paid",
}
_SHOWN = {"p": "parameters", "year": "", "_places": "kind", "_kinds": "kind", "_order": "index"}
"""Attributes that go by another name; others that begin with _ are told by what is read beside them."""
_OPEN = (Events, Snapshots, Staff)
"""Classes beside dataclasses whose attributes count one by one."""


class _Watched:
    """An object that notes which of its attributes are read; methods and properties are followed, not noted."""

    def __init__(self, value: object, name: str, seen: dict[str, None]) -> None:
        self._watched = value, name, seen

    def __getattr__(self, attribute: str) -> Any:
        value, name, seen = self._watched
        found = inspect.getattr_static(type(value), attribute, None)
        if isinstance(found, FunctionType):
            return MethodType(found, self)
        if isinstance(found, property) and found.fget is not None:
            return found.fget(self)
        if isinstance(found, cached_property):
            return found.func(self)
        assert found is None or isinstance(found, MemberDescriptorType) or not callable(found)
        part = attribute if name else _SHOWN.get(attribute, attribute)
        path = ".".join(filter(None, (name, part)))
        below = getattr(value, attribute)
        if isinstance(below, _OPEN) or (is_dataclass(below) and not isinstance(below, type)):
            return _Watched(below, path, seen)
        if not part.startswith("_"):
            seen[path] = None
        return below

    def __len__(self) -> int:
        return len(self._watched[0])  # type: ignore[arg-type]


def order_of(p: Parameters, texts: Texts, names: Names, rows: YearRows) -> Lineage:
    """Return what the events' order is made from: whose row, when and what happened, and the id."""
    seen: dict[str, None] = {}
    watched: Any = (_Watched(p, "parameters", seen), _Watched(rows, "", seen))
    Events(watched[0], texts, names, watched[1])
    return dict.fromkeys(("row", "index", "kind", "event_id"), tuple(seen))


def columns_from(
    source: object, functions: Mapping[str, Callable[[Any], object]], labels: Iterable[str] = ("texts",)
) -> Lineage:
    """Return what each function reads of an object, as paths of attributes; labels of categories left out.

    Args:
        source: what the functions make columns of.
        functions: by the names of columns.
        labels: attributes that hold no values but what they are called.
    """
    out = {}
    for name, function in functions.items():
        seen: dict[str, None] = {}
        function(_Watched(source, "", seen))
        out[name] = tuple(path for path in seen if path.split(".")[0] not in labels)
    return out


def steps() -> Lineage:
    """Return what the steps of a year are made from, by the types and names of their functions' parameters."""
    out = {}
    for name, function in STEPS.items():
        hints = typing.get_type_hints(function)
        del hints["return"]
        needs: dict[str, None] = {}
        for parameter, hint in hints.items():
            known = [_MADE[part] for part in (hint, *typing.get_args(hint)) if part in _MADE]
            needs |= dict.fromkeys(known or [parameter])
        out[name] = tuple(needs)
    return out
