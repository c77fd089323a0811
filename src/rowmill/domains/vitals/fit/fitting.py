"""From an opened pilot to a model of aggregates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rowmill.core.errors import SpecError
from rowmill.domains.vitals.fit.leaving import by_previous, missed, retention
from rowmill.domains.vitals.fit.marginals import before_shaping, digits, lattice_share, rounding_variance, shapes
from rowmill.domains.vitals.fit.moments import Moments, estimate
from rowmill.domains.vitals.fit.pilot import Pilot, opened
from rowmill.domains.vitals.fit.settings import PilotReading
from rowmill.domains.vitals.fit.structure import Structure, structured
from rowmill.domains.vitals.fit.sums import Sums, add_up
from rowmill.domains.vitals.model import (
    VITALS,
    Digits,
    DropoutModel,
    Kernel,
    Matrix,
    SubjectsModel,
    Vector,
    VitalsModel,
)
from rowmill.draw.arrays import Floats
from rowmill.model.spec import validate

FEWEST_READINGS = 3
"""Readings of each vital sign that every arm and visit needs."""
_FIGURES = 6


@dataclass(frozen=True)
class Fit:
    """A fitted model, and what there is to tell about the fit."""

    model: VitalsModel
    pilot: Pilot
    visits_seen: list[int]
    """Subjects with readings, by visit."""
    structure: Structure
    rounds: int
    """Rounds until the estimates stood still."""


def fit(pilot: str, demographics: str | None = None, reading: PilotReading | None = None, source: str = "") -> Fit:
    """Fit a model to a pilot.

    Args:
        pilot: SDTM VS (XPT, CSV or Parquet), or a table with one row a subject and visit.
        demographics: SDTM DM, or a table with SubjectID, Age, Sex and SiteID.
        reading: what the pilot's words mean.
        source: where the data come from, for the model's own account of itself.

    Raises:
        UsageError: if a file cannot be read.
        SpecError: if it cannot be used: naming what was received, the rule and the way out.
    """
    with opened(pilot, demographics, reading or PilotReading()) as found:
        return fit_pilot(found, source)


def fit_pilot(pilot: Pilot, source: str = "") -> Fit:
    """Fit a model to an opened pilot."""
    sums = add_up(len(pilot.arms), len(pilot.visits), pilot.batches())
    _enough(pilot, sums)
    days = [visit.day for visit in pilot.visits]
    moments = estimate(sums, days)
    mixtures = _digits(pilot)
    bent = shapes(sums)
    structure = _latent(moments, mixtures, bent, pilot)
    dosed = [day > 1 for day in days]
    kept = retention(sums, dosed)
    visits = tuple(visit.name for visit in pilot.visits)
    arms = tuple(arm.name for arm in pilot.arms)
    found = {
        "source": source or f"fitted to a pilot of {int(sums.last.sum())} subjects",
        "subjects": int(sums.last.sum()),
        "arms": arms,
        "visits": visits,
        "visit_days": tuple(days),
        "dosed": tuple(dosed),
        "means": {arm: dict(zip(visits, _vectors(moments.mean[a]), strict=True)) for a, arm in enumerate(arms)},
        "between": _matrix(structure.between),
        "within": _matrix(structure.within),
        "kernel": Kernel(slow=round(structure.slow, 4), decay_per_week=round(structure.decay, 4)),
        "shapes": bent,
        "digits": mixtures,
        "fahrenheit": _fahrenheit(pilot, sums),
        "dropout": DropoutModel(
            retention={
                arm: {visit: round(float(kept[a, v]), 4) for v, visit in enumerate(visits)}
                for a, arm in enumerate(arms)
            },
            by_previous=by_previous(sums, dosed, moments.lags.same),
        ),
        "missing": round(missed(sums, dosed), 4),
        "people": _people(pilot),
    }
    model = validate(VitalsModel, found, "pilot")
    came = [int(sums.readings[:, v * 4 : v * 4 + 4].max(axis=1).sum()) for v in range(len(visits))]
    return Fit(model, pilot, came, structure, moments.rounds)


def _enough(pilot: Pilot, sums: Sums) -> None:
    lost = "; ".join(note for note in pilot.notes if ", left out: " in note)
    for a, arm in enumerate(pilot.arms):
        for v, visit in enumerate(pilot.visits):
            for vital, name in enumerate(VITALS):
                number = int(sums.readings[a, v * 4 + vital])
                if number < FEWEST_READINGS:
                    raise SpecError(
                        f"arm {arm.name!r} at {visit.name!r}: {number} readings of {name}; {FEWEST_READINGS} are "
                        f"needed: leave the visit out with --visits{f' ({lost})' if lost else ''}"
                    )


def _latent(
    moments: Moments, mixtures: dict[str, Digits], bent: dict[str, tuple[float, ...]], pilot: Pilot
) -> Structure:
    """Return the structure of the values before they are bent and rounded."""
    found = before_shaping(moments.lags, bent)
    each = dict(pilot.shop.rows("SELECT vital, count(*) / count(DISTINCT (ordinal, place)) FROM used GROUP BY 1"))
    same = found.same.copy()
    for vital, name in enumerate(VITALS):
        same[vital, vital] -= rounding_variance(mixtures.get(name), each[vital])
    return structured(replace(found, same=same))


def _digits(pilot: Pilot) -> dict[str, Digits]:
    """Return how pressures and pulse were rounded."""
    last = {vital: [0] * 10 for vital in range(3)}
    fractional = dict.fromkeys(range(3), 0)
    for vital, digit, number in pilot.shop.rows(
        """SELECT vital, CASE WHEN milli % 1000 = 0 THEN milli // 1000 % 10 END, count(*)
           FROM used WHERE vital < 3 GROUP BY ALL"""
    ):
        if digit is None:
            fractional[vital] = number
        else:
            last[vital][digit] = number
    found = {VITALS[vital]: digits(last[vital], fractional[vital]) for vital in range(3)}
    return {name: mixture for name, mixture in found.items() if mixture is not None}


def _fahrenheit(pilot: Pilot, sums: Sums) -> float:
    """Return the share of temperatures that were read in °F: by their unit where it is there, else by their values."""
    told = pilot.shop.value("SELECT avg(CAST(fahrenheit AS INT)) FROM used WHERE vital = 3")
    return round(float(told), 3) if told else lattice_share(sums)


def _people(pilot: Pilot) -> SubjectsModel:
    """Return who took part, as far as the demographics say it."""
    known = SubjectsModel()
    if not pilot.shop.value("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'people'"):
        return known
    mean, spread, low, high, female, sites, subjects = pilot.shop.rows(
        """SELECT avg(CAST(age AS DECIMAL(9, 3))), stddev_samp(age), min(age), max(age),
               avg(CASE sex WHEN 'F' THEN 1.0 WHEN 'M' THEN 0.0 END), count(DISTINCT site), count(*)
           FROM person JOIN people USING (subject)"""
    )[0]
    update: dict[str, object] = {}
    if mean is not None and spread:
        # Ages are told in steps of five years: the youngest and the oldest are single subjects.
        reach = (int(low // 5 * 5), int(-(-high // 5) * 5))
        update |= {"age_mean": round(float(mean), 1), "age_sd": max(0.1, round(spread, 1)), "age_range": reach}
    if female is not None:
        update["female"] = round(female, 3)
    if sites:
        update["subjects_per_site"] = max(1, round(subjects / sites))
    return validate(SubjectsModel, {**known.model_dump(), **update}, "pilot.people")


def _vectors(cells: Floats) -> list[Vector]:
    rows = cells.reshape(-1, 4)
    return [(round(float(a), 4), round(float(b), 4), round(float(c), 4), round(float(d), 5)) for a, b, c, d in rows]


def _matrix(values: Floats) -> Matrix:
    """Return a covariance with six figures, exactly symmetric."""
    half = np.tril(values)
    rows = [[float(f"{half[max(i, j), min(i, j)]:.{_FIGURES}g}") for j in range(4)] for i in range(4)]
    first, second, third, fourth = ((row[0], row[1], row[2], row[3]) for row in rows)
    return first, second, third, fourth
