"""The tables of a workforce dataset: events, snapshots and the census."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.workforce.rows.census import CENSUS_TABLE, census_frame
from rowmill.domains.workforce.rows.census import COLUMNS as CENSUS_COLUMNS
from rowmill.domains.workforce.rows.event_columns import COLUMNS as EVENT_COLUMNS
from rowmill.domains.workforce.rows.event_columns import event_frame
from rowmill.domains.workforce.rows.events import Events
from rowmill.domains.workforce.rows.fields import EVENTS, SNAPSHOTS, values_of, with_values
from rowmill.domains.workforce.rows.lineage import columns_from, order_of, steps
from rowmill.domains.workforce.rows.snapshots import COLUMNS as SNAPSHOT_COLUMNS
from rowmill.domains.workforce.rows.snapshots import Snapshots, snapshot_frame
from rowmill.domains.workforce.rows.texts import Names, Texts
from rowmill.domains.workforce.simulation import Simulation
from rowmill.domains.workforce.year.year import YearRows
from rowmill.draw.arrays import Ints
from rowmill.model.frame import Cells, Frame
from rowmill.model.schema import Schema
from rowmill.model.table import Tile, in_order

EMPLOYEE = "employee_id"


@dataclass(frozen=True)
class Company:
    """The scenarios of a dataset; each has the blocks of the census after those of the scenario before."""

    scenarios: tuple[Simulation, ...]

    @property
    def blocks(self) -> int:
        """Return the blocks of one scenario."""
        return len(self.scenarios[0].staff.sizes)

    @property
    def first_year(self) -> int:
        """Return the year of window 0."""
        return self.scenarios[0].parameters.run.start_year

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the scenarios."""
        return tuple(scenario.parameters.run.scenario_id for scenario in self.scenarios)

    def schema(self, schema: Schema) -> Schema:
        """Return a schema with the values of this dataset's enums."""
        first = self.scenarios[0]
        return with_values(schema, values_of(first.parameters, self.names, first.staff.departments))


Maker = Callable[[Simulation, YearRows, Names, Sequence[str]], dict[str, Cells]]


def _events(scenario: Simulation, rows: YearRows, names: Names, columns: Sequence[str]) -> dict[str, Cells]:
    return event_frame(Events(scenario.parameters, scenario.texts, names, rows), columns)


def _snapshots(scenario: Simulation, rows: YearRows, names: Names, columns: Sequence[str]) -> dict[str, Cells]:
    return snapshot_frame(Snapshots(scenario.parameters, scenario.texts, names, rows), columns)


