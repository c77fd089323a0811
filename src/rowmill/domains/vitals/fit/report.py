"""What a fit tells, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from rowmill.domains.vitals.fit.fitting import Fit
from rowmill.domains.vitals.fit.names import PilotVisit
from rowmill.domains.vitals.model import VITALS, VitalsModel
from rowmill.draw.arrays import Floats

_SHORT = ("SBP", "DBP", "HR", "T")
_PAIRS = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))


def facts(fit: Fit) -> dict[str, Any]:
    """Return what a fit tells as plain data."""
    between, within = np.array(fit.model.between), np.array(fit.model.within)
    total = between + within
    return {
        "subjects": dict(zip(fit.model.arms, fit.pilot.subjects, strict=True)),
        "arms": {arm.name: {of: fit.pilot.counts.get(of, 0) for of in arm.of} for arm in fit.pilot.arms},
        "left_out": dict(fit.pilot.left_out),
        "visits": {
            visit.name: {"of": list(visit.of), "day": visit.day, "subjects": came}
            for visit, came in zip(fit.pilot.visits, fit.visits_seen, strict=True)
        },
        "visits_ignored": {visit.name: visit.subjects for visit in fit.pilot.ignored},
        "unmatched": dict(fit.pilot.unmatched),
        "readings": {
            short: asdict(found)
            for short, name in zip(_SHORT, VITALS, strict=True)
            if (found := fit.pilot.observed.get(name)) is not None
        },
        "notes": list(fit.pilot.notes),
        "sd": _by_vital(np.sqrt(np.diag(total)), 3),
        "icc": _by_vital(np.diag(between) / np.diag(total), 3),
        "correlation_between": _correlations(between),
        "correlation_within": _correlations(within),
        "correlation_together": _correlations(total),
        "kernel": fit.model.kernel.model_dump(),
        "effect": _effects(fit.model),
        "retention": {arm: by_visit[fit.model.visits[-1]] for arm, by_visit in fit.model.dropout.retention.items()},
        "missed": fit.model.missing,
        "digits": {name: digits.model_dump() for name, digits in fit.model.digits.items()},
        "fahrenheit": fit.model.fahrenheit,
        "not_normal": list(fit.model.shapes),
        "distance_to_positive_definite": round(fit.structure.distance, 6),
        "rounds": fit.rounds,
    }


def lines(fit: Fit) -> list[str]:
    """Return what a fit tells, a line each."""
    told = facts(fit)
    model, pilot = fit.model, fit.pilot
    out = [
        f"subjects    {model.subjects:,}: "
        + ", ".join(f"{arm} {number:,}" for arm, number in told["subjects"].items()),
        *(f"arm         {arm} is {_counted(of)}" for arm, of in told["arms"].items()),
    ]
    if told["left_out"]:
        out.append(f"left out    {_counted(told['left_out'])}")
    out += [
        f"visit       {name} is {' and '.join(visit['of'])}, day {visit['day']}, {visit['subjects']:,} subjects"
        for name, visit in told["visits"].items()
    ]
    if pilot.ignored:
        out.append(f"ignored     {_ignored(pilot.ignored)}")
    out += [f"note        {note}" for note in told["notes"]]
    for word, key in (("SD", "sd"), ("ICC", "icc")):
        out.append(f"{word:<12}" + ", ".join(f"{name} {value:.3g}" for name, value in told[key].items()))
    for word, key in (("between", "correlation_between"), ("within", "correlation_within")):
        out.append(f"{word:<12}" + ", ".join(f"{pair} {value:+.2f}" for pair, value in told[key].items()))
    last = model.visits[-1]
    for arm, effect in told["effect"].items():
        against = ", ".join(f"{name} {value:+.3g}" for name, value in effect.items())
        out.append(f"effect      {arm} less {model.control} at {last}: {against}")
    kept = ", ".join(f"{arm} {share:.1%}" for arm, share in told["retention"].items())
    out.append(f"stayed      to {last}: {kept}; visits missed in between {model.missing:.1%}")
    for name, shares in told["digits"].items():
        out.append(f"digits      {name}: {', '.join(f'{step} {share:.0%}' for step, share in shares.items())}")
    out.append(f"°F          {model.fahrenheit:.0%} of temperatures")
    moved = told["distance_to_positive_definite"]
    kernel = model.kernel
    out.append(f"over time   {kernel.slow:.2f} of the variance within is slow, {kernel.decay_per_week:.2f} a week")
    out.append(
        "covariance  positive definite as fitted"
        if moved == 0
        else f"covariance  moved to the nearest positive definite one, distance {moved:.3g} (SDs squared)"
    )
    if model.shapes:
        out.append(f"shape       {', '.join(model.shapes)} is not normal; quantiles are kept")
    return out


def _effects(model: VitalsModel) -> dict[str, dict[str, float]]:
    """Return each arm's difference of means to the control at the last visit."""
    at_end = {arm: np.array(model.means[arm][model.visits[-1]]) for arm in model.arms}
    return {arm: _by_vital(at_end[arm] - at_end[model.control], 3) for arm in model.arms[:-1]}


def _counted(groups: dict[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in groups.items())


def _ignored(visits: list[PilotVisit]) -> str:
    return ", ".join(f"{visit.name} {visit.subjects:,}" for visit in visits)


def _by_vital(values: Floats, places: int) -> dict[str, float]:
    return {name: round(float(value), places) for name, value in zip(_SHORT, values, strict=True)}


def _correlations(matrix: Floats) -> dict[str, float]:
    scale = np.sqrt(np.diag(matrix))
    return {f"{_SHORT[i]}-{_SHORT[j]}": round(float(matrix[i, j] / scale[i] / scale[j]), 3) for i, j in _PAIRS}
