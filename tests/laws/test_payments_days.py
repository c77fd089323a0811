"""Days of payments alone: a later day equals the backfill's, and costs a bounded look back."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from laws.contents import build, examples, tile_rows
from laws.domains import open_payments
from rowmill.domains.payments.flow import Flow

MONTH = 31


@examples(12)
@given(fields=open_payments(), day=st.integers(1, 75), columns=st.sampled_from([None, ["amount", "previous_txn_id"]]))
@example(fields={"seed": 2, "rows_per_day": 300, "start": "2025-10-20"}, day=60, columns=None)
def test_a_later_day_alone_is_the_backfill_s_with_its_links(fields, day, columns):
    whole, alone = build("payments", fields), build("payments", fields)

    for table in ("transactions", "labels"):
        names = None if columns is None or table == "labels" else columns
        expected = tile_rows(whole, table, 0, range(day + 1), names)
        assert tile_rows(alone, table, 0, range(day, day + 1), names)[day].equals(expected[day])


@pytest.mark.parametrize("seed", [1, 2])
def test_a_later_day_of_several_blocks_is_the_backfill_s(seed):
    sizes = {"customers": 33_500, "merchants": 500}
    fields = {"seed": seed, "rows_per_day": 7000, "start": "2025-03-01", "sizes": sizes}
    whole, alone = build("payments", fields), build("payments", fields)

    assert whole.tables["transactions"].blocks == 2
    for block in range(2):
        expected = tile_rows(whole, "transactions", block, range(36))[35]
        assert expected.num_rows > 0
        assert tile_rows(alone, "transactions", block, range(35, 36))[35].equals(expected)


@pytest.fixture
def looked_at(monkeypatch):
    """Return the list of windows whose counts a fold asks for."""
    windows = []
    counts = Flow.day

    def noted(flow, window):
        windows.append(window)
        return counts(flow, window)

    monkeypatch.setattr(Flow, "day", noted)
    return windows


@pytest.mark.parametrize("block_days", [1, 14, 28])
@pytest.mark.parametrize("day", [400, 3000])
def test_a_far_day_counts_back_a_month_and_a_block_at_most(looked_at, block_days, day):
    fraud = {"block_days": block_days}
    fields = {"seed": 8, "rows_per_day": 2000, "start": "2020-01-01", "fraud_rate": 0.05, "fraud": fraud}
    dataset = build("payments", fields)

    rows = tile_rows(dataset, "transactions", 0, range(day, day + 1))[day]

    assert rows.num_rows == 2000
    assert rows["previous_txn_id"].null_count == 0
    assert min(looked_at) >= day - MONTH - block_days - 3
    assert len(looked_at) <= MONTH + block_days + 4


def test_columns_that_link_to_nothing_look_at_one_day(looked_at):
    dataset = build("payments", {"seed": 8, "rows_per_day": 500, "start": "2020-01-01"})

    tile_rows(dataset, "transactions", 0, range(3000, 3001), ["amount", "merchant_id"])

    assert looked_at == [3000]
