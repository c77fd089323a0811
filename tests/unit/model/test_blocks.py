from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.model.blocks import Blocks


@given(st.integers(0, 500), st.integers(1, 90))
def test_blocks_cover_every_entity_once_and_say_which_is_whose(entities, size):
    blocks = Blocks(entities, size)
    numbers = [number for block in range(blocks.count) for number in blocks.range(block)]

    assert numbers == list(range(entities))
    assert all(0 < len(blocks.range(block)) <= size for block in range(blocks.count))
    assert all((blocks.of(blocks.numbers(block)) == block).all() for block in range(blocks.count))


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 90))
def test_an_entity_stays_in_its_block_however_many_there_are(few, more, size):
    numbers = np.arange(few, dtype=np.int32)

    assert Blocks(few, size).of(numbers).tolist() == Blocks(few + more, size).of(numbers).tolist()


def test_numbers_that_nobody_has_are_in_no_block():
    blocks = Blocks(10, 4)

    assert blocks.of(np.array([-5, -1, 0, 9, 10, 1 << 40])).tolist() == [-1, -1, 0, 2, -1, -1]
    assert list(blocks.range(3)) == []


@pytest.mark.parametrize(("entities", "size"), [(-1, 4), (4, 0)])
def test_blocks_of_nothing_are_refused(entities, size):
    with pytest.raises(ValueError, match="blocks: got"):
        Blocks(entities, size)
