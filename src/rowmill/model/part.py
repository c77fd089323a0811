"""Parts: the unit of work, retry, resume and shipping. A part is a rectangle of tiles that becomes one file or more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks [block_start, block_stop) × windows [window_start, window_stop) of one table."""

    table: str
    index: int
    """Number of the part within its table's slice, from 0; it names the file and seeds nothing."""
    block_start: int
    block_stop: int
    window_start: int
    window_stop: int

    @property
    def name(self) -> str:
        """Return a name that is unique within a plan."""
        return f"{self.table}-{self.index:05d}"

    @property
    def blocks(self) -> range:
        """Return the blocks of the part."""
        return range(self.block_start, self.block_stop)

    @property
    def windows(self) -> range:
        """Return the windows of the part."""
        return range(self.window_start, self.window_stop)

    def covers_the_same(self, other: Part) -> bool:
        """Return whether another part has the same blocks and windows, of whatever table."""
        return (self.blocks, self.windows) == (other.blocks, other.windows)

    def is_followed_by(self, other: Part) -> bool:
        """Return whether another part goes on with the same blocks, of whatever table."""
        return self.blocks == other.blocks and self.window_stop == other.window_start

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which ``Part(**data)`` makes an equal part."""
        return asdict(self)


def next_part(waiting: list[Part], last: Part | None, elsewhere: Sequence[Part] = ()) -> Part:
    """Take the part to make after another one out of those that wait, the first of which stands last.

    A table may remember what it knows of its tiles. So another table of the same tiles comes first, then what follows
    them in time; and last what others have begun. Blocks are begun at the earliest part that waits.

    Args:
        waiting: parts to choose from.
        last: what the same process made last.
        elsewhere: what other processes make now.
    """
    begun = {part.blocks for part in elsewhere}
    places = range(len(waiting) - 1, -1, -1)
    for wish in () if last is None else (last.covers_the_same, last.is_followed_by):
        for place in places:
            if wish(waiting[place]):
                return waiting.pop(place)
    first = next((waiting[place] for place in places if waiting[place].blocks not in begun), waiting[-1])
    alike = (place for place in places if (waiting[place].table, waiting[place].blocks) == (first.table, first.blocks))
    return waiting.pop(min(alike, key=lambda place: waiting[place].window_start))
