"""Parts: which one is made after which."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rowmill.model.part import Part, next_part

PARTS = st.lists(
    st.builds(
        Part, st.sampled_from("abc"), st.integers(0, 9), st.integers(0, 3), st.just(4), st.integers(0, 3), st.just(4)
    ),
    unique=True,
    min_size=1,
)


def test_another_table_of_the_same_tiles_comes_next():
    events, snapshots = (Part(name, 0, 0, 1, 0, 5) for name in ("events", "snapshots"))
    heavy = Part("events", 1, 1, 2, 0, 5)
    waiting = [snapshots, heavy]

    assert next_part(waiting, events) == snapshots
    assert next_part(waiting, snapshots) == heavy
    assert not waiting


@given(PARTS)
def test_every_part_is_taken_once_and_the_first_one_first(parts):
    waiting, taken = list(reversed(parts)), []
    while waiting:
        taken.append(next_part(waiting, taken[-1] if taken else None))

    assert taken[0] == parts[0]
    assert sorted(taken, key=parts.index) == parts
