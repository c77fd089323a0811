"""Work: a run, told step by step. It decides, makes the parts that are wanting, and commits."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from time import perf_counter

from rowmill.core.errors import DestinationError, DiskError, IntegrityError, Interrupted, UsageError
from rowmill.core.logs import log
from rowmill.core.processes import Cost
from rowmill.model.dataset import Dataset
from rowmill.model.part import Part
from rowmill.run.books.company import sweep
from rowmill.run.books.decide import decide, find_done, find_unfinished, refuse_other_layout
from rowmill.run.books.documents import leave_documents
from rowmill.run.books.ending import Lookout, ended, is_committed
from rowmill.run.books.head import Listed
from rowmill.run.books.manifests import entry_of
from rowmill.run.books.parts import Parts
from rowmill.run.books.records import Entry
from rowmill.run.books.run import Run
from rowmill.run.books.stored_run import refuse_other_parts
from rowmill.run.books.survey import Found, survey
from rowmill.run.checks.strangers import name_strangers, refuse_strangers
from rowmill.run.events import Committed, Event, Planned, Receipt
from rowmill.run.landing.beginning import abandon, enter, open_destination, refuse_others_at_work
from rowmill.run.landing.commit import commit, shared_tables
from rowmill.run.landing.publish import recover
from rowmill.run.landing.repair import Repaired, losses, refuse_losses, repair
from rowmill.run.making.engines import made_beforehand
from rowmill.run.making.executors import Executor
from rowmill.run.making.executors import executor as executor_named
from rowmill.run.prepare import wanted_run
from rowmill.run.request import WHOLE_PERIOD, Mode, Order, Slice, known_mode
from rowmill.run.settings import RunSettings
from rowmill.run.summary import Effort, Summary, summarise, summarise_share
from rowmill.sinks.base import Destination

_log = log(__name__)


def work(
    dataset: Dataset,
    settings: RunSettings,
    slice: Slice = WHOLE_PERIOD,
    mode: Mode = "new",
    *,
    executor: Executor | None = None,
    broken: Collection[str] = (),
) -> Generator[Event, None, Summary]:
    """Write a slice of a dataset to ``settings.out`` and commit it; yields what happens, returns what was written.

    First comes ``Planned``, then ``Rows`` and ``Receipt`` as parts are made, ``Cost`` of each process when all are, and
    ``Committed``; nothing but the summary where all was there before. Closing the generator cancels the run: workers
    end, finished parts are kept for ``resume``, locks are released. One thread at a time may take from it.

    Args:
        dataset: with a seeded spec.
        settings: destination and layout; they change no row.
        slice: windows, columns and share of the parts.
        mode: ``new`` refuses an unfinished run or other data, ``resume`` continues an unfinished one (in the layout it
            was begun with) and makes files again that a finished one lost, ``overwrite`` replaces what stands in the
            way once the new data is complete.
        executor: who makes the parts; None for the one that the settings name.
        broken: files of the slice that ``resume`` makes again though they have the size that they had.

    Raises:
        UsageError: a setting cannot be used as given.
        DestinationError: the destination cannot take this run as asked.
        IntegrityError: the slice is committed there, but files of it are gone or of another size.
        DiskError: it stopped taking bytes; nothing is published, ``resume`` continues.
        Interrupted: Ctrl-C while parts were made; finished ones are kept for ``resume``.
    """
    if not isinstance(dataset, Dataset):
        kind = type(dataset).__name__  # type: ignore[unreachable]
        raise UsageError(f"work: got a {kind}; give the dataset that the engine sees, such as rowmill.dataset(…).model")
    order = Order(dataset, settings, slice, known_mode(mode), executor, broken=frozenset(broken))
    return (yield from carry_out(order))


def carry_out(order: Order) -> Generator[Event, None, Summary]:
    """Do what ``work`` does, for an order that may read its rows from elsewhere; events and errors are as there."""
    effort, target = Effort(perf_counter()), open_destination(order)
    try:
        return (yield from _work(target, order, effort))
    finally:
        target.tidy()


def _work(target: Destination, order: Order, effort: Effort) -> Generator[Event, None, Summary]:
    dataset, mode = order.dataset, order.mode
    found = recover(target, survey(target))
    run = _wanted(target, order, found)
    refuse_others_at_work(target, run, order, found)
    action, done = decide(found, run, mode, shared=order.shared), find_done(found, run)
    if action == "skip" and done is not None:
        entry = _same_look(target, run, done)
        if mode != "resume" or not losses(target, [entry], order.broken):
            return skip(target, entry, effort, _others(found, entry))
    begins = action == "start" and mode != "overwrite"
    if action != "skip" or not order.broken:
        # A repair of files that are named writes these alone, whatever lies beside them.
        refuse_strangers(target, run, found, dataset.calendar if begins else None)
    target.claim(known=found.version is not None)
    with ExitStack() as held:
        begun = enter(target, run, order, found, held)
        # A plan that machines share holds neither paths of a user's files nor what is up to one machine.
        mine = replace(
            begun.run.job,
            inputs=dict(dataset.inputs),
            batch_size=order.settings.batch_size,
            remote=order.settings.remote,
            origin=order.origin,
        )
        run = replace(begun.run, job=mine)
        if begun.done is not None:
            made, entry = yield from _mend(target, begun.done, run, order, effort)
            summary = skip(target, entry, made.effort, _others(begun.found, entry))
            return replace(summary, skipped=not made.files, repaired=made.files)
        parts = Parts(target, run, order.slice.part, fresh=begun.fresh)
        return (yield from _carry_out(run, parts, begun.found, order, effort))


def _wanted(target: Destination, order: Order, found: Found) -> Run:
    """Return the run that is asked for; where what slices share can be read nowhere any more, it makes that too."""
    run = wanted_run(order, found)
    if order.origin is not None:
        # Shares were begun with the tables that slices share where no slice was committed yet.
        whole, begun = wanted_run(order, Found()), find_unfinished(found, run)
        if begun is not None and begun.stage == whole.stage:
            return whole
    if order.mode == "overwrite":
        try:
            shared_tables(target, found, run)
        except IntegrityError:
            return wanted_run(order, Found())
    return run


def _same_look(target: Destination, run: Run, done: Listed) -> Entry:
    entry = entry_of(target, done)
    refuse_other_layout(target.shown, run, entry)
    return entry


def skip(target: Destination, entry: Entry, effort: Effort, shared: Collection[str] = ()) -> Summary:
    """Return the summary of a slice that stood there before, if its files do, and name strangers beside them."""
    refuse_losses(target, [entry])
    name_strangers(target, entry.identity)
    sweep(target)
    return summarise(target.shown, entry, effort, skipped=True, shared=shared)


def _others(found: Found, entry: Entry) -> tuple[str, ...]:
    """Return the tables that a slice which stood there shares with others."""
    return entry.identity.catalogs if len(found.slices) > 1 else ()


def settle(target: Destination, entry: Entry, effort: Effort, runs: Iterable[Run]) -> Summary:
    """Return the summary of what runs committed just now, and leave the domain's documents beside it."""
    written = {part.table for run in runs for part in run.plan.parts}
    shared = [name for name in entry.tables if name not in written]
    summary = summarise(target.shown, entry, effort, skipped=False, shared=shared)
    speed = (summary.seconds, summary.rows_per_second) if summary.workers else None
    leave_documents(target, summary.domain, speed=speed)
    return summary


