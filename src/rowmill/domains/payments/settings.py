"""The sections of the payments spec: people, time, amounts, places, fraud, nulls, with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from rowmill.core.units import month_day
from rowmill.domains.payments.clocks import DEFAULT_CLOCKS, ClockShape
from rowmill.domains.payments.kinds import Clock, Ending
from rowmill.model.spec import Misfit, Section, Weight

Share = Field(ge=0, le=1)
BusyDay = Annotated[float, Field(gt=0, le=5)]
MOST_BUSY = 10_000
"""Most that a day may carry, times an ordinary one: sums over days and countries fit into 64 bits."""


class Sizes(Section):
    """Numbers of entities; unset ones follow from the rows."""

    customers: int | None = Field(default=None, ge=1, le=1 << 34)
    """Customers; unset: cards / 1.48 with cards = rows / (0.73 × days)."""
    merchants: int | None = Field(default=None, ge=1, le=5_000_000)
    """Merchants; unset: 20 × √rows (of 30 days, where the period is open)."""


class PeopleSettings(Section):
    """Customers, their cards and how much they use them."""

    cards_per_customer: tuple[Weight, Weight, Weight] = (0.62, 0.28, 0.10)
    """Relative numbers of customers with one, two and three cards."""
    active_share: float = Field(default=0.66, gt=0, le=1)
    """Share of cards that act at all; the others stay in a drawer."""
    activity_sigma: float = Field(default=1.10, ge=0, le=2)
    """Spread of activity between cards: standard deviation of the logarithm."""
    standing_payments: tuple[Weight, Weight, Weight, Weight] = (0.34, 0.33, 0.21, 0.12)
    """Relative numbers of active cards with one, two, three and four standing payments a month."""
    trip_rate: float = Field(default=0.12, ge=0, le=1)
    """Share of customers who travel in a span of 30 days."""
    trip_foreign_share: float = Field(default=0.30, ge=0, le=1)
    """Share of trips that cross a border."""
    trip_days: tuple[int, int] = (2, 9)
    """Shortest and longest trip, days away from home."""
    home_countries: dict[str, Annotated[int, Field(ge=0, le=1_000_000)]] = Field(default_factory=dict)
    """ISO 3166 alpha-2 codes with relative numbers of customers; empty: the reference table's shares."""

    @model_validator(mode="after")
    def _trips_fit(self) -> Self:
        low, high = self.trip_days
        if not 1 <= low <= high <= 20:
            raise Misfit("trip_days", f"got {low}, {high}; need 1 ≤ shortest ≤ longest ≤ 20")
        for name in ("cards_per_customer", "standing_payments"):
            if not any(getattr(self, name)):
                raise Misfit(name, "got no weight above 0; one or more are needed")
        if self.home_countries and not any(self.home_countries.values()):
            raise Misfit("home_countries", f"got {self.home_countries}; numbers must not all be zero")
        return self


class Season(Section):
    """A span of days that carries more or less than others."""

    name: str = Field(min_length=1, max_length=60)
    """What people call it."""
    first: str = Field(pattern=r"^\d\d-\d\d$")
    """First local day, MM-DD, every year."""
    last: str = Field(pattern=r"^\d\d-\d\d$")
    """Last local day, MM-DD, inclusive; may lie after the year's end."""
    factor: BusyDay
    """How much such a day carries, relative to others."""

    @field_validator("first", "last")
    @classmethod
    def _are_days(cls, text: str) -> str:
        return month_day(text)


class CalendarSettings(Section):
    """When people pay: hours by kind, weekdays, holidays, pay days, seasons. All in local time."""

    clocks: dict[Clock, ClockShape] = Field(default_factory=lambda: dict(DEFAULT_CLOCKS))
    """Daily shapes by name; kinds of spending name them. Shapes that are not named stay as they are."""
    floor: float = Field(default=0.050, ge=0, le=1)
    """Share of a day's mass that is spread evenly over 24 hours."""
    weekdays: tuple[BusyDay, BusyDay, BusyDay, BusyDay, BusyDay, BusyDay, BusyDay] = (
        0.92,
        0.94,
        0.97,
        1.02,
        1.12,
        1.10,
        0.93,
    )
    """How much Monday … Sunday carry."""
    holiday: BusyDay = 0.82
    """How much a public holiday of the customer's country carries."""
    pay_days: tuple[Annotated[int, Field(ge=1, le=28)], ...] = Field(default=(1, 15, 25), max_length=28)
    """Days of the month on which pay arrives, 1 … 28; the day and the next two carry more."""
    pay_day: BusyDay = 1.10
    """How much such a day carries."""
    black_friday: BusyDay = 1.45
    """How much the Friday after the fourth Thursday of November carries; the Monday after it, half of the excess."""
    seasons: tuple[Season, ...] = (
        Season(name="run-up to Christmas", first="12-05", last="12-23", factor=1.22),
        Season(name="after Christmas", first="12-27", last="12-31", factor=1.08),
        Season(name="quiet January", first="01-03", last="01-31", factor=0.93),
    )
    """Spans of days that carry more or less, every year."""

    @field_validator("clocks", mode="before")
    @classmethod
    def _others_as_they_are(cls, clocks: Any) -> Any:
        return {**DEFAULT_CLOCKS, **clocks} if isinstance(clocks, Mapping) else clocks

    @model_validator(mode="after")
    def _days_are_comparable(self) -> Self:
        busiest = max(self.weekdays)
        for factor in (self.holiday, self.pay_day, self.black_friday, *(season.factor for season in self.seasons)):
            busiest *= max(1.0, factor)
        if busiest > MOST_BUSY:
            raise Misfit("seasons", f"a day could carry {busiest:,.0f} times an ordinary one; at most {MOST_BUSY:,}")
        return self


