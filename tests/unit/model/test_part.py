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


def test_the_blocks_that_another_process_is_at_come_last():
    parts = [Part(name, block, block, block + 1, 0, 5) for block in range(3) for name in ("events", "snapshots")]
    waiting, at_work = list(reversed(parts)), [parts[0]]
    waiting.pop()

    made = []
    while waiting:
        made.append(next_part(waiting, made[-1] if made else None, at_work))

    assert made == [*parts[2:], parts[1]]


def test_the_next_years_of_the_same_blocks_come_before_other_blocks():
    spans = ((0, 7), (7, 14), (14, 20))
    waiting = [Part(name, 0, block, block + 1, *span) for span in spans for block in (1, 0) for name in "se"]
    made = []
    while waiting:
        made.append(next_part(waiting, made[-1] if made else None))

    assert [(part.block_start, part.window_start, part.table) for part in made] == [
        (block, span[0], name) for block in (0, 1) for span in spans for name in "es"
    ]


@given(PARTS)
def test_every_part_is_taken_once_and_the_first_blocks_first(parts):
    waiting, taken = list(reversed(parts)), []
    while waiting:
        taken.append(next_part(waiting, taken[-1] if taken else None, taken[-3:-1]))

    assert (taken[0].table, taken[0].blocks) == (parts[0].table, parts[0].blocks)
    assert sorted(taken, key=parts.index) == parts
