"""The job: what every part of a run shares, plain data that a worker on any machine can build the dataset from."""

from __future__ import annotations

from dataclasses import dataclass, field

from rowmill.domains.registry import domain
from rowmill.model.calendar import Calendar
from rowmill.model.dataset import Dataset
from rowmill.model.engine import MakesBeforehand
from rowmill.model.inputs import Inputs
from rowmill.model.part import Part
from rowmill.run.books.rebuild import dataset_of
from rowmill.run.books.records import Identity
from rowmill.run.naming import Names
from rowmill.run.origin import Origin
from rowmill.sinks.base import Stage
from rowmill.sinks.layout import Layout
from rowmill.sinks.remote import DEFAULT_REMOTE, Remote


@dataclass(frozen=True, slots=True)
class Job:
    """What every part of a run shares: all that a worker on any machine needs. Plain data."""

    identity: Identity
    location: str
    """Of the destination, with whatever it takes to write there."""
    stage: Stage
    layout: Layout
    names: Names
    batch_size: int = 65_536
    """Most rows handed to an encoder at once, on this machine."""
    remote: Remote = DEFAULT_REMOTE
    """How this machine reaches the destination."""
    inputs: Inputs = field(default_factory=dict)
    """The user's own files: their paths on this machine, or their contents."""
    made: str | None = None
    """Where an engine made the rows before, on this machine."""
    origin: Origin | None = None
    """Where the rows are read instead of made."""

    def folder(self, table: str, calendar: Calendar, window: int | None) -> str:
        """Return the folder of a table's file, with its partition; the window is None for a table without time."""
        return self.names.folder(self.identity.folder(table), calendar, window)

    def path(self, part: Part, calendar: Calendar, window: int | None) -> str:
        """Return where a part's file lies that begins with a window, None for a table without time."""
        return f"{self.folder(part.table, calendar, window)}/{self.names.file(part, window)}"

    def dataset(self) -> Dataset:
        """Build the dataset that the job is about."""
        built, family = dataset_of(self.location, self.identity, self.inputs), domain(self.identity.domain)
        if self.made is None or not isinstance(family, MakesBeforehand):
            return built
        return family.with_rows(built, self.made)
