from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rowmill.plan import Plan, plan
from rowmill.plan.planner import cut
from support.toy import toy

WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=60).map(lambda w: np.array(w, np.int64))


@given(WEIGHTS, st.integers(1, 10**9))
def test_a_cut_covers_every_position_once_in_order(weights, target):
    ranges = cut(weights, target)

    assert [n for piece in ranges for n in piece] == list(range(len(weights)))
    assert all(ranges)


@given(st.integers(1, 2000), st.integers(1, 500))
def test_even_weights_are_cut_evenly_and_near_the_target(count, target):
    weights = np.full(count, 7, np.int64)

    sizes = [7 * len(piece) for piece in cut(weights, target)]

    assert max(sizes) - min(sizes) <= 14
    assert max(sizes) <= max(1.2 * target + 7, 7)
    assert len(sizes) == 1 or sum(sizes) / len(sizes) > 0.6 * target


def test_a_million_rows_are_two_parts_for_one_row_more_too():
    days = np.full(30, 33_334, np.int64)

    assert len(cut(days, 500_000)) == 2


@dataclass(frozen=True)
class Size:
    blocks: int
    days: int
    rows: int
    part_rows: int


SIZES = st.builds(Size, st.integers(1, 7), st.integers(1, 9), st.integers(0, 5000), st.integers(1, 3000))


@given(SIZES, st.data())
def test_parts_tile_every_table_exactly(size, data):
    dataset = toy(blocks=size.blocks, days=size.days, rows=size.rows)
    start = data.draw(st.integers(0, size.days - 1))
    windows = range(start, data.draw(st.integers(start + 1, size.days)))

    made = plan(dataset, windows, part_rows=size.part_rows)

    for name, table in dataset.tables.items():
        parts = [part for part in made.parts if part.table == name]
        tiles = [(b, w) for part in parts for b in part.blocks for w in part.windows]
        span = windows if table.timed else range(1)
        assert sorted(tiles) == [(b, w) for b in range(table.blocks) for w in span]
        assert [part.index for part in parts] == list(range(len(parts)))
    weights = {part.name: weight for part, weight in zip(made.parts, made.weights, strict=True)}
    assert sum(weight for name, weight in weights.items() if name.startswith("events")) == sum(
        dataset.tables["events"].weight(b, w) for b in range(size.blocks) for w in windows
    )


@given(SIZES)
def test_no_block_is_split_by_windows_unless_it_is_too_heavy(size):
    dataset = toy(blocks=size.blocks, days=size.days, rows=size.rows)
    table = dataset.tables["events"]

    made = plan(dataset, range(size.days), part_rows=size.part_rows)

    for part in made.parts:
        if part.table == "events" and len(part.windows) < size.days:
            block = sum(table.weight(b, w) for b in part.blocks for w in range(size.days))
            assert block > 1.2 * size.part_rows


@given(SIZES)
def test_a_plan_survives_json_and_depends_on_nothing_else(size):
    dataset = toy(blocks=size.blocks, days=size.days, rows=size.rows)

    made = plan(dataset, range(size.days), part_rows=size.part_rows)

    assert Plan.from_json(made.to_json()) == made
    assert plan(dataset, range(size.days), part_rows=size.part_rows) == made


@given(SIZES, st.integers(1, 6))
def test_shares_are_disjoint_complete_and_heaviest_first(size, machines):
    made = plan(toy(blocks=size.blocks, days=size.days, rows=size.rows), range(size.days), part_rows=size.part_rows)
    weights = dict(zip(made.parts, made.weights, strict=True))

    shares = [made.share(i, machines) for i in range(1, machines + 1)]

    assert sorted(part.name for share in shares for part in share) == sorted(part.name for part in made.parts)
    assert all(weights[a] >= weights[b] for share in shares for a, b in pairwise(share))


def test_one_file_a_table_whatever_its_size():
    made = plan(toy(rows=5000), range(6), part_rows=10, single_file=True)

    assert [part.name for part in made.parts] == ["events-00000", "remarks-00000", "things-00000"]


def test_tables_can_be_left_out():
    made = plan(toy(), range(6), part_rows=10_000, without=frozenset({"things"}))

    assert {part.table for part in made.parts} == {"events", "remarks"}
