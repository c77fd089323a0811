"""What a model is told: the design of the trial, what is wanted of it, and the form of the answer.

Never a pilot's rows, unless the user asked for that by name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rowmill.domains.vitals.model import VITALS
from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.llm.request import Message

_ROLE = "You plan clinical trials. You answer with one JSON object and nothing else: no words around it, no fence."
_ANYBODY = "Adults with mild to moderate hypertension; the treatment lowers blood pressure."

_PARAMETERS = """\
Propose parameters to simulate the vital signs of the randomised trial below, measured at rest.

{design}

means: of each arm and visit, over all its subjects, in mmHg, beats/min and °C.
standard_deviations: over subjects and visits around those means.
between_subject_share: share of that variance that lies between subjects' own levels; 0.55 is usual.
pressure_correlation: of systolic and diastolic pressure; 0.45 is usual.
retention: share of each arm's subjects who are still in the trial at the last visit.
age: of the subjects, in years. share_of_women: 0 to 1.

The answer's JSON Schema, with bounds in the descriptions:
{schema}"""

_ROWS = """\
Write vital signs of invented subjects of the randomised trial below, measured at rest.

{design}

Write {number} subjects of the arm {arm}, in this order; percentiles say where a subject's own level lies among all:
{portraits}

The readings of a subject are one list for each visit, in the order of the visits: systolic and diastolic pressure
(mmHg, whole numbers, at least 5 apart), heart rate (beats/min, whole number), temperature (°C, one decimal). A
subject's readings vary from visit to visit by about as much as levels vary between subjects. No two subjects are alike.

The answer's JSON Schema:
{schema}"""


def parameters_messages(design: str, schema: Any) -> tuple[Message, ...]:
    """Return the messages that ask for parameters."""
    return _messages(_PARAMETERS.format(design=design, schema=_compact(schema)))


def rows_messages(design: str, arm: str, portraits: Sequence[str], schema: Any) -> tuple[Message, ...]:
    """Return the messages that ask for subjects of one arm."""
    return _messages(
        _ROWS.format(
            design=design,
            arm=json.dumps(arm, ensure_ascii=False),
            number=len(portraits),
            portraits="\n".join(portraits),
            schema=_compact(schema),
        )
    )


def design_of(spec: VitalsSpec, about: str, examples: Sequence[str]) -> str:
    """Return a trial in words.

    Args:
        spec: what is simulated, with its target effect.
        about: the user's own words; empty for none.
        examples: rows of a pilot, as text, that the user allows to be sent; empty for none.
    """
    control = json.dumps(spec.arms[-1], ensure_ascii=False)
    lines = [
        f"About: {about.strip() or _ANYBODY}",
        f"Arms: {_compact(spec.arms)}; {control} is the control.",
        "Visits: "
        + "; ".join(
            f"{json.dumps(visit.name, ensure_ascii=False)} on study day {visit.day}"
            f" ({'after' if visit.dosed else 'before or at'} the first dose)"
            for visit in spec.visits
        )
        + ".",
        f"Effect: at the last visit, mean systolic pressure of every arm minus control is {spec.target_effect:g} mmHg.",
        "It sets in gradually after the first dose; before that all arms share one mean.",
        "Limits of single readings: "
        + "; ".join(
            f"{vital} {low:g} to {high:g}" for vital, (low, high) in zip(VITALS, spec.ranges.pairs, strict=True)
        )
        + ".",
    ]
    if examples:
        lines += ["", "Readings of some subjects of a pilot of this trial, for orientation:", *examples]
    return "\n".join(lines)


def _messages(text: str) -> tuple[Message, ...]:
    return {"role": "system", "content": _ROLE}, {"role": "user", "content": text}


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
