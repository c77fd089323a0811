from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.model.statistics.bins import MOST_BINS, Bins

FLOATS = st.lists(st.floats(allow_subnormal=True), max_size=300)
WHOLE = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-500, 500), max_size=300)


def of(numbers, kind):
    return Bins.of(np.array(numbers, kind))


@given(st.lists(FLOATS, max_size=4), st.randoms())
def test_bins_of_a_union_are_those_of_its_pieces_in_any_order(pieces, random):
    whole = of([number for piece in pieces for number in piece], float)
    random.shuffle(pieces)
    total = Bins()
    for piece in pieces:
        total += of(piece, float)

    assert total == whole
    assert len(whole.counts) <= MOST_BINS
    assert whole.total == sum(math.isfinite(number) for piece in pieces for number in piece)


@given(WHOLE, WHOLE)
def test_whole_numbers_close_together_or_far_apart_have_the_same_bins(one, other):
    together = of([*one, *other], np.int64)

    assert of(one, np.int64) + of(other, np.int64) == together
    assert Bins.of(np.array([*one, *other], np.int64), np.ones(len(one) + len(other), np.int64)) == together


@given(st.lists(st.integers(-30_000, 30_000), min_size=1, max_size=200))
def test_a_number_has_the_same_bin_in_every_width(numbers):
    assert of(numbers, np.int16) == of(numbers, np.int64) == of(numbers, float)


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=500), st.floats(0, 1))
def test_a_quantile_lies_in_the_bin_of_the_number_that_has_it(numbers, share):
    bins = of(numbers, float)
    exact = sorted(numbers)[min(len(numbers) - 1, max(0, math.ceil(share * len(numbers)) - 1))]
    begin, end = bins.edges()
    at = int(np.searchsorted(begin, exact + 0.0, side="right")) - 1

    assert begin[at] <= bins.quantile(share) <= end[at]


def test_narrow_numbers_have_narrow_bins():
    degrees = np.random.default_rng(1).normal(36.7, 0.3, 20_000)

    bins = of(degrees, float)

    assert abs(bins.quantile(0.5) - np.median(degrees)) < 0.03
    assert abs(bins.quantile(0.99) - np.quantile(degrees, 0.99)) < 0.06


def test_no_number_has_no_quantile():
    assert math.isnan(Bins().quantile(0.5))


@pytest.mark.parametrize(("places", "counts"), [((1, 0), (2, 2)), ((1,), (1, 1)), ((3, -1), (1, 1))])
def test_what_no_numbers_have_are_no_bins(places, counts):
    with pytest.raises(ValueError, match="not those of bins"):
        Bins(0, places, counts)
