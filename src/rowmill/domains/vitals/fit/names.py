"""The pilot's words for arms and visits, and what they become."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rowmill.core.errors import SpecError
from rowmill.model.spec import nearest

NOT_RANDOMISED = re.compile(
    r"screen|not (assigned|allocated|treated|randomi|enrolled)|unplanned|unassign|unallocat|unrandomi|^scrnfail$",
    re.IGNORECASE,
)
"""Names of arms whose subjects never entered the trial."""
_PLACEBO = re.compile(r"placebo|^pbo$", re.IGNORECASE)
_USUAL_VISITS = (
    ("Screening", ("SCREENING 1", "SCREENING"), -14),
    ("Day 1", ("BASELINE", "DAY 1"), 1),
    ("Week 4", ("WEEK 4",), 28),
    ("Week 12", ("WEEK 12",), 84),
)
"""Visits that are looked for where nobody says which: name, what pilots call it, planned day."""
_DAYS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], int]], ...] = (
    (re.compile(r"screen", re.IGNORECASE), lambda _: -14),
    (re.compile(r"baseline", re.IGNORECASE), lambda _: 1),
    (re.compile(r"\bday\s*(-?\d+)\b", re.IGNORECASE), lambda found: int(found[1])),
    (re.compile(r"\b(?:week|wk)\s*(\d+)\b", re.IGNORECASE), lambda found: 7 * int(found[1]) or 1),
    (re.compile(r"\bmonth\s*(\d+)\b", re.IGNORECASE), lambda found: 28 * int(found[1]) or 1),
)
"""Planned days that a visit's name tells."""
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm of the trial and the pilot's arms that make it."""

    name: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PilotVisit:
    """A visit as the pilot has it."""

    name: str
    subjects: int
    """Subjects with a reading there."""
    planned: int | None
    """Planned study day, where the pilot says it."""
    median: int | None
    """Median of the study days on which it happened, where the pilot says them."""


@dataclass(frozen=True, slots=True)
class TrialVisit:
    """A visit of the trial, the pilot's visits that make it, and its planned day."""

    name: str
    of: tuple[str, ...]
    day: int


def parse_map(text: str, what: str) -> list[tuple[str, list[str]]]:
    """Return the names of a map such as ``Active=A|B,Placebo=C`` with what each stands for, in order.

    A comma parts two entries only where a name and ``=`` follow, so that names may have commas.

    Raises:
        SpecError: if an entry has no ``=`` or a name stands twice.
    """
    entries: list[tuple[str, list[str]]] = []
    for entry in re.split(r",(?=[^,=|]+=)", text):
        name, equals, rest = (part.strip() for part in entry.partition("="))
        sources = [source.strip() for source in rest.split("|")]
        if not (name and equals and all(sources)):
            raise SpecError(f"{what}: got {entry.strip()!r}; an entry is written NAME=A|B, commas part entries")
        entries.append((name, sources))
    names = [name for name, _ in entries]
    used = [source.casefold() for _, sources in entries for source in sources]
    for listed, kind in ((names, "name"), (used, "source")):
        twice = [item for item in listed if listed.count(item) > 1]
        if twice:
            raise SpecError(f"{what}: {kind} {twice[0]!r} stands there twice; give it once")
    return entries


def choose_arms(text: str, subjects: Mapping[str, int], codes: Mapping[str, str] = MappingProxyType({})) -> list[Arm]:
    """Return the arms of the trial, the control last.

    Args:
        text: map of arms; empty for the rule.
        subjects: number of subjects with readings, by the pilot's name of the arm.
        codes: names of arms by their short ones, which the map may use too.

    Raises:
        SpecError: if the map names an arm that the pilot does not have or leaves a randomised one out, or if no arm can
            be the control.
    """
    randomised = [name for name, count in subjects.items() if count and not NOT_RANDOMISED.search(name)]
    if text:
        chosen = [Arm(name, _known(name, of, subjects, "arms", codes)) for name, of in parse_map(text, "arms")]
        _refuse_twice([source for arm in chosen for source in arm.of])
        named = {name for arm in chosen for name in arm.of}
        for name in randomised:
            if name not in named:
                raise SpecError(
                    f"arms: the map does not name the pilot's arm {name!r}; add it, as in "
                    f"Active=A|{name}, or take its subjects out of the pilot"
                )
    else:
        controls = tuple(name for name in randomised if _PLACEBO.search(name))
        others = tuple(name for name in randomised if name not in controls)
        if len(controls) > 1:
            raise SpecError(
                f"arms: {_listed(map(repr, controls))} all look like the control; say which one is, as in "
                f"--arms 'Active={'|'.join((*others, *controls[1:]))},Placebo={controls[0]}'"
            )
        if not controls or not others:
            raise SpecError(
                f"arms: got {_listed(randomised)}; one must be called placebo and another not: "
                "say which is which, as in --arms 'Active=A|B,Placebo=C', the control last"
            )
        chosen = [Arm("Active", others), Arm("Placebo", controls)]
    if len(chosen) < 2:
        raise SpecError(f"arms: the map makes {chosen[0].name!r} alone; name two or more, the control last")
    placebo = [arm for arm in chosen if _PLACEBO.search(arm.name)]
    return [arm for arm in chosen if arm not in placebo] + placebo if len(placebo) == 1 else chosen


