"""What a comparison says: scores beside what real rows and independent columns score, and chapters of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

Interval = tuple[float, float]
"""95 % interval, lower end first."""
Standing = Literal["as real", "near real", "apart", "as unrelated", "cannot be told", "not known"]
"""Where a score lies: within what real rows score, near that, apart, no better than made-up rows; or nowhere, as
real rows may score as made-up ones at this size."""
Zero = Literal["floor", "noise", "none"]

NEAR: Final = 0.8
"""The least closeness that is called near."""
LOST: Final = 0.1
"""The closeness from which on a score is no better than that of made-up rows."""
_LEAST_ROOM: Final = 0.05
"""The least way between ceiling and floor: where real columns hardly depend on one another, noise is no scale."""


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one column, pair or group, with what it is to be read against."""

    metric: str
    of: str
    """The column, or the pair; of a headline the worst one."""
    value: float | None
    """None where it cannot be computed, for ``reason``."""
    interval: Interval | None = None
    """Of the value, by drawing entities again."""
    ceiling: float | None = None
    """What a hold-out of real rows scores."""
    ceiling_interval: Interval | None = None
    """Of the ceiling, by splitting the real entities again and again."""
    floor: float | None = None
    """What independent columns score: each column right, no relation."""
    noise: float | None = None
    """What columns score that are uniform over their ranges."""
    zero: Zero = "floor"
    """Which of the two is as bad as it can be for this metric; none for one without a worst, such as a z."""
    better: Literal["low", "high"] = "low"
    reason: str = ""
    chance: float | None = None
    """What guessing scores, for one that is better if high: real rows that may score no better tell nothing."""
    middle: float | None = None
    """What is best, for one that is worse on either side of it, such as an AUC of telling apart."""

    @property
    def closeness(self) -> float | None:
        """Return 1 within what real rows score, 0 at the floor, between them in proportion, and at least −1.

        None where nothing can be told: real rows may score as the floor does, and the value is no worse.
        """
        if self.value is None or self.ceiling_interval is None:
            return None
        if self.middle is not None:
            return self._folded(self.middle).closeness
        sign = 1 if self.better == "low" else -1
        edge = max(sign * each for each in self.ceiling_interval)
        value = sign * self.value
        # What may be as good as real, by its own interval, is not called worse.
        if min([value, *(sign * each for each in self.interval or ())]) <= edge:
            return None if self._blind(edge, sign) else 1.0
        if self.zero == "none":
            # As far as it goes, another step is worse: the score does not end.
            return round(edge / value, 4)
        bottom = self.floor if self.zero == "floor" else self.noise
        far = max(edge + _LEAST_ROOM, edge if bottom is None else sign * bottom)
        return round(max(-1.0, (far - value) / (far - edge)), 4)

    def _folded(self, middle: float) -> Score:
        """Return the score with what lies below the middle as far above it."""
        low, high = self.interval or (self.value or 0.0, self.value or 0.0)
        sides = abs(low - middle), abs(high - middle)
        least = 0.0 if low <= middle <= high else min(sides)
        assert self.value is not None
        assert self.ceiling_interval is not None
        return replace(
            self, value=middle + abs(self.value - middle), interval=(middle + least, middle + max(sides)),
            ceiling_interval=(middle, middle + max(abs(each - middle) for each in self.ceiling_interval)),
            floor=None if self.floor is None else middle + abs(self.floor - middle), middle=None,
        )  # fmt: skip

    def _blind(self, edge: float, sign: int) -> bool:
        """Return whether what real rows score reaches what made-up rows do."""
        bottom = {"floor": self.floor, "noise": self.noise, "none": None}[self.zero]
        return any(each is not None and edge >= sign * each for each in (bottom, self.chance))

    @property
    def told(self) -> bool:
        """Return whether it is worse than its ceiling, whatever lies within both intervals."""
        return self.closeness is not None and self.closeness < 1

    @property
    def standing(self) -> Standing:
        """Return where it lies, in words."""
        close = self.closeness
        if close is None:
            return "not known" if self.value is None or self.ceiling_interval is None else "cannot be told"
        if close >= 1:
            return "as real"
        return "near real" if close >= NEAR else "apart" if close > LOST else "as unrelated"

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "metric": self.metric, "of": self.of, "value": rounded(self.value), "interval": ends(self.interval),
            "ceiling": rounded(self.ceiling), "ceiling_interval": ends(self.ceiling_interval),
            "floor": rounded(self.floor), "noise": rounded(self.noise), "better": self.better,
            "closeness": self.closeness, "standing": self.standing, "reason": self.reason,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listing:
    """Facts in rows, such as an estimate of each arm."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str | float | None, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        cells = [[rounded(each) if isinstance(each, float) else each for each in row] for row in self.rows]
        return {"title": self.title, "head": list(self.head), "rows": cells}


@dataclass(frozen=True, slots=True)
class Answer:
    """Scores that answer one question."""

    name: str
    question: str
    headlines: tuple[Score, ...] = ()
    """The worst score of each metric, held against the worst that real rows and independent columns score."""
    scores: tuple[Score, ...] = ()
    """All of them, the worst first."""
    grids: tuple[Listing, ...] = ()
    said: tuple[str, ...] = ()
    """What was found, or could not be computed, in sentences."""

    @property
    def closeness(self) -> float | None:
        """Return the worst closeness of its headlines; None where none is known."""
        return min((each.closeness for each in self.headlines if each.closeness is not None), default=None)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "name": self.name, "question": self.question, "closeness": self.closeness, "said": list(self.said),
            "headlines": [each.to_json() for each in self.headlines],
            "scores": [each.to_json() for each in self.scores], "tables": [each.to_json() for each in self.grids],
        }  # fmt: skip


def against_chance(metric: str, of: str, value: float, drawn: Sequence[float], alike: float) -> Score:
    """Return a score whose ceiling is known: what it is where both sides are alike; a whole copy has 1.

    Args:
        metric: its name.
        of: what it is of.
        value: that was found.
        drawn: values of entities drawn again.
        alike: the value where both sides are alike.
    """
    ordered = sorted(drawn)
    low, high = (ordered[round(at * (len(ordered) - 1))] for at in (0.025, 0.975))
    interval = min(low, value), max(high, value)
    half = (interval[1] - interval[0]) / 2
    return Score(metric, of, value, interval, alike, (max(0.0, alike - half), alike + half), floor=1.0)


def rounded(value: float | None) -> float | None:
    """Return a number with six significant digits; None for none, and for what is not finite."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.6g}")


def ends(interval: Interval | None) -> list[float | None] | None:
    """Return an interval as plain data."""
    return None if interval is None else [rounded(each) for each in interval]