def _mend(
    target: Destination, done: Listed, run: Run, order: Order, effort: Effort
) -> Generator[Event, None, tuple[Repaired, Entry]]:
    """Make again what a committed slice has lost, where that is asked for."""
    made, entry = Repaired(0, effort), _same_look(target, run, done)
    if order.mode == "resume":
        made = yield from repair(target, entry, run, order, effort)
    return made, entry


def _carry_out(run: Run, parts: Parts, found: Found, order: Order, effort: Effort) -> Generator[Event, None, Summary]:
    """Make the parts of a run and commit it, unless it is one share; or find that others ended it meanwhile."""
    target, entry = parts.target, None
    made: dict[str, Receipt] = {}
    try:
        effort = yield from _make(run, parts, order, effort, made)
        entry = ended(run, parts) if parts.share is not None else None
        if entry is None and parts.share is not None:
            return summarise_share(target.shown, run, parts.own(), effort)
        if entry is None:
            summary = settle(target, commit(target, run, parts, found, made), effort, [run])
    except KeyboardInterrupt:
        raise _interrupted(parts) from None
    except IntegrityError:
        if run.job.origin is not None:
            # What is wrong there will be wrong again: nobody is to go on with this.
            abandon(target, run)
        raise
    except DiskError as error:
        # What a worker meets comes as text.
        taken_away = os.strerror(errno.ENOENT) in str(error)
        if not taken_away and is_committed(target, run):
            raise
        # Who ends a run, or begins it again, takes its folder away from those who are still at work.
        entry = ended(run, parts)
        if entry is None and taken_away:
            raise DestinationError(
                f"{target.shown}: files of slice {run.label} were taken away while it was made; another process may "
                "have begun it again: continue with --resume"
            ) from error
        if entry is None:
            raise
    if entry is not None:
        return skip(target, entry, Effort(effort.started))
    yield Committed(summary.slice, summary.digest)
    return summary


