"""One scenario of a dataset: blocks fold over years. What a block knows at the start of a year is kept for a while."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowmill.core.kept import Kept
from rowmill.domains.workforce.census.arrays import Census
from rowmill.domains.workforce.counts import counts_of
from rowmill.domains.workforce.parameters.integers import Parameters
from rowmill.domains.workforce.rows.texts import PeopleTexts, Texts, fixed_texts, hire_ids, ssn_texts
from rowmill.domains.workforce.year.dates import year_days
from rowmill.domains.workforce.year.hiring import HirePlaces
from rowmill.domains.workforce.year.leaving import Exits
from rowmill.domains.workforce.year.people import People, from_census
from rowmill.domains.workforce.year.year import YearRows, simulate
from rowmill.draw.arrays import Ints
from rowmill.draw.md5 import Words32, md5_words
from rowmill.model.frame import Dictionary

_HIRE = re.compile(r"NH_(\d{4})_(\d{6,18})", re.ASCII)
KEPT_PEOPLE = 600_000
"""How many people's states are kept at most."""
KEPT_YEARS = 750_000
"""How many years of people are kept at most for the other table that is made of them: those of a usual part."""


class Staff:
    """A census, cut into blocks by the hash of ids."""

    def __init__(self, census: Census, blocks: int, departments: tuple[str, ...]) -> None:
        self.census = census
        self.departments = departments
        self._code = np.array([departments.index(name) for name in census.departments], np.int16)
        self.words: Words32 = md5_words(census.employee_id)
        block = (self.words[2] & np.uint32(blocks - 1)).astype(np.int64)
        # Integers of 16 bits are sorted by counting; there are hardly ever more blocks.
        self._order = np.argsort(block if blocks > 1 << 16 else block.astype(np.uint16), kind="stable")
        self.sizes: Ints = np.bincount(block, minlength=blocks)
        self._ends = np.concatenate(([0], np.cumsum(self.sizes)))

    def block_of(self, employee_id: str) -> int | None:
        """Return the block of a person of the census; None where there is no such person."""
        ids, wanted = self.census.employee_id, employee_id.encode()
        place = int(np.searchsorted(ids, wanted))
        if place == len(ids) or ids[place] != wanted:
            return None
        return int(self.words[2, place] & np.uint32(len(self.sizes) - 1))

    def rows(self, block: int) -> Ints:
        """Return the places of a block's people in the census, ascending."""
        return self._order[self._ends[block] : self._ends[block + 1]]

    def department(self, rows: Ints) -> NDArray[np.int16]:
        """Return the run's codes of the departments of some people."""
        return self._code[self.census.department[rows]]

    def people(self, block: int) -> People:
        """Return a block's people as they start."""
        rows = self.rows(block)
        return from_census(self.census, rows, self.words[:, rows], self._code)

    def names(self, block: int) -> PeopleTexts:
        """Return the texts of a block's people."""
        rows = self.rows(block)
        return PeopleTexts(Dictionary(fixed_texts(self.census.employee_id[rows])), Dictionary(ssn_texts(rows + 1)))


@dataclass(frozen=True, slots=True)
class State:
    """What a block knows at the start of a window."""

    window: int
    people: People
    names: PeopleTexts


@dataclass(frozen=True, slots=True)
class Year:
    """A block's year, and the texts of its people."""

    rows: YearRows
    names: PeopleTexts


class Simulation:
    """One scenario."""

    def __init__(self, parameters: Parameters, staff: Staff, most_hires: float) -> None:
        self.parameters, self.staff = parameters, staff
        self.texts = Texts(parameters, staff.departments)
        self.counts = counts_of(parameters, staff.sizes, most_hires)
        self._states: Kept[int, State] = Kept(KEPT_PEOPLE, lambda state: len(state.people))
        self._made: Kept[tuple[int, int], Year] = Kept(KEPT_YEARS, lambda year: len(year.rows.before))

    def years(self, block: int, windows: range) -> Iterator[Year]:
        """Yield years of a block; those before the first one are passed through.

        What is made is kept until it is asked for a second time: events and snapshots come of the same years.
        """
        made = self._made.take([(block, year) for year in windows])
        if made is not None:
            yield from made
            return
        state = self._state(block, windows[0])
        people, names = state.people, state.names
        for year in range(state.window, windows[-1] + 1):
            places = self._places(block, year, len(names.employee_id))
            exits = Exits(int(self.counts.exits[year, block]), int(self.counts.new_exits[year, block]))
            days = year_days(self.parameters.run.start_year + year)
            rows = simulate(self.parameters, days, people, places, exits)
            numbers = places.number + np.arange(places.count)
            names = names.followed_by(places.ids, numbers)
            people = rows.remaining()
            self._states.put(block, State(year + 1, people, names))
            if year in windows:
                found = Year(rows, names)
                self._made.put((block, year), found)
                yield found

    def block_of(self, employee_id: str) -> int | None:
        """Return the block of somebody of the census or hired since; None where there is no such person."""
        hired = _HIRE.fullmatch(employee_id)
        if hired is None:
            return self.staff.block_of(employee_id)
        year, number = int(hired[1]) - self.parameters.run.start_year, int(hired[2])
        if not 0 <= year < len(self.counts.hires) or not 1 <= number <= int(self.counts.hires[year].sum()):
            return None
        if hire_ids(int(hired[1]), number, 1).tolist() != [employee_id.encode()]:
            return None
        return int(np.searchsorted(self.counts.first_hire[year], number - 1, side="right")) - 1

    def _places(self, block: int, year: int, code: int) -> HirePlaces:
        first, count = int(self.counts.first_hire[year, block]) + 1, int(self.counts.hires[year, block])
        number = len(self.staff.census) + int(self.counts.hires_before[year]) + first
        return HirePlaces(block, count, number, code, hire_ids(self.parameters.run.start_year + year, first, count))

    def _state(self, block: int, window: int) -> State:
        kept = self._states.find(block)
        if kept is not None and kept.window <= window:
            return kept
        return State(0, self.staff.people(block), self.staff.names(block))
