"""What a spec of vitals asks for in numbers: subjects of each arm, visits, and the effect at the last one."""

from __future__ import annotations

import math

from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.model import ddl
from rowmill.model.aims import Aim

_SPREAD = 20.0
"""About how far single readings lie from their mean, mmHg; wide enough for any model."""
_SIGMAS = 4.0


def aims(spec: VitalsSpec) -> tuple[Aim, ...]:
    """Return the numbers that a spec asks for."""
    found = [Aim("rows of visits", "vitals", spec.subjects * len(spec.visits), "count(*)")]
    arm, visit, pressure = '"TreatmentArm"', '"VisitName"', '"SystolicBP"'
    for name in spec.arms:
        measured = f'count(DISTINCT "SubjectID") FILTER ({arm} = {ddl.literal(name)})'
        columns = ("SubjectID", "TreatmentArm")
        found.append(Aim(f"subjects of arm {name}", "vitals", spec.subjects_per_arm, measured, columns))
    if spec.target_effect is None or not spec.subjects_per_arm:
        return tuple(found)
    last, control = ddl.literal(spec.visits[-1].name), ddl.literal(spec.arms[-1])
    room = 0.5 + _SIGMAS * _SPREAD * math.sqrt(2 / spec.subjects_per_arm)
    for name in spec.arms[:-1]:
        means = (f"avg({pressure}) FILTER ({visit} = {last} AND {arm} = {a})" for a in (ddl.literal(name), control))
        what = f"effect of {name} on systolic pressure at {spec.visits[-1].name}, mmHg"
        needed = ("TreatmentArm", "VisitName", "SystolicBP")
        found.append(Aim(what, "vitals", spec.target_effect, " - ".join(means), needed, "number", room))
    return tuple(found)
