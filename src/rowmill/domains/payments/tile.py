"""What is known of one block in one window: the day of its cards, its rows in time order, its rows card by card."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rowmill.domains.payments.calendar import Hours
from rowmill.domains.payments.schedule import ScheduledRows
from rowmill.draw.arrays import Flags, Ints, spans


@dataclass(frozen=True, slots=True)
class Day:
    """What holds for the active cards of a block in one window."""

    window: int
    hours: Hours
    city: Ints
    """Where each card is."""
    zone: Ints
    arrives: Flags
    """Whether the card's holder changes place on this day: the day's payments then fall in its last quarter."""
    stops: Ints
    """Microsecond of the day at which the card leaves its owner's hands; the day's length where it does not."""
    counts: Ints
    """Ordinary rows of each card."""
    standing: Ints
    """Numbers of the standing payments due, by card."""
    standing_card: Ints
    """Card of each, in order."""
    standing_place: Ints
    """Place of each among the ordinary rows of its card."""
    planned: ScheduledRows
    """Scheduled rows of the window, by card and time."""


@dataclass(frozen=True, slots=True)
class TileRows:
    """The rows of one tile in time order."""

    day: Day
    id: Ints
    previous: Ints
    """Id of the card's transaction before; −1 where there is none."""
    moment: Ints
    """Microseconds from the start of the window."""
    card: Ints
    """Active card of each row."""
    planned_at: Ints
    """Positions of scheduled rows, in the order of ``day.planned``."""
    standing_at: Ints
    """Positions of standing payments, in the order of ``day.standing``."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Where the rows of each card lie when a tile's rows are grouped by card, each group in time order."""

    start: Ints
    """First row of each card."""
    size: Ints
    """Rows of each card, scheduled ones among them."""
    shifted: Ints
    """All rows of the cards that have scheduled ones."""
    shift: Ints
    """How many scheduled rows of its card lie before each of those."""
    standing: Ints
    """Row of each standing payment due: a card's first ordinary rows of the day."""

    @classmethod
    def of(cls, day: Day, planned: Ints) -> Groups:
        """Group the rows of a day, of which the scheduled ones lie at ``planned``."""
        scheduled = np.bincount(day.planned.card, minlength=len(day.counts))
        size = day.counts + scheduled
        start = np.cumsum(size)
        start -= size
        mixed = scheduled > 0
        cards = np.flatnonzero(mixed)
        shifted = spans(start[cards], size[cards])
        is_planned = np.zeros(len(shifted), np.bool_)
        is_planned[np.searchsorted(shifted, planned)] = True
        before: Ints = np.cumsum(is_planned) - is_planned
        shift: Ints = before - np.repeat(before[np.cumsum(size[cards]) - size[cards]], size[cards])
        standing = start[day.standing_card] + day.standing_place
        moved = np.flatnonzero(mixed[day.standing_card])
        free = shifted[~is_planned]
        standing[moved] = free[np.searchsorted(free - shift[~is_planned], standing[moved])]
        return cls(start, size, shifted, shift, standing)
