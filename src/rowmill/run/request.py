"""What a run is asked to write of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from rowmill.core.errors import UsageError
from rowmill.model.dataset import Dataset
from rowmill.run.settings import RunSettings

if TYPE_CHECKING:
    from rowmill.run.making.executors import Executor
    from rowmill.run.origin import Origin

Mode = Literal["new", "resume", "overwrite"]
"""What a run may do about what stands at its destination."""
Share = tuple[int, int]
"""(i, n), 1-based: the i-th of n shares of a run's parts, which one machine makes."""
_MOST_SHARES = 1_000_000


def known_mode(mode: Mode) -> Mode:
    """Return a mode.

    Raises:
        UsageError: if there is no such mode.
    """
    if mode not in get_args(Mode):
        raise UsageError(f"mode {mode!r}: there is none; give one of {', '.join(get_args(Mode))}")
    return mode


@dataclass(frozen=True, slots=True)
class Slice:
    """A range of windows, some columns of the main table, and which machine's share of the parts.

    Tables without time (catalogs) always come whole; columns concern the main table alone.
    """

    windows: range | None = None
    """Windows of the dataset's calendar, consecutive; None for the whole of a closed period."""
    columns: tuple[str, ...] | None = None
    """Columns of the main table, in any order; None for all."""
    part: Share | None = None
    """Share of the parts to make; None for all of them."""

    def __post_init__(self) -> None:
        """Refuse a share that does not exist and windows that are no range of consecutive numbers."""
        if self.part is not None and not 1 <= self.part[0] <= self.part[1]:
            i, n = self.part
            raise UsageError(f"--part {i}/{n}: i runs from 1 to n; give --part 1/{max(n, 1)} or a later one")
        if self.part is not None and self.part[1] > _MOST_SHARES:
            raise UsageError(f"--part {self.part[0]}/{self.part[1]}: at most {_MOST_SHARES:,} shares can be made")
        if self.windows is not None and (len(self.windows) == 0 or self.windows.step != 1):
            raise UsageError(f"windows {self.windows}: must be one or more consecutive windows")


WHOLE_PERIOD = Slice()
"""All windows, all columns, all parts."""


@dataclass(frozen=True, slots=True)
class Order:
    """All that a run is asked for."""

    dataset: Dataset
    settings: RunSettings
    slice: Slice
    mode: Mode
    executor: Executor | None = None
    """Who makes the parts; None for the one that the settings name."""
    origin: Origin | None = None
    """Where the rows are read instead of made: a committed slice of the same windows, tables and columns. An unfinished
    run that reads it into the same files is continued in every mode."""
    broken: frozenset[str] = frozenset()
    """Files of a committed slice that are to be made again though they have the size that they had."""

    @property
    def shared(self) -> bool:
        """Return whether several machines make the parts, so that a run under way may be joined."""
        return self.slice.part is not None
