"""Readers and their instruments: digits that people prefer, thermometers in tenths of °C or of °F."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.vitals.model import MAX_VISITS, VITALS, Digits
from rowmill.domains.vitals.people import site_levels
from rowmill.domains.vitals.plan import Trial
from rowmill.draw.arrays import Flags, Floats, Ints
from rowmill.draw.words import bits, words

_STEPS = np.array([1.0, 2.0, 5.0, 10.0])
_LEVELS = 1 << 16


def devices(trial: Trial, site: Ints) -> Ints | None:
    """Return a number of each subject's site that says for which vitals its device is read to the unit; None for all.

    It is one for the three of them: a site that notes exact pressures counts exact pulses too.
    """
    return site_levels(trial, "device", site) if trial.spec.realism.digit_preference else None


def rounded(trial: Trial, value: Floats, vital: int, subject: Ints, visit: int, device: Ints | None) -> Ints:
    """Round pressures and pulse to the unit; at sites where readers prefer digits, as the model's readers do."""
    digits = trial.model.digits.get(VITALS[vital])
    if device is None or digits is None:
        return np.rint(value).astype(np.int64)
    word = words(trial.key.child("digits", VITALS[vital]), subject * MAX_VISITS + visit)
    step = np.where(device < round(digits.exact * _LEVELS), 1.0, _STEPS.take(_reader(digits)[bits(word, 54, 10)]))
    rounded_values: Ints = (np.rint(value / step) * step).astype(np.int64)
    return rounded_values


def _reader(digits: Digits) -> NDArray[np.int64]:
    """Return the place among the steps that each of 1024 readings is rounded to where none is read to the unit."""
    coarse = max(digits.even + digits.fives + digits.tens, 1e-9)
    ends = np.cumsum([0, *(round(share / coarse * 1024) for share in (digits.even, digits.fives, digits.tens))])
    return np.minimum(np.searchsorted(ends, np.arange(1024), side="right"), 3)


def reads_fahrenheit(trial: Trial, site: Ints) -> Flags | None:
    """Return which subjects are at a site that reads tenths of °F; None where no site does."""
    rate = trial.spec.realism.fahrenheit
    if rate == 0:
        return None
    return np.less(site_levels(trial, "thermometer", site), round(rate * _LEVELS))


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
