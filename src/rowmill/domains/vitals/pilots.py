"""Pilots: a user's own, fitted and lent to the bootstrap, or a synthetic one made from the model, no real data."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rowmill.core.errors import SpecError, UsageError
from rowmill.core.keys import Key
from rowmill.domains.vitals.donors import Donors
from rowmill.domains.vitals.model import MAX_VISITS
from rowmill.domains.vitals.plan import Trial
from rowmill.domains.vitals.shipped import resolved
from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.domains.vitals.trajectories import noise, shaped
from rowmill.draw.arrays import Floats, Ints
from rowmill.draw.normal import cholesky, four_normals
from rowmill.draw.words import words
from rowmill.model.inputs import InputContent, Inputs, Reader, Reading, read_inputs

if TYPE_CHECKING:
    from rowmill.domains.vitals.fit.pilot import Pilot

PILOT, DEMOGRAPHICS = "pilot", "demographics"
SYNTHETIC = "synthetic"
"""Stands for the digest of a pilot where there is none, and the bootstrap draws on one made from the model."""
SYNTHETIC_PER_ARM = 127
_SYNTHETIC = Key.from_seed(0).child("synthetic pilot")
_COMPLETED = Key.from_seed(0).child("completed pilot")
_HASH_BITS = 56


def with_pilot(spec: VitalsSpec, inputs: Inputs) -> tuple[VitalsSpec, Donors | None, tuple[str, ...]]:
    """Return the resolved spec, its model fitted to the pilot where one is given, and the donors of the bootstrap.

    With them comes what was made of several readings of the pilot, and whom it left out, a line each.

    Raises:
        SpecError: if the spec and the pilot do not go together.
        UsageError: if a file cannot be read, is missing, or is another than the data was made with.
    """
    if PILOT in inputs:
        _refuse_needless(spec)
    read = read_inputs(spec, inputs, _READERS)
    if PILOT in read.values:
        fitted, donors = read.values[PILOT]
        return fitted.model_copy(update={"inputs": read.spec.inputs}), donors, read.notes
    spec = resolved(spec)
    if spec.method != "bootstrap":
        return spec, None, ()
    spec = spec.model_copy(update={"inputs": {PILOT: SYNTHETIC}})
    return spec, synthetic(Trial(spec)), ()


def _refuse_needless(spec: VitalsSpec) -> None:
    digest = spec.inputs.get(PILOT)
    if spec.method not in ("mvn", "bootstrap"):
        raise UsageError(f"pilot: method {spec.method} reads none; leave it out, or use mvn or bootstrap")
    if spec.method == "mvn" and spec.model is not None and digest is None:
        raise UsageError("pilot, model: method mvn draws from one model; give the pilot or a model fitted before")
    if digest == SYNTHETIC:
        raise UsageError("pilot: the data was made without one, from a synthetic pilot; leave the file out")


def _needs_pilot(spec: VitalsSpec) -> bool:
    """Return whether rows depend on a pilot that was read before: a fitted model says everything but the donors."""
    return spec.inputs[PILOT] != SYNTHETIC and (spec.method == "bootstrap" or spec.model is None)


def _read(reading: Reading[VitalsSpec]) -> InputContent:
    """Read a pilot: the spec with its model, and the donors of the bootstrap."""
    # Reading a pilot needs much that a run without one does not.
    from rowmill.domains.vitals.fit.pilot import opened

    spec = reading.spec
    with opened(reading.path, reading.paths.get(DEMOGRAPHICS), spec.pilot) as pilot:
        if spec.model is None:
            from rowmill.domains.vitals.fit.fitting import fit_pilot

            spec = spec.model_copy(update={"model": fit_pilot(pilot).model})
        spec = resolved(spec)
        subjects = _subjects(pilot)
        # Donors of another pilot would be refused for what does not matter then.
        reading.meet(subjects.digest)
        donors = _donors(Trial(spec), pilot, subjects) if spec.method == "bootstrap" else None
        return InputContent((spec, donors), subjects.digest, _told(pilot, spec))


def _told(pilot: Pilot, spec: VitalsSpec) -> tuple[str, ...]:
    """Return what was made of several readings, and who was left out: a run shows no report of the fit."""
    from rowmill.domains.vitals.fit.observations import notes
    from rowmill.domains.vitals.fit.pilot import WITHOUT_PEOPLE, WITHOUT_VISIT

    named = [(name, pilot.unmatched.get(name, 0)) for name in (WITHOUT_PEOPLE, WITHOUT_VISIT)]
    lost = [f"subjects {name}, left out: {number:,}" for name, number in named if number]
    return tuple(f"pilot: {line}" for line in (*notes(pilot.observed, spec.pilot.duplicates), *lost))


@dataclass(frozen=True)
class _Subjects:
    """A pilot's subjects in the order of arm and identifier."""

    names: list[str]
    arm: Ints
    value: Ints
    """Thousandths of a unit, int64[subjects, visits × 4]."""
    seen: NDArray[np.bool_]
    digest: str
    """Of what was read, whatever the file's format and the order of its rows."""


def _subjects(pilot: Pilot) -> _Subjects:
    batches, names = list(pilot.batches()), pilot.names()
    arm = np.concatenate([batch.arm for batch in batches])
    value, seen = (np.concatenate(parts) for parts in zip(*((b.value, b.seen) for b in batches), strict=True))
    content = hashlib.blake2b(digest_size=16)
    for part in ("\0".join(names).encode(), arm.astype("<i8"), value.astype("<i8"), seen.astype("u1")):
        content.update(hashlib.blake2b(part if isinstance(part, bytes) else part.tobytes()).digest())
    return _Subjects(names, arm, value, seen, content.hexdigest())


