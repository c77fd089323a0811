"""Money: tickets in the smallest unit of a currency, from words, by integer arithmetic and pinned tables."""

from __future__ import annotations

import numpy as np

from rowmill.domains.payments.bounds import STEPS_PER_DOLLAR, minor_units, tickets
from rowmill.domains.payments.kinds import Kind
from rowmill.domains.payments.reference import Reference
from rowmill.domains.payments.settings import Amounts
from rowmill.draw.arrays import Integers, Ints
from rowmill.draw.shapes import LogNormal, quantiles, steps
from rowmill.draw.words import Words, bits

_FIXED = 26
_GRAINS = 100
_ENDING_SLOTS = 1024


class Money:
    """Ticket tables, price levels and price endings of a spec."""

    def __init__(self, amounts: Amounts, kinds: dict[str, Kind], reference: Reference) -> None:
        shapes = [tickets(kind, amounts, STEPS_PER_DOLLAR) for kind in kinds.values()]
        self.tickets = quantiles(shapes, both_ends=False)
        factor, grain = [], []
        dollars = minor_units(amounts, reference).values()
        for dollar, currency in zip(dollars, reference.country_currency, strict=True):
            exponent = int(reference.exponents[currency])
            unit = max(10**exponent, 10 ** round(float(np.log10(dollar))), _GRAINS)
            grain.append(unit // _GRAINS)
            # Divided twice, for one division by STEPS_PER_DOLLAR may differ in the last bit.
            factor.append(max(1, round(dollar / 100 / 100 / grain[-1] * (1 << _FIXED))))
        self.factor = np.array(factor, np.int64)
        """Grains for a hundredth of a US cent at the country's price level, times 2²⁶, int64[countries]."""
        self.grain = np.array(grain, np.int64)
        """Smallest step of a price, minor units, int64[countries]; endings refer to a unit of a hundred steps."""
        self.endings = _endings(amounts, kinds)
        """int64[kinds × 1024]: hundredths of a unit that a price ends on by slot, −1 for any."""
        self.cash = np.array([kind.cash for kind in kinds.values()])

    def ticket(self, kind: Ints, word: Words) -> Ints:
        """Return a ticket for each (kind, word) in hundredths of a US cent."""
        return self.tickets.read(kind, word)

    def price(self, ticket: Ints, kind: Ints, country: Integers, word: Words) -> tuple[Ints, Ints]:
        """Return prices in minor units of each country's currency: as they come, and with the endings of their kind.

        Args:
            ticket: hundredths of a US cent at price level 1.
            kind: kind of spending, for the habit of its last digits.
            country: country whose currency and price level apply.
            word: random words, of which the lowest 13 bits are used.
        """
        grains = ticket * self.factor.take(country)
        grains += 1 << (_FIXED - 1)
        grains >>= _FIXED
        np.maximum(grains, 1, out=grains)
        slot = kind * _ENDING_SLOTS
        slot += bits(word, 0, 10)
        ending = self.endings.take(slot)
        habit = grains // _GRAINS
        habit *= _GRAINS
        habit += ending
        # A choice a row would be guessed wrong half of the time; a product is not.
        ends = ending >= 0
        cash = np.flatnonzero(self.cash.take(kind) & ends)
        ends &= habit > 0
        habit -= grains
        habit *= ends
        habit += grains
        ended = habit
        note = np.where(bits(word[cash], 10, 3) == 0, 10 * _GRAINS, 20 * _GRAINS)
        ended[cash] = np.maximum((grains[cash] + note // 2) // note, 1) * note
        grain = self.grain.take(country)
        grains *= grain
        ended *= grain
        return grains, ended


def _endings(amounts: Amounts, kinds: dict[str, Kind]) -> Ints:
    rows = []
    for kind in kinds.values():
        habit = amounts.endings[kind.ending]
        ends = np.cumsum([round(s * _ENDING_SLOTS) for s in (habit.nines, habit.fives, habit.halves, habit.rounds)])
        row = np.full(_ENDING_SLOTS, -1, np.int64)
        for hundredths, start, stop in zip((99, 95, 50, 0), (0, *ends[:3]), ends, strict=True):
            row[start:stop] = hundredths
        rows.append(row)
    return np.concatenate(rows)


def activity_table(sigma: float) -> Ints:
    """Return 4096 quantiles of a log-normal activity with median 512, cut to 1 … 16383."""
    return np.clip(np.rint(steps(LogNormal(512, sigma), 4096)), 1, 16383).astype(np.int64)


def delay_table(median_days: float, sigma: float, cap_days: int) -> Ints:
    """Return 4096 quantiles of a log-normal delay in seconds, cut at a number of days."""
    seconds = np.rint(steps(LogNormal(median_days * 86_400, sigma), 4096))
    return np.minimum(seconds, cap_days * 86_400).astype(np.int64)
