"""Attendance: who leaves the trial for good, when and after what, and which visits are missed in between."""

from __future__ import annotations

import numpy as np

from rowmill.core.keys import Key
from rowmill.domains.vitals.incidents import chosen
from rowmill.domains.vitals.plan import Trial
from rowmill.draw.arrays import Flags, Floats, Ints
from rowmill.draw.quota import fraction, half_even, shares
from rowmill.draw.words import words

_LOG2_E = 1.4426950408889634
_MEAN_ODDS = 64
_SURE = 1 << 24
"""Weight of a subject who leaves for certain."""
_MOST, _HALVINGS = float(1 << 40), 72
"""Where the factor of all odds is looked for, and how often its interval is halved."""


def stays(trial: Trial, departures: list[list[Floats]], arm: Ints, subject: Ints, block: int) -> Ints:
    """Return how many visits each subject attends before leaving for good, float64 departures given by visit and vital.

    Each arm keeps the share of subjects that the trial says at each visit, exactly; who leaves is drawn by the quota
    rule over integer weights.
    """
    visits = len(trial.visits)
    last = np.full(len(subject), visits, np.int64)
    dropout = trial.dropout
    if dropout is None:
        return last
    before = np.ones(len(trial.spec.arms))
    for v in np.flatnonzero(trial.dosed).tolist():
        after = dropout.kept[:, v]
        for a in range(len(trial.spec.arms)):
            here = np.flatnonzero((arm == a) & (last == visits))
            key = trial.key.child("dropout", str(v), str(a))
            leaving = _leaving(trial, key, (float(before[a]), float(after[a])), block, len(here))
            weight = _weights(_odds(trial, departures, v, here), leaving)
            order = np.argsort(words(key.child("order"), subject[here]), kind="stable")
            taken = shares(leaving, weight[order], key.child(str(block))) > 0
            last[here[order][taken]] = v
        before = after
    return last


def visits_attended(trial: Trial, block: int) -> int:
    """Return how many visits the subjects of a block attend before leaving for good, or miss: rows of ``vitals``.

    Who leaves is drawn by the quota rule and nobody twice, so counts alone tell how many do.
    """
    subject, visits = trial.blocks.numbers(block), len(trial.visits)
    dropout = trial.dropout
    attended = len(subject) * visits
    if dropout is None:
        return attended
    here = np.bincount(trial.arms(subject), minlength=len(trial.spec.arms)).tolist()
    before = np.ones(len(here))
    for v in np.flatnonzero(trial.dosed).tolist():
        after = dropout.kept[:, v]
        for a, staying in enumerate(here):
            key = trial.key.child("dropout", str(v), str(a))
            leaving = _leaving(trial, key, (float(before[a]), float(after[a])), block, staying)
            here[a] -= leaving
            attended -= leaving * (visits - v)
        before = after
    return attended


def missed(trial: Trial, subject: Ints, block: int) -> Flags:
    """Return which visits after the first dose are not done, bool[subjects, visits]."""
    found = np.zeros((len(subject), len(trial.visits)), np.bool_)
    for v in np.flatnonzero(trial.dosed).tolist():
        found[chosen(trial, "missed", trial.spec.realism.missed or 0.0, subject, v, block), v] = True
    return found


def _leaving(trial: Trial, key: Key, kept: tuple[float, float], block: int, here: int) -> int:
    per_arm = trial.spec.subjects_per_arm
    left = [half_even(fraction(round(1 - share_kept, 9)), per_arm) for share_kept in kept]
    return min(trial.counts.owed(left[1] - left[0], key, block), here)


def _odds(trial: Trial, departures: list[list[Floats]], visit: int, here: Ints) -> Ints:
    """Return integer odds of leaving, 64 for a subject of mean values; at most 16 times that, at least a 16th."""
    dropout = trial.dropout
    known = visit if dropout is None or dropout.mechanism == "mnar" else visit - 1
    if dropout is None or dropout.mechanism == "mcar" or known < 0:
        return np.full(len(here), _MEAN_ODDS, np.int64)
    log2 = np.zeros(len(here))
    for vital, strength in enumerate(dropout.log_odds):
        if strength:
            log2 += departures[known][vital][here] / float(trial.sd[vital]) * (strength * _LOG2_E)
    log2 = np.clip(log2, -4.0, 4.0)
    whole = np.floor(log2)
    odds: Floats = (1.0 + (log2 - whole)) * _MEAN_ODDS * (2.0 ** np.arange(-4, 5))[(whole + 4).astype(int)]
    return np.rint(odds).astype(np.int64)


def _weights(odds: Ints, leaving: int) -> Ints:
    """Return weights in proportion to each subject's probability of leaving, which has these odds up to a factor.

    The factor is the least by which they add up to the number that leaves; nobody's weight is then more than one
    leaver's share, so the quota rule takes nobody twice.
    """
    if leaving == 0 or (odds == odds[0]).all():
        return odds
    number = np.bincount(odds)
    level = np.arange(len(number), dtype=np.float64)
    low, high = 0.0, _MOST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = int((number * _certain(level * middle)).sum()) >= leaving * _SURE
        low, high = (low, middle) if enough else (middle, high)
    return _certain(level * high).take(odds)


def _certain(odds: Floats) -> Ints:
    return np.rint(odds / (1.0 + odds) * _SURE).astype(np.int64)
