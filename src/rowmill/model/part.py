"""Parts: the unit of work, retry, resume and shipping. A part is a rectangle of tiles that becomes one file or more."""

from __future__ import annotations

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

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which ``Part(**data)`` makes an equal part."""
        return asdict(self)
