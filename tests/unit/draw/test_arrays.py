from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rowmill.draw.arrays import in_time_order, owners, spans

COUNTS = st.lists(st.integers(0, 5), max_size=30)


@given(COUNTS)
def test_owners_are_repeated_as_often_as_they_have_rows(counts):
    count = np.array(counts, np.int64)

    assert owners(count).tolist() == np.repeat(np.arange(len(count)), count).tolist()


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 5)), max_size=20))
def test_spans_follow_one_another(pairs):
    start = np.array([s for s, _ in pairs], np.int64)
    length = np.array([n for _, n in pairs], np.int64)

    assert spans(start, length).tolist() == [s + i for s, n in pairs for i in range(n)]


@given(st.lists(st.integers(0, 86_400_000_000 - 1) | st.integers(0, 3), max_size=60))
def test_order_by_time_is_stable(times):
    order, moment = in_time_order(np.array(times, np.int64))
    expected = sorted(range(len(times)), key=lambda i: (times[i], i))

    assert order.tolist() == expected
    assert moment.tolist() == [times[i] for i in expected]
