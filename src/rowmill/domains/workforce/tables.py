"""The tables of a workforce dataset: events, snapshots and the census."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rowmill.core.keys import Key
from rowmill.domains.workforce.rows.census import CENSUS_COLUMNS, CENSUS_TABLE
from rowmill.domains.workforce.rows.event_columns import EVENT_COLUMNS
from rowmill.domains.workforce.rows.events import person_year
from rowmill.domains.workforce.rows.fields import EVENTS, SNAPSHOTS, values_of, with_values
from rowmill.domains.workforce.rows.snapshots import SNAPSHOT_COLUMNS
from rowmill.domains.workforce.simulation import Simulation
from rowmill.domains.workforce.year.year import STEPS
from rowmill.draw.arrays import Ints
from rowmill.model.column_table import ColumnTable, Counts, Given
from rowmill.model.columns import ColumnSet
from rowmill.model.frame import Frame
from rowmill.model.schema import Schema

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

    def at(self, block: int) -> tuple[Simulation, int]:
        """Return the scenario of a block, and its number there."""
        scenario, own = divmod(block, self.blocks)
        return self.scenarios[scenario], own

    def key(self, table: str) -> Key:
        """Return the key of a table; its own columns draw nothing, for the years have."""
        return Key.from_seed(self.scenarios[0].parameters.run.seed).child("workforce", table)

    def schema(self, schema: Schema) -> Schema:
        """Return a schema with the values of this dataset's enums."""
        first = self.scenarios[0]
        return with_values(schema, values_of(first.parameters, self.names, first.staff.departments))


@dataclass(frozen=True, slots=True)
class OfScenarios:
    """Where a row of events or snapshots belongs: it says its scenario, block and year itself."""

    company: Company
    columns: tuple[str, ...] = ("scenario_id", "block", "simulation_year")
    entity: str = EMPLOYEE

    def blocks_of(self, entity: str) -> list[int]:
        """Return an employee's block in every scenario that has the employee."""
        own = [scenario.block_of(entity) for scenario in self.company.scenarios]
        return [n * self.company.blocks + block for n, block in enumerate(own) if block is not None]

    def locate(self, frame: Frame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (block, window) of each row; block −1 of a scenario that the dataset does not have."""
        texts = frame["scenario_id"]
        assert texts.dictionary is not None
        place = {name: n for n, name in enumerate(self.company.names)}
        places = [place.get(name, -1) for name in texts.dictionary.values.to_pylist()]
        scenario = np.array(places, np.int64)[texts.values.astype(np.int64)]
        block = np.where(scenario < 0, -1, frame["block"].values.astype(np.int64) + scenario * self.company.blocks)
        return block, frame["simulation_year"].values.astype(np.int64) - self.company.first_year


@dataclass(frozen=True, slots=True)
class OfCensus:
    """Where a row of the census belongs: it says its block itself."""

    company: Company
    columns: tuple[str, ...] = ("block",)
    entity: str = EMPLOYEE

    def blocks_of(self, entity: str) -> list[int]:
        """Return the block of a person of the census."""
        block = self.company.scenarios[0].staff.block_of(entity)
        return [] if block is None else [block]

    def locate(self, frame: Frame) -> tuple[Ints, Ints]:
        """Return (block, 0) of each row."""
        block = frame["block"].values.astype(np.int64)
        return block, np.zeros(len(block), np.int64)


def tables_of(company: Company) -> dict[str, ColumnTable]:
    """Return all tables by name, the main one first."""
    return {
        "events": _by_year(company, EVENTS, EVENT_COLUMNS, _of_events),
        "snapshots": _by_year(company, SNAPSHOTS, SNAPSHOT_COLUMNS, _of_people),
        "census": _census(company),
    }


def _of_events(inputs: Mapping[str, Any]) -> Ints:
    ids: Ints = EVENT_COLUMNS.values(["event_id"], inputs)["event_id"].values
    return ids


def _of_people(inputs: Mapping[str, Any]) -> Ints:
    return person_year(inputs["parameters"], inputs["days"], inputs["before"])


def _by_year(
    company: Company, schema: Schema, columns: ColumnSet, identity: Callable[[Mapping[str, Any]], Ints]
) -> ColumnTable:
    """Return a table of a block's rows by year."""

    def people(block: int, window: int) -> int:
        scenario, own = company.at(block)
        return int(scenario.counts.people[window, own])

    def weight(block: int, window: int) -> int:
        # About how many events there are, for snapshots too: parts of both then have the same tiles.
        return people(block, window) * 17 // 10

    def given(block: int, windows: range, names: frozenset[str]) -> Iterator[Given]:  # noqa: ARG001
        scenario, own = company.at(block)
        for made in scenario.years(own, windows):
            rows = made.rows
            inputs = {name: getattr(rows, name) for name in _OF_YEAR}
            inputs |= {"parameters": scenario.parameters, "texts": scenario.texts, "names": made.names}
            inputs["block_number"] = rows.block
            yield Given(rows.days.year - company.first_year, inputs, partial(identity, inputs))

    return ColumnTable(
        company.schema(schema),
        columns,
        company.blocks * len(company.scenarios),
        Counts(people, weight) if schema is SNAPSHOTS else Counts.about(weight),
        OfScenarios(company),
        given,
        company.key(schema.name),
        timed=True,
        origins=STEPS,
    )


def _census(company: Company) -> ColumnTable:
    """Return the start population, block by block."""
    first = company.scenarios[0]

    def given(block: int, windows: range, names: frozenset[str]) -> Iterator[Given]:  # noqa: ARG001
        staff = first.staff
        inputs = {
            "census": staff.census, "staff": staff, "texts": first.texts, "rows": staff.rows(block),
            "block_number": block,
        }  # fmt: skip
        yield Given(0, inputs, lambda: staff.rows(block))

    return ColumnTable(
        company.schema(CENSUS_TABLE),
        CENSUS_COLUMNS,
        company.blocks,
        Counts.exact(lambda block, _window: int(first.staff.sizes[block])),
        OfCensus(company),
        given,
        company.key("census"),
    )


_OF_YEAR = ("days", "starters", "before", "left", "career", "saving", "paid", "after", "as_of")
