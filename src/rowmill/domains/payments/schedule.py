"""The schedule: rows that scenarios plan for one block and cycle, with their times, before any ordinary row exists.

Frauds are exact: the block's owed count of the cycle, shared over scenarios by the quota rule. Honest look-alikes and
visits at a point of compromise come on top and never take more than a quarter of the cycle's honest rows. No window
holds more scheduled rows than rows: what is too much moves on by whole days.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.core.errors import SpecError
from rowmill.core.units import MICROS_PER_DAY
from rowmill.domains.payments.people import People, Trips
from rowmill.domains.payments.scenarios.draft import FRAUD, LOOK_ALIKE, VISIT, Draft
from rowmill.domains.payments.scenarios.promises import refuse_broken
from rowmill.domains.payments.scenarios.scene import USER_CODES, Scenario, Scene
from rowmill.domains.payments.volume import CYCLE_DAYS
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.choose import integer_weights
from rowmill.draw.quota import shares

EPISODE_BITS, PLACE_BITS = 19, 5
_SCENARIO_BITS = 6
_VISITS = 1 << (EPISODE_BITS - 1)
"""Number of the first visit among the honest episodes of a scenario."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Scheduled rows of one block and cycle, by (window, card, moment), and cards that leave their owners' hands."""

    window: Ints
    moment: Ints
    """Microseconds from the start of the window."""
    identity: Ints
    """Identity of the row: an id's highest bit, block, cycle, scenario, whether honest, episode, place."""
    scenario: Ints
    """Code of the scenario."""
    card: Ints
    role: Ints
    campaign: Ints
    kind: Ints
    online: Flags
    merchant: Ints
    ticket: Ints
    exact: Flags
    device: Ints
    network: Ints
    magstripe: Flags
    stop_window: Ints
    stop_moment: Ints
    stop_card: Ints

    def __len__(self) -> int:
        return len(self.window)


_ROW_FIELDS = tuple(f.name for f in fields(Schedule) if not f.name.startswith("stop_"))


def planned_in(whole: Schedule, window: int) -> Schedule:
    """Return the rows of one window, with all stops."""
    start, stop = np.searchsorted(whole.window, [window, window + 1])
    rows = {name: getattr(whole, name)[start:stop] for name in _ROW_FIELDS}
    return Schedule(**rows, stop_window=whole.stop_window, stop_moment=whole.stop_moment, stop_card=whole.stop_card)


def schedule(people: People, trips: Trips, cycle: int) -> Schedule:
    """Plan a cycle of a block: the same rows whatever is asked of them."""
    world, volume = people.world, people.world.volume
    windows = volume.cycle(cycle)
    rows = np.array([volume.rows(w, people.block) for w in windows], np.int64)
    frauds = sum(volume.frauds(w, people.block) for w in windows)
    room = (int(rows.sum()) - frauds) // 4
    weight_of = world.spec.fraud.scenarios
    scenarios = [world.scenarios[name] for name in sorted(weight_of) if weight_of[name] > 0]
    key = world.key.child("schedule", str(people.block), str(cycle))
    weights = integer_weights(np.array([weight_of[scenario.name] for scenario in scenarios]))
    owed = shares(frauds, weights, key.child("frauds"))
    honest = np.array([round(world.spec.fraud.hard_negatives * int(n)) for n in owed], np.int64)
    if int(honest.sum()) > room:
        honest = shares(room, honest, key.child("look-alikes"))
    free = room - int(honest.sum())
    drafts: list[tuple[Scenario, Draft]] = []
    for scenario, n, m in zip(scenarios, owed, honest, strict=True):
        if len(people.active) == 0 or n + m == 0:
            continue
        scene = Scene(people, trips, cycle, windows, rows, scenario)
        draft = scenario.plan(scene, int(n), int(m), free)
        if scenario.code in USER_CODES:
            refuse_broken(scenario, scene, draft)
        _check(scenario, draft, (int(n), int(m), free))
        free -= len(draft.card) - int(n + m)
        drafts.append((scenario, draft))
    return _assembled(people, cycle, windows, rows, drafts)


