"""Endings: what became of a run that other processes may have committed, dropped or replaced while it was made."""

from __future__ import annotations

from rowmill.core.errors import DestinationError
from rowmill.run.books.destination import PLAN, Found, Run, same_slice, survey
from rowmill.run.books.forms import BadForm
from rowmill.run.books.journal import Journal, document
from rowmill.run.books.records import Entry
from rowmill.sinks.base import Destination


def plan_there(target: Destination, run: Run) -> bytes | None:
    """Return the plan of a run's slice as it stands there now."""
    found = target.documents.read(document(run.stage.slice, PLAN))
    return None if found is None else found.data


def is_planned(target: Destination, mine: Run) -> bool:
    """Return whether the plan that stands there is that of a run: whoever commits or drops the run removes it."""
    data = plan_there(target, mine)
    try:
        return bool(data) and Run.from_json(data or b"", mine.job.location, mine.label).stage == mine.stage
    except BadForm:
        return False


def successor(found: Found, mine: Run) -> Entry:
    """Return the slice that others committed of a run which is planned no more.

    Raises:
        DestinationError: if they dropped it, or put another run in its place.
    """
    for entry in found.entries:
        if same_slice(mine, entry) and entry.layout == mine.job.layout:
            return entry
    raise DestinationError(
        f"{mine.job.location}: slice {mine.label} was overwritten by another run while this one was at work, of which "
        "nothing is kept; choose another folder for one of them"
    )


def ended(run: Run, journal: Journal) -> Entry | None:
    """Return what others committed of a run while it was made, None where it goes on; take away what nobody needs.

    One share is told of a commit that is not published yet; who makes all parts finds that when it commits.

    Raises:
        DestinationError: if others put another run in its place.
    """
    target = journal.target
    if not is_planned(target, run):
        journal.drop()
        return successor(survey(target), run)
    if journal.share is None:
        return None
    found = survey(target).entries
    return next((entry for entry in found if entry.replaced and entry.replaced.run == run.stage.run), None)
