"""Episodes: rows that are planned, with their times, before any ordinary row exists.

A scenario plans one block and cycle of windows at a time: exactly the rows that it owes (frauds of cards, faults of
sensors), honest rows that look like them, and a few free ones. A domain tells what its rows hold and draws it; counts,
grouping, victims, pace, identities and the fit of windows are the same for all entities.
"""

from __future__ import annotations

from rowmill.model.episodes.drafts import FREE, LOOK_ALIKE, OWED, EpisodeDraft, Episodes, Lot
from rowmill.model.episodes.planning import Planner, Roles, ScenarioQuota, Terms, planned
from rowmill.model.episodes.scene import LANES, Crowd, Cycle, EpisodeScene, lanes_of
from rowmill.model.episodes.schedule import EPISODE_BITS, PLACE_BITS, Scheduled, scheduled

__all__ = [
    "EPISODE_BITS",
    "FREE",
    "LANES",
    "LOOK_ALIKE",
    "OWED",
    "PLACE_BITS",
    "Crowd",
    "Cycle",
    "EpisodeDraft",
    "EpisodeScene",
    "Episodes",
    "Lot",
    "Planner",
    "Roles",
    "ScenarioQuota",
    "Scheduled",
    "Terms",
    "lanes_of",
    "planned",
    "scheduled",
]
