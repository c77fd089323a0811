"""The payments spec: what a dataset of card payments holds, from its period and rows down to every rate and weight."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rowmill.core.errors import SpecError
from rowmill.core.units import date_of, day_number
from rowmill.domains.payments.kinds import DEFAULT_KINDS, STANDING_KINDS, Kind
from rowmill.domains.payments.settings import (
    Amounts,
    CalendarSettings,
    Fraud,
    Nulls,
    PeopleSettings,
    PlacesSettings,
    Sizes,
)
from rowmill.draw.quota import fraction
from rowmill.model.calendar import Days
from rowmill.model.spec import Misfit, Spec, Weight, as_inputs, nearest, plain_day

DEFAULT_ROWS = 1_000_000
DEFAULT_END = dt.date(2025, 11, 30)
DEFAULT_DAYS = 30
CYCLE = 30
"""Days of a cycle, which are planned together: an open period has whole ones."""
FIRST_DAY, LAST_DAY = dt.date(2015, 1, 2), dt.date(2040, 12, 30)
"""Days that the frozen calendars cover, with the local days around them."""
MAX_ROWS = 1_000_000_000_000
MAX_NAME = 60
MAX_KINDS = 200
"""Most kinds of spending: tables of hours hold them as bytes."""


class PaymentsSpec(Spec):
    """Card payments with customers, cards, merchants and labelled fraud."""

    elsewhere: ClassVar[Mapping[str, str]] = as_inputs("customers", "cards", "merchants")

    rows: int | None = Field(default=None, ge=0, le=MAX_ROWS)
    """Transactions over the whole period, met exactly; 1,000,000 where neither rows nor rows_per_day is set."""
    rows_per_day: int | None = Field(default=None, ge=0, le=MAX_ROWS)
    """Transactions on every day of an open period, met exactly; it has a start and no end."""
    start: dt.date | None = None
    """First day of the period, UTC."""
    end: dt.date | None = None
    """Last day of the period, UTC, inclusive; alone it means the 30 days that end on it. Default: November 2025."""
    fraud_rate: float = Field(default=0.003, ge=0, le=1)
    """Share of fraudulent transactions, met exactly: rate × rows, half to even."""
    ids: Literal["integer", "uuid"] = "integer"
    """Form of transaction ids: 63-bit integers, or UUID text of 36 characters."""
    unknown_codes: Literal["refuse", "leave_out"] = "refuse"
    """What becomes of your own customers and merchants whose country or category code is not known: their file is
    refused, or they are left out and counted, with the cards of such customers."""
    sizes: Sizes = Sizes()
    """Numbers of customers and merchants."""
    people: PeopleSettings = PeopleSettings()
    """Customers, their cards and how much they use them."""
    places: PlacesSettings = PlacesSettings()
    """Merchants and where a payment takes place."""
    calendar: CalendarSettings = CalendarSettings()
    """When people pay."""
    kinds: dict[str, Kind] = Field(default_factory=lambda: dict(DEFAULT_KINDS), min_length=1, max_length=MAX_KINDS)
    """Kinds of spending by name; a file replaces the whole table."""
    standing: dict[str, Weight] = Field(default_factory=lambda: dict(STANDING_KINDS))
    """Kinds that standing payments (subscriptions and bills) are of, with relative frequencies."""
    amounts: Amounts = Amounts()
    """Tickets, price endings, price levels and exchange rates."""
    fraud: Fraud = Fraud()
    """Fraud scenarios and the honest rows that look like them."""
    nulls: Nulls = Nulls()
    """Values lost on the way."""

    @model_validator(mode="before")
    @classmethod
    def _fill_period(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        filled = dict(values)
        if filled.get("rows") is None and filled.get("rows_per_day") is None:
            filled["rows"] = DEFAULT_ROWS
        try:
            start, end = (plain_day(filled.get(name)) for name in ("start", "end"))
        except ValueError:
            return values  # the field itself says what is wrong with it
        for name, day in (("start", start), ("end", end)):
            if day is not None and not FIRST_DAY <= day <= LAST_DAY:
                raise Misfit(name, f"got {day}; the calendars cover {FIRST_DAY} … {LAST_DAY}")
        if filled.get("rows_per_day") is not None:
            filled["start"] = start or date_of(day_number(DEFAULT_END) - DEFAULT_DAYS + 1)
        elif start is None:
            filled["end"] = end = end or DEFAULT_END
            filled["start"] = date_of(day_number(end) - DEFAULT_DAYS + 1)
        elif end is None:
            filled["end"] = date_of(day_number(start) + DEFAULT_DAYS - 1)
        return filled

    @model_validator(mode="after")
    def _period_makes_sense(self) -> Self:
        assert self.start is not None
        if self.rows is not None and self.rows_per_day is not None:
            raise ValueError(
                f"data.rows_per_day: got {self.rows_per_day} beside rows = {self.rows}; a period is either closed "
                "(rows) or open (rows_per_day): drop one"
            )
        if self.rows_per_day is not None and self.end is not None:
            raise ValueError(
                f"data.end: got {self.end} beside rows_per_day; an open period has no end: choose days with "
                "--date or --end"
            )
        last = self.end or self.start
        if self.end is None and day_number(LAST_DAY) - day_number(self.start) + 1 < CYCLE:
            raise Misfit(
                "start", f"got {self.start}; an open period has {CYCLE} days or more, and none after {LAST_DAY}"
            )
        if last < self.start:
            raise ValueError(f"data.end: got {self.end}, before start {self.start}; swap them or move one")
        if self.start < FIRST_DAY or last > LAST_DAY:
            raise ValueError(
                f"data.start, data.end: got {self.start} … {last}; the calendars cover {FIRST_DAY} … {LAST_DAY}"
            )
        return self

    @model_validator(mode="after")
    def _kinds_exist(self) -> Self:
        for name in self.kinds:
            if not 1 <= len(name) <= MAX_NAME:
                raise Misfit("kinds", f"got the name {name!r}; a name has 1 … {MAX_NAME} characters")
        for name in self.standing:
            if name not in self.kinds:
                raise Misfit("standing", f"got kind {name[:40]!r}; {nearest(name, self.kinds)}")
        if not any(self.standing.values()):
            raise Misfit("standing", f"got {self.standing}; one kind or more needs a weight above 0")
        if not any(kind.share for kind in self.kinds.values()):
            raise Misfit("kinds", "no kind has a share above zero; give one a share")
        return self

    @model_validator(mode="after")
    def _names_and_prices_fit(self) -> Self:
        if self.people.home_countries or self.kinds != DEFAULT_KINDS or self.amounts != Amounts():
            # The reference tables are read only where something could differ from the defaults, which fit.
            from rowmill.domains.payments.bounds import check_names, check_prices

            check_names(self.people.home_countries, self.kinds, self.amounts)
            check_prices(self.kinds, self.amounts)
        return self

    @property
    def period(self) -> Days:
        """Return the calendar of the spec's windows: days, UTC."""
        if self.start is None:
            raise SpecError("data.start: missing; give the first day of the period")
        if self.end is None:
            return Days(self.start, None, most=(day_number(LAST_DAY) - day_number(self.start) + 1) // CYCLE * CYCLE)
        return Days(self.start, day_number(self.end) - day_number(self.start) + 1)

    @property
    def rate(self) -> Fraction:
        """Return the fraud rate as the decimal it was written as."""
        return fraction(self.fraud_rate)
