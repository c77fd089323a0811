"""Running: write a slice of a dataset into a destination, or finish what several machines wrote."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

from rowmill.core.errors import DestinationError, DiskError, Interrupted, UsageError
from rowmill.core.outputs import refuse_inputs_within
from rowmill.model.dataset import Dataset
from rowmill.model.inputs import inputs_of
from rowmill.model.part import Part
from rowmill.run.books.company import alone, gate, refuse_company
from rowmill.run.books.destination import PLAN, Found, Run, continued, decide, done, labels, survey
from rowmill.run.books.documents import leave_documents
from rowmill.run.books.ending import ended, plan_there
from rowmill.run.books.journal import Journal, document
from rowmill.run.books.rebuild import stored_spec
from rowmill.run.books.records import Entry, union
from rowmill.run.books.stored_run import refuse_other_parts
from rowmill.run.checks.strangers import name_strangers, refuse_strangers
from rowmill.run.commit import commit, forget, recover
from rowmill.run.making.engines import made_beforehand, require_engine
from rowmill.run.making.executors import Executor, local
from rowmill.run.making.memory import children_peak_bytes
from rowmill.run.making.work import Peak, Receipt
from rowmill.run.prepare import wanted_run
from rowmill.run.repair import losses, refuse_losses, repair
from rowmill.run.request import WHOLE_PERIOD, Mode, Slice, known_mode
from rowmill.run.settings import RunSettings
from rowmill.run.summary import Effort, Summary, summarise, summarise_share
from rowmill.sinks.base import Sink, json_document
from rowmill.sinks.registry import sink

_log = logging.getLogger(__name__)

__all__ = ["Mode", "Progress", "finalize", "write"]

Progress = Callable[[int, int], None]


def write(
    dataset: Dataset,
    settings: RunSettings,
    slice: Slice = WHOLE_PERIOD,
    *,
    mode: Mode = "new",
    progress: Progress | None = None,
) -> Summary:
    """Write a slice of a dataset to ``settings.out`` and commit it.

    Args:
        dataset: with a seeded spec.
        settings: destination and layout; they change no row.
        slice: windows, columns and share of the parts.
        mode: ``new`` refuses an unfinished run or other data, ``resume`` continues an unfinished one (in the layout it
            was begun with) and makes files again that a finished one lost, ``overwrite`` replaces what stands in the
            way once the new data is complete.
        progress: called in this process with (rows of the main table done, rows expected), once workers are at work.

    Raises:
        UsageError: a setting cannot be used as given.
        DestinationError: the destination cannot take this run as asked.
        IntegrityError: the slice is committed there, but files of it are gone or of another size.
        DiskError: it stopped taking bytes; nothing is published, ``resume`` continues.
        Interrupted: Ctrl-C; finished parts are kept for ``resume``.
    """
    started = perf_counter()
    target, overwrite = _target(dataset, settings, known_mode(mode)), mode == "overwrite"
    found = recover(target, survey(target))
    run = wanted_run(dataset, settings, slice, found, overwrite=overwrite)
    _refuse_company(target, run, slice, mode, found)
    if decide(found, run, mode, shared=slice.part is not None) == "skip":
        entry = done(found, run)
        if mode != "resume" or not losses(target, [entry]):
            return _skipped(target, entry, Effort(started))
    refuse_strangers(target, run.identity.tables, found.entries)
    target.claim()
    with ExitStack() as held:
        with gate(target):
            found = survey(target)
            action = decide(found, run, mode, shared=slice.part is not None)
            if action == "start":
                refuse_company(target, _cleared(found, run))
            held.enter_context(alone(target, run.label, slice))
            if action != "skip":
                run = continued(found, run) if action == "continue" else _begun(target, run, found)
        if action != "skip":
            # A plan that machines share holds neither paths of a user's files nor what is up to one machine.
            run = replace(run, job=replace(run.job, inputs=dataset.inputs, batch_size=settings.batch_size))
            journal = Journal(target, run.stage, slice.part)
            return _carried_out(run, journal, partial(_make, run, dataset, settings, journal, mode, progress), started)
        entry = done(found, run)
        repaired, effort = repair(target, entry, run, dataset, settings) if mode == "resume" else (0, Effort())
        summary = _skipped(target, entry, replace(effort, started=started))
        return replace(summary, skipped=not repaired, repaired=repaired)


def _carried_out(run: Run, journal: Journal, make: Callable[[], Effort], started: float) -> Summary:
    """Make the parts of a run and commit it, unless it is one share; or find that others ended it meanwhile."""
    target, entry = journal.sink, None
    try:
        effort = replace(make(), started=started)
        entry = ended(run, journal)
        if entry is None and journal.share is not None:
            return summarise_share(target.location, run, journal.own(), effort)
        if entry is None:
            return _told(target, commit(target, run, journal), effort)
    except KeyboardInterrupt:
        raise _interrupted(run, journal) from None
    except DiskError as error:
        # Who ends a run, or begins it again, takes its folder away from those who are still at work.
        entry = ended(run, journal)
        # What a worker meets comes as text.
        if entry is None and os.strerror(errno.ENOENT) in str(error):
            raise DestinationError(
                f"{target.location}: files of slice {run.label} were taken away while it was made; another process may "
                "have begun it again: continue with --resume"
            ) from error
        if entry is None:
            raise
    return _skipped(target, entry, Effort(started))


def finalize(out: str | Path) -> Summary:
    """Commit the slices whose parts several machines have journalled.

    Returns:
        The last slice committed; ``skipped`` where all was committed before.

    Raises:
        DestinationError: naming the parts that are missing, or if nothing was ever begun there.
        IntegrityError: if all is committed, but files are gone or of another size.
    """
    started = perf_counter()
    target = sink(str(out))
    found = recover(target, survey(target))
    if not found.unfinished:
        found.refuse_damage()
        if not found.entries:
            raise DestinationError(f"{out}: holds no run; write one there with --part i/n first")
        refuse_losses(target, found.entries)
        name_strangers(target, found.entries[-1].identity.tables, found.entries)
        whole = replace(found.entries[-1], tables=union(found.entries))
        return summarise(target.location, whole, Effort(started), skipped=True)
    for run in found.unfinished:
        with ExitStack() as held:
            with gate(target):
                held.enter_context(alone(target, run.label, WHOLE_PERIOD))
            refuse_strangers(target, run.identity.tables, found.entries)
            stored_spec(target.location, run.identity)
            entry = commit(target, run, Journal(target, run.stage, None))
    return _told(target, entry, Effort(started))


def _told(target: Sink, entry: Entry, effort: Effort) -> Summary:
    """Return the summary of a slice that was committed just now, and leave the domain's documents beside it."""
    summary = summarise(target.location, entry, effort, skipped=False)
    leave_documents(target, summary)
    return summary


