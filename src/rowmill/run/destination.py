"""What stands at a destination, and what a new run may do there. Decisions are pure; nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rowmill.core.errors import DestinationError
from rowmill.plan import Plan
from rowmill.run.journal import document
from rowmill.run.records import FORM, Entry, Identity, committed
from rowmill.run.request import Mode
from rowmill.run.work import Job
from rowmill.sinks.base import Sink

PLAN = "plan.json"

Action = Literal["skip", "start", "continue"]


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was planned: everything that another machine, or a later attempt, needs to go on with it."""

    label: str
    windows: tuple[int, int]
    dates: tuple[str, str]
    identity: Identity
    job: Job
    plan: Plan
    overwrite: bool
    """Whether it replaces what stands in its way."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which ``from_json`` makes an equal run, wherever the destination lies."""
        own = {key: getattr(self, key) for key in ("label", "windows", "dates", "overwrite")}
        job = {key: value for key, value in self.job.to_json().items() if key not in ("location", "own_files")}
        return {"form": FORM, **own, "identity": asdict(self.identity), "job": job, "parts": self.plan.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], location: str) -> Run:
        """Read what ``to_json`` wrote."""
        return cls(
            label=data["label"],
            windows=(data["windows"][0], data["windows"][1]),
            dates=(data["dates"][0], data["dates"][1]),
            identity=Identity.from_json(data["identity"]),
            job=Job.from_json({**data["job"], "location": location}),
            plan=Plan.from_json(data["parts"]),
            overwrite=data["overwrite"],
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The committed slices and unfinished runs of a destination."""

    entries: tuple[Entry, ...]
    unfinished: tuple[Run, ...]

    def conflicts(self, wanted: Run) -> tuple[Entry, ...]:
        """Return the committed slices that cannot stand beside a run."""
        return tuple(e for e in self.entries if not _beside(wanted, e) or e.label == wanted.label)

    def in_the_way(self, wanted: Run) -> tuple[Run, ...]:
        """Return the unfinished runs that cannot stand beside a run."""
        return tuple(run for run in self.unfinished if run.label != wanted.label and not _beside(wanted, run))

    def remaining(self, wanted: Run) -> tuple[Entry, ...]:
        """Return the committed slices that stay when a run is committed."""
        gone = {entry.label for entry in self.conflicts(wanted)}
        return tuple(entry for entry in self.entries if entry.label not in gone)


def survey(sink: Sink) -> Found:
    """Return what stands at a destination."""
    entries = committed(sink)
    unfinished = []
    for stage in sink.stages():
        data = sink.store.read(document(stage, PLAN))
        run = None if data is None else _parse(data, sink.location)
        if run is not None and not any(_same_slice(run, entry) and entry.replaced is not None for entry in entries):
            unfinished.append(run)
    return Found(tuple(entries), tuple(unfinished))


def decide(found: Found, wanted: Run, mode: Mode, *, shared: bool) -> Action:
    """Return what to do about a wanted run.

    Args:
        found: what stands at the destination.
        wanted: the run as asked for.
        mode: what the user allows.
        shared: True if several machines make the parts, so that a run under way may be joined.

    Raises:
        DestinationError: if the destination cannot take the run in this mode.
    """
    mine = next((run for run in found.unfinished if _same_slice(wanted, run)), None)
    if mine is not None and (mode == "resume" or (shared and mine.job.layout == wanted.job.layout)):
        return "continue"
    if mode == "overwrite":
        return "start"
    done = next((entry for entry in found.entries if _same_slice(wanted, entry)), None)
    if done is not None:
        _refuse_other_layout(wanted, done)
        return "skip"
    others: tuple[Entry | Run, ...] = (*found.entries, *found.unfinished)
    for other in others:
        _refuse_other_spec(wanted, other)
    if mine is not None:
        raise DestinationError(
            f"{_place(wanted)}: holds an unfinished run of slice {mine.label}; "
            "continue it with --resume, or drop it with --overwrite"
        )
    for other in others:
        if not _beside(wanted, other):
            kind = "slice" if isinstance(other, Entry) else "the unfinished slice"
            raise DestinationError(
                f"{_place(wanted)}: {wanted.label} overlaps {kind} {other.label}; write other days, or use --overwrite"
            )
    _refuse_shared_names(found, wanted)
    return "start"


def continued(found: Found, wanted: Run) -> Run:
    """Return the unfinished run that a wanted one goes on with."""
    return next(run for run in found.unfinished if _same_slice(wanted, run))


def _same_slice(one: Run | Entry, other: Run | Entry) -> bool:
    return one.identity == other.identity and one.label == other.label and one.windows == other.windows


def _beside(one: Run | Entry, other: Run | Entry) -> bool:
    """Return whether two slices can stand in one destination."""
    apart = one.windows[1] <= other.windows[0] or other.windows[1] <= one.windows[0]
    return one.identity == other.identity and apart


def _refuse_other_layout(wanted: Run, done: Entry) -> None:
    asked, stands = layout_facts(wanted.job), dict(done.layout)
    if asked != stands:
        changes = "; ".join(_differences(stands, asked))
        raise DestinationError(
            f"{_place(wanted)}: holds the same rows in another layout ({changes}); use --overwrite or another folder"
        )


def layout_facts(job: Job) -> dict[str, Any]:
    """Return what a manifest says of the look of files."""
    return asdict(job.layout)


def _refuse_other_spec(wanted: Run, other: Run | Entry) -> None:
    if wanted.identity == other.identity:
        return
    there, here = asdict(other.identity), asdict(wanted.identity)
    for facts in (there, here):
        facts.pop("fingerprint")
    changes = list(_differences(there | there.pop("spec"), here | here.pop("spec")))
    shown = "; ".join(changes[:5]) + ("; …" if len(changes) > 5 else "")
    raise DestinationError(f"{_place(wanted)}: holds another spec ({shown}); use --overwrite or another folder")


def _differences(there: Mapping[str, Any], here: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key in dict.fromkeys((*there, *here)):
        old, new = there.get(key), here.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(old, new, f"{prefix}{key}.")
        elif old != new:
            yield f"{prefix}{key} is {_short(old)} there, {_short(new)} asked"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=list)
    return text if len(text) <= 40 else text[:37] + "…"


def _refuse_shared_names(found: Found, wanted: Run) -> None:
    """Refuse a template that gives the files of two slices one name."""
    taken = {path.rsplit("/", 1)[-1] for entry in found.remaining(wanted) for path in entry.files}
    for part in wanted.plan.parts:
        timed = part.table not in wanted.identity.catalogs
        name = wanted.job.names.file(part, timed=timed)
        if timed and name in taken:
            raise DestinationError(
                f"{_place(wanted)}: another slice has a file {name} already; put {{date}} into --name"
            )


def _place(run: Run) -> str:
    return run.job.location


def _parse(data: bytes, location: str) -> Run | None:
    try:
        return Run.from_json(json.loads(data), location)
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def labels(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return the labels of slices."""
    return tuple(entry.label for entry in entries)
