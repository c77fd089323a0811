"""Running: write a slice of a dataset into a destination, or finish what several machines wrote."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from rowmill.core.errors import DestinationError
from rowmill.model.dataset import Dataset
from rowmill.run.books.company import alone, gate, sweep
from rowmill.run.books.manifest import committed
from rowmill.run.books.parts import Parts
from rowmill.run.books.rebuild import stored_spec
from rowmill.run.books.records import Entry, union
from rowmill.run.books.survey import Found, survey
from rowmill.run.checks.strangers import name_strangers, refuse_strangers
from rowmill.run.events import Event, Planned, Rows
from rowmill.run.landing.commit import PartsMissingError, commit
from rowmill.run.landing.publish import recover
from rowmill.run.landing.repair import refuse_losses
from rowmill.run.making.executors import Executor
from rowmill.run.request import WHOLE_PERIOD, Mode, Slice
from rowmill.run.settings import RunSettings
from rowmill.run.summary import Effort, Summary, summarise
from rowmill.run.work import settle, work
from rowmill.sinks.base import Destination
from rowmill.sinks.registry import destination

__all__ = ["Mode", "Progress", "finalize", "told", "write"]

Progress = Callable[[int, int], None]


def write(
    dataset: Dataset,
    settings: RunSettings,
    slice: Slice = WHOLE_PERIOD,
    *,
    mode: Mode = "new",
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Summary:
    """Do what ``work`` tells step by step, to the end; arguments and errors are as there.

    Args:
        dataset: with a seeded spec.
        settings: destination and layout.
        slice: windows, columns and share of the parts.
        mode: what may be done about what stands there.
        progress: called in this thread with (rows of the main table done, rows expected), once workers are at work.
        executor: who makes the parts.

    Raises:
        Interrupted: Ctrl-C; finished parts are kept for ``resume``.
    """
    return told(work(dataset, settings, slice, mode, executor=executor), progress)


def told(steps: Generator[Event, None, Summary], progress: Progress | None) -> Summary:
    """Take a run's steps to the end; return what it wrote.

    Args:
        steps: as ``work`` yields them.
        progress: called in this thread with (rows of the main table done, rows expected).
    """
    meter = _Meter(progress)
    with closing(steps) as events:
        try:
            while True:
                meter.take(next(events))
        except StopIteration as end:
            summary: Summary = end.value
            return summary
        except BaseException as error:
            # What befalls who watches ends the run as if it had happened within; what did is raised again.
            events.throw(error)
            raise


class _Meter:
    """Counts the rows of the main table for whoever watches."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._main = ""
        self._done = self._expected = 0

    def take(self, event: Event) -> None:
        """Count rows; the expectation gives way where it was too low."""
        if isinstance(event, Planned):
            self._main, self._done = event.main, event.rows_kept.get(event.main, 0)
            self._expected = event.rows.get(event.main, 0)
        elif isinstance(event, Rows) and event.table == self._main:
            self._done += event.count
            self._expected = max(self._expected, self._done)
            if self._progress is not None:
                self._progress(self._done, self._expected)


def finalize(out: str | Path) -> Summary:
    """Commit the slices whose parts several machines have made.

    Returns:
        What was committed, all slices together, with their labels; ``skipped`` where all was committed before.

    Raises:
        DestinationError: naming each slice that lacks parts, and those that were committed all the same; or if nothing
            was ever begun there.
        IntegrityError: if all is committed, but files are gone or of another size.
    """
    effort, target = Effort(perf_counter()), destination(out)
    try:
        return _finalize(target, effort)
    finally:
        target.tidy()


def _finalize(target: Destination, effort: Effort) -> Summary:
    found = recover(target, survey(target))
    if not found.unfinished:
        return _look_over(target, found, effort)
    entries, lacking = [], []
    for run in found.unfinished:
        with ExitStack() as held:
            with gate(target):
                held.enter_context(alone(target, run.label, WHOLE_PERIOD))
            refuse_strangers(target, run, found)
            stored_spec(target.shown, run.identity)
            try:
                entries.append(commit(target, run, Parts(target, run, None)))
            except PartsMissingError as error:
                lacking.append(str(error))
    if lacking:
        done = [f"{target.shown}: slice {entry.label} is complete and published" for entry in entries]
        raise PartsMissingError("\n".join((*lacking, *done)))
    return settle(target, _together(entries), effort, found.unfinished)


def _together(entries: Sequence[Entry]) -> Entry:
    """Return slices as one entry that bears all their labels."""
    return replace(entries[-1], label=", ".join(entry.label for entry in entries), tables=union(entries))


def _look_over(target: Destination, found: Found, effort: Effort) -> Summary:
    """Return the summary of all slices of a destination where nothing is left to do."""
    found.refuse_damage()
    if not found.slices:
        raise DestinationError(f"{target.shown}: holds no run; write one there with --part i/n first")
    _, entries = committed(target)
    refuse_losses(target, entries)
    name_strangers(target, entries[-1].identity)
    sweep(target)
    return summarise(target.shown, _together(entries), effort, skipped=True)
