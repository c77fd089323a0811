"""Drafts: the rows that a scenario plans, in episodes, before they have a window or an identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.draw.arrays import Ints

OWED, LOOK_ALIKE, FREE = 0, 1, 2
"""Roles of planned rows: those that must be as many as are owed, honest ones that imitate them, other honest ones."""
_EMPTY = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Episodes:
    """Rows grouped into episodes: the episode of each row, its place in it, and the number of episodes."""

    of_row: Ints
    place: Ints
    size: Ints
    """Rows of each episode."""

    def __len__(self) -> int:
        return len(self.size)


@dataclass(frozen=True, slots=True)
class EpisodeDraft:
    """Rows of a scenario, struct of arrays; all of one length, but for the stops."""

    episode: Ints
    """Number of the row's episode among those of its scenario and role, from 0."""
    place: Ints
    """Number of the row in its episode, from 0."""
    entity: Ints
    """Number of the entity among those of the block that act."""
    time: Ints
    """Microseconds from the start of the cycle; what lies outside it is moved to its first or last microsecond."""
    role: Ints
    values: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """What the domain says of each row, by name."""
    stop_entity: Ints = field(default_factory=lambda: _EMPTY)
    """Entities that fall silent."""
    stop_time: Ints = field(default_factory=lambda: _EMPTY)
    """When they do, microseconds from the start of the cycle."""


@dataclass(frozen=True, slots=True)
class Lot:
    """Rows that the scenario of a code planned."""

    code: int
    draft: EpisodeDraft
