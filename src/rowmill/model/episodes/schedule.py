"""The schedule: planned rows of a block and cycle with window, moment and identity, in order.

No window holds more planned rows than rows: what is too much moves on by whole windows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from rowmill.draw.arrays import Ints
from rowmill.model.episodes.drafts import FREE, OWED, Lot
from rowmill.model.episodes.scene import Cycle

CYCLE_BITS, CODE_BITS, EPISODE_BITS, PLACE_BITS = 10, 5, 19, 5
"""Bits of an identity, from the highest: a one, the block, the cycle, the scenario's code, whether the row is honest,
its episode, its place."""
FIRST_FREE = 1 << (EPISODE_BITS - 1)
"""Number of the first free episode among the honest ones of a scenario."""
_HONEST_AT = EPISODE_BITS + PLACE_BITS
_CODE_AT = _HONEST_AT + 1
_CYCLE_AT = _CODE_AT + CODE_BITS
_BLOCK_AT = _CYCLE_AT + CYCLE_BITS


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Planned rows by (window, entity, moment), and the entities that fall silent."""

    window: Ints
    moment: Ints
    """Microseconds from the start of the window."""
    identity: Ints
    code: Ints
    """Code of the scenario."""
    entity: Ints
    role: Ints
    values: Mapping[str, NDArray[Any]]
    """What the domain says of each row, by name."""
    stop_window: Ints
    stop_moment: Ints
    stop_entity: Ints

    def __len__(self) -> int:
        return len(self.window)

    def within(self, window: int) -> Scheduled:
        """Return the rows of one window, with all stops."""
        start, stop = np.searchsorted(self.window, [window, window + 1])
        return _taken(self, slice(start, stop))


_ROW_ARRAYS = tuple(f.name for f in fields(Scheduled) if f.name != "values" and not f.name.startswith("stop_"))


def _taken(rows: Scheduled, at: slice | Ints) -> Scheduled:
    arrays = {name: getattr(rows, name)[at] for name in _ROW_ARRAYS}
    return replace(rows, **arrays, values={name: values[at] for name, values in rows.values.items()})


def scheduled(cycle: Cycle, lots: Sequence[Lot], id_bits: int, values: Mapping[str, DTypeLike]) -> Scheduled:
    """Return what scenarios planned as rows of windows.

    Args:
        cycle: block, windows and rows.
        lots: what was planned.
        id_bits: bits of an identity, of which the highest is set: 40 and those of a block, and one more.
        values: type of each array of ``Draft.values``.
    """
    drafts = [lot.draft for lot in lots]
    time = np.clip(_joined([draft.time for draft in drafts]), 0, cycle.length - 1)
    stop = np.clip(_joined([draft.stop_time for draft in drafts]), 0, cycle.length - 1)
    moment = time % cycle.span
    rows = Scheduled(
        window=fitted(cycle, time // cycle.span, moment),
        moment=moment,
        identity=_joined([_identity(cycle, lot, id_bits) for lot in lots]),
        code=_joined([np.full(len(lot.draft.time), lot.code) for lot in lots]),
        entity=_joined([draft.entity for draft in drafts]),
        role=_joined([draft.role for draft in drafts]),
        values={name: _joined([draft.values[name] for draft in drafts], kind) for name, kind in values.items()},
        stop_window=cycle.windows.start + stop // cycle.span,
        stop_moment=stop % cycle.span,
        stop_entity=_joined([draft.stop_entity for draft in drafts]),
    )
    return _taken(rows, np.lexsort((rows.identity, rows.moment, rows.entity, rows.window)))


def _joined(parts: Sequence[NDArray[Any]], kind: DTypeLike = np.int64) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, kind), *parts], dtype=kind, casting="unsafe")


def _identity(cycle: Cycle, lot: Lot, id_bits: int) -> Ints:
    draft = lot.draft
    head = (1 << (id_bits - 1)) | (cycle.block << _BLOCK_AT) | (cycle.number << _CYCLE_AT) | (lot.code << _CODE_AT)
    honest = np.where(draft.role == OWED, 0, 1)
    episode = np.where(draft.role == FREE, draft.episode + FIRST_FREE, draft.episode)
    return head | (honest << _HONEST_AT) | (episode << PLACE_BITS) | draft.place


def fitted(cycle: Cycle, place: Ints, moment: Ints) -> Ints:
    """Move rows on, then back, by whole windows until none holds more than its rows; only tiny data needs it.

    Args:
        cycle: its windows and how many rows each has; at least as many together as are to be placed.
        place: window of each row, counted from the cycle's first.
        moment: when in it, microseconds: of one window, the latest rows move on.

    Returns:
        The window of each row.
    """
    rows = cycle.rows
    asked = np.bincount(place, minlength=len(rows))
    if (asked <= rows).all():
        return place + cycle.windows.start
    order = np.lexsort((moment, place))
    held = np.zeros(len(rows), np.int64)
    waiting = 0
    for w, n in enumerate(asked):
        waiting += int(n)
        held[w] = min(waiting, int(rows[w]))
        waiting -= int(held[w])
    for w in range(len(rows) - 1, -1, -1):
        back = min(waiting, int(rows[w] - held[w]))
        held[w] += back
        waiting -= back
    fitting = np.empty_like(place)
    fitting[order] = np.repeat(np.arange(len(rows)), held)
    return fitting + cycle.windows.start
