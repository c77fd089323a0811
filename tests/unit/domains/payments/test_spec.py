"""The spec: what is left out follows from what is said, and what makes no sense is refused with its rule."""

from __future__ import annotations

import datetime as dt
from math import exp
from statistics import NormalDist

import numpy as np
import pytest

from rowmill.core.errors import SpecError
from rowmill.core.units import day_number
from rowmill.domains.payments import DOMAIN
from rowmill.domains.payments.bounds import MOST_DOLLARS, STEPS_PER_DOLLAR, tickets
from rowmill.domains.payments.money import Money
from rowmill.domains.payments.reference import load
from rowmill.domains.payments.spec import CYCLE, FIRST_DAY, LAST_DAY, PaymentsSpec
from rowmill.draw.shapes import highest
from rowmill.model.episodes.schedule import CYCLE_BITS
from rowmill.model.spec import validate

NOVEMBER = (dt.date(2025, 11, 1), dt.date(2025, 11, 30))


ODD = {"share": 1, "median": 10, "sigma": 1, "online": 0, "clock": "shop", "ending": "plain"}
SEASON = {"name": "sale", "first": "01-01", "last": "12-31", "factor": 5}
_DAY = {"level": 1, "peaks": [{"hour": 12, "spread": 1e-9, "weight": 1}]}
NARROW = {"weekday": _DAY, "saturday": _DAY, "sunday": _DAY}


