"""What a user's scenario promises of its rows beside their counts: checked before they become payments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from rowmill.core.errors import SpecError
from rowmill.domains.payments.scenarios.draft import OWN_NETWORK, VISIT, Draft
from rowmill.domains.payments.scenarios.scene import Scenario, Scene

_LARGEST = (1 << 62) - 1
_STOPS = ("stop_card", "stop_time")
_FLAGS = ("online", "exact", "magstripe")


@dataclass(frozen=True, slots=True)
class _Bound:
    """What the values of an array may be, and the rule in words."""

    array: str
    low: int
    high: int
    rule: str


def refuse_broken(scenario: Scenario, scene: Scene, draft: Draft) -> None:
    """Refuse a draft whose rows could not be payments of the cycle.

    Raises:
        SpecError: naming the scenario, the array, the value and the rule.
    """
    _refuse_shapes(scenario, draft)
    for bound in _bounds(scene):
        values = getattr(draft, bound.array)
        outside = (values < bound.low) | (values > bound.high)
        if outside.any():
            value = int(values[np.argmax(outside)])
            raise SpecError(f"scenario {scenario.name}: planned {bound.array} {value}; {bound.rule}: mend its plan")


def _refuse_shapes(scenario: Scenario, draft: Draft) -> None:
    for field in fields(Draft):
        values = getattr(draft, field.name)
        rows = len(draft.stop_card) if field.name in _STOPS else len(draft.card)
        kinds, what = ("b", "booleans") if field.name in _FLAGS else ("iu", "whole numbers")
        if not isinstance(values, np.ndarray) or values.dtype.kind not in kinds or values.shape != (rows,):
            shown = f"{values.dtype}{list(values.shape)}" if isinstance(values, np.ndarray) else type(values).__name__
            raise SpecError(
                f"scenario {scenario.name}: planned {field.name} as {shown}; it must be {rows} {what}: mend its plan"
            )


def _bounds(scene: Scene) -> Iterator[_Bound]:
    cards, kinds, merchants = len(scene.people.active), len(scene.world.kinds), len(scene.world.merchants)
    instants = f"a time lies inside the cycle, 0 … {scene.length - 1} microseconds"
    largest = _LARGEST // int(scene.world.money.factor.max())
    yield _Bound("role", 0, VISIT, "a role is FRAUD, LOOK_ALIKE or VISIT")
    yield _Bound("time", 0, scene.length - 1, instants)
    yield _Bound("stop_time", 0, scene.length - 1, instants)
    yield _Bound("ticket", 1, largest, f"a ticket lies in 1 … {largest} hundredths of a US cent")
    for name in ("card", "stop_card"):
        yield _Bound(name, 0, cards - 1, f"active cards are numbered 0 … {cards - 1}")
    yield _Bound("kind", 0, kinds - 1, f"kinds are numbered 0 … {kinds - 1}")
    yield _Bound("merchant", 0, merchants - 1, f"merchants are numbered 0 … {merchants - 1}")
    yield _Bound("network", OWN_NETWORK, _LARGEST, f"a network is {OWN_NETWORK} or a place in the pool")
    for name in ("episode", "place"):
        yield _Bound(name, 0, _LARGEST, "it counts from 0")
