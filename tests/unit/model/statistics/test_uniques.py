from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.draw.words import mix
from rowmill.model.statistics import uniques

HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=400)


def noted(*groups):
    registers = uniques.no_values()
    for group in groups:
        uniques.note(registers, np.array(group, np.uint64))
    return registers


@given(st.lists(HASHES, max_size=4), st.randoms())
def test_order_company_and_repetition_change_nothing(groups, random):
    together = noted([each for group in groups for each in group])
    random.shuffle(groups)

    assert (noted(*groups, *groups) == together).all()
    text = uniques.stored(uniques.no_values())
    for group in groups:
        text = uniques.of_both(text, uniques.stored(noted(group)))
    assert text == uniques.stored(together)
    assert (uniques.parsed(text) == together).all()


@pytest.mark.parametrize("count", [0, 1, 12, 200, 1_000, 30_000, 1_000_000])
def test_about_as_many_are_told_as_there_are(count):
    registers = noted(mix(np.arange(count, dtype=np.uint64)))

    assert abs(uniques.estimate(registers) - count) <= 1 + 0.2 * count


@pytest.mark.parametrize("text", ["", "0" * 255, ".z.z.z.z.z", "ABC"])
def test_what_is_no_registers_is_not_read(text):
    with pytest.raises(ValueError, match="registers"):
        uniques.parsed(text)
