"""Blueprints: the parameters of a trial as a language model proposes them, checked, and turned into a model.

Whatever the endpoint promises about the form of its answers, everything is checked here: names, types and bounds that
any human trial keeps. No text of an answer reaches a file, only numbers under names that are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field, ValidationError

from rowmill.domains.vitals.model import VITALS, Matrix, Vector, VitalsModel
from rowmill.domains.vitals.shipped import shipped_model
from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.llm.answers import BadAnswer, parse_object
from rowmill.model.spec import Section

LEAST_PULSE_PRESSURE = 15.0
"""Least difference of mean systolic and diastolic pressure, mmHg."""
NAMES = ("systolic", "diastolic", "heart_rate", "temperature")
"""Keys of the four vitals in an answer, in the order of every vector."""
MAX_MEANS = 200
"""Most visits of all arms that one answer can hold."""


class Means(Section):
    """Means of one visit."""

    systolic: float = Field(ge=80, le=200)
    diastolic: float = Field(ge=40, le=120)
    heart_rate: float = Field(ge=40, le=140)
    temperature: float = Field(ge=35, le=39.5)


class Spread(Section):
    """Standard deviations over subjects and visits."""

    systolic: float = Field(ge=3, le=40)
    diastolic: float = Field(ge=2, le=25)
    heart_rate: float = Field(ge=2, le=30)
    temperature: float = Field(ge=0.05, le=1.2)


class Shares(Section):
    """Shares of the variance that lie between subjects."""

    systolic: float = Field(ge=0.05, le=0.95)
    diastolic: float = Field(ge=0.05, le=0.95)
    heart_rate: float = Field(ge=0.05, le=0.95)
    temperature: float = Field(ge=0.05, le=0.95)


class Ages(Section):
    """Ages in years."""

    mean: float = Field(ge=0, le=100)
    sd: float = Field(ge=0.5, le=30)
    youngest: int = Field(ge=0, le=110)
    oldest: int = Field(ge=1, le=120)


class Blueprint(Section):
    """What a language model is asked for."""

    means: dict[str, dict[str, Means]]
    """By arm and visit."""
    standard_deviations: Spread
    between_subject_share: Shares
    pressure_correlation: float = Field(ge=-0.2, le=0.95)
    """Of systolic and diastolic pressure, between and within subjects."""
    retention: dict[str, float]
    """Share of each arm still there at the last visit."""
    age: Ages
    share_of_women: float = Field(ge=0, le=1)


def blueprint_schema(spec: VitalsSpec) -> dict[str, Any]:
    """Return the JSON Schema of a blueprint: every key required and none besides, as strict endpoints want it."""
    means, visits = ({"$ref": f"#/$defs/{name}"} for name in ("means", "visits"))
    fields = _record(
        {
            "means": _record(dict.fromkeys(spec.arms, visits)),
            "standard_deviations": _four(Spread),
            "between_subject_share": _four(Shares),
            "pressure_correlation": _number(Blueprint, "pressure_correlation"),
            "retention": _record({arm: {"type": "number", "description": "0.05 to 1"} for arm in spec.arms}),
            "age": _record({key: _number(Ages, key) for key in Ages.model_fields}),
            "share_of_women": _number(Blueprint, "share_of_women"),
        }
    )
    return fields | {"$defs": {"means": _four(Means), "visits": _record({visit.name: means for visit in spec.visits})}}


def _four(section: type[Section]) -> dict[str, Any]:
    return _record({key: _number(section, key) for key in NAMES})


def _record(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _number(section: type[Section], key: str) -> dict[str, Any]:
    """Return the schema of a number; its bounds are words, for not every strict endpoint takes them as rules."""
    field = section.model_fields[key]
    limits = {name: getattr(rule, name) for rule in field.metadata for name in ("ge", "le") if hasattr(rule, name)}
    kind = "integer" if field.annotation is int else "number"
    return {"type": kind, "description": f"{limits['ge']} to {limits['le']}"}


def read_blueprint(text: str, spec: VitalsSpec) -> Blueprint:
    """Return the blueprint in an answer.

    Raises:
        BadAnswer: naming up to five keys with the value received and the rule.
    """
    found = parse_object(text)
    try:
        blueprint = Blueprint.model_validate(found)
    except ValidationError as error:
        raise BadAnswer("; ".join(_problem(problem) for problem in error.errors()[:5])) from None
    problems = list(_inconsistencies(blueprint, spec))
    if problems:
        raise BadAnswer("; ".join(problems[:5]))
    return blueprint


def _problem(problem: Any) -> str:
    name = ".".join(str(step) for step in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{name}: unknown key, leave it out"
    received = repr(problem.get("input"))
    return f"{name}: got {received[:40]}; {problem['msg'][:1].lower()}{problem['msg'][1:]}"


def _inconsistencies(blueprint: Blueprint, spec: VitalsSpec) -> Iterator[str]:
    """Yield what contradicts the trial, or itself."""
    visits = {visit.name for visit in spec.visits}
    for name, keys in (("means", blueprint.means.keys()), ("retention", blueprint.retention.keys())):
        if keys != set(spec.arms):
            yield f"{name}: has the arms {sorted(keys)}; exactly {sorted(spec.arms)} are needed"
    for arm, by_visit in blueprint.means.items():
        if by_visit.keys() != visits:
            yield f"means.{arm}: has the visits {sorted(by_visit)}; exactly {sorted(visits)} are needed"
        for visit, means in by_visit.items():
            if means.systolic - means.diastolic < LEAST_PULSE_PRESSURE:
                yield f"means.{arm}.{visit}: systolic must exceed diastolic by {LEAST_PULSE_PRESSURE:g} or more"
            for key, (low, high) in zip(NAMES, spec.ranges.pairs, strict=True):
                if not low < getattr(means, key) < high:
                    yield f"means.{arm}.{visit}.{key}: got {getattr(means, key):g}; must lie inside {low:g} … {high:g}"
    for arm, share in blueprint.retention.items():
        if not 0.05 <= share <= 1:
            yield f"retention.{arm}: got {share:g}; must lie in 0.05 … 1"
    age = blueprint.age
    if not age.youngest <= age.mean <= age.oldest or age.youngest == age.oldest:
        yield f"age: the mean {age.mean:g} must lie between youngest {age.youngest} and oldest {age.oldest}"


def model_of(blueprint: Blueprint, spec: VitalsSpec, source: str) -> VitalsModel:
    """Return the model that a blueprint describes.

    The correlation of the pressures holds between and within subjects; other vitals are uncorrelated, and departures
    keep the default kernel over time. Readers round as those of the shipped model do, where digit preference is on.
    """
    visits, share = tuple(visit.name for visit in spec.visits), _vector(blueprint.between_subject_share)
    sd, r = _vector(blueprint.standard_deviations), blueprint.pressure_correlation
    left: Vector = (1 - share[0], 1 - share[1], 1 - share[2], 1 - share[3])
    age = blueprint.age
    return VitalsModel.model_validate(
        {
            "source": source,
            "arms": spec.arms,
            "visits": visits,
            "visit_days": tuple(visit.day for visit in spec.visits),
            "dosed": tuple(visit.dosed for visit in spec.visits),
            "means": {arm: {visit: _vector(blueprint.means[arm][visit]) for visit in visits} for arm in spec.arms},
            "between": _covariance(sd, share, r),
            "within": _covariance(sd, left, r),
            "digits": shipped_model().digits,
            "dropout": {"retention": {arm: _kept(spec, blueprint.retention[arm]) for arm in spec.arms}},
            "people": {
                "age_mean": age.mean,
                "age_sd": age.sd,
                "age_range": (age.youngest, age.oldest),
                "female": blueprint.share_of_women,
            },
        }
    )


def _kept(spec: VitalsSpec, retention: float) -> dict[str, float]:
    """Return the share still there at each visit: it falls evenly over the visits after the first dose."""
    dosed = [visit for visit in spec.visits if visit.dosed]
    done = {visit.name: place for place, visit in enumerate(dosed, 1)}
    return {visit.name: round(retention ** (done.get(visit.name, 0) / max(1, len(dosed))), 6) for visit in spec.visits}


def _vector(four: Means | Spread | Shares) -> Vector:
    return four.systolic, four.diastolic, four.heart_rate, four.temperature


def _covariance(sd: Vector, share: Vector, correlation: float) -> Matrix:
    """Return the covariance of one level, whose variances are shares of the whole ones."""
    part = [sd[j] * share[j] ** 0.5 for j in range(len(VITALS))]
    rows = [[a * b if i == j else 0.0 for j, b in enumerate(part)] for i, a in enumerate(part)]
    rows[0][1] = rows[1][0] = correlation * part[0] * part[1]
    found: Any = tuple(tuple(row) for row in rows)
    return found  # type: ignore[no-any-return]
