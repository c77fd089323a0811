"""Beginnings: whether a run may work at a destination, and what it clears or takes up there."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass

from rowmill.core.errors import DestinationError, UsageError
from rowmill.core.logs import log
from rowmill.core.outputs import refuse_inputs_within
from rowmill.model.inputs import inputs_of
from rowmill.run.books.company import alone, gate, refuse_company
from rowmill.run.books.destination import PLAN, Found, Run, decide, find_done, find_unfinished, labels, survey
from rowmill.run.books.journal import document
from rowmill.run.books.records import Entry
from rowmill.run.commit import forget
from rowmill.run.making.engines import require_engine
from rowmill.run.making.executors import require_executor
from rowmill.run.request import Order
from rowmill.sinks.base import Destination
from rowmill.sinks.documents import json_document
from rowmill.sinks.registry import destination

_log = log(__name__)


@dataclass(frozen=True, slots=True)
class Begun:
    """What a process works on from now on."""

    run: Run
    done: Entry | None
    """The slice, if it is committed already."""


def open_destination(order: Order) -> Destination:
    """Return the destination, which may hold no file that the run reads where it replaces what is there."""
    settings = order.settings
    if settings.out is None:
        raise UsageError("no destination: give a folder with --out DIR, or run.out in the configuration")
    require_engine(order.dataset, settings)
    require_executor(settings.executor)
    if order.mode == "overwrite":
        files = {**inputs_of(settings.inputs), **order.dataset.inputs}
        read = {f"input {name}": file.path for name, file in files.items()}
        refuse_inputs_within("out", settings.out, read)
    return destination(settings.out)


def refuse_others_at_work(target: Destination, run: Run, order: Order, found: Found) -> None:
    """Say first that somebody is at work there now: that the run is unfinished would be no news, and bad advice."""
    if any(other.label == run.label for other in found.unfinished):
        with gate(target):
            if not order.shared and order.mode != "resume":
                refuse_company(target, [run.label])
            with alone(target, run.label, order.slice):
                pass


def enter(target: Destination, run: Run, order: Order, held: ExitStack) -> Begun:
    """Take a slice for this process alone, as long as ``held`` lasts, and begin its run or take it up.

    Raises:
        DestinationError: if another process is at work there, or what stands there by now is in the way.
    """
    with gate(target):
        # Looked at again: until now others could change it.
        found = survey(target)
        action = decide(found, run, order.mode, shared=order.shared)
        if action == "start":
            refuse_company(target, _cleared(found, run))
        held.enter_context(alone(target, run.label, order.slice))
        if action == "skip":
            return Begun(run, find_done(found, run))
        return Begun(find_unfinished(found, run) if action == "continue" else _begin(target, run, found), None)


def _cleared(found: Found, run: Run) -> list[str]:
    """Return the labels of the slices whose stages a run clears, now or once it is committed."""
    unfinished = (other.label for other in found.in_the_way(run))
    return [run.label, *unfinished, *labels(found.conflicts(run)), *found.damage_in_the_way(run)]


def _begin(target: Destination, run: Run, found: Found) -> Run:
    """Clear what stands in the way unseen and write the plan; return the one that another machine wrote first."""
    _name_replaced(target, run, found)
    plan = document(run.stage.slice, PLAN)
    for other in found.in_the_way(run):
        forget(target, other.stage.slice)
    if target.documents.read(plan) is not None:
        forget(target, run.stage.slice)
    if target.documents.create(plan, json_document(run.to_json())):
        return run
    theirs = next((other for other in survey(target).unfinished if other.label == run.label), None)
    if theirs is None or theirs.identity != run.identity or theirs.job.layout != run.job.layout:
        raise DestinationError(
            f"{target.shown}: another process began {run.label} with other settings; use the same, or another folder"
        )
    return theirs


def _name_replaced(target: Destination, run: Run, found: Found) -> None:
    """Say which slices of other days an overwrite takes away: they cannot stand beside what is asked for."""
    (first, last), conflicts = run.dates, found.conflicts(run)
    more = [entry.label for entry in conflicts if entry.dates[0] < first or entry.dates[1] > last]
    if more:
        shown = ", ".join(more[:5]) + (", …" if len(more) > 5 else "")
        said = "slice {} goes" if len(more) == 1 else f"{len(more)} slices ({{}}) go"
        goes = f"{said.format(shown)} once {run.label} is there: --overwrite replaces them"
        _log.warning("replaces", f"{target.shown}: {goes}", slice=run.label, slices=more)
