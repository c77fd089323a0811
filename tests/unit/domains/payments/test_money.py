"""Prices: log-normal bodies and Pareto tails, in grains of each currency, that end as prices do."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from rowmill.core.keys import Key
from rowmill.domains.payments.kinds import DEFAULT_KINDS
from rowmill.domains.payments.money import Money, activity_table, delay_table
from rowmill.domains.payments.reference import load
from rowmill.domains.payments.settings import Amounts
from rowmill.draw.words import words

REFERENCE = load()
AMOUNTS = Amounts()
KINDS = list(DEFAULT_KINDS)
MONEY = Money(AMOUNTS, DEFAULT_KINDS, REFERENCE)
RANDOM = words(Key.from_seed(3), np.arange(40_000))
EVEN = (np.arange(1 << 14, dtype=np.uint64) << np.uint64(50)) + np.uint64(1 << 49)
"""Words spread evenly: the quantiles of what they draw, in the middle of each step."""


def country(code):
    return REFERENCE.countries.index(code)


def filled(value):
    return np.full(len(RANDOM), value, np.int64)


@pytest.mark.parametrize("name", ["grocery", "airline", "transit", "betting"])
def test_tickets_are_log_normal_with_a_pareto_tail(name):
    kind = DEFAULT_KINDS[name]
    at = np.full(len(EVEN), KINDS.index(name), np.int64)
    dollars = MONEY.ticket(at, EVEN) / 10_000
    share = (np.arange(len(EVEN)) + 0.5) / len(EVEN)
    median = kind.median * AMOUNTS.price_level
    body = (share > 0.01) & (share < 0.99)
    knee, far = (median * np.exp(kind.sigma * stats.norm.ppf(0.995)), share > 0.996)
    tail = knee * (0.005 / (1 - share[far])) ** (1 / AMOUNTS.tail_exponent)

    expected = stats.lognorm(kind.sigma, scale=median).ppf(share)
    assert np.abs(dollars[body] / expected[body] - 1).max() < 0.02
    assert np.abs(dollars[far][:-1] / tail[:-1] - 1).max() < 0.1
    assert (np.diff(dollars) >= 0).all()


@given(st.integers(0, 10**9), st.integers(0, len(REFERENCE.countries) - 1), st.integers(0, 2**64 - 1))
def test_a_price_is_the_ticket_at_the_country_s_level_in_whole_grains(ticket, where, word):
    one = np.array([ticket], np.int64)
    plain, price = MONEY.price(one.copy(), np.zeros(1, np.int64), np.array([where]), np.array([word], np.uint64))
    currency = REFERENCE.country_currency[where]
    minor = REFERENCE.per_usd[currency] * 10 ** int(REFERENCE.exponents[currency])
    exact = Fraction(ticket, 10_000) * minor * Fraction(float(REFERENCE.price_level[where]))
    grain = int(MONEY.grain[where])

    assert plain[0] > 0
    assert price[0] > 0
    assert plain[0] % grain == price[0] % grain == 0
    assert abs(plain[0] - max(exact, grain)) <= grain * (Fraction(1, 2) + exact / grain / 10**6)


def test_currencies_keep_their_digits():
    grain = {code: int(MONEY.grain[country(code)]) for code in ("US", "DE", "JP", "GB")}
    cheap = {
        code: MONEY.price(filled(100_000), filled(0), filled(country(code)), RANDOM)[0][0] for code in ("US", "JP")
    }

    assert grain == {"US": 1, "DE": 1, "JP": 1, "GB": 1}
    assert cheap["US"] == 1000
    assert 500 < cheap["JP"] < 2000
    exponent = REFERENCE.exponents[REFERENCE.country_currency]
    assert (MONEY.grain * 100 >= 10.0**exponent).all()


@pytest.mark.parametrize("name", ["digital_goods", "grocery", "transit", "utilities"])
def test_prices_end_on_the_habits_of_their_kind(name):
    habit = AMOUNTS.endings[DEFAULT_KINDS[name].ending]
    _, price = MONEY.price(filled(453_700), filled(KINDS.index(name)), filled(country("US")), RANDOM)
    cents = np.bincount(price % 100, minlength=100) / len(price)

    habits = {99: habit.nines, 95: habit.fives, 50: habit.halves, 0: habit.rounds}
    for ending, share in {**habits, 37: 1 - sum(habits.values())}.items():
        assert cents[ending] == pytest.approx(share, abs=0.015), ending
    assert (price // 100 == 45).all()


@pytest.mark.parametrize(("code", "note"), [("US", 2000), ("JP", 2000), ("DE", 2000)])
def test_machines_pay_in_notes(code, note):
    tickets = MONEY.ticket(filled(KINDS.index("atm")), RANDOM)
    _, price = MONEY.price(tickets, filled(KINDS.index("atm")), filled(country(code)), RANDOM)

    assert (price % (note // 2) == 0).all()
    assert price.min() >= note // 2
    assert 0.85 < (price % note == 0).mean() < 0.99


def test_a_user_s_rates_and_levels_move_one_currency_or_country():
    given_rates = Money(Amounts(exchange_rates={"EUR": 2.0}, price_levels={"US": 3.0}), DEFAULT_KINDS, REFERENCE)
    changed = np.flatnonzero(given_rates.factor * given_rates.grain != MONEY.factor * MONEY.grain)
    euro = REFERENCE.currencies.index("EUR")

    assert set(changed) <= {country("US"), *np.flatnonzero(REFERENCE.country_currency == euro)}
    plain, _ = given_rates.price(filled(10_000), filled(0), filled(country("US")), RANDOM)
    assert plain[0] == 300


@pytest.mark.parametrize("sigma", [0.0, 1.1, 2.0])
def test_activity_is_log_normal_within_its_limits(sigma):
    table = activity_table(sigma)
    share = (np.arange(4096) + 0.5) / 4096
    expected = np.clip(512 * np.exp(sigma * stats.norm.ppf(share)), 1, 16383)

    assert (np.abs(table - expected) <= 0.5 + expected * 1e-9).all()


def test_delays_have_their_median_and_their_cap():
    days = delay_table(14.0, 1.15, 120) / 86_400

    assert np.median(days) == pytest.approx(14, rel=0.001)
    assert days.max() == 120
    assert np.mean(days == 120) == pytest.approx(stats.lognorm(1.15, scale=14).sf(120), abs=0.001)
