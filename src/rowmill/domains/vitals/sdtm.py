"""The SDTM tables of a trial: VS, one row a subject, test and visit, and DM, one row a subject.

They say what the tables vitals and subjects say, in CDISC's shape and words: no value is drawn here but the day of the
first dose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Final, TypeVar

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowmill.domains.vitals.block import Readings, ages, study_days, women
from rowmill.domains.vitals.plan import Trial
from rowmill.domains.vitals.sdtm_terms import FLAG, NOT_DONE, TEMPERATURE, TESTS, Terms
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.frame import Cells, Dictionary

Scalar = TypeVar("Scalar", bound=np.generic)

_TEST_CODES = Dictionary(test.code for test in TESTS)
_TEST_NAMES = Dictionary(test.name for test in TESTS)
_UNITS = Dictionary(["mmHg", "beats/min", "C", "F"])
_UNIT_OF_TEST = np.array([_UNITS.values.to_pylist().index(test.unit) for test in TESTS], np.int8)
_FAHRENHEIT = np.int8(3)
_TEMPERATURE_TEST = [test.vital for test in TESTS].index(TEMPERATURE)
_SUPINE = Dictionary(["SUPINE"])
_HAS_NO_POSITION = np.array([not test.position for test in TESTS])
_NOT_DONE = Dictionary([NOT_DONE])
_FLAG = Dictionary([FLAG])
_SITES = Dictionary(f"{n:04d}" for n in range(1, 10_000))


def unique_subjects(terms: Terms, identifiers: Dictionary) -> Dictionary:
    """Return USUBJID of a block's subjects."""
    return Dictionary(pc.binary_join_element_wise(terms.study[0], identifiers.values, "-"))


