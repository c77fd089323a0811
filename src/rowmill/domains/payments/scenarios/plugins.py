"""A user's own scenarios: found by name or by the module that holds them, in every process that makes rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from rowmill.core.errors import SpecError
from rowmill.domains.payments.scenarios import SCENARIOS
from rowmill.domains.payments.scenarios.scene import USER_CODES, Scenario
from rowmill.model.episodes import LANES
from rowmill.model.spec import nearest

GROUP = "rowmill.payments.scenarios"
"""Entry points of installed packages: the name of the scenario = module:ATTRIBUTE."""
VISIT_KIND = "compromise_visit"
"""What labels call a visit at a point of compromise; no look-alike bears that name."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def registered(plugins: Sequence[str], wanted: Iterable[str]) -> dict[str, Scenario]:
    """Return scenarios by name: those of the package, the plug-ins, and installed ones that are wanted.

    Args:
        plugins: where scenarios lie, each as ``module:ATTRIBUTE``.
        wanted: names that are used; one that is not known yet is looked for among installed packages.

    Raises:
        SpecError: if a name is unknown, a plug-in cannot be loaded, or it clashes with another scenario.
    """
    known = dict(SCENARIOS)
    for text in plugins:
        _add(known, _loaded(text), f"data.fraud.plugins: {text}")
    for name in wanted:
        if name not in known:
            _add(known, _installed(name, known), f"data.fraud.scenarios: {name}")
    return known


def without_share(plugins: Sequence[str], shares: Mapping[str, float]) -> list[str]:
    """Return the names of plug-ins that get none of the frauds."""
    return [name for name in (_loaded(text).name for text in plugins) if not shares.get(name)]


def _loaded(text: str) -> Any:
    module, colon, attribute = text.partition(":")
    if not (colon and attribute.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise SpecError(f"data.fraud.plugins: got {text!r}; write module:ATTRIBUTE, such as my_fraud:GIFT_CARDS")
    try:
        found = import_module(module)
    except Exception as error:
        raise SpecError(
            f"data.fraud.plugins: {text} cannot be imported ({type(error).__name__}: {error}); install its package, "
            "or put its folder on PYTHONPATH"
        ) from None
    if not hasattr(found, attribute):
        raise SpecError(f"data.fraud.plugins: {module} has no {attribute}; {nearest(attribute, _scenarios_in(found))}")
    return getattr(found, attribute)


def _scenarios_in(module: Any) -> Iterator[str]:
    return (name for name, value in vars(module).items() if isinstance(value, Scenario))


def _installed(name: str, known: dict[str, Scenario]) -> Any:
    from importlib.metadata import entry_points

    points = {point.name: point for point in entry_points(group=GROUP)}
    if name not in points:
        raise SpecError(
            f"data.fraud.scenarios: got {name!r}; {nearest(name, [*known, *points])}; data.fraud.plugins names a "
            "scenario of your own"
        )
    try:
        found = points[name].load()
    except Exception as error:
        raise SpecError(
            f"data.fraud.scenarios: {name} ({points[name].value}) cannot be imported ({type(error).__name__}: {error})"
        ) from None
    if isinstance(found, Scenario) and found.name != name:
        raise SpecError(f"data.fraud.scenarios: {points[name].value} is called {found.name!r}, not {name!r}; use one")
    return found


def _add(known: dict[str, Scenario], found: Any, where: str) -> None:
    """Add a scenario to the known ones, or say why it cannot stand beside them."""
    if not isinstance(found, Scenario):
        raise SpecError(f"{where} is a {type(found).__name__}; it must be a Scenario")
    if not (_NAME.fullmatch(found.name) and _NAME.fullmatch(found.look_alike)):
        raise SpecError(f"{where}: got name {found.name!r}, look_alike {found.look_alike!r}; use a-z, 0-9, _")
    if found.code not in USER_CODES:
        raise SpecError(f"{where}: got code {found.code}; yours are {USER_CODES.start} … {USER_CODES.stop - 1}")
    lanes = found.lanes
    if not (len(lanes) and lanes.step == 1 and lanes.start >= 0 and lanes.stop <= LANES):
        raise SpecError(f"{where}: got lanes {lanes}; they are consecutive, within 0 … {LANES - 1}, at least one")
    for other in known.values():
        if other.name == found.name or other.code == found.code:
            same = f"name {found.name!r}" if other.name == found.name else f"code {found.code}"
            raise SpecError(f"{where}: {same} is taken by scenario {other.name}; choose another")
    if found.look_alike in {VISIT_KIND, *(other.look_alike for other in known.values())}:
        raise SpecError(f"{where}: look_alike {found.look_alike!r} is taken; choose another")
    known[found.name] = found