def _refuse_twice(sources: Sequence[str]) -> None:
    for source in sources:
        if sources.count(source) > 1:
            raise SpecError(f"arms: {source!r} stands there twice, by its name and its code; give it once")


def choose_visits(text: str, found: Sequence[PilotVisit]) -> tuple[list[TrialVisit], list[PilotVisit]]:
    """Return the visits of the trial in order, and those of the pilot that stay out.

    Args:
        text: map of visits; empty for the rule.
        found: visits of the pilot.

    Raises:
        SpecError: if the map names a visit that the pilot does not have, if fewer than two are there, or if their days
            are unknown or do not ascend.
    """
    by_name = {visit.name: visit for visit in found}
    if text:
        pairs = [(name, _known(name, of, by_name, "visits")) for name, of in parse_map(text, "visits")]
        chosen = [TrialVisit(name, of, _day(name, [by_name[source] for source in of])) for name, of in pairs]
    else:
        chosen = list(_usual(by_name))
        _refuse_one_sided(chosen, found)
    if len(chosen) < 2:
        raise SpecError(
            f"visits: {len(chosen)} of {_listed(name for name, _, _ in _USUAL_VISITS)} found among the pilot's "
            f"{_listed(by_name)}; two are needed: name them, as in --visits 'Day 1=BASELINE,Week 8=WEEK 8'"
        )
    chosen.sort(key=lambda visit: visit.day)
    days = [visit.day for visit in chosen]
    if len(set(days)) < len(days) or 0 in days:
        told = ", ".join(f"{visit.name} on day {visit.day}" for visit in chosen)
        raise SpecError(f"visits: got {told}; days must differ, and there is no day 0: map visits to other names")
    used = {source for visit in chosen for source in visit.of}
    return chosen, [visit for visit in found if visit.name not in used]


def _usual(by_name: Mapping[str, PilotVisit]) -> Iterable[TrialVisit]:
    for name, sources, day in _USUAL_VISITS:
        for source in sources:
            match = next((known for known in by_name if known.casefold() == source.casefold()), None)
            if match is not None:
                planned = by_name[match].planned
                yield TrialVisit(name, (match,), day if planned is None else planned)
                break


def _refuse_one_sided(chosen: Sequence[TrialVisit], found: Sequence[PilotVisit]) -> None:
    """Refuse visits found by rule that lie all before the first dose or all after it, where the pilot has more."""
    ends = len({visit.day > 1 for visit in chosen})
    if ends == 1 and 1 < len(chosen) < len(found):
        side, other = ("after", "before") if chosen[0].day > 1 else ("before", "after")
        raise SpecError(
            f"visits: {_listed(visit.name for visit in chosen)} are those that are known by name among the pilot's "
            f"{_listed(visit.name for visit in found)}, all {side} the first dose; name them, with one {other} it, as "
            "in --visits 'Day 1=BASELINE,Week 8=WEEK 8'"
        )


def _day(name: str, sources: Sequence[PilotVisit]) -> int:
    planned = [visit.planned for visit in sources if visit.planned is not None]
    if planned:
        return max(set(planned), key=lambda day: (planned.count(day), -day))
    for text in (name, *(visit.name for visit in sources)):
        for pattern, day in _DAYS:
            match = pattern.search(text)
            if match:
                return day(match)
    happened = [visit.median for visit in sources if visit.median is not None]
    if happened:
        return happened[0]
    raise SpecError(f"visits: {name!r} has no planned day; call it 'Day N' or 'Week N', or give the pilot a VISITDY")


def _known(
    name: str,
    sources: Iterable[str],
    known: Collection[str],
    what: str,
    codes: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, ...]:
    """Return the pilot's spelling of names that a map uses."""
    spelled = {code.casefold(): text for code, text in codes.items() if text in known}
    spelled |= {text.casefold(): text for text in known}
    for source in sources:
        if source.casefold() not in spelled:
            raise SpecError(f"{what}: {name}={source}: the pilot has no {source!r}; {nearest(source, known)}")
    return tuple(spelled[source.casefold()] for source in sources)


def _listed(names: Iterable[str]) -> str:
    all_names = list(names)
    return ", ".join(all_names[:_SHOWN]) + (", …" if len(all_names) > _SHOWN else "") or "none"
