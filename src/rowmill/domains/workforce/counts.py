"""How many leave and join, in closed form: by year from the first headcount, by block from quotas of these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rowmill.core.errors import SpecError
from rowmill.domains.workforce.parameters.integers import Parameters
from rowmill.domains.workforce.random.rng import Drawer
from rowmill.domains.workforce.spec import MAX_NUMBER
from rowmill.draw.arrays import Ints
from rowmill.draw.quota import fraction

MAX_IN_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class Headcounts:
    """Headcounts, each int64[years, blocks]."""

    start: Ints
    exits: Ints
    """Of those employed at the start of the year."""
    hires: Ints
    new_exits: Ints
    """Of the year's hires."""
    first_hire: Ints
    """Hires of the year in the blocks before."""
    hires_before: Ints
    """Hires of all blocks in the years before, int64[years]."""

    @property
    def people(self) -> Ints:
        """Return how many are employed at some time of the year, int64[years, blocks]."""
        return self.start + self.hires


def year_counts(parameters: Parameters, year: int, start: int) -> tuple[int, int, int]:
    """Return exits, hires and exits of hires of a year that begins with ``start`` people.

    Args:
        parameters: of the run.
        year: place of the year, from 0.
        start: headcount on January 1.
    """
    rates = {name: int(parameters.years[f"{name}_bp"][year]) for name in _RATES}
    exits = start * rates["termination"] // 10_000
    if parameters.run.hire_mode == 1:
        hires = start * rates["hire"] // 10_000
        return exits, hires, hires * rates["new_hire_termination"] // 10_000
    target = (start * (10_000 + rates["growth"]) + 5_000) // 10_000
    net = target - (start - exits)
    if net <= 0:
        return start - target, 0, 0
    hires = -(-net * 10_000 // (10_000 - rates["new_hire_termination"]))
    return exits, hires, hires - net


_RATES = ("growth", "hire", "termination", "new_hire_termination")


def counts_of(parameters: Parameters, census: Ints, most_hires: float) -> Headcounts:
    """Return all counts.

    Args:
        parameters: of the run.
        census: people of each block in the census, int64[blocks].
        most_hires: most hires of a year by its first headcount.

    Raises:
        SpecError: if a year needs more hires than that, or people get more than the numbers allow.
    """
    run = parameters.run
    shape = (run.years, len(census))
    start, exits, hires, new_exits = (np.zeros(shape, np.int64) for _ in range(4))
    start[0] = census
    for year in range(run.years):
        if year:
            start[year] = (start - exits + hires - new_exits)[year - 1]
        headcount = int(start[year].sum())
        leave, join, leave_soon = year_counts(parameters, year, headcount)
        _check(run.start_year + year, headcount, join, most_hires)
        drawer = Drawer(run.seed, run.start_year + year)
        exits[year] = drawer.shares(leave, start[year], "exits", "all")
        hires[year] = drawer.shares(join, start[year], "hires", "all")
        new_exits[year] = drawer.shares(leave_soon, hires[year], "new_hire_exits", "all")
    by_year = hires.sum(axis=1)
    total = int(census.sum() + by_year.sum())
    if total > MAX_NUMBER or int((start + hires).max(initial=0)) > MAX_IN_BLOCK:
        raise SpecError(
            f"data.growth: {total:,} people over all years; numbers go to {MAX_NUMBER:,}, and {MAX_IN_BLOCK:,} people "
            "fit in a block: take fewer years, less growth or smaller block_employees"
        )
    return Headcounts(start, exits, hires, new_exits, np.cumsum(hires, axis=1) - hires, np.cumsum(by_year) - by_year)


def _check(year: int, headcount: int, hires: int, most_hires: float) -> None:
    if hires > fraction(most_hires) * headcount:
        raise SpecError(
            f"data.growth: {year} needs {hires:,} hires for {headcount:,} people; at most {most_hires:g} of the "
            "headcount are allowed, lower target or termination rates, or raise most_hires"
        )