def _donors(trial: Trial, pilot: Pilot, subjects: _Subjects) -> Donors:
    """Return the pilot's subjects as departures from their arm's means, missing visits completed from the model.

    What a subject missed is drawn given what was seen, from a stream of the subject's name, the same for every seed.
    """
    cells = _cells(trial, pilot)
    called = [arm.name for arm in pilot.arms]
    for name in trial.spec.arms:
        if name not in called:
            raise SpecError(f"data.arms: got {name!r}; the pilot has {', '.join(called)}")
    there = subjects.seen[:, cells].any(axis=1)
    mine = np.concatenate([np.flatnonzero((subjects.arm == called.index(name)) & there) for name in trial.spec.arms])
    arm = np.array([trial.spec.arms.index(called[place]) for place in subjects.arm[mine]])
    seen = subjects.seen[mine][:, cells]
    value = np.where(seen, subjects.value[mine][:, cells] / 1000, np.nan)
    departure = _centred(value, arm)
    identity = np.array([_identity(subjects.names[place]) for place in mine.tolist()], np.uint64)
    _complete(trial, departure, identity)
    departure = _centred(departure, arm)
    size = np.bincount(arm, minlength=len(trial.spec.arms))
    visits = range(len(trial.visits))
    return Donors(
        [[departure[:, v * 4 + j].copy() for j in range(4)] for v in visits],
        [[value[:, v * 4 + j].copy() for j in range(4)] for v in visits],
        np.concatenate(([0], np.cumsum(size)[:-1])),
        size,
        synthetic=False,
        completed=int((~seen).reshape(len(mine), -1, 4).any(axis=2).sum()),
    )


def _cells(trial: Trial, pilot: Pilot) -> list[int]:
    """Return the pilot's cells of the trial's visits."""
    known = [visit.name for visit in pilot.visits]
    for name in trial.visits:
        if name not in known:
            raise SpecError(f"data.visits: got {name!r}; the pilot has {', '.join(known)}: name it with --visits")
    return [known.index(name) * 4 + j for name in trial.visits for j in range(4)]


def _centred(value: Floats, arm: Ints) -> Floats:
    """Return values less the mean of their arm and cell, NaN where there is none.

    Raises:
        SpecError: if an arm has no reading in a cell.
    """
    out = value.copy()
    for place in range(int(arm.max()) + 1):
        mine = arm == place
        for cell in range(value.shape[1]):
            known = value[mine, cell][~np.isnan(value[mine, cell])]
            if len(known) == 0:
                raise SpecError(f"pilot: arm {place + 1} has no reading at visit {cell // 4 + 1}; leave the visit out")
            out[mine, cell] -= _mean(known)
    return out


def _identity(name: str) -> int:
    """Return a number of a subject's name, with room for the visits."""
    return (
        int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") >> (64 - _HASH_BITS)
    ) * MAX_VISITS


def _complete(trial: Trial, departure: Floats, identity: NDArray[np.uint64]) -> None:
    """Fill what is missing with draws from the model given what is there, in place."""
    from rowmill.domains.vitals.fit.algebra import product, swept
    from rowmill.domains.vitals.fit.structure import Structure

    model = trial.model
    days = [model.visit_days[model.visits.index(visit)] for visit in trial.visits]
    structure = Structure(
        np.array(model.between), np.array(model.within), model.kernel.slow, model.kernel.decay_per_week
    )
    covariance = structure.covariance(days)
    patterns, of = np.unique(np.isnan(departure), axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        missing, seen = np.flatnonzero(pattern), np.flatnonzero(~pattern)
        if len(missing) == 0:
            continue
        solved = swept(covariance, seen.tolist())
        left = solved[np.ix_(missing, missing)]
        factor = np.array(cholesky(tuple(map(tuple, ((left + left.T) / 2).tolist())), "what the pilot lacks"))
        mine = np.flatnonzero(of == number)
        draws = np.concatenate(
            [np.stack(four_normals(words(_COMPLETED, identity[mine] + visit)), axis=1) for visit in range(len(days))],
            axis=1,
        )
        known = departure[np.ix_(mine, seen)]
        expected = product(known, solved[np.ix_(missing, seen)].T)
        departure[np.ix_(mine, missing)] = expected + product(draws[:, missing], factor.T)


def synthetic(trial: Trial) -> Donors:
    """Return donors drawn from the model, the same for every seed: 127 subjects an arm."""
    arms = len(trial.spec.arms)
    model = Trial(trial.spec)
    model.key = _SYNTHETIC
    subject = np.arange(SYNTHETIC_PER_ARM * arms)
    departure = shaped(model, noise(model, subject))
    start = np.arange(arms) * SYNTHETIC_PER_ARM
    arm = np.repeat(np.arange(arms), SYNTHETIC_PER_ARM)
    for a in range(arms):
        mine = slice(a * SYNTHETIC_PER_ARM, (a + 1) * SYNTHETIC_PER_ARM)
        for visit in departure:
            for j in range(4):
                visit[j][mine] -= _mean(visit[j][mine])
    recorded = [
        [_reading(trial.means[:, v, j].take(arm) + visit[j], j) for j in range(4)] for v, visit in enumerate(departure)
    ]
    return Donors(departure, recorded, start, np.full(arms, SYNTHETIC_PER_ARM), synthetic=True)


def _mean(values: Floats) -> float:
    """Return the mean by exact summation, which no order of additions can change."""
    return fsum(values.tolist()) / len(values)


def _reading(value: Floats, vital: int) -> Floats:
    return np.rint(value * 10) / 10 if vital == 3 else np.rint(value)


_READERS = {PILOT: Reader(_read, beside=(DEMOGRAPHICS,), needed=_needs_pilot)}
