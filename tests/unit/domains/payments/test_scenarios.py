"""One contract for every scenario: exact counts, unique rows, times inside the cycle, draws that stay as they are."""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowmill.core.units import MICROS_PER_DAY
from rowmill.domains.payments.scenarios import FRAUD, LOOK_ALIKE, SCENARIOS, VISIT, Draft, Scene
from rowmill.domains.payments.scenarios.draft import OWN_NETWORK
from rowmill.model.episodes import EPISODE_BITS, PLACE_BITS, Cycle
from support.payments import people_of

PERIODS = {"a cycle": ("2025-11-01", "2025-12-31"), "a day": ("2025-11-01", "2025-11-01")}
ROW_FIELDS = [field.name for field in fields(Draft) if field.name != "role" and not field.name.startswith("stop_")]
TILL = {"lost_stolen", "skimming"}

every_scenario = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda scenario: scenario.name)


@lru_cache(maxsize=16)
def people(customers, merchants, period):
    start, end = PERIODS[period]
    sizes = {"customers": customers, "merchants": merchants}
    return people_of(sizes=sizes, start=start, end=end, rows=5000)


def planned(scenario, asked, size=(900, 600, "a cycle"), cycle=0):
    """Return a scenario's draft for (frauds, look-alikes, free), with the scene it was made for."""
    who = people(*size)
    volume = who.world.volume
    windows = volume.cycle(cycle)
    rows = np.array([volume.rows(0, window) for window in windows])
    scene = Scene(who, who.trips(cycle), Cycle(0, cycle, windows, rows), scenario)
    return scenario.plan(scene, *asked), scene


SIZES = st.tuples(st.sampled_from([1, 3, 900]), st.sampled_from([1, 5, 600]), st.sampled_from(sorted(PERIODS)))


@every_scenario
@settings(max_examples=25)
@given(st.integers(0, 90), st.integers(0, 200), st.sampled_from([0, 1, 500]), SIZES)
def test_the_contract(scenario, frauds, look_alikes, free, size):
    draft, scene = planned(scenario, (frauds, look_alikes, free), size)
    roles = np.bincount(draft.role, minlength=3)
    identity = (np.minimum(draft.role, 1) << 40) | (draft.role << 30) | (draft.episode << PLACE_BITS) | draft.place

    assert roles[FRAUD] == frauds
    assert roles[LOOK_ALIKE] == look_alikes
    assert roles[VISIT] <= free
    assert {len(getattr(draft, name)) for name in ROW_FIELDS} == {len(draft.role)}
    assert len(np.unique(identity)) == len(identity)
    assert len(draft.stop_card) == len(draft.stop_time)
    within = {
        "place": 1 << PLACE_BITS,
        "episode": 1 << (EPISODE_BITS - 1),
        "card": len(scene.people.active),
        "time": len(scene.windows) * MICROS_PER_DAY,
        "kind": len(scene.world.kinds),
        "merchant": len(scene.world.merchants),
    }
    for name, limit in within.items():
        values = getattr(draft, name)
        assert values.min(initial=0) >= 0, name
        assert values.max(initial=0) < limit, name
    assert (draft.ticket > 0).all()
    assert draft.network.min(initial=0) >= OWN_NETWORK
    assert draft.network.max(initial=0) < len(scene.people.address_book)
    assert not (draft.magstripe & draft.online).any()
    assert (draft.device[draft.role != FRAUD] >= 0).all()


@every_scenario
@settings(max_examples=10)
@given(st.integers(1, 60), st.integers(0, 100))
def test_episodes_are_one_card_in_order_of_time(scenario, frauds, look_alikes):
    draft, _ = planned(scenario, (frauds, look_alikes, 50))
    for role in (FRAUD, LOOK_ALIKE, VISIT):
        at = np.flatnonzero(draft.role == role)
        order = at[np.lexsort((draft.place[at], draft.episode[at]))]
        same = draft.episode[order][1:] == draft.episode[order][:-1]
        assert (draft.card[order][1:][same] == draft.card[order][:-1][same]).all()
        assert (np.diff(draft.time[order])[same] > 0).all()


@every_scenario
@settings(max_examples=10)
@given(st.integers(5, 60), st.integers(0, 60), st.integers(0, 100))
def test_more_look_alikes_leave_the_frauds_and_more_frauds_leave_the_first_episodes(scenario, frauds, more, honest):
    base, _ = planned(scenario, (frauds, 0, 0))
    other, _ = planned(scenario, (frauds, honest, 80))
    longer, _ = planned(scenario, (frauds + more, 0, 0))
    mine = other.role == FRAUD
    whole = base.episode < base.episode.max()

    for name in ROW_FIELDS:
        assert (getattr(base, name) == getattr(other, name)[mine]).all(), name
        if name == "campaign" or scenario.name == "skimming":
            continue
        first = getattr(longer, name)[: len(base.role)]
        assert (getattr(base, name)[whole] == first[whole]).all(), name


@every_scenario
def test_cycles_and_seeds_plan_other_episodes(scenario):
    first, _ = planned(scenario, (40, 40, 40))
    second, _ = planned(scenario, (40, 40, 40), cycle=1)

    assert (first.card[:40] != second.card[:40]).mean() > 0.5
    assert (first.time[:40] != second.time[:40]).all()


@every_scenario
def test_frauds_are_at_tills_or_online_as_the_scenario_says_and_stops_are_its_cards(scenario):
    draft, scene = planned(scenario, (60, 0, 0))

    assert (draft.online == (scenario.name not in TILL)).all()
    assert (len(draft.stop_card) > 0) == (scenario.name == "lost_stolen")
    for card, time in zip(draft.stop_card, draft.stop_time, strict=True):
        assert time in draft.time[draft.card == card]
    lanes = scene.people.lane[draft.card]
    assert ((lanes >= scenario.lanes.start) & (lanes < scenario.lanes.stop)).all()


def test_scenarios_have_codes_and_lanes_of_their_own():
    codes = [scenario.code for scenario in SCENARIOS.values()]
    lanes = [lane for scenario in SCENARIOS.values() for lane in scenario.lanes]

    assert len(set(codes)) == len(codes)
    assert all(1 <= code < 24 for code in codes)
    assert len(set(lanes)) == len(lanes)
    assert max(lanes) < 24
    assert len({scenario.look_alike for scenario in SCENARIOS.values()}) == len(codes)
    assert all(name == scenario.name for name, scenario in SCENARIOS.items())


def test_blocks_share_the_breached_tills():
    scenario = SCENARIOS["skimming"]
    sites = []
    for block in (0, 1):
        who = people_of(block, sizes={"customers": 33_500, "merchants": 600})
        rows = np.full(28, 100)
        scene = Scene(who, who.trips(0), Cycle(block, 0, range(28), rows), scenario)
        draft = scenario.plan(scene, 40, 0, 40)
        visit = draft.role == VISIT
        sites.append(set(zip(draft.campaign[visit].tolist(), draft.merchant[visit].tolist(), strict=True)))

    assert sites[0] == sites[1]
    assert len(sites[0]) == 4
