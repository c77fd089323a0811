"""What every executor promises: the same parts, each once; errors stop all; nothing is left behind."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from rowmill.core.errors import DiskError, RowmillError, UsageError
from rowmill.core.processes import Cost
from rowmill.plan import plan
from rowmill.run.books.survey import Found
from rowmill.run.events import Receipt, Rows
from rowmill.run.making import executors
from rowmill.run.making.executors import InLine, local, usable_cores
from rowmill.run.making.pool import Pool
from rowmill.run.prepare import wanted_run
from rowmill.run.request import WHOLE_PERIOD, Order
from rowmill.run.settings import RunSettings
from rowmill.sinks.registry import destination
from support.shop import shop
from support.toy import toy

FRESH = Path(__file__).parents[1] / "support" / "fresh"
MADE = {
    **{name: partial(executors.executor, name, 2, 100) for name in executors.EXECUTORS},
    "one-fork": lambda: Pool(1, "fork"),
    "three-forks": lambda: Pool(3, "fork"),
    "two-interpreters": lambda: Pool(2, "spawn"),
}
"""Every executor that the registry knows, and each way that worker processes start."""


@pytest.fixture(params=MADE)
def executor(request, monkeypatch):
    monkeypatch.syspath_prepend(FRESH)
    return MADE[request.param]()


def job_and_parts(dataset, out, batch_size=1000):
    run = wanted_run(Order(dataset, RunSettings(out=str(out), part_rows=200), WHOLE_PERIOD, "new"), Found())
    target = destination(str(out))
    target.claim()
    return replace(run.job, batch_size=batch_size), list(run.plan.parts)


def receipts(executor, job, dataset, parts):
    with closing(executor.run(job, dataset, parts)) as events:
        return {event.part: event for event in events if isinstance(event, Receipt)}


def children():
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()


@pytest.mark.parametrize(
    "make", [lambda: toy(rows=2000), lambda: shop(customers=500, orders=2000)], ids=["toy", "shop"]
)
def test_each_part_is_made_once_in_any_order(executor, tmp_path, make):
    dataset = make()
    job, parts = job_and_parts(dataset, tmp_path / "a")
    other_job, _ = job_and_parts(dataset, tmp_path / "b")
    random.Random(3).shuffle(parts)

    made = receipts(executor, job, dataset, parts)

    assert made == receipts(InLine(), other_job, dataset, sorted(parts, key=lambda part: part.name))
    assert set(made) == {part.name for part in parts}
    assert not children()


def test_rows_are_reported_as_they_pass(executor, tmp_path):
    dataset = toy(rows=2000)
    job, parts = job_and_parts(dataset, tmp_path, batch_size=100)

    with closing(executor.run(job, dataset, parts)) as events:
        passed = [event for event in events if isinstance(event, Rows)]

    assert sum(event.count for event in passed if event.table == "events") == 2000
    assert max(event.count for event in passed) <= 100


def test_each_process_says_once_what_it_cost(executor, tmp_path):
    dataset = toy(rows=20_000)
    job, _ = job_and_parts(dataset, tmp_path)
    parts = list(plan(dataset, range(6), part_rows=3000).parts)

    with closing(executor.run(job, dataset, parts)) as events:
        costs = [event for event in events if isinstance(event, Cost)]

    assert len(costs) == (1 if isinstance(executor, InLine) else 1 + executor.workers)
    assert all(cost.peak_bytes > 1_000_000 for cost in costs)
    assert 0.02 < sum(cost.cpu_seconds for cost in costs) < 60


def test_what_the_taker_does_meanwhile_is_no_cost_of_the_run(tmp_path):
    dataset = toy(rows=2000)
    job, parts = job_and_parts(dataset, tmp_path, batch_size=100)

    with closing(InLine().run(job, dataset, parts)) as events:
        begun = time.process_time()
        for event in events:
            until = time.process_time() + 0.05
            while time.process_time() < until:
                pass
            last = event
        taken = time.process_time() - begun

    assert last.cpu_seconds < taken / 2


def test_a_name_that_no_executor_has_is_refused_with_those_that_are_known():
    with pytest.raises(UsageError, match=r"run.executor: got 'cluster'; known: inline, local"):
        executors.executor("cluster", 2, 10)


def test_no_parts_are_no_work(executor, tmp_path):
    dataset = toy()
    job, _ = job_and_parts(dataset, tmp_path)

    assert receipts(executor, job, dataset, []) == {}


def test_an_error_of_one_part_stops_all_and_keeps_its_class(executor, tmp_path):
    dataset = toy(rows=2000)
    job, parts = job_and_parts(dataset, tmp_path)
    staging = tmp_path / "_rowmill" / "whole" / "staging" / job.stage.run
    staging.mkdir(parents=True)
    (staging / "remarks").write_text("a file where a folder must go")

    with pytest.raises(RowmillError, match="remarks"):
        receipts(executor, job, dataset, parts)

    assert not children()
    assert not [p for p in staging.rglob(".*") if p.is_file()]


def test_closing_early_leaves_neither_workers_nor_unfinished_files(executor, tmp_path):
    dataset = toy(rows=200_000)
    job, _ = job_and_parts(dataset, tmp_path, batch_size=1000)
    parts = list(plan(dataset, range(6), part_rows=60_000).parts)

    with closing(executor.run(job, dataset, parts)) as events:
        next(events)

    assert not children()
    assert not [p for p in (tmp_path / "_rowmill" / "whole" / "staging").rglob(".*") if p.is_file()]


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_a_killed_worker_is_one_clear_error(start, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(FRESH)
    dataset = toy(rows=200_000)
    job, _ = job_and_parts(dataset, tmp_path, batch_size=1000)
    parts = list(plan(dataset, range(6), part_rows=60_000).parts)

    with closing(Pool(2, start).run(job, dataset, parts)) as events:
        next(events)
        os.kill(int(children().split()[0]), signal.SIGKILL)
        with pytest.raises(RowmillError, match=r"a worker died \(killed.*--resume"):
            list(events)

    assert not children()


def test_a_full_disk_in_a_worker_is_a_disk_error_here(tmp_path, monkeypatch):
    dataset = toy(rows=2000)
    job, parts = job_and_parts(dataset, tmp_path)
    full = Path("/dev/full")
    monkeypatch.setattr("rowmill.sinks.folders.files.open_new", lambda _: full.open("wb", buffering=0))

    with pytest.raises(DiskError, match=r"No space left on device.*--resume"):
        receipts(Pool(2, "fork"), job, dataset, parts)


def test_workers_are_processes_only_where_there_is_work_for_two():
    assert isinstance(local(1, 10), InLine)
    assert isinstance(local(8, 1), InLine)
    assert local(8, 3).workers == 3
    assert local(None, 1000).workers == usable_cores()
