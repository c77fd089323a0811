"""Incidents: visits with a fever, pressures that are far off; exact shares of the whole trial."""

from __future__ import annotations

import numpy as np

from rowmill.domains.vitals.plan import Trial
from rowmill.domains.vitals.readers import celsius_of, fahrenheit_of
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.choose import smallest
from rowmill.draw.quota import fraction
from rowmill.draw.words import below, bits, words


def chosen(trial: Trial, purpose: str, rate: float, subject: Ints, visit: int, block: int) -> Ints:
    """Return the subjects of a block (as positions) that a rate takes at a visit: exact over the whole trial."""
    if rate == 0:
        return np.zeros(0, np.int64)
    count = trial.counts.rated(fraction(rate), purpose, block, visit)
    return smallest(words(trial.key.child(purpose, str(visit)), subject), count)


def fever_and_outliers(
    trial: Trial, values: list[list[Ints]], subject: Ints, fahrenheit: Flags | None, block: int
) -> None:
    """Give some visits a fever with a faster pulse, and some a pressure that is far off, in place."""
    realism = trial.spec.realism
    for v, visit in enumerate(values):
        sick = chosen(trial, "fever", realism.fever, subject, v, block)
        word = words(trial.key.child("fever degree", str(v)), subject[sick])
        degree = 3810 + below(word, 15) * 10
        if fahrenheit is not None:
            degree = np.where(fahrenheit[sick], celsius_of(fahrenheit_of(degree)), degree)
        visit[3][sick] = degree
        visit[2][sick] = np.maximum(visit[2][sick] + 10, 67)
        odd = chosen(trial, "outlier", realism.outliers, subject, v, block)
        word = words(trial.key.child("outlier size", str(v)), subject[odd])
        visit[0][odd] += np.where(bits(word, 0, 1) == 1, 1, -1) * (25 + below(word, 36))
