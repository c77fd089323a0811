"""Company: which processes are at work at a destination, and who must not begin beside whom.

A process holds the name of its share, or of the whole, for as long as it works on a slice. What clears a stage may only
be done while nobody holds a name there. Both are decided behind one gate, so that nobody begins in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from rowmill.core.errors import DestinationError, RowmillError
from rowmill.run.request import Slice
from rowmill.sinks.base import Destination

_GATE = "gate"
_RUN = "run"


class AtWorkError(DestinationError):
    """Another process is at work on what this one would make or clear."""


@contextmanager
def gate(target: Destination) -> Iterator[None]:
    """Decide alone what to begin; held for moments, so others wait."""
    with target.locks.hold(_GATE, wait=True):
        yield


@contextmanager
def alone(target: Destination, label: str, what: Slice) -> Iterator[None]:
    """Keep other processes from making the same share of the same slice.

    Raises:
        AtWorkError: if one is at it.
    """
    share = "" if what.part is None else f"-{what.part[0]}of{what.part[1]}"
    name = f"{label}/{_RUN}{share}"
    with target.locks.hold(name) as held:
        if not held:
            raise _refused(target, label, name)
        yield


def refuse_company(target: Destination, labels: Iterable[str]) -> None:
    """Refuse to clear slices that a process is at work on, be it on one share of the parts.

    Raises:
        AtWorkError: naming the process.
    """
    for label in dict.fromkeys(labels):
        for name in target.locks.names(label):
            if name.rpartition("/")[2].partition("-")[0] != _RUN:
                continue
            with target.locks.hold(name) as held:
                if not held:
                    raise _refused(target, label, name)


def sweep(target: Destination) -> None:
    """Let go of the names that processes held when they were killed; what this process may not write stays."""
    if left := target.locks.all():
        with suppress(RowmillError), gate(target):
            for name in left:
                with target.locks.hold(name):
                    pass


def _refused(target: Destination, label: str, name: str) -> AtWorkError:
    holder = target.locks.holder(name)
    by = "another process" if holder is None else f"another process ({holder})"
    return AtWorkError(
        f"{target.shown}: slice {label} is being written by {by}; wait for it, end it, or choose another folder"
    )
