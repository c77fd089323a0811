"""The SDTM tables of a trial: VS, one row a subject, test and visit, and DM, one row a subject.

They say what the tables vitals and subjects say, in CDISC's shape and words: no value is drawn here but the day of the
first dose.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.vitals.block import Block, study_days
from rowmill.domains.vitals.people import ages, women
from rowmill.domains.vitals.sdtm_fields import DM, VS
from rowmill.domains.vitals.sdtm_terms import EPOCHS, FLAG, NOT_DONE, TEMPERATURE, TESTS, TrialTerms
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.columns import columns_of
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
_EPOCHS = Dictionary(EPOCHS)
_NOTHING = Dictionary(["-"])


class LongRows:
    """The rows of VS in one block; every column is a function of (subject, test, visit)."""

    def __init__(self, block: Block, terms: TrialTerms) -> None:
        self.block, self.trial, self.terms = block, block.trial, terms
        visits = len(self.trial.visits)
        shape = (len(block.subject), len(TESTS), visits)
        self._there: Flags | None = None
        if not block.everyone_stays:
            self._there = np.broadcast_to((np.arange(visits) < block.attended[:, None])[:, None, :], shape).ravel()
        self.subject = self._rows(np.broadcast_to(np.arange(shape[0], dtype=np.int32)[:, None, None], shape))
        self.test = self._rows(np.broadcast_to(np.arange(shape[1], dtype=np.int8)[None, :, None], shape))
        self.visit = self._rows(np.broadcast_to(np.arange(shape[2], dtype=np.int16)[None, None, :], shape))

    def _rows(self, grid: NDArray[Scalar]) -> NDArray[Scalar]:
        flat = grid.ravel()
        return flat if self._there is None else flat[self._there]

    def by_visit(self, cells: NDArray[Scalar]) -> NDArray[Scalar]:
        """Return cells of [subjects, visits] row by row."""
        shape = (len(self.block.subject), len(TESTS), len(self.trial.visits))
        return self._rows(np.broadcast_to(cells[:, None, :], shape))

    def by_test(self, cells: list[list[NDArray[Scalar]]]) -> NDArray[Scalar]:
        """Return cells by visit and vital row by row."""
        return self._rows(
            np.stack([np.stack([visit[test.vital] for visit in cells], axis=1) for test in TESTS], axis=1)
        )

    @cached_property
    def missed(self) -> Flags | None:
        """Return which rows were not done; None where all were."""
        return self.by_visit(self.block.missed) if self.block.missed.any() else None

    @cached_property
    def values(self) -> Ints:
        """Return the results: mmHg, beats/min, hundredths of °C."""
        return self.by_test(self.block.readings.values)

    @cached_property
    def warm(self) -> Flags:
        """Return which rows are temperatures."""
        return np.equal(self.test, _TEMPERATURE_TEST)

    @cached_property
    def foreign(self) -> Flags | None:
        """Return which rows were read in °F; None where none was."""
        known = self.block.fahrenheit
        return None if known is None else known[self.subject] & self.warm

    @cached_property
    def standard_codes(self) -> Ints:
        """Return codes of the results in standard units."""
        results = self.terms.results
        return np.where(self.warm, results.celsius(self.values), results.whole(self.values))

    @cached_property
    def days(self) -> Ints:
        """Return study days, int64[subjects, visits]."""
        return np.stack([study_days(self.trial, self.block.subject, v) for v in range(len(self.trial.visits))], axis=1)

    @property
    def adjusted(self) -> int:
        """Return how many results were moved by a limit."""
        moved = self.by_test(self.block.readings.adjusted)
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
    codes = dates.of_days(dates.first_doses(rows.block.subject)[:, None], rows.days)
    return Cells(rows.by_visit(codes).astype(np.int32), rows.missed, dates.dictionary)


def _completed(rows: LongRows) -> Cells:
    done = np.ones(len(rows.visit), np.bool_) if rows.missed is None else ~rows.missed
    return Cells(np.zeros(len(done), np.int8), done, _NOT_DONE)


VS_COLUMNS: Final = columns_of(
    VS,
    ["rows"],
    {
        "STUDYID": lambda rows: _constant(len(rows.visit), rows.terms.study),
        "DOMAIN": lambda rows: _constant(len(rows.visit), ["VS"]),
        "USUBJID": lambda rows: Cells(rows.subject, None, rows.block.unique_identifiers),
        "VSSEQ": lambda rows: Cells((rows.test * rows.block.attended[rows.subject] + rows.visit + 1).astype(np.int32)),
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
        "EPOCH": lambda rows: Cells(rows.trial.dosed.astype(np.int8)[rows.visit], None, _EPOCHS),
        "VSDTC": _date,
        "VSDY": lambda rows: Cells(rows.by_visit(rows.days).astype(np.int32), rows.missed),
    },
)


class Demographics:
    """The rows of DM in one block; every column is a function of the subject."""

    def __init__(self, block: Block, terms: TrialTerms) -> None:
        self.block, self.terms = block, terms

    @cached_property
    def first(self) -> Ints:
        """Return codes of the days of the first doses."""
        return self.terms.dates.first_doses(self.block.subject)

    @cached_property
    def last(self) -> Ints:
        """Return codes of the days of the last visits that were done."""
        block, last = self.block, self.first
        for v in range(len(block.trial.visits)):
            done = (block.attended > v) & ~block.missed[:, v]
            last = np.where(done, self.terms.dates.of_days(self.first, study_days(block.trial, block.subject, v)), last)
        return last

    @property
    def consent(self) -> Ints:
        """Return codes of the days of informed consent: the first visit, the first dose at the latest."""
        first_visit = self.terms.dates.of_days(self.first, study_days(self.block.trial, self.block.subject, 0))
        return np.minimum(self.first, first_visit)

    def nothing(self) -> Cells:
        """Return a column without a value."""
        subjects = len(self.block.subject)
        return Cells(np.zeros(subjects, np.int8), np.ones(subjects, np.bool_), _NOTHING)

    def constant(self, word: str) -> Cells:
        """Return one word for all."""
        return _constant(len(self.block.subject), [word])

    def each(self, dictionary: Dictionary) -> Cells:
        """Return the entry of a dictionary of the block's subjects that belongs to each."""
        return Cells(np.arange(len(self.block.subject), dtype=np.int32), None, dictionary)

    def day(self, codes: Ints) -> Cells:
        """Return dates."""
        return Cells(codes.astype(np.int32), None, self.terms.dates.dictionary)

    def by_arm(self, words: Iterable[str]) -> Cells:
        """Return a word of each subject's arm."""
        return Cells(self.block.arm.astype(np.int16), None, Dictionary(words))


