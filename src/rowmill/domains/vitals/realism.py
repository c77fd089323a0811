"""Realism: effects of sites and subjects, readings' digits, fever and outliers, visits missed, subjects who leave.

Every switch draws from a key of its own, so turning one on moves no draw of another.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rowmill.core.keys import Key
from rowmill.domains.vitals.model import VITALS, Digits
from rowmill.domains.vitals.normal import four_normals
from rowmill.domains.vitals.plan import SUBJECTS_PER_BLOCK, Floats, Trial
from rowmill.domains.vitals.trajectories import MAX_VISITS
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.quota import fraction, half_even, marks, share
from rowmill.draw.words import below, bits, smallest, words

_SITES_AT_ONCE = 10
_MOST_SITES = 9990
_STEPS = np.array([1.0, 2.0, 5.0, 10.0])


def sites(trial: Trial, subject: Ints) -> Ints:
    """Return the site of each subject, from 0; a site has about as many subjects as the model says.

    Sites open ten at a time, so that a subject's site is the same however many subjects come after.
    """
    group = subject // (trial.model.people.subjects_per_site * _SITES_AT_ONCE)
    return (group * _SITES_AT_ONCE + below(words(trial.key.child("site"), subject), _SITES_AT_ONCE)) % _MOST_SITES


def add_sites(trial: Trial, values: list[list[Floats]], site: Ints) -> None:
    """Add each site's own departure to all its subjects' values."""
    spread = trial.spec.realism.site_sd
    if not any(spread):
        return
    shift = four_normals(words(trial.key.child("site effect"), site))
    for visit in values:
        for j in range(4):
            visit[j] += shift[j] * spread[j]


def add_own_effects(trial: Trial, values: list[list[Floats]], subject: Ints, arm: Ints) -> None:
    """Add the part of the effect that differs between treated subjects, with mean zero."""
    spread = trial.spec.realism.effect_sd
    if spread == 0:
        return
    own = four_normals(words(trial.key.child("own effect"), subject))[0] * spread
    own[arm == len(trial.spec.arms) - 1] = 0.0
    for v, onset in enumerate(trial.onset.tolist()):
        values[v][0] += own * onset


def rounded(trial: Trial, value: Floats, vital: int, subject: Ints, visit: int) -> Ints:
    """Round pressures and pulse to the unit, or as the model's readers do."""
    digits = trial.model.digits.get(VITALS[vital])
    if not trial.spec.realism.digit_preference or digits is None:
        return np.rint(value).astype(np.int64)
    word = words(trial.key.child("digits", VITALS[vital]), subject * MAX_VISITS + visit)
    step = _STEPS.take(_reader(digits)[bits(word, 54, 10)])
    rounded_values: Ints = (np.rint(value / step) * step).astype(np.int64)
    return rounded_values


def _reader(digits: Digits) -> NDArray[np.int64]:
    ends = np.cumsum([round(s * 1024) for s in (digits.exact, digits.even, digits.fives, digits.tens)])
    return np.minimum(np.searchsorted(ends, np.arange(1024), side="right"), 3)


def reads_fahrenheit(trial: Trial, site: Ints) -> Flags | None:
    """Return which subjects are at a site that reads tenths of °F; None where no site does."""
    rate = trial.spec.realism.fahrenheit
    if rate == 0:
        return None
    return bits(words(trial.key.child("thermometer"), site), 32, 32) < round(rate * (1 << 32))


def temperature(value: Floats, fahrenheit: Flags | None) -> Ints:
    """Return temperatures in hundredths of °C: read to 0.1 °C, or to 0.1 °F at some sites and converted."""
    celsius = np.rint(value * 10).astype(np.int64) * 10
    if fahrenheit is None:
        return celsius
    tenths = np.rint((value * 1.8 + 32.0) * 10).astype(np.int64)
    return np.where(fahrenheit, celsius_of(tenths), celsius)


