"""A job is all that a worker needs, where a user's files lie and where they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

import rowmill
from rowmill.core.errors import UsageError
from rowmill.model.inputs import with_contents
from rowmill.run.books.survey import Found
from rowmill.run.events import Receipt
from rowmill.run.making.executors import InLine
from rowmill.run.making.pool import Pool
from rowmill.run.prepare import wanted_run
from rowmill.run.request import WHOLE_PERIOD, Order
from rowmill.run.settings import RunSettings
from rowmill.sinks.registry import destination
from support.inputs import KINDS, written

FIELDS = {
    "payments": {"rows": 2_000},
    "vitals": {"subjects_per_arm": 20, "method": "bootstrap"},
    "workforce": {"start": 2025, "end": 2025},
}


@pytest.mark.parametrize("domain", KINDS)
def test_a_worker_makes_the_same_rows_from_contents_as_from_paths(tmp_path, domain):
    given = written(KINDS[domain], tmp_path)
    data = rowmill.dataset(domain, seed=5, inputs=given.files, **FIELDS[domain])
    settings = RunSettings(out=str(tmp_path / "out"))
    run = wanted_run(Order(data.model, settings, WHOLE_PERIOD, "new"), Found())
    job = replace(run.job, inputs=data.model.inputs)
    carried = replace(job, inputs=with_contents(job.inputs))
    destination(job.location).claim()

    def made(executor, asked):
        events = [event for event in executor.run(asked, data.model, run.plan.parts) if isinstance(event, Receipt)]
        return sorted((event.part, [file.columns for file in event.files]) for event in events)

    here = made(InLine(), job)
    assert made(Pool(2, "spawn"), job) == here
    for path in given.files.values():
        path.unlink()

    assert made(Pool(2, "spawn"), carried) == here
    assert carried.dataset().fingerprint == job.identity.fingerprint
    with pytest.raises(UsageError, match="no such file"):
        job.dataset()
