"""A pilot, opened: who took part, which visits count, and every subject's readings, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rowmill.core.errors import SpecError
from rowmill.domains.vitals.fit.files import PilotFile, Workshop, literal, others, workshop
from rowmill.domains.vitals.fit.names import Arm, PilotVisit, TrialVisit, choose_arms, choose_visits
from rowmill.domains.vitals.fit.observations import Observed, notes, settled
from rowmill.domains.vitals.fit.people import codes_of_arms, read_people
from rowmill.domains.vitals.fit.plain import read_plain
from rowmill.domains.vitals.fit.sdtm import ANY_POSITION, read_sdtm
from rowmill.domains.vitals.fit.settings import PilotReading
from rowmill.domains.vitals.model import VITALS
from rowmill.draw.arrays import Flags, Ints

FEWEST_SUBJECTS = 10
"""Subjects that every arm needs."""
FEWEST_READINGS = 3
"""Readings of each vital sign that every arm and visit needs."""
_POSSIBLE = ((20, 400), (10, 300), (10, 400), (25, 45))
"""Range in which a reading can be one at all, by vital: mmHg, mmHg, beats/min, °C."""
WITHOUT_READING, WITHOUT_PEOPLE = "without a reading", "without demographics"
WITHOUT_VISIT = "without a reading at the visits that are used"
_FETCHED = 131_072
"""Visit means read at once."""

_MEANS = """
    SELECT ordinal, arm, place * 4 + vital AS cell, CAST(sum(milli) AS BIGINT) AS total, count(*) AS readings
    FROM used GROUP BY ALL ORDER BY ordinal, cell"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Whole subjects, in the order of arm and identifier."""

    subject: Ints
    """Number of each subject in that order, from 0."""
    arm: Ints
    """Place of the arm."""
    value: Ints
    """Mean of a visit's readings in thousandths of a unit, int64[subjects, visits × 4], 0 where there is none."""
    seen: Flags
    """Where there is one, bool[subjects, visits × 4]."""


@dataclass(frozen=True)
class Pilot:
    """A pilot whose names are understood."""

    arms: list[Arm]
    """The control last."""
    subjects: list[int]
    """Subjects with readings at the visits that are used, by arm."""
    counts: Mapping[str, int]
    """The same by the pilot's name of the arm."""
    left_out: Mapping[str, int]
    """Subjects by arm of the pilot that stays out."""
    visits: list[TrialVisit]
    ignored: list[PilotVisit]
    """Visits of the pilot that stay out."""
    observed: Mapping[str, Observed]
    """Readings by vital sign, before several of a subject and visit became one."""
    unmatched: Mapping[str, int]
    """Subjects of the arms, or of no known one, that are left out: without a reading, without demographics, and without
    a reading at the visits that are used."""
    notes: list[str]
    """What else there is to tell, a line each."""
    shop: Workshop

    def batches(self) -> Iterator[Batch]:
        """Yield all subjects, some at a time."""
        from pyarrow import parquet as pq

        waiting = np.zeros((0, 5), np.int64)
        with pq.ParquetFile(self._sorted()) as file:
            for chunk in file.iter_batches(_FETCHED):
                columns = [column.to_numpy(zero_copy_only=False).astype(np.int64) for column in chunk.columns]
                rows = np.concatenate((waiting, np.stack(columns, axis=1)))
                whole = int(np.searchsorted(rows[:, 0], rows[-1, 0]))
                if whole:
                    yield self._batch(rows[:whole])
                waiting = rows[whole:]
        if len(waiting):
            yield self._batch(waiting)

    def names(self) -> list[str]:
        """Return the identifier of every subject."""
        return [name for (name,) in self.shop.rows("SELECT subject FROM person ORDER BY ordinal")]

    def _sorted(self) -> Path:
        """Return a file of visit means in the order of subjects, made once; a large one is sorted on disk."""
        path = self.shop.folder / "means.parquet"
        if not path.exists():
            self.shop.run(f"COPY ({_MEANS}) TO {literal(str(path))} (FORMAT parquet)")
        return path

    def _batch(self, rows: Ints) -> Batch:
        subject, first, at = np.unique(rows[:, 0], return_index=True, return_inverse=True)
        value = np.zeros((len(subject), len(self.visits) * 4), np.int64)
        seen = np.zeros(value.shape, np.bool_)
        value[at, rows[:, 2]] = (2 * rows[:, 3] + rows[:, 4]) // (2 * rows[:, 4])
        seen[at, rows[:, 2]] = True
        return Batch(subject, rows[first, 1], value, seen)