def celsius_of(fahrenheit: Ints) -> Ints:
    """Return tenths of °F in hundredths of °C, rounded; every tenth of °F is another hundredth."""
    return ((fahrenheit - 320) * 100 + 9) // 18


def fahrenheit_of(celsius: Ints) -> Ints:
    """Return hundredths of °C in the nearest tenths of °F: the inverse of ``celsius_of`` on its lattice."""
    return (celsius * 18 + 32_050) // 100


def chosen(trial: Trial, purpose: str, rate: float, subject: Ints, visit: int, block: int) -> Ints:
    """Return the subjects of a block (as positions) that a rate takes at a visit: exact over the whole trial."""
    if rate == 0:
        return np.zeros(0, np.int64)
    key = trial.key.child(purpose, str(visit))
    return smallest(words(key, subject), _owed(trial, key, rate, block))


def _owed(trial: Trial, key: Key, rate: float, block: int) -> int:
    whole = trial.spec.subjects
    total = half_even(fraction(rate), whole)
    before, after = block * SUBJECTS_PER_BLOCK, min((block + 1) * SUBJECTS_PER_BLOCK, whole)
    return share(total, before, after, whole, key.child("owed"))


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


def stays(trial: Trial, values: list[list[Floats]], arm: Ints, subject: Ints, block: int) -> Ints:
    """Return how many visits each subject attends before leaving for good, float64 departures given by visit and vital.

    Retention falls evenly over the visits after the first dose; who leaves is drawn by the quota rule over integer
    weights.
    """
    visits = len(trial.visits)
    last = np.full(len(subject), visits, np.int64)
    dropout = trial.spec.realism.dropout
    dosed = np.flatnonzero(trial.dosed)
    if dropout.mechanism == "none" or len(dosed) == 0:
        return last
    for step, v in enumerate(dosed.tolist()):
        kept_before = dropout.retention ** (step / len(dosed))
        kept_after = dropout.retention ** ((step + 1) / len(dosed))
        for a in range(len(trial.spec.arms)):
            here = np.flatnonzero((arm == a) & (last == visits))
            key = trial.key.child("dropout", str(v), str(a))
            leaving = _leaving(trial, key, (kept_before, kept_after), block, len(here))
            weight = _weights(trial, dropout.mechanism, dropout.strength, values, v, here)
            order = here[np.argsort(words(key.child("order"), subject[here]), kind="stable")]
            weight = weight[np.argsort(words(key.child("order"), subject[here]), kind="stable")]
            cumulative = np.concatenate(([0], np.cumsum(weight)))
            taken = np.diff(marks(leaving, cumulative, key.child(str(block)))) > 0
            last[order[taken]] = v
    return last


def _leaving(trial: Trial, key: Key, kept: tuple[float, float], block: int, here: int) -> int:
    per_arm = trial.spec.subjects_per_arm
    left = [half_even(fraction(round(1 - share_kept, 9)), per_arm) for share_kept in kept]
    before, after = block * SUBJECTS_PER_BLOCK, min((block + 1) * SUBJECTS_PER_BLOCK, trial.spec.subjects)
    return min(share(left[1] - left[0], before, after, trial.spec.subjects, key.child("owed")), here)


def _weights(trial: Trial, mechanism: str, strength: float, values: list[list[Floats]], visit: int, here: Ints) -> Ints:
    """Return integer odds of leaving, 64 for a subject of mean pressure; at most 16 times that, at least one."""
    if mechanism == "mcar" or (mechanism == "mar" and visit == 0):
        return np.full(len(here), 64, np.int64)
    seen = values[visit - 1 if mechanism == "mar" else visit][0][here] / float(trial.sd[0])
    log2 = np.clip(seen * (strength * 1.4426950408889634), -4.0, 4.0)
    whole = np.floor(log2)
    odds: Floats = (1.0 + (log2 - whole)) * 64.0 * (2.0 ** np.arange(-4, 5))[(whole + 4).astype(int)]
    return np.maximum(np.rint(odds), 1).astype(np.int64)
