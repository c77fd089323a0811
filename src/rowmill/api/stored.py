"""What a destination remembers of the runs that wrote to it."""

from __future__ import annotations

from rowmill.run.books.survey import survey
from rowmill.sinks.registry import destination


def stored_seed(out: str) -> int | None:
    """Return the seed of the unfinished run at a destination, else of what is committed there, else None."""
    found = survey(destination(out))
    identities = (*(run.identity for run in found.unfinished), found.identity)
    seeds = [identity.seed for identity in identities if identity is not None]
    return seeds[0] if seeds else None