def _target(dataset: Dataset, settings: RunSettings, mode: Mode) -> Sink:
    """Return the destination, which may hold no file that the run reads where it replaces what is there."""
    if settings.out is None:
        raise UsageError("no destination: give a folder with --out DIR, or run.out in the configuration")
    require_engine(dataset, settings)
    if mode == "overwrite":
        read = {f"input {name}": file.path for name, file in {**inputs_of(settings.inputs), **dataset.inputs}.items()}
        refuse_inputs_within("out", settings.out, read)
    return sink(settings.out)


def _refuse_company(target: Sink, run: Run, what: Slice, mode: Mode, found: Found) -> None:
    """Say first that somebody is at work there now: that the run is unfinished would be no news, and bad advice."""
    if any(other.label == run.label for other in found.unfinished):
        with gate(target):
            if what.part is None and mode != "resume":
                refuse_company(target, [run.label])
            with alone(target, run.label, what):
                pass


def _cleared(found: Found, run: Run) -> list[str]:
    """Return the labels of the slices whose stages a run clears, now or once it is committed."""
    unfinished = (other.label for other in found.in_the_way(run))
    return [run.label, *unfinished, *labels(found.conflicts(run)), *found.damage_in_the_way(run)]


def _begun(target: Sink, run: Run, found: Found) -> Run:
    """Clear what stands in the way unseen and write the plan; return the one that another machine wrote first."""
    _name_replaced(target, run, found)
    plan = document(run.stage.slice, PLAN)
    for other in found.in_the_way(run):
        forget(target, other.stage.slice)
    if target.store.read(plan) is not None:
        forget(target, run.stage.slice)
    target.begin(run.stage)
    if target.store.create(plan, json_document(run.to_json())):
        return run
    theirs = next((other for other in survey(target).unfinished if other.label == run.label), None)
    if theirs is None or theirs.identity != run.identity or theirs.job.layout != run.job.layout:
        raise DestinationError(
            f"{target.location}: another process began {run.label} with other settings; use the same, or another folder"
        )
    return theirs


