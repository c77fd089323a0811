"""Documents beside the tables: what some domains tell people and tools that read no manifest."""

from __future__ import annotations

import datetime as dt

from rowmill.domains.registry import domain
from rowmill.model.dataset import LeavesDocuments, Outcome
from rowmill.run.books.records import committed, union
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
    entries, alone = committed(target), summary.workers > 0
    outcome = Outcome(
        spec=entries[0].identity.spec,
        dates=(min(entry.dates[0] for entry in entries), max(entry.dates[1] for entry in entries)),
        rows=union(entries)[entries[0].identity.main].rows,
        seconds=summary.seconds if alone else None,
        rows_per_second=summary.rows_per_second if alone else None,
        ended_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )
    for name, data in family.documents(outcome).items():
        target.leave(name, json_document(data))