def _interrupted(parts: Parts) -> Interrupted:
    kept = f"{len(parts.own())} of {len(parts.mine)} parts are kept in {parts.target.shown}"
    how = "with --resume" if parts.run.job.origin is None else "by the same command"
    return Interrupted(f"interrupted: {kept}; continue {how}")


def _make(
    run: Run, parts: Parts, order: Order, effort: Effort, made: dict[str, Receipt]
) -> Generator[Event, None, Effort]:
    """Make the parts that are not sealed yet, until others end the run; return what it took.

    Args:
        run: whose parts to make.
        parts: those that are there, and those of this machine.
        order: what is asked for.
        effort: what it took so far.
        made: takes the receipts, by part.
    """
    dataset, settings = order.dataset, order.settings
    refuse_other_parts(parts.target.shown, run.plan, dataset)
    mine = run.plan.heaviest_first if parts.share is None else parts.mine
    kept = {} if parts.fresh else parts.own()
    todo = [part for part in mine if part.name not in kept]
    if parts.share is not None and kept and todo and order.mode != "resume" and order.origin is None:
        raise DestinationError(
            f"{parts.target.shown}: holds {len(kept)} of {len(mine)} parts of this share; continue it with --resume"
        )
    if not parts.fresh:
        parts.withdraw(part.name for part in todo)
    executor = order.executor or executor_named(settings.executor, settings.workers, len(todo))
    planned = _planned(run, todo, kept, executor.workers)
    _log.info(
        "planned",
        run=run.stage.run,
        slice=run.label,
        parts=planned.parts,
        kept=planned.kept,
        workers=planned.workers,
        rows=planned.rows[planned.main],
    )
    yield planned
    effort, lookout = replace(effort, workers=executor.workers if todo else 0), Lookout(parts.target, run)
    with made_beforehand(dataset, settings, todo) as source:
        job = replace(run.job, made=source.made)
        with closing(executor.run(job, source.dataset, todo)) as steps:
            for step in steps:
                if isinstance(step, Receipt):
                    made[step.part] = step
                    effort = effort.made(step, run.identity.main)
                elif isinstance(step, Cost):
                    effort = effort.beside(step)
                yield step
                if isinstance(step, Receipt) and lookout.is_over():
                    break
    return effort.after(source.cost)


def _planned(run: Run, todo: list[Part], kept: Mapping[str, Receipt], workers: int) -> Planned:
    weights = {part.name: weight for part, weight in zip(run.plan.parts, run.plan.weights, strict=True)}
    there, rows = dict.fromkeys(run.identity.tables, 0), dict.fromkeys(run.identity.tables, 0)
    for receipt in kept.values():
        there[receipt.table] += receipt.rows
        rows[receipt.table] += receipt.rows
    for part in todo:
        rows[part.table] += weights[part.name]
    return Planned(run.label, run.identity.main, len(todo), len(kept), rows, there, workers)
