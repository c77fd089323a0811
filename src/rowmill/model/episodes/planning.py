"""Planning: how many rows each scenario is asked for, and that it plans as many.

What is owed is exact: the block's count of the cycle, shared over scenarios by the quota rule. Look-alikes and free
rows come on top and together never exceed the room that the domain leaves them.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rowmill.core.errors import RowmillError, SpecError
from rowmill.core.keys import Key
from rowmill.draw.choose import integer_weights
from rowmill.draw.quota import shares
from rowmill.model.episodes.drafts import FREE, LOOK_ALIKE, OWED, EpisodeDraft, Lot
from rowmill.model.episodes.scene import Cycle
from rowmill.model.episodes.schedule import CYCLE_BITS, EPISODE_BITS, FIRST_FREE, PLACE_BITS

_LIBRARIES = ("site-packages", str(Path(__file__).parents[2]))


@dataclass(frozen=True, slots=True)
class Roles:
    """What a domain calls the rows of each role, in the plural: messages say it, and the draw of shares bears it."""

    owed: str
    look_alikes: str
    free: str
    fewer: str
    """What a user may change where there are too many episodes, as a command."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What all scenarios of a block and cycle are asked for together."""

    owed: int
    look_alikes: float
    """Look-alikes for each row that is owed, as far as there is room."""
    room: int
    """Most rows that are look-alikes or free."""
    roles: Roles


@dataclass(frozen=True, slots=True)
class ScenarioQuota:
    """What one scenario is asked for: exactly so many owed rows and look-alikes, and at most so many free ones."""

    owed: int
    look_alikes: int
    free: int


@dataclass(frozen=True, slots=True)
class Planner:
    """A scenario as planning sees it.

    Args:
        name: for messages.
        code: 1 … 31, unique among the planners: it is part of identities.
        weight: its share of what is owed, relative to the others', above 0.
        plan: returns the rows, in as many drafts as it likes.
    """

    name: str
    code: int
    weight: float
    plan: Callable[[ScenarioQuota], Sequence[EpisodeDraft]]


def planned(cycle: Cycle, terms: Terms, planners: Sequence[Planner], key: Key) -> list[Lot]:
    """Let each scenario plan its rows of a cycle, in the order given; one that nothing is asked of is left out.

    Raises:
        SpecError: if a scenario plans other counts than it was asked for, or more than there are identities.
    """
    if cycle.number >= 1 << CYCLE_BITS:
        raise SpecError(
            f"cycle {cycle.number + 1:,} of a period: the identities of episodes tell {1 << CYCLE_BITS:,} apart; "
            "choose a shorter period"
        )
    roles = terms.roles
    weights = integer_weights(np.array([planner.weight for planner in planners], np.float64))
    owed = shares(terms.owed, weights, key.child(roles.owed))
    alike = np.array([round(terms.look_alikes * int(n)) for n in owed], np.int64)
    if int(alike.sum()) > terms.room:
        alike = shares(terms.room, alike, key.child(roles.look_alikes))
    free = terms.room - int(alike.sum())
    lots: list[Lot] = []
    for planner, n, m in zip(planners, owed.tolist(), alike.tolist(), strict=True):
        if n + m == 0:
            continue
        asked = ScenarioQuota(n, m, free)
        drafts = _drafts(planner, asked)
        _refuse_miscounted(planner.name, drafts, asked, roles)
        for draft in drafts:
            _refuse_too_many(planner.name, draft, cycle, roles)
            free -= int((draft.role == FREE).sum())
            lots.append(Lot(planner.code, draft))
    return lots


def _drafts(planner: Planner, asked: ScenarioQuota) -> Sequence[EpisodeDraft]:
    try:
        return planner.plan(asked)
    except RowmillError:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        # The line of the plan, not of a library or of this package that it called.
        own = next((f for f in reversed(frames) if not any(place in f.filename for place in _LIBRARIES)), frames[-1])
        where = f"{Path(own.filename).name}, line {own.lineno}"
        raise SpecError(
            f"scenario {planner.name}: its plan failed with {type(error).__name__}: {str(error)[:200]} ({where}); "
            "mend it; ROWMILL_TRACEBACK=1 with --workers 1 shows the way there"
        ) from error


def _refuse_miscounted(name: str, drafts: Sequence[EpisodeDraft], asked: ScenarioQuota, roles: Roles) -> None:
    made = np.bincount(np.concatenate([draft.role for draft in drafts]), minlength=3).tolist()
    if len(made) > 3 or (made[OWED], made[LOOK_ALIKE]) != (asked.owed, asked.look_alikes) or made[FREE] > asked.free:
        raise SpecError(
            f"scenario {name}: planned {made} {roles.owed}, {roles.look_alikes} and {roles.free}; asked for "
            f"{asked.owed}, {asked.look_alikes} and at most {asked.free}: mend its plan"
        )


def _refuse_too_many(name: str, draft: EpisodeDraft, cycle: Cycle, roles: Roles) -> None:
    """Refuse a draft that would give two rows one identity."""
    most = 1 << EPISODE_BITS
    if (draft.episode >= np.where(draft.role == OWED, most, FIRST_FREE)).any():
        raise SpecError(
            f"scenario {name}: {draft.episode.max() + 1:,} episodes of one block in {len(cycle.windows)} windows; "
            f"{most:,} of {roles.owed} and {FIRST_FREE:,} of others fit: {roles.fewer}"
        )
    if draft.place.max(initial=0) >= 1 << PLACE_BITS:
        raise SpecError(
            f"scenario {name}: an episode of {draft.place.max() + 1} rows; at most {1 << PLACE_BITS} fit: "
            "make shorter ones"
        )
