"""Named groups of settings, laid below what is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from rowmill.core.errors import UsageError
from rowmill.model.dataset import Domain, Presets
from rowmill.model.spec import nearest


def preset(domain: Domain, name: str) -> Mapping[str, object]:
    """Return the group of a name.

    Raises:
        UsageError: if the domain has none of this name.
    """
    known = domain.presets if isinstance(domain, Presets) else {}
    if name not in known:
        hint = nearest(name, known) if known else f"{domain.name} has none, leave it out"
        raise UsageError(f"preset {name!r}: unknown; {hint}")
    return known[name]


def over_presets(domain: Domain, names: Iterable[str], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields laid over groups of settings, the last group on top, section by section.

    Raises:
        UsageError: if the domain has no group of a name.
    """
    laid: dict[str, Any] = {}
    for name in names:
        laid = _over(laid, preset(domain, name))
    return _over(laid, fields)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    laid = dict(below)
    for key, value in above.items():
        plain = value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value
        both = isinstance(plain, Mapping) and isinstance(laid.get(key), Mapping)
        laid[key] = _over(laid[key], plain) if both else value
    return laid
