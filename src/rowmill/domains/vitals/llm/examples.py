"""Rows of a pilot for a prompt: only where the user allows it by name, few, and without anybody's identifier."""

from __future__ import annotations

from rowmill.domains.vitals.fit.pilot import Pilot, opened
from rowmill.domains.vitals.pilots import DEMOGRAPHICS, PILOT
from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.model.inputs import Inputs, at_hand

SUBJECTS_EACH = 5
"""Subjects of each arm whose readings are sent."""


def example_rows(inputs: Inputs, spec: VitalsSpec) -> list[str]:
    """Return a line for each of a few subjects: the arm, and systolic/diastolic/heart rate/temperature by visit.

    Raises:
        UsageError: if the pilot cannot be read.
        SpecError: if it cannot be understood.
    """
    with at_hand(inputs) as paths, opened(paths[PILOT], paths.get(DEMOGRAPHICS), spec.pilot) as pilot:
        return _lines(pilot)


def _lines(pilot: Pilot) -> list[str]:
    lines: list[str] = []
    left = [SUBJECTS_EACH] * len(pilot.arms)
    for batch in pilot.batches():
        for place, arm in enumerate(batch.arm.tolist()):
            if left[arm] == 0:
                continue
            left[arm] -= 1
            visits = []
            for v, visit in enumerate(pilot.visits):
                cells = range(v * 4, v * 4 + 4)
                values = [f"{batch.value[place, c] / 1000:.4g}" if batch.seen[place, c] else "-" for c in cells]
                visits.append(f"{visit.name} {'/'.join(values)}")
            lines.append(f"- {pilot.arms[arm].name}: {', '.join(visits)}")
        if not any(left):
            break
    return lines
