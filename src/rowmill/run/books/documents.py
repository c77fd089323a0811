"""Documents beside the tables: what some domains tell people and tools that read no manifest."""

from __future__ import annotations

import datetime as dt

from rowmill.domains.registry import domain
from rowmill.model.dataset import LeavesDocuments, Outcome
from rowmill.run.books.survey import survey
from rowmill.run.summary import Summary
from rowmill.sinks.base import Destination
from rowmill.sinks.documents import json_document


def leave_documents(target: Destination, summary: Summary) -> None:
    """Write the documents of a domain that has some, after a commit.

    Raises:
        DiskError: if the destination stopped taking bytes.
    """
    family = domain(summary.domain)
    if not isinstance(family, LeavesDocuments):
        return
    found, alone = survey(target), summary.workers > 0
    if found.identity is None:
        return
    outcome = Outcome(
        spec=found.identity.spec,
        dates=(min(each.dates[0] for each in found.slices), max(each.dates[1] for each in found.slices)),
        rows=sum(each.rows for each in found.slices) if found.identity.timed else found.slices[0].rows,
        seconds=summary.seconds if alone else None,
        rows_per_second=summary.rows_per_second if alone else None,
        ended_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )
    for name, data in family.documents(outcome).items():
        target.leave(name, json_document(data))
