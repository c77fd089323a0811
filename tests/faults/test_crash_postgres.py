"""A process may die at any exchange with PostgreSQL: readers see the old rows or the new, never a mixture."""

from __future__ import annotations

import pytest

from support.crash_postgres import SCENARIOS, explore
from support.postgres import shared_server
from support.switches import switch

STRIDE = 1 if switch("ROWMILL_FAULTS", "") else 173


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_at_any_exchange_with_a_server_leaves_what_can_be_completed(name):
    found = explore(shared_server(), name, STRIDE)

    assert found["wrong"] == []
    assert found["steps"] > 60