class Endings(Section):
    """Shares of prices that end on a habit, in the currency's usual unit; the rest end anywhere."""

    nines: float = Share
    """.99"""
    fives: float = Share
    """.95"""
    halves: float = Share
    """.50"""
    rounds: float = Share
    """.00"""

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        if self.nines + self.fives + self.halves + self.rounds > 1:
            raise ValueError("the four shares add up to more than 1; lower one of them")
        return self


def _ending(nines: float, fives: float, halves: float, rounds: float) -> Endings:
    return Endings(nines=nines, fives=fives, halves=halves, rounds=rounds)


DEFAULT_ENDINGS: dict[Ending, Endings] = {
    "retail": _ending(0.26, 0.06, 0.06, 0.09),
    "meal": _ending(0.10, 0.09, 0.12, 0.14),
    "round": _ending(0.02, 0.03, 0.22, 0.38),
    "digital": _ending(0.52, 0.06, 0.02, 0.07),
    "bill": _ending(0.06, 0.02, 0.05, 0.22),
    "plain": _ending(0.08, 0.02, 0.05, 0.13),
    "cash": _ending(0.0, 0.0, 0.0, 1.0),
}


class Amounts(Section):
    """Tickets: a log-normal body for each kind, a Pareto tail, price endings, price levels and exchange rates."""

    price_level: float = Field(default=1.06, gt=0, le=100)
    """Multiplies every median; 1 gives a mean ticket near 41 dollars in the United States."""
    tail_exponent: float = Field(default=2.7, gt=1, le=10)
    """Exponent of the Pareto tail that takes over at each kind's 99.5 % quantile; it has no cap."""
    endings: dict[Ending, Endings] = Field(default_factory=lambda: dict(DEFAULT_ENDINGS))
    """Habits of last digits by name; kinds of spending name them. Habits that are not named stay as they are."""
    exchange_rates: dict[str, Annotated[float, Field(ge=0.000_001, le=1_000_000_000)]] = Field(default_factory=dict)
    """Units of a currency for one US dollar, by ISO 4217 code; unnamed ones follow the reference table."""
    price_levels: dict[str, Annotated[float, Field(ge=0.001, le=1_000)]] = Field(default_factory=dict)
    """Price level of a country, United States = 1, by ISO 3166 code; unnamed ones follow the reference table."""

    @field_validator("endings", mode="before")
    @classmethod
    def _others_as_they_are(cls, endings: Any) -> Any:
        return {**DEFAULT_ENDINGS, **endings} if isinstance(endings, Mapping) else endings

    @model_validator(mode="after")
    def _a_dollar_is_a_dollar(self) -> Self:
        if self.exchange_rates.get("USD", 1) != 1:
            raise Misfit(("exchange_rates", "USD"), f"got {self.exchange_rates['USD']}; a US dollar is one US dollar")
        return self


class PlacesSettings(Section):
    """Merchants and where a payment takes place."""

    popularity_exponent: float = Field(default=1.90, ge=0, le=2)
    """How unevenly payments fall on merchants of one place and kind: weight = rank share ^ −exponent."""
    favourites: float = Field(default=0.80, ge=0, le=1)
    """Share of ordinary rows at one of the card's own favourite merchants."""
    online_abroad: float = Field(default=0.25, ge=0, le=1)
    """Share of ordinary online rows at a merchant of any country, by its size."""
    jitter_degrees: float = Field(default=0.001, ge=0, le=0.5)
    """Farthest that a terminal stands from its merchant's place, degrees on each axis; never over the border."""


class Nulls(Section):
    """Dirt: values lost on the way, as exact shares of all rows; apart from values that a row never has."""

    device_id: float = Field(default=0.08, ge=0, le=1)
    """Share of rows that lost device_id."""
    mcc_code: float = Field(default=0.05, ge=0, le=1)
    """Share of rows that lost mcc_code."""
    coordinates: float = Field(default=0.01, ge=0, le=1)
    """Share of rows that lost latitude and longitude, together."""


class Fraud(Section):
    """Fraud scenarios and the honest rows that look like them."""

    scenarios: dict[str, Weight] = Field(
        default_factory=lambda: {
            "stolen_credentials": 0.46,
            "card_testing": 0.12,
            "account_takeover": 0.12,
            "lost_stolen": 0.14,
            "skimming": 0.08,
            "friendly": 0.08,
        }
    )
    """Share of fraudulent rows by scenario; 0 leaves one out. A scenario of your own goes by its name."""
    plugins: tuple[str, ...] = ()
    """Scenarios of your own, each as module:ATTRIBUTE, such as my_package.fraud:GIFT_CARDS."""
    hard_negatives: float = Field(default=4.0, ge=0, le=50)
    """Honest rows that imitate a scenario, for each of its fraudulent rows (at most a quarter of all honest rows)."""
    never_reported: float = Field(default=0.08, ge=0, le=1)
    """Share of frauds that nobody reports."""
    report_median_days: float = Field(default=14.0, gt=0, le=60)
    """Median days from a fraud to its report, friendly fraud 1.8 times as long."""
    report_sigma: float = Field(default=1.15, gt=0, le=3)
    """Spread of that delay: standard deviation of its logarithm; it is cut at 120 days."""
    block_days: int = Field(default=14, ge=1, le=28)
    """Days that a blocked card stays silent until its replacement arrives."""

    @model_validator(mode="after")
    def _weights(self) -> Self:
        if not any(self.scenarios.values()):
            raise Misfit("scenarios", f"got {self.scenarios}; one weight or more must be above 0")
        return self
