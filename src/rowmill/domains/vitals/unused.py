"""What no reading of a trial depends on as its spec stands."""

from __future__ import annotations

from collections.abc import Iterator

from rowmill.domains.vitals.pilots import PILOT, SYNTHETIC
from rowmill.domains.vitals.settings import DEFAULT_RETENTION, DEFAULT_STRENGTH
from rowmill.domains.vitals.spec import DEFAULT_EFFECT, VitalsSpec
from rowmill.model.notes import Note

_SDTM = frozenset(("vs", "dm"))


def unused(spec: VitalsSpec) -> tuple[Note, ...]:
    """Return the keys of a resolved spec that nothing depends on."""
    return tuple(note for found in (_method, _effect, _leaving, _sdtm) for note in found(spec))


def _method(spec: VitalsSpec) -> Iterator[Note]:
    if spec.method != "bootstrap" and not spec.prototypes:
        yield Note("data.smoothing", f"only method bootstrap draws donors, and it is {spec.method}")
    if spec.method != "rules":
        fix = f"parameters of the method rules, and it is {spec.method}; add --method rules, or leave them out"
        yield Note("data.rules", fix, refused=True)
    if spec.inputs.get(PILOT) in (None, SYNTHETIC) and spec.method != "llm":
        fix = "maps, position and the like are for reading a pilot, and none is given; add --catalog pilot=FILE"
        yield Note("data.pilot", fix, refused=True)


def _effect(spec: VitalsSpec) -> Iterator[Note]:
    if any(visit.dosed for visit in spec.visits):
        return
    none = "no visit comes after the first dose"
    fix = f"{none}, so there is no effect to meet; add a later visit, or leave it out"
    yield Note("data.target_effect", fix, refused=True, filled=DEFAULT_EFFECT)
    yield Note("data.calibrate", fix, refused=True)
    for key in ("rules.trend", "realism.effect_sd", "realism.missed", "realism.dropout.mechanism"):
        yield Note(f"data.{key}", none)
    for key, filled in (("retention", DEFAULT_RETENTION), ("strength", DEFAULT_STRENGTH)):
        yield Note(f"data.realism.dropout.{key}", none, filled=filled)


def _leaving(spec: VitalsSpec) -> Iterator[Note]:
    dropout = spec.realism.dropout
    if dropout.mechanism == "none":
        fix = "realism.dropout.mechanism is none, so nobody leaves; set it to mcar, mar or mnar, or leave this out"
        for key, filled in (("retention", DEFAULT_RETENTION), ("strength", DEFAULT_STRENGTH)):
            yield Note(f"data.realism.dropout.{key}", fix, refused=True, filled=filled)
    elif dropout.mechanism == "mcar":
        why = "mechanism mcar takes leavers by chance, whatever their pressure"
        yield Note("data.realism.dropout.strength", why, filled=DEFAULT_STRENGTH)
    elif dropout.retention == 1:
        why = "realism.dropout.retention is 1, so nobody leaves"
        yield Note("data.realism.dropout.strength", why, filled=DEFAULT_STRENGTH)


def _sdtm(spec: VitalsSpec) -> Iterator[Note]:  # noqa: ARG001 - of every spec
    for key in ("study", "start", "realism.visit_windows"):
        yield Note(f"data.{key}", "only the tables vs and dm show it; ask for them with --tables", only_in=_SDTM)
