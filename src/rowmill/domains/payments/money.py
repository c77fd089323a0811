"""Money: tickets in the smallest unit of a currency, from words, by integer arithmetic and pinned tables."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from rowmill.core.errors import SpecError
from rowmill.domains.payments.reference import Reference
from rowmill.domains.payments.settings import Amounts, Kind
from rowmill.draw.tables import Quantiles
from rowmill.draw.words import Words, bits
from rowmill.model.spec import nearest

STEPS_PER_CENT = 100
"""Tickets are read in hundredths of a US cent before they become a currency."""
_FIXED = 12
_TAIL_FROM = 0.995
_BODY, _TAIL = 2048, 1024
_ENDING_SLOTS = 1024


class Money:
    """Ticket tables, price levels and price endings of a spec."""

    def __init__(self, amounts: Amounts, kinds: dict[str, Kind], reference: Reference) -> None:
        self.tickets = _tickets(amounts, kinds)
        rates = dict(zip(reference.currencies, map(float, reference.per_usd), strict=True))
        levels = dict(zip(reference.countries, map(float, reference.price_level), strict=True))
        _override(rates, amounts.exchange_rates, "data.amounts.exchange_rates")
        _override(levels, amounts.price_levels, "data.amounts.price_levels")
        per_cent, unit, grain = [], [], []
        for country, currency in zip(reference.countries, reference.country_currency, strict=True):
            exponent = int(reference.exponents[currency])
            minor = rates[reference.currencies[currency]] * levels[country] * 10**exponent
            per_cent.append(max(1, round(minor / 100 * (1 << _FIXED))))
            unit.append(max(10**exponent, 10 ** round(float(np.log10(minor)))))
            grain.append(max(1, unit[-1] // 100))
        self.per_cent = np.array(per_cent, np.int64)
        """Minor units for one US cent at the country's price level, times 4096, int64[countries]."""
        self.unit = np.array(unit, np.int64)
        """The unit that price endings refer to (a dollar, 100 yen, 10,000 rupiah), minor units, int64[countries]."""
        self.grain = np.array(grain, np.int64)
        """Smallest step of a price, minor units, int64[countries]."""
        self.endings = _endings(amounts, kinds)
        """int64[kinds × 1024]: hundredths of a unit that a price ends on by slot, −1 for any."""
        self.cash = np.array([kind.cash for kind in kinds.values()])

    def ticket(self, kind: NDArray[np.generic], word: Words) -> NDArray[np.int64]:
        """Return a ticket for each (kind, word) in hundredths of a US cent."""
        return self.tickets.read(kind, word)

    def local(self, ticket: NDArray[np.int64], country: NDArray[np.generic]) -> NDArray[np.int64]:
        """Return tickets in the minor unit of each country's currency, at its price level; at least one grain."""
        minor = ticket * self.per_cent.take(country)
        minor >>= _FIXED
        grain = self.grain.take(country)
        minor += grain * (STEPS_PER_CENT // 2)
        minor //= grain * STEPS_PER_CENT
        np.maximum(minor, 1, out=minor)
        minor *= grain
        return minor

    def end(
        self, minor: NDArray[np.int64], kind: NDArray[np.generic], country: NDArray[np.generic], word: Words
    ) -> NDArray[np.int64]:
        """Return prices with the endings of their kind; machines pay in notes of twenty units, some in tens."""
        slot = bits(word, 0, 10)
        slot += kind * np.int64(_ENDING_SLOTS)
        ending = self.endings.take(slot)
        habit = np.flatnonzero(ending >= 0)
        unit = self.unit.take(country[habit])
        price = minor[habit] // unit * unit + ending[habit] * (unit // 100)
        cash = np.flatnonzero(self.cash.take(kind[habit]))
        if len(cash):
            note = unit[cash] * np.where(bits(word[habit[cash]], 10, 3) == 0, 10, 20)
            price[cash] = np.maximum((minor[habit[cash]] + note // 2) // note, 1) * note
        out = minor.copy()
        out[habit] = np.where(price > 0, price, minor[habit])
        return out


def _tickets(amounts: Amounts, kinds: dict[str, Kind]) -> Quantiles:
    normal = NormalDist().inv_cdf
    body_z = np.array([normal(max(i, 0.5) / _BODY) for i in range(_BODY)] + [normal(1 - 0.5 / _BODY)])
    body_u = np.append(np.arange(_BODY) / _BODY, 1 - 0.5 / _BODY)
    tail_u = 1 - (1 - np.minimum(np.arange(_TAIL + 1) / _TAIL, 1 - 0.5 / _TAIL)) / _BODY
    body, tail = [], []
    for kind in kinds.values():
        median = kind.median * amounts.price_level * 100 * STEPS_PER_CENT
        knee = median * np.exp(kind.sigma * normal(_TAIL_FROM))
        beyond = lambda u, knee=knee: knee * ((1 - _TAIL_FROM) / (1 - u)) ** (1 / amounts.tail_exponent)  # noqa: E731
        values = np.where(body_u > _TAIL_FROM, beyond(body_u), median * np.exp(kind.sigma * body_z))
        values[-1] = beyond(np.array(1 - 1 / _BODY))
        body.append(np.rint(values))
        tail.append(np.rint(beyond(tail_u)))
    return Quantiles(np.array(body).astype(np.int64), np.array(tail).astype(np.int64))


def _endings(amounts: Amounts, kinds: dict[str, Kind]) -> NDArray[np.int64]:
    rows = []
    for kind in kinds.values():
        habit = amounts.endings[kind.ending]
        ends = np.cumsum([round(s * _ENDING_SLOTS) for s in (habit.nines, habit.fives, habit.halves, habit.rounds)])
        row = np.full(_ENDING_SLOTS, -1, np.int64)
        for hundredths, start, stop in zip((99, 95, 50, 0), (0, *ends[:3]), ends, strict=True):
            row[start:stop] = hundredths
        rows.append(row)
    return np.concatenate(rows)


def _override(known: dict[str, float], given: dict[str, float], where: str) -> None:
    for name, value in given.items():
        if name not in known:
            raise SpecError(f"{where}: got {name!r}; {nearest(name, known)}")
        if value <= 0:
            raise SpecError(f"{where}.{name}: got {value}; it must be above 0")
    known.update(given)


def activity_table(sigma: float) -> NDArray[np.int64]:
    """Return 4096 quantiles of a log-normal activity with median 512, cut to 1 … 16383."""
    normal = NormalDist().inv_cdf
    values = [512 * np.exp(sigma * normal((i + 0.5) / 4096)) for i in range(4096)]
    return np.clip(np.rint(values), 1, 16383).astype(np.int64)


def delay_table(median_days: float, sigma: float, cap_days: int) -> NDArray[np.int64]:
    """Return 4096 quantiles of a log-normal delay in seconds, cut at a number of days."""
    normal = NormalDist().inv_cdf
    values = [median_days * 86_400 * np.exp(sigma * normal((i + 0.5) / 4096)) for i in range(4096)]
    return np.minimum(np.rint(values), cap_days * 86_400).astype(np.int64)


