"""A census from a file: CSV or Parquet, one row a person, checked; what can be derived is, the rest is drawn by person.

Every error names file, row, value and rule. National ids are neither read nor copied.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowmill.core.errors import UsageError
from rowmill.core.units import date_of
from rowmill.domains.workforce.census.arrays import NO_DATE, PERFORMANCE, Census
from rowmill.domains.workforce.census.draws import Draws, Makeup
from rowmill.domains.workforce.census.notes import told_of
from rowmill.domains.workforce.census.settings import NAMES, CensusReading
from rowmill.domains.workforce.spec import MAX_EMPLOYEES
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.texthash import text_hashes
from rowmill.model.userfile import MISSING, Columns, UserFile

_YEAR_DAYS = 366
_LEAST_AGE_AT_HIRE, _MOST_AGE = 14, 100
_MOST_PAY = 999_999_999
_MOST_HOURS = 168
_USUAL_RATE = 600
"""Rate of somebody who is enrolled at a rate that the file does not say, bp."""
_TIERS = {"below": 0, "poor": 0, "medium": 1, "average": 1, "meets": 1, "exceeds": 2, "top": 2, "outstanding": 2}
"""Other words for performance tiers."""
_NATIONAL = r"^\d{3}-?\d{2}-?\d{4}$"
_RESERVED = r"^NH_\d{4}_\d+$"


def read_census(path: str, reading: CensusReading, makeup: Makeup) -> Census:
    """Return the people of a file who are employed on the day before the first year.

    Args:
        path: CSV with a header line, or Parquet.
        reading: what the file calls its columns.
        makeup: what the rest is made with.

    Raises:
        UsageError: if it cannot be used, naming the row and the rule where one is broken.
    """
    called = {name: reading.names(name) for name in NAMES}
    file = UserFile(path, Columns(("employee_id",), tuple(NAMES)[1:], called, most=MAX_EMPLOYEES))
    for name, theirs in reading.columns.items():
        if name not in file:
            raise UsageError(f"{path}: no column {theirs!r}, which data.census.columns reads as {name}")
    ids = _ids(file, makeup.years)
    people = _People(file, makeup, Draws(makeup, text_hashes(file.texts("employee_id"))))
    hire = people.hire_dates()
    here = people.still_here(hire)
    if not here.any():
        raise UsageError(f"{path}: nobody in it is employed on {date_of(makeup.first_day - 1)}; give a later census")
    return _census(people, ids, hire, here)


def _census(people: _People, ids: NDArray[np.bytes_], hire: Ints, here: Flags) -> Census:
    makeup = people.makeup
    pay = people.pay()
    level = people.levels(pay)
    birth = people.birth_dates(hire, level)
    tenure = (makeup.first_day - hire) * 4 // 1461
    age = (makeup.first_day - birth) * 4 // 1461
    enrolled, rate = people.deferrals(pay, tenure, age)
    enrollment = people.enrollment_dates(hire, enrolled)
    eligibility = people.eligibility_dates(hire, enrolled, enrollment)
    department, departments = people.departments()
    rows = np.flatnonzero(here)
    rows = rows[np.argsort(ids[rows])]
    return Census(
        employee_id=ids[rows],
        birth_date=birth[rows].astype(np.int32),
        hire_date=hire[rows].astype(np.int32),
        pay_cents=pay[rows],
        level=level[rows].astype(np.int8),
        department=department[rows].astype(np.int16),
        performance=people.tiers()[rows].astype(np.int8),
        deferral_bp=rate[rows].astype(np.int32),
        enrolled=enrolled[rows],
        enrollment_date=enrollment[rows].astype(np.int32),
        escalation_opt_out=people.declined()[rows],
        weekly_hours=people.hours()[rows].astype(np.int16),
        eligibility_date=eligibility[rows].astype(np.int32),
        departments=departments,
        told=told_of(people.file, makeup.first_day, here, enrolled),
    )


def _ids(file: UserFile, years: range) -> NDArray[np.bytes_]:
    texts = file.texts("employee_id")
    if texts.null_count:
        raise UsageError(
            f"{file.path}, row {texts.is_null().index(True).as_py() + 1}: employee_id is missing; give one"
        )
    hired = "|".join(map(str, years))
    for pattern, rule in (
        (_NATIONAL, "it looks like a national id, which is never copied; give another id"),
        (_RESERVED, "ids of this form are given to people who are hired; give another id"),
        (f"^NH_0*({hired})(_|$)", "ids that begin so are given to people who are hired in that year; give another id"),
        (r"\x00", "it holds a zero byte; give text"),
        (r"^.{65,}", "it is longer than 64 characters; give a shorter one"),
    ):
        bad = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
        file.refuse("employee_id", bad, rule, shown=pattern != _NATIONAL)
    file.unique("employee_id", texts.dictionary_encode().indices.to_numpy().astype(np.int64))
    return np.array(texts.cast("binary").to_pylist(), np.bytes_)


@dataclass(frozen=True)
class _People:
    """The rows of a file, column by column."""

    file: UserFile
    makeup: Makeup
    draws: Draws

    def hire_dates(self) -> Ints:
        file, first = self.file, self.makeup.first_day
        if "hire_date" not in file and "tenure_months" not in file:
            raise UsageError(f"{file.path}: no column 'hire_date' or 'tenure_months'; it needs one of them")
        dates = file.days("hire_date") if "hire_date" in file else np.full(file.rows, MISSING)
        if "tenure_months" in file:
            months = file.integers("tenure_months", 0, 720, missing=True)
            known = months != MISSING
            dates = np.where((dates == MISSING) & known, self.draws.hire_dates_of_months(months * known), dates)
        named = "hire_date" if "hire_date" in file else "tenure_months"
        file.refuse(named, dates == MISSING, "everybody needs a hire_date, or tenure_months")
        file.refuse(named, dates >= first, f"it must lie before {date_of(first)}, the first day of the period")
        file.refuse(named, dates < first - 90 * _YEAR_DAYS, "it lies more than 90 years back")
        return dates

    def still_here(self, hire: Ints) -> Flags:
        """Return who is employed on the day before the first year."""
        here = np.ones(self.file.rows, np.bool_)
        if "termination_date" in self.file:
            gone = self.file.days("termination_date")
            known = gone != MISSING
            self.file.refuse("termination_date", known & (gone < hire), "it lies before the hire date")
            here &= ~known | (gone >= self.makeup.first_day)
        if "active" in self.file:
            here &= self.file.flags("active") != 0
        return here

    def birth_dates(self, hire: Ints, level: Ints) -> Ints:
        drawn = self.draws.birth_dates(hire, self.draws.hire_ages(level))
        if "birth_date" not in self.file:
            return drawn
        born = self.file.days("birth_date")
        known = born != MISSING
        young = known & (hire - born < _LEAST_AGE_AT_HIRE * 1461 // 4)
        self.file.refuse("birth_date", young, f"nobody is hired before the age of {_LEAST_AGE_AT_HIRE}")
        old = known & (self.makeup.first_day - born >= (_MOST_AGE + 1) * 1461 // 4)
        self.file.refuse("birth_date", old, f"it makes the person older than {_MOST_AGE}")
        return np.where(known, born, drawn)

    def pay(self) -> Ints:
        file = self.file
        columns = [name for name in ("gross_compensation", "capped_compensation") if name in file]
        if not columns:
            raise UsageError(f"{file.path}: no column 'gross_compensation' or 'salary'; it needs annual pay")
        read = [file.scaled(name, 100, (0.01, _MOST_PAY), "dollars a year") for name in columns]
        pay = read[0]
        if len(read) == 2:
            both = (read[0] != MISSING) & (read[1] != MISSING)
            file.refuse("capped_compensation", both & (read[1] > read[0]), "it exceeds the gross compensation")
            pay = np.where(pay == MISSING, read[1], pay)
        file.refuse(columns[0], pay == MISSING, "everybody needs annual pay")
        return pay

    def levels(self, pay: Ints) -> Ints:
        bands = self.makeup.pay_bands
        lows = np.array([low for low, _ in bands], np.int64)
        by_pay = np.maximum(np.searchsorted(lows, pay, side="right"), 1)
        if "level" not in self.file:
            return by_pay
        names = [str(number) for number in range(1, len(bands) + 1)]
        texts = pc.replace_substring_regex(self.file.texts("level"), r"\.0+$", "")
        numeric = pc.match_substring_regex(texts, r"^\d+$").fill_null(fill_value=True)
        words = names if pc.all(numeric).as_py() else list(self.makeup.level_names)
        found = self.file.codes("level", words, digits=1, missing=True) + 1
        return np.where(found == MISSING + 1, by_pay, found)

    def departments(self) -> tuple[Ints, tuple[str, ...]]:
        """Return codes, and the names that they stand for."""
        drawn, own = self.draws.departments(), self.makeup.departments
        if "department" not in self.file:
            return drawn, own
        encoded = self.file.texts("department").dictionary_encode()
        listed = [str(text) for text in encoded.dictionary.to_pylist()]
        names = tuple(dict.fromkeys((*own, *sorted(listed))))
        if len(names) > np.iinfo(np.int16).max:
            raise UsageError(f"{self.file.path}: {len(listed):,} departments; at most 32,000 fit")
        place = np.array([*(names.index(text) for text in listed), -1], np.int64)
        codes = place[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
        return np.where(codes < 0, drawn, codes), names

    def tiers(self) -> Ints:
        if "performance_tier" not in self.file:
            return self.draws.tiers()
        known = (*PERFORMANCE, *_TIERS)
        codes = self.file.codes("performance_tier", known, missing=True, lower=True)
        meant = np.array([*range(len(PERFORMANCE)), *_TIERS.values()])[np.maximum(codes, 0)]
        return np.where(codes == MISSING, self.draws.tiers(), meant)

    def deferrals(self, pay: Ints, tenure: Ints, age: Ints) -> tuple[Flags, Ints]:
        """Return who is enrolled, and rates in basis points."""
        file = self.file
        given, known = self._rates(pay)
        flag = file.flags("is_enrolled") if "is_enrolled" in file else np.full(file.rows, MISSING)
        drawn = self.draws.enrolled(tenure)
        enrolled = np.where(flag != MISSING, flag == 1, np.where(known, given > 0, drawn))
        if "is_enrolled" in file:
            file.refuse("is_enrolled", ~enrolled & (given > 0), "somebody who is not enrolled defers no pay")
        usual = np.where(flag != MISSING, _USUAL_RATE, self.draws.deferrals(age))
        return enrolled, np.where(enrolled, np.where(known, given, usual), 0)

    def _rates(self, pay: Ints) -> tuple[Ints, Flags]:
        """Return deferral rates, 0 where the file says none, and whether it says one: itself, or by contributions."""
        file = self.file
        rate = np.full(file.rows, MISSING)
        if "deferral_rate" in file:
            rate = file.scaled("deferral_rate", 10_000, (0, 1), "times the pay, such as 0.06")
        parts = ["pre_tax_contribution", "roth_contribution"]
        names = ["employee_contribution"] if "employee_contribution" in file else [n for n in parts if n in file]
        cents, known = np.zeros(file.rows, np.int64), np.zeros(file.rows, np.bool_)
        for name in names:
            some = file.scaled(name, 100, (0, _MOST_PAY), "dollars a year")
            cents += np.where(some == MISSING, 0, some)
            known |= some != MISSING
        if names:
            file.refuse(names[0], (rate == MISSING) & (cents > pay), "contributions exceed the annual pay")
        derived = (cents * 10_000 + pay // 2) // pay
        return np.where(rate == MISSING, np.where(known, derived, 0), rate), known | (rate != MISSING)

    def enrollment_dates(self, hire: Ints, enrolled: Flags) -> Ints:
        file, first = self.file, self.makeup.first_day
        dates = self.draws.enrollment_dates(hire)
        if "enrollment_date" in file:
            given = file.days("enrollment_date")
            known = (given != MISSING) & enrolled
            file.refuse("enrollment_date", known & (given < hire), "it lies before the hire date")
            file.refuse("enrollment_date", known & (given >= first), f"it must lie before {date_of(first)}")
            dates = np.where(known, given, dates)
        return np.where(enrolled, dates, NO_DATE)

    def eligibility_dates(self, hire: Ints, enrolled: Flags, enrollment: Ints) -> Ints:
        file = self.file
        dates = hire + self.makeup.waiting_days
        dates = np.where(enrolled, np.minimum(dates, enrollment), dates)
        if "eligibility_entry_date" in file:
            given = file.days("eligibility_entry_date")
            known = given != MISSING
            file.refuse("eligibility_entry_date", known & (given < hire), "it lies before the hire date")
            late = known & enrolled & (given >= self.makeup.first_day)
            file.refuse("eligibility_entry_date", late, "the person is enrolled already")
            dates = np.where(known, given, dates)
        if "eligibility_override" in file:
            never = file.flags("eligibility_override") == 1
            file.refuse("eligibility_override", never & enrolled, "the person is enrolled, but never eligible")
            dates = np.where(never, NO_DATE, dates)
        return dates

    def declined(self) -> Flags:
        if "auto_escalation_opt_out" not in self.file:
            return np.zeros(self.file.rows, np.bool_)
        declined: Flags = self.file.flags("auto_escalation_opt_out") == 1
        return declined

    def hours(self) -> Ints:
        if "scheduled_hours_per_week" not in self.file:
            return self.draws.hours()
        hours = self.file.scaled("scheduled_hours_per_week", 1, (1, _MOST_HOURS), "hours a week")
        return np.where(hours == MISSING, self.draws.hours(), hours)
