"""Rows: a few invented subjects, written whole by a language model and checked one by one.

Rows of a language model have plausible means but poor dependencies, so they are prototypes: the engine resamples them
as it does a pilot, whatever the size asked for. They stand in the spec, so the data is a function of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from rowmill.core.errors import EndpointError, UsageError
from rowmill.domains.vitals.llm.prompt import rows_messages
from rowmill.domains.vitals.model import VITALS, Matrix, Vector, VitalsModel
from rowmill.domains.vitals.shipped import shipped_model
from rowmill.domains.vitals.spec import VitalsSpec, prototype_problem
from rowmill.draw.arrays import Floats
from rowmill.llm.answers import BadAnswer, parse_object
from rowmill.llm.asking import Asker
from rowmill.llm.request import Question

Subject = tuple[Vector, ...]
"""Readings of one subject by visit."""

FEWEST_SUBJECTS = 10
"""Subjects that every arm needs, for a covariance to mean something."""
MOST_AT_ONCE, MOST_READINGS = 10, 80
"""Subjects and readings that one answer is asked for: longer answers drift and are cut off."""
_READING_TOKENS = 32
_ROOM_TOKENS = 512
_GOLDEN, _SECOND = 0.6180339887, 0.7548776662
"""Steps that spread percentiles evenly, however many there are, and independently of one another."""
_ANY_READING = 1e6
_LEAST_SHARE = 0.02
"""Least share of the variance of any direction, so that a covariance is one."""


@dataclass(frozen=True)
class Wanted:
    """How many subjects to ask for."""

    each: int
    """Of each arm."""
    at_once: int
    requests: int
    """Fewest requests that it takes."""


def wanted_rows(spec: VitalsSpec, rows: int, max_requests: int) -> Wanted:
    """Return how rows are asked for.

    Raises:
        UsageError: if they are too few for the trial, or take more requests than may go out.
    """
    each_row = len(spec.arms) * len(spec.visits)
    each = rows // each_row
    if each < FEWEST_SUBJECTS:
        raise UsageError(
            f"--llm-rows {rows}: {each} subjects for each arm; {FEWEST_SUBJECTS} are needed, which takes "
            f"{FEWEST_SUBJECTS * each_row} rows (2000 at most), or use --llm-mode parameters"
        )
    at_once = max(1, min(MOST_AT_ONCE, MOST_READINGS // len(spec.visits)))
    requests = len(spec.arms) * -(-each // at_once)
    if requests > max_requests:
        raise UsageError(f"--llm-rows {rows}: takes {requests} requests or more, --max-requests allows {max_requests}")
    return Wanted(each, at_once, requests)


def ask_for_subjects(asker: Asker, spec: VitalsSpec, wanted: Wanted, design: str) -> dict[str, tuple[Subject, ...]]:
    """Return as many different valid subjects of each arm as are wanted.

    A request brings some; the next one asks for those that are still missing, so what was refused is made up for.
    """
    found: dict[str, tuple[Subject, ...]] = {}
    for arm in spec.arms:
        kept: list[Subject] = []
        while len(kept) < wanted.each:
            places = range(len(kept), min(len(kept) + wanted.at_once, wanted.each))
            portraits = [_portrait(place, wanted.each) for place in places]
            schema = subjects_schema(len(spec.visits))
            question = Question(
                rows_messages(design, arm, portraits, schema),
                schema,
                _ROOM_TOKENS + len(places) * len(spec.visits) * _READING_TOKENS,
                temperature=0.7,
            )
            kept += asker.ask(question, partial(read_subjects, spec=spec, known=frozenset(kept)))[: len(places)]
        found[arm] = tuple(kept)
    return found


def subjects_schema(visits: int) -> dict[str, Any]:
    """Return the JSON Schema of an answer."""
    reading = {"type": "array", "items": {"type": "number"}, "description": "four numbers"}
    readings = {"type": "array", "items": reading, "description": f"{visits} lists, one for each visit"}
    subject = _record({"readings": readings})
    return _record({"subjects": {"type": "array", "items": subject}})


def _record(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _portrait(place: int, of: int) -> str:
    """Return who a subject is, so that subjects differ as people do."""
    systolic = round(100 * (place + 0.5) / of)
    pulse, temperature = (round(1 + 98 * ((place + 0.5) * step % 1)) for step in (_GOLDEN, _SECOND))
    return f"- systolic percentile {systolic}, heart rate percentile {pulse}, temperature percentile {temperature}"


def read_subjects(text: str, spec: VitalsSpec, known: frozenset[Subject] = frozenset()) -> list[Subject]:
    """Return the valid subjects of an answer that are not known yet, in its order.

    Raises:
        BadAnswer: if there is none, with what is wrong with the first ones.
    """
    found = parse_object(text)
    subjects = found.get("subjects")
    if not isinstance(subjects, list) or found.keys() != {"subjects"}:
        raise BadAnswer(f"the object must have the key 'subjects' with a list, alone; it has {sorted(found)[:5]}")
    kept: list[Subject] = []
    problems: list[str] = []
    for number, item in enumerate(subjects, 1):
        try:
            subject = _subject(item, spec)
        except BadAnswer as error:
            problems.append(f"subject {number}: {error}")
            continue
        if subject in known or subject in kept:
            problems.append(f"subject {number}: is the same as another one")
        else:
            kept.append(subject)
    if not kept:
        raise BadAnswer("; ".join(problems[:3]) or "the list of subjects is empty")
    return kept


def _subject(item: Any, spec: VitalsSpec) -> Subject:
    if not isinstance(item, dict) or item.keys() != {"readings"} or not isinstance(item["readings"], list):
        raise BadAnswer("must be an object with the key 'readings' alone, a list")
    readings = []
    for reading in item["readings"]:
        if not isinstance(reading, list) or len(reading) != len(VITALS) or not all(map(_is_number, reading)):
            raise BadAnswer(f"a reading must be four numbers, got {repr(reading)[:40]}")
        readings.append((float(reading[0]), float(reading[1]), float(reading[2]), float(reading[3])))
    problem = prototype_problem(readings, spec.ranges, len(spec.visits))
    if problem:
        raise BadAnswer(problem)
    return tuple(readings)


def _is_number(value: Any) -> bool:
    """Return whether a value is a number that a reading can be at all: one of thousands of digits is no float."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _ANY_READING


