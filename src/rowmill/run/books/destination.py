"""What stands at a destination, and what a new run may do there. Decisions are pure; nothing here writes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from xxhash import xxh3_64_hexdigest

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.plan import Plan
from rowmill.run.books import forms
from rowmill.run.books.forms import FORM, WHOLE
from rowmill.run.books.journal import stage_of
from rowmill.run.books.records import Damaged, Entry, Identity, records, shallow
from rowmill.run.books.stored_run import read_run
from rowmill.run.making.job import Job
from rowmill.run.naming import Names
from rowmill.run.request import Mode
from rowmill.sinks.base import Destination, Stage
from rowmill.sinks.layout import Layout

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
        looks = {"layout": shallow(self.job.layout), "names": shallow(self.job.names)}
        return {"form": FORM, **own, **looks, "identity": shallow(self.identity), "parts": self.plan.to_json()}

    @property
    def stage(self) -> Stage:
        """Return where its files wait."""
        return self.job.stage

    def named(self) -> Run:
        """Return the run under its name, which tells it from every run of other rows, slices, parts or files."""
        facts = {**self.to_json(), "overwrite": None}
        name = xxh3_64_hexdigest(json.dumps(facts, sort_keys=True).encode())
        return replace(self, job=replace(self.job, stage=Stage(stage_of(self.label), name)))

    @classmethod
    def from_json(cls, data: bytes, location: str, label: str) -> Run:
        """Read what ``to_json`` made of the run of a slice, as JSON.

        Raises:
            BadForm: if it was written by a later version, or changed since.
        """
        read = read_run(data, label)
        run = cls(
            label=read.label,
            windows=read.windows,
            dates=read.dates,
            identity=read.identity,
            job=job_of(read.identity, read.label, location, read.layout, Names(**shallow(read.names))),
            plan=Plan.from_json([shallow(part) for part in read.parts]),
            overwrite=read.overwrite,
        )
        return run.named()


def job_of(identity: Identity, label: str, location: str, layout: Layout, names: Names) -> Job:
    """Return what the parts of a run share."""
    return Job(
        domain=identity.domain,
        spec=identity.spec,
        data_version=identity.data_version,
        fingerprint=identity.fingerprint,
        location=location,
        stage=Stage(stage_of(label)),
        columns=identity.columns,
        layout=layout,
        names=names,
    )


@dataclass(frozen=True, slots=True)
class Found:
    """The committed slices and unfinished runs of a destination."""

    entries: tuple[Entry, ...]
    unfinished: tuple[Run, ...]
    damaged: tuple[Damaged, ...] = ()
    """Committed slices whose records cannot be used."""
    unread: tuple[Damaged, ...] = ()
    """Unfinished runs whose plans cannot be used."""

    def refuse_damage(self) -> None:
        """Raise IntegrityError where a record or a plan cannot be used."""
        for each in (*self.damaged, *self.unread):
            raise IntegrityError(each.message)

    def damage_in_the_way(self, wanted: Run) -> tuple[str, ...]:
        """Return the labels of damaged slices that a run takes the place of, as far as labels tell."""
        return tuple(each.label for each in self.damaged if _touches(each.label, wanted))

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


def survey(target: Destination) -> Found:
    """Return what stands at a destination."""
    entries, damaged = records(target)
    unfinished, unread = [], []
    for name in target.documents.list(""):
        stage, _, stem = name.rpartition("/")
        label = stage or WHOLE
        found = target.documents.read(name) if stem == PLAN and forms.is_label(label) else None
        if found is None:
            continue
        try:
            run = Run.from_json(found.data, target.shown, label)
        except forms.BadForm as error:
            where = f"{target.shown}: {name}"
            unread.append(Damaged(label, f"{where}: is damaged ({error}); drop the unfinished run with --overwrite"))
            continue
        if not any(same_slice(run, entry) and entry.replaced is not None for entry in entries):
            unfinished.append(run)
    return Found(tuple(entries), tuple(unfinished), tuple(damaged), tuple(unread))


def decide(found: Found, wanted: Run, mode: Mode, *, shared: bool) -> Action:
    """Return what to do about a wanted run.

    Args:
        found: what stands at the destination.
        wanted: the run as asked for.
        mode: what the user allows.
        shared: True if several machines make the parts, so that a run under way may be joined.

    Raises:
        DestinationError: if the destination cannot take the run in this mode.
        IntegrityError: if records there are damaged, unless the run overwrites.
    """
    mine = next((run for run in found.unfinished if same_slice(wanted, run)), None)
    if mine is not None and (mode == "resume" or (shared and mine.job.layout == wanted.job.layout)):
        return "continue"
    if mode == "overwrite":
        return "start"
    found.refuse_damage()
    if any(same_slice(wanted, entry) for entry in found.entries):
        _refuse_other_layout(wanted, find_done(found, wanted))
        return "skip"
    others: tuple[Entry | Run, ...] = (*found.entries, *found.unfinished)
    for other in others:
        _refuse_other_spec(wanted, other)
    if mine is not None:
        changes = "; ".join(_differences(layout_facts(mine.job), layout_facts(wanted.job)))
        look = f" in another layout ({changes})" if changes else ""
        raise DestinationError(
            f"{_place(wanted)}: holds an unfinished run of slice {mine.label}{look}; "
            f"continue it{' as begun' if look else ''} with --resume, or drop it with --overwrite"
        )
    for other in others:
        if not _beside(wanted, other):
            kind = "slice" if isinstance(other, Entry) else "the unfinished slice"
            raise DestinationError(
                f"{_place(wanted)}: {wanted.label} overlaps {kind} {other.label}; write other days, or use --overwrite"
            )
    _refuse_shared_names(found, wanted)
    return "start"


def find_unfinished(found: Found, wanted: Run) -> Run:
    """Return the unfinished run that a wanted one goes on with."""
    return next(run for run in found.unfinished if same_slice(wanted, run))


def find_done(found: Found, wanted: Run) -> Entry:
    """Return the committed slice that a wanted one would make again."""
    return next(entry for entry in found.entries if same_slice(wanted, entry))


def same_slice(one: Run | Entry, other: Run | Entry) -> bool:
    """Return whether two are the same rows, in whatever files."""
    return one.identity == other.identity and one.label == other.label and one.windows == other.windows


def _beside(one: Run | Entry, other: Run | Entry) -> bool:
    """Return whether two slices can stand in one destination."""
    apart = one.windows[1] <= other.windows[0] or other.windows[1] <= one.windows[0]
    return one.identity == other.identity and apart


def _touches(label: str, wanted: Run) -> bool:
    """Return whether a slice of a label shares days with a run."""
    if WHOLE in (label, wanted.label):
        return True
    first, _, last = label.partition("_")
    size = len(first)
    return first <= wanted.dates[1][:size] and (last or first) >= wanted.dates[0][:size]


def _refuse_other_layout(wanted: Run, there: Entry) -> None:
    asked, stands = layout_facts(wanted.job), shallow(there.layout)
    if asked != stands:
        changes = "; ".join(_differences(stands, asked))
        raise DestinationError(
            f"{_place(wanted)}: holds the same rows in another layout ({changes}); use --overwrite or another folder"
        )


def layout_facts(job: Job) -> dict[str, Any]:
    """Return what a manifest says of the look of files."""
    return shallow(job.layout)


def _refuse_other_spec(wanted: Run, other: Run | Entry) -> None:
    if wanted.identity == other.identity:
        return
    there, here = shallow(other.identity), shallow(wanted.identity)
    for facts in (there, here):
        # These follow from the spec and the tables, which are named.
        for name in ("fingerprint", "main", "catalogs"):
            facts.pop(name)
    there, here = there | there.pop("spec"), here | here.pop("spec")
    changes = list(_differences(there, here))
    shown = "; ".join(changes[:5]) + ("; …" if len(changes) > 5 else "")
    only_seed = len(changes) == 1 and there["seed"] != here["seed"]
    fix = f"give --seed {there['seed']} for the data there, or use --overwrite" if only_seed else "use --overwrite"
    raise DestinationError(f"{_place(wanted)}: holds another spec ({shown}); {fix} or another folder")


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
        if part.table in wanted.identity.catalogs:
            continue
        for name in sorted({wanted.job.names.file(part, window) for window in part.windows} & taken):
            raise DestinationError(
                f"{_place(wanted)}: another slice has a file {name} already; put {{date}} into --name"
            )


def _place(run: Run) -> str:
    return run.job.location


def labels(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return the labels of slices."""
    return tuple(entry.label for entry in entries)
