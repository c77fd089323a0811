"""Worlds, people and folds of small payments specs."""

from __future__ import annotations

from rowmill.domains.payments.flow import Flow
from rowmill.domains.payments.people import BlockPeople
from rowmill.domains.payments.scenarios import Scenario
from rowmill.domains.payments.scenarios.plugins import registered
from rowmill.domains.payments.schedule import schedule
from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.domains.payments.world import World
from rowmill.model.episodes import Scheduled


def world_of(**fields: object) -> World:
    """Return the world of a spec; a thousand rows and seed 7 where nothing is said."""
    return World(
        PaymentsSpec.model_validate({"seed": 7, **({} if "rows_per_day" in fields else {"rows": 1000}), **fields})
    )


def scenarios_of(spec: PaymentsSpec) -> dict[str, Scenario]:
    """Return the scenarios that a spec may use, by name."""
    return registered(spec.fraud.plugins, spec.fraud.scenarios)


def schedule_of(people: BlockPeople, cycle: int) -> Scheduled:
    """Return what is scheduled for a block in a cycle."""
    return schedule(people, people.trips(cycle), cycle, scenarios_of(people.world.spec))


def people_of(block: int = 0, **fields: object) -> BlockPeople:
    """Return the people of a block."""
    return BlockPeople(world_of(**fields), block)


def flow_of(block: int = 0, **fields: object) -> Flow:
    """Return the fold of a block."""
    people = people_of(block, **fields)
    return Flow(people, scenarios_of(people.world.spec))
