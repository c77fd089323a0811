"""How much more often an attack succeeds than on people not in the data: shares, and their excess over a control."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from rowmill.draw.arrays import Flags, Ints
from rowmill.quality.compare.scores import Interval

_Z: Final = 1.959964
_BEYOND: Final = 3.09


def wilson(share: float, count: float) -> Interval:
    """Return Wilson's 95 % interval of a share of so many independent trials."""
    if count <= 0:
        return 0.0, 1.0
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z / (1 + _Z**2 / count) * np.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def effective(hits: Flags, entity: Ints) -> float:
    """Return how many independent rows tell as much as rows that belong to entities: at most as many as there are."""
    rows = len(hits)
    share = float(hits.mean()) if rows else 0.0
    sums = np.bincount(entity, hits - share) if rows else np.zeros(0)
    spread, alone = float((sums**2).sum()), rows * share * (1 - share)
    if alone <= 0 or spread <= alone:
        return float(rows) if alone > 0 or not rows else float(len(np.unique(entity)))
    return rows * alone / spread


@dataclass(frozen=True, slots=True)
class Risk:
    """The share of successes above that of a control, as a share of what the control leaves."""

    main: float
    main_interval: Interval
    control: float
    control_interval: Interval
    deviations: float
    """How many standard errors the shares are apart, were they equal; above 0 where the attack succeeds more often."""

    @property
    def shown(self) -> bool:
        """Return whether it is beyond chance: by more than one of 1,000 that nobody copied would be."""
        return self.deviations > _BEYOND

    @property
    def excess(self) -> float:
        """Return (main − control) / (1 − control); 0 where the control succeeds always."""
        return (self.main - self.control) / (1 - self.control) if self.control < 1 else 0.0

    @property
    def interval(self) -> Interval:
        """Return the 95 % interval of the excess, by the propagation of both errors."""
        if self.control >= 1:
            return 0.0, 1.0
        rest = 1 - self.control
        down = np.hypot(
            (self.main - self.main_interval[0]) / rest,
            (self.control_interval[1] - self.control) * (1 - self.main) / rest**2,
        )
        up = np.hypot(
            (self.main_interval[1] - self.main) / rest,
            (self.control - self.control_interval[0]) * (1 - self.main) / rest**2,
        )
        return float(self.excess - down), float(min(1.0, self.excess + up))


def risk(main: Flags, entity: Ints, control: Flags, control_entity: Ints) -> Risk:
    """Return the risk of successes, with intervals by as many rows as are independent of one another."""
    shares = [float(each.mean()) if len(each) else 0.0 for each in (main, control)]
    counts = effective(main, entity), effective(control, control_entity)
    pooled = (shares[0] * counts[0] + shares[1] * counts[1]) / max(sum(counts), 1)
    error = np.sqrt(pooled * (1 - pooled) * sum(1 / max(each, 1) for each in counts))
    apart = float((shares[0] - shares[1]) / error) if error > 0 else 0.0
    return Risk(shares[0], wilson(shares[0], counts[0]), shares[1], wilson(shares[1], counts[1]), apart)
