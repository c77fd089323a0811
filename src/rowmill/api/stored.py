"""What a destination remembers of the runs that wrote to it."""

from __future__ import annotations

from rowmill.run.books.destination import survey
from rowmill.sinks.registry import destination


def stored_seed(out: str) -> int | None:
    """Return the seed of the unfinished run at a destination, else of what is committed there, else None."""
    found = survey(destination(out))
    identities = [run.identity for run in found.unfinished] + [entry.identity for entry in found.entries]
    seeds = [int(identity.spec["seed"]) for identity in identities]
    return seeds[0] if seeds else None
