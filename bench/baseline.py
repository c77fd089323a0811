"""Ratios committed beside the code, and what has become worse since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("baseline.json")
TOLERANCE = 0.25
WALL_CLOCK = "speed_of_"
"""How the names of ratios begin that a busy machine makes worthless; the others are ratios of CPU time or of sizes."""
LOWER_IS_BETTER = frozenset({"cpu_of_run_over_floor", "digest_share", "bytes_per_row"})


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a measurement is compared with; ratios of another number of rows would say nothing."""

    rows: int
    ratios: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Change:
    """One ratio then and now."""

    name: str
    before: float
    now: float

    @property
    def loss(self) -> float:
        """Return by which share the ratio is worse than it was; negative where it is better."""
        return self.now / self.before - 1 if self.name in LOWER_IS_BETTER else self.before / self.now - 1

    @property
    def failed(self) -> bool:
        return self.loss > TOLERANCE


def read(path: Path = FILE) -> Baseline:
    """Read the committed baseline."""
    return Baseline(**json.loads(path.read_text()))


def write(rows: int, ratios: Mapping[str, float], path: Path = FILE) -> None:
    """Replace the baseline."""
    rounded = {name: round(value, 4) for name, value in ratios.items()}
    path.write_text(json.dumps({"rows": rows, "ratios": rounded}, indent=2) + "\n")


def steady(ratios: Mapping[str, float], *, quiet: bool) -> dict[str, float]:
    """Return the ratios that mean something: all of them where nothing else ran."""
    return {name: value for name, value in ratios.items() if quiet or not name.startswith(WALL_CLOCK)}


def compare(baseline: Baseline, ratios: Mapping[str, float]) -> list[Change]:
    """Return the change of every ratio that was measured both times: fewer cores measure fewer."""
    return [Change(name, before, ratios[name]) for name, before in baseline.ratios.items() if name in ratios]