@contextmanager
def opened(pilot: str, demographics: str | None, reading: PilotReading) -> Iterator[Pilot]:
    """Open a pilot and understand its names.

    Args:
        pilot: SDTM VS (XPT, CSV or Parquet), or a table with one row a subject and visit.
        demographics: SDTM DM, or a table with SubjectID, Age, Sex and SiteID; needed for VS, which has no arms.
        reading: what its words mean.

    Raises:
        UsageError: if a file cannot be read.
        SpecError: if it cannot be used: naming what was received, the rule and the way out.
    """
    with workshop() as shop:
        source = PilotFile(shop, pilot)
        people = None if demographics is None else PilotFile(shop, demographics)
        sdtm = "VSTESTCD" in source
        if sdtm:
            if people is None:
                raise SpecError(f"{pilot}: SDTM VS has no arms; give its DM too, as demographics")
            told = read_sdtm(shop, source, reading)
            told += read_people(shop, people, arms=True)
            shop.run("CREATE VIEW randomised AS SELECT subject, arm FROM people")
        elif "SubjectID" in source or "VisitName" in source:
            _refuse_sdtm_words(reading)
            told = read_plain(shop, source, reading.duplicates)
            if people is not None:
                told += read_people(shop, people, arms=False)
        else:
            source.refuse_uneven(("VSTESTCD", "SubjectID"))
            raise SpecError(
                f"{pilot}: neither SDTM VS (no VSTESTCD) nor a table with SubjectID, VisitName, TreatmentArm and "
                f"{', '.join(VITALS)}; give one of them"
            )
        _possible(shop, pilot)
        told += source.notes if people is None else [*source.notes, *people.notes]
        unmatched = {} if people is None else _unmatched(shop, pilot, people.path)
        told += [f"subjects {name}, left out: {number:,}" for name, number in unmatched.items() if number and sdtm]
        found = _understood(shop, reading, told + _spelled_once(shop), codes_of_arms(shop) if sdtm else {})
        told = found.notes
        elsewhere = _elsewhere(shop)
        told += [f"subjects {WITHOUT_VISIT}, left out: {elsewhere:,}"] if elsewhere else []
        if sdtm or any(len(visit.of) > 1 for visit in found.visits):
            told += notes(found.observed, reading.duplicates)
        yield replace(found, unmatched={**unmatched, WITHOUT_VISIT: elsewhere}, notes=told)


def _refuse_sdtm_words(reading: PilotReading) -> None:
    """Refuse what only an SDTM pilot can be asked for."""
    for name in ("position", "timepoint"):
        asked = getattr(reading, name)
        if asked != PilotReading.model_fields[name].default and asked.upper() != ANY_POSITION:
            raise SpecError(f"{name}: got {asked!r}, but a table with one column a vital sign has none; leave it out")


def _unmatched(shop: Workshop, pilot: str, demographics: str) -> dict[str, int]:
    """Return subjects of one file that the other lacks.

    Raises:
        SpecError: if no subject stands in both.
    """
    measured, alone, absent = shop.rows(
        """SELECT (SELECT count(DISTINCT subject) FROM reading),
               (SELECT count(DISTINCT subject) FROM reading ANTI JOIN people USING (subject)),
               (SELECT count(DISTINCT subject) FROM people ANTI JOIN reading USING (subject))"""
    )[0]
    if measured and alone == measured:
        here, there = (shop.value(f"SELECT min(subject) FROM {table}") for table in ("reading", "people"))  # noqa: S608
        raise SpecError(
            f"{demographics}: none of the {measured:,} subjects of {pilot} is in it: {here!r} there, {there!r} here; "
            "both need the same subject identifiers"
        )
    return {WITHOUT_READING: absent, WITHOUT_PEOPLE: alone}


def _elsewhere(shop: Workshop) -> int:
    """Return how many subjects of the arms have readings, but none at the visits that are used."""
    found: int = shop.value(
        """SELECT count(DISTINCT subject) FROM reading JOIN randomised r USING (subject) JOIN arm_of a ON r.arm = a.name
           WHERE subject NOT IN (SELECT subject FROM person)"""
    )
    return found


def _spelled_once(shop: Workshop) -> list[str]:
    """Make one visit of those whose names differ in capitals alone, under its usual spelling; return what was done."""
    shop.run(
        """CREATE TABLE spelling AS
           SELECT meant, first(visit ORDER BY number DESC, visit) AS usual FROM (
               SELECT upper(visit) AS meant, visit, count(*) AS number FROM reading GROUP BY ALL)
           GROUP BY 1 HAVING count(*) > 1"""
    )
    names = [name for (name,) in shop.rows("SELECT usual FROM spelling ORDER BY 1")]
    if names:
        shop.run("UPDATE reading SET visit = usual FROM spelling WHERE upper(visit) = meant")
    return [f"visits that differ in capitals alone are one: {', '.join(names)}"] if names else []