def _sex(rows: Demographics) -> Cells:
    female = women(rows.block.trial, rows.block.subject)
    return Cells(np.where(female, np.int8(0), np.int8(1)), None, Dictionary(["F", "M"]))


DM_COLUMNS: Final = columns_of(
    DM,
    ["rows"],
    {
        "STUDYID": lambda rows: rows.constant(rows.terms.study[0]),
        "DOMAIN": lambda rows: rows.constant("DM"),
        "USUBJID": lambda rows: rows.each(rows.block.unique_identifiers),
        "SUBJID": lambda rows: rows.each(rows.block.identifiers),
        "RFSTDTC": lambda rows: rows.day(rows.first),
        "RFENDTC": lambda rows: rows.day(rows.last),
        "RFXSTDTC": lambda rows: rows.day(rows.first),
        "RFXENDTC": lambda rows: rows.nothing(),
        "RFICDTC": lambda rows: rows.day(rows.consent),
        "RFPENDTC": lambda rows: rows.day(rows.last),
        "DTHDTC": lambda rows: rows.nothing(),
        "DTHFL": lambda rows: rows.nothing(),
        "SITEID": lambda rows: Cells(rows.block.site.astype(np.int16), None, rows.terms.sites),
        "AGE": lambda rows: Cells(ages(rows.block.trial, rows.block.subject).astype(np.int16)),
        "AGEU": lambda rows: rows.constant("YEARS"),
        "SEX": _sex,
        "RACE": lambda rows: rows.nothing(),
        "ARMCD": lambda rows: rows.by_arm(rows.terms.arm_codes),
        "ARM": lambda rows: rows.by_arm(rows.terms.arms),
        "ACTARMCD": lambda rows: rows.by_arm(rows.terms.arm_codes),
        "ACTARM": lambda rows: rows.by_arm(rows.terms.arms),
        "ARMNRS": lambda rows: rows.nothing(),
        "ACTARMUD": lambda rows: rows.nothing(),
        "COUNTRY": lambda rows: rows.constant("USA"),
    },
)
