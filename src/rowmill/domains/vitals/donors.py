"""Donors: the subjects of a pilot as departures from their own arm's means, for the bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowmill.draw.arrays import Floats


@dataclass(frozen=True)
class Donors:
    """Whole trajectories, grouped by arm."""

    departure: list[list[Floats]]
    """Departure from the mean of the donor's arm and visit, by visit and vital, float64[donors] each; complete."""
    recorded: list[list[Floats]]
    """What the pilot recorded, NaN where nothing: to count copies."""
    start: NDArray[np.int64]
    """First donor of each arm."""
    size: NDArray[np.int64]
    """Donors of each arm."""
    synthetic: bool
    """Whether the donors are no real subjects but a synthetic pilot made from a model."""
    completed: int = 0
    """Visits of donors that the pilot lacks, whole or in part, and that were drawn from the model."""
