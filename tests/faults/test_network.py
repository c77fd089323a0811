"""What stores and networks do to requests: what is committed is what a clean run makes, and nothing else is shown."""

from __future__ import annotations

import pytest

from support.network import FAULTS, Trials, on_a_network
from support.switches import switch

ALL = int(switch("ROWMILL_FAULTS", "0"))
SEED = 11


@pytest.fixture(scope="module")
def trials():
    with on_a_network() as proxy:
        yield Trials(proxy, SEED)


@pytest.mark.parametrize("block", range(max(ALL // 50, 1)))
def test_every_fault_passes_where_it_is_rare_and_a_run_that_it_ends_is_resumed(block, trials, record_property):
    size, before = (50 if ALL else 8), trials.met

    wrong = [said for number in range(block * size, (block + 1) * size) if (said := trials.wrong(number))]

    record_property("faults", f"network: {size} runs met {trials.met - before} faults, seed {SEED}, block {block}")
    assert wrong == []
    assert trials.met - before > size


@pytest.mark.parametrize("fault", FAULTS if ALL else ("lost", "truncated"))
def test_a_fault_at_the_request_that_commits_is_survived(fault, trials, record_property):
    said = trials.meets("whole", fault, trials.commits("whole"), 1)

    record_property("faults", f"network: the commit met {fault}")
    assert not said
