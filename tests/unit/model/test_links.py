from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.keys import Key
from rowmill.draw.choose import Weighted
from rowmill.draw.words import words
from rowmill.model.blocks import Blocks
from rowmill.model.columns import Column, ColumnSet
from rowmill.model.links import Anywhere, OwnBlock, refers
from rowmill.model.schema import Field

KEY = Key.from_seed(4)
OWNER = Field("owner_id", "int64", "Owner.", minimum=1)
WORDS = words(KEY, np.arange(20_000))


@given(st.integers(1, 5000), st.integers(1, 900), st.data())
def test_a_link_to_the_own_block_names_entities_of_it_alone(entities, size, data):
    blocks = Blocks(entities, size)
    block = data.draw(st.integers(0, blocks.count - 1))

    assert (blocks.of(OwnBlock(blocks).numbers(block, WORDS)) == block).all()


def test_the_entities_of_a_block_are_named_alike():
    found = np.bincount(OwnBlock(Blocks(50, 20)).numbers(1, WORDS), minlength=50)

    assert not found[:20].any()
    assert not found[40:].any()
    assert abs(found[20:40] - 1000).max() < 150


def test_a_link_to_anywhere_names_entities_by_their_weight():
    weights = np.array([0, 1, 5, 0, 14])
    link = Anywhere(Weighted.of(weights))
    found = np.bincount(link.numbers(0, WORDS), minlength=5)

    assert np.abs(found - 1000 * weights).max() < 200
    assert (link.numbers(7, WORDS) == link.numbers(0, WORDS)).all()


def test_a_foreign_key_counts_from_its_first_id_and_draws_by_its_own_name():
    blocks = Blocks(50, 20)
    column = refers(OWNER, OwnBlock(blocks), first=100)
    made = ColumnSet("things", ["block"], [column]).compute(["owner_id"], {"block": 2}, KEY, lambda: np.arange(9))

    expected = OwnBlock(blocks).numbers(2, words(KEY.child("owner_id"), np.arange(9))) + 100
    assert made["owner_id"].values.tolist() == expected.tolist()
    assert isinstance(column, Column)
    assert (column.needs, column.draws, column.field) == (("block",), True, OWNER)