def _check(scenario: Scenario, draft: Draft, asked: tuple[int, int, int]) -> None:
    """Refuse a draft that would break exact counts or give two rows one identity."""
    made = np.bincount(draft.role, minlength=3)
    if len(made) > 3 or (int(made[FRAUD]), int(made[LOOK_ALIKE])) != asked[:2] or made[VISIT] > asked[2]:
        raise SpecError(
            f"scenario {scenario.name}: planned {made.tolist()} frauds, look-alikes and visits; asked for {asked[0]}, "
            f"{asked[1]} and at most {asked[2]}: mend its plan"
        )
    if (draft.episode >= np.where(draft.role == FRAUD, 1 << EPISODE_BITS, _VISITS)).any():
        raise SpecError(
            f"scenario {scenario.name}: {draft.episode.max() + 1:,} episodes of one block in {CYCLE_DAYS} days; "
            f"{1 << EPISODE_BITS:,} of fraud and {_VISITS:,} of others fit: ask for a lower fraud_rate "
            "or more customers"
        )
    if draft.place.max(initial=0) >= 1 << PLACE_BITS:
        raise SpecError(
            f"scenario {scenario.name}: an episode of {draft.place.max() + 1} rows; at most {1 << PLACE_BITS} fit: "
            "make shorter ones"
        )


def _assembled(
    people: People, cycle: int, windows: range, rows: Ints, drafts: list[tuple[Scenario, Draft]]
) -> Schedule:
    length = len(windows) * MICROS_PER_DAY
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name in _ROW_FIELDS}
    stops: list[tuple[Ints, Ints]] = []
    for scenario, draft in drafts:
        head = (
            (1 << (people.world.id_bits - 1))
            | (people.block << 40)
            | (cycle << 30)
            | (scenario.code << (30 - _SCENARIO_BITS + 1))
        )
        episode = np.where(draft.role == VISIT, draft.episode + _VISITS, draft.episode)
        tail = (np.where(draft.role == FRAUD, 0, 1) << (EPISODE_BITS + PLACE_BITS)) | (episode << PLACE_BITS)
        time = np.clip(draft.time, 0, length - 1)
        columns["identity"].append(head | tail | draft.place)
        columns["window"].append(windows.start + time // MICROS_PER_DAY)
        columns["moment"].append(time % MICROS_PER_DAY)
        columns["scenario"].append(np.full(len(time), scenario.code))
        for name in _ROW_FIELDS[4:]:
            columns[name].append(getattr(draft, name))
        stops.append((draft.stop_card, np.clip(draft.stop_time, 0, length - 1)))
    made: dict[str, Any] = {
        name: np.concatenate(parts) if parts else np.zeros(0, np.int64) for name, parts in columns.items()
    }
    made["window"] = _fit(made["window"], made["moment"], windows, rows)
    order = np.lexsort((made["identity"], made["moment"], made["card"], made["window"]))
    made = {name: values[order] for name, values in made.items()}
    for name in ("online", "exact", "magstripe"):
        made[name] = made[name].astype(np.bool_)
    card = np.concatenate([c for c, _ in stops]) if stops else np.zeros(0, np.int64)
    time = np.concatenate([t for _, t in stops]) if stops else np.zeros(0, np.int64)
    return Schedule(
        **made,
        stop_window=windows.start + time // MICROS_PER_DAY,
        stop_moment=time % MICROS_PER_DAY,
        stop_card=card,
    )


def _fit(window: Ints, moment: Ints, windows: range, rows: Ints) -> Ints:
    """Move rows on, then back, by whole days until no window holds more than its rows; only tiny data needs it."""
    day = window - windows.start
    asked = np.bincount(day, minlength=len(rows))
    if (asked <= rows).all():
        return day + windows.start
    order = np.lexsort((moment, day))
    held = np.zeros(len(rows), np.int64)
    waiting = 0
    for d, n in enumerate(asked):
        waiting += int(n)
        held[d] = min(waiting, int(rows[d]))
        waiting -= int(held[d])
    for d in range(len(rows) - 1, -1, -1):
        back = min(waiting, int(rows[d] - held[d]))
        held[d] += back
        waiting -= back
    fitted = np.empty_like(day)
    fitted[order] = np.repeat(np.arange(len(rows)), held)
    return fitted + windows.start