def model_of(subjects: dict[str, tuple[Subject, ...]], spec: VitalsSpec, source: str) -> VitalsModel:
    """Return the moments of subjects as a model: means by arm and visit, covariance between and within subjects.

    Readers round as those of the shipped model do, where digit preference is on.

    Raises:
        EndpointError: if a vital sign is the same in all of them.
    """
    visits = tuple(visit.name for visit in spec.visits)
    values = [np.array(subjects[arm]) for arm in spec.arms]
    means = [arm.mean(axis=0) for arm in values]
    rest = np.concatenate([arm - mean for arm, mean in zip(values, means, strict=True)])
    between, within = _levels(rest, len(values))
    return VitalsModel.model_validate(
        {
            "source": source,
            "arms": spec.arms,
            "visits": visits,
            "visit_days": tuple(visit.day for visit in spec.visits),
            "dosed": tuple(visit.dosed for visit in spec.visits),
            "means": {
                arm: {visit: tuple(round(float(x), 4) for x in mean[v]) for v, visit in enumerate(visits)}
                for arm, mean in zip(spec.arms, means, strict=True)
            },
            "between": between,
            "within": within,
            "digits": shipped_model().digits,
        }
    )


def _levels(rest: Floats, arms: int) -> tuple[Matrix, Matrix]:
    """Return the covariance between and within subjects.

    ``rest`` is what is left of values after the means, float64[subjects, visits, 4].
    Mean squares of a balanced design; with one visit, the usual share of the variance lies between.
    """
    subjects, visits, _ = rest.shape
    free = max(1, subjects - arms)
    level = rest.mean(axis=1)
    among = np.einsum("sj,sk->jk", level, level) / free
    if visits == 1:
        between, within = 0.55 * among, 0.45 * among
    else:
        inner = rest - level[:, None, :]
        within = np.einsum("svj,svk->jk", inner, inner) / (free * (visits - 1))
        between = among - within / visits
    total = np.diag(between + within)
    for name, variance in zip(VITALS, total.tolist(), strict=True):
        if variance <= 1e-9:
            raise EndpointError(
                f"language model: {name} is the same for all subjects; ask another model, or parameters"
            )
    return _definite(between, total), _definite(within, total)


def _definite(matrix: Floats, total: Floats) -> Matrix:
    """Return the nearest covariance whose every direction has some variance, with six figures, symmetric."""
    scale = np.sqrt(total)
    share, directions = np.linalg.eigh(matrix / scale[:, None] / scale[None, :])
    mended = (directions * np.maximum(share, _LEAST_SHARE)) @ directions.T * scale[:, None] * scale[None, :]
    rows = [[float(f"{mended[max(i, j), min(i, j)]:.6g}") for j in range(4)] for i in range(4)]
    found: Any = tuple(tuple(row) for row in rows)
    return found  # type: ignore[no-any-return]