@pytest.mark.parametrize(
    ("said", "period", "days"),
    [
        ({}, NOVEMBER, 30),
        ({"end": "2025-06-30"}, (dt.date(2025, 6, 1), dt.date(2025, 6, 30)), 30),
        ({"start": "2025-06-30"}, (dt.date(2025, 6, 30), dt.date(2025, 7, 29)), 30),
        ({"start": "2024-02-28", "end": "2024-03-01"}, (dt.date(2024, 2, 28), dt.date(2024, 3, 1)), 3),
        ({"start": "2025-06-30", "end": "2025-06-30"}, (dt.date(2025, 6, 30), dt.date(2025, 6, 30)), 1),
        ({"end": dt.date(2025, 6, 30)}, (dt.date(2025, 6, 1), dt.date(2025, 6, 30)), 30),
        ({"end": dt.datetime(2025, 6, 30, tzinfo=dt.UTC)}, (dt.date(2025, 6, 1), dt.date(2025, 6, 30)), 30),
        ({"rows_per_day": 5}, (NOVEMBER[0], None), None),
        ({"rows_per_day": 5, "start": "2020-05-01"}, (dt.date(2020, 5, 1), None), None),
    ],
)
def test_periods_fill_in_what_is_not_said(said, period, days):
    spec = PaymentsSpec.model_validate(said)

    assert (spec.start, spec.end) == period
    assert spec.period.count == days
    assert spec.rows == (None if "rows_per_day" in said else 1_000_000)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"rows": 5, "rows_per_day": 5}, r"either closed \(rows\) or open \(rows_per_day\)"),
        ({"rows_per_day": 5, "end": "2025-11-30"}, "an open period has no end"),
        ({"start": "2025-11-30", "end": "2025-11-01"}, r"data\.end: got 2025-11-01, before start 2025-11-30"),
        ({"start": "2014-12-31", "end": "2015-01-31"}, r"calendars cover 2015-01-02 … 2040-12-30"),
        ({"end": "2040-12-31"}, "calendars cover"),
        ({"end": "yesterday"}, r"data\.end: got 'yesterday'"),
        ({"start": "2025-02-29"}, r"data\.start: got '2025-02-29'"),
        ({"end": 20251130}, r"data\.end: got 20251130"),
        ({"rows_per_day": 5, "start": []}, r"data\.start: got \[\]"),
        ({"rows": -1}, r"data\.rows: got -1"),
        ({"rows": 10**13}, r"data\.rows: got 10000000000000"),
        ({"fraud_rate": 1.5}, r"data\.fraud_rate: got 1\.5"),
        ({"fraud_rate": float("nan")}, r"data\.fraud_rate: got nan"),
        ({"frad_rate": 0.1}, "did you mean 'fraud_rate'"),
        ({"standing": {"cinema": 1.0}}, r"data\.standing: got kind 'cinema'"),
        ({"standing": {}}, r"data\.standing: got \{\}; one kind or more"),
        ({"standing": {"streaming": 0}}, r"data\.standing: got .* weight above 0"),
        (
            {"standing": {"streaming": 1e-300}},
            r"data\.standing\.streaming: got 1e-300; a weight is 0, or 1e-09 or more",
        ),
        (
            {"kinds": {"odd": ODD | {"codes": {"0001": 1}}}, "standing": {"odd": 1}},
            r"data\.kinds\.odd\.codes: got '0001', which is no",
        ),
        ({"kinds": {"odd": ODD | {"codes": {"54": 1}}}}, r"data\.kinds\.odd\.codes: got '54'; .* four digits"),
        ({"kinds": {"odd": ODD | {"codes": {"5411": 0}}}}, r"data\.kinds\.odd\.codes\.5411: got 0"),
        (
            {"kinds": {"odd": ODD | {"median": 1e6, "sigma": 3}}, "standing": {"odd": 1}},
            r"data\.kinds\.odd: its largest ticket would be",
        ),
        ({"kinds": {"grocry": {"share": 20}}}, r"data\.kinds\.grocry: lacks median, .* did you mean 'grocery'"),
        ({"people": {"trip_days": [9, 2]}}, r"data\.people\.trip_days: got 9, 2"),
        ({"people": {"home_countries": {"ZZ": 1}}}, r"data\.people\.home_countries: got 'ZZ'"),
        ({"people": {"home_countries": {"de": 1}}}, r"home_countries: got 'de'; did you mean 'DE'"),
        ({"people": {"home_countries": {"US": 0}}}, r"data\.people\.home_countries: got .*not all be zero"),
        ({"people": {"cards_per_customer": [0, 0, 0]}}, r"data\.people\.cards_per_customer: got no weight above 0"),
        ({"fraud": {"scenarios": {"friendly": 0.0}}}, r"data\.fraud\.scenarios: got"),
        ({"fraud": {"scenarios": {"friendly": -1.0}}}, r"data\.fraud\.scenarios\.friendly: got -1"),
        ({"calendar": {"weekdays": [-1, 1, 1, 1, 1, 1, 1]}}, r"data\.calendar\.weekdays\.0: got -1"),
        ({"calendar": {"weekdays": [0] * 7}}, r"data\.calendar\.weekdays\.0: got 0"),
        ({"calendar": {"weekdays": [1, 1]}}, r"data\.calendar\.weekdays: got 2 values; 7 are needed"),
        ({"calendar": {"weekdays": "1,1"}}, r"data\.calendar\.weekdays: got '1,1'; a list is needed"),
        ({"calendar": {"pay_days": [0, 32]}}, r"data\.calendar\.pay_days\.0: got 0"),
        (
            {"calendar": {"seasons": [SEASON | {"first": "13-45"}]}},
            r"seasons\.0\.first: got '13-45'; there is no such day",
        ),
        (
            {"calendar": {"seasons": [SEASON | {"last": "02-30"}]}},
            r"seasons\.0\.last: got '02-30'; there is no such day",
        ),
        ({"calendar": {"seasons": [SEASON] * 9}}, r"data\.calendar\.seasons: a day could carry .*; at most 10,000"),
        ({"calendar": {"clocks": {"shop": NARROW}}}, r"shop\.weekday\.peaks\.0\.spread: got 1e-09"),
        (
            {"calendar": {"clocks": {"shop": {"weekday": {"level": 0, "peaks": []}}}}},
            r"clocks\.shop: lacks saturday, sunday",
        ),
        (
            {"amounts": {"exchange_rates": {"EUX": 1.0}}},
            r"data\.amounts\.exchange_rates: got 'EUX'; did you mean 'EUR'",
        ),
        ({"amounts": {"exchange_rates": {"EUR": 0}}}, r"data\.amounts\.exchange_rates\.EUR: got 0"),
        ({"amounts": {"exchange_rates": {"EUR": 1e15}}}, r"data\.amounts\.exchange_rates\.EUR: got"),
        ({"amounts": {"exchange_rates": {"EUR": 1e9}}}, r"data\.amounts: the largest price in AT would be"),
        ({"amounts": {"exchange_rates": {"USD": 2}}}, r"data\.amounts\.exchange_rates\.USD: got 2.0; a US dollar"),
        ({"amounts": {"price_levels": {"XX": 1.0}}}, r"data\.amounts\.price_levels: got 'XX'"),
        ({"amounts": {"price_levels": {"US": 1e15}}}, r"data\.amounts\.price_levels\.US: got"),
        ({"rows": True}, r"data\.rows: got true; a number is needed"),
        ({"fraud_rate": True}, r"data\.fraud_rate: got true; a number is needed"),
        ({"seed": True}, r"data\.seed: got true"),
        ({"start": "9999-12-31"}, r"data\.start: got 9999-12-31; the calendars cover"),
        ({"end": "0001-01-01"}, r"data\.end: got 0001-01-01; the calendars cover"),
        ({"rows_per_day": 5, "start": "9999-12-31"}, r"data\.start: got 9999-12-31; the calendars cover"),
        ({"rows_per_day": 5, "start": "2040-12-02"}, r"data\.start: got 2040-12-02; an open period has 30 days"),
        ({"start": 1735689600}, r"data\.start: got 1735689600; a date is written YYYY-MM-DD"),
        ({"start": "1735689600"}, r"data\.start: got '1735689600'; a date is written"),
        ({"start": 20251101}, r"data\.start: got 20251101; a date is written"),
        ({"amounts": {"endings": {"meal": {"nines": 1, "fives": 1, "halves": 0, "rounds": 0}}}}, "more than 1"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_rule(said, rule):
    with pytest.raises(SpecError, match=rule):
        validate(PaymentsSpec, said, "data")


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"sizes": {"customers": 3 * 10**9}}, r"data\.sizes\.customers: 3,000,000,000 customers"),
        ({"fraud": {"scenarios": {"frendly": 1.0}}}, "did you mean 'friendly'"),
    ],
)
def test_what_cannot_be_built_is_refused_before_a_row_is_made(said, rule):
    with pytest.raises(SpecError, match=rule):
        DOMAIN.build(validate(PaymentsSpec, {"seed": 1, "rows": 10, **said}, "data"))