class LongRows:
    """The rows of VS in one block; every column is a function of (subject, test, visit)."""

    def __init__(self, trial: Trial, terms: Terms, made: Readings, subjects: Dictionary) -> None:
        self.trial, self.terms, self.made, self.subjects = trial, terms, made, subjects
        visits = len(trial.visits)
        shape = (len(made.subject), len(TESTS), visits)
        self._there: Flags | None = None
        if (made.attended < visits).any():
            self._there = np.broadcast_to((np.arange(visits) < made.attended[:, None])[:, None, :], shape).ravel()
        self.subject = self._rows(np.broadcast_to(np.arange(shape[0], dtype=np.int32)[:, None, None], shape))
        self.test = self._rows(np.broadcast_to(np.arange(shape[1], dtype=np.int8)[None, :, None], shape))
        self.visit = self._rows(np.broadcast_to(np.arange(shape[2], dtype=np.int16)[None, None, :], shape))

    def _rows(self, grid: NDArray[Scalar]) -> NDArray[Scalar]:
        flat = grid.ravel()
        return flat if self._there is None else flat[self._there]

    def by_visit(self, cells: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return cells of [subjects, visits] row by row."""
        shape = (len(self.made.subject), len(TESTS), len(self.trial.visits))
        return self._rows(np.broadcast_to(cells[:, None, :], shape))

    def by_test(self, cells: list[list[NDArray[Scalar]]]) -> NDArray[Scalar]:
        """Return cells by visit and vital row by row."""
        return self._rows(
            np.stack([np.stack([visit[test.vital] for visit in cells], axis=1) for test in TESTS], axis=1)
        )

    @cached_property
    def missed(self) -> Flags | None:
        """Return which rows were not done; None where all were."""
        return self.by_visit(self.made.missed) if self.made.missed.any() else None

    @cached_property
    def values(self) -> Ints:
        """Return the results: mmHg, beats/min, hundredths of °C."""
        return self.by_test(self.made.values)

    @cached_property
    def warm(self) -> Flags:
        """Return which rows are temperatures."""
        return np.equal(self.test, _TEMPERATURE_TEST)

    @cached_property
    def foreign(self) -> Flags | None:
        """Return which rows were read in °F; None where none was."""
        known = self.made.fahrenheit
        return None if known is None else known[self.subject] & self.warm

    @cached_property
    def standard_codes(self) -> Ints:
        """Return codes of the results in standard units."""
        results = self.terms.results
        return np.where(self.warm, results.celsius(self.values), results.whole(self.values))

    @cached_property
    def days(self) -> Ints:
        """Return study days, int64[subjects, visits]."""
        return np.stack([study_days(self.trial, self.made.subject, v) for v in range(len(self.trial.visits))], axis=1)

    @property
    def adjusted(self) -> int:
        """Return how many results were moved by a limit."""
        moved = self.by_test(self.made.adjusted)
        return int((moved if self.missed is None else moved & ~self.missed).sum())


def _constant(rows: int, words: Iterable[str]) -> Cells:
    return Cells(np.zeros(rows, np.int8), None, Dictionary(words))


def _original(rows: LongRows) -> Cells:
    codes = rows.standard_codes
    if rows.foreign is not None:
        codes = np.where(rows.foreign, rows.terms.results.fahrenheit(rows.values), codes)
    return Cells(codes.astype(np.int16), rows.missed, rows.terms.results.dictionary)


def _original_unit(rows: LongRows) -> Cells:
    unit = _UNIT_OF_TEST[rows.test]
    return Cells(unit if rows.foreign is None else np.where(rows.foreign, _FAHRENHEIT, unit), rows.missed, _UNITS)


def _number(rows: LongRows) -> Cells:
    return Cells(np.where(rows.warm, rows.values / 100.0, rows.values), rows.missed)


def _flag(rows: LongRows) -> Cells:
    before = np.flatnonzero(~rows.trial.dosed)
    others = rows.visit != (before[-1] if len(before) else -1)
    return Cells(np.zeros(len(others), np.int8), others, _FLAG)


def _date(rows: LongRows) -> Cells:
    dates = rows.terms.dates
    codes = dates.of_days(dates.first_doses(rows.made.subject)[:, None], rows.days)
    return Cells(rows.by_visit(codes).astype(np.int32), rows.missed, dates.dictionary)


def _completed(rows: LongRows) -> Cells:
    done = np.ones(len(rows.visit), np.bool_) if rows.missed is None else ~rows.missed
    return Cells(np.zeros(len(done), np.int8), done, _NOT_DONE)


_VS: Final[Mapping[str, Callable[[LongRows], Cells]]] = MappingProxyType(
    {
        "STUDYID": lambda rows: _constant(len(rows.visit), rows.terms.study),
        "DOMAIN": lambda rows: _constant(len(rows.visit), ["VS"]),
        "USUBJID": lambda rows: Cells(rows.subject, None, rows.subjects),
        "VSSEQ": lambda rows: Cells((rows.test * rows.made.attended[rows.subject] + rows.visit + 1).astype(np.int32)),
        "VSTESTCD": lambda rows: Cells(rows.test, None, _TEST_CODES),
        "VSTEST": lambda rows: Cells(rows.test, None, _TEST_NAMES),
        "VSPOS": lambda rows: Cells(np.zeros(len(rows.test), np.int8), _HAS_NO_POSITION[rows.test], _SUPINE),
        "VSORRES": _original,
        "VSORRESU": _original_unit,
        "VSSTRESC": lambda rows: Cells(
            rows.standard_codes.astype(np.int16), rows.missed, rows.terms.results.dictionary
        ),
        "VSSTRESN": _number,
        "VSSTRESU": lambda rows: Cells(_UNIT_OF_TEST[rows.test], rows.missed, _UNITS),
        "VSSTAT": _completed,
        "VSLOBXFL": _flag,
        "VSBLFL": _flag,
        "VISITNUM": lambda rows: Cells(rows.visit + np.int16(1)),
        "VISIT": lambda rows: Cells(rows.visit, None, Dictionary(rows.terms.visits)),
        "VISITDY": lambda rows: Cells(np.array([visit.day for visit in rows.trial.spec.visits], np.int32)[rows.visit]),
        "VSDTC": _date,
        "VSDY": lambda rows: Cells(rows.by_visit(rows.days).astype(np.int32), rows.missed),
    }
)


def vs_frame(rows: LongRows, names: Iterable[str]) -> dict[str, Cells]:
    """Return columns of VS."""
    return {name: _VS[name](rows) for name in names}


def dm_frame(trial: Trial, terms: Terms, made: Readings, ids: tuple[Dictionary, Dictionary]) -> dict[str, Cells]:
    """Return the columns of DM; ``ids`` are SUBJID and USUBJID of the block's subjects."""
    count = len(made.subject)
    everyone, arm = np.arange(count, dtype=np.int32), made.arm.astype(np.int16)
    dates = terms.dates
    first = dates.first_doses(made.subject)
    last = first
    for v in range(len(trial.visits)):
        done = (made.attended > v) & ~made.missed[:, v]
        last = np.where(done, dates.of_days(first, study_days(trial, made.subject, v)), last)
    started = Cells(first.astype(np.int32), None, dates.dictionary)
    planned, code = Cells(arm, None, Dictionary(terms.arms)), Cells(arm, None, Dictionary(terms.arm_codes))
    return {
        "STUDYID": _constant(count, terms.study),
        "DOMAIN": _constant(count, ["DM"]),
        "USUBJID": Cells(everyone, None, ids[1]),
        "SUBJID": Cells(everyone, None, ids[0]),
        "RFSTDTC": started,
        "RFENDTC": Cells(last.astype(np.int32), None, dates.dictionary),
        "RFXSTDTC": started,
        "SITEID": Cells(made.site.astype(np.int16), None, _SITES),
        "AGE": Cells(ages(trial, made.subject).astype(np.int16)),
        "AGEU": _constant(count, ["YEARS"]),
        "SEX": Cells(np.where(women(trial, made.subject), np.int8(0), np.int8(1)), None, Dictionary(["F", "M"])),
        "ARMCD": code,
        "ARM": planned,
        "ACTARMCD": code,
        "ACTARM": planned,
        "COUNTRY": _constant(count, ["USA"]),
    }
