"""What a scenario of any domain works with: a block and cycle, the entities that act, and draws of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rowmill.core.keys import Key
from rowmill.core.units import MICROS_PER_DAY
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.choose import smallest
from rowmill.draw.words import Words, below, bits, words
from rowmill.model.episodes.drafts import Episodes

_LANE_BITS = 5
LANES = 1 << _LANE_BITS
"""Groups of entities: scenarios whose lanes do not overlap never share a victim."""
_GAP_BITS = 8
GAPS = 1 << _GAP_BITS
"""Quantiles in a table of gaps."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """A run of windows that scenarios plan at once, in one block: no episode leaves it."""

    block: int
    number: int
    windows: range
    rows: Ints
    """Rows of each window, int64[windows]."""
    span: int = MICROS_PER_DAY
    """Microseconds of a window."""

    @property
    def length(self) -> int:
        """Return the microseconds of the cycle."""
        return len(self.windows) * self.span


@dataclass(frozen=True, slots=True)
class Crowd:
    """The entities of a block that act."""

    number: Ints
    """Number of each in the dataset."""
    lane: Ints
    """Lane of each, 0 … 31."""


def lanes_of(key: Key, number: Ints) -> Ints:
    """Return the lane of each entity, 0 … 31."""
    return bits(words(key, number), 64 - _LANE_BITS, _LANE_BITS)


class EpisodeScene:
    """One block and cycle as a scenario sees it.

    Args:
        cycle: its windows and rows.
        crowd: who acts in the block.
        lanes: which of the lanes the scenario chooses victims from.
        key: key of the scenario in this block and cycle; every draw is named below it.
    """

    def __init__(self, cycle: Cycle, crowd: Crowd, lanes: range, key: Key) -> None:
        self.cycle, self.crowd, self.lanes, self.key = cycle, crowd, lanes, key
        self._cumulative = np.cumsum(cycle.rows)

    def word(self, purpose: str, identity: Ints) -> Words:
        """Return one word for each identity, from a stream of the scenario's own."""
        return words(self.key.child(purpose), identity)

    def episodes(self, role: int, rows: int, sizes: Sequence[int]) -> Episodes:
        """Group ``rows`` rows into episodes of sizes drawn evenly from ``sizes`` (each 1 … 32); the last is cut."""
        number = np.arange(rows, dtype=np.int64)
        choice = below(self.word(f"size {role}", number), len(sizes))
        ends = np.minimum(np.cumsum(np.array(sizes, np.int64)[choice]), rows)
        count = int(np.searchsorted(ends, rows)) + 1 if rows else 0
        ends = ends[:count]
        of_row = np.searchsorted(ends, number, side="right").astype(np.int64)
        size = np.diff(ends, prepend=0)
        return Episodes(of_row, number - (ends - size)[of_row], size)

    def victims(self, count: int, among: Flags | None = None, lanes: range | None = None) -> Ints:
        """Return ``count`` entities of the crowd in keyed order, each once before any comes again.

        Args:
            count: entities to return.
            among: entities to prefer, if any of them lies in the lanes.
            lanes: other lanes than the scenario's own.
        """
        number, lane = self.crowd.number, self.crowd.lane
        chosen = lanes or self.lanes
        fits = (lane >= chosen.start) & (lane < chosen.stop)
        preferred = fits & among if among is not None else fits
        pool = np.flatnonzero(preferred if preferred.any() else fits if fits.any() else np.ones(len(number), bool))
        word = self.word("victim", number[pool])
        first = smallest(word, count)
        order = pool[first[np.argsort(word[first], kind="stable")]]
        return order[np.arange(count) % max(1, len(order))]

    def start_windows(self, purpose: str, count: int) -> Ints:
        """Return windows in which episodes begin, counted from the cycle's first: the more rows, the more episodes."""
        number = np.arange(count, dtype=np.int64)
        at = below(self.word(purpose, number), int(self._cumulative[-1]))
        return np.searchsorted(self._cumulative, at, side="right")

    def pace(self, purpose: str, start: Ints, episodes: Episodes, gaps: Ints) -> Ints:
        """Return the time of every row: the episode's start, then one gap after another, kept inside the cycle.

        Args:
            purpose: name of the draw.
            start: start of each episode, microseconds from the start of the cycle.
            episodes: the grouping.
            gaps: quantiles of a gap in microseconds, int64[256].
        """
        number = np.arange(len(episodes.of_row), dtype=np.int64)
        word = self.word(f"{purpose} gap", number)
        gap = np.where(episodes.place == 0, 0, gaps[bits(word, 64 - _GAP_BITS, _GAP_BITS)] + bits(word, 20, 19))
        run = np.cumsum(gap)
        first = np.flatnonzero(episodes.place == 0)
        run -= run[first][episodes.of_row] if len(first) else 0
        total = np.zeros(len(episodes), np.int64)
        np.maximum.at(total, episodes.of_row, run)
        # A late episode is moved back and a long one is squeezed, by a draw more than they must be: otherwise the
        # first and the last instant of a cycle would be full of them.
        ends = self.word(f"{purpose} ends", np.arange(len(episodes), dtype=np.int64))
        stop = self.cycle.length - 1 - bits(ends, 32, 32)
        longest = stop - bits(ends, 0, 32)
        at = np.flatnonzero((total > longest)[episodes.of_row])
        of = episodes.of_row[at]
        run[at] = (run[at] >> 12) * (longest[of] >> 12) // ((total[of] >> 12) + 1) << 12
        begin = np.minimum(start, stop - np.minimum(total, longest))
        time: Ints = begin[episodes.of_row] + run
        return time
