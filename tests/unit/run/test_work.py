"""Work told step by step: what comes when, who makes the parts, and how a run is cancelled."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from rowmill.api.dataset import LazyDataset
from rowmill.core.errors import DiskError, Interrupted, UsageError
from rowmill.core.processes import Cost
from rowmill.run.checks.verify import verify
from rowmill.run.events import Committed, Planned, Receipt, Rows
from rowmill.run.making.executors import EXECUTORS, InLine
from rowmill.run.request import Slice
from rowmill.run.runner import write
from rowmill.run.settings import RunSettings
from rowmill.run.work import work
from support.runs import land, shown
from support.toy import toy

DATASET = toy(rows=900)


def asked(out, **settings):
    chosen = {"workers": 1, "part_rows": 150, "row_group_rows": 90, "batch_size": 50, **settings}
    return RunSettings(out=str(out), **chosen)


def told(dataset, settings, what=None, mode="new", **options):
    """Return the events of a run and its summary."""
    events, run = [], work(dataset, settings, what or Slice(), mode, **options)
    while True:
        try:
            events.append(next(run))
        except StopIteration as end:
            return events, end.value


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def children():
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()


def test_a_lazy_dataset_is_refused_with_what_is_wanted(tmp_path):
    with pytest.raises(UsageError, match=r"work: got a LazyDataset; give .*, such as rowmill.dataset\(…\).model"):
        next(work(LazyDataset(DATASET), asked(tmp_path)))


def test_the_speed_of_a_resumed_run_is_that_of_the_rows_it_made(tmp_path):
    run = work(DATASET, asked(tmp_path))
    with closing(run):
        kept = next(event.rows for event in run if isinstance(event, Receipt) and event.table == "events")

    _, summary = told(DATASET, asked(tmp_path), mode="resume")

    assert (summary.rows, summary.made_rows) == (900, 900 - kept)
    assert summary.rows_per_second == pytest.approx(summary.made_rows / summary.seconds)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_tells_plan_rows_receipts_costs_and_commit_in_this_order(tmp_path, workers):
    events, summary = told(DATASET, asked(tmp_path, workers=workers))

    planned, receipts = events[0], of(Receipt, events)
    assert isinstance(planned, Planned)
    assert (planned.slice, planned.main, planned.kept, planned.workers) == ("whole", "events", 0, workers)
    assert planned.parts == len(receipts)
    assert planned.rows["events"] == 900
    assert sum(planned.rows_kept.values()) == 0
    for table, rows in planned.rows.items():
        passed = sum(event.count for event in of(Rows, events) if event.table == table)
        assert passed == sum(receipt.rows for receipt in receipts if receipt.table == table)
        assert passed == summary.tables[table].rows
        assert rows >= passed
    costs = of(Cost, events)
    assert events[-1 - len(costs) :] == [*costs, Committed("whole", summary.digest)]
    assert summary.cpu_seconds == pytest.approx(sum(cost.cpu_seconds for cost in costs))
    assert summary.cpu_seconds > 0


def test_a_run_that_stands_there_tells_nothing_but_its_summary(tmp_path):
    first = land(DATASET, tmp_path)

    events, summary = told(DATASET, asked(tmp_path))

    assert events == []
    assert (summary.skipped, summary.digest, summary.cpu_seconds) == (True, first.digest, 0)


def test_lost_files_are_told_like_parts(tmp_path):
    land(DATASET, tmp_path)
    lost = next(path for path in shown(tmp_path) if path.startswith("events/"))
    (tmp_path / lost).unlink()

    events, summary = told(DATASET, asked(tmp_path), mode="resume")

    assert events[0].parts == summary.repaired == 1
    assert [receipt.files[0].path for receipt in of(Receipt, events)] == [lost]
    assert events[0].rows["events"] == sum(event.count for event in of(Rows, events)) > 0


@pytest.mark.parametrize("workers", [1, 2])
def test_closing_after_the_first_receipt_leaves_what_resume_completes(tmp_path, workers):
    whole = land(DATASET, tmp_path / "whole")
    out = tmp_path / "out"

    with closing(work(DATASET, asked(out, workers=workers))) as events:
        next(event for event in events if isinstance(event, Receipt))

    assert not children()
    assert shown(out) == []
    assert not [p for p in (out / "_rowmill" / "whole" / "staging").rglob(".*") if p.is_file()]
    events, summary = told(DATASET, asked(out, workers=workers), mode="resume")
    assert events[0].kept >= 1
    assert sum(events[0].rows_kept.values()) > 0
    assert summary.digest == whole.digest
    assert verify(out).ok


def test_closing_before_anything_was_made_releases_the_locks(tmp_path):
    with closing(work(DATASET, asked(tmp_path))) as events:
        assert isinstance(next(events), Planned)

    assert land(DATASET, tmp_path, mode="resume").committed


def test_an_error_of_who_watches_ends_the_run_and_is_raised(tmp_path):
    def stumble(*_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write(DATASET, asked(tmp_path, workers=2), progress=stumble)

    assert not children()
    assert land(DATASET, tmp_path, mode="resume").committed


class Broken:
    """An executor that makes two parts and is out of reach then."""

    workers = 1

    def __init__(self, error):
        self.error = error

    def run(self, job, dataset, parts):
        yield from InLine().run(job, dataset, parts[:2])
        raise self.error


def test_a_ready_executor_is_taken_and_its_errors_keep_finished_parts(tmp_path):
    with pytest.raises(DiskError, match="out of reach"):
        write(DATASET, asked(tmp_path), executor=Broken(DiskError("out of reach")))
    with pytest.raises(Interrupted, match=r"4 of 8 parts are kept"):
        write(DATASET, asked(tmp_path), mode="resume", executor=Broken(KeyboardInterrupt()))

    assert land(DATASET, tmp_path, mode="resume").digest == land(DATASET, tmp_path / "other").digest


def test_the_executor_that_settings_name_is_taken(tmp_path, monkeypatch):
    monkeypatch.setitem(EXECUTORS, "broken", "unit.run.test_work:broken")

    with pytest.raises(DiskError, match="named"):
        write(DATASET, asked(tmp_path / "broken", executor="broken"))
    assert write(DATASET, asked(tmp_path / "inline", executor="inline", workers=8)).workers == 1
    with pytest.raises(UsageError, match=r"run.executor: got 'cluster'; known: broken, inline, local"):
        write(DATASET, asked(tmp_path / "other", executor="cluster"))
    assert not (tmp_path / "other").exists()


def broken(workers, parts):  # noqa: ARG001
    return Broken(DiskError("named"))
