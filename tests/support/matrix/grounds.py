"""Where faults are tried: each kind of destination, how things are set up there, and what a stranger finds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from support.matrix import databases, disks, stores
from support.matrix.apart import Outcome
from support.matrix.steps import die


class Doing(Protocol):
    """Work that was begun."""

    def outcome(self) -> Outcome:
        """Wait until it ends."""


class Ground(Protocol):
    """A destination to make faults at, for one job after the other."""

    whole: str
    """What changes at once: ``all`` that is there, each ``table``, or each ``file``."""
    apart: bool
    """Whether work goes on in other processes, which can be killed."""

    def prepare(self, begin: Callable[[str], object]) -> None:
        """Say how every place begins."""

    def place(self) -> str:
        """Return the location of one that is as at the beginning; others are forgotten."""

    def do(self, work: Callable[[], Any], at: int = 0, happens: Callable[[], None] = die) -> Doing:
        """Begin work, at one of whose steps something happens."""

    def sight(self, out: str) -> tuple[dict[str, str], set[str]]:
        """Return what a stranger finds: content by name of files or tables, and the names of all that is there."""

    def harm(self, out: str, path: str, how: str) -> set[str]:
        """Do harm to a file; return the paths of what was harmed, none where such harm cannot be done."""


GROUNDS: dict[str, Callable[[Path], Ground]] = {
    "az": stores.az,
    "duckdb": disks.DuckFile,
    "file": disks.Folder,
    "memory": stores.Memory,
    "postgresql": databases.Postgres,
    "s3": stores.s3,
}
"""By scheme; each is given a folder of its own."""


@dataclass(frozen=True, slots=True)
class Stand:
    """How things stand somewhere."""

    told: tuple[tuple[str, str], ...]
    """Label and digest of the slices that the records tell."""
    shown: bool
    """Whether the records say that all is in its place."""
    seen: dict[str, str]
    """Content by name of files or tables, as a stranger finds it."""
    names: frozenset[str]
    """Of all that is there, bookkeeping too."""


def stand(ground: Ground, out: str) -> Stand:
    """Return how things stand at a location."""
    from rowmill.run.books.survey import survey
    from rowmill.sinks.registry import destination

    slices = survey(destination(out)).slices
    seen, names = ground.sight(out)
    alike = frozenset(re.sub(r"manifest-\w+", "manifest", name) for name in names)
    return Stand(tuple((e.label, e.digest) for e in slices), all(e.pending is None for e in slices), seen, alike)
