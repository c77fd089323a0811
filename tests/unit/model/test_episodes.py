"""Episodes of any entity, here faults of sensors: as many as are owed, each with its identity, in rows that exist."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.errors import SpecError
from rowmill.core.keys import Key
from rowmill.model.episodes import (
    FREE,
    LANES,
    LOOK_ALIKE,
    OWED,
    Crowd,
    Cycle,
    EpisodeDraft,
    EpisodeScene,
    Planner,
    Roles,
    Terms,
    lanes_of,
    planned,
    scheduled,
)
from rowmill.model.episodes.schedule import CYCLE_BITS, fitted

KEY = Key.from_seed(5).child("sensors")
SENSORS = np.arange(300, dtype=np.int64) * 7
CROWD = Crowd(SENSORS, lanes_of(KEY.child("lanes"), SENSORS))
ROLES = Roles("faults", "glitches", "services", "ask for a lower fault_rate")
HOUR = 3_600_000_000
GAPS = np.linspace(1e6, HOUR, 256).astype(np.int64)
LANES_OF = {"stuck": range(8), "drift": range(8, 20), "noise": range(20, 32)}
CODES = {name: code for code, name in enumerate(LANES_OF, 1)}


def cycle_of(rows, block=0, number=0):
    first = number * len(rows)
    return Cycle(block, number, range(first, first + len(rows)), np.array(rows, np.int64), HOUR)


def faults(cycle, name):
    """Return the plan of a kind of fault: some readings in a row, off by a draw."""

    def plan(asked):
        scene = EpisodeScene(cycle, CROWD, LANES_OF[name], KEY.child(name, str(cycle.number), str(cycle.block)))
        drafts = []
        for role, rows in ((OWED, asked.owed), (LOOK_ALIKE, asked.look_alikes), (FREE, min(asked.free, 2))):
            run = scene.episodes(role, rows, (1, 2, 5))
            start = scene.start_windows(f"start {role}", len(run)) * cycle.span
            time = scene.pace(f"pace {role}", start, run, GAPS)
            off = scene.word(f"off {role}", np.arange(rows)).view(np.int64) >> 44
            sensor = scene.victims(len(run))[run.of_row]
            drafts.append(EpisodeDraft(run.of_row, run.place, sensor, time, np.full(rows, role), {"off": off}))
        return drafts

    return plan


def made(cycle, owed, weights, *, look_alikes=0.5, change=lambda draft: draft):
    """Return the schedule of faults by weight, and the counts of each scenario by role."""
    terms = Terms(owed, look_alikes, (int(cycle.rows.sum()) - owed) // 4, ROLES)
    planners = [
        Planner(name, CODES[name], weight, lambda asked, name=name: [change(d) for d in faults(cycle, name)(asked)])
        for name, weight in sorted(weights.items())
    ]
    return scheduled(cycle, planned(cycle, terms, planners, KEY.child("schedule")), 53, {"off": np.int64})


SOME_WEIGHTS = st.dictionaries(st.sampled_from(sorted(LANES_OF)), st.floats(0.01, 10), min_size=1)


@given(st.lists(st.integers(0, 90), min_size=1, max_size=12), st.floats(0, 1), SOME_WEIGHTS, st.floats(0, 4))
def test_faults_are_those_owed_and_no_window_holds_more_than_its_rows(rows, share, weights, look_alikes):
    cycle = cycle_of(rows, block=3, number=2)
    owed = int(share * sum(rows))
    plan = made(cycle, owed, weights, look_alikes=look_alikes)
    roles = np.bincount(plan.role, minlength=3)

    assert roles[OWED] == owed
    assert roles[LOOK_ALIKE] + roles[FREE] <= (sum(rows) - owed) // 4
    assert (np.bincount(plan.window - cycle.windows.start, minlength=len(rows)) <= cycle.rows).all()
    assert ((plan.moment >= 0) & (plan.moment < cycle.span)).all()
    assert len(np.unique(plan.identity)) == len(plan) == len(plan.values["off"])
    assert (np.lexsort((plan.moment, plan.entity, plan.window)) == np.arange(len(plan))).all()
    assert sum(len(plan.within(window)) for window in cycle.windows) == len(plan)
    for name, weight in weights.items():
        mine = (plan.code == CODES[name]) & (plan.role == OWED)
        assert abs(mine.sum() - owed * weight / sum(weights.values())) <= 1 + owed / 1000


def by_identity(plan, *, of):
    """Return (window, moment, sensor, value) of each faulty row of a scenario by its identity."""
    mine = np.flatnonzero((plan.code == CODES[of]) & (plan.role == OWED))
    columns = (plan.window, plan.moment, plan.entity, plan.values["off"])
    return dict(zip(plan.identity[mine].tolist(), zip(*(c[mine].tolist() for c in columns), strict=True), strict=True))


@given(st.integers(40, 200), st.floats(1, 3))
def test_a_scenario_more_takes_rows_and_changes_none_of_the_others(owed, weight):
    cycle = cycle_of([1000] * 6)
    before = made(cycle, owed, {"stuck": 1.0, "drift": 2.0})
    after = made(cycle, owed, {"stuck": 1.0, "drift": 2.0, "noise": weight})

    assert (after.role == OWED).sum() == (before.role == OWED).sum() == owed
    for name in ("stuck", "drift"):
        old, new = by_identity(before, of=name), by_identity(after, of=name)
        cut = max(new) >> 5
        assert new.keys() < old.keys()
        assert all(old[identity] == row for identity, row in new.items() if identity >> 5 != cut)


@given(st.integers(1, 200), st.sampled_from(sorted(LANES_OF)))
def test_victims_come_each_once_before_any_comes_again_and_in_the_same_order(count, name):
    scene = EpisodeScene(cycle_of([100]), CROWD, LANES_OF[name], KEY.child(name))
    pool = np.flatnonzero(np.isin(CROWD.lane, LANES_OF[name]))
    victims = scene.victims(count)
    times = np.bincount(victims, minlength=len(SENSORS))[pool]

    assert set(victims) <= set(pool)
    assert times.max() - times.min() <= 1
    assert (scene.victims(count + 9)[:count] == victims).all()
    preferred = CROWD.number % 2 == 0
    assert (CROWD.number[scene.victims(count, preferred)] % 2 == 0).all()
    assert len(np.unique(CROWD.lane)) == LANES


@given(st.integers(0, 300), st.lists(st.integers(1, 32), min_size=1, max_size=4))
def test_rows_are_grouped_into_episodes_of_the_sizes_asked_for(rows, sizes):
    run = EpisodeScene(cycle_of([1]), CROWD, range(8), KEY).episodes(OWED, rows, sizes)

    assert run.size.sum() == len(run.of_row) == rows
    assert set(run.size[:-1].tolist()) <= set(sizes)
    assert run.place.tolist() == [place for size in run.size for place in range(size)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: replace(d, role=np.full(len(d.role), LOOK_ALIKE)), "faults, glitches and services; asked for 40, "),
        (lambda d: replace(d, role=d.role + 3), "mend its plan"),
        (lambda d: replace(d, episode=d.episode + (1 << 19)), "524,288 of faults .* fit: ask for a lower fault_rate"),
        (lambda d: replace(d, place=d.place + 32), "at most 32 fit: make shorter ones"),
    ],
    ids=["roles", "strange roles", "episodes", "places"],
)
def test_a_plan_that_breaks_a_promise_is_refused(change, message):
    with pytest.raises(SpecError, match=message) as caught:
        made(cycle_of([500]), 40, {"stuck": 1.0}, change=change)

    assert str(caught.value).startswith("scenario stuck: ")


def test_a_cycle_that_identities_do_not_hold_is_refused():
    last = 1 << CYCLE_BITS
    plan = made(cycle_of([500], block=1, number=last - 1), 40, {"stuck": 1.0})

    assert not set(plan.identity) & set(made(cycle_of([500], block=2), 40, {"stuck": 1.0}).identity)
    with pytest.raises(SpecError, match=r"^cycle 1,025 of a period: .* tell 1,024 apart; choose a shorter period$"):
        made(cycle_of([500], block=1, number=last), 40, {"stuck": 1.0})


def test_entities_that_fall_silent_are_kept_with_their_window_and_moment():
    def silenced(draft):
        last = draft.time[:1] if draft.role[0] == OWED else draft.time[:0]
        return replace(draft, stop_entity=draft.entity[: len(last)], stop_time=last)

    plan = made(cycle_of([50] * 4, number=3), 12, {"drift": 1.0}, change=silenced)
    falls = (plan.window == plan.stop_window) & (plan.moment == plan.stop_moment) & (plan.entity == plan.stop_entity)

    assert len(plan.stop_entity) == 1
    assert falls.any()
    assert plan.within(12).stop_entity.tolist() == plan.stop_entity.tolist()


@st.composite
def crowded_windows(draw):
    windows = draw(st.integers(1, 8))
    rows = np.array(draw(st.lists(st.integers(0, 6), min_size=windows, max_size=windows)), np.int64)
    most = int(rows.sum())
    window = np.array(draw(st.lists(st.integers(0, windows - 1), max_size=most)), np.int64)
    moment = np.array(draw(st.lists(st.integers(0, 99), min_size=len(window), max_size=len(window))), np.int64)
    return window, moment, rows


@given(crowded_windows(), st.integers(0, 3))
def test_what_a_window_cannot_hold_moves_to_the_next_ones_and_then_back(crowd, first):
    window, moment, rows = crowd
    cycle = Cycle(0, 0, range(first, first + len(rows)), rows)
    fitting = fitted(cycle, window, moment) - first
    held = np.bincount(fitting, minlength=len(rows))

    assert (held <= rows).all()
    assert held.sum() == len(window)
    if (np.bincount(window, minlength=len(rows)) <= rows).all():
        assert (fitting == window).all()
    order = np.lexsort((moment, window))
    assert (np.diff(fitting[order]) >= 0).all()