def _possible(shop: Workshop, path: str) -> None:
    for vital, (low, high) in enumerate(_POSSIBLE):
        found = shop.rows(
            """SELECT _row, milli / 1000, count(*) OVER () FROM reading WHERE vital = ? AND milli NOT BETWEEN ? AND ?
               ORDER BY 1 LIMIT 1""",
            [vital, low * 1000, high * 1000],
        )
        if found:
            row, value, number = found[0]
            raise SpecError(
                f"{path}, row {row}: got {VITALS[vital]} {value:g}; a reading lies in {low} … {high} (mmHg, beats/min, "
                f"°C): correct it, convert its unit, or leave it empty{others(number)}"
            )


def _understood(shop: Workshop, reading: PilotReading, told: list[str], codes: Mapping[str, str]) -> Pilot:
    found = shop.rows(
        """SELECT arm, count(DISTINCT v.subject), count(DISTINCT subject)
           FROM randomised LEFT JOIN reading v USING (subject) GROUP BY 1 ORDER BY 1"""
    )
    arms = choose_arms(reading.arms, {arm: measured for arm, measured, _ in found if arm is not None}, codes)
    named = {name for arm in arms for name in arm.of}
    left_out = {"no arm" if arm is None else arm: everyone for arm, _, everyone in found if arm not in named}
    _table(shop, "arm_of", [arm.of for arm in arms])
    visits, ignored = choose_visits(reading.visits, _visits(shop))
    _table(shop, "visit_of", [visit.of for visit in visits])
    shop.run(
        """CREATE TABLE person AS SELECT subject, a.place AS arm, r.arm AS called,
               row_number() OVER (ORDER BY a.place, subject) - 1 AS ordinal
           FROM randomised r JOIN arm_of a ON r.arm = a.name
           WHERE subject IN (SELECT subject FROM reading v JOIN visit_of o ON v.visit = o.name)"""
    )
    shop.run(
        """CREATE VIEW every_used AS SELECT ordinal, arm, o.place, v.* EXCLUDE (subject)
           FROM reading v JOIN person USING (subject) JOIN visit_of o ON v.visit = o.name"""
    )
    observed = settled(shop, reading.duplicates)
    told += _swapped(shop)
    counts = dict(shop.rows("SELECT called, count(*) FROM person GROUP BY 1 ORDER BY 1"))
    subjects = [sum(counts.get(name, 0) for name in arm.of) for arm in arms]
    for arm, number in zip(arms, subjects, strict=True):
        if number < FEWEST_SUBJECTS:
            raise SpecError(
                f"arm {arm.name!r} ({', '.join(arm.of)}): {number} subjects with readings; {FEWEST_SUBJECTS} are needed"
            )
    return Pilot(arms, subjects, counts, left_out, visits, ignored, observed, {}, told, shop)


def _swapped(shop: Workshop) -> list[str]:
    """Return a line about visits whose pressures seem to be swapped; refuse those that are so in the mean."""
    means = dict(shop.rows("SELECT vital, avg(milli) / 1000 FROM used WHERE vital < 2 GROUP BY 1"))
    if len(means) == 2 and means[0] < means[1]:
        raise SpecError(
            f"pressures: systolic ones are {means[0]:.0f} mmHg in the mean, diastolic ones {means[1]:.0f}; they seem "
            "to be swapped: correct the names"
        )
    below = shop.value(
        """SELECT count(*) FROM (
               SELECT avg(milli) FILTER (vital = 0) AS systolic, avg(milli) FILTER (vital = 1) AS diastolic
               FROM used WHERE vital < 2 GROUP BY ordinal, place)
           WHERE systolic < diastolic"""
    )
    return [f"subject-visits whose systolic pressure is below the diastolic one: {below:,}"] if below else []


def _visits(shop: Workshop) -> list[PilotVisit]:
    """Return the visits of subjects with an arm, in the pilot's order."""
    found = shop.rows(
        """SELECT visit, count(DISTINCT subject), median(happened), min(number), min(_row)
           FROM reading JOIN randomised r USING (subject) JOIN arm_of a ON r.arm = a.name
           GROUP BY 1 ORDER BY 4 NULLS LAST, 5"""
    )
    planned: dict[str, int] = {}
    for visit, day in shop.rows(
        """SELECT visit, CAST(planned AS INT) FROM reading WHERE planned IS NOT NULL
           GROUP BY ALL ORDER BY count(*) DESC, 2"""
    ):
        planned.setdefault(visit, day)
    return [
        PilotVisit(visit, subjects, planned.get(visit), None if median is None else round(median))
        for visit, subjects, median, *_ in found
    ]


def _table(shop: Workshop, name: str, groups: list[tuple[str, ...]]) -> None:
    """Make a table of the pilot's names with the place of the arm or visit that each belongs to."""
    pairs = [(of, place) for place, group in enumerate(groups) for of in group]
    values = ", ".join(f"({literal(of)}, {place})" for of, place in pairs)
    shop.run(f"CREATE TABLE {name} AS SELECT * FROM (VALUES {values}) v(name, place)")  # noqa: S608