def test_the_longest_period_has_no_more_cycles_than_identities_hold():
    days = day_number(LAST_DAY) - day_number(FIRST_DAY) + 1

    assert -(-days // CYCLE) <= 1 << CYCLE_BITS


def test_the_order_of_keys_makes_no_other_spec():
    spec = PaymentsSpec(seed=1)
    data = spec.model_dump(mode="json")
    turned = {key: dict(reversed(value.items())) if isinstance(value, dict) else value for key, value in data.items()}

    assert PaymentsSpec.model_validate(turned) == spec
    assert list(PaymentsSpec.model_validate(turned).kinds) == sorted(data["kinds"])


@pytest.mark.parametrize("rate", [0.003, 0.1, 1 / 3, 1e-9])
def test_a_rate_is_the_decimal_that_was_written(rate):
    assert float(PaymentsSpec(fraud_rate=rate).rate) == rate
    assert PaymentsSpec(fraud_rate=0.003).rate * 1000 == 3


def test_one_clock_or_ending_can_be_set_and_the_others_stay():
    shape = PaymentsSpec().calendar.clocks["shop"].model_dump()
    habit = {"nines": 0.5, "fives": 0.0, "halves": 0.0, "rounds": 0.0}
    spec = validate(
        PaymentsSpec, {"calendar": {"clocks": {"meal": shape}}, "amounts": {"endings": {"cash": habit}}}, "data"
    )
    usual = PaymentsSpec()

    assert spec.calendar.clocks == {**usual.calendar.clocks, "meal": usual.calendar.clocks["shop"]}
    assert {**spec.amounts.endings, "cash": usual.amounts.endings["cash"]} == usual.amounts.endings
    assert spec.amounts.endings["cash"].nines == 0.5


def test_the_largest_ticket_is_the_one_that_tables_hold():
    spec = PaymentsSpec()
    table = Money(spec.amounts, spec.kinds, load()).tickets
    proved = [highest(tickets(kind, spec.amounts, 1)) for kind in spec.kinds.values()]
    knees = [kind.median * 1.06 * exp(kind.sigma * NormalDist().inv_cdf(0.995)) for kind in spec.kinds.values()]

    assert proved == pytest.approx([knee * (0.005 * 2 * 2048 * 1024) ** (1 / 2.7) for knee in knees])
    assert table.tail.max(axis=1) / STEPS_PER_DOLLAR == pytest.approx(proved, rel=1e-6)
    assert table.body.max() <= table.tail.max()


def test_prices_at_the_bound_fit_into_64_bits():
    """The largest ticket that is allowed, as large as a scenario makes it, where a dollar costs most."""
    spec = validate(PaymentsSpec, {"amounts": {"price_levels": {"KW": 1000}, "exchange_rates": {"KWD": 3_000}}}, "data")
    money = Money(spec.amounts, spec.kinds, load())
    largest = np.array([4 * MOST_DOLLARS * STEPS_PER_DOLLAR])

    for country in range(len(money.factor)):
        plain, ended = money.price(largest, np.array([0]), np.array([country]), np.zeros(1, np.uint64))
        exact = ((int(largest[0]) * int(money.factor[country]) + (1 << 25)) >> 26) * int(money.grain[country])
        assert plain[0] == exact > 0
        assert ended[0] > 0


def test_the_last_day_of_an_open_period_is_the_end_of_a_whole_cycle():
    """Trips and scenarios are planned for a whole cycle, and calendars must cover it."""
    period = validate(PaymentsSpec, {"rows_per_day": 5, "start": "2040-11-15"}, "data").period

    assert period.slice(dt.date(2040, 12, 14), dt.date(2040, 12, 14)) == range(29, 30)
    with pytest.raises(SpecError, match=r"date 2040-12-15: .* the last day of this period is 2040-12-14"):
        period.slice(None, dt.date(2040, 12, 15))