def _name_replaced(target: Sink, run: Run, found: Found) -> None:
    """Say which slices of other days an overwrite takes away: they cannot stand beside what is asked for."""
    (first, last), conflicts = run.dates, found.conflicts(run)
    more = [entry.label for entry in conflicts if entry.dates[0] < first or entry.dates[1] > last]
    if more:
        shown = ", ".join(more[:5]) + (", …" if len(more) > 5 else "")
        said = "slice {} goes" if len(more) == 1 else f"{len(more)} slices ({{}}) go"
        _log.warning(
            "%s: %s once %s is there: --overwrite replaces them", target.location, said.format(shown), run.label
        )


def _make(
    run: Run, dataset: Dataset, settings: RunSettings, journal: Journal, mode: Mode, progress: Progress | None
) -> Effort:
    """Make the parts that are not journalled yet."""
    refuse_other_parts(journal.sink.location, run.plan, dataset)
    mine = run.plan.heaviest_first if journal.share is None else run.plan.share(*journal.share)
    done = journal.own()
    todo = [part for part in mine if part.name not in done]
    if journal.share is not None and done and todo and mode != "resume":
        raise DestinationError(
            f"{journal.sink.location}: holds {len(done)} of {len(mine)} parts of this share; continue it with --resume"
        )
    executor = local(settings.workers, len(todo))
    _log.info("%d parts to make, %d kept, %d workers", len(todo), len(done), executor.workers)
    others = children_peak_bytes()
    with made_beforehand(dataset, settings, todo) as (source, made):
        engine = children_peak_bytes()
        run = replace(run, job=replace(run.job, made=made))
        peak = _execute(executor, run, source, todo, journal, _Meter(run, mine, done, progress))
    # An engine that made the rows has ended before the parts; it shows where no earlier process was larger.
    return Effort(workers=executor.workers if todo else 0, peak_bytes=max(peak, engine if engine > others else 0))


def _interrupted(run: Run, journal: Journal) -> Interrupted:
    mine = run.plan.parts if journal.share is None else run.plan.share(*journal.share)
    kept = f"{len(journal.own())} of {len(mine)} parts are kept in {journal.sink.location}"
    return Interrupted(f"interrupted: {kept}; continue with --resume")


def _execute(
    executor: Executor, run: Run, dataset: Dataset, parts: Sequence[Part], journal: Journal, meter: _Meter
) -> int:
    """Make parts until others end the run; return the peak memory of all processes together, bytes."""
    peak, plan = 0, plan_there(journal.sink, run)
    with closing(executor.run(run.job, dataset, parts)) as events:
        for event in events:
            if isinstance(event, Receipt):
                journal.add(event)
                if plan_there(journal.sink, run) != plan:
                    break
            elif isinstance(event, Peak):
                peak += event.bytes
            elif event.table == run.identity.main:
                meter.add(event.count)
    return peak


class _Meter:
    """Counts the rows of the main table for whoever watches."""

    def __init__(self, run: Run, parts: Sequence[Part], done: Mapping[str, Receipt], progress: Progress | None) -> None:
        weights = {part.name: weight for part, weight in zip(run.plan.parts, run.plan.weights, strict=True)}
        main = [part.name for part in parts if part.table == run.identity.main]
        kept = [file.rows for name in main if name in done for file in done[name].files]
        self._rows = sum(kept)
        self._expected = self._rows + sum(weights[name] for name in main if name not in done)
        self._progress = progress

    def add(self, rows: int) -> None:
        """Count rows; the expectation gives way where it was too low."""
        self._rows += rows
        self._expected = max(self._expected, self._rows)
        if self._progress is not None:
            self._progress(self._rows, self._expected)


def _skipped(target: Sink, entry: Entry, effort: Effort) -> Summary:
    refuse_losses(target, [entry])
    name_strangers(target, entry.identity.tables, [entry])
    return summarise(target.location, entry, effort, skipped=True)
