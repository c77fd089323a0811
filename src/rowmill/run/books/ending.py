"""Endings: what became of a run that other processes may have committed, dropped or replaced while it was made."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rowmill.core.errors import DestinationError
from rowmill.run.books.decide import find_done
from rowmill.run.books.manifests import entry_of
from rowmill.run.books.parts import Parts
from rowmill.run.books.records import Entry
from rowmill.run.books.run import Run
from rowmill.run.books.survey import Found, is_begun, survey
from rowmill.sinks.base import Destination


@dataclass(slots=True)
class Lookout:
    """Looks now and then whether a run goes on: who commits or drops it, takes it out of the head."""

    target: Destination
    run: Run
    seconds: float = 2.0
    """Between two looks at a folder; ten times as many where each is a request."""
    _looked: float = field(default_factory=time.monotonic)

    def is_over(self) -> bool:
        """Return whether the run was found to have ended; a look a moment ago is not repeated."""
        now = time.monotonic()
        if now < self._looked + self.seconds * (10 if self.target.local_folder is None else 1):
            return False
        self._looked = now
        return not is_begun(self.target, self.run)


def successor(target: Destination, found: Found, mine: Run) -> Entry:
    """Return the slice that others committed of a run which is planned no more.

    Raises:
        DestinationError: if they dropped it, or put another run in its place.
    """
    done = find_done(found, mine)
    entry = None if done is None else entry_of(target, done)
    if entry is not None and entry.layout == mine.job.layout:
        return entry
    raise DestinationError(
        f"{target.shown}: slice {mine.label} was overwritten by another run while this one was at work, of which "
        "nothing is kept; choose another folder for one of them"
    )


def is_committed(target: Destination, run: Run) -> bool:
    """Return whether a run is committed, and not all of it is published yet."""
    done = survey(target).slice(run.label)
    return done is not None and done.pending is not None and done.pending.run == run.stage.run


def ended(run: Run, parts: Parts) -> Entry | None:
    """Return what others committed of a run while it was made, None where it goes on; take away what nobody needs.

    Raises:
        DestinationError: if others put another run in its place.
    """
    found = survey(parts.target)
    if found.is_begun(run):
        return None
    done = found.slice(run.label)
    if done is None or done.pending is None or done.pending.run != run.stage.run:
        # Of a slice that is being published, what is staged is the slice.
        parts.drop()
    return successor(parts.target, found, run)
