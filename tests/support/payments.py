"""Worlds, people and folds of small payments specs."""

from __future__ import annotations

from rowmill.domains.payments.flow import Flow
from rowmill.domains.payments.people import People
from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.domains.payments.world import World


def world_of(**fields: object) -> World:
    """Return the world of a spec; a thousand rows and seed 7 where nothing is said."""
    return World(
        PaymentsSpec.model_validate({"seed": 7, **({} if "rows_per_day" in fields else {"rows": 1000}), **fields})
    )


def people_of(block: int = 0, **fields: object) -> People:
    """Return the people of a block."""
    return People(world_of(**fields), block)


def flow_of(block: int = 0, **fields: object) -> Flow:
    """Return the fold of a block."""
    return Flow(people_of(block, **fields))
