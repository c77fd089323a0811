"""Beginnings: whether a run may work at a destination, and what it clears or takes up there."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

from rowmill.core.errors import DestinationError, UsageError
from rowmill.core.logs import log
from rowmill.core.outputs import refuse_inputs_within
from rowmill.model.inputs import inputs_of
from rowmill.run.books import first_form
from rowmill.run.books.company import AtWorkError, alone, gate, refuse_company
from rowmill.run.books.decide import decide, find_done, find_unfinished
from rowmill.run.books.head import DROPPED, HEAD, Head, Listed
from rowmill.run.books.run import Run, plan_name
from rowmill.run.books.survey import Found, changed, survey, touches
from rowmill.run.landing.publish import forget
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
    found: Found
    """What stands there by now."""
    done: Listed | None
    """The slice, if it is committed already."""
    fresh: bool = False
    """Whether this process began the run, so that nothing of it is there."""


def open_destination(order: Order) -> Destination:
    """Return the destination, which may hold no file that the run reads where it replaces what is there."""
    settings = order.settings
    if settings.out is None:
        raise UsageError("no destination: give a folder with --out DIR, or run.out in the configuration")
    require_engine(order.dataset, settings)
    require_executor(settings.executor)
    target = destination(settings.out, settings.remote)
    if order.mode == "overwrite" and target.local_folder is not None:
        files = {**inputs_of(settings.inputs), **order.dataset.inputs}
        read = {f"input {name}": file.path for name, file in files.items()}
        refuse_inputs_within("out", target.local_folder, read)
    return target


def refuse_others_at_work(target: Destination, run: Run, order: Order, found: Found) -> None:
    """Say first that somebody is at work there now: that the run is unfinished would be no news, and bad advice."""
    if any(other.label == run.label for other in found.unfinished):
        with gate(target):
            if not order.shared and order.mode != "resume":
                refuse_company(target, [run.label])
            with alone(target, run.label, order.slice):
                pass


def enter(target: Destination, run: Run, order: Order, found: Found, held: ExitStack) -> Begun:
    """Take a slice for this process alone, as long as ``held`` lasts, and begin its run or take it up.

    Args:
        target: the destination.
        run: as it is asked for.
        order: what is asked for.
        found: what stood there a moment ago.
        held: what this process holds.

    Raises:
        DestinationError: if another process is at work there, or what stands there by now is in the way.
    """
    starts = not found.unplanned and decide(found, run, order.mode, shared=order.shared) == "start"
    if starts and not order.shared and _clears_nothing(found, run):
        # Nobody can be disturbed, and the head tells who was faster. Shares wait for one another: between its entry in
        # the head and its plan, nobody can join a run.
        starts = False
        with suppress(AtWorkError):
            begun = _enter(target, run, order, found, held)
            if begun is not None:
                return begun
    with gate(target):
        begun = None
        # A plan that was not there yet may be by now, and who is at work may have begun what this process would join.
        if starts:
            with suppress(AtWorkError):
                begun = _enter(target, run, order, found, held)
        while begun is None:
            begun = _enter(target, run, order, survey(target), held)
    return begun


def _enter(target: Destination, run: Run, order: Order, found: Found, held: ExitStack) -> Begun | None:
    """Do what ``enter`` does by what stands there; None where others changed that meanwhile."""
    action = decide(found, run, order.mode, shared=order.shared)
    if action == "start" and _company_since(target, run, found):
        return None
    with ExitStack() as tried:
        tried.enter_context(alone(target, run.label, order.slice))
        if action == "start":
            begun = _begin(target, run, found)
        else:
            taken = find_unfinished(found, run) if action == "continue" else None
            begun = Begun(taken or run, found, None if taken else find_done(found, run))
        if begun is not None:
            held.enter_context(tried.pop_all())
    return begun


def _company_since(target: Destination, run: Run, found: Found) -> bool:
    """Return whether somebody began there after this process looked, so that it has to look again.

    Raises:
        DestinationError: if a process is at work on what the run would clear.
    """
    try:
        refuse_company(target, _cleared(found, run))
    except DestinationError:
        if survey(target).version == found.version:
            raise
        return True
    return False


def _clears_nothing(found: Found, run: Run) -> bool:
    """Return whether a run begins where nothing has to go first, be it what somebody else dropped."""
    return not (_cleared(found, run) or found.unread or DROPPED in found.head.begun.values())


def _cleared(found: Found, run: Run) -> list[str]:
    """Return the labels of the slices whose stages a run clears, now or once it is committed.

    Of a slice that the head does not name, nothing is there. Who enters it meanwhile changes the head.
    """
    own = [run.label] if run.label in found.head.begun else []
    unfinished = (other.label for other in found.in_the_way(run))
    gone = (each.label for each in found.conflicts(run))
    damaged = (each.label for each in found.damage_in_the_way(run))
    return list(dict.fromkeys((*own, *unfinished, *gone, *damaged)))


def _begin(target: Destination, run: Run, found: Found) -> Begun | None:
    """Enter a run in the head, clear what is in its way, and write its plan; None where others changed the head.

    A slice that is dropped stays in the head until nothing of it is left.
    """
    before = found.head.begun
    dropped = {label for label in before if before[label] == DROPPED}
    dropped |= {other.label for other in found.in_the_way(run)}
    dropped |= {each.label for each in found.unread if touches(each.label, run)}
    begun = {**before, **dict.fromkeys(dropped, DROPPED), run.label: run.stage.run}
    entered = _written(target, found, replace(found.head, begun=begun))
    if entered is None:
        return None
    _name_replaced(target, run, found)
    for label in dropped - {run.label}:
        forget(target, label, entered.head)
        first_form.forget(target, label)
    if run.label in before:
        forget(target, run.label, entered.head, manifests=False)
        first_form.forget(target, run.label)
    target.documents.create(plan_name(run.label, run.stage.run), json_document(run.to_json()))
    if dropped:
        left = {label: name for label, name in begun.items() if name != DROPPED}
        entered = _written(target, entered, replace(entered.head, begun=left)) or survey(target)
    return Begun(run, entered, None, fresh=True)


def abandon(target: Destination, run: Run) -> None:
    """Drop a run that was begun, with all its parts, so that what stands there is as before; of another run, nothing.

    Nobody else may be at work on it.
    """
    with gate(target):
        found: Found | None = survey(target)
        while found is not None and found.is_begun(run):
            dropped = _written(target, found, replace(found.head, begun={**found.head.begun, run.label: DROPPED}))
            if dropped is not None:
                forget(target, run.label, dropped.head, manifests=False)
                left = {label: name for label, name in dropped.head.begun.items() if label != run.label}
                found = _written(target, dropped, replace(dropped.head, begun=left))
            else:
                found = survey(target)


def _written(target: Destination, found: Found, head: Head) -> Found | None:
    """Write the head if nobody changed it since; return what stands there then."""
    if found.version is not None:
        return changed(target, found, head)
    return survey(target) if target.documents.create(HEAD, head.to_document()) else None


def _name_replaced(target: Destination, run: Run, found: Found) -> None:
    """Say which slices of other days an overwrite takes away: they cannot stand beside what is asked for."""
    (first, last), conflicts = run.dates, found.conflicts(run)
    more = [entry.label for entry in conflicts if entry.dates[0] < first or entry.dates[1] > last]
    if more:
        shown = ", ".join(more[:5]) + (", …" if len(more) > 5 else "")
        said = "slice {} goes" if len(more) == 1 else f"{len(more)} slices ({{}}) go"
        goes = f"{said.format(shown)} once {run.label} is there: --overwrite replaces them"
        _log.warning("replaces", f"{target.shown}: {goes}", slice=run.label, slices=more)