@dataclass(frozen=True)
class YearTable:
    """Events or snapshots: a block's rows by year."""

    company: Company
    name: str
    timed: bool = True

    @property
    def schema(self) -> Schema:
        """Return the fields."""
        return self.company.schema(_KINDS[self.name][0])

    @property
    def blocks(self) -> int:
        """Return the number of blocks of all scenarios."""
        return self.company.blocks * len(self.company.scenarios)

    def weight(self, block: int, window: int) -> int:
        """Return about how many events a tile holds, for snapshots too: parts of both then have the same tiles."""
        scenario, own = divmod(block, self.company.blocks)
        counts = self.company.scenarios[scenario].counts
        return int(counts.start[window, own] + counts.hires[window, own]) * 17 // 10

    def rows(self, block: int, window: int) -> int | None:
        """Return the exact rows of a tile of snapshots, one for each person of the year; None of events."""
        scenario, own = divmod(block, self.company.blocks)
        people = self.company.scenarios[scenario].counts.people
        return int(people[window, own]) if self.name == "snapshots" else None

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        """Yield the tiles of a block in a range of windows, in order."""
        names = in_order(_KINDS[self.name][0], columns)
        scenario, own = divmod(block, self.company.blocks)
        simulation, make = self.company.scenarios[scenario], _KINDS[self.name][1]
        for made in simulation.years(own, windows):
            window = made.rows.days.year - self.company.first_year
            yield Tile(block, window, make(simulation, made.rows, made.names, names))

    @property
    def entity(self) -> str:
        """Return the column that names employees."""
        return EMPLOYEE

    def blocks_of(self, entity: str) -> list[int]:
        """Return an employee's block in every scenario that has the employee."""
        own = [scenario.block_of(entity) for scenario in self.company.scenarios]
        return [n * self.company.blocks + block for n, block in enumerate(own) if block is not None]

    @property
    def locators(self) -> tuple[str, ...]:
        """Return the columns that tell a row's block and year."""
        return ("scenario_id", "block", "simulation_year")

    def lineage(self) -> dict[str, tuple[str, ...]]:
        """Return what each column reads of a year's rows, and each step of the year of those before."""
        scenario = self.company.scenarios[0]
        first = next(scenario.years(0, range(1)))
        kind, columns = _SOURCES[self.name]
        made = scenario.parameters, scenario.texts, first.names, first.rows
        order = order_of(*made) if kind is Events else {}
        return columns_from(kind(*made), columns) | order | steps()

    def locate(self, frame: Frame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (block, window) of each row; block −1 of a scenario that the dataset does not have."""
        texts = frame["scenario_id"]
        assert texts.dictionary is not None
        place = {name: n for n, name in enumerate(self.company.names)}
        places = [place.get(name, -1) for name in texts.dictionary.values.to_pylist()]
        scenario = np.array(places, np.int64)[texts.values.astype(np.int64)]
        block = np.where(scenario < 0, -1, frame["block"].values.astype(np.int64) + scenario * self.company.blocks)
        return block, frame["simulation_year"].values.astype(np.int64) - self.company.first_year


def _of_census(column: Callable[[Any, Texts, Ints], Cells], texts: Texts, rows: Ints, staff: object) -> Cells:
    return column(staff, texts, rows)


@dataclass(frozen=True)
class CensusTable:
    """The start population, block by block."""

    company: Company
    timed: bool = False

    @property
    def schema(self) -> Schema:
        """Return the fields."""
        return self.company.schema(CENSUS_TABLE)

    @property
    def blocks(self) -> int:
        """Return the number of blocks."""
        return self.company.blocks

    def weight(self, block: int, window: int) -> int:  # noqa: ARG002 - the same call for every table
        """Return how many people a block has."""
        return int(self.company.scenarios[0].staff.sizes[block])

    def rows(self, block: int, window: int) -> int:  # noqa: ARG002
        """Return how many people a block has."""
        return int(self.company.scenarios[0].staff.sizes[block])

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        """Yield the block's only tile."""
        names = in_order(CENSUS_TABLE, columns)
        if 0 in windows:
            first = self.company.scenarios[0]
            yield Tile(block, 0, census_frame(first.staff, first.texts, block, names))

    @property
    def entity(self) -> str:
        """Return the column that names employees."""
        return EMPLOYEE

    def blocks_of(self, entity: str) -> list[int]:
        """Return the block of a person of the census."""
        block = self.company.scenarios[0].staff.block_of(entity)
        return [] if block is None else [block]

    @property
    def locators(self) -> tuple[str, ...]:
        """Return the columns that tell a row's block."""
        return ("block",)

    def lineage(self) -> dict[str, tuple[str, ...]]:
        """Return what each column reads of the census."""
        first = self.company.scenarios[0]
        rows = first.staff.rows(0)
        functions = {name: partial(_of_census, column, first.texts, rows) for name, column in CENSUS_COLUMNS.items()}
        return columns_from(first.staff, functions)

    def locate(self, frame: Frame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (block, 0) of each row."""
        block = frame["block"].values.astype(np.int64)
        return block, np.zeros(len(block), np.int64)


_KINDS: dict[str, tuple[Schema, Maker]] = {"events": (EVENTS, _events), "snapshots": (SNAPSHOTS, _snapshots)}
_SOURCES: dict[str, tuple[Callable[..., object], Mapping[str, Callable[[Any], Cells]]]] = {
    "events": (Events, EVENT_COLUMNS),
    "snapshots": (Snapshots, SNAPSHOT_COLUMNS),
}
EVENT_TABLES = tuple(_KINDS)
