"""Documents beside the tables: what some domains tell people and tools that read no manifest."""

from __future__ import annotations

import datetime as dt

from rowmill.domains.registry import domain
from rowmill.model.dataset import LeavesDocuments, Outcome
from rowmill.run.books.survey import Found, survey
from rowmill.sinks.base import Destination
from rowmill.sinks.documents import json_document


def leave_documents(
    target: Destination, name: str, found: Found | None = None, speed: tuple[float, float] | None = None
) -> None:
    """Write the documents of a domain that has some, after a commit.

    Args:
        target: the destination.
        name: of the domain.
        found: what stands there; None to look.
        speed: of the run that made the rows, seconds and rows a second; None where nobody knows, as of one that was
            killed.

    Raises:
        DiskError: if the destination stopped taking bytes.
    """
    family = domain(name)
    if not isinstance(family, LeavesDocuments):
        return
    found = survey(target) if found is None else found
    if found.identity is None or not found.slices:
        return
    seconds, rows_per_second = speed or (None, None)
    outcome = Outcome(
        spec=found.identity.spec,
        dates=(min(each.dates[0] for each in found.slices), max(each.dates[1] for each in found.slices)),
        rows=sum(each.rows for each in found.slices) if found.identity.timed else found.slices[0].rows,
        seconds=seconds,
        rows_per_second=rows_per_second,
        ended_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )
    for document, data in family.documents(outcome).items():
        target.leave(document, json_document(data))
